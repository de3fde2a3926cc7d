//! What is different from one status to the next.

use std::sync::Arc;

use crate::token::UtcTime;

use super::events::{Change, Event};
use super::status::Status;

/// The last status, and what was told about it.
#[derive(Default)]
pub(super) struct Changes {
    last: Option<Arc<Status>>,
}

impl Changes {
    /// What changed with this status.
    pub(super) fn to(&mut self, status: &Arc<Status>, _now: UtcTime) -> Vec<Event> {
        let last = self.last.replace(Arc::clone(status));
        let last = last.as_deref();
        let mut changes = Vec::new();
        let (trouble, before) = (status.trouble, last.and_then(|last| last.trouble));
        match (before, trouble) {
            (before, Some(reason)) if before != trouble => changes.push(Change::Trouble { reason }),
            (Some(_), None) => changes.push(Change::Recovered),
            _ => {}
        }
        if last.is_none_or(|last| (last.standing, last.reason) != (status.standing, status.reason))
        {
            changes.push(Change::Standing {
                from: last.map(|last| last.standing),
                to: status.standing,
                reason: status.reason,
            });
        }
        let had = last.map_or(&[][..], |last| &last.features);
        for feature in had.iter().filter(|feature| !status.shows(feature)) {
            changes.push(Change::FeatureOff {
                feature: feature.clone(),
                reason: status.reason,
            });
        }
        for feature in status.features.iter().filter(|on| !had.contains(on)) {
            changes.push(Change::FeatureOn {
                feature: feature.clone(),
            });
        }
        let event = |change| Event {
            change,
            status: Arc::clone(status),
        };
        changes.into_iter().map(event).collect()
    }
}

//! What is different from one status to the next.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::policy::{GoingOff, Reason, Standing};
use crate::token::UtcTime;

use super::events::{Change, Event};
use super::status::Status;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The last status, and what was told about it.
#[derive(Default)]
pub(super) struct Changes {
    last: Option<Arc<Status>>,
    /// How near the end of each feature was when it was told last.
    told: BTreeMap<String, Near>,
}

/// How near the end of a feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Near {
    Soon,
    InADay,
    InAnHour,
}

impl Changes {
    /// What changed with this status, which was judged at `now`.
    pub(super) fn to(&mut self, status: &Arc<Status>, now: UtcTime) -> Vec<Event> {
        let last = self.last.replace(Arc::clone(status));
        let mut changes = trouble(last.as_deref(), status);
        changes.extend(standing(last.as_deref(), status));
        changes.extend(features(last.as_deref(), status));
        changes.extend(self.endings(status, now));
        let event = |change| Event {
            change,
            status: Arc::clone(status),
        };
        changes.into_iter().map(event).collect()
    }

    /// Each feature is told once when its end is near, once a day and once an hour before; anew if a renewal moved the end
    /// away in between.
    fn endings(&mut self, status: &Status, now: UtcTime) -> Vec<Change> {
        let near: BTreeMap<String, Near> = status
            .going_off
            .iter()
            .filter_map(|ends| Some((ends.feature.clone(), near(ends, status.standing, now)?)))
            .collect();
        let told = std::mem::replace(&mut self.told, near);
        let nearer = |ends: &&GoingOff| {
            let now = self.told.get(&ends.feature);
            now.is_some() && now > told.get(&ends.feature)
        };
        let ending = |ends: &GoingOff| Change::FeatureEnding {
            feature: ends.feature.clone(),
            at: ends.at,
            reason: ends.reason,
        };
        status.going_off.iter().filter(nearer).map(ending).collect()
    }
}

fn trouble(last: Option<&Status>, status: &Status) -> Vec<Change> {
    match (last.and_then(|last| last.trouble), status.trouble) {
        (before, Some(reason)) if before != Some(reason) => vec![Change::Trouble { reason }],
        (Some(_), None) => vec![Change::Recovered],
        _ => Vec::new(),
    }
}

fn standing(last: Option<&Status>, status: &Status) -> Option<Change> {
    let same =
        last.is_some_and(|last| (last.standing, last.reason) == (status.standing, status.reason));
    (!same).then_some(Change::Standing {
        from: last.map(|last| last.standing),
        to: status.standing,
        reason: status.reason,
    })
}

fn features(last: Option<&Status>, status: &Status) -> Vec<Change> {
    let had = last.map_or(&[][..], |last| &last.features);
    let off = had
        .iter()
        .filter(|feature| !status.shows(feature))
        .map(|feature| Change::FeatureOff {
            feature: feature.clone(),
            reason: status.reason,
        });
    let on = status
        .features
        .iter()
        .filter(|feature| !had.contains(feature))
        .map(|feature| Change::FeatureOn {
            feature: feature.clone(),
        });
    off.chain(on).collect()
}

/// How near an end is; none where there is nothing to tell yet. The end of a lease is not told before its renewal is due,
/// since renewals move it.
fn near(ends: &GoingOff, standing: Standing, now: UtcTime) -> Option<Near> {
    let within = |span| ends.at <= now.plus(span);
    let expected = ends.reason == Reason::LicenseExpired;
    match standing {
        Standing::Active if !(expected && within(WEEK)) => None,
        _ if within(HOUR) => Some(Near::InAnHour),
        _ if within(DAY) => Some(Near::InADay),
        _ => Some(Near::Soon),
    }
}

//! Running work, and how long it may go on.

use std::sync::Arc;
use std::time::Duration;

use crate::token::UtcTime;

use super::cached::Work;
use super::{Counterfoil, Inner};

impl Counterfoil {
    /// Leave for work that needs a feature; none if the feature is off. Blocks like [`Counterfoil::check`].
    ///
    /// Work that holds it may finish after the feature went off, within the wind-down time of the vendor's rules. While a
    /// feature winds down no new leave is given, so that taking it again gains nothing.
    #[must_use = "the work asks it whether it may go on"]
    pub fn guard(&self, feature: &str) -> Option<Guard> {
        self.check(feature).then(|| Guard {
            inner: Arc::clone(self.inner()),
            feature: feature.to_owned(),
        })
    }
}

/// Leave for work that needs a feature. None of its methods blocks or asks the TPM.
pub struct Guard {
    inner: Arc<Inner>,
    feature: String,
}

impl Guard {
    /// Whether the work may go on: the feature is on, or went off not longer ago than the wind-down time.
    ///
    /// A feature also goes off where its verdict's time is over and no new one came.
    pub fn is_allowed(&self) -> bool {
        self.work() != Work::Off
    }

    /// How long the work may still go on: none while the feature is on, since no end is in sight then.
    pub fn left(&self) -> Option<Duration> {
        match self.work() {
            Work::On => None,
            Work::Ending(left) => Some(left),
            Work::Off => Some(Duration::ZERO),
        }
    }

    /// When the work has to end, by the machine's own clock, for telling a person: none while the feature is on.
    pub fn until(&self) -> Option<UtcTime> {
        let now = self.inner.config.clock.os_time();
        self.left().map(|left| now.plus(left))
    }

    /// The feature.
    pub fn feature(&self) -> &str {
        &self.feature
    }

    fn work(&self) -> Work {
        let cached = self.inner.cached.load();
        cached.as_ref().map_or(Work::Off, |cached| {
            cached.work(&self.feature, &*self.inner.config.clock)
        })
    }
}

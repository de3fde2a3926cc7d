//! The cached verdict that feature checks read.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::time;

use super::{Counterfoil, Report};

/// A report, and the moment up to which it may be used.
pub(super) struct Cached {
    report: Arc<Report>,
    /// In the clock of [`Clock::monotonic`](super::Clock::monotonic).
    deadline: Duration,
}

impl Counterfoil {
    /// Whether a feature is on now.
    ///
    /// Answers from the last validation for as long as its lease allows (J, counted from the moment in which the
    /// validation drew its random, so that an answer held back gains nothing), and validates anew after that, which blocks
    /// like [`Counterfoil::validate`].
    pub fn check(&self, feature: &str) -> bool {
        self.current().allows(feature)
    }

    /// The report that feature checks rest on: the last one, or a new one where that is past its deadline.
    pub fn current(&self) -> Arc<Report> {
        let clock = &self.config().clock;
        let mut cached = self
            .inner
            .cached
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = cached
            .as_ref()
            .filter(|cached| clock.monotonic() < cached.deadline)
        {
            return Arc::clone(&cached.report);
        }
        let drawn = clock.monotonic();
        let report = Arc::new(self.validate());
        let deadline = time::deadline(drawn, report.heartbeat_ms());
        *cached = Some(Cached {
            report: Arc::clone(&report),
            deadline,
        });
        report
    }

    /// Makes the next check validate: the store has changed.
    pub(super) fn forget_cached(&self) {
        *self
            .inner
            .cached
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = None;
    }
}

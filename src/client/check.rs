//! Feature checks: from the cached verdict for as long as it lasts, and from a new one after that.

use std::sync::Arc;

use super::cached::Cached;
use super::status::Status;
use super::{Counterfoil, Report};

impl Counterfoil {
    /// Whether a feature is on now. An unknown one is off.
    ///
    /// While the last verdict counts this reads memory and a clock: no TPM, no lock, no allocation (but for a few bytes at
    /// a thread's first check). It counts for one heartbeat of the lease, five minutes by default, from the moment at which
    /// the validation began to ask the TPM, so that an answer held back gains nothing; sleep counts.
    ///
    /// After that nothing is accepted without a new verdict, and the check waits for one: for the TPM (some ten
    /// milliseconds to a second, by make) and for other processes that hold the state folder, which is waited for at most
    /// [`Config::patience`](super::Config::patience). Where the [heartbeat](Counterfoil::start_heartbeat) runs, this
    /// happens at the first check of all and after the machine woke up, seldom else; a check then waits for the heartbeat,
    /// at most that patience, whatever the TPM does. A verdict that grants only what stays on anyway is not waited for
    /// again.
    pub fn check(&self, feature: &str) -> bool {
        let inner = self.inner();
        if let Some(cached) = &*inner.cached.load()
            && cached.holds(&*inner.config.clock)
        {
            return cached.allows(feature);
        }
        inner.fresh().allows(feature)
    }

    /// Whether a feature is on now, without ever blocking: none where [`Counterfoil::check`] would have to wait.
    ///
    /// For threads that must not wait, such as one that draws a window.
    pub fn try_check(&self, feature: &str) -> Option<bool> {
        let cached = self.inner().at_hand()?;
        Some(cached.allows(feature))
    }

    /// How the licenses stand. Blocks like [`Counterfoil::check`], and agrees with it.
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.inner().fresh().status)
    }

    /// How the licenses stand, without ever blocking: none where [`Counterfoil::status`] would have to wait.
    pub fn try_status(&self) -> Option<Arc<Status>> {
        let cached = self.inner().at_hand()?;
        Some(Arc::clone(&cached.status))
    }

    /// The report that feature checks rest on. Blocks like [`Counterfoil::check`].
    pub fn current(&self) -> Arc<Report> {
        Arc::clone(&self.inner().fresh().report)
    }
}

impl super::Inner {
    /// The cached verdict, if it may be used now.
    pub(super) fn at_hand(&self) -> Option<Arc<Cached>> {
        let cached = self.cached.load_full()?;
        let waits_for_better = !cached.grants && !cached.is_withdrawn() && self.beats();
        (waits_for_better || cached.holds(&*self.config.clock)).then_some(cached)
    }

    /// A verdict that may be used now.
    fn fresh(&self) -> Arc<Cached> {
        if let Some(cached) = self.at_hand() {
            return cached;
        }
        self.refreshed();
        match self.cached.load_full() {
            Some(cached) if !cached.grants || cached.holds(&*self.config.clock) => cached,
            _ => self.too_late(),
        }
    }
}

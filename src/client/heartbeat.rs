//! The heartbeat: a new verdict well before the last one's time is over, in a thread of its own.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Counterfoil, Inner};

/// How often the heartbeat looks at the clock: a machine that woke up is noticed so soon.
const LOOK: Duration = Duration::from_secs(5);
/// How long stopping waits for a TPM that is being asked.
const STOP_PATIENCE: Duration = Duration::from_secs(2);

impl Counterfoil {
    /// Starts the heartbeat, unless it runs: a thread that seeks a new verdict after two fifths of the last one's time,
    /// so that checks find one and need not wait.
    ///
    /// It runs until [`stop_heartbeat`](Counterfoil::stop_heartbeat) or until the last clone of this `Counterfoil` is
    /// dropped. Processes of one machine that use the same state folder share what the TPM attests: all of them together
    /// cost as many quotes as one. It notices within five seconds that the machine woke up; every validation opens folder
    /// and TPM anew, so that a TPM that was reset is no matter. Where the TPM is busy, locked out or gone it tries again,
    /// first after a second and then less and less often, at least once a minute; until the last verdict's time is over
    /// everything stays on, after that the license is limited, for the true reason, and comes back by itself.
    ///
    /// A child made by fork has no heartbeat: it has to open a `Counterfoil` of its own.
    ///
    /// # Errors
    /// The operating system gives no thread. Checks work without it, but wait for the TPM once in each heartbeat of the
    /// lease.
    pub fn start_heartbeat(&self) -> io::Result<()> {
        let inner = self.inner();
        let mut flight = inner.flight();
        if flight.beats_here() {
            return Ok(());
        }
        let number = flight.hearts + 1;
        let beating = Arc::clone(inner);
        // It begins by taking the lock that is held here.
        thread::Builder::new()
            .name("counterfoil".to_owned())
            .spawn(move || beating.live(number))?;
        inner.shares.store(true, Ordering::Relaxed);
        if flight.heart_process != std::process::id() {
            // Threads of the process that this one was forked from.
            flight.hearts_left = 0;
        }
        flight.hearts = number;
        flight.heart = number;
        flight.heart_process = std::process::id();
        flight.hearts_left += 1;
        Ok(())
    }

    /// Stops the heartbeat; checks then make verdicts themselves.
    ///
    /// Returns at once where the heartbeat waits. Where it asks the TPM, waits for the answer, at most two seconds; after
    /// that the thread is left to end by itself, and does nothing any more when the answer comes.
    pub fn stop_heartbeat(&self) {
        self.inner().stop_heartbeat();
    }

    /// Does what the heartbeat does, once: seeks a new verdict if one is due. Returns after how long to call it again.
    ///
    /// For applications with a loop of their own that want no thread. Blocks like [`Counterfoil::check`] where a verdict is
    /// due. After a sleep of the machine call it at once.
    pub fn beat(&self) -> Duration {
        self.inner().shares.store(true, Ordering::Relaxed);
        self.inner().beat()
    }
}

impl Inner {
    /// Whether a heartbeat of this process looks for a better verdict.
    pub(super) fn beats(&self) -> bool {
        self.flight().beats_here()
    }

    pub(super) fn stop_heartbeat(&self) {
        let begin = Instant::now();
        let mut flight = self.flight();
        if !flight.beats_here() {
            return;
        }
        flight.heart = 0;
        self.flew.notify_all();
        while flight.hearts_left > 0 {
            let left = STOP_PATIENCE.saturating_sub(begin.elapsed());
            if left.is_zero() {
                break;
            }
            let waited = self.flew.wait_timeout(flight, left);
            flight = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The life of the heartbeat with this number.
    fn live(&self, number: u64) {
        while self.awaits_beat(number) {
            // A panic would be a defect of this library. It must not end the heartbeat: checks would wait for it.
            if catch_unwind(AssertUnwindSafe(|| self.beat())).is_err() {
                self.flight().due = self.config.clock.suspend_counting() + LOOK;
            }
        }
        self.withdraw_ask();
        self.flight().hearts_left -= 1;
        self.flew.notify_all();
    }

    /// Waits until a round is due; false once the heartbeat is to end.
    fn awaits_beat(&self, number: u64) -> bool {
        let mut flight = self.flight();
        while flight.heart == number {
            if flight.is_due(self) {
                return true;
            }
            let now = self.config.clock.suspend_counting();
            let wait = flight.due.saturating_sub(now).min(LOOK);
            let waited = self.flew.wait_timeout(flight, wait);
            flight = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }
}

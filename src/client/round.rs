//! How a new verdict comes about and takes the place of the last: one at a time, whoever asks.

use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::policy::Reason;

use super::cached::Cached;
use super::changes::Changes;
use super::failure::Failure;
use super::question::Asker;
use super::report::Report;
use super::status::Status;
use super::validate::{os_time, validate};
use super::{Inner, log};

/// How often a round asks: again where the store changed under it.
const TRIES: u32 = 2;
/// Of a heartbeat, when the next verdict is sought: two in a row fit into it, with a fifth of it to spare.
const BEAT_PERCENT: u64 = 40;
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);
/// A "no" was found out, not failed to be found out: it is asked about again less often.
const FIRST_SECOND_LOOK: Duration = Duration::from_secs(10);
const LAST_SECOND_LOOK: Duration = Duration::from_secs(300);

/// Who makes a verdict now, and when the next is due.
#[derive(Default)]
pub(super) struct Flight {
    /// A round is under way.
    running: bool,
    /// How many were.
    finished: u64,
    /// A check waits for one.
    pub(super) wanted: bool,
    /// When the next is due, in the suspend-counting clock.
    pub(super) due: Duration,
    /// How many in a row ended without a verdict that grants something.
    failures: u32,
    /// The running heartbeat's number; zero where there is none.
    pub(super) heart: u64,
    /// The process that started it: a forked child has the memory and not the thread.
    pub(super) heart_process: u32,
    /// How many threads of heartbeats are left, the one that was told to stop included.
    pub(super) hearts_left: u32,
    /// How many were started.
    pub(super) hearts: u64,
}

/// What one round leaves for the next.
#[derive(Default)]
pub(super) struct Memory {
    asker: Asker,
    /// The last report from which something can be said while the TPM cannot be asked.
    known: Option<Arc<Report>>,
    changes: Changes,
}

impl Inner {
    /// Seeks a new verdict, or waits for whoever does: for the heartbeat and other threads at most the configured patience.
    pub(super) fn refreshed(&self) {
        let begin = Instant::now();
        let mut flight = self.flight();
        let seen = flight.finished;
        while flight.finished == seen {
            if !flight.running && !flight.beats_here() {
                return self.run(flight);
            }
            if !flight.running {
                flight.wanted = true;
                self.flew.notify_all();
            }
            let left = self.config.patience.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return;
            }
            let waited = self.flew.wait_timeout(flight, left);
            flight = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Makes a round if one is due or wanted and none is under way; how long until the next is due.
    pub(super) fn beat(&self) -> Duration {
        let flight = self.flight();
        match flight.is_due(self) {
            true => self.run(flight),
            false => drop(flight),
        }
        let now = self.config.clock.suspend_counting();
        self.flight().due.saturating_sub(now)
    }

    /// A verdict in place of one that did not come in time.
    pub(super) fn too_late(&self) -> Arc<Cached> {
        match self.at_hand() {
            Some(cached) => cached,
            None => self.replace(Err(Failure::Pending)),
        }
    }

    /// Makes the next check seek a new verdict: the store has changed.
    pub(super) fn forget(&self) {
        // Rounds that began before see that they did.
        self.changed.fetch_add(1, Ordering::SeqCst);
        if let Some(cached) = &*self.cached.load() {
            cached.withdraw();
        }
        let mut flight = self.flight();
        flight.due = Duration::ZERO;
        flight.failures = 0;
        drop(flight);
        self.flew.notify_all();
    }

    /// Takes back what this process left for others.
    pub(super) fn withdraw_ask(&self) {
        let mut asker = mem::take(&mut self.memory().asker);
        let folder = crate::store::Folder::open(&self.config.dir);
        // Where another process is at work the leftover is swept, later.
        if let Ok(folder) = &folder
            && let Ok(locked) = folder.lock(Duration::ZERO)
        {
            asker.withdraw(&locked);
        }
    }

    pub(super) fn flight(&self) -> MutexGuard<'_, Flight> {
        // Each field is valid by itself, whatever panicked.
        self.flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut flight: MutexGuard<'_, Flight>) {
        flight.running = true;
        flight.wanted = false;
        drop(flight);
        let _landing = Landing(self);
        for number in 1..=TRIES {
            let before = self.changed.load(Ordering::SeqCst);
            let mut asker = mem::take(&mut self.memory().asker);
            if self.shares.load(Ordering::Relaxed) {
                asker.share();
            }
            let result = validate(&self.config, &mut asker);
            self.memory().asker = asker;
            let has_changed = || self.changed.load(Ordering::SeqCst) != before;
            if number == TRIES || !has_changed() {
                let verdict = self.replace(result);
                // A change that came since then found the previous verdict to withdraw.
                if has_changed() {
                    verdict.withdraw();
                }
                return;
            }
        }
    }

    /// Puts what was found out in place of the cached verdict, and tells what changed. Where nothing could be found out
    /// the cached one stays until its time is over.
    fn replace(&self, result: Result<Report, Failure>) -> Arc<Cached> {
        let clock = &*self.config.clock;
        let mut memory = self.memory();
        let result = result.map(|report| report.in_time(&self.config));
        let previous = self.cached.load_full();
        let trouble = trouble(&result);
        let kept = previous
            .as_ref()
            .filter(|previous| trouble.is_some() && previous.grants && previous.holds(clock));
        let next = match (kept, trouble) {
            (Some(previous), Some(reason)) => {
                previous.with_status(Arc::new(previous.status.in_trouble(reason)), clock)
            }
            _ => {
                let report = Arc::new(memory.report(result, &self.config));
                let deadline = report.deadline(clock);
                memory.remember(&report);
                let status = Status::of(&report);
                let status = match trouble {
                    Some(reason) => status.in_trouble(reason),
                    None => status,
                };
                let previous = previous.as_deref();
                Cached::new(report, Arc::new(status), deadline, previous, clock)
            }
        };
        let next = Arc::new(next);
        self.cached.store(Some(Arc::clone(&next)));
        let events = memory
            .changes
            .to(&next.status, next.report.judged_at(clock));
        self.listeners.tell(&events);
        drop(memory);
        if kept.is_none() {
            log::failed(&self.config, &next.report);
        }
        self.schedule(&next, trouble.is_some());
        next
    }

    fn schedule(&self, next: &Cached, in_trouble: bool) {
        let clock = &*self.config.clock;
        let mut flight = self.flight();
        let wait = if next.grants && !in_trouble {
            flight.failures = 0;
            Duration::from_millis(next.report.heartbeat_ms() / 100 * BEAT_PERCENT)
        } else {
            let (first, last) = match in_trouble {
                true => (FIRST_RETRY, LAST_RETRY),
                false => (FIRST_SECOND_LOOK, LAST_SECOND_LOOK),
            };
            let doubled = first.saturating_mul(1 << flight.failures.min(16));
            flight.failures = flight.failures.saturating_add(1);
            let wait = jittered(doubled.min(last));
            // At the deadline at the latest: then the features go off, and their application hears why.
            if next.grants {
                wait.min(next.left(clock))
            } else {
                wait
            }
        };
        flight.due = clock.suspend_counting().saturating_add(wait);
    }
}

impl Flight {
    /// Whether a heartbeat runs in this very process.
    pub(super) fn beats_here(&self) -> bool {
        self.heart != 0 && self.heart_process == std::process::id()
    }

    pub(super) fn is_due(&self, inner: &Inner) -> bool {
        !self.running && (self.wanted || inner.config.clock.suspend_counting() >= self.due)
    }
}

impl Memory {
    fn report(&self, result: Result<Report, Failure>, config: &super::Config) -> Report {
        let failure = match result {
            Ok(report) => return report,
            Err(failure) => failure,
        };
        let now = os_time(config);
        match &self.known {
            Some(known) if is_trouble(failure.reason()) => known.without_tpm(failure, now, config),
            _ => Report::of_failure(failure, now, config),
        }
    }

    fn remember(&mut self, report: &Arc<Report>) {
        if report.is_known() {
            self.known = Some(Arc::clone(report));
        }
    }
}

/// Ends a round, however it ends.
struct Landing<'i>(&'i Inner);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let mut flight = self.0.flight();
        flight.running = false;
        flight.finished += 1;
        drop(flight);
        self.0.flew.notify_all();
    }
}

/// Why nothing could be found out, if so.
fn trouble(result: &Result<Report, Failure>) -> Option<Reason> {
    let reason = match result {
        Ok(report) => report.verdict.reason,
        Err(failure) => failure.reason(),
    };
    is_trouble(reason).then_some(reason)
}

/// Whether a reason says that nothing could be found out, and not that something was.
pub(super) fn is_trouble(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::TpmMissing
            | Reason::TpmNoPermission
            | Reason::TpmBusy
            | Reason::TpmLockedOut
            | Reason::TpmFailure
            | Reason::TpmReset
            | Reason::TpmNoAnswer
            | Reason::TpmRefused
            | Reason::TpmHierarchyOff
            | Reason::AnswerLate
            | Reason::EvidenceInvalid
            | Reason::EvidenceNotFresh
            | Reason::StateUnreadable
            | Reason::StateBusy
            | Reason::CounterNotAdvanced
    )
}

/// Up to a quarter less, so that processes that failed together do not come back together.
fn jittered(wait: Duration) -> Duration {
    let mut random = [0];
    // Without a random nothing is taken off.
    let _ = getrandom::fill(&mut random);
    wait - wait / 4 * u32::from(random[0]) / 255
}

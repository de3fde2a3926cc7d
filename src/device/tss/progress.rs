//! What the thread that talks to a TPM is doing, for whoever waits for it.
//!
//! libtss2 waits for an answer without limit, and nothing can interrupt that. So a thread of its own talks to the TPM, and
//! tells here when each command begins and ends; whoever waits for it gives it up when one takes longer than its deadline.

use crate::device::DeviceError;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Making a key may take so many times as long as another command.
const KEY_FACTOR: u32 = 4;
/// How often whoever waits looks: time in which the process was stopped counts for no more than this.
const LOOK: Duration = Duration::from_millis(250);

/// How many threads may be stuck in one TPM that does not answer.
const STUCK_AT_MOST: usize = 3;

/// The threads that were given up and are not at their end.
#[derive(Debug, Default)]
pub(super) struct Stuck(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    threads: usize,
    since: Option<Instant>,
}

impl Stuck {
    pub(super) fn threads(&self) -> usize {
        self.lock().threads
    }

    /// Whether another one may be risked: there are not too many, and the last was not given up just now.
    pub(super) fn admits_another(&self, pause: Duration) -> bool {
        let waiting = self.lock();
        let rested = waiting.since.is_none_or(|since| since.elapsed() >= pause);
        waiting.threads == 0 || waiting.threads < STUCK_AT_MOST && rested
    }

    fn add(&self) {
        let mut waiting = self.lock();
        waiting.threads += 1;
        waiting.since = Some(Instant::now());
    }

    fn remove(&self) {
        self.lock().threads -= 1;
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a thread stands that talks to a TPM.
#[derive(Debug)]
pub(super) struct Progress {
    state: Mutex<State>,
    timeout: Duration,
    stuck: Arc<Stuck>,
}

#[derive(Debug)]
struct State {
    /// Counts beginnings and ends.
    step: u64,
    doing: &'static str,
    limit: Duration,
    given_up: bool,
    ended: bool,
}

/// Why a wait brought nothing.
pub(super) enum Gone {
    /// What was under way took longer than its deadline. The thread sends no further command but to let go of things.
    GivenUp(DeviceError),
    /// The thread has ended.
    Ended,
}

impl Progress {
    pub(super) fn new(timeout: Duration, stuck: Arc<Stuck>) -> Self {
        let state = State {
            step: 0,
            doing: "the connection",
            limit: timeout,
            given_up: false,
            ended: false,
        };
        Self {
            state: Mutex::new(state),
            timeout,
            stuck,
        }
    }

    /// A command, or what comes between two, begins now; false if nobody waits for it any more. Then nothing but
    /// TPM2_FlushContext is to be sent.
    pub(super) fn begin(&self, doing: &'static str) -> bool {
        let mut state = self.lock();
        state.step += 1;
        state.doing = doing;
        state.limit = match doing {
            "TPM2_Create" | "TPM2_CreatePrimary" => self.timeout.saturating_mul(KEY_FACTOR),
            _ => self.timeout,
        };
        !state.given_up
    }

    /// Waits for what the thread sends.
    pub(super) fn wait<T>(&self, answered: &Receiver<T>) -> Result<T, Gone> {
        let (mut seen, mut waited) = (None, Duration::ZERO);
        loop {
            let (step, limit) = {
                let state = self.lock();
                (state.step, state.limit)
            };
            if seen != Some(step) {
                (seen, waited) = (Some(step), Duration::ZERO);
            }
            let slice = LOOK.min(limit.saturating_sub(waited));
            match answered.recv_timeout(slice) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => return Err(Gone::Ended),
                Err(RecvTimeoutError::Timeout) => waited += slice,
            }
            if waited >= limit
                && let Some(error) = self.give_up(step, limit)
            {
                return Err(Gone::GivenUp(error));
            }
        }
    }

    /// The thread is at its end.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        if state.given_up {
            self.stuck.remove();
        }
    }

    /// Gives the thread up, if it is still where it was.
    fn give_up(&self, step: u64, limit: Duration) -> Option<DeviceError> {
        let mut state = self.lock();
        if state.step != step || state.ended {
            return None;
        }
        state.given_up = true;
        self.stuck.add();
        Some(DeviceError::NoAnswer {
            command: state.doing,
            waited: limit,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each field is valid by itself.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn progress(timeout: Duration) -> (Progress, Arc<Stuck>) {
        let stuck = Arc::<Stuck>::default();
        (Progress::new(timeout, Arc::clone(&stuck)), stuck)
    }

    #[test]
    fn making_a_key_may_take_four_times_as_long() {
        let (progress, _) = progress(Duration::from_secs(30));
        for (command, limit_s) in [
            ("TPM2_Load", 30),
            ("TPM2_Create", 120),
            ("TPM2_CreatePrimary", 120),
            ("TPM2_Unseal", 30),
        ] {
            assert!(progress.begin(command));
            assert_eq!(progress.lock().limit, Duration::from_secs(limit_s));
        }
    }

    #[test]
    fn whoever_is_given_up_is_counted_until_its_end_and_begins_nothing_more() {
        let (progress, stuck) = progress(Duration::from_millis(1));
        let (answer, answered) = mpsc::channel::<()>();
        assert!(progress.begin("TPM2_Load"));
        assert!(matches!(
            progress.wait(&answered),
            Err(Gone::GivenUp(DeviceError::NoAnswer {
                command: "TPM2_Load",
                ..
            }))
        ));
        assert_eq!(stuck.threads(), 1);
        assert!(!stuck.admits_another(Duration::MAX) && stuck.admits_another(Duration::ZERO));
        assert!(!progress.begin("TPM2_NV_Increment"));
        drop(answer);
        progress.end();
        assert!(stuck.admits_another(Duration::MAX));
        for _ in 0..STUCK_AT_MOST {
            stuck.add();
        }
        assert!(!stuck.admits_another(Duration::ZERO));
    }

    #[test]
    fn a_thread_that_has_ended_is_not_counted() {
        let (progress, stuck) = progress(Duration::ZERO);
        progress.end();
        assert!(progress.give_up(0, Duration::ZERO).is_none());
        assert_eq!(stuck.threads(), 0);
    }
}

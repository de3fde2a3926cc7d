//! What changed, for an application that wants to hear of it.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::policy::{Reason, Standing};
use crate::token::UtcTime;

use super::Counterfoil;
use super::status::Status;

/// How many events wait for a subscriber at most; each carries the status, so the last ones are worth the most.
const WAITING: usize = 256;

/// Something changed.
#[derive(Debug, Clone)]
pub struct Event {
    /// What.
    pub change: Change,
    /// How the licenses stand after it.
    pub status: Arc<Status>,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The standing, or the reason for it.
    Standing {
        /// What it was; none before the first validation.
        from: Option<Standing>,
        /// What it is.
        to: Standing,
        /// The decisive cause.
        reason: Reason,
    },
    /// A feature went on.
    FeatureOn {
        /// The feature.
        feature: String,
    },
    /// A feature went off. Work that holds a [`Guard`](super::Guard) may go on for the wind-down time.
    FeatureOff {
        /// The feature.
        feature: String,
        /// Why.
        reason: Reason,
    },
    /// A feature that is on will go off at a date if nothing is done; told when that is near, and again a day and an hour
    /// before.
    FeatureEnding {
        /// The feature.
        feature: String,
        /// When.
        at: UtcTime,
        /// What will be the cause.
        reason: Reason,
    },
    /// The TPM or the state folder could not be asked. Features stay as they are until the last answer's time is over; it
    /// is tried again by itself.
    Trouble {
        /// Why.
        reason: Reason,
    },
    /// It could be asked again.
    Recovered,
}

impl Counterfoil {
    /// Every change from now on, as a queue of the subscriber's own.
    ///
    /// Changes are noticed by the heartbeat, or where there is none by checks. A subscriber takes them at its own pace, in
    /// a thread of its choice, while no lock is held: one that is slow, panics or never looks harms nobody. Beyond 256
    /// waiting events the oldest are dropped. [`Events`] end when the last clone of this `Counterfoil` is dropped.
    ///
    /// ```no_run
    /// # fn show(_: &counterfoil::client::Status) {}
    /// # fn subscribe(licenses: &counterfoil::client::Counterfoil) {
    /// let events = licenses.subscribe();
    /// std::thread::spawn(move || {
    ///     for event in events {
    ///         show(&event.status);
    ///     }
    /// });
    /// # }
    /// ```
    pub fn subscribe(&self) -> Events {
        let queue = Arc::<Queue>::default();
        self.inner().listeners.add(&queue);
        Events(queue)
    }
}

/// A subscriber's events. Dropping it ends the subscription.
#[derive(Debug)]
pub struct Events(Arc<Queue>);

impl Events {
    /// The next event; none if there is none at the moment. Does not block.
    pub fn try_next(&self) -> Option<Event> {
        self.0.lock().waiting.pop_front()
    }

    /// The next event; waits for it, at most so long.
    pub fn next_within(&self, at_most: Duration) -> Option<Event> {
        let begin = Instant::now();
        let mut held = self.0.lock();
        loop {
            let left = at_most.saturating_sub(begin.elapsed());
            match held.waiting.pop_front() {
                Some(event) => return Some(event),
                None if held.closed || left.is_zero() => return None,
                None => {
                    let waited = self.0.changed.wait_timeout(held, left);
                    held = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }
}

/// Waits for each event; ends when there will be no more.
impl Iterator for Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let mut held = self.0.lock();
        loop {
            match held.waiting.pop_front() {
                Some(event) => return Some(event),
                None if held.closed => return None,
                None => {
                    let waited = self.0.changed.wait(held);
                    held = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// The queues of all subscribers.
#[derive(Default)]
pub(super) struct Listeners(Mutex<Vec<Weak<Queue>>>);

impl Listeners {
    pub(super) fn tell(&self, events: &[Event]) {
        let mut queues = self.lock();
        queues.retain(|queue| queue.strong_count() > 0);
        for queue in queues.iter().filter_map(Weak::upgrade) {
            queue.push(events);
        }
    }

    /// Ends all subscriptions.
    pub(super) fn close(&self) {
        for queue in self.lock().drain(..).filter_map(|queue| queue.upgrade()) {
            queue.lock().closed = true;
            queue.changed.notify_all();
        }
    }

    fn add(&self, queue: &Arc<Queue>) {
        self.lock().push(Arc::downgrade(queue));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Queue>>> {
        // No code of others runs under the lock, and a list of queues is never half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    held: Mutex<Held>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Held {
    waiting: VecDeque<Event>,
    closed: bool,
}

impl Queue {
    fn push(&self, events: &[Event]) {
        let mut held = self.lock();
        held.waiting.extend(events.iter().cloned());
        let too_many = held.waiting.len().saturating_sub(WAITING);
        held.waiting.drain(..too_many);
        drop(held);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

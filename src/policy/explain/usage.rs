//! A machine as the promise describes it, and the readings of its TPM.

use crate::evidence::ClockInfo;
use crate::policy::Terms;
use crate::time::{LastIncrement, Reading, increment_due};
use crate::token::{Anchor, UtcTime};
use std::time::Duration;

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Sleeps between two boots.
const SLEEPS: u32 = 10;

/// A machine that is always on, boots once a day and sleeps ten times in between, from its last contact on.
///
/// Its TPM's counts and the increments that the program makes follow from that; they are only ever read forwards.
pub(super) struct Machine {
    anchor: Anchor,
    terms: Terms,
    reading: Reading,
    last_increment: LastIncrement,
    /// Boots and sleeps so far.
    events: u32,
}

impl Machine {
    /// A machine that takes its lease at `utc`, which costs the first increment.
    pub(super) fn new(utc: UtcTime, terms: Terms) -> Self {
        let anchor = Anchor {
            utc,
            clock_ms: 0,
            reset_count: 0,
            restart_count: 0,
            activity: 0,
        };
        let reading = Reading {
            clock: ClockInfo {
                clock_ms: 0,
                reset_count: 0,
                restart_count: 0,
                safe: true,
            },
            activity: 1,
        };
        let last_increment = LastIncrement {
            activity: 1,
            reset_count: 0,
            restart_count: 0,
        };
        Self {
            anchor,
            terms,
            reading,
            last_increment,
            events: 0,
        }
    }

    pub(super) fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// What its TPM attests `after` the contact. Must not be before what was asked for last.
    pub(super) fn reading(&mut self, after: Duration) -> Reading {
        let each = DAY / (SLEEPS + 1);
        while each * (self.events + 1) <= after {
            self.events += 1;
            match self.events.is_multiple_of(SLEEPS + 1) {
                true => {
                    self.reading.clock.reset_count += 1;
                    self.reading.clock.restart_count = 0;
                }
                false => self.reading.clock.restart_count += 1,
            }
            self.increment_if_due();
        }
        self.reading.clock.clock_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        self.reading
    }

    fn increment_if_due(&mut self) {
        let Reading { clock, activity } = &mut self.reading;
        let (last, allowed) = (Some(&self.last_increment), self.terms.restarts_allowed);
        let reading = Reading {
            clock: *clock,
            activity: *activity,
        };
        if increment_due(&reading, last, allowed) {
            *activity += 1;
            self.last_increment = LastIncrement {
                activity: *activity,
                reset_count: clock.reset_count,
                restart_count: clock.restart_count,
            };
        }
    }
}

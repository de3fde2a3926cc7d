//! From what was attested to the product's verdict.

use std::sync::{LockResult, PoisonError};

use counterfoil::evidence::ClockInfo;
use counterfoil::policy::{Inputs, Reason, Standing, StateHealth};
use counterfoil::time::{BootClock, Limits, Reading, anchored, now};
use counterfoil::token::{Anchor, UtcTime};

use crate::policy_support::{in_order, license};

use super::{BindingModel, Chip, Clock};

/// Clock, counts and the activity counter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point {
    /// The clock.
    pub clock: Clock,
    /// resetCount.
    pub resets: u8,
    /// restartCount.
    pub restarts: u8,
    /// The activity counter.
    pub activity: u8,
}

impl Point {
    pub(super) fn of(chip: &Chip, activity: u8) -> Self {
        Self {
            clock: chip.clock,
            resets: chip.resets,
            restarts: chip.restarts,
            activity,
        }
    }

    pub(super) fn reading(self) -> Reading {
        Reading {
            clock: ClockInfo {
                clock_ms: self.clock.ms(),
                reset_count: self.resets.into(),
                restart_count: self.restarts.into(),
                safe: true,
            },
            activity: self.activity.into(),
        }
    }

    pub(super) fn anchor(self) -> Anchor {
        anchored(start(), &self.reading())
    }
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Facts {
    pub(super) anchor: Point,
    pub(super) found: Point,
    pub(super) unbound: Option<Reason>,
    pub(super) health: StateHealth,
}

impl BindingModel {
    pub(super) fn standing(&self, facts: Facts) -> Standing {
        if let Some(standing) = memory(self.standings.read()).get(&facts) {
            return *standing;
        }
        let standing = self.decide(&facts);
        memory(self.standings.write()).insert(facts, standing);
        standing
    }

    fn decide(&self, facts: &Facts) -> Standing {
        let anchor = &facts.anchor.anchor();
        let reading = &facts.found.reading();
        let unbound = facts.unbound;
        let limits = Limits {
            budget_ms: self.terms.budget_ms,
            unclean_loss_ms: self.terms.unclean_loss_ms,
            restarts_allowed: restarts_allowed(),
            heartbeat_ms: self.terms.heartbeat_ms,
        };
        let established = unbound.map_or(Ok(()), Err);
        let charge = established
            .and_then(|()| (self.rules.charge)(anchor, reading, &limits).map_err(Reason::from));
        let floor = (self.rules.floor)(anchor, reading, start(), None);
        let boot = BootClock {
            boot_id: [0; 16],
            elapsed_ms: 0,
        };
        let now = now(start(), floor, anchor, start(), boot, None);
        let lease = self.terms.lease_facts(start());
        let inputs = Inputs {
            device: established,
            evidence: established,
            counter: established,
            state: facts.health,
            ..in_order(license(start()), lease, now, charge)
        };
        (self.rules.decide)(&inputs, &self.manifest, Standing::Active).standing
    }
}

/// A lock that a panicking thread held is as good as another: what it guards is written at once.
pub(super) fn memory<G>(lock: LockResult<G>) -> G {
    lock.unwrap_or_else(PoisonError::into_inner)
}

/// S: one, so that few restarts demand an increment.
pub(super) fn restarts_allowed() -> std::num::NonZeroU32 {
    std::num::NonZeroU32::MIN
}

fn start() -> UtcTime {
    UtcTime::from_unix(1_800_000_000).expect("a date before the year 10000")
}

//! Mistakes that were made, or nearly, in designs like this one; each put where a model asks the product.

use std::num::NonZeroU32;

use counterfoil::client::continuity::{self, Next};
use counterfoil::policy::{Reason, Standing, StateHealth, decide};
use counterfoil::store::{ResetCounts, State};
use counterfoil::time::{self, Charge, ChargeError, Limits, Reading};
use counterfoil::token::Anchor;

use crate::rules::{Act, Moments, Rules};

/// A mistake that the models must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// Resets are not charged.
    NoChargePerReset,
    /// What a Reset takes from the clock is charged at the clock's rate, not at 7/6 of it.
    LossAtTheClocksRate,
    /// A verdict is given once the successor is on disk, before the counter has moved.
    ActBeforeIncrement,
    /// An answer takes effect once the successor is on disk, before the counter has moved.
    ApplyBeforeIncrement,
    /// The operating system's clock is remembered as a floor.
    OsClockAsFloor,
    /// A state is believed in any boot.
    StateWithoutResetCount,
    /// A Reset or increment is charged S heartbeats, not S+1.
    SInsteadOfSPlusOne,
    /// S is 0: every restart demands an increment.
    SIsZero,
    /// A verdict counts from the answer, not from the random that was drawn for it.
    DeadlineFromAnswer,
    /// The counter's value is certified before the clock and the counts are.
    TwoMoments,
    /// A verdict is stored, and taken up again.
    PersistedVerdict,
    /// In grace, each validation grants grace anew.
    GraceRenewsItself,
    /// The Name of the attestation key is not compared.
    AttestationKeyNotCompared,
    /// The Name of the storage root key is not compared.
    StorageKeyNotCompared,
    /// The Name of the seed is not compared.
    SeedNotCompared,
    /// The epoch is neither in the seed's policy nor compared.
    EpochNotCompared,
    /// The Names of the activity counter are not compared.
    CounterNotCompared,
    /// A loss is forgotten once a state is there.
    LossForgotten,
    /// A missing state is Limited, whatever k is.
    LossCountedAtOnce,
}

impl Mistake {
    /// The product's decisions with this mistake.
    pub fn rules(self) -> Rules {
        let production = Rules::production();
        match self {
            Self::NoChargePerReset => Rules {
                charge: |anchor, reading, limits| mistaken(anchor, reading, limits, 0, 0, 1),
                ..production
            },
            Self::LossAtTheClocksRate => Rules {
                charge: |anchor, reading, limits| {
                    let limits = Limits {
                        unclean_loss_ms: limits.unclean_loss_ms * 6 / 7,
                        ..*limits
                    };
                    time::charge(anchor, reading, &limits)
                },
                ..production
            },
            Self::ActBeforeIncrement | Self::ApplyBeforeIncrement => Rules {
                act: Act::BeforeIncrement,
                ..production
            },
            Self::OsClockAsFloor => Rules {
                floor: |anchor, reading, issued_at, os_clock_seen| {
                    time::floor(
                        anchor,
                        reading,
                        os_clock_seen.into_iter().chain([issued_at]),
                    )
                },
                ..production
            },
            Self::StateWithoutResetCount => Rules {
                next: without_reset_count,
                ..production
            },
            Self::SInsteadOfSPlusOne => Rules {
                charge: |anchor, reading, limits| {
                    let hidden = limits.restarts_allowed.get();
                    mistaken(anchor, reading, limits, 1, hidden, hidden)
                },
                ..production
            },
            Self::SIsZero => Rules {
                charge: |anchor, reading, limits| mistaken(anchor, reading, limits, 1, 1, 1),
                next: every_restart,
                ..production
            },
            Self::DeadlineFromAnswer => Rules {
                deadline: |_, answered, heartbeat_ms| time::deadline(answered, heartbeat_ms),
                ..production
            },
            Self::TwoMoments => Rules {
                moments: Moments::Two,
                ..production
            },
            Self::PersistedVerdict => Rules {
                persisted_verdict: true,
                ..production
            },
            Self::GraceRenewsItself => Rules {
                decide: |inputs, manifest, before| {
                    let mut verdict = decide(inputs, manifest);
                    let ended =
                        matches!(verdict.reason, Reason::BudgetSpent | Reason::LeaseExpired);
                    if ended && before == Standing::OfflineGrace {
                        verdict.standing = Standing::OfflineGrace;
                    }
                    verdict
                },
                ..production
            },
            Self::AttestationKeyNotCompared => Rules {
                difference: |bound, found, key| {
                    let mut found = found.clone();
                    found.attestation_key.name = bound.ak;
                    continuity::difference(bound, &found, key)
                },
                ..production
            },
            Self::StorageKeyNotCompared => Rules {
                difference: |bound, found, key| {
                    let mut found = found.clone();
                    found.storage_root_key.name = bound.srk;
                    continuity::difference(bound, &found, key)
                },
                ..production
            },
            Self::SeedNotCompared => Rules {
                difference: |bound, found, key| {
                    let mut found = found.clone();
                    found.seed.name = bound.seed;
                    continuity::difference(bound, &found, key)
                },
                ..production
            },
            Self::EpochNotCompared => Rules {
                difference: |bound, found, key| {
                    let mut found = found.clone();
                    found.epoch = bound.epoch;
                    continuity::difference(bound, &found, key)
                },
                seed_names_epoch: false,
                ..production
            },
            Self::CounterNotCompared => Rules {
                certifies: |_, _| true,
                ..production
            },
            Self::LossForgotten => Rules {
                health: |_, anchor, unwritable| continuity::state_health(None, anchor, unwritable),
                ..production
            },
            Self::LossCountedAtOnce => Rules {
                decide: |inputs, manifest, _| {
                    let mut verdict = decide(inputs, manifest);
                    if inputs.state == StateHealth::Missing {
                        verdict.standing = verdict.standing.max(Standing::Limited);
                    }
                    verdict
                },
                ..production
            },
        }
    }
}

/// The charge with other factors: of I at each Reset, of J at each Reset and increment, and at most of J for the restarts of
/// the present boot.
fn mistaken(
    anchor: &Anchor,
    reading: &Reading,
    limits: &Limits,
    loss: u64,
    hidden: u32,
    shown: u32,
) -> Result<Charge, ChargeError> {
    // What the product refuses stays refused.
    let unlimited = Limits {
        budget_ms: u64::MAX,
        ..*limits
    };
    let charge = time::charge(anchor, reading, &unlimited)?;
    let per_step = u64::from(hidden);
    let heartbeats = per_step * (u64::from(charge.resets) + charge.increments)
        + u64::from(charge.restarts.min(shown));
    let clock_ms = (reading.clock.clock_ms
        + loss * u64::from(charge.resets) * limits.unclean_loss_ms
        + heartbeats * limits.heartbeat_ms)
        .saturating_sub(anchor.clock_ms);
    let spent_ms = (clock_ms * 7).div_ceil(6);
    if spent_ms > limits.budget_ms {
        return Err(ChargeError::BudgetSpent {
            spent_ms,
            budget_ms: limits.budget_ms,
        });
    }
    Ok(Charge {
        spent_ms,
        budget_ms: limits.budget_ms,
        ..charge
    })
}

fn without_reset_count(reading: &Reading, base: u64, state: &State, allowed: NonZeroU32) -> Next {
    let last_increment = state.last_increment.map(|counts| ResetCounts {
        reset_count: reading.clock.reset_count,
        ..counts
    });
    continuity::next(reading, base, last_increment, [allowed], false)
}

/// An increment is due unless one was made at just this restart.
fn every_restart(reading: &Reading, base: u64, state: &State, allowed: NonZeroU32) -> Next {
    let next = continuity::next(reading, base, state.last_increment, [allowed], false);
    let covered = state
        .last_increment
        .filter(|counts| counts.reset_count == reading.clock.reset_count)
        .map_or(0, |counts| counts.restart_count);
    match next {
        Next::Judge if reading.clock.restart_count > covered => Next::Increment,
        next => next,
    }
}

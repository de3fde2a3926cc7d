//! The charge: powered-on time used since the anchor, never less than what was accepted.

use super::Reading;
use crate::token::{Anchor, Lease, Verified};
use std::num::NonZeroU32;
use thiserror::Error;

/// What a lease fixes about charging.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// D: the charge at which the lease ends, in milliseconds.
    pub budget_ms: u64,
    /// I: the most that the TPM's clock loses at an unclean stop, in milliseconds.
    pub unclean_loss_ms: u64,
    /// S: restarts (sleeps) accepted before the activity counter must be incremented.
    ///
    /// Zero would ask for an increment at every validation and is not representable.
    pub restarts_allowed: NonZeroU32,
    /// J: how long one validation's verdict lasts, in milliseconds.
    pub heartbeat_ms: u64,
}

impl From<&Verified<Lease>> for Limits {
    fn from(lease: &Verified<Lease>) -> Self {
        Limits {
            budget_ms: lease.budget_ms,
            unclean_loss_ms: lease.unclean_loss_ms,
            restarts_allowed: NonZeroU32::new(lease.restarts_allowed)
                .expect("a lease that allows no restart does not verify"),
            heartbeat_ms: lease.heartbeat_ms,
        }
    }
}

/// What was used of a lease, and the differences to the anchor from which it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Milliseconds charged since the anchor; at most `budget_ms`.
    pub spent_ms: u64,
    /// D: the charge at which the lease ends, in milliseconds.
    pub budget_ms: u64,
    /// n: TPM Resets since the anchor.
    pub resets: u32,
    /// r: TPM Restarts and Resumes that show, since the anchor or the last Reset.
    pub restarts: u32,
    /// k: increments of the activity counter since the anchor.
    pub increments: u64,
}

impl Charge {
    /// Milliseconds of charge that are left.
    pub fn left_ms(&self) -> u64 {
        self.budget_ms.saturating_sub(self.spent_ms)
    }
}

/// Why a lease's time does not count on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChargeError {
    /// n < 0: the TPM has seen fewer Resets than the anchor. With unchanged Names it is not the anchor's TPM history.
    #[error(
        "the TPM counts {found} resets and the lease's anchor {anchor}: it is another TPM's anchor, renew the lease"
    )]
    AnchorForeign {
        /// Resets at the anchor.
        anchor: u32,
        /// Resets in the reading.
        found: u32,
    },
    /// n = 0 and r < 0: fewer restarts than the anchor without a Reset in between.
    #[error(
        "the TPM counts {found} restarts and the lease's anchor {anchor} without a reset between: renew the lease"
    )]
    RestartsBehind {
        /// Restarts at the anchor.
        anchor: u32,
        /// Restarts in the reading.
        found: u32,
    },
    /// k < 0: the activity counter is behind the anchor.
    #[error(
        "the activity counter is at {found} and the lease's anchor at {anchor}: it was replaced, renew the lease"
    )]
    CounterBehind {
        /// The activity counter at the anchor.
        anchor: u64,
        /// The activity counter in the reading.
        found: u64,
    },
    /// The TPM's clock is behind the anchor by more than the Resets, restarts and increments since explain.
    #[error(
        "the TPM's clock is {behind_ms} ms further behind the lease's anchor than its resets explain: renew the lease"
    )]
    ClockBehindAnchor {
        /// By how much more than explained, in milliseconds.
        behind_ms: u64,
    },
    /// The charge is above D.
    #[error(
        "the lease's offline budget of {budget_ms} ms is spent ({spent_ms} ms are charged): renew the lease"
    )]
    BudgetSpent {
        /// The charge, in milliseconds.
        spent_ms: u64,
        /// D, in milliseconds.
        budget_ms: u64,
    },
}

/// The powered-on time charged to a lease at `reading`.
///
/// With n Resets, r restarts in the present boot and k increments since the anchor it is
/// `⌈7/6 · (Δclock + n·I + ((S+1)·(n+k) + min(r, S+1))·J)⌉` milliseconds. Each term stands for time that the clock may
/// not show: I for what an unclean stop loses, one J for the cached verdict that a restart hides, S+1 of them for the
/// restarts that a Reset or an increment hides, 7/6 for a clock slowed as far as a TPM's owner can slow it.
///
/// The caller must have established that the reading is the enrolled TPM's, that storage root and seed still have the
/// Names of the license (else the counts belong to another history), and that [`increment_due`](super::increment_due)
/// is false.
///
/// # Errors
///
/// In this order: fewer Resets than the anchor, fewer restarts in the anchor's boot, fewer increments, a clock further
/// behind than explained, a spent budget.
pub fn charge(anchor: &Anchor, reading: &Reading, limits: &Limits) -> Result<Charge, ChargeError> {
    let Since {
        resets,
        restarts,
        increments,
    } = since(anchor, reading)?;

    let hidden_per_step = i128::from(limits.restarts_allowed.get()) + 1;
    let steps = i128::from(resets) + i128::from(increments);
    let heartbeats = hidden_per_step
        .saturating_mul(steps)
        .saturating_add(i128::from(restarts).min(hidden_per_step));
    let bracket = (i128::from(reading.clock.clock_ms) - i128::from(anchor.clock_ms))
        .saturating_add(i128::from(resets) * i128::from(limits.unclean_loss_ms))
        .saturating_add(heartbeats.saturating_mul(i128::from(limits.heartbeat_ms)));
    if bracket < 0 {
        return Err(ChargeError::ClockBehindAnchor {
            behind_ms: clamp(bracket.unsigned_abs()),
        });
    }

    let spent = at_slowest_rate(bracket.unsigned_abs());
    if spent > u128::from(limits.budget_ms) {
        return Err(ChargeError::BudgetSpent {
            spent_ms: clamp(spent),
            budget_ms: limits.budget_ms,
        });
    }
    Ok(Charge {
        spent_ms: clamp(spent),
        budget_ms: limits.budget_ms,
        resets,
        restarts,
        increments,
    })
}

/// Whether a reading goes on from an anchor of the same TPM, by clock and counts alone: `charge` would refuse nothing but a
/// spent budget. For anchors of other stores on the chip, each of which has an activity counter of its own.
pub fn continues(anchor: &Anchor, reading: &Reading, limits: &Limits) -> bool {
    let anchor = Anchor {
        activity: reading.activity,
        ..*anchor
    };
    matches!(
        charge(&anchor, reading, limits),
        Ok(_) | Err(ChargeError::BudgetSpent { .. })
    )
}

/// The longest true time in which a TPM's clock can show `clock_ms`: 7/6 of it, rounded up.
pub(super) fn at_slowest_rate(clock_ms: u128) -> u128 {
    clock_ms.saturating_mul(7).div_ceil(6)
}

/// Counted differences to the anchor, none of them negative.
struct Since {
    resets: u32,
    restarts: u32,
    increments: u64,
}

fn since(anchor: &Anchor, reading: &Reading) -> Result<Since, ChargeError> {
    let found = &reading.clock;
    let resets =
        found
            .reset_count
            .checked_sub(anchor.reset_count)
            .ok_or(ChargeError::AnchorForeign {
                anchor: anchor.reset_count,
                found: found.reset_count,
            })?;
    let restarts_before = if resets == 0 { anchor.restart_count } else { 0 };
    let restarts =
        found
            .restart_count
            .checked_sub(restarts_before)
            .ok_or(ChargeError::RestartsBehind {
                anchor: anchor.restart_count,
                found: found.restart_count,
            })?;
    let increments =
        reading
            .activity
            .checked_sub(anchor.activity)
            .ok_or(ChargeError::CounterBehind {
                anchor: anchor.activity,
                found: reading.activity,
            })?;
    Ok(Since {
        resets,
        restarts,
        increments,
    })
}

fn clamp(ms: u128) -> u64 {
    u64::try_from(ms).unwrap_or(u64::MAX)
}

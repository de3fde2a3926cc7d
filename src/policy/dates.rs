//! When grace begins, and what dates a person is told.

use super::inputs::{Inputs, LeaseFacts};
use super::rules::Rules;
use super::{Reason, Standing};
use crate::time::Charge;
use crate::token::UtcTime;
use std::time::Duration;

/// How a lease that still lasts stands.
pub(super) fn progress(
    lease: &LeaseFacts,
    charge: &Charge,
    now: UtcTime,
    rules: &Rules,
) -> (Standing, Reason) {
    let grace = Grace::of(lease, charge, rules);
    if charge.spent_ms >= grace.from_charge_ms || now >= grace.from {
        (Standing::OfflineGrace, Reason::OfflineGrace)
    } else if charge.spent_ms >= lease.renew_after.charge_ms || now >= lease.renew_after.at {
        (Standing::RenewalDue, Reason::RenewalDue)
    } else {
        (Standing::Active, Reason::Ok)
    }
}

/// The dates that follow from a lease, as far as they are known.
#[derive(Clone, Copy)]
pub(super) struct Dates {
    /// When grace begins.
    pub(super) grace_from: Option<UtcTime>,
    /// When the lease ends.
    pub(super) offline_until: Option<UtcTime>,
}

pub(super) fn dates(inputs: &Inputs<'_>, rules: &Rules) -> Dates {
    let Ok(lease) = &inputs.lease else {
        return Dates {
            grace_from: None,
            offline_until: None,
        };
    };
    let Ok(charge) = &inputs.charge else {
        return Dates {
            grace_from: None,
            offline_until: Some(lease.expires_at),
        };
    };
    let grace = Grace::of(lease, charge, rules);
    let reached = |charge_ms: u64| {
        inputs.now.utc.plus(
            lease
                .pace
                .time_for(charge_ms.saturating_sub(charge.spent_ms)),
        )
    };
    Dates {
        grace_from: Some(grace.from.min(reached(grace.from_charge_ms))),
        offline_until: Some(lease.expires_at.min(reached(charge.budget_ms))),
    }
}

/// Where grace begins: G before the lease's end, by date and by charge.
struct Grace {
    from: UtcTime,
    from_charge_ms: u64,
}

impl Grace {
    fn of(lease: &LeaseFacts, charge: &Charge, rules: &Rules) -> Self {
        let grace_ms =
            u128::from(lease.window_s) * 1000 * u128::from(rules.time.grace_percent) / 100;
        Grace {
            from: lease.expires_at.saturating_sub(Duration::from_millis(
                u64::try_from(grace_ms).unwrap_or(u64::MAX),
            )),
            from_charge_ms: charge
                .budget_ms
                .saturating_sub(lease.pace.charge_of(grace_ms)),
        }
    }
}

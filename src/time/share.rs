//! How much of a promised window a machine gets, from how it is used.

use super::charge::{Charge, Limits, at_slowest_rate};
use std::time::Duration;

/// How a machine is used, over any span that is typical of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The span of calendar time that the other values are about: a day, a week.
    pub span: Duration,
    /// How long of it the machine is on, not counting sleep.
    pub on: Duration,
    /// Boots in it, after a shutdown or a power cut.
    pub boots: u32,
    /// Sleeps and hibernations in it, spread evenly over the boots.
    pub sleeps: u32,
}

impl Usage {
    /// A machine that is always on, with so many boots and sleeps a day.
    pub const fn always_on(boots: u32, sleeps: u32) -> Self {
        Usage {
            span: DAY,
            on: DAY,
            boots,
            sleeps,
        }
    }

    /// What a window is promised to: always on, one boot and ten sleeps a day.
    pub const PROMISED: Usage = Usage::always_on(1, 10);
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The part of the `window` W, in percent, for which the charge budget of `limits` lasts on a machine used like `usage`.
///
/// 100 or more is the whole window, and what is above it is of use only up to the lease's date. The result is rounded down
/// and saturates; it does not depend on where in the span boots and sleeps fall, but for one of them.
pub fn share_of_window(usage: &Usage, limits: &Limits, window: Duration) -> u32 {
    let spent_ms = at_slowest_rate(bracket_of(usage, limits));
    percent(limits, spent_ms, usage.span, window)
}

/// The part of the `window` W, in percent, for which the lease lasts if the machine goes on as it did: `charge` is what it
/// spent in `elapsed` calendar time since the anchor.
///
/// Of the charge, what every lease pays once (the increment with which it was applied, the sleeps of the present boot) is
/// left out of the pace. As [`share_of_window`] says, 100 or more is the whole window. Over less than a day it says little.
pub fn share_at_pace(charge: &Charge, elapsed: Duration, limits: &Limits, window: Duration) -> u32 {
    let step_ms = step_ms(limits);
    let applied_ms = if charge.increments > 0 { step_ms } else { 0 };
    let slept_ms =
        step_ms.min(u128::from(charge.restarts).saturating_mul(limits.heartbeat_ms.into()));
    let once_ms = at_slowest_rate(applied_ms.saturating_add(slept_ms));
    let spent_ms = u128::from(charge.spent_ms).saturating_sub(once_ms);
    percent(limits, spent_ms, elapsed, window)
}

/// What a span adds to the bracket of [`charge`](super::charge()).
fn bracket_of(usage: &Usage, limits: &Limits) -> u128 {
    let (boots, sleeps) = (u128::from(usage.boots), u128::from(usage.sleeps));
    let sleeps_per_increment = u128::from(limits.restarts_allowed.get()) + 1;
    let increments = match boots {
        0 => sleeps / sleeps_per_increment,
        // A boot forgets the sleeps that have not led to an increment yet.
        _ => boots.saturating_mul(sleeps / boots / sleeps_per_increment),
    };
    let steps = boots.saturating_add(increments);
    usage
        .on
        .as_millis()
        .saturating_add(boots.saturating_mul(limits.unclean_loss_ms.into()))
        .saturating_add(steps.saturating_mul(step_ms(limits)))
}

/// What one Reset or increment adds for the restarts that it hides: (S+1)·J.
fn step_ms(limits: &Limits) -> u128 {
    (u128::from(limits.restarts_allowed.get()) + 1).saturating_mul(limits.heartbeat_ms.into())
}

/// How much of W the budget lasts for, where each `span` costs `spent_ms` and each lease two steps besides.
fn percent(limits: &Limits, spent_ms: u128, span: Duration, window: Duration) -> u32 {
    let once_ms = at_slowest_rate(step_ms(limits).saturating_mul(2));
    let budget_ms = u128::from(limits.budget_ms).saturating_sub(once_ms);
    let lasts = budget_ms
        .saturating_mul(span.as_millis())
        .saturating_mul(100);
    let takes = spent_ms.saturating_mul(window.as_millis());
    // Nothing spent, or nothing promised: the budget lasts.
    u32::try_from(lasts.checked_div(takes).unwrap_or(u128::MAX)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::budget_ms;
    use std::num::NonZeroU32;

    const LARGEST_LOSS_MS: u64 = 1 << 22;
    const SMALLEST_LOSS_MS: u64 = 1 << 12;

    fn days(days: u32) -> Duration {
        DAY * days
    }

    fn limits(window: Duration, unclean_loss_ms: u64) -> Limits {
        let restarts_allowed = NonZeroU32::new(10).expect("ten is not zero");
        let heartbeat_ms = 300_000;
        Limits {
            budget_ms: budget_ms(window, unclean_loss_ms, restarts_allowed, heartbeat_ms),
            unclean_loss_ms,
            restarts_allowed,
            heartbeat_ms,
        }
    }

    fn share(usage: Usage, window_days: u32, unclean_loss_ms: u64) -> u32 {
        let window = days(window_days);
        share_of_window(&usage, &limits(window, unclean_loss_ms), window)
    }

    #[test]
    fn p3_the_machine_that_a_window_is_promised_to_gets_all_of_it() {
        for window_days in [1, 7, 30, 60, 365] {
            for loss_ms in [SMALLEST_LOSS_MS, 10_000, 16_384, 524_288, LARGEST_LOSS_MS] {
                let share = share(Usage::PROMISED, window_days, loss_ms);
                assert!(share >= 100, "{share} % of {window_days} days at {loss_ms}");
            }
        }
    }

    #[test]
    fn twenty_boots_a_day_leave_the_stated_share() {
        let usage = Usage::always_on(20, 0);
        assert_eq!(share(usage, 30, LARGEST_LOSS_MS), 41);
        assert_eq!(share(usage, 30, SMALLEST_LOSS_MS), 62);
    }

    #[test]
    fn a_machine_that_is_off_at_night_gets_more() {
        let by_day = Usage {
            on: Duration::from_secs(8 * 60 * 60),
            ..Usage::PROMISED
        };
        assert!(share(by_day, 30, LARGEST_LOSS_MS) > 200);
    }

    #[test]
    fn sleeps_cost_where_a_boot_has_more_of_them_than_are_free() {
        let weekly = |sleeps| Usage {
            span: days(7),
            on: days(7),
            boots: 1,
            sleeps,
        };
        assert_eq!(
            share(weekly(0), 30, SMALLEST_LOSS_MS),
            share(weekly(10), 30, SMALLEST_LOSS_MS)
        );
        assert!(share(weekly(70), 30, SMALLEST_LOSS_MS) < share(weekly(10), 30, SMALLEST_LOSS_MS));
        let never_booted = Usage {
            boots: 0,
            ..weekly(11)
        };
        assert_eq!(
            share(never_booted, 30, SMALLEST_LOSS_MS),
            share(weekly(0), 30, SMALLEST_LOSS_MS)
        );
    }

    #[test]
    fn the_pace_of_a_machine_is_what_its_use_leads_to() {
        let window = days(30);
        let limits = limits(window, LARGEST_LOSS_MS);
        for boots in [1, 3, 20] {
            let usage = Usage::always_on(boots, 0);
            let elapsed = 5;
            let applied = step_ms(&limits);
            let bracket = bracket_of(&usage, &limits) * elapsed + applied;
            let charge = Charge {
                spent_ms: at_slowest_rate(bracket).try_into().expect("some days"),
                budget_ms: limits.budget_ms,
                resets: boots * 5,
                restarts: 0,
                increments: 1,
            };
            let pace = share_at_pace(&charge, days(5), &limits, window);
            assert_eq!(pace, share_of_window(&usage, &limits, window));
        }
    }

    #[test]
    fn nothing_overflows_and_nothing_is_divided_by_zero() {
        let endless = Limits {
            budget_ms: u64::MAX,
            unclean_loss_ms: u64::MAX,
            restarts_allowed: NonZeroU32::MAX,
            heartbeat_ms: u64::MAX,
        };
        let usage = Usage {
            span: Duration::MAX,
            on: Duration::MAX,
            boots: u32::MAX,
            sleeps: u32::MAX,
        };
        let charge = Charge {
            spent_ms: u64::MAX,
            budget_ms: u64::MAX,
            resets: u32::MAX,
            restarts: u32::MAX,
            increments: u64::MAX,
        };
        for window in [Duration::ZERO, days(30), Duration::MAX] {
            share_of_window(&usage, &endless, window);
            share_at_pace(&charge, Duration::MAX, &endless, window);
        }
        let idle = Usage {
            on: Duration::ZERO,
            ..Usage::always_on(0, 0)
        };
        assert_eq!(share(idle, 30, SMALLEST_LOSS_MS), u32::MAX);
        let unused = Charge {
            spent_ms: 0,
            budget_ms: 1,
            resets: 0,
            restarts: 0,
            increments: 0,
        };
        let limits = limits(days(30), SMALLEST_LOSS_MS);
        assert_eq!(share_at_pace(&unused, DAY, &limits, days(30)), u32::MAX);
    }
}

//! The charge budget that a promised window needs.

use super::charge::{Limits, at_slowest_rate};
use std::num::NonZeroU32;
use std::time::Duration;

/// D: the charge budget, in milliseconds, with which a machine that is always on, boots once and sleeps ten times a day
/// works for the whole `window` W.
///
/// `⌈7/6 · (p·W + I + 2·(S+1)·J)⌉`, where p is that machine's [`Pace`]: p·W pays for the time, the boots and the sleeps,
/// the rest for the increment with which the lease is applied and for the restarts of the last boot.
pub fn budget_ms(
    window: Duration,
    unclean_loss_ms: u64,
    restarts_allowed: NonZeroU32,
    heartbeat_ms: u64,
) -> u64 {
    let pace = Pace::promised(unclean_loss_ms, restarts_allowed, heartbeat_ms);
    let on_top = u128::from(unclean_loss_ms).saturating_add(
        (2 * (u128::from(restarts_allowed.get()) + 1)).saturating_mul(heartbeat_ms.into()),
    );
    // In days of milliseconds, so that the result is rounded once.
    let spent = window.as_millis().saturating_mul(pace.day_ms);
    let spent = spent.saturating_add(on_top.saturating_mul(DAY_MS));
    clamp(at_slowest_rate(spent).div_ceil(DAY_MS))
}

/// How fast the machine that a window is promised to spends its budget, whatever the order of its boots and sleeps.
///
/// A day of it adds to the bracket of [`charge`](super::charge()) a day, one Reset (I and (S+1)·J), and for each of its ten
/// sleeps at most J: an increment covers S+1 sleeps and costs (S+1)·J. At least a tenth is reckoned for all that, so that
/// a machine with a better TPM has something to spare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// What a day adds to the bracket, in milliseconds.
    day_ms: u128,
}

const DAY_MS: u128 = 24 * 60 * 60 * 1000;
const SLEEPS_A_DAY: u128 = 10;

impl Pace {
    /// That of leases with these terms: I and J in milliseconds, and S.
    pub fn promised(unclean_loss_ms: u64, restarts_allowed: NonZeroU32, heartbeat_ms: u64) -> Self {
        let heartbeats = u128::from(restarts_allowed.get()) + 1 + SLEEPS_A_DAY;
        let events_ms = heartbeats
            .saturating_mul(heartbeat_ms.into())
            .saturating_add(unclean_loss_ms.into());
        Self {
            day_ms: DAY_MS + events_ms.max(DAY_MS / 10),
        }
    }

    /// The charge of so many milliseconds of that machine, in milliseconds, rounded up.
    pub fn charge_of(self, time_ms: u128) -> u64 {
        clamp(at_slowest_rate(time_ms.saturating_mul(self.day_ms)).div_ceil(DAY_MS))
    }

    /// How long that machine takes for a charge in milliseconds: the inverse, rounded down.
    pub fn time_for(self, charge_ms: u64) -> Duration {
        let scaled = u128::from(charge_ms).saturating_mul(6 * DAY_MS);
        Duration::from_millis(clamp(scaled / self.day_ms.saturating_mul(7)))
    }

    /// How much more than the time itself the machine's budget is, in percent, rounded down.
    pub fn surplus_percent(self) -> u32 {
        u32::try_from((self.day_ms - DAY_MS).saturating_mul(100) / DAY_MS).unwrap_or(u32::MAX)
    }
}

impl From<&Limits> for Pace {
    fn from(limits: &Limits) -> Self {
        Self::promised(
            limits.unclean_loss_ms,
            limits.restarts_allowed,
            limits.heartbeat_ms,
        )
    }
}

fn clamp(ms: u128) -> u64 {
    u64::try_from(ms).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");

    #[test]
    fn a_tenth_is_reckoned_where_boots_and_sleeps_cost_less() {
        // 105 minutes for heartbeats, and I: 144 minutes are a tenth of a day.
        let pace = |loss_minutes: u64| Pace::promised(loss_minutes * 60_000, TEN, 300_000);
        assert_eq!(pace(0).day_ms, DAY_MS / 10 * 11);
        assert_eq!(pace(39).day_ms, DAY_MS / 10 * 11);
        assert_eq!(pace(40).day_ms, DAY_MS + 145 * 60_000);
        assert_eq!(pace(70).surplus_percent(), 12);
    }

    #[test]
    fn a_charge_and_the_time_that_it_takes_are_inverse() {
        for loss_ms in [0, 4096, 1 << 22] {
            let pace = Pace::promised(loss_ms, TEN, 300_000);
            for time_ms in [0, 1, 999, 86_400_000, 60 * 86_400_000] {
                let time = pace.time_for(pace.charge_of(time_ms));
                assert!(
                    time.as_millis().abs_diff(time_ms) <= 1,
                    "{time:?} {time_ms}"
                );
            }
        }
        let endless = Pace::promised(u64::MAX, NonZeroU32::MAX, u64::MAX);
        assert_eq!(endless.charge_of(u128::MAX), u64::MAX);
        assert_eq!(endless.time_for(u64::MAX), Duration::ZERO);
        assert_eq!(endless.surplus_percent(), u32::MAX);
    }
}

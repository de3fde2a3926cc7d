//! The charge budget that a promised window needs.

use super::charge::at_slowest_rate;
use std::num::NonZeroU32;
use std::time::Duration;

/// D: the charge budget, in milliseconds, with which a machine that is always on, boots once and sleeps ten times a day
/// works for the whole `window` W.
///
/// `⌈7/6 · (1.1·W + I + 2·(S+1)·J)⌉`: a tenth of W pays for the daily Reset, the rest for the increment with which the
/// lease is applied and for the restarts of the last day.
pub fn budget_ms(
    window: Duration,
    unclean_loss_ms: u64,
    restarts_allowed: NonZeroU32,
    heartbeat_ms: u64,
) -> u64 {
    let on_top = u128::from(unclean_loss_ms).saturating_add(
        (2 * (u128::from(restarts_allowed.get()) + 1)).saturating_mul(heartbeat_ms.into()),
    );
    // In tenths, so that the 1.1 stays exact and the result is rounded once.
    let tenths = window
        .as_millis()
        .saturating_mul(11)
        .saturating_add(on_top.saturating_mul(10));
    u64::try_from(at_slowest_rate(tenths).div_ceil(10)).unwrap_or(u64::MAX)
}

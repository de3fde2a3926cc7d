//! The floor: a UTC time that has certainly passed.

use super::Reading;
use crate::token::{Anchor, UtcTime};
use std::time::Duration;

/// The latest UTC time that has certainly passed at `reading`.
///
/// It is the later of what the TPM's clock proves since the anchor ([`proven_utc`]) and of `issued_at`, the latest time
/// of issue among all accepted tokens. The operating system's clock has no part in it, and it is never stored: each
/// validation derives it anew.
///
/// The caller must have verified every token whose time of issue it passes.
pub fn floor(
    anchor: &Anchor,
    reading: &Reading,
    issued_at: impl IntoIterator<Item = UtcTime>,
) -> UtcTime {
    issued_at
        .into_iter()
        .fold(proven_utc(anchor, reading), UtcTime::max)
}

/// The anchor's UTC time and the least true time in which the TPM's clock can have advanced from there to `reading`.
///
/// That is 5/6 of the advance, since a TPM's owner can make the clock a fifth too fast. A clock behind the anchor (after
/// unclean stops) proves nothing beyond the anchor itself. Saturates at the end of the year 9999.
pub fn proven_utc(anchor: &Anchor, reading: &Reading) -> UtcTime {
    let advance = reading.clock.clock_ms.saturating_sub(anchor.clock_ms);
    let true_ms = u128::from(advance) * 5 / 6;
    let true_ms = u64::try_from(true_ms).unwrap_or(u64::MAX);
    anchor.utc.plus(Duration::from_millis(true_ms))
}

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

/// The latest UTC time that any of a machine's leases, each an anchor with its lease's time of issue, proves to have
/// passed at `reading`; none where there is no lease.
///
/// A lease was issued after its anchor's reading. So what an earlier anchor would prove for that moment is no later than
/// that, unless the TPM's clock was set forward in between: then a later contact takes that back for all leases.
///
/// The caller must have verified the leases and found them bound to the TPM of the reading.
pub fn floor_of_leases(leases: &[(Anchor, UtcTime)], reading: &Reading) -> Option<UtcTime> {
    let order = |anchor: &Anchor| (anchor.reset_count, anchor.restart_count, anchor.clock_ms);
    let proven = |earlier: &Anchor| {
        leases
            .iter()
            .filter(|(anchor, _)| order(anchor) > order(earlier))
            .map(|(anchor, issued_at)| Anchor {
                utc: *issued_at,
                ..*anchor
            })
            .chain([*earlier])
            .map(|anchor| proven_utc(&anchor, reading))
            .min()
    };
    leases.iter().filter_map(|(anchor, _)| proven(anchor)).max()
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

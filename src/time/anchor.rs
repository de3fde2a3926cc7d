//! Where an anchor's UTC time comes from (the vendor's side).

use super::{Reading, proven_utc};
use crate::token::{Anchor, UtcTime};

/// The anchor for a lease that answers `reading`, taken after `utc`.
///
/// `utc` must be a time that the vendor knows to precede the reading: when it issued the nonce that the reading answers,
/// or, for an activation by file, the later of the license's creation and the date of the trust bundle that the request
/// names, if it names one. A later time, such as that of the answer, would put the floor ahead of the true time by the days
/// that the file traveled.
pub fn anchored(utc: UtcTime, reading: &Reading) -> Anchor {
    Anchor {
        utc,
        clock_ms: reading.clock.clock_ms,
        reset_count: reading.clock.reset_count,
        restart_count: reading.clock.restart_count,
        activity: reading.activity,
    }
}

/// The anchor for a lease that answers `reading`, which answers no nonce of the vendor's: the previous anchor's UTC time,
/// carried forward by the TPM's own clock.
///
/// The caller must have established that the reading continues the previous anchor (`charge` does not refuse it).
pub fn carried(previous: &Anchor, reading: &Reading) -> Anchor {
    anchored(proven_utc(previous, reading), reading)
}

//! The time that tokens are judged at: the operating system's clock where it is plausible.

use crate::token::{Anchor, UtcTime};
use std::time::Duration;

/// The operating system's clock is not believed further ahead of the floor than this.
const FURTHEST_AHEAD: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// What clocks of vendor and machine may differ by before the ceiling cuts.
const CEILING_SLACK: Duration = Duration::from_secs(60 * 60);
/// An operating system's clock behind the floor by no more than this is not worth a word to anyone.
const UNREMARKABLE: Duration = Duration::from_secs(5 * 60);

/// Which boot it is, and how long it has been running, sleeps included, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootClock {
    /// The kernel's random boot id.
    pub boot_id: [u8; 16],
    /// The suspend-counting monotonic clock, in milliseconds.
    pub elapsed_ms: u64,
}

/// What is remembered of the moment in which a lease was applied.
///
/// There is none when the request was made in another boot than the answer was applied in: the round trip is then
/// unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootWitness {
    /// The boot and its clock when the lease was applied.
    pub applied: BootClock,
    /// From request to application, in milliseconds of the same clock.
    pub round_trip_ms: u64,
}

/// The time to judge tokens at, and where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The time.
    pub utc: UtcTime,
    /// What gave it.
    pub source: Source,
    /// What the person should hear about the operating system's clock.
    pub notice: Option<ClockNotice>,
}

/// What a [`Now`] rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The operating system's clock, which is plausible.
    OsClock,
    /// The floor: the operating system's clock is behind it, or implausibly far ahead.
    Floor,
    /// The most that can have passed in this boot since the lease came.
    Ceiling,
}

/// What is remarkable about the operating system's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockNotice {
    /// It is ahead of what can be true, and was not believed.
    OsClockAhead,
    /// It is behind a time that has certainly passed.
    OsClockBehindFloor,
}

/// The time to judge tokens at: the operating system's clock, never below `floor` and not beyond a ceiling.
///
/// The ceiling serves the person alone, whose clock may stand in 2099: it never ends a lease early, and whoever wants to
/// gain by a clock can set it back anyway, which the charge does not notice. An operating system's clock more than 400
/// days above the floor is ignored. Below that, and in the boot in which the lease was applied, the time is at most
/// `issued + round trip + 1.01 · elapsed + 1 h`, where `issued` is the later of the anchor's UTC time and the lease's time
/// of issue. The lease's counts because an anchor that came by file may be months older than the lease; it precedes the
/// application by no more than the round trip, so that the ceiling is never below the true time.
///
/// Nothing of this is ever stored.
pub fn now(
    os_clock: UtcTime,
    floor: UtcTime,
    anchor: &Anchor,
    lease_issued_at: UtcTime,
    boot: BootClock,
    witness: Option<&BootWitness>,
) -> Now {
    let believed = believed(os_clock, floor);
    let issued = anchor.utc.max(lease_issued_at);
    match witness.and_then(|witness| ceiling(issued, boot, witness)) {
        Some(ceiling) if believed.source == Source::OsClock && os_clock > ceiling => {
            let (utc, source) = if ceiling > floor {
                (ceiling, Source::Ceiling)
            } else {
                (floor, Source::Floor)
            };
            Now {
                utc,
                source,
                notice: Some(ClockNotice::OsClockAhead),
            }
        }
        _ => believed,
    }
}

/// The operating system's clock, never below `floor` and not implausibly far above it: the time to speak of where there
/// is no lease, or no attestation, to judge by.
pub fn believed(os_clock: UtcTime, floor: UtcTime) -> Now {
    if os_clock < floor {
        let remarkable = os_clock < floor.saturating_sub(UNREMARKABLE);
        let notice = remarkable.then_some(ClockNotice::OsClockBehindFloor);
        return Now {
            utc: floor,
            source: Source::Floor,
            notice,
        };
    }
    if os_clock > floor.plus(FURTHEST_AHEAD) {
        return Now {
            utc: floor,
            source: Source::Floor,
            notice: Some(ClockNotice::OsClockAhead),
        };
    }
    Now {
        utc: os_clock,
        source: Source::OsClock,
        notice: None,
    }
}

/// The latest time it can be, if `witness` is of this boot and its clock did not run backwards.
fn ceiling(issued: UtcTime, boot: BootClock, witness: &BootWitness) -> Option<UtcTime> {
    if boot.boot_id != witness.applied.boot_id {
        return None;
    }
    let elapsed_ms = u128::from(boot.elapsed_ms.checked_sub(witness.applied.elapsed_ms)?);
    let passed_ms = u128::from(witness.round_trip_ms) + (elapsed_ms * 101).div_ceil(100);
    let passed_ms = u64::try_from(passed_ms).unwrap_or(u64::MAX);
    // Whole seconds are rounded up, so that the ceiling errs on the person's side.
    let passed = Duration::from_secs(passed_ms.div_ceil(1000));
    Some(issued.plus(passed).plus(CEILING_SLACK))
}

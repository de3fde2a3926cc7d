//! The clocks of the machine: what the operating system says, and what its kernel counts.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::time;
use crate::token::UtcTime;

/// The machine's clocks, as one reading each.
///
/// An application uses [`SystemClock`]; the trait exists so that a test can play a machine whose clocks lie.
pub trait Clock: Send + Sync {
    /// The operating system's idea of the time. Never believed against the license and the TPM; see [`crate::time`].
    fn os_time(&self) -> UtcTime;

    /// The kernel's run, and how long it has lasted, sleep included.
    fn uptime(&self) -> Uptime;

    /// Time since an arbitrary point of this boot that nobody can set back: the larger of [`Clock::suspend_counting`] and
    /// [`Clock::raw`] where the machine has both.
    fn monotonic(&self) -> Duration;

    /// Time since an arbitrary point of this boot, sleep included. Time servers may slow it, but nobody can set it, and
    /// nobody can make it slower than 3/4 of the true rate.
    ///
    /// Every feature check reads it.
    fn suspend_counting(&self) -> Duration {
        self.monotonic()
    }

    /// Time since an arbitrary point of this boot, at the rate of the hardware, which nobody can adjust. It may stand
    /// while the machine sleeps.
    fn raw(&self) -> Duration {
        self.monotonic()
    }
}

/// A moment, in both clocks that count.
///
/// A deadline has come as soon as it has come in either: the one that counts sleep may be slowed, the raw one sleeps with
/// the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    suspend_counting: Duration,
    raw: Duration,
}

impl Moment {
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self {
            suspend_counting: clock.suspend_counting(),
            raw: clock.raw(),
        }
    }

    pub(super) fn after(self, span: Duration) -> Self {
        Self {
            suspend_counting: self.suspend_counting.saturating_add(span),
            raw: self.raw.saturating_add(span),
        }
    }

    /// The earlier of two moments, in each clock.
    pub(super) fn or_before(self, other: Self) -> Self {
        Self {
            suspend_counting: self.suspend_counting.min(other.suspend_counting),
            raw: self.raw.min(other.raw),
        }
    }

    pub(super) fn has_come(self, clock: &dyn Clock) -> bool {
        clock.suspend_counting() >= self.suspend_counting || clock.raw() >= self.raw
    }

    /// How long until it comes, at most.
    pub(super) fn left(self, clock: &dyn Clock) -> Duration {
        let left = self
            .suspend_counting
            .saturating_sub(clock.suspend_counting());
        left.min(self.raw.saturating_sub(clock.raw()))
    }

    /// How long ago it was, at least; zero where it is still to come.
    pub(super) fn age(self, clock: &dyn Clock) -> Duration {
        let age = clock
            .suspend_counting()
            .saturating_sub(self.suspend_counting);
        age.max(clock.raw().saturating_sub(self.raw))
    }
}

/// Until when a verdict may be used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    /// While the suspend-counting clock is below this the deadline cannot have come in the raw clock either, so that one
    /// clock is enough: `docs/decisions/one-clock-per-check.md`.
    sure: Duration,
    pub(super) end: Moment,
}

impl Deadline {
    /// `heartbeat_ms` after its random was drawn.
    pub(super) fn of(drawn: Moment, heartbeat_ms: u64) -> Self {
        let sure_ms = heartbeat_ms / 4 * 3;
        Self {
            sure: time::deadline(drawn.suspend_counting, sure_ms),
            end: Moment {
                suspend_counting: time::deadline(drawn.suspend_counting, heartbeat_ms),
                raw: time::deadline(drawn.raw, heartbeat_ms),
            },
        }
    }

    /// Whether it has come.
    pub(super) fn has_come(&self, clock: &dyn Clock) -> bool {
        clock.suspend_counting() >= self.sure && self.end.has_come(clock)
    }
}

/// How long the kernel has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uptime {
    /// The kernel's random id of this boot; zeros where it gives none.
    pub boot_id: [u8; 16],
    /// Since boot, sleep included.
    pub elapsed: Duration,
}

impl Uptime {
    /// Milliseconds since boot, sleep included.
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX)
    }
}

/// The clocks of the machine that the program runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn os_time(&self) -> UtcTime {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        UtcTime::from_unix(since_epoch.as_secs()).unwrap_or(UtcTime::MAX)
    }

    fn uptime(&self) -> Uptime {
        Uptime {
            boot_id: boot_id().unwrap_or_default(),
            elapsed: reading(ClockId::Boottime),
        }
    }

    fn monotonic(&self) -> Duration {
        self.suspend_counting().max(self.raw())
    }

    fn suspend_counting(&self) -> Duration {
        reading(ClockId::Boottime)
    }

    fn raw(&self) -> Duration {
        reading(ClockId::MonotonicRaw)
    }
}

fn reading(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// The kernel's id of this boot, which stays while the process runs: read once.
fn boot_id() -> Option<[u8; 16]> {
    static KNOWN: OnceLock<[u8; 16]> = OnceLock::new();
    KNOWN
        .get()
        .copied()
        .or_else(|| read_boot_id().map(|id| *KNOWN.get_or_init(|| id)))
}

fn read_boot_id() -> Option<[u8; 16]> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16).map(|d| d as u8))
        .collect();
    let mut id = [0; 16];
    if digits.len() != 32 {
        return None;
    }
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_id_stays_and_the_clocks_do_not_go_back() {
        let (first, second) = (SystemClock.uptime(), SystemClock.uptime());
        assert_eq!(first.boot_id, second.boot_id);
        assert_ne!(first.boot_id, [0; 16]);
        assert!(first.elapsed <= second.elapsed);
        assert!(SystemClock.monotonic() >= second.elapsed);
    }
}

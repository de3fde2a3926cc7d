//! The clocks of the machine: what the operating system says, and what its kernel counts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::token::UtcTime;

/// The machine's clocks, as one reading each.
///
/// An application uses [`SystemClock`]; the trait exists so that a test can play a machine whose clocks lie.
pub trait Clock: Send + Sync {
    /// The operating system's idea of the time. Never believed against the license and the TPM; see [`crate::time`].
    fn os_time(&self) -> UtcTime;

    /// The kernel's run, and how long it has lasted, sleep included.
    fn uptime(&self) -> Uptime;

    /// Time since an arbitrary point of this boot that neither the user nor a time server can adjust: the larger of the
    /// clock that counts sleep and the raw one.
    fn monotonic(&self) -> Duration;
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
        reading(ClockId::Boottime).max(reading(ClockId::MonotonicRaw))
    }
}

fn reading(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

fn boot_id() -> Option<[u8; 16]> {
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

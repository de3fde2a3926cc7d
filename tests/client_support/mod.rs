//! A machine whose clocks the test moves, and what its TPM was asked.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil::client::{Clock, Config, SystemClock, Uptime};
use counterfoil::token::UtcTime;
use tpm_sim::Tpm;

/// How long a verdict counts under the default rules.
pub const HEARTBEAT: Duration = Duration::from_secs(300);
/// When the next one is sought.
pub const BEAT: Duration = Duration::from_secs(120);

/// The clocks of one machine, which stand still until they are moved. Clones are the same machine's.
#[derive(Clone)]
pub struct Played(Arc<Ticks>);

struct Ticks {
    os_time: Mutex<Option<UtcTime>>,
    suspend_counting_ns: AtomicU64,
    raw_ns: AtomicU64,
}

impl Played {
    /// From what the machine's own clock says: the store remembers when it was activated by that.
    pub fn new() -> Self {
        Self::at(SystemClock.uptime().elapsed.as_nanos() as u64)
    }

    /// From so many nanoseconds on.
    pub fn at(ns: u64) -> Self {
        Self(Arc::new(Ticks {
            os_time: Mutex::default(),
            suspend_counting_ns: ns.into(),
            raw_ns: ns.into(),
        }))
    }

    pub fn ns(&self) -> u64 {
        self.0.suspend_counting_ns.load(Ordering::SeqCst)
    }

    /// The machine is awake for so long.
    pub fn advance(&self, time: Duration) {
        self.sleep(time);
        self.run_slowed(Duration::ZERO, time);
    }

    /// The machine sleeps for so long.
    pub fn sleep(&self, time: Duration) {
        self.run_slowed(time, Duration::ZERO);
    }

    /// The machine is awake, and the clock that can be slowed shows less than the raw one.
    pub fn run_slowed(&self, shown: Duration, raw: Duration) {
        let ticks = &self.0;
        ticks
            .suspend_counting_ns
            .fetch_add(shown.as_nanos() as u64, Ordering::SeqCst);
        ticks
            .raw_ns
            .fetch_add(raw.as_nanos() as u64, Ordering::SeqCst);
    }

    /// The operating system's clock stands at `time`.
    pub fn set_os_time(&self, time: UtcTime) {
        *self.0.os_time.lock().unwrap() = Some(time);
    }

    /// Puts these clocks into a configuration.
    pub fn into(self, config: &mut Config) {
        config.clock = Box::new(self);
    }
}

impl Clock for Played {
    fn os_time(&self) -> UtcTime {
        let set = *self.0.os_time.lock().unwrap();
        set.unwrap_or_else(|| SystemClock.os_time())
    }

    fn uptime(&self) -> Uptime {
        Uptime {
            elapsed: self.suspend_counting(),
            ..SystemClock.uptime()
        }
    }

    fn monotonic(&self) -> Duration {
        self.suspend_counting().max(self.raw())
    }

    fn suspend_counting(&self) -> Duration {
        Duration::from_nanos(self.ns())
    }

    fn raw(&self) -> Duration {
        Duration::from_nanos(self.0.raw_ns.load(Ordering::SeqCst))
    }
}

/// How many quotes the TPM made since the last look.
pub fn quotes(tpm: &Tpm) -> usize {
    tpm.take_counts().get("TPM2_Quote").copied().unwrap_or(0)
}

/// How many commands the TPM had since the last look.
pub fn commands(tpm: &Tpm) -> usize {
    tpm.take_counts().values().sum()
}

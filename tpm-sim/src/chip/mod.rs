//! A TPM with its power supply: the one place where commands of clients, power cycles and the
//! simulator's own commands take turns.
//!
//! It may use everything that deals with one swtpm. It must not know of sockets that clients connect
//! to, nor of folders other than the TPM's state.

mod client;
mod supply;

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::ClockKeeper;
use crate::error::Error;
use crate::fault::Faults;
use crate::leak::{self, Leak};
use crate::log::Log;
use crate::process::Swtpm;
use crate::silicon::Family;

/// A TPM, on or off.
#[derive(Debug)]
pub(crate) struct Chip {
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    state_dir: PathBuf,
    swtpm_log: PathBuf,
    keeps_clock: bool,
    bench: Mutex<Bench>,
    changed: Condvar,
}

/// What changes under the lock.
#[derive(Debug)]
struct Bench {
    power: Power,
    /// Whether clients can reach the TPM.
    present: bool,
    /// Counts the events that cut clients off. An answer of an earlier count is not delivered.
    cuts: u64,
    family: Option<Family>,
    /// Set once, to end the clock's thread.
    closed: bool,
}

#[derive(Debug)]
enum Power {
    On(Running),
    /// Without power between Shutdown(STATE) and Startup(STATE); clients wait.
    Asleep,
    Off,
}

/// A TPM with power, after Startup.
#[derive(Debug)]
struct Running {
    swtpm: Swtpm,
    clock: ClockKeeper,
}

impl Chip {
    /// A TPM that is off.
    pub(crate) fn new(
        state_dir: PathBuf,
        swtpm_log: PathBuf,
        family: Option<Family>,
        keeps_clock: bool,
    ) -> Chip {
        Chip {
            faults: Faults::default(),
            log: Log::default(),
            state_dir,
            swtpm_log,
            keeps_clock,
            bench: Mutex::new(Bench {
                power: Power::Off,
                present: true,
                cuts: 0,
                family,
                closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// What clients left in the TPM; nothing can be left in one without power.
    pub(crate) fn leak(&self) -> Result<Leak, Error> {
        match &mut self.lock().power {
            Power::On(running) => leak::look(&mut running.swtpm),
            Power::Asleep | Power::Off => Ok(Leak::default()),
        }
    }

    /// Flushes what clients left in the TPM.
    pub(crate) fn flush_clients(&self) -> Result<(), Error> {
        leak::flush(&mut self.lock().running()?.swtpm)
    }

    /// Whether clients can reach the TPM.
    pub(crate) fn is_reachable(&self) -> bool {
        self.lock().is_reachable()
    }

    /// Sets the pace from the next command on.
    pub(crate) fn set_family(&self, family: Option<Family>) {
        self.lock().family = family;
    }

    /// Process id of swtpm while the TPM has power.
    pub(crate) fn pid(&self) -> Option<u32> {
        match &self.lock().power {
            Power::On(running) => Some(running.swtpm.pid()),
            Power::Asleep | Power::Off => None,
        }
    }

    /// The folder with the TPM's state.
    pub(crate) fn state_dir(&self) -> &Path {
        &self.state_dir
    }

    /// Writes Clock at each boundary until [`Chip::close`]. Meant for a thread of its own.
    pub(crate) fn keep_clock(&self) {
        const NOTHING_TO_KEEP: Duration = Duration::from_secs(1);
        let mut bench = self.lock();
        while !bench.closed {
            let wait = match &mut bench.power {
                Power::On(running) => running.keep_clock_in_time().unwrap_or(NOTHING_TO_KEEP),
                Power::Asleep | Power::Off => NOTHING_TO_KEEP,
            };
            let waited = self.changed.wait_timeout(bench, wait);
            bench = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends swtpm for good, and all that wait for it.
    pub(crate) fn close(&self) {
        let mut bench = self.lock();
        self.cut_power(&mut bench);
        bench.closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Bench> {
        // A panicked test thread must not keep swtpm from being ended.
        self.bench.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks when the TPM is not asleep.
    fn lock_awake(&self) -> MutexGuard<'_, Bench> {
        let asleep = |bench: &mut Bench| matches!(bench.power, Power::Asleep);
        self.changed
            .wait_while(self.lock(), asleep)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bench {
    fn is_reachable(&self) -> bool {
        self.present && !matches!(self.power, Power::Off)
    }

    fn running(&mut self) -> Result<&mut Running, Error> {
        match &mut self.power {
            Power::On(running) => Ok(running),
            Power::Asleep => Err(Error::NotRunning("suspended")),
            Power::Off => Err(Error::NotRunning("off")),
        }
    }
}

impl Running {
    /// Takes over a TPM that has just booted.
    fn new(mut swtpm: Swtpm) -> Result<Running, Error> {
        let clock = ClockKeeper::new(&mut swtpm)?;
        Ok(Running { swtpm, clock })
    }

    fn keep_clock_in_time(&mut self) -> Result<Duration, Error> {
        self.clock.keep_unless_audited(&mut self.swtpm)
    }
}

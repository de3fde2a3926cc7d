//! A TPM with its power supply: the one place where commands of clients, power cycles and the
//! simulator's own commands take turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::ClockKeeper;
use crate::commands;
use crate::error::Error;
use crate::fault::{Fault, Faults, When};
use crate::leak::{self, Leak};
use crate::log::{CommandRecord, Log, Outcome};
use crate::power::Wake;
use crate::process::{NV_FILE, Swtpm, VOLATILE_FILE};
use crate::silicon::Family;
use crate::snapshot::Snapshot;
use crate::wire::{self, StartupType};

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
    clock: ClockKeeper,
    family: Option<Family>,
    /// Set once, to end the clock's thread.
    closed: bool,
}

#[derive(Debug)]
enum Power {
    On(Swtpm),
    /// Without power between Shutdown(STATE) and Startup(STATE); clients wait.
    Asleep,
    Off,
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
                clock: ClockKeeper::default(),
                family,
                closed: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Runs a client's command. `None` means that the client's connection is to be closed.
    pub(crate) fn execute(&self, command: &[u8]) -> Option<Vec<u8>> {
        let start = Instant::now();
        let code = wire::command_code(command);
        let number = self.log.begin();
        let faults = self.faults.strike(code);
        let (outcome, response) = match self.transact(command, &faults) {
            Transaction {
                answer: Some((response, cuts)),
                outcome,
            } => {
                let delivered = self.take_time(command, start, &faults, cuts);
                if delivered {
                    (outcome, Some(response))
                } else {
                    let executed = matches!(outcome, Outcome::Answered { .. });
                    (Outcome::Lost { executed }, None)
                }
            }
            Transaction {
                answer: None,
                outcome,
            } => (outcome, None),
        };
        let name = commands::name(code);
        let took = start.elapsed();
        self.log.push(CommandRecord {
            number,
            name,
            sent: command.len(),
            outcome,
            took,
        });
        response
    }

    /// A client's message on the control channel. `None` means that there is no TPM.
    pub(crate) fn control(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut bench = self.lock_awake();
        match &mut bench.power {
            Power::On(swtpm) => swtpm.raw_control(message).ok(),
            Power::Asleep | Power::Off => None,
        }
    }

    /// The TPM's part of a command, with the faults around it.
    fn transact(&self, command: &[u8], faults: &[Fault]) -> Transaction {
        let mut bench = self.lock_awake();
        if !bench.present {
            return Transaction::lost(false);
        }
        for fault in faults {
            if let Fault::ReturnCode(code) = fault {
                let answer = Some((wire::error_response(*code), bench.cuts));
                return Transaction {
                    answer,
                    outcome: Outcome::Injected { code: *code },
                };
            }
            if self.strike(&mut bench, fault, When::Before) {
                return Transaction::lost(false);
            }
        }
        let Power::On(swtpm) = &mut bench.power else {
            return Transaction::lost(false);
        };
        let Ok(response) = swtpm.transact(command) else {
            bench.power = Power::Off;
            return Transaction::lost(false);
        };
        bench.clock.saw(command);
        for fault in faults {
            if self.strike(&mut bench, fault, When::After) {
                return Transaction::lost(true);
            }
        }
        let outcome = Outcome::Answered {
            code: wire::response_code(&response),
            received: response.len(),
        };
        Transaction {
            answer: Some((response, bench.cuts)),
            outcome,
        }
    }

    /// Lets a fault strike if now is its time. Returns whether the client is cut off by it.
    fn strike(&self, bench: &mut Bench, fault: &Fault, now: When) -> bool {
        match fault {
            Fault::Drop(when) if *when == now => true,
            Fault::PowerOff(when) if *when == now => {
                self.cut_power(bench);
                true
            }
            Fault::Vanish(when) if *when == now => {
                bench.present = false;
                bench.cuts += 1;
                true
            }
            // A reset that fails leaves the TPM off, and so does not go unnoticed.
            Fault::Reset(when) if *when == now => {
                self.init(bench, StartupType::Clear).is_err() && now == When::Before
            }
            _ => false,
        }
    }

    /// Waits as long as the command takes, without holding up anybody but this client. Returns
    /// whether the client is still connected to the same TPM afterwards.
    fn take_time(&self, command: &[u8], start: Instant, faults: &[Fault], cuts: u64) -> bool {
        let family = self.lock().family;
        if let Some(family) = family {
            thread::sleep(family.duration(command).saturating_sub(start.elapsed()));
        }
        for fault in faults {
            match fault {
                Fault::Delay(delay) => thread::sleep(*delay),
                Fault::Hold(gate) => gate.pass(|| self.lock().cuts != cuts),
                _ => {}
            }
        }
        self.lock().cuts == cuts
    }

    /// Switches the TPM on with `TPM2_Startup(CLEAR)`, or lets a client reach it again.
    pub(crate) fn power_on(&self) -> Result<(), Error> {
        let mut bench = self.lock();
        bench.present = true;
        match bench.power {
            Power::On(_) => Ok(()),
            Power::Asleep | Power::Off => self.boot(&mut bench, StartupType::Clear),
        }
    }

    /// Pulls the plug.
    pub(crate) fn power_off(&self) {
        let mut bench = self.lock();
        self.cut_power(&mut bench);
    }

    /// `TPM2_Shutdown(CLEAR)` and off.
    pub(crate) fn shut_down(&self) -> Result<(), Error> {
        let mut bench = self.lock();
        bench.swtpm()?.run(wire::shutdown(StartupType::Clear))?;
        self.cut_power(&mut bench);
        Ok(())
    }

    /// `_TPM_Init` and `TPM2_Startup(CLEAR)`, with or without a Shutdown before.
    pub(crate) fn reset(&self, orderly: bool) -> Result<(), Error> {
        let mut bench = self.lock();
        let swtpm = bench.swtpm()?;
        if orderly {
            swtpm.run(wire::shutdown(StartupType::Clear))?;
            bench.cuts += 1;
        }
        self.init(&mut bench, StartupType::Clear)
    }

    /// `TPM2_Shutdown(STATE)`, then no power until [`Chip::resume`].
    pub(crate) fn suspend(&self) -> Result<(), Error> {
        let mut bench = self.lock();
        bench.swtpm()?.run(wire::shutdown(StartupType::State))?;
        self.write_clock(&mut bench);
        bench.power = Power::Asleep;
        Ok(())
    }

    /// Power and `TPM2_Startup(STATE)`; where the TPM refuses that, `TPM2_Startup(CLEAR)`.
    pub(crate) fn resume(&self) -> Result<Wake, Error> {
        let mut bench = self.lock();
        if !matches!(bench.power, Power::Asleep) {
            return Err(Error::NotRunning("not suspended"));
        }
        let wake = match self.boot(&mut bench, StartupType::State) {
            Ok(()) => Ok(Wake::Resumed),
            Err(Error::Refused { .. }) => self
                .boot(&mut bench, StartupType::Clear)
                .map(|()| Wake::Reset),
            Err(other) => Err(other),
        };
        self.changed.notify_all();
        wake
    }

    /// `TPM2_Shutdown(STATE)`, loss of power, `TPM2_Startup(CLEAR)`.
    pub(crate) fn hibernate(&self) -> Result<(), Error> {
        let mut bench = self.lock();
        bench.swtpm()?.run(wire::shutdown(StartupType::State))?;
        self.write_clock(&mut bench);
        self.boot(&mut bench, StartupType::Clear)
    }

    /// Copies the state; where `running`, with everything that is lost at a power cut.
    pub(crate) fn snapshot(&self, running: bool) -> Result<Snapshot, Error> {
        let mut bench = self.lock();
        self.write_clock(&mut bench);
        let volatile = if running {
            bench.swtpm()?.store_volatile()?;
            let path = self.state_dir.join(VOLATILE_FILE);
            let bytes = fs::read(&path).map_err(Error::file("reading", &path))?;
            // Left behind, it would be what the next boot starts from.
            fs::remove_file(&path).map_err(Error::file("removing", &path))?;
            Some(bytes)
        } else {
            None
        };
        let path = self.state_dir.join(NV_FILE);
        let nv = fs::read(&path).map_err(Error::file("reading", &path))?;
        Ok(Snapshot { nv, volatile })
    }

    /// Pulls the plug, puts the state back, and switches on.
    pub(crate) fn restore(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let mut bench = self.lock();
        self.cut_power(&mut bench);
        snapshot.write_to(&self.state_dir)?;
        bench.present = true;
        if snapshot.volatile.is_none() {
            return self.boot(&mut bench, StartupType::Clear);
        }
        let mut swtpm = Swtpm::spawn(&self.state_dir, &self.swtpm_log)?;
        bench.clock.booted(&mut swtpm)?;
        bench.power = Power::On(swtpm);
        let path = self.state_dir.join(VOLATILE_FILE);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::File {
                doing: "removing",
                path,
                source,
            }),
            _ => Ok(()),
        }
    }

    /// What clients left in the TPM; nothing can be left in one without power.
    pub(crate) fn leak(&self) -> Result<Leak, Error> {
        match &mut self.lock().power {
            Power::On(swtpm) => leak::look(swtpm),
            Power::Asleep | Power::Off => Ok(Leak::default()),
        }
    }

    /// Whether clients can reach the TPM.
    pub(crate) fn is_reachable(&self) -> bool {
        let bench = self.lock();
        bench.present && !matches!(bench.power, Power::Off)
    }

    /// Sets the pace from the next command on.
    pub(crate) fn set_family(&self, family: Option<Family>) {
        self.lock().family = family;
    }

    /// Process id of swtpm while the TPM has power.
    pub(crate) fn pid(&self) -> Option<u32> {
        match &self.lock().power {
            Power::On(swtpm) => Some(swtpm.pid()),
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
            let wait = match &mut *bench {
                Bench {
                    power: Power::On(swtpm),
                    clock,
                    ..
                } => clock.keep_unless_audited(swtpm).unwrap_or(NOTHING_TO_KEEP),
                _ => NOTHING_TO_KEEP,
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

    fn boot(&self, bench: &mut Bench, kind: StartupType) -> Result<(), Error> {
        // The old process has to release the state folder first.
        bench.power = match std::mem::replace(&mut bench.power, Power::Off) {
            Power::Asleep => Power::Asleep,
            Power::On(_) | Power::Off => Power::Off,
        };
        let mut swtpm = Swtpm::spawn(&self.state_dir, &self.swtpm_log)?;
        swtpm.startup(kind)?;
        bench.clock.booted(&mut swtpm)?;
        bench.power = Power::On(swtpm);
        self.changed.notify_all();
        Ok(())
    }

    fn init(&self, bench: &mut Bench, kind: StartupType) -> Result<(), Error> {
        let result = bench
            .swtpm()
            .and_then(|swtpm| swtpm.init().and_then(|()| swtpm.startup(kind)));
        let booted = result.and_then(|()| match bench {
            Bench {
                power: Power::On(swtpm),
                clock,
                ..
            } => clock.booted(swtpm),
            _ => Ok(()),
        });
        if booted.is_err() {
            self.cut_power(bench);
        }
        booted
    }

    fn cut_power(&self, bench: &mut Bench) {
        self.write_clock(bench);
        bench.power = Power::Off;
        bench.cuts += 1;
        self.changed.notify_all();
    }

    /// What the clock's thread would have written a moment ago had it been in time.
    fn write_clock(&self, bench: &mut Bench) {
        if !self.keeps_clock {
            return;
        }
        if let Bench {
            power: Power::On(swtpm),
            clock,
            ..
        } = bench
        {
            // A TPM that a client left without Startup, or disabled, keeps no clock.
            let _ = clock.keep(swtpm);
        }
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
    fn swtpm(&mut self) -> Result<&mut Swtpm, Error> {
        match &mut self.power {
            Power::On(swtpm) => Ok(swtpm),
            Power::Asleep => Err(Error::NotRunning("suspended")),
            Power::Off => Err(Error::NotRunning("off")),
        }
    }
}

/// What became of a command on the TPM's side.
struct Transaction {
    /// The response, and the count of cuts when it was made.
    answer: Option<(Vec<u8>, u64)>,
    outcome: Outcome,
}

impl Transaction {
    fn lost(executed: bool) -> Transaction {
        Transaction {
            answer: None,
            outcome: Outcome::Lost { executed },
        }
    }
}

//! What a machine does to its TPM: power, resets, and, where it is virtual, copies.

use std::fs;
use std::io::ErrorKind;

use super::{Bench, Chip, Power, Running};
use crate::clock::ClockKeeper;
use crate::error::Error;
use crate::power::Wake;
use crate::process::{NV_FILE, Swtpm, VOLATILE_FILE};
use crate::snapshot::Snapshot;
use crate::wire::{self, StartupType};

impl Chip {
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
        bench.shutdown(StartupType::Clear)?;
        self.cut_power(&mut bench);
        Ok(())
    }

    /// `_TPM_Init` and `TPM2_Startup(CLEAR)`, with or without a Shutdown before.
    pub(crate) fn reset(&self, orderly: bool) -> Result<(), Error> {
        let mut bench = self.lock();
        if orderly {
            bench.shutdown(StartupType::Clear)?;
            bench.cuts += 1;
        }
        self.init(&mut bench, StartupType::Clear)
    }

    /// No power until [`Chip::resume`], after `TPM2_Shutdown(STATE)` or without.
    pub(crate) fn suspend(&self, orderly: bool) -> Result<(), Error> {
        let mut bench = self.lock();
        if orderly {
            bench.shutdown(StartupType::State)?;
        } else {
            bench.running()?;
        }
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
        bench.shutdown(StartupType::State)?;
        self.write_clock(&mut bench);
        self.boot(&mut bench, StartupType::Clear)
    }

    /// `TPM2_Clear` by the platform.
    pub(crate) fn clear(&self) -> Result<(), Error> {
        self.lock().running()?.swtpm.run(wire::clear()).map(drop)
    }

    /// `TPM2_PCR_Extend` by firmware or operating system.
    pub(crate) fn pcr_extend(&self, pcr: u8, digest: &[u8; 32]) -> Result<(), Error> {
        let command = wire::pcr_extend(pcr, digest);
        self.lock().running()?.swtpm.run(command).map(drop)
    }

    /// Copies the state; where `running`, with everything that is lost at a power cut.
    pub(crate) fn snapshot(&self, running: bool) -> Result<Snapshot, Error> {
        let mut bench = self.lock();
        self.write_clock(&mut bench);
        let volatile = if running {
            bench.running()?.swtpm.store_volatile()?;
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
        let swtpm = Swtpm::spawn(&self.state_dir, &self.swtpm_log)?;
        bench.power = Power::On(Running::new(swtpm)?);
        let path = self.state_dir.join(VOLATILE_FILE);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(Error::File {
                doing: "removing",
                path,
                source,
            }),
            _ => Ok(()),
        }
    }

    /// Switches a TPM that is off on, and one that is on off before.
    fn boot(&self, bench: &mut Bench, kind: StartupType) -> Result<(), Error> {
        // The old process has to release the state folder first.
        bench.power = Power::Off;
        let mut swtpm = Swtpm::spawn(&self.state_dir, &self.swtpm_log)?;
        swtpm.startup(kind)?;
        bench.power = Power::On(Running::new(swtpm)?);
        self.changed.notify_all();
        Ok(())
    }

    /// `_TPM_Init` and Startup; where that fails the TPM is off.
    pub(super) fn init(&self, bench: &mut Bench, kind: StartupType) -> Result<(), Error> {
        let result = bench.running().and_then(|running| running.init(kind));
        if result.is_err() {
            self.cut_power(bench);
        }
        result
    }

    /// Pulls the plug and cuts clients off.
    pub(super) fn cut_power(&self, bench: &mut Bench) {
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
        if let Power::On(running) = &mut bench.power {
            // A TPM that a client left without Startup, or disabled, keeps no clock.
            let _ = running.clock.keep(&mut running.swtpm);
        }
    }
}

impl Bench {
    fn shutdown(&mut self, kind: StartupType) -> Result<(), Error> {
        self.running()?.swtpm.run(wire::shutdown(kind)).map(drop)
    }
}

impl Running {
    fn init(&mut self, kind: StartupType) -> Result<(), Error> {
        self.swtpm.init()?;
        self.swtpm.startup(kind)?;
        self.clock = ClockKeeper::new(&mut self.swtpm)?;
        Ok(())
    }
}

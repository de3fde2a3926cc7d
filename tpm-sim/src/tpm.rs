//! One simulated TPM.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;

use crate::ca::EkAuthority;
use crate::chip::Chip;
use crate::error::Error;
use crate::fault::Faults;
use crate::leak::Leak;
use crate::log::CommandRecord;
use crate::process::NV_FILE;
use crate::provision;
use crate::proxy::Front;
use crate::silicon::Family;
use crate::snapshot::Snapshot;
use crate::spec::TpmSpec;

/// A simulated TPM, switched on, with its sockets open. Dropping it ends its swtpm.
///
/// # Panics
/// Dropping it panics where clients left objects or sessions in the TPM, unless the thread is
/// panicking already or the TPM was told not to check.
#[derive(Debug)]
pub struct Tpm {
    pub(crate) front: Front,
    pub(crate) chip: Arc<Chip>,
    clock_thread: Option<JoinHandle<()>>,
    spec: TpmSpec,
    dir: PathBuf,
    /// Removed with the TPM, where the folder was not given.
    _temporary: Option<TempDir>,
    /// Keeps others from starting a TPM in the same folder.
    _lock: File,
    /// Free again with the TPM.
    _number: Option<Number>,
}

impl Tpm {
    /// Starts a TPM. TPMs that one process has at the same time are different chips, with seeds of
    /// their own; one that is started after another was dropped may be the same chip, with its state
    /// as it left the factory.
    ///
    /// # Errors
    /// [`Error::NoSwtpm`] where swtpm is not installed; else as its text says.
    pub fn start(spec: TpmSpec) -> Result<Tpm, Error> {
        let number = Number::take();
        let chip = provision::Chip::Automatic(number.0);
        let mut tpm = Tpm::with_state(spec, |spec, state| {
            provision::deliver(&spec.profile, chip, state)
        })?;
        tpm._number = Some(number);
        Ok(tpm)
    }

    /// Starts the chip with this serial number, with its state as it left the factory: the same
    /// number is the same chip, another number another chip with the same equipment.
    ///
    /// # Errors
    /// As [`Tpm::start`].
    pub fn provisioned(spec: TpmSpec, serial: u32) -> Result<Tpm, Error> {
        let chip = provision::Chip::Serial(serial);
        Tpm::with_state(spec, |spec, state| {
            provision::deliver(&spec.profile, chip, state)
        })
    }

    /// Starts a chip made for this call, which no other call gets. Takes about a second.
    ///
    /// # Errors
    /// As [`Tpm::start`].
    pub fn manufactured(spec: TpmSpec) -> Result<Tpm, Error> {
        Tpm::with_state(spec, |spec, state| {
            let authority = EkAuthority::shared(&spec.profile.authority)?;
            provision::manufacture(
                &spec.profile,
                &authority,
                state,
                &state.with_file_name("swtpm.log"),
            )
        })
    }

    /// Starts a copy of a TPM: the same chip, twice.
    ///
    /// # Errors
    /// As [`Tpm::start`].
    pub fn from_snapshot(spec: TpmSpec, snapshot: &Snapshot) -> Result<Tpm, Error> {
        let tpm = Tpm::assemble(spec, None)?;
        tpm.restore(snapshot)?;
        Ok(tpm)
    }

    /// Starts the TPM whose state lies in `state_dir`, in place, as `swtpm_setup --tpm2 --tpmstate
    /// state_dir` left it. The equipment in `spec` has no meaning then.
    ///
    /// # Errors
    /// As [`Tpm::start`].
    pub fn from_state_dir(spec: TpmSpec, state_dir: impl Into<PathBuf>) -> Result<Tpm, Error> {
        let tpm = Tpm::assemble(spec, Some(state_dir.into()))?;
        tpm.power_on()?;
        Ok(tpm)
    }

    /// The TCTI string with which tpm2-tss reaches the TPM: `swtpm:path=…`.
    pub fn tcti(&self) -> String {
        format!("swtpm:path={}", self.socket().display())
    }

    /// The Unix socket for commands. The control socket has `.ctrl` appended.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("tpm.sock")
    }

    /// The folder with sockets, state and swtpm's log.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder with swtpm's state files.
    pub fn state_dir(&self) -> &Path {
        self.chip.state_dir()
    }

    /// The root certificate, PEM, under which the TPM's EK certificates stand.
    ///
    /// # Errors
    /// As [`EkAuthority::shared`].
    pub fn ek_root_pem(&self) -> Result<String, Error> {
        Ok(self.authority()?.root_pem())
    }

    /// The authority that certified the TPM's EKs.
    ///
    /// # Errors
    /// As [`EkAuthority::shared`].
    pub fn authority(&self) -> Result<EkAuthority, Error> {
        EkAuthority::shared(&self.spec.profile.authority)
    }

    /// Process id of swtpm while the TPM has power.
    pub fn pid(&self) -> Option<u32> {
        self.chip.pid()
    }

    /// Lets faults happen.
    pub fn faults(&self) -> &Faults {
        &self.chip.faults
    }

    /// From the next command on, as slow as this family, or as fast as swtpm is.
    pub fn set_family(&self, family: Option<Family>) {
        self.chip.set_family(family);
    }

    /// Every command of clients so far, in order. The simulator's own are not in it.
    pub fn commands(&self) -> Vec<CommandRecord> {
        self.chip.log.since(0)
    }

    /// The commands of clients after the first `seen` ones.
    pub fn commands_since(&self, seen: usize) -> Vec<CommandRecord> {
        self.chip.log.since(seen)
    }

    /// How often clients sent each command since the last call.
    pub fn take_counts(&self) -> BTreeMap<&'static str, usize> {
        self.chip.log.take_counts()
    }

    /// What clients have in the TPM at this moment.
    ///
    /// # Errors
    /// The TPM's or swtpm's.
    pub fn leak(&self) -> Result<Leak, Error> {
        self.chip.leak()
    }

    /// Flushes what clients left in the TPM, as a resource manager does when the process of a client ends, killed or not.
    ///
    /// A command that a killed client sent may still be on its way; [`Tpm::commands`] shows when it was executed.
    ///
    /// # Errors
    /// [`Error::NotRunning`], or the TPM's or swtpm's.
    pub fn flush_clients(&self) -> Result<(), Error> {
        self.chip.flush_clients()
    }

    /// Ends the TPM.
    ///
    /// # Errors
    /// [`Error::Leak`] where clients left something in it.
    pub fn finish(mut self) -> Result<(), Error> {
        self.spec.checks_leaks = false;
        let leak = self.chip.leak()?;
        if leak.is_empty() {
            Ok(())
        } else {
            Err(leak.into())
        }
    }

    fn with_state(
        spec: TpmSpec,
        fill: impl FnOnce(&TpmSpec, &Path) -> Result<(), Error>,
    ) -> Result<Tpm, Error> {
        let tpm = Tpm::assemble(spec, None)?;
        if !tpm.state_dir().join(NV_FILE).exists() {
            fill(&tpm.spec, tpm.state_dir())?;
        }
        tpm.power_on()?;
        Ok(tpm)
    }

    /// A TPM that is off, with an empty state unless there is one.
    fn assemble(spec: TpmSpec, state_dir: Option<PathBuf>) -> Result<Tpm, Error> {
        let (dir, temporary) = match &spec.dir {
            Some(dir) => (dir.clone(), None),
            None => {
                let temporary = temporary_dir()?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let state_dir = state_dir.unwrap_or_else(|| provision::state_dir(&dir));
        for folder in [&dir, &state_dir] {
            fs::create_dir_all(folder).map_err(Error::file("creating", folder))?;
        }
        let lock = lock(&dir)?;
        let log = dir.join("swtpm.log");
        let chip = Arc::new(Chip::new(state_dir, log, spec.family, spec.keeps_clock));
        let front = Front::open(&dir, Arc::clone(&chip), spec.patience)?;
        front.update();
        let clock_thread = spec.keeps_clock.then(|| {
            let chip = Arc::clone(&chip);
            thread::spawn(move || chip.keep_clock())
        });
        Ok(Tpm {
            front,
            chip,
            clock_thread,
            spec,
            dir,
            _temporary: temporary,
            _lock: lock,
            _number: None,
        })
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        let checked = self.spec.checks_leaks && !thread::panicking();
        let leak = if checked {
            self.chip.leak()
        } else {
            Ok(Leak::default())
        };
        self.chip.close();
        self.front.cut();
        if let Some(thread) = self.clock_thread.take() {
            // A panic in it has been reported.
            let _ = thread.join();
        }
        match leak {
            Ok(leak) => assert!(leak.is_empty(), "{leak}"),
            // A swtpm that died unasked is what the test would want to know.
            Err(error) => panic!("{error}"),
        }
    }
}

/// Takes a folder for one TPM.
fn lock(dir: &Path) -> Result<File, Error> {
    const TRIES: u32 = 50;
    const PAUSE: Duration = Duration::from_millis(20);
    let path = dir.join("lock");
    let file = File::create(&path).map_err(Error::file("creating", &path))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            // Another thread that starts a process right now lends that process, until it executes
            // its program, a copy of the lock of a TPM that was just dropped.
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => {
                return Err(Error::File {
                    doing: "locking",
                    path,
                    source,
                });
            }
        }
    }
    Err(Error::InUse(dir.to_owned()))
}

/// A folder with a path short enough for a socket, whatever TMPDIR is.
fn temporary_dir() -> Result<TempDir, Error> {
    const ROOM_FOR_NAMES: usize = 40;
    let usual = std::env::temp_dir();
    let short = usual.as_os_str().len() + ROOM_FOR_NAMES <= crate::proxy::MAX_SOCKET_PATH;
    let parent = if short { usual } else { PathBuf::from("/tmp") };
    tempfile::Builder::new()
        .prefix("tpm-")
        .tempdir_in(&parent)
        .map_err(Error::file("creating a folder in", parent))
}

/// The lowest number that no TPM of this process has: it names one of the cached chips, so that few
/// need to be made.
#[derive(Debug)]
struct Number(u32);

static NUMBERS_IN_USE: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

impl Number {
    fn take() -> Number {
        let mut used = Number::in_use();
        let lowest = (0..)
            .find(|number| !used.contains(number))
            .expect("there are fewer TPMs");
        used.insert(lowest);
        Number(lowest)
    }

    fn in_use() -> MutexGuard<'static, BTreeSet<u32>> {
        // A set of numbers is never half changed.
        NUMBERS_IN_USE
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        Number::in_use().remove(&self.0);
    }
}

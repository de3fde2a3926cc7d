//! One lock for the whole folder: whoever reads or writes the store holds it.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use super::dir::Dir;
use super::error::{AccessError, DiskError};

pub(super) const NAME: &str = "lock";
/// How long to sleep between two tries.
const PAUSE: Duration = Duration::from_millis(5);

/// The folder could not be locked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another process or thread holds the lock for longer than the caller would wait.
    #[error(
        "{path} has been locked by another process for {} ms: it may be waiting for a slow TPM; try again, \
         or find the process with `fuser {path}`",
        waited.as_millis()
    )]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
    },
    /// The lock file could not be used.
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Proof that the folder is locked; dropping it unlocks.
pub(super) struct Held {
    _file: File,
}

pub(super) fn acquire(dir: &Dir, wait: Duration) -> Result<Held, LockError> {
    let path = || dir.path().join(NAME);
    let start = Instant::now();
    let mut file = open(dir)?;
    loop {
        match file.try_lock() {
            Ok(()) if dir.still_names(NAME, &file).map_err(AccessError::from)? => {
                return Ok(Held { _file: file });
            }
            // Someone removed the file meanwhile: the lock to hold is the new file's.
            Ok(()) => {
                file = open(dir)?;
                continue;
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => {
                return Err(AccessError::from(DiskError::new(&path(), source)).into());
            }
        }
        let waited = start.elapsed();
        if waited >= wait {
            let path = path();
            return Err(LockError::Busy { path, waited });
        }
        thread::sleep(PAUSE.min(wait - waited));
    }
}

/// Opens the lock file, for reading only where the disk is read-only: even then readers must not meet a writer.
fn open(dir: &Dir) -> Result<File, AccessError> {
    match dir.open_file(NAME, OFlags::RDWR | OFlags::CREATE) {
        Ok(Some(file)) => Ok(file),
        Err(AccessError::Disk(error @ (DiskError::ReadOnly { .. } | DiskError::Denied { .. }))) => {
            dir.open_file(NAME, OFlags::RDONLY)?
                .ok_or(AccessError::Disk(error))
        }
        Ok(None) => Err(AccessError::Missing {
            path: dir.path().to_path_buf(),
        }),
        Err(other) => Err(other),
    }
}

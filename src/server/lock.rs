//! One lock for a folder whose files change together: that of the service, or that of the root. Whoever holds it writes there;
//! reading needs none, since each file is replaced as a whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::folder::{FolderError, sweep};

/// The lock file's name in either folder.
pub(super) const NAME: &str = "lock";

/// How long to wait for another process. What it does takes some signatures and some flushes of the disk.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to sleep between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// Proof that the folder is locked; dropping it, or the end of the process, unlocks.
#[derive(Debug)]
pub(super) struct Held {
    _file: File,
}

/// Locks `folder`, and removes what killed runs left half written in it and in its folders `inside`. Lets other work of the
/// runtime go on while it waits.
pub(super) async fn acquire(folder: &Path, inside: &[&str]) -> Result<Held, FolderError> {
    let mut waiting = Waiting::begin(folder)?;
    loop {
        if let Some(held) = waiting.attempt(inside)? {
            return Ok(held);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The same, which blocks the thread.
pub(super) fn acquire_blocking(folder: &Path, inside: &[&str]) -> Result<Held, FolderError> {
    let mut waiting = Waiting::begin(folder)?;
    loop {
        if let Some(held) = waiting.attempt(inside)? {
            return Ok(held);
        }
        thread::sleep(PAUSE);
    }
}

struct Waiting<'f> {
    folder: &'f Path,
    path: PathBuf,
    file: File,
    since: Instant,
}

impl<'f> Waiting<'f> {
    fn begin(folder: &'f Path) -> Result<Self, FolderError> {
        let path = folder.join(NAME);
        Ok(Self {
            file: open(&path)?,
            folder,
            path,
            since: Instant::now(),
        })
    }

    fn attempt(&mut self, inside: &[&str]) -> Result<Option<Held>, FolderError> {
        match self.file.try_lock() {
            Ok(()) if self.is_the_one_there() => {
                sweep(self.folder);
                for sub in inside {
                    sweep(&self.folder.join(sub));
                }
                let file = self
                    .file
                    .try_clone()
                    .map_err(|source| self.failed(source))?;
                return Ok(Some(Held { _file: file }));
            }
            // Somebody removed the file meanwhile: the lock to hold is the new file's.
            Ok(()) => self.file = open(&self.path)?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(self.failed(source)),
        }
        match self.since.elapsed() < PATIENCE {
            true => Ok(None),
            false => Err(FolderError::Busy {
                path: self.path.clone(),
                waited: PATIENCE,
            }),
        }
    }

    fn is_the_one_there(&self) -> bool {
        match (fs::metadata(&self.path), self.file.metadata()) {
            (Ok(there), Ok(held)) => (there.dev(), there.ino()) == (held.dev(), held.ino()),
            _ => false,
        }
    }

    fn failed(&self, source: std::io::Error) -> FolderError {
        FolderError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

fn open(path: &Path) -> Result<File, FolderError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|source| FolderError::Io {
            path: path.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn the_second_waits_for_the_first_and_takes_what_it_left_half_written() {
        let dir = TempDir::new().expect("a folder");
        for name in [
            "bundle.77.0.new",
            "root.key.1.12.new",
            "x.1.new",
            "x.1.a.new",
        ] {
            fs::write(dir.path().join(name), "half").expect("written");
        }
        let first = acquire_blocking(dir.path(), &[]).expect("locked");
        thread::scope(|scope| {
            let second = scope.spawn(|| acquire_blocking(dir.path(), &["none"]).map(drop));
            thread::sleep(5 * PAUSE);
            assert!(!second.is_finished());
            // A lock file that somebody removed is no lock: the next one is made, and held.
            fs::remove_file(dir.path().join(NAME)).expect("removed");
            drop(first);
            second.join().expect("it ends").expect("locked");
        });
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        left.sort();
        assert_eq!(left, [NAME, "x.1.a.new", "x.1.new"]);
    }
}

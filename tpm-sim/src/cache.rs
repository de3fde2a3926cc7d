//! What is made once per user and machine: authorities and provisioned chips.
//!
//! Entries are complete or absent: each is made in a folder of its own and then renamed. Where two
//! processes make the same entry at once, the first rename wins and both use that one.

use std::fmt::Debug;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// Changes with everything that changes what a cached entry means.
const FORMAT: u32 = 1;

/// The folder of the entry `kind` described by `description`, made by `make` in an empty folder if
/// it is not there yet.
pub(crate) fn folder(
    kind: &str,
    description: &impl Debug,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let root = root()?;
    let digest = Sha256::digest(format!("{description:?}").as_bytes());
    let short: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let entry = root.join(format!("{kind}-{short}"));
    if entry.exists() {
        return Ok(entry);
    }
    // Only saves work: without it two processes would make the same entry.
    let lock = root.join(format!("{kind}-{short}.lock"));
    let lock_file = File::create(&lock).map_err(Error::file("creating", &lock))?;
    lock_file.lock().map_err(Error::file("locking", &lock))?;
    if entry.exists() {
        return Ok(entry);
    }
    let draft = tempfile::Builder::new()
        .prefix("draft-")
        .tempdir_in(&root)
        .map_err(Error::file("creating a folder in", &root))?;
    make(draft.path())?;
    match fs::rename(draft.path(), &entry) {
        Ok(()) => Ok(entry),
        Err(_) if entry.exists() => Ok(entry),
        Err(source) => Err(Error::File {
            doing: "creating",
            path: entry,
            source,
        }),
    }
}

/// The cache folder of this user: private, since it holds the signing keys of test authorities.
fn root() -> Result<PathBuf, Error> {
    let own = fs::metadata("/proc/self")
        .map_err(Error::file("reading", "/proc/self"))?
        .uid();
    let root = std::env::temp_dir().join(format!("tpm-sim-{own}-v{FORMAT}"));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&root)
        .map_err(Error::file("creating", &root))?;
    let found = fs::symlink_metadata(&root).map_err(Error::file("reading", &root))?;
    if !found.is_dir() || found.uid() != own || found.mode() & 0o077 != 0 {
        return Err(Error::ForeignCache(root));
    }
    Ok(root)
}

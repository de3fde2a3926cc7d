//! The state folder: where it is, and what lies in it.

use std::fs::{DirBuilder, File};
use std::io;
use std::marker::PhantomData;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::token::{LicenseId, VendorId};

use super::dir::{Dir, FOLDER_MODE, TEMPORARY};
use super::error::{AccessError, DiskError};
use super::layout::is_own_path;
use super::lock::{self, LockError};
use super::place::{LICENSES, Place};
use super::step::{Unwatched, Watch};

/// The state folder of one store, open but not locked. Nothing in it is read or written before [`Folder::lock`].
pub struct Folder {
    dir: Dir,
}

impl Folder {
    /// Opens the state folder at `path`.
    ///
    /// # Errors
    /// [`AccessError`] if it is missing, a symbolic link, not a folder, owned by another user or open to others. Only of a
    /// folder that holds a store and nothing else it says how to close it.
    pub fn open(path: &Path) -> Result<Self, AccessError> {
        Self::open_watched(path, Arc::new(Unwatched))
    }

    /// Opens the state folder at `path`; `watch` is told of every step that changes the disk.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn open_watched(path: &Path, watch: Arc<dyn Watch>) -> Result<Self, AccessError> {
        match Dir::open(path, watch) {
            Ok(dir) => Ok(Self { dir }),
            Err(error) => Err(in_view_of_its_content(error)),
        }
    }

    /// Opens the state folder at `path`; makes it first, with mode 0700, if there is none.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn open_or_create(path: &Path) -> Result<Self, AccessError> {
        match Self::open(path) {
            Err(AccessError::Missing { .. }) => {}
            other => return other,
        }
        create(path, FOLDER_MODE)?;
        Self::open(path)
    }

    /// The vendors whose stores lie here, as far as their bindings can be read. Needs no lock: a binding is replaced as a
    /// whole or not at all.
    pub fn vendors(&self) -> Vec<VendorId> {
        let names = self.dir.names().unwrap_or_default();
        let epochs = names.iter().filter_map(|name| {
            let dir = self.dir.folder(name).ok().flatten()?;
            let epoch = numbered(name, PREFIX)?;
            let locked = PhantomData;
            Generation { dir, epoch, locked }.binding().ok()
        });
        epochs.map(|binding| binding.vendor).collect()
    }

    /// The path by which the folder was opened; for messages.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Waits at most `wait` for other processes and threads to be done with the folder, then locks it until the
    /// returned value is dropped. The calling thread sleeps meanwhile.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn lock(&self, wait: Duration) -> Result<LockedFolder<'_>, LockError> {
        Ok(LockedFolder {
            dir: &self.dir,
            _lock: lock::acquire(&self.dir, wait)?,
        })
    }
}

/// The state folder while this process alone uses it.
pub struct LockedFolder<'f> {
    dir: &'f Dir,
    _lock: lock::Held,
}

impl LockedFolder<'_> {
    pub(super) fn dir(&self) -> &Dir {
        self.dir
    }

    /// Epochs that have a generation here, newest first. The one whose seed the TPM opens is the one to use.
    ///
    /// # Errors
    /// [`DiskError`] if the folder cannot be listed.
    pub fn epochs(&self) -> Result<Vec<u64>, DiskError> {
        let names = self.dir.names()?;
        let mut epochs: Vec<u64> = names
            .iter()
            .filter_map(|name| numbered(name, PREFIX))
            .collect();
        epochs.sort_unstable_by(|a, b| b.cmp(a));
        Ok(epochs)
    }

    /// Opens the generation of `epoch`.
    ///
    /// # Errors
    /// [`AccessError::Missing`] if there is none, others as [`Folder::open`].
    pub fn generation(&self, epoch: u64) -> Result<Generation<'_>, AccessError> {
        let name = format!("{PREFIX}{epoch}");
        match self.dir.folder(&name)? {
            Some(dir) => Ok(Generation {
                dir,
                epoch,
                locked: PhantomData,
            }),
            None => Err(AccessError::Missing {
                path: self.dir.path().join(name),
            }),
        }
    }

    /// Opens the generation of `epoch`; makes it first if there is none.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn create_generation(&self, epoch: u64) -> Result<Generation<'_>, AccessError> {
        let dir = self.dir.make_folder(&format!("{PREFIX}{epoch}"))?;
        Ok(Generation {
            dir,
            epoch,
            locked: PhantomData,
        })
    }

    /// Checks that files can be written here, and that there is room for a new store's.
    ///
    /// # Errors
    /// [`DiskError`]; what was there is unchanged.
    pub fn check_writable(&self) -> Result<(), DiskError> {
        self.dir.try_to_write(&[0; ROOM])
    }

    /// Removes the generation of `epoch` with all that is in it; it is no error if there is none.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub fn remove_generation(&self, epoch: u64) -> Result<(), AccessError> {
        self.dir.remove_folder(&format!("{PREFIX}{epoch}"))
    }
}

/// What one seed protects: the folder `epoch-<E>`.
pub struct Generation<'l> {
    pub(super) dir: Dir,
    pub(super) epoch: u64,
    /// Holds the folder locked for as long as the generation is in use.
    locked: PhantomData<&'l LockedFolder<'l>>,
}

impl Generation<'_> {
    /// The value of the epoch counter for which the TPM opens this generation's seed.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether nothing was ever kept in it, leftovers of a crash aside.
    ///
    /// # Errors
    /// [`DiskError`] if the folder cannot be listed.
    pub fn is_empty(&self) -> Result<bool, DiskError> {
        Ok(self.dir.names()?.is_empty())
    }

    /// The licenses of which there is a file here, whether or not it opens. None where that cannot be listed.
    pub fn licenses(&self) -> Vec<LicenseId> {
        let names = self.dir.folder(LICENSES).ok().flatten();
        let names = names.and_then(|folder| folder.names().ok());
        let places = names.unwrap_or_default().into_iter();
        let ids = places.filter_map(|name| match format!("{LICENSES}/{name}").parse() {
            Ok(Place::License(id)) => Some(id),
            _ => None,
        });
        ids.collect()
    }

    /// The generation's folder; for messages.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

const PASSAGE_MODE: u32 = 0o755;
/// Generations are named for their epoch.
pub(super) const PREFIX: &str = "epoch-";
/// More bytes than a new store takes on a disk.
const ROOM: usize = 64 << 10;

/// What lies in a folder.
#[derive(PartialEq, Eq)]
enum Holds {
    /// Nothing, as far as this user may see.
    Nothing,
    /// A store and nothing else.
    Store,
    /// A store, and what is not its.
    StoreAndMore,
    /// Something else, as in a folder of the system that was named by mistake.
    SomethingElse,
}

impl Holds {
    fn of(path: &Path) -> Self {
        let Ok(entries) = std::fs::read_dir(path) else {
            return Self::Nothing;
        };
        let (mut store, mut more) = (false, false);
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            store |= name == lock::NAME || numbered(&name, PREFIX).is_some();
            more |= !is_own_path(&name) && !name.starts_with(TEMPORARY);
        }
        match (store, more) {
            (false, false) => Self::Nothing,
            (false, true) => Self::SomethingElse,
            (true, false) => Self::Store,
            (true, true) => Self::StoreAndMore,
        }
    }
}

/// What is wrong with a folder, as it is told to a person: nobody is to change owner or mode of one that others use.
fn in_view_of_its_content(error: AccessError) -> AccessError {
    /// Of a folder in which everybody may write, such as /tmp.
    const STICKY: u32 = 0o1000;
    match error {
        AccessError::WideMode { path, mode, fix } => match Holds::of(&path) {
            Holds::Store if mode & STICKY == 0 => AccessError::WideMode { path, mode, fix },
            Holds::Store | Holds::StoreAndMore => AccessError::WideMode {
                path,
                mode,
                fix: None,
            },
            Holds::Nothing | Holds::SomethingElse => AccessError::NotAStore { path },
        },
        AccessError::ForeignOwner { path, .. } if Holds::of(&path) == Holds::SomethingElse => {
            AccessError::NotAStore { path }
        }
        other => other,
    }
}

/// Makes the folder, with mode 0700, and those above it that are missing, which may be other vendors' too and are open to
/// whoever passes through. Flushes the entry of each.
fn create(path: &Path, mode: u32) -> Result<(), DiskError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !parent.exists() {
        create(parent, PASSAGE_MODE)?;
    }
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(DiskError::new(path, error));
        }
        _ => {}
    }
    // A parent that may be passed through but not read cannot be flushed by this user.
    match File::open(parent) {
        Ok(parent_folder) => parent_folder
            .sync_all()
            .map_err(|e| DiskError::new(parent, e)),
        Err(_) => Ok(()),
    }
}

/// The number in a name like `epoch-17`, if it is written the one way in which the store writes it.
pub(super) fn numbered(name: &str, prefix: &str) -> Option<u64> {
    let digits = name.strip_prefix(prefix)?;
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

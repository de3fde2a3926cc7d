//! What lies on the disk, for a value of the activity counter.
//!
//! A file's name is a claim; what counts is the value under which it opens.

use std::marker::PhantomData;
use std::path::PathBuf;

use crate::token::Digest;
use crate::token::cose::{Kind, Sealed};

use super::error::{AccessError, DiskError};
use super::folder::numbered;
use super::place::FOLDERS;
use super::state::{State, StateError};
use super::vault::Vault;
use super::weigh::{Content, Finding, Lost, weigh, written_for};

/// State files are named for the counter's value.
pub(super) const PREFIX: &str = "state-";

/// What lies on the disk for a value of the activity counter.
#[derive(Debug)]
#[must_use]
pub enum Loaded<'l> {
    /// The current state. If its journal names artifacts, [`Vault::install`] them.
    Current(Current<'l>),
    /// A commit was cut short before the counter moved: [`Vault::finish`] it.
    FinishIncrement(Unfinished<'l>),
    /// There is no state file.
    Missing(Base<'l>),
    /// The newest state file is older than the counter: it was put back, or a newer one was lost.
    RolledBack {
        /// The counter's value for which that file was written.
        found: u64,
        /// Where to go on from.
        base: Base<'l>,
    },
    /// The newest state file is ahead of the counter by more than a commit can be: the TPM was put back, as can
    /// happen to a virtual one, or another counter stands at its handle.
    CounterBehind {
        /// The counter's value for which that file was written.
        found: u64,
        /// Where to go on from.
        base: Base<'l>,
    },
    /// The state file does not open with this generation's key: it was changed, cut off, or comes from another machine,
    /// store or epoch.
    Damaged {
        /// The file.
        path: PathBuf,
        /// The counter's value in its name.
        named: u64,
        /// Where to go on from.
        base: Base<'l>,
    },
    /// The state file is authentic and yet unreadable, as one that a newer version of the program wrote. It is left
    /// untouched: there is no [`Base`] from which anything could be saved.
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// What this program does not understand.
        error: StateError,
    },
}

/// Proof that [`Vault::load`] found nothing that must be finished or left untouched: the next state can be written.
///
/// It cannot be kept beyond the lock under which it was found:
///
/// ```compile_fail,E0505
/// # use counterfoil::store::{Base, Current, Loaded, LockedFolder, StateKey};
/// # fn keep(locked: LockedFolder<'_>, key: StateKey, store: counterfoil::token::StoreId) {
/// let vault = locked.generation(1).unwrap().unlock(key, store);
/// let Loaded::Missing(base) = vault.load(1).unwrap() else { return };
/// drop(vault);
/// drop(locked);
/// println!("{}", base.activity());
/// # }
/// ```
#[derive(Debug)]
pub struct Base<'l> {
    pub(super) activity: u64,
    locked: PhantomData<&'l ()>,
}

impl Base<'_> {
    pub(super) fn at(activity: u64) -> Self {
        Self {
            activity,
            locked: PhantomData,
        }
    }

    /// The value of the activity counter.
    pub fn activity(&self) -> u64 {
        self.activity
    }
}

/// The state that is on disk and bound to the present value of the activity counter.
#[derive(Debug)]
pub struct Current<'l> {
    /// Where to go on from.
    pub base: Base<'l>,
    /// The state.
    pub state: State,
    /// SHA-256 of the file; evidence names it.
    pub digest: Digest,
}

/// A state whose increment is due.
#[derive(Debug)]
pub struct Unfinished<'l> {
    pub(super) activity: u64,
    pub(super) state: State,
    pub(super) digest: Digest,
    pub(super) locked: PhantomData<&'l ()>,
}

impl Unfinished<'_> {
    /// The state that becomes current with the increment.
    pub fn state(&self) -> &State {
        &self.state
    }
}

impl<'l> Vault<'l> {
    /// Finds the state for `activity`, the value of the TPM's activity counter. Changes nothing on disk.
    ///
    /// # Errors
    /// [`AccessError`] if the folder or a state file cannot be read or is open to others.
    pub fn load(&self, activity: u64) -> Result<Loaded<'l>, AccessError> {
        let found = weigh(
            activity,
            |named| self.read(named),
            || Ok::<_, AccessError>(self.counts()?),
        )?;
        let base = Base::at(activity);
        Ok(match found {
            Finding::Current(file) => Loaded::Current(Current {
                base,
                state: file.state,
                digest: file.digest,
            }),
            Finding::Successor(file) => Loaded::FinishIncrement(Unfinished {
                activity,
                state: file.state,
                digest: file.digest,
                locked: PhantomData,
            }),
            Finding::Newer { named, why: error } => Loaded::NewerFormat {
                path: self.path(named),
                error,
            },
            Finding::Lost(Lost::Missing) => Loaded::Missing(base),
            Finding::Lost(Lost::RolledBack { found }) => Loaded::RolledBack { found, base },
            Finding::Lost(Lost::CounterBehind { found }) => Loaded::CounterBehind { found, base },
            Finding::Lost(Lost::Damaged { named }) => Loaded::Damaged {
                path: self.path(named),
                named,
                base,
            },
        })
    }

    /// The values for which there are state files, highest first.
    pub(super) fn counts(&self) -> Result<Vec<u64>, DiskError> {
        let names = self.generation.dir.names()?;
        let mut counts: Vec<u64> = names
            .iter()
            .filter_map(|name| numbered(name, PREFIX))
            .collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        Ok(counts)
    }

    fn path(&self, named: u64) -> PathBuf {
        self.generation.dir.path().join(format!("{PREFIX}{named}"))
    }

    fn read(&self, named: u64) -> Result<Option<Content<Box<Opened>, StateError>>, AccessError> {
        let name = format!("{PREFIX}{named}");
        let bytes = self.generation.dir.read(&name, Kind::State.size_limit())?;
        Ok(bytes.map(|bytes| match Sealed::parse(Kind::State, &bytes) {
            Ok(sealed) => self.content(named, &sealed, &bytes),
            Err(_) => Content::Damaged,
        }))
    }

    fn content(
        &self,
        named: u64,
        sealed: &Sealed,
        bytes: &[u8],
    ) -> Content<Box<Opened>, StateError> {
        let opened = |count: u64| self.unseal(sealed, &count.to_be_bytes());
        match opened(named) {
            Ok(payload) => match State::decode(&payload) {
                Ok(state) => Content::Readable(Box::new(Opened {
                    state,
                    digest: Digest::of(&[bytes]),
                })),
                Err(error) => Content::Newer(error),
            },
            Err(_) => match written_for(named, |older| opened(older).is_ok()) {
                Some(older) => Content::Older(older),
                None => Content::Damaged,
            },
        }
    }

    /// Removes what a crash left half-written, as far as the disk allows.
    pub(super) fn clean(&self) {
        let dir = &self.generation.dir;
        dir.clean();
        for folder in FOLDERS {
            // A folder that cannot be used is for whoever reads from it to report.
            if let Ok(Some(folder)) = dir.folder(folder) {
                folder.clean();
            }
        }
    }
}

/// A state file that opened.
struct Opened {
    state: State,
    digest: Digest,
}

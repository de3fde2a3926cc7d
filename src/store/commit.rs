//! The order of steps that makes a change final: successor on disk first, then the activity counter, then the act.
//!
//! `state-<c>` is the state for the value c of the activity counter. At every moment at least one of the files for c
//! and c + 1 is whole, whatever c the TPM shows, so a crash at any step leaves a folder from which [`Vault::load`]
//! tells what to do; `docs/state.md` lists the steps and what each leaves. A file for any other value is one that was
//! put back.

use std::marker::PhantomData;
use std::path::PathBuf;

use crate::token::Digest;
use crate::token::cose::Kind;

use super::dir::Dir;
use super::error::{AccessError, DiskError};
use super::folder::numbered;
use super::place::FOLDERS;
use super::state::{State, StateError};
use super::step::Step;
use super::vault::{SealError, Vault};

const PREFIX: &str = "state-";
/// How far below the activity counter an older file under the current name is recognized as what it is.
const RECOGNIZED_BACK: u64 = 1000;

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
#[derive(Debug)]
pub struct Base<'l> {
    activity: u64,
    locked: PhantomData<&'l ()>,
}

impl Base<'_> {
    fn at(activity: u64) -> Self {
        Self { activity, locked: PhantomData }
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
    activity: u64,
    state: State,
    digest: Digest,
    locked: PhantomData<&'l ()>,
}

impl Unfinished<'_> {
    /// The state that becomes current with the increment.
    pub fn state(&self) -> &State {
        &self.state
    }
}

/// A file could not be saved. The one on disk is the one before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The content could not be sealed, because it is too large or no random numbers could be had.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A folder is not as it should be.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<DiskError> for SaveError {
    fn from(error: DiskError) -> Self {
        Self::Access(error.into())
    }
}

/// A change was not made final: do not act on it. [`Vault::load`] tells what became of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError<E> {
    /// The successor could not be written; the counter was not moved.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The increment failed; whether the counter moved is for [`Vault::load`] to find out.
    #[error("the change is on disk but the TPM did not confirm it: {0}")]
    Increment(E),
    /// The counter is not where it should be after the increment.
    #[error("the TPM's activity counter is at {found} where {expected} was due: another program incremented it without the store's lock")]
    Elsewhere {
        /// The value due.
        expected: u64,
        /// The value that the increment returned.
        found: u64,
    },
}

impl<'l> Vault<'l> {
    /// Finds the state for `activity`, the value of the TPM's activity counter, and removes what a crash left
    /// half-written. Changes no state file.
    ///
    /// # Errors
    /// [`AccessError`] if the folder or a state file cannot be read or is open to others.
    pub fn load(&self, activity: u64) -> Result<Loaded<'l>, AccessError> {
        self.clean()?;
        let next = activity.checked_add(1).map(|next| self.read(next)).transpose()?.flatten();
        if let Some((_, Content::Readable { state, digest })) = next {
            return Ok(Loaded::FinishIncrement(Unfinished { activity, state, digest, locked: PhantomData }));
        }
        if let Some((path, Content::Newer(error))) = next {
            return Ok(Loaded::NewerFormat { path, error });
        }
        let base = Base::at(activity);
        Ok(match self.read(activity)? {
            Some((_, Content::Readable { state, digest })) => Loaded::Current(Current { base, state, digest }),
            Some((path, Content::Newer(error))) => Loaded::NewerFormat { path, error },
            Some((_, Content::Older(found))) => Loaded::RolledBack { found, base },
            Some((path, Content::Damaged)) => Loaded::Damaged { path, base },
            None => self.search(activity, base)?,
        })
    }

    /// Writes `state` in place of the current one, for changes that may be undone by whoever restores the file.
    ///
    /// # Errors
    /// [`SaveError`]; the state on disk is then the one before.
    pub fn save_in_place(&self, base: Base<'l>, state: State) -> Result<Current<'l>, SaveError> {
        let digest = self.write(base.activity, &state)?;
        Ok(Current { base, state, digest })
    }

    /// Makes `next` final: writes it for the next value of the activity counter, has `increment` move the counter, and
    /// removes the states before. `increment` returns the counter's new value.
    ///
    /// Act on the change only after this returned. What it applied goes into the journal, [`State::to_install`], in
    /// the same commit; [`Vault::install`] then writes the files.
    ///
    /// # Errors
    /// [`CommitError`]; then load again before anything else.
    pub fn commit<E>(
        &self,
        base: Base<'l>,
        next: State,
        increment: impl FnOnce() -> Result<u64, E>,
    ) -> Result<Current<'l>, CommitError<E>> {
        // Files for later values exist only where a virtual TPM was put back. Left alone, one of them would pass for the
        // successor of this commit.
        self.remove_states(|count| count > base.activity).map_err(SaveError::from)?;
        let digest = self.write(base.activity.saturating_add(1), &next)?;
        let unfinished = Unfinished { activity: base.activity, state: next, digest, locked: PhantomData };
        self.finish(unfinished, increment)
    }

    /// Finishes a commit that was cut short before the counter moved.
    ///
    /// # Errors
    /// As [`Vault::commit`].
    pub fn finish<E>(
        &self,
        unfinished: Unfinished<'l>,
        increment: impl FnOnce() -> Result<u64, E>,
    ) -> Result<Current<'l>, CommitError<E>> {
        let expected = unfinished.activity.saturating_add(1);
        let dir = &self.generation.dir;
        dir.announce(Step::Increment).map_err(SaveError::from)?;
        let found = increment().map_err(CommitError::Increment)?;
        if found != expected {
            return Err(CommitError::Elsewhere { expected, found });
        }
        // The commit is done. An older file that stays is removed by the next one.
        let _ = self.remove_states(|count| count < expected);
        Ok(Current { base: Base::at(expected), state: unfinished.state, digest: unfinished.digest })
    }

    /// Writes the artifacts in the journal to their files and empties the journal. Doing it again does no harm.
    ///
    /// # Errors
    /// [`SaveError`]; the journal is then still there, and so is everything in it.
    pub fn install(&self, current: Current<'l>) -> Result<Current<'l>, SaveError> {
        let Current { base, mut state, digest } = current;
        if state.to_install.is_empty() {
            return Ok(Current { base, state, digest });
        }
        for artifact in std::mem::take(&mut state.to_install) {
            self.write_artifact(&artifact)?;
        }
        self.save_in_place(base, state)
    }

    /// There is no file for `activity` nor a successor: tells a rollback from a loss.
    fn search(&self, activity: u64, base: Base<'l>) -> Result<Loaded<'l>, AccessError> {
        let mut damaged = None;
        for count in self.counts()? {
            let found = match self.read(count)? {
                Some((path, Content::Damaged)) => {
                    damaged.get_or_insert(path);
                    continue;
                }
                Some((_, Content::Older(found))) => found,
                Some(_) => count,
                None => continue,
            };
            return Ok(match found > activity {
                true => Loaded::CounterBehind { found, base },
                false => Loaded::RolledBack { found, base },
            });
        }
        Ok(match damaged {
            Some(path) => Loaded::Damaged { path, base },
            None => Loaded::Missing(base),
        })
    }

    /// The values for which there are state files, highest first.
    fn counts(&self) -> Result<Vec<u64>, DiskError> {
        let names = self.generation.dir.names()?;
        let mut counts: Vec<u64> = names.iter().filter_map(|name| numbered(name, PREFIX)).collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        Ok(counts)
    }

    fn read(&self, activity: u64) -> Result<Option<(PathBuf, Content)>, AccessError> {
        let name = format!("{PREFIX}{activity}");
        let dir = &self.generation.dir;
        let Some(bytes) = dir.read(&name, Kind::State.size_limit())? else { return Ok(None) };
        let content = match self.unseal(Kind::State, &activity.to_be_bytes(), &bytes) {
            Ok(payload) => match State::decode(&payload) {
                Ok(state) => Content::Readable { state, digest: Digest::of(&[&bytes]) },
                Err(error) => Content::Newer(error),
            },
            Err(_) => match self.written_for(activity, &bytes) {
                Some(older) => Content::Older(older),
                None => Content::Damaged,
            },
        };
        Ok(Some((dir.path().join(name), content)))
    }

    /// The value below `activity` for which `bytes` was written, if it is an older state under a newer name.
    fn written_for(&self, activity: u64, bytes: &[u8]) -> Option<u64> {
        let oldest = activity.saturating_sub(RECOGNIZED_BACK);
        (oldest..activity).rev().find(|older| self.unseal(Kind::State, &older.to_be_bytes(), bytes).is_ok())
    }

    fn write(&self, activity: u64, state: &State) -> Result<Digest, SaveError> {
        let bytes = self.seal(Kind::State, &activity.to_be_bytes(), &state.encode())?;
        self.generation.dir.replace(&format!("{PREFIX}{activity}"), &bytes)?;
        Ok(Digest::of(&[&bytes]))
    }

    fn remove_states(&self, which: impl Fn(u64) -> bool) -> Result<(), DiskError> {
        let dir = &self.generation.dir;
        let counts: Vec<u64> = self.counts()?.into_iter().filter(|count| which(*count)).collect();
        for count in &counts {
            dir.remove(&format!("{PREFIX}{count}"))?;
        }
        match counts.is_empty() {
            true => Ok(()),
            false => dir.sync(),
        }
    }

    fn clean(&self) -> Result<(), AccessError> {
        let dir = &self.generation.dir;
        dir.clean();
        for folder in FOLDERS {
            dir.folder(folder)?.iter().for_each(Dir::clean);
        }
        Ok(())
    }
}

/// What a state file holds.
enum Content {
    Readable { state: State, digest: Digest },
    Newer(StateError),
    /// An older state under a newer name.
    Older(u64),
    Damaged,
}

//! The order of steps that makes a change final: successor on disk first, then the activity counter, then the act.
//!
//! `state-<c>` is the state for the value c of the activity counter. The file for c stays until the counter has moved to
//! c + 1, and that for c + 1 is whole before; so a crash at any step leaves a folder from which [`Vault::load`] tells
//! what to do. `docs/state.md` lists the steps and what each leaves.

use std::marker::PhantomData;

use crate::token::Digest;
use crate::token::cose::Kind;

use super::error::{AccessError, DiskError};
use super::load::{Base, Current, PREFIX, Unfinished};
use super::state::State;
use super::step::Step;
use super::vault::{SealError, Vault};

/// A file could not be saved. It has its old content or, if only flushing failed, all of the new one.
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
    /// The successor could not be written; the counter was not moved. If only flushing it failed, [`Vault::load`] finds
    /// it and finishes the commit.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The increment failed; whether the counter moved is for [`Vault::load`] to find out.
    #[error("the change is on disk but the TPM did not confirm it: {0}")]
    Increment(E),
}

impl<'l> Vault<'l> {
    /// Writes `state` in place of the current one, for changes that may be undone by whoever restores the file.
    ///
    /// # Errors
    /// [`SaveError`].
    pub fn save_in_place(&self, base: Base<'l>, state: State) -> Result<Current<'l>, SaveError> {
        let digest = self.write(base.activity, &state)?;
        Ok(Current {
            base,
            state,
            digest,
        })
    }

    /// Makes `next` final: writes it for the next value of the activity counter, has `increment` move the counter, and
    /// removes the states before.
    ///
    /// `increment` moves the counter from [`Base::activity`] by one or fails. Nothing asks the TPM afterwards: where another
    /// program moved it as well, without the store's lock, the next [`Vault::load`] finds a rollback.
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
        increment: impl FnOnce() -> Result<(), E>,
    ) -> Result<Current<'l>, CommitError<E>> {
        let digest = self.write(base.activity.saturating_add(1), &next)?;
        let unfinished = Unfinished {
            activity: base.activity,
            state: next,
            digest,
            locked: PhantomData,
        };
        self.finish(unfinished, increment)
    }

    /// Finishes a commit that was cut short before the counter moved.
    ///
    /// # Errors
    /// As [`Vault::commit`].
    pub fn finish<E>(
        &self,
        unfinished: Unfinished<'l>,
        increment: impl FnOnce() -> Result<(), E>,
    ) -> Result<Current<'l>, CommitError<E>> {
        let expected = unfinished.activity.saturating_add(1);
        // Files for later values exist only where a virtual TPM was put back. Left alone, one of them would pass for the
        // successor of this commit.
        self.remove_states(|count| count > expected)
            .and_then(|()| self.generation.dir.announce(Step::Increment))
            .map_err(SaveError::from)?;
        increment().map_err(CommitError::Increment)?;
        // The commit is done. An older file that stays is removed by the next one.
        let _ = self.remove_states(|count| count < expected);
        Ok(Current {
            base: Base::at(expected),
            state: unfinished.state,
            digest: unfinished.digest,
        })
    }

    /// Writes the artifacts in the journal to their files and empties the journal. Doing it again does no harm.
    ///
    /// # Errors
    /// [`SaveError`]; `current` is then as before, with the journal and everything in it.
    pub fn install(&self, current: &mut Current<'l>) -> Result<(), SaveError> {
        if current.state.to_install.is_empty() {
            return Ok(());
        }
        for artifact in &current.state.to_install {
            self.write_artifact(artifact)?;
        }
        let installed = State {
            to_install: Vec::new(),
            ..current.state.clone()
        };
        current.digest = self.write(current.base.activity, &installed)?;
        current.state = installed;
        Ok(())
    }

    fn write(&self, activity: u64, state: &State) -> Result<Digest, SaveError> {
        self.clean();
        let bytes = self.seal(Kind::State, &activity.to_be_bytes(), &state.encode())?;
        self.generation
            .dir
            .replace(&format!("{PREFIX}{activity}"), &bytes)?;
        Ok(Digest::of(&[&bytes]))
    }

    fn remove_states(&self, which: impl Fn(u64) -> bool) -> Result<(), DiskError> {
        let dir = &self.generation.dir;
        let counts: Vec<u64> = self
            .counts()?
            .into_iter()
            .filter(|count| which(*count))
            .collect();
        for count in &counts {
            dir.remove(&format!("{PREFIX}{count}"))?;
        }
        match counts.is_empty() {
            true => Ok(()),
            false => dir.sync(),
        }
    }
}

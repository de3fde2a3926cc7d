//! From whatever the disk holds to a state that can be worked with: unfinished steps are finished, losses remembered.

use crate::device::{Counter, DeviceError, IncrementError, StoreBinding, Tpm};
use crate::store::{
    AccessError, Base, CommitError, Current, Loaded, Lost, SaveError, State, StateError, Vault,
};
use crate::token::Digest;

use super::continuity::after_loss;

/// The state to work with, and how it was found.
#[derive(Debug)]
pub(super) struct Settled<'l> {
    pub(super) base: Base<'l>,
    pub(super) state: State,
    /// Digest of the state file; zeros where there is none for the counter's value.
    pub(super) digest: Digest,
    /// An installation was cut short: what was read of the tokens before they were settled is not the newest.
    pub(super) installed: bool,
}

/// Why no state can be worked with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateUseError {
    /// A newer version of the program wrote it.
    #[error("{} was left untouched: {error}", path.display())]
    NewerFormat {
        /// The file.
        path: std::path::PathBuf,
        /// What this program does not understand.
        error: StateError,
    },
    /// The folder or a file in it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A file could not be written.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The TPM.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// An increment of the activity counter.
    #[error(transparent)]
    Commit(#[from] CommitError<IncrementError>),
}

/// Reads the activity counter and loads the state for its value; see [`settle_at`].
///
/// # Errors
/// [`StateUseError`]; nothing on disk is lost.
pub(super) fn settle<'l>(
    vault: &Vault<'l>,
    tpm: &mut dyn Tpm,
    binding: &StoreBinding,
) -> Result<Settled<'l>, StateUseError> {
    let activity = tpm.read_counter(binding, Counter::Activity)?;
    settle_at(activity, vault, tpm, binding)
}

/// Loads the state for `activity`, the counter's value; finishes an increment and an installation that a crash cut short.
///
/// A state that was lost or put back is replaced, in memory, by an empty one that remembers the loss: saving it later does
/// not make the loss forgotten.
///
/// # Errors
/// [`StateUseError`]; nothing on disk is lost.
pub(super) fn settle_at<'l>(
    activity: u64,
    vault: &Vault<'l>,
    tpm: &mut dyn Tpm,
    binding: &StoreBinding,
) -> Result<Settled<'l>, StateUseError> {
    let (lost, base) = match vault.load(activity)? {
        Loaded::Current(current) => return Ok(installed(vault, current)),
        Loaded::FinishIncrement(unfinished) => {
            let increment = || tpm.increment(binding, Counter::Activity, activity);
            let current = vault.finish(unfinished, increment)?;
            return Ok(installed(vault, current));
        }
        Loaded::NewerFormat { path, error } => {
            return Err(StateUseError::NewerFormat { path, error });
        }
        Loaded::Missing(base) => (Lost::Missing, base),
        Loaded::RolledBack { found, base } => (Lost::RolledBack { found }, base),
        Loaded::CounterBehind { found, base } => (Lost::CounterBehind { found }, base),
        Loaded::Damaged { named, base, .. } => (Lost::Damaged { named }, base),
    };
    Ok(Settled {
        base,
        state: after_loss(lost, activity),
        digest: Digest::new([0; 32]),
        installed: false,
    })
}

/// Writes what the journal names. Where the disk does not allow that, the journal itself goes on serving.
fn installed<'l>(vault: &Vault<'l>, mut current: Current<'l>) -> Settled<'l> {
    let installed = !current.state.to_install.is_empty();
    let _ = vault.install(&mut current);
    let Current {
        base,
        state,
        digest,
    } = current;
    Settled {
        base,
        state,
        digest,
        installed,
    }
}

//! What is kept on disk between two runs: sealed, and whole after a crash at any step.
//!
//! Imports `token` for formats and encryption, `evidence` for the Names of TPM objects, and the plain types of `device`.
//! Knows no TPM: the value of the activity counter is an argument and its increment a closure. Knows no verdict either: it
//! tells what lies on the disk, and what that means is for its caller. Whether a token is genuine is the caller's to
//! verify, too.
//!
//! From the outside in: a [`Folder`] is locked ([`LockedFolder`]), one of its generations chosen ([`Generation`], the one
//! whose seed the TPM opens), unlocked with the key that the seed gives ([`Vault`]), and its state loaded
//! ([`Vault::load`]). Whatever needs the lock borrows from it, so nothing outlives it.
//!
//! `docs/state.md` describes the files, the order of writing and what a crash leaves at each step.

mod artifacts;
mod binding;
mod commit;
mod dir;
mod endorsement;
mod error;
mod folder;
mod keys;
mod layout;
mod load;
mod lock;
pub mod log;
mod place;
mod record;
mod rendezvous;
mod state;
mod step;
mod vault;
mod weigh;

pub use artifacts::{ArtifactFault, Artifacts};
pub use binding::{BindingError, BindingFault};
pub use commit::{CommitError, SaveError};
pub use error::{AccessError, DiskError};
pub use folder::{Folder, Generation, LockedFolder};
pub use keys::{BindingKey, Seed, StateKey};
pub use layout::is_own_path;
pub use load::{Base, Current, Loaded, Unfinished};
pub use lock::LockError;
pub use place::{NameHash, Place, PlaceError};
pub use record::{
    Artifact, BootWitness, LogHead, Loss, LossKind, Moment, PendingActivation, ResetCounts,
    SeenLease,
};
pub use rendezvous::{Ask, Rendezvous};
pub use state::{State, StateError};
pub use step::{Step, Watch};
pub use vault::{SealError, Vault};
pub use weigh::{Content, Finding, Lost, weigh, written_for};

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]
mod tests;

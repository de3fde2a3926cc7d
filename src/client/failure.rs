//! Why a validation came to nothing, and what that is called in the registry of reasons.

use crate::device::{
    AuthValue, Counter, DeviceError, IncrementError, Object, Occupant, Place, Tpm, UnsealError,
};
use crate::policy::Reason;
use crate::store::{AccessError, BindingError, CommitError, LockError};

use super::settle::StateUseError;
use super::unlock::{NotUnlocked, UnlockError};

/// A validation that did not get as far as the tokens, or not to the TPM's attestation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The store could not be opened.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The state could not be used.
    #[error(transparent)]
    State(#[from] StateUseError),
    /// The TPM.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// It is the TPM that the store was made with, and what the store had in it is gone.
    #[error(
        "the TPM was cleared, or its owner removed what the licenses had in it: activate again"
    )]
    Lost(#[source] UnlockError),
    /// There is a store of this vendor and slot in the TPM, and the folder holds nothing of it.
    #[error(
        "this TPM has a store of this vendor in this slot, and it is not in this folder: name the folder that it is in"
    )]
    PlaceTaken,
    /// The TPM has another store where this folder's was.
    #[error(
        "the licenses in this folder have ended: the TPM's store of this vendor and slot was made anew from another folder; \
         name that folder"
    )]
    Superseded,
    /// It is another TPM.
    #[error(
        "the state folder was set up on another machine than this one, whose TPM it is bound to: a copy works nowhere \
         else; name a folder of this machine's own, or one that does not exist yet to activate a license in, and leave this one as it is"
    )]
    OtherDevice,
    /// No random bytes.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// Something keeps moving the counter.
    #[error(
        "another program kept moving the activity counter without the folder's lock: find out which, then try again"
    )]
    Moving,
    /// The TPM's answer came after the moment until which it could be used.
    #[error(
        "the TPM took longer to answer than its answer may be used: find out what keeps it busy, or what holds its answers \
         back"
    )]
    Late,
    /// Another thread of this process still asks the TPM.
    #[error(
        "the TPM is still being asked by another thread: try again; if this stays, find out what keeps it busy"
    )]
    Pending,
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        Self::Unlock(error.into())
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        Self::Unlock(error.into())
    }
}

impl Failure {
    /// The one true cause, as the registry calls it.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Unlock(error) => of_unlock(error),
            Self::State(error) => of_state(error),
            Self::Device(error) => of_device(error),
            Self::Lost(_) => Reason::TpmCleared,
            Self::PlaceTaken => Reason::PlaceTaken,
            Self::Superseded => Reason::StoreSuperseded,
            Self::OtherDevice => Reason::DeviceOther,
            Self::Random(_) => Reason::TpmFailure,
            Self::Moving => Reason::CounterNotAdvanced,
            Self::Late => Reason::AnswerLate,
            Self::Pending => Reason::TpmBusy,
        }
    }
}

impl NotUnlocked {
    /// Finds the cause where the TPM does not know the store's objects: another chip, or the same one after a clear. The
    /// attestation key tells, since only the same chip makes it again. Where the folder holds nothing, or what it holds is
    /// over, the TPM may have a store that is in another folder.
    pub(super) fn explain(self, tpm: &mut dyn Tpm, place: &Place) -> Failure {
        if matches!(self.error, UnlockError::Empty) {
            return nothing_in_the_folder(tpm, place).unwrap_or(Failure::Unlock(self.error));
        }
        let unknown = matches!(
            &self.error,
            UnlockError::Device(DeviceError::Missing(_) | DeviceError::Foreign(_))
                | UnlockError::Unseal(UnsealError::ForeignBlob)
        );
        match &self.binding {
            Some(binding) if unknown => match tpm.recognizes(binding, &AuthValue::empty()) {
                Ok(true)
                    if !self.is_of_a_secret()
                        && tpm.occupant(place, Some(binding)) == Ok(Occupant::Another) =>
                {
                    Failure::Superseded
                }
                Ok(true) if !self.takes_storage_root() => Failure::Unlock(self.error),
                // A clear takes the counters too: without one the storage root key alone was removed or replaced.
                Ok(true) => match tpm.read_counter(binding, Counter::Epoch) {
                    Ok(_) => Failure::Unlock(self.error),
                    Err(DeviceError::Missing(_) | DeviceError::Foreign(_)) => {
                        Failure::Lost(self.error)
                    }
                    Err(error) => Failure::Device(error),
                },
                Ok(false) => Failure::OtherDevice,
                Err(error) => Failure::Device(error),
            },
            _ => Failure::Unlock(self.error),
        }
    }

    /// Whether the keys are there, and a sealed object is not theirs.
    fn is_of_a_secret(&self) -> bool {
        matches!(self.error, UnlockError::Unseal(_))
    }

    /// Whether it is the storage root key that is not there. Where that is there, it is somebody who sealed another object
    /// or removed a counter: a clear takes the key first of all.
    fn takes_storage_root(&self) -> bool {
        matches!(
            &self.error,
            UnlockError::Device(
                DeviceError::Missing(Object::StorageRootKey)
                    | DeviceError::Foreign(Object::StorageRootKey)
            )
        )
    }
}

/// Whether the TPM has a store of which the folder holds nothing.
pub(super) fn nothing_in_the_folder(tpm: &mut dyn Tpm, place: &Place) -> Option<Failure> {
    (tpm.occupant(place, None) == Ok(Occupant::Another)).then_some(Failure::PlaceTaken)
}

fn of_unlock(error: &UnlockError) -> Reason {
    match error {
        UnlockError::Empty => Reason::NotActivated,
        UnlockError::Access(error) => of_access(error),
        UnlockError::Lock(LockError::Access(error)) => of_access(error),
        UnlockError::Lock(_) => Reason::StateBusy,
        UnlockError::Binding(BindingError::NewerFormat { .. }) => Reason::StateNewerFormat,
        UnlockError::Binding(BindingError::Access(error)) => of_access(error),
        UnlockError::Binding(_) => Reason::BindingDamaged,
        UnlockError::OtherVendor { .. } => Reason::StoreOtherVendor,
        UnlockError::OtherSlot { .. } => Reason::StoreOtherSlot,
        UnlockError::Device(error) => of_device(error),
        UnlockError::Unseal(UnsealError::EpochMoved { .. }) => Reason::EpochMoved,
        UnlockError::Unseal(_) => Reason::SeedOther,
    }
}

fn of_access(error: &AccessError) -> Reason {
    match error {
        AccessError::Missing { .. } => Reason::NotActivated,
        AccessError::WideMode { .. }
        | AccessError::ForeignOwner { .. }
        | AccessError::ForeignPart { .. }
        | AccessError::NotAStore { .. }
        | AccessError::SymbolicLink { .. } => Reason::StateExposed,
        _ => Reason::StateUnreadable,
    }
}

fn of_state(error: &StateUseError) -> Reason {
    match error {
        StateUseError::NewerFormat { .. } => Reason::StateNewerFormat,
        StateUseError::Access(error) => of_access(error),
        StateUseError::Device(error) => of_device(error),
        StateUseError::Save(_) | StateUseError::Commit(CommitError::Save(_)) => {
            Reason::StateUnwritable
        }
        StateUseError::Commit(CommitError::Increment(IncrementError::Device(
            error @ DeviceError::NoAnswer { .. },
        ))) => of_device(error),
        StateUseError::Commit(_) => Reason::CounterNotAdvanced,
    }
}

fn of_device(error: &DeviceError) -> Reason {
    match error {
        DeviceError::UnknownConnection { .. }
        | DeviceError::NoTpm { .. }
        | DeviceError::NotATpm { .. }
        | DeviceError::NoModule { .. } => Reason::TpmMissing,
        DeviceError::HierarchyOff(_) | DeviceError::NvOff => Reason::TpmHierarchyOff,
        DeviceError::Refused { .. }
        | DeviceError::RefusedUntold { .. }
        | DeviceError::Unsupported(_)
        | DeviceError::AuthNeeded(_)
        | DeviceError::WrongAuth(_)
        | DeviceError::AuthAtEachUse(_) => Reason::TpmRefused,
        DeviceError::NoPermission { .. } => Reason::TpmNoPermission,
        DeviceError::Busy { .. }
        | DeviceError::KeepsRetrying
        | DeviceError::NvRate
        | DeviceError::OutOfMemory(_) => Reason::TpmBusy,
        DeviceError::NoAnswer { .. } | DeviceError::Unanswered { .. } => Reason::TpmNoAnswer,
        DeviceError::LockedOut => Reason::TpmLockedOut,
        DeviceError::Vanished | DeviceError::NotStarted | DeviceError::Interrupted => {
            Reason::TpmReset
        }
        DeviceError::Missing(Object::EpochIndex | Object::ActivityIndex) => {
            Reason::TpmCounterRemoved
        }
        DeviceError::Missing(object) | DeviceError::Foreign(object) => match object {
            Object::EpochIndex | Object::ActivityIndex => Reason::CounterForeign,
            Object::EndorsementKey => Reason::DeviceOther,
            // That it is another chip is said only where it was found out, by `explain`.
            _ => Reason::StorageKeyOther,
        },
        DeviceError::BadBinding => Reason::BindingDamaged,
        DeviceError::Unfinished => Reason::NotActivated,
        _ => Reason::TpmFailure,
    }
}

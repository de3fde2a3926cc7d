//! Setting the store up in the TPM, and taking it down.

use crate::device::{
    Auths, DeviceError, Occupant, Outcome, Plan, ProvisionError, Secret, StoreBinding, Tpm,
};
use crate::policy::Reason;
use crate::store::{AccessError, BindingError, DiskError, Folder, LockError, LockedFolder};
use crate::token::{SigningKey, StoreId};

use super::permission::Permission;
use super::{Config, Counterfoil};

/// Why the store could not be set up or taken down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionStoreError {
    /// The TPM.
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    /// The folder.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Another process holds the folder.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The binding file; if it is lost, the TPM still has a store of the vendor and slot.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// The store is another vendor's, or another slot's.
    #[error(
        "the state folder belongs to another vendor or slot than this program's; nothing was changed: name the folder of \
         this vendor's licenses"
    )]
    OtherVendor,
    /// The store is bound to another TPM.
    #[error(
        "the state folder was set up on another machine than this one, whose TPM it is bound to; nothing was changed: \
         name a folder of this machine's own, or one that does not exist yet, and leave this one as it is"
    )]
    OtherDevice,
    /// There is a store to take down, of which the folder holds nothing.
    #[error(
        "this TPM has a store of this vendor in this slot, which nothing in this folder opens; nothing was changed: name the \
         folder that it is in (--dir), or add --other-store, which ends every license in that store for good"
    )]
    OtherStore,
    /// The folder's store ended, and the TPM has another one.
    #[error(
        "the licenses in this folder have ended already: the TPM's store of this vendor and slot was made anew from another \
         folder, or moved on; nothing was changed: there is nothing left to take down for this folder; --other-store would end every \
         license in the store that the TPM has now for good"
    )]
    Superseded,
    /// No random bytes for the store's id.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The TPM gave a store key that is none.
    #[error("the TPM gave a store key that is not usable; provision again")]
    StoreKey,
}

impl ProvisionStoreError {
    /// The cause as the registry calls it, where it is one that a validation finds too.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Provision(ProvisionError::PlaceTaken) | Self::OtherStore => {
                Some(Reason::PlaceTaken)
            }
            Self::Provision(ProvisionError::Superseded) | Self::Superseded => {
                Some(Reason::StoreSuperseded)
            }
            _ => None,
        }
    }
}

impl From<DeviceError> for ProvisionStoreError {
    fn from(error: DeviceError) -> Self {
        Self::Provision(error.into())
    }
}

impl From<DiskError> for ProvisionStoreError {
    fn from(error: DiskError) -> Self {
        Self::Access(error.into())
    }
}

impl Counterfoil {
    /// Sets the store up: keys, counters and seed in the TPM, the binding in the folder. Run again it verifies what is
    /// there, puts back what is missing, and changes nothing else.
    ///
    /// Activation does this by itself where no hierarchy has a password; an administrator calls it once where one has.
    /// A store that may be in use, from another folder or from this one once a backup is back, is given up with
    /// [`Permission::to_replace`] only. Blocks for the key generations of the TPM: a second on most, up to half a minute on
    /// old ones.
    ///
    /// # Errors
    /// [`ProvisionStoreError`]; what was there before still works. The store of another vendor, slot, machine or folder is
    /// left untouched.
    pub fn provision<'a>(
        &self,
        permission: impl Into<Permission<'a>>,
    ) -> Result<Outcome, ProvisionStoreError> {
        let (config, permission) = (self.config(), permission.into());
        let folder = open_folder(config, permission)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open()?;
        check_owner(config, &folder, tpm.as_mut(), permission.auths)?;
        folder.check_writable()?;
        provision(config, &folder, tpm.as_mut(), permission)
    }

    /// Removes the store from TPM and disk: every license in it is gone for good, and the vendor does not learn of it.
    /// [`licenses_at_stake`](Self::licenses_at_stake) lists them.
    ///
    /// Done twice it finds nothing to do. A store of which the folder holds nothing, or one that took its place, ends with
    /// [`Permission::to_replace`] only.
    ///
    /// # Errors
    /// [`ProvisionStoreError`]. The store of another vendor, slot, machine or folder is left untouched, and so is the TPM
    /// where the folder cannot be written.
    pub fn deprovision<'a>(
        &self,
        permission: impl Into<Permission<'a>>,
    ) -> Result<(), ProvisionStoreError> {
        let (config, permission) = (self.config(), permission.into());
        let folder = match Folder::open(&config.dir) {
            Err(AccessError::Missing { .. }) => None,
            other => Some(other?),
        };
        // Another process may be in the middle of a commit, which needs the counter.
        let folder = match &folder {
            Some(folder) => Some(folder.lock(config.patience)?),
            None => None,
        };
        let mut tpm = config.hardware.open()?;
        let mut kept = Kept::Nothing;
        if let Some(folder) = &folder {
            check_owner(config, folder, tpm.as_mut(), permission.auths)?;
            folder.check_writable()?;
            kept = Kept::in_folder(folder)?;
        }
        if tpm.occupant(&config.place(), kept.binding())? == Occupant::Another
            && !permission.replace
        {
            return Err(match kept {
                Kept::Binding(_) => ProvisionStoreError::Superseded,
                Kept::Lost(_) | Kept::Nothing => ProvisionStoreError::OtherStore,
            });
        }
        let removed = tpm.deprovision(&config.place(), permission.auths);
        // Some of it may be gone, even where it failed.
        self.inner().forget();
        removed?;
        if let Some(folder) = folder {
            for epoch in folder.epochs()? {
                folder.remove_generation(epoch)?;
            }
            folder.remove_rendezvous()?;
        }
        Ok(())
    }
}

/// Opens the folder, or makes it: not for a store that the TPM has already, which is in another one.
pub(super) fn open_folder(
    config: &Config,
    permission: Permission<'_>,
) -> Result<Folder, ProvisionStoreError> {
    match Folder::open(&config.dir) {
        Err(AccessError::Missing { .. }) => {}
        other => return Ok(other?),
    }
    if !permission.replace {
        let mut tpm = config.hardware.open()?;
        if tpm.occupant(&config.place(), None)? == Occupant::Another {
            return Err(ProvisionError::PlaceTaken.into());
        }
    }
    Ok(Folder::open_or_create(&config.dir)?)
}

/// Checks that what the folder holds is this vendor's, slot's and TPM's: one that is not may be in use elsewhere.
fn check_owner(
    config: &Config,
    folder: &LockedFolder<'_>,
    tpm: &mut dyn Tpm,
    auths: &Auths,
) -> Result<(), ProvisionStoreError> {
    let Kept::Binding(binding) = Kept::in_folder(folder)? else {
        return Ok(());
    };
    if binding.place() != config.place() {
        return Err(ProvisionStoreError::OtherVendor);
    }
    match tpm.recognizes(&binding, &auths.endorsement)? {
        true => Ok(()),
        false => Err(ProvisionStoreError::OtherDevice),
    }
}

/// Makes sure that the locked folder holds a binding that this TPM opens.
///
/// A new binding is kept before the store is finished: a crash in between leaves no store of which nobody knows.
pub(super) fn provision(
    config: &Config,
    folder: &LockedFolder<'_>,
    tpm: &mut dyn Tpm,
    permission: Permission<'_>,
) -> Result<Outcome, ProvisionStoreError> {
    let kept = Kept::in_folder(folder)?;
    let plan = Plan {
        place: config.place(),
        store: match kept.binding() {
            Some(binding) => binding.store,
            None => fresh_store_id()?,
        },
        auths: permission.auths.clone(),
        existing: kept.binding(),
        counter_form: None,
        replace: permission.replace,
        keep_first: true,
    };
    let made = match (tpm.provision(&plan), &kept) {
        // The folder is the store's own, and its binding was lost: a backup brings it back.
        (Err(ProvisionError::PlaceTaken), Kept::Lost(_)) => return Err(kept.into_error()),
        (made, _) => made?,
    };
    let Some(secret) = &made.store_key else {
        return Ok(made.outcome);
    };
    keep(folder, &made.binding, secret)?;
    let finished = tpm.provision(&Plan {
        existing: Some(&made.binding),
        ..plan
    })?;
    // Under the lock nothing but the TPM's owner can have come between.
    if finished.store_key.is_some() {
        return Err(ProvisionError::Superseded.into());
    }
    remove_unfinished(folder);
    Ok(made.outcome)
}

fn keep(
    folder: &LockedFolder<'_>,
    binding: &StoreBinding,
    secret: &Secret,
) -> Result<(), ProvisionStoreError> {
    let store_key =
        SigningKey::from_scalar(secret.as_bytes()).map_err(|_| ProvisionStoreError::StoreKey)?;
    let generation = folder.create_generation(binding.epoch)?;
    Ok(generation.write_binding(binding, &store_key)?)
}

/// What a folder holds of a store.
enum Kept {
    Nothing,
    /// The newest binding that can be read.
    Binding(Box<StoreBinding>),
    /// Files of a store, and no binding that can be read.
    Lost(BindingError),
}

impl Kept {
    fn in_folder(folder: &LockedFolder<'_>) -> Result<Self, ProvisionStoreError> {
        let mut kept = Self::Nothing;
        for epoch in folder.epochs()? {
            let generation = folder.generation(epoch)?;
            match generation.binding() {
                Ok(binding) => return Ok(Self::Binding(Box::new(binding))),
                // Left by a provisioning that was cut short.
                Err(BindingError::Missing { .. }) if generation.is_empty()? => {}
                Err(error @ (BindingError::Missing { .. } | BindingError::Altered { .. })) => {
                    kept = match kept {
                        Self::Nothing => Self::Lost(error),
                        newer => newer,
                    };
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(kept)
    }

    fn binding(&self) -> Option<&StoreBinding> {
        match self {
            Self::Binding(binding) => Some(binding),
            Self::Nothing | Self::Lost(_) => None,
        }
    }

    fn into_error(self) -> ProvisionStoreError {
        match self {
            Self::Lost(error) => error.into(),
            Self::Nothing | Self::Binding(_) => ProvisionError::PlaceTaken.into(),
        }
    }
}

/// Removes the generations without a binding, which nothing can ever open: each was left by a provisioning that was cut
/// short. Where the disk does not allow that they do no harm.
fn remove_unfinished(folder: &LockedFolder<'_>) {
    for epoch in folder.epochs().unwrap_or_default() {
        let binding = folder
            .generation(epoch)
            .map(|generation| generation.binding());
        if matches!(binding, Ok(Err(BindingError::Missing { .. }))) {
            let _ = folder.remove_generation(epoch);
        }
    }
}

fn fresh_store_id() -> Result<StoreId, getrandom::Error> {
    let mut id = [0; 16];
    getrandom::fill(&mut id)?;
    Ok(StoreId::new(id))
}

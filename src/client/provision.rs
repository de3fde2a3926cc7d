//! Setting the store up in the TPM, and taking it down.

use crate::device::{Auths, DeviceError, Outcome, Plan, ProvisionError, StoreBinding, Tpm};
use crate::store::{AccessError, BindingError, DiskError, Folder, LockError, LockedFolder};
use crate::token::{SigningKey, StoreId};

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
    /// The binding file.
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
         name a folder of this machine's own, or if this one is but a copy, remove it here first"
    )]
    OtherDevice,
    /// No random bytes for the store's id.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The TPM gave a store key that is none.
    #[error("the TPM gave a store key that is not usable; provision again")]
    StoreKey,
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
    /// there, completes what is missing, and changes nothing else.
    ///
    /// Activation does this by itself where no hierarchy has a password; an administrator calls it once where one has.
    /// Blocks for the key generations of the TPM: a second on most, up to half a minute on old ones.
    ///
    /// # Errors
    /// [`ProvisionStoreError`]; what was there before still works. The store of another vendor, slot or machine is left
    /// untouched.
    pub fn provision(&self, auths: &Auths) -> Result<Outcome, ProvisionStoreError> {
        let config = self.config();
        let folder = Folder::open_or_create(&config.dir)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open()?;
        check_owner(config, &folder, tpm.as_mut(), auths)?;
        folder.check_writable()?;
        provision(config, &folder, tpm.as_mut(), auths)
    }

    /// Removes the store from TPM and disk: every license in it is gone for good, and the vendor does not learn of it.
    ///
    /// Done twice it finds nothing to do.
    ///
    /// # Errors
    /// [`ProvisionStoreError`]. The store of another vendor, slot or machine is left untouched, and so is the TPM where
    /// the folder cannot be written.
    pub fn deprovision(&self, auths: &Auths) -> Result<(), ProvisionStoreError> {
        let config = self.config();
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
        if let Some(folder) = &folder {
            check_owner(config, folder, tpm.as_mut(), auths)?;
            folder.check_writable()?;
        }
        let removed = tpm.deprovision(&config.place(), auths);
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

/// Checks that what the folder holds is this vendor's, slot's and TPM's: one that is not may be in use elsewhere.
fn check_owner(
    config: &Config,
    folder: &LockedFolder<'_>,
    tpm: &mut dyn Tpm,
    auths: &Auths,
) -> Result<(), ProvisionStoreError> {
    let Some(binding) = newest_binding(folder)? else {
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
pub(super) fn provision(
    config: &Config,
    folder: &LockedFolder<'_>,
    tpm: &mut dyn Tpm,
    auths: &Auths,
) -> Result<Outcome, ProvisionStoreError> {
    let existing = newest_binding(folder)?;
    let store = match &existing {
        Some(binding) => binding.store,
        None => fresh_store_id()?,
    };
    let plan = Plan {
        place: config.place(),
        store,
        auths: auths.clone(),
        existing: existing.as_ref(),
        counter_form: None,
    };
    let provisioned = tpm.provision(&plan)?;
    if let Some(secret) = &provisioned.store_key {
        let store_key = SigningKey::from_scalar(secret.as_bytes())
            .map_err(|_| ProvisionStoreError::StoreKey)?;
        folder
            .create_generation(provisioned.binding.epoch)?
            .write_binding(&provisioned.binding, &store_key)?;
        remove_unfinished(folder);
    }
    Ok(provisioned.outcome)
}

fn newest_binding(folder: &LockedFolder<'_>) -> Result<Option<StoreBinding>, ProvisionStoreError> {
    for epoch in folder.epochs()? {
        match folder.generation(epoch)?.binding() {
            Ok(binding) => return Ok(Some(binding)),
            // What cannot be read is lost: provisioning is how a person says that no backup will bring it back.
            Err(BindingError::Missing { .. } | BindingError::Altered { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
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

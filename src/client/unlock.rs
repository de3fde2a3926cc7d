//! The way into the store that every operation takes: folder, binding, seed, keys.

use crate::device::{DeviceError, Place, SecretKind, StoreBinding, Tpm, UnsealError};
use crate::store::log::Log;
use crate::store::{
    AccessError, BindingError, BindingKey, DiskError, LockError, LockedFolder, Seed, Vault,
};
use crate::token::VendorId;

use super::Config;
use super::failure::Failure;

/// A store whose seed the TPM has opened.
pub(super) struct Unlocked<'l> {
    pub(super) binding: StoreBinding,
    pub(super) key: BindingKey,
    pub(super) vault: Vault<'l>,
    pub(super) log: Log<'l>,
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// Nothing was ever provisioned here.
    #[error("this machine is not set up for licenses of this vendor yet: activate a license")]
    Empty,
    /// The folder.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Another process holds it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The binding file.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// The binding is another vendor's.
    #[error(
        "the state folder holds the licenses of another vendor ({found}): name the folder of vendor {expected}, or the root \
         public key of the vendor whose folder this is"
    )]
    OtherVendor {
        /// The application's.
        expected: VendorId,
        /// The folder's.
        found: VendorId,
    },
    /// The binding is for another slot.
    #[error(
        "the state folder is that of slot {found}, not of slot {expected}: name the folder and the slot that belong together"
    )]
    OtherSlot {
        /// The application's.
        expected: u32,
        /// The folder's.
        found: u32,
    },
    /// The TPM.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The TPM does not open the seed.
    #[error(transparent)]
    Unseal(UnsealError),
}

impl From<DiskError> for UnlockError {
    fn from(error: DiskError) -> Self {
        Self::Access(error.into())
    }
}

impl From<UnsealError> for UnlockError {
    fn from(error: UnsealError) -> Self {
        match error {
            UnsealError::Device(error) => Self::Device(error),
            other => Self::Unseal(other),
        }
    }
}

/// A store that was not opened, and the binding with which that was tried.
#[derive(Debug)]
pub(super) struct NotUnlocked {
    pub(super) error: UnlockError,
    pub(super) binding: Option<Box<StoreBinding>>,
}

impl<E: Into<UnlockError>> From<E> for NotUnlocked {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            binding: None,
        }
    }
}

/// Opens the generation whose seed the TPM opens, newest first.
///
/// That the seed is the one that a license names is not checked here: there may be no license yet.
///
/// # Errors
/// The first error that is not [`UnsealError::EpochMoved`], which an older generation always gives; that one only if no
/// generation opens. Where the TPM does not know the store's objects, the cause of that.
pub(super) fn unlock<'l>(
    config: &Config,
    folder: &'l LockedFolder<'l>,
    tpm: &mut dyn Tpm,
) -> Result<Unlocked<'l>, Failure> {
    open_newest(config, folder, tpm).map_err(|failed| failed.explain(tpm, &config.place()))
}

fn open_newest<'l>(
    config: &Config,
    folder: &'l LockedFolder<'l>,
    tpm: &mut dyn Tpm,
) -> Result<Unlocked<'l>, NotUnlocked> {
    let place = config.place();
    let mut moved = None;
    let mut lost = None;
    for epoch in folder.epochs()? {
        let generation = folder.generation(epoch)?;
        let binding = match generation.binding() {
            Ok(binding) => binding,
            // Left by a provisioning that was cut short, if there is nothing beside it; else it was lost. An older
            // generation, or none, is the one in use.
            Err(error @ BindingError::Missing { .. }) => {
                if !generation.is_empty()? {
                    lost.get_or_insert(error);
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        check_place(binding.place(), place)?;
        match tpm.unseal(&binding, SecretKind::Seed) {
            Ok(secret) => {
                let seed = Seed::new(secret);
                let key = seed.binding_key(binding.store);
                let vault = generation.unlock(seed.state_key(binding.store), binding.store);
                return Ok(Unlocked {
                    binding,
                    key,
                    vault,
                    log: folder.log(),
                });
            }
            Err(error @ UnsealError::EpochMoved { .. }) => drop(moved.get_or_insert(error)),
            Err(error) => {
                return Err(NotUnlocked {
                    error: error.into(),
                    binding: Some(Box::new(binding)),
                });
            }
        }
    }
    Err(match (moved, lost) {
        (Some(moved), _) => UnlockError::Unseal(moved),
        (None, Some(lost)) => UnlockError::Binding(lost),
        (None, None) => UnlockError::Empty,
    }
    .into())
}

/// Checks that a binding is the application's vendor's, and of its slot.
fn check_place(found: Place, expected: Place) -> Result<(), UnlockError> {
    if found.vendor != expected.vendor {
        return Err(UnlockError::OtherVendor {
            expected: expected.vendor,
            found: found.vendor,
        });
    }
    match found.slot == expected.slot {
        true => Ok(()),
        false => Err(UnlockError::OtherSlot {
            expected: expected.slot,
            found: found.slot,
        }),
    }
}

impl Config {
    pub(super) fn place(&self) -> Place {
        Place {
            vendor: self.trust.vendor(),
            slot: self.slot,
        }
    }
}

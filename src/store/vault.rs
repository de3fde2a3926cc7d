//! A generation whose seed was opened: what lies in it can be read and written.

use zeroize::Zeroizing;

use crate::token::StoreId;
use crate::token::cose::{self, CoseError, Kind, Sealed};

use super::folder::Generation;
use super::keys::StateKey;

/// One generation with the key to its files, locked until it is dropped.
pub struct Vault<'l> {
    pub(super) generation: Generation<'l>,
    key: StateKey,
    store: StoreId,
}

impl<'l> Generation<'l> {
    /// Opens the generation's files with the key that came from its seed. Reads nothing yet; a wrong key shows when
    /// nothing opens.
    pub fn unlock(self, key: StateKey, store: StoreId) -> Vault<'l> {
        Vault {
            generation: self,
            key,
            store,
        }
    }
}

/// Something could not be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The content is larger than its file may be.
    #[error(
        "the file of kind {kind} would take {size} bytes where {limit} are allowed: nothing was changed; apply the vendor's answers to earlier requests first, one by one"
    )]
    TooLarge {
        /// The kind of file.
        kind: Kind,
        /// Its size in bytes.
        size: usize,
        /// The largest size in bytes.
        limit: usize,
    },
    /// The content cannot be put into an envelope.
    #[error(transparent)]
    Envelope(CoseError),
    /// No nonce could be drawn.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl Vault<'_> {
    /// Encrypts `payload`, bound to this store, this epoch and `role`, under a random nonce.
    ///
    /// A generation seals some thousand files in its life: 96 random bits do not repeat (NIST SP 800-38D section 8.3
    /// allows 2^32 of them).
    pub(super) fn seal(
        &self,
        kind: Kind,
        role: &[u8],
        payload: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce)?;
        cose::seal(
            kind,
            self.key.as_bytes(),
            &self.context(role),
            &[],
            payload,
            nonce,
        )
        .map_err(|error| match error {
            CoseError::TooLarge { kind, size, limit } => SealError::TooLarge { kind, size, limit },
            other => SealError::Envelope(other),
        })
    }

    /// Opens what [`Vault::seal`] made for the same `role`.
    pub(super) fn unseal(
        &self,
        sealed: &Sealed,
        role: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CoseError> {
        sealed.decrypt(self.key.as_bytes(), &self.context(role))
    }

    pub(super) fn key(&self) -> &StateKey {
        &self.key
    }

    /// Store id (16 bytes), epoch (8, big-endian), role.
    fn context(&self, role: &[u8]) -> Vec<u8> {
        [
            self.store.as_bytes().as_slice(),
            &self.generation.epoch.to_be_bytes(),
            role,
        ]
        .concat()
    }
}

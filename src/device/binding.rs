//! What a store keeps of its binding to a TPM: plain values, to be written to a file and signed with the store key.

use super::Place;
use crate::evidence::Name;
use crate::token::{StoreId, VendorId};
use std::fmt;
use zeroize::Zeroizing;

/// A store's binding to one TPM. Holds nothing secret: the sealed blobs open in that TPM only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreBinding {
    /// The vendor whose store it is.
    pub vendor: VendorId,
    /// The store's number on this machine; 0 for the machine-wide one.
    pub slot: u32,
    /// The store's id.
    pub store: StoreId,
    /// The attestation key, an endorsement primary.
    pub attestation_key: Key,
    /// The storage root key, an owner primary: the parent of seed and store key.
    pub storage_root_key: Key,
    /// The parent for feature keys, an owner primary.
    pub feature_parent: Key,
    /// The epoch counter's public area, a TPMS_NV_PUBLIC; its handle and Name follow from it.
    pub epoch_index: Vec<u8>,
    /// The activity counter's public area, a TPMS_NV_PUBLIC.
    pub activity_index: Vec<u8>,
    /// The epoch counter's value for which seed and store key are sealed.
    pub epoch: u64,
    /// The sealed seed.
    pub seed: SealedBlob,
    /// The sealed store key.
    pub store_key: SealedBlob,
    /// The store key's public point, SEC1 uncompressed.
    pub store_key_public: [u8; 65],
    /// The form in which this TPM certifies counters.
    pub counter_form: CounterForm,
}

impl StoreBinding {
    /// Where in the TPM the store has its objects.
    pub fn place(&self) -> Place {
        Place {
            vendor: self.vendor,
            slot: self.slot,
        }
    }
}

/// A primary key that the store uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The persistent handle; none where the TPM had no room, and the key is created anew at each use.
    pub handle: Option<u32>,
    /// The public area, a TPMT_PUBLIC.
    pub public: Vec<u8>,
    /// The Name, calculated from the public area.
    pub name: Name,
}

/// An object sealed under the storage root key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBlob {
    /// The public area, a TPMT_PUBLIC.
    pub public: Vec<u8>,
    /// The contents of the TPM2B_PRIVATE.
    pub private: Vec<u8>,
    /// The Name, calculated from the public area. The license names the seed's.
    pub name: Name,
}

/// One of the two counters of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Counts releases: a step closes what was sealed for the value before.
    Epoch,
    /// Counts changes of the state that must not be undone.
    Activity,
}

/// One of the two secrets of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// The seed, from which binding key and state key are derived.
    Seed,
    /// The store key's private scalar, big-endian.
    StoreKey,
}

/// How a TPM certifies a counter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CounterForm {
    /// TPM2_NV_Certify.
    Certified,
    /// TPM2_NV_Read in an audit session, then TPM2_GetSessionAuditDigest; for TPMs without TPM2_NV_Certify. Needs the
    /// endorsement hierarchy's auth value to be empty.
    Audited,
}

/// A template of the TCG EK Credential Profile 2.x, by which an endorsement key is created; the same in every session of
/// one TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndorsementTemplate {
    /// L-1, RSA-2048.
    L1,
    /// L-2, P-256.
    L2,
    /// H-3, P-384.
    H3,
}

impl EndorsementTemplate {
    /// All, the fastest first.
    pub const ALL: [Self; 3] = [Self::L2, Self::H3, Self::L1];
}

/// 32 secret bytes, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// Takes the bytes over; the caller wipes what it copied them from.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Copies the bytes, if there are 32.
    #[cfg(feature = "device")]
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self::new([0; 32]);
        (bytes.len() == secret.0.len()).then(|| secret.0.copy_from_slice(bytes))?;
        Some(secret)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The auth value of a hierarchy, wiped when dropped.
#[derive(Clone, Default)]
pub struct AuthValue(Zeroizing<Vec<u8>>);

impl AuthValue {
    /// The empty value, which most machines have.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Takes the bytes over. A TPM accepts as many as its hierarchy's hash is long, 32 on every common one.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Whether it is the empty value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for AuthValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() {
            "AuthValue(empty)"
        } else {
            "AuthValue(..)"
        })
    }
}

//! What ties a license to one chip and one store.

use serde_cbor::Value;

use super::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor};
use super::claims::{BINDING, CNF, CNF_COSE_KEY};
use super::id::{Name, StoreId};
use super::keys::PublicKey;

/// The TPM objects and the store that a license was issued to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The key that the sealed seed yields (`cnf`, RFC 8747).
    pub confirmation_key: PublicKey,
    /// The attestation key.
    pub ak: Name,
    /// The storage root key, parent of the seed.
    pub srk: Name,
    /// The sealed binding seed.
    pub seed: Name,
    /// The NV index of the epoch counter.
    pub epoch_index: Name,
    /// The NV index of the activity counter.
    pub activity_index: Name,
    /// The value of the epoch counter that the seed opens at.
    pub epoch: u64,
    /// The store.
    pub store: StoreId,
}

impl Binding {
    /// Adds the claims `cnf` and binding.
    pub(super) fn put(&self, claims: MapWriter) -> MapWriter {
        let binding = MapWriter::new()
            .put(1, self.ak)
            .put(2, self.srk)
            .put(3, self.seed)
            .put(4, self.epoch_index)
            .put(5, self.activity_index)
            .put(6, self.epoch)
            .put(7, self.store);
        put_confirmation(claims, &self.confirmation_key).put(BINDING, binding.into_value())
    }

    /// Takes the claims `cnf` and binding.
    pub(super) fn take(claims: &mut MapReader) -> Result<Self, CborError> {
        let mut map: MapReader = claims.required(BINDING)?;
        let binding = Self {
            confirmation_key: take_confirmation(claims)?,
            ak: map.required(1)?,
            srk: map.required(2)?,
            seed: map.required(3)?,
            epoch_index: map.required(4)?,
            activity_index: map.required(5)?,
            epoch: map.required(6)?,
            store: map.required(7)?,
        };
        map.finish()?;
        Ok(binding)
    }
}

/// Adds `cnf`.
pub(super) fn put_confirmation(claims: MapWriter, key: &PublicKey) -> MapWriter {
    claims.put(CNF, MapWriter::new().put(CNF_COSE_KEY, key).into_value())
}

/// Takes `cnf`.
pub(super) fn take_confirmation(claims: &mut MapReader) -> Result<PublicKey, CborError> {
    let mut cnf: MapReader = claims.required(CNF)?;
    let key = cnf.required(CNF_COSE_KEY)?;
    cnf.finish()?;
    Ok(key)
}

/// How well a device's TPM is known, decided by the root of its endorsement key certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DeviceClass {
    /// A TPM in silicon or firmware, with a certificate of its manufacturer.
    Hardware,
    /// A TPM of a virtual machine: whoever runs the hypervisor can rewind it.
    Virtual,
    /// A TPM without a certificate that an admin vouched for.
    Registered,
    /// A simulator.
    Test,
}

impl DeviceClass {
    /// All classes.
    pub const ALL: [Self; 4] = [Self::Hardware, Self::Virtual, Self::Registered, Self::Test];

    /// The lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hardware => "hardware",
            Self::Virtual => "virtual",
            Self::Registered => "registered",
            Self::Test => "test",
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::Hardware => 1,
            Self::Virtual => 2,
            Self::Registered => 3,
            Self::Test => 4,
        }
    }
}

impl std::fmt::Display for DeviceClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl ToCbor for DeviceClass {
    fn to_cbor(&self) -> Value {
        self.number().into()
    }
}

impl FromCbor for DeviceClass {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let number: u8 = FromCbor::from_cbor(value, key)?;
        Self::ALL
            .into_iter()
            .find(|class| class.number() == number)
            .ok_or(CborError::OutOfRange { key })
    }
}

//! TPMS_NV_PUBLIC, the public area of an NV index (TPM 2.0 Part 2, 13.5), and the counters that
//! this project defines.

use super::NvAttributes;
use crate::evidence::algorithm::HashAlgorithm;
use crate::evidence::name::{Name, name_of};
use crate::evidence::policy::counter_policy;
use crate::evidence::wire::{Put, Reader, WireError};

/// The public area of an NV index, parsed from received bytes that it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NvPublic {
    bytes: Vec<u8>,
    handle: u32,
    name_algorithm: HashAlgorithm,
    attributes: NvAttributes,
    auth_policy: Vec<u8>,
    data_size: u16,
}

impl NvPublic {
    /// Parses a TPMS_NV_PUBLIC (without the size that a TPM2B_NV_PUBLIC puts in front); reserved
    /// bits, other Name algorithms than SHA-256 and SHA-384, and trailing bytes are refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let handle = reader.u32()?;
        if handle >> 24 != 0x01 {
            return Err(WireError::Field("nvIndex"));
        }
        let name_algorithm = HashAlgorithm::read(&mut reader, "nameAlg")?;
        let attributes = NvAttributes::from_bits(reader.u32()?)?;
        let auth_policy = reader
            .sized(name_algorithm.digest_len(), "authPolicy")?
            .to_vec();
        if !auth_policy.is_empty() && auth_policy.len() != name_algorithm.digest_len() {
            return Err(WireError::Field("authPolicy"));
        }
        let data_size = reader.u16()?;
        reader.finish()?;
        Ok(Self {
            bytes: bytes.to_vec(),
            handle,
            name_algorithm,
            attributes,
            auth_policy,
            data_size,
        })
    }

    /// The bytes that were parsed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The Name, calculated over the received bytes; none if its algorithm is not SHA-256.
    pub fn name(&self) -> Option<Name> {
        (self.name_algorithm == HashAlgorithm::Sha256).then(|| name_of(&self.bytes))
    }

    /// The index' handle.
    pub fn handle(&self) -> u32 {
        self.handle
    }

    /// The attributes.
    pub fn attributes(&self) -> NvAttributes {
        self.attributes
    }

    /// The policy digest, empty if there is none.
    pub fn auth_policy(&self) -> &[u8] {
        &self.auth_policy
    }

    /// The size of the contents in bytes.
    pub fn data_size(&self) -> u16 {
        self.data_size
    }
}

const COUNTER: NvAttributes = NvAttributes::COUNTER
    .and(NvAttributes::POLICY_WRITE)
    .and(NvAttributes::AUTH_READ)
    .and(NvAttributes::NO_DA);

/// The public area to define a counter with: non-orderly, readable with the empty auth value,
/// outside the lockout, and incremented only under the store key's signature over the TPM's nonce.
///
/// Not yet incremented: [`counter_public`] is what the TPM shows afterwards, under another Name.
pub fn counter_definition(handle: u32, store_key: &Name) -> Vec<u8> {
    nv_public(handle, COUNTER, store_key)
}

/// The public area of such a counter once it has been incremented; [`NvPublic::name`] of it is the
/// Name that licenses, policies and certifications hold.
///
/// A received area is right if it equals these bytes.
pub fn counter_public(handle: u32, store_key: &Name) -> Vec<u8> {
    nv_public(handle, COUNTER.and(NvAttributes::WRITTEN), store_key)
}

/// The Name of [`counter_public`].
pub fn counter_name(handle: u32, store_key: &Name) -> Name {
    name_of(&counter_public(handle, store_key))
}

fn nv_public(handle: u32, attributes: NvAttributes, store_key: &Name) -> Vec<u8> {
    let mut public = Vec::with_capacity(46);
    public.put_u32(handle);
    public.put_u16(HashAlgorithm::Sha256.id());
    public.put_u32(attributes.bits());
    public.put_sized(counter_policy(store_key).as_bytes());
    public.put_u16(8);
    public
}

//! TPM2_Certify: an object lives in the attestation key's TPM.

use super::attest::{self, AttestationError, Attested, ClockInfo, Kind, MAX_NAME};
use super::attestation_key::AttestationKey;
use super::name::{Hierarchy, Name, child_qualified_name, primary_qualified_name};
use super::wire::WireError;
use thiserror::Error;

/// An object of which a TPM certified that it is loaded there. Only [`verify_certify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedObject {
    name: Name,
    qualified_name: Name,
    clock: ClockInfo,
}

impl CertifiedObject {
    /// The object's Name, hence its attributes, its policy and its key.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The object's qualified name, hence all its ancestors.
    pub fn qualified_name(&self) -> &Name {
        &self.qualified_name
    }

    /// The TPM's clock and counts when it certified.
    pub fn clock(&self) -> &ClockInfo {
        &self.clock
    }

    /// Whether the object is a primary of the hierarchy.
    #[must_use]
    pub fn is_primary_of(&self, hierarchy: Hierarchy) -> bool {
        self.qualified_name == primary_qualified_name(hierarchy, &self.name)
    }

    /// Whether the object lies under `parent`.
    ///
    /// Both were verified with the same attestation key.
    #[must_use]
    pub fn is_child_of(&self, parent: &Self) -> bool {
        self.qualified_name == child_qualified_name(&parent.qualified_name, &self.name)
    }
}

/// Why a certification proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertifyError {
    /// It fails a check that all attestations share.
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    /// It is about another object.
    #[error("the certification is of another object than the expected one")]
    ObjectName,
    /// The qualified name is not one made with SHA-256.
    #[error("the certified object's qualified name is not one with SHA-256")]
    QualifiedName,
}

impl From<WireError> for CertifyError {
    fn from(error: WireError) -> Self {
        Self::Attestation(error.into())
    }
}

/// Verifies that an object is loaded in the attestation key's TPM.
///
/// 1. The signature is well-formed and the attestation key's over the received bytes.
/// 2. What was signed begins with TPM_GENERATED and 3. is a certification.
/// 4. The qualified signer is the attestation key as an endorsement primary.
/// 5. The extra data is `extra_data`.
/// 6. The certified Name is `object`.
/// 7. The qualified name is one with SHA-256.
/// 8. No byte follows.
///
/// The caller has established that `ak` is the enrolled key, computed `object` from a public area
/// whose attributes he checked, and made `extra_data` from a nonce that was not known before. An
/// object that is not fixedTPM may live elsewhere as well.
pub fn verify_certify(
    ak: &AttestationKey,
    attested: &Attested,
    object: &Name,
    extra_data: &[u8],
) -> Result<CertifiedObject, CertifyError> {
    let mut opened = attest::open(ak, attested, Kind::Certify, extra_data)?;
    let certified = opened.body.sized(MAX_NAME, "name")?;
    let qualified_name = opened.body.sized(MAX_NAME, "qualifiedName")?;
    opened.body.finish()?;
    if certified != object.as_bytes() {
        return Err(CertifyError::ObjectName);
    }
    let qualified_name = Name::try_from(qualified_name).map_err(|_| CertifyError::QualifiedName)?;
    Ok(CertifiedObject {
        name: *object,
        qualified_name,
        clock: opened.clock,
    })
}

//! The attestation key's public half.

use super::algorithm::{Curve, HashAlgorithm};
use super::name::{Name, endorsement_primary_qualified_name};
use super::public::{ObjectAttributes, Parameters, Public, Scheme};
use super::wire::WireError;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use thiserror::Error;

/// A public area that has the shape of an attestation key, ready to verify with.
///
/// The shape says nothing about where the key lives: anyone can write such a public area. The
/// caller compares [`name`](Self::name) with the one in a verified license, or lets
/// [`enroll`](super::enroll) and a credential tie it to an endorsement key.
#[derive(Debug, Clone)]
pub struct AttestationKey {
    public: Vec<u8>,
    name: Name,
    qualified_name: Name,
    key: VerifyingKey,
}

/// Why a public area is not an attestation key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AkError {
    /// The bytes are no public area.
    #[error("the attestation key's public area is malformed: {0}")]
    Malformed(#[from] WireError),
    /// It is not a P-256 key with SHA-256 for its Name and without a cipher.
    #[error("the attestation key is not a P-256 signing key named with SHA-256")]
    Kind,
    /// It may sign by another scheme.
    #[error("the attestation key is not bound to ECDSA with SHA-256")]
    Scheme,
    /// An attribute is missing.
    #[error("the attestation key lacks the attribute {0}")]
    Lacks(&'static str),
    /// The key decrypts too.
    #[error("the attestation key must not decrypt")]
    Decrypts,
    /// The coordinates are not of a point on the curve.
    #[error("the attestation key is not a point on P-256")]
    Point,
}

impl AttestationKey {
    /// Parses an attestation key's TPMT_PUBLIC.
    ///
    /// 1. It is a public area, without a byte too many.
    /// 2. It is on P-256, named with SHA-256, without a symmetric cipher.
    /// 3. It is bound to ECDSA with SHA-256.
    /// 4. It is restricted: it signs nothing that looks like the TPM's own words but is not.
    /// 5. It signs, 6. and does not decrypt.
    /// 7. It is fixedTPM and 8. fixedParent: it exists in one TPM.
    /// 9. It has sensitiveDataOrigin: that TPM made it.
    /// 10. Its coordinates are of a point on the curve.
    pub fn from_public(bytes: &[u8]) -> Result<Self, AkError> {
        let public = Public::parse(bytes)?;
        let name = public.name().ok_or(AkError::Kind)?;
        let Parameters::Ecc {
            aes_bits: None,
            scheme,
            curve: Curve::P256,
            x,
            y,
        } = public.parameters()
        else {
            return Err(AkError::Kind);
        };
        if *scheme != Scheme::Ecdsa(HashAlgorithm::Sha256) {
            return Err(AkError::Scheme);
        }
        if let Some(text) = public
            .attributes()
            .lacking((ObjectAttributes::SIGN, "sign"))
        {
            return Err(AkError::Lacks(text));
        }
        if public.attributes().contains(ObjectAttributes::DECRYPT) {
            return Err(AkError::Decrypts);
        }
        let point = Curve::P256.uncompressed_point(x, y);
        let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| AkError::Point)?;
        Ok(Self {
            qualified_name: endorsement_primary_qualified_name(&name),
            public: public.into_bytes(),
            name,
            key,
        })
    }

    /// The public area.
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The key's Name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The key's qualified name as a primary of the endorsement hierarchy.
    pub fn qualified_name(&self) -> &Name {
        &self.qualified_name
    }

    #[must_use]
    pub(crate) fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        self.key.verify(message, signature).is_ok()
    }
}

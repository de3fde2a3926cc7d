//! Enrollment: an attestation key lives in the TPM of a trusted endorsement key.

use super::attestation_key::{AkError, AttestationKey};
use super::credential::{Credential, CredentialError, make_credential};
use super::ek::{EkPublicError, EndorsementKey};
use super::ek_chain::{EkError, EkTrust, TrustedEk, verify_ek};
use crate::token::UtcTime;
use rand_core::TryCryptoRng;
use thiserror::Error;

/// A trusted endorsement key and an attestation key that is said to live in the same TPM. Only
/// [`enroll`] makes one.
///
/// The proof is complete once the secret of [`credential`](Self::credential) comes back, or
/// something encrypted under it is used: a TPM opens it only while it holds both keys. Until then
/// the attestation key may be anyone's, so whatever is handed out goes out under that secret.
#[derive(Debug, Clone)]
pub struct EnrolledKey {
    ek: TrustedEk,
    ak: AttestationKey,
}

impl EnrolledKey {
    /// The endorsement key.
    pub fn ek(&self) -> &TrustedEk {
        &self.ek
    }

    /// The attestation key.
    pub fn ak(&self) -> &AttestationKey {
        &self.ak
    }

    /// Makes a credential that opens in the TPM that holds both keys, and nowhere else. The secret
    /// is at most 32 bytes long.
    pub fn credential<R: TryCryptoRng + ?Sized>(
        &self,
        secret: &[u8],
        rng: &mut R,
    ) -> Result<Credential, CredentialError> {
        make_credential(self.ek.key(), self.ak.name(), secret, rng)
    }
}

/// Why an attestation key is not enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EnrollError {
    /// The endorsement key's public area is not one.
    #[error(transparent)]
    EndorsementPublic(#[from] EkPublicError),
    /// Nobody trusted vouches for the endorsement key.
    #[error(transparent)]
    Endorsement(#[from] EkError),
    /// The attestation key's public area is not one.
    #[error(transparent)]
    Attestation(#[from] AkError),
}

/// Verifies what an activation says of its two keys.
///
/// 1. The endorsement key is a restricted decryption key of its TPM;
///    [`EndorsementKey::from_public`] lists the checks.
/// 2. A pinned root or an administrator vouches for it at the time `at`; [`verify_ek`] lists the
///    checks.
/// 3. The attestation key is a restricted signing key of its TPM; [`AttestationKey::from_public`]
///    lists the checks, and its Name is calculated from the public area.
///
/// The caller has established `at` and `trust`. That both keys live in one TPM is shown only by the
/// credential; see [`EnrolledKey`].
pub fn enroll(
    ek_public: &[u8],
    ek_certificates: &[Vec<u8>],
    ak_public: &[u8],
    trust: &EkTrust,
    at: UtcTime,
) -> Result<EnrolledKey, EnrollError> {
    let ek = EndorsementKey::from_public(ek_public)?;
    let ek = verify_ek(ek, ek_certificates, trust, at)?;
    let ak = AttestationKey::from_public(ak_public)?;
    Ok(EnrolledKey { ek, ak })
}

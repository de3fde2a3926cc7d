//! Enrollment: an attestation key lives in the TPM of a trusted endorsement key.

use super::attestation_key::{AkError, AttestationKey};
use super::credential::{Credential, CredentialError, make_credential};
use super::ek::{EkHash, EkKind, EkPublicError, EndorsementKey};
use super::ek_chain::{EkError, EkTrust, TrustedEk, verify_ek};
use crate::token::{DeviceClass, UtcTime};
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
    /// Nobody trusted vouches for any of several endorsement keys.
    #[error("none of the TPM's {} endorsement keys is trusted: {}", .0.len(), listed(.0))]
    NoneOf(Vec<RefusedKey>),
}

/// One of several endorsement keys, and why it is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedKey {
    /// The key's algorithm and hash; none where its public area is not one.
    pub key: Option<(EkKind, EkHash)>,
    /// Why: [`EnrollError::EndorsementPublic`] or [`EnrollError::Endorsement`].
    pub reason: Box<EnrollError>,
}

fn listed(refused: &[RefusedKey]) -> String {
    let causes: Vec<_> = refused
        .iter()
        .enumerate()
        .map(|(at, RefusedKey { key, reason })| match key {
            Some((kind, hash)) => format!("({}) {kind} key {hash}: {reason}", at + 1),
            None => format!("({}) {reason}", at + 1),
        })
        .collect();
    causes.join("; ")
}

/// An endorsement key as it is presented: nothing of it is trusted.
#[derive(Debug, Clone)]
pub struct PresentedKey {
    /// TPMT_PUBLIC.
    pub public: Vec<u8>,
    /// Certificates, its own first; see [`verify_ek`].
    pub certificates: Vec<Vec<u8>>,
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
    let presented = PresentedKey {
        public: ek_public.to_vec(),
        certificates: ek_certificates.to_vec(),
    };
    enroll_any(&[presented], ak_public, trust, at)
}

/// Like [`enroll`], for a TPM that presents several endorsement keys: the one that is trusted is taken, and of several the one
/// whose chip is on record, else one that a pinned root vouches for, else the first that an administrator vouches for. A chip
/// with one good chain is not refused for another.
///
/// That one of the keys is revoked by its hash refuses the chip.
pub fn enroll_any(
    presented: &[PresentedKey],
    ak_public: &[u8],
    trust: &EkTrust,
    at: UtcTime,
) -> Result<EnrolledKey, EnrollError> {
    let (mut trusted, mut refused) = (Vec::new(), Vec::new());
    for key in presented {
        let parsed = EndorsementKey::from_public(&key.public);
        let named = parsed.as_ref().ok();
        let named = named.map(|key| (key.kem_key().kind(), key.hash()));
        let verified = parsed
            .map_err(EnrollError::from)
            .and_then(|parsed| Ok(verify_ek(parsed, &key.certificates, trust, at)?));
        match verified {
            Ok(ek) => trusted.push(ek),
            Err(revoked @ EnrollError::Endorsement(EkError::KeyRevoked)) => return Err(revoked),
            Err(reason) => refused.push(RefusedKey {
                key: named,
                reason: Box::new(reason),
            }),
        }
    }
    let best = trusted.into_iter().min_by_key(|ek| {
        let on_record = trust.on_record.contains(&ek.hash());
        (!on_record, ek.class() == DeviceClass::Registered)
    });
    let Some(ek) = best else {
        return Err(match (refused.pop(), refused.is_empty()) {
            (Some(only), true) => *only.reason,
            (last, _) => {
                refused.extend(last);
                EnrollError::NoneOf(refused)
            }
        });
    };
    let ak = AttestationKey::from_public(ak_public)?;
    Ok(EnrolledKey { ek, ak })
}

//! From an endorsement key's certificate to a pinned root: which maker vouches for the chip.
//!
//! A small validator on top of `x509-cert`, for the few shapes that TPM makers issue: RSA and ECDSA
//! issuers, one to three certificates below the root, names and extensions as the TCG EK Credential
//! Profile has them. What it does not know and a certificate calls critical it refuses.

mod certificate;
mod model;
mod path;
mod revocation;
mod roca;
mod roots;
mod signature;
mod unwrap;

pub use certificate::CertificateError;
pub use model::TpmModel;
pub use path::PathError;
pub use revocation::{RevocationError, Revocations};
pub use roots::{EkRoots, PinnedRoot, RootError};
pub use unwrap::{UnwrapError, unwrap_certificates};

use super::ek::{EkHash, EndorsementKey, KemKey};
use crate::token::{DeviceClass, UtcTime};
use certificate::Certificate;
use std::collections::BTreeSet;
use thiserror::Error;

/// Whom a vendor trusts to vouch for chips. Nobody by default.
#[derive(Debug, Clone, Default)]
pub struct EkTrust {
    /// Pinned roots, each with the class of the devices below it.
    pub roots: EkRoots,
    /// Certificates and keys that are no longer trusted.
    pub revocations: Revocations,
    /// Endorsement keys that an administrator vouched for, for chips without a usable certificate.
    pub registered: BTreeSet<EkHash>,
}

/// An endorsement key that a pinned root or an administrator vouches for. Only [`verify_ek`] makes
/// one.
#[derive(Debug, Clone)]
pub struct TrustedEk {
    key: EndorsementKey,
    class: DeviceClass,
    model: Option<TpmModel>,
}

impl TrustedEk {
    /// The key.
    pub fn key(&self) -> &EndorsementKey {
        &self.key
    }

    /// What the chip is known by.
    pub fn hash(&self) -> EkHash {
        self.key.hash()
    }

    /// What kind of TPM it is, as the root's class or the registration says.
    pub fn class(&self) -> DeviceClass {
        self.class
    }

    /// The TPM's maker and model as the certificate names them; none if it does not, or if there is
    /// no certificate.
    pub fn model(&self) -> Option<&TpmModel> {
        self.model.as_ref()
    }
}

/// Why an endorsement key is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EkError {
    /// The key was revoked by its hash.
    #[error("the endorsement key is revoked: this chip is no longer licensed")]
    KeyRevoked,
    /// The key's primes have the structure that lets anyone factor it.
    #[error(
        "the endorsement key was made by a flawed generator (ROCA, CVE-2017-15361) and is \
         worthless; update the TPM's firmware"
    )]
    Roca,
    /// There is no certificate, and nobody registered the key.
    #[error(
        "the TPM has no endorsement certificate; an administrator may allow its endorsement key {0}"
    )]
    NoCertificate(EkHash),
    /// A certificate cannot be read.
    #[error("certificate {index} of the endorsement key is malformed: {reason}")]
    Malformed {
        /// Which one, counted from 0, the endorsement key's.
        index: usize,
        /// What is wrong.
        reason: CertificateError,
    },
    /// More certificates came than a chain of any maker has.
    #[error("{0} certificates came with the endorsement key; no chain is that long")]
    TooMany(usize),
    /// The certificate is for another key.
    #[error("the endorsement certificate is for another key than the one presented")]
    OtherKey,
    /// The certificate is a certificate authority's.
    #[error("the endorsement certificate is a certificate authority's, not a TPM's")]
    IsAuthority,
    /// The certificate's key usage does not let the key receive secrets.
    #[error("the endorsement certificate does not allow key encipherment or agreement")]
    KeyUsage,
    /// The certificate has extended key usages, and 2.23.133.8.1 is not among them.
    #[error("the certificate is not one for an endorsement key (extended key usage 2.23.133.8.1)")]
    ExtendedKeyUsage,
    /// The subject alternative name does not describe a TPM.
    #[error(
        "the endorsement certificate's subject alternative name does not name a TPM's maker, model \
         and version"
    )]
    AlternativeName,
    /// No path leads to a pinned root.
    #[error(
        "the endorsement certificate leads to no pinned root ({}); {} the endorsement key {hash} \
         (`ek allow`)", dead_end(*reason, issuer), remedy(*reason)
    )]
    NoPath {
        /// What ended the best try.
        reason: PathError,
        /// The distinguished name of the issuer at which it ended, with harmless characters only.
        issuer: String,
        /// The key's hash.
        hash: EkHash,
    },
    /// A certificate of the path was revoked.
    #[error("a certificate between the endorsement key and its root is revoked")]
    CertificateRevoked,
    /// A revocation list's signature is not its issuer's.
    #[error("the revocation list of {0} is not signed by it; replace the file")]
    RevocationList(String),
}

/// Where the path ended, and why.
fn dead_end(reason: PathError, issuer: &str) -> String {
    match reason {
        PathError::UnknownIssuer => format!("its issuer {issuer} is not known"),
        PathError::Signature => {
            format!("the signature is not that of the known certificate of its issuer {issuer}")
        }
        _ => format!("{reason}, at its issuer {issuer}"),
    }
}

/// How what a vendor can do about it begins.
fn remedy(reason: PathError) -> &'static str {
    match reason {
        PathError::UnknownIssuer => "add that certificate (`ek-root add`), or allow",
        PathError::Signature => "add the right one of that name (`ek-root add`), or allow",
        _ => "get a valid chain from the TPM's maker, or allow",
    }
}

/// Certificates that may come with an endorsement key: its own, and chains for several kinds of key.
const MAX_CERTIFICATES: usize = 8;

/// Verifies that a pinned root or an administrator vouches for an endorsement key at the time `at`.
///
/// `certificates` are what the TPM stores: the endorsement key's own first, then intermediate ones,
/// in DER, possibly padded or wrapped as in NV memory.
///
/// Always:
/// 1. The key is not revoked by its hash.
/// 2. An RSA key has not the fingerprint of ROCA.
///
/// With certificates:
/// 3. Each is well-formed, without duplicate extensions, and without critical ones that are unknown
///    here.
/// 4. The first is for this very key. RSAES-OAEP is accepted as the key's algorithm.
/// 5. It is not a certificate authority's. 6. Its key usage, where present, has keyEncipherment or
///    keyAgreement.
/// 7. Its extended key usage, where present, has 2.23.133.8.1.
/// 8. Its subject alternative name, where present, names the TPM's maker, model and version.
/// 9. A path leads to a pinned root: issuer and subject names match, every signature is right,
///    every certificate below the root is valid at `at`, every issuer is a certificate authority
///    that may sign certificates and has as many below it as it allows.
/// 10. No certificate of the path is revoked by its hash or by its issuer's revocation list, and
///     every such list is signed by that issuer.
///
/// Without certificates, or if they cannot be read or lead to no pinned root:
/// 11. An administrator registered the key's hash.
///
/// That the key is a restricted decryption key was established by [`EndorsementKey::from_public`].
///
/// The caller has established `at`, and that `trust` is what the vendor chose. That the TPM holds
/// the key is shown only when it opens a credential.
pub fn verify_ek(
    key: EndorsementKey,
    certificates: &[Vec<u8>],
    trust: &EkTrust,
    at: UtcTime,
) -> Result<TrustedEk, EkError> {
    let hash = key.hash();
    if trust.revocations.is_key_revoked(&hash) {
        return Err(EkError::KeyRevoked);
    }
    if let KemKey::Rsa(rsa) = key.kem_key()
        && roca::has_fingerprint(rsa)
    {
        return Err(EkError::Roca);
    }
    match verify_certified(&key, certificates, trust, at) {
        Ok((class, model)) => Ok(TrustedEk { key, class, model }),
        Err(
            EkError::NoCertificate(_)
            | EkError::Malformed { .. }
            | EkError::TooMany(_)
            | EkError::NoPath { .. },
        ) if trust.registered.contains(&hash) => Ok(TrustedEk {
            key,
            class: DeviceClass::Registered,
            model: None,
        }),
        Err(error) => Err(error),
    }
}

fn verify_certified(
    key: &EndorsementKey,
    certificates: &[Vec<u8>],
    trust: &EkTrust,
    at: UtcTime,
) -> Result<(DeviceClass, Option<TpmModel>), EkError> {
    let certificates = parse_all(certificates)?;
    let Some((leaf, intermediates)) = certificates.split_first() else {
        return Err(EkError::NoCertificate(key.hash()));
    };
    let model = check_leaf(leaf, key)?;
    let path =
        path::build(leaf, intermediates, &trust.roots, at).map_err(|end| EkError::NoPath {
            reason: end.reason,
            issuer: end.issuer(),
            hash: key.hash(),
        })?;
    trust.revocations.check(&path)?;
    Ok((path.root.class, model))
}

fn parse_all(stored: &[Vec<u8>]) -> Result<Vec<Certificate>, EkError> {
    let mut certificates = Vec::new();
    for bytes in stored {
        let malformed = |reason| EkError::Malformed {
            index: certificates.len(),
            reason,
        };
        let unwrapped = unwrap_certificates(bytes).map_err(|_| malformed(CertificateError::Der))?;
        for der in unwrapped {
            let index = certificates.len();
            if index == MAX_CERTIFICATES {
                return Err(EkError::TooMany(index + 1));
            }
            let certificate =
                Certificate::parse(der).map_err(|reason| EkError::Malformed { index, reason })?;
            certificates.push(certificate);
        }
    }
    Ok(certificates)
}

/// Checks 4 to 8 of [`verify_ek`].
fn check_leaf(leaf: &Certificate, key: &EndorsementKey) -> Result<Option<TpmModel>, EkError> {
    if !leaf.certifies(key.kem_key()) {
        return Err(EkError::OtherKey);
    }
    let extensions = leaf.extensions();
    if extensions.authority.is_some() {
        return Err(EkError::IsAuthority);
    }
    if let Some(usage) = &extensions.key_usage
        && !usage.key_encipherment()
        && !usage.key_agreement()
    {
        return Err(EkError::KeyUsage);
    }
    if let Some(usages) = &extensions.extended_key_usage
        && !usages.contains(&certificate::EK_CERTIFICATE)
    {
        return Err(EkError::ExtendedKeyUsage);
    }
    let Some(names) = &extensions.alternative_names else {
        return Ok(None);
    };
    TpmModel::from_names(names)
        .map(Some)
        .ok_or(EkError::AlternativeName)
}

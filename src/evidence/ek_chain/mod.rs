//! From an endorsement key's certificate to a pinned root: which maker vouches for the chip.
//!
//! A small validator on top of `x509-cert`, for the few shapes that TPM makers issue: RSA and ECDSA
//! issuers, one to three certificates below the root, names and extensions as the TCG EK Credential
//! Profile has them. What it does not know and a certificate calls critical it refuses.

mod certificate;
mod examine;
mod file;
mod model;
mod name;
mod path;
mod revocation;
mod roca;
mod roots;
mod signature;
mod unwrap;

pub use certificate::CertificateError;
pub use examine::{CertificateNames, Examination, Recognized, examine, is_authority};
pub use file::Place;
pub use model::TpmModel;
pub use path::PathError;
pub use revocation::{RevocationError, Revocations};
pub use roots::{Candidate, EkRoots, Expired, PinnedRoot, RootError, certificates_in};
pub use signature::Unsupported;
pub use unwrap::unwrap_certificates;

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
    /// Endorsement keys of chips that were recognized before. That a certificate has ended since locks none of them out.
    pub on_record: BTreeSet<EkHash>,
}

/// An endorsement key that a pinned root or an administrator vouches for. Only [`verify_ek`] makes
/// one.
#[derive(Debug, Clone)]
pub struct TrustedEk {
    key: EndorsementKey,
    class: DeviceClass,
    model: Option<TpmModel>,
    expired: Option<UtcTime>,
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

    /// When the first certificate below the pinned root ended, if one has.
    pub fn expired(&self) -> Option<UtcTime> {
        self.expired
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
    #[error("the TPM has no endorsement certificate; {}", allow(.0))]
    NoCertificate(EkHash),
    /// The endorsement key's certificate cannot be read.
    #[error(
        "the endorsement certificate cannot be used: {reason}; {}",
        allow(hash)
    )]
    Malformed {
        /// What is wrong.
        reason: CertificateError,
        /// The key's hash.
        hash: EkHash,
    },
    /// The certificate's key is none that endorsement keys here are.
    #[error(
        "the certificate's key is neither RSA-2048 nor on P-256 or P-384: no endorsement key that is used here"
    )]
    KeyKind,
    /// The certificate is for another key.
    #[error("the endorsement certificate is for another key than the one presented")]
    OtherKey,
    /// The certificate is a certificate authority's.
    #[error("the endorsement certificate is a certificate authority's, not a TPM's; {}", allow(.0))]
    IsAuthority(EkHash),
    /// The certificate's key usage does not let the key receive secrets.
    #[error(
        "the endorsement certificate does not allow key encipherment or agreement; {}", allow(.0)
    )]
    KeyUsage(EkHash),
    /// The certificate has extended key usages, and 2.23.133.8.1 is not among them.
    #[error(
        "the certificate is not one for an endorsement key (extended key usage 2.23.133.8.1); {}", allow(.0)
    )]
    ExtendedKeyUsage(EkHash),
    /// The subject alternative name does not describe a TPM.
    #[error(
        "the endorsement certificate's subject alternative name does not name a TPM's maker, model \
         and version; {}", allow(.0)
    )]
    AlternativeName(EkHash),
    /// No path leads to a pinned root.
    #[error(
        "the endorsement certificate leads to no pinned root: {}; {}{}",
        dead_end(*reason, issuer), remedy(*reason), allow(hash)
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

impl EkError {
    /// Whether an administrator who vouches for the key mends it: there is nothing against the chip, only no maker who vouches for
    /// it.
    fn is_mended_by_registration(&self) -> bool {
        match self {
            Self::NoCertificate(_)
            | Self::Malformed { .. }
            | Self::IsAuthority(_)
            | Self::KeyUsage(_)
            | Self::ExtendedKeyUsage(_)
            | Self::AlternativeName(_)
            | Self::NoPath { .. } => true,
            Self::KeyRevoked
            | Self::Roca
            | Self::OtherKey
            | Self::KeyKind
            | Self::CertificateRevoked
            | Self::RevocationList(_) => false,
        }
    }
}

/// Where the path ended, and why.
fn dead_end(reason: PathError, issuer: &str) -> String {
    match reason {
        PathError::UnknownIssuer => format!("its issuer {issuer} is not known"),
        PathError::SelfSigned => {
            format!("it is signed by itself ({issuer}), so nobody else vouches for the chip")
        }
        PathError::UnusableIssuer(error) => {
            format!(
                "the certificate of its issuer {issuer} came with it and cannot be used: {error}"
            )
        }
        PathError::Signature => {
            format!("the signature is not that of the known certificate of its issuer {issuer}")
        }
        PathError::Sha1 => {
            format!(
                "a certificate of its issuer {issuer} is signed with SHA-1, which proves nothing"
            )
        }
        PathError::Expired(end) => format!(
            "a certificate of its issuer {issuer} expired on {end}, and the rule of the pinned root refuses such"
        ),
        _ => format!("{reason}, at its issuer {issuer}"),
    }
}

/// What a vendor can do about it besides allowing the key.
fn remedy(reason: PathError) -> &'static str {
    match reason {
        PathError::UnknownIssuer => "add that certificate (`ek-root add`), or ",
        PathError::UnusableIssuer(_) | PathError::Signature => {
            "add the right one of that name (`ek-root add`), or "
        }
        PathError::Sha1 => {
            "pin the certificate that is signed so itself (`ek-root add`), if it is an authority's, or "
        }
        PathError::Expired(_) => "change the rule (`ek-root add --expired accept`), or ",
        PathError::SelfSigned | PathError::Unsupported(_) => "",
        _ => "get a valid chain from the TPM's maker, or ",
    }
}

/// The way that is open for every key.
fn allow(hash: &EkHash) -> String {
    format!("vouch for this chip: `ek allow {hash}`")
}

/// Verifies that a pinned root or an administrator vouches for an endorsement key at the time `at`.
///
/// `certificates` are what the TPM stores: the endorsement key's own first, then whatever lies where makers leave the ones between
/// it and their root, in DER, possibly padded, wrapped or spread as in NV memory.
///
/// Always:
/// 1. The key is not revoked by its hash.
/// 2. An RSA key has not the fingerprint of ROCA.
///
/// With certificates:
/// 3. The first is well-formed, without duplicate extensions, and without critical ones that are unknown here. Of the others those
///    that are not are left aside.
/// 4. The first is for this very key. RSAES-OAEP is accepted as the key's algorithm.
/// 5. It is not a certificate authority's. 6. Its key usage, where present, has keyEncipherment or
///    keyAgreement.
/// 7. Its extended key usage, where present, has 2.23.133.8.1.
/// 8. Its subject alternative name, where present, names the TPM's maker, model and version.
/// 9. A path leads to a pinned root: issuer and subject names match, every signature is right, every certificate below the root is
///    valid by `at`, every issuer is a certificate authority that may sign certificates and has as many below it as it allows. Where
///    one has ended, the root's rule accepts that, or the chip is on record.
/// 10. No certificate of the path is revoked by its hash, by its issuer's revocation list or by an indirect one, and every such
///     list is signed by its issuer.
///
/// Without certificates, or if they cannot be used or lead to no pinned root:
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
    let trusted = match verify_key(key.kem_key(), hash, certificates, trust, at) {
        Ok(found) => TrustedEk {
            key,
            class: found.class,
            model: found.model,
            expired: found.expired,
        },
        Err(error) if error.is_mended_by_registration() && trust.registered.contains(&hash) => {
            TrustedEk {
                key,
                class: DeviceClass::Registered,
                model: None,
                expired: None,
            }
        }
        Err(error) => return Err(error),
    };
    Ok(trusted)
}

/// What a path to a pinned root says of a chip.
struct Found {
    class: DeviceClass,
    model: Option<TpmModel>,
    expired: Option<UtcTime>,
    /// The names of those above the leaf, the root's last.
    above: Vec<String>,
    root: [u8; 32],
}

fn verify_key(
    key: &KemKey,
    hash: EkHash,
    certificates: &[Vec<u8>],
    trust: &EkTrust,
    at: UtcTime,
) -> Result<Found, EkError> {
    if trust.revocations.is_key_revoked(&hash) {
        return Err(EkError::KeyRevoked);
    }
    if let KemKey::Rsa(rsa) = key
        && roca::has_fingerprint(rsa)
    {
        return Err(EkError::Roca);
    }
    let Some(stored) = Stored::parse(certificates) else {
        return Err(EkError::NoCertificate(hash));
    };
    let leaf = stored
        .leaf
        .map_err(|reason| EkError::Malformed { reason, hash })?;
    let model = check_leaf(&leaf, key, hash)?;
    let material = path::Material {
        intermediates: &stored.others,
        unusable: &stored.unusable,
        roots: &trust.roots,
        at,
        any_age: trust.on_record.contains(&hash),
    };
    let path = path::build(&leaf, material).map_err(|end| EkError::NoPath {
        reason: end.reason,
        issuer: end.issuer(),
        hash,
    })?;
    let signers = trust.roots.iter().map(|root| &root.certificate);
    trust
        .revocations
        .check(&path, signers.chain(&stored.others))?;
    let above = path.below.iter().skip(1).copied();
    Ok(Found {
        class: path.root.class,
        model,
        expired: path.expired,
        above: above
            .chain([&path.root.certificate])
            .map(|authority| name::shown(authority.subject()))
            .collect(),
        root: *path.root.fingerprint(),
    })
}

/// What a TPM stores of certificates, told apart.
struct Stored {
    leaf: Result<Certificate, CertificateError>,
    /// Those that may stand between it and a root.
    others: Vec<Certificate>,
    /// The name of each one that cannot be used, and why.
    unusable: Vec<(Vec<u8>, CertificateError)>,
}

impl Stored {
    /// None if there is nothing.
    ///
    /// Where makers leave the chain one certificate may reach over several indexes, and others may lie there, or nothing that can be
    /// read: it harms none of those that can.
    fn parse(certificates: &[Vec<u8>]) -> Option<Self> {
        let (first, rest) = certificates.split_first()?;
        let mut own = unwrap_certificates(first).into_iter();
        let leaf = own
            .next()
            .map_or(Err(CertificateError::Der), Certificate::parse);
        let chain = rest.concat();
        let (mut others, mut unusable): (Vec<Certificate>, Vec<_>) = (Vec::new(), Vec::new());
        for der in own.chain(unwrap_certificates(&chain)) {
            match Certificate::parse(der) {
                Ok(found)
                    if !others
                        .iter()
                        .any(|other| other.fingerprint() == found.fingerprint()) =>
                {
                    others.push(found);
                }
                Ok(_) => {}
                Err(error) => unusable.extend(
                    certificate::Outline::of_certificate(der)
                        .map(|outline| (name::comparable(&outline.subject), error)),
                ),
            }
        }
        Some(Self {
            leaf,
            others,
            unusable,
        })
    }
}

/// Checks 4 to 8 of [`verify_ek`].
fn check_leaf(leaf: &Certificate, key: &KemKey, hash: EkHash) -> Result<Option<TpmModel>, EkError> {
    if leaf.kem_key().as_ref() != Some(key) {
        return Err(EkError::OtherKey);
    }
    let extensions = leaf.extensions();
    if extensions.authority.is_some() {
        return Err(EkError::IsAuthority(hash));
    }
    if let Some(usage) = &extensions.key_usage
        && !usage.key_encipherment()
        && !usage.key_agreement()
    {
        return Err(EkError::KeyUsage(hash));
    }
    if let Some(usages) = &extensions.extended_key_usage
        && !usages.contains(&certificate::EK_CERTIFICATE)
    {
        return Err(EkError::ExtendedKeyUsage(hash));
    }
    let Some(names) = &extensions.alternative_names else {
        return Ok(None);
    };
    TpmModel::from_names(names)
        .map(Some)
        .ok_or(EkError::AlternativeName(hash))
}

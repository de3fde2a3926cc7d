//! What a bare endorsement certificate leads to, for people: the same checks as for a request, without a TPM.

use super::certificate::Certificate;
use super::name;
use super::signature::VerifyingKey;
use super::{CertificateError, EkError, EkTrust, TpmModel, verify_key};
use crate::evidence::ek::EkHash;
use crate::token::{DeviceClass, UtcTime};
use x509_cert::ext::pkix::name::{GeneralName, GeneralNames};

/// What a certificate says of itself. Nothing in it is verified, and whoever made it chose the names: they are cut and escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateNames {
    /// Whose key it is; empty on the certificates of many makers.
    pub subject: String,
    /// The further names, one by one, without the one that describes the TPM's make: a machine's or a project's name with some virtual
    /// TPMs.
    pub alternative: Vec<String>,
    /// Who issued it.
    pub issuer: String,
}

impl CertificateNames {
    /// All that the certificate calls its subject.
    pub fn of_subject(&self) -> impl Iterator<Item = &str> {
        let subject = Some(self.subject.as_str()).filter(|subject| !subject.is_empty());
        subject
            .into_iter()
            .chain(self.alternative.iter().map(String::as_str))
    }

    /// Reads the names of a certificate as a TPM stores it or a maker publishes it; none if it cannot be read.
    pub fn of(stored: &[u8]) -> Option<Self> {
        let der = super::unwrap_certificates(stored).into_iter().next()?;
        Certificate::parse(der)
            .ok()
            .map(|certificate| Self::from_certificate(&certificate))
    }

    fn from_certificate(certificate: &Certificate) -> Self {
        let alternative = certificate.extensions().alternative_names.as_ref();
        Self {
            subject: name::shown(certificate.subject()),
            alternative: alternative.map(alternatives).unwrap_or_default(),
            issuer: name::shown(certificate.issuer()),
        }
    }
}

fn alternatives(names: &GeneralNames) -> Vec<String> {
    names
        .iter()
        .filter(
            |name| !matches!(name, GeneralName::DirectoryName(name) if name::is_of_a_make(name)),
        )
        .map(|name| match name {
            GeneralName::DirectoryName(name) => super::name::shown(name),
            GeneralName::Rfc822Name(text) => super::name::harmless(text.as_str()),
            GeneralName::DnsName(text) => super::name::harmless(text.as_str()),
            GeneralName::UniformResourceIdentifier(text) => super::name::harmless(text.as_str()),
            GeneralName::OtherName(name) => {
                let (id, length) = (name.type_id, name.value.value().len());
                format!("of type {id}, {length} bytes")
            }
            other => super::name::harmless(&format!("{other:?}")),
        })
        .collect()
}

/// What an endorsement certificate leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// Its names.
    pub names: CertificateNames,
    /// The algorithm of its key.
    pub key: String,
    /// The key's hash; none where the key is of a kind that no endorsement key here is.
    pub hash: Option<EkHash>,
    /// First second of its validity.
    pub not_before: UtcTime,
    /// Last second of its validity.
    pub not_after: UtcTime,
    /// The TPM's maker and model, if it names them as the TCG has it.
    pub model: Option<TpmModel>,
    /// Whether an administrator vouched for the key.
    pub allowed: bool,
    /// Where it leads, or why nowhere.
    pub verdict: Result<Recognized, EkError>,
}

/// How a chip would be recognized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognized {
    /// Its class.
    pub class: DeviceClass,
    /// The authorities above the certificate, the pinned one last; none where an administrator vouched for the key alone.
    pub path: Vec<String>,
    /// SHA-256 over the pinned certificate.
    pub root: Option<[u8; 32]>,
    /// When the first certificate of the path ended, if one has.
    pub expired: Option<UtcTime>,
}

/// Examines an endorsement certificate as [`verify_ek`](super::verify_ek) would, with `others` that may stand between it and a root,
/// all in DER.
///
/// # Errors
/// [`CertificateError`] where the certificate cannot be read.
pub fn examine(
    certificate: &[u8],
    others: &[Vec<u8>],
    trust: &EkTrust,
    at: UtcTime,
) -> Result<Examination, CertificateError> {
    let leaf = Certificate::parse(certificate)?;
    let key = leaf.kem_key();
    let hash = key.as_ref().and_then(|key| key.hash());
    let stored: Vec<Vec<u8>> = std::iter::once(certificate.to_vec())
        .chain(others.iter().cloned())
        .collect();
    let allowed = hash.is_some_and(|hash| trust.registered.contains(&hash));
    let verdict = match (&key, hash) {
        (Some(key), Some(hash)) => match verify_key(key, hash, &stored, trust, at) {
            Ok(found) => Ok(Recognized {
                class: found.class,
                path: found.above,
                root: Some(found.root),
                expired: found.expired,
            }),
            Err(error) if allowed && error.is_mended_by_registration() => Ok(Recognized {
                class: DeviceClass::Registered,
                path: Vec::new(),
                root: None,
                expired: None,
            }),
            Err(error) => Err(error),
        },
        _ => Err(EkError::KeyKind),
    };
    let names = leaf.extensions().alternative_names.as_ref();
    Ok(Examination {
        names: CertificateNames::from_certificate(&leaf),
        key: match (&key, VerifyingKey::parse(leaf.public_key())) {
            (Some(key), _) => key.kind().to_string(),
            (None, Ok(key)) => key.name(),
            (None, Err(unsupported)) => unsupported.to_string(),
        },
        hash,
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        model: names.and_then(TpmModel::from_names),
        allowed,
        verdict,
    })
}

/// Whether a certificate is an authority's, in DER.
pub fn is_authority(certificate: &[u8]) -> bool {
    Certificate::parse(certificate).is_ok_and(|found| found.extensions().authority.is_some())
}

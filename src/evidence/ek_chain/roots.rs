//! Pinned roots.

use super::certificate::{Certificate, CertificateError, Outline};
use super::file::{self, Content, Place};
use super::name;
use super::signature::{Unsupported, VerifyingKey};
use crate::evidence::ek::{EkHash, EkKind, KemKey};
use crate::token::DeviceClass;
use thiserror::Error;

/// Roots of TPM makers, each with the class of the devices whose certificates lead to it.
///
/// A root is a certificate authority's certificate that the vendor pinned, self-signed or not: an
/// authority in the middle of a maker's chain may be pinned alone. Its own validity in time is not
/// looked at, since makers' roots expire while the chips below live on; who no longer trusts one
/// removes it.
#[derive(Debug, Clone, Default)]
pub struct EkRoots(Vec<PinnedRoot>);

/// A pinned root.
#[derive(Debug, Clone)]
pub struct PinnedRoot {
    pub(crate) certificate: Certificate,
    pub(crate) class: DeviceClass,
    pub(crate) expired: Expired,
}

/// What becomes of a certificate below a root that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Expired {
    /// It is accepted, and told: its end was set when the chip was made, and says nothing about the chip.
    #[default]
    Accept,
    /// A chip that is not on record yet is refused.
    Refuse,
}

impl Expired {
    /// All.
    pub const ALL: [Self; 2] = [Self::Accept, Self::Refuse];

    /// The name, as typed, stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refuse => "refuse",
        }
    }
}

/// Why a certificate cannot be pinned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RootError {
    /// The bytes hold no certificate.
    #[error("it holds no certificate, neither in DER nor in PEM nor in PKCS #7")]
    NoCertificate,
    /// It is not in a form that is read.
    #[error("{0}")]
    Unreadable(&'static str),
    /// The certificate cannot be read.
    #[error("the certificate cannot be a root: {0}")]
    Malformed(#[from] CertificateError),
    /// It is not a certificate authority's.
    #[error(
        "the certificate is not one of a certificate authority; pin the authority's that issued it"
    )]
    NotAuthority,
    /// Nothing that its key signed could be verified here.
    #[error("{0} cannot be verified here, so no TPM below this certificate would be recognized")]
    Key(Unsupported),
}

/// A certificate of a file that may be pinned, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Where in the file it begins.
    pub place: Place,
    /// Whose it is, as far as that can be read.
    pub subject: Option<String>,
    /// The hash of its key, if it is one of those that endorsement keys are.
    pub key: Option<EkHash>,
    /// That key's algorithm.
    pub key_kind: Option<EkKind>,
    /// Its DER.
    pub certificate: Result<Vec<u8>, RootError>,
}

/// The certificates of a file of any form in which they are given; revocation lists and keys in it are passed over. Empty if
/// there is none.
pub fn certificates_in(file: &[u8]) -> Vec<Candidate> {
    let elements = file::elements(file).into_iter();
    elements
        .filter_map(|element| {
            let (subject, key, certificate) = match element.content {
                Content::Certificate(der) => match Certificate::parse(&der) {
                    Ok(certificate) => (
                        Some(name::shown(certificate.subject())),
                        certificate.kem_key(),
                        Ok(der),
                    ),
                    Err(error) => {
                        let outline = Outline::of_certificate(&der);
                        let subject = outline.as_ref().map(|outline| &outline.subject);
                        (
                            subject.map(name::shown),
                            outline.as_ref().and_then(Outline::kem_key),
                            Err(error.into()),
                        )
                    }
                },
                Content::List(_) => return None,
                Content::Other(_) => (None, None, Err(CertificateError::Der.into())),
                Content::Unreadable(why) => (None, None, Err(RootError::Unreadable(why))),
            };
            Some(Candidate {
                place: element.place,
                subject,
                key: key.as_ref().and_then(KemKey::hash),
                key_kind: key.as_ref().map(KemKey::kind),
                certificate,
            })
        })
        .collect()
}

impl EkRoots {
    /// Pins a root, the first certificate of a file of any form; a second time changes its class.
    pub fn add(&mut self, file: &[u8], class: DeviceClass) -> Result<&PinnedRoot, RootError> {
        self.add_with(file, class, Expired::default())
    }

    /// Pins a root with a rule for certificates below it that have ended.
    pub fn add_with(
        &mut self,
        file: &[u8],
        class: DeviceClass,
        expired: Expired,
    ) -> Result<&PinnedRoot, RootError> {
        let first = certificates_in(file).into_iter().next();
        let der = first.ok_or(RootError::NoCertificate)?.certificate?;
        let certificate = Certificate::parse(&der)?;
        let extensions = certificate.extensions();
        if extensions.authority.is_none()
            || extensions
                .key_usage
                .as_ref()
                .is_some_and(|usage| !usage.key_cert_sign())
        {
            return Err(RootError::NotAuthority);
        }
        VerifyingKey::parse(certificate.public_key()).map_err(RootError::Key)?;
        self.0
            .retain(|root| root.fingerprint() != certificate.fingerprint());
        Ok(self.0.push_mut(PinnedRoot {
            certificate,
            class,
            expired,
        }))
    }

    /// The roots, in the order in which they were pinned.
    pub fn iter(&self) -> impl Iterator<Item = &PinnedRoot> + Clone {
        self.0.iter()
    }
}

impl PinnedRoot {
    /// SHA-256 over the certificate.
    pub fn fingerprint(&self) -> &[u8; 32] {
        self.certificate.fingerprint()
    }

    /// The authority's distinguished name.
    pub fn subject(&self) -> String {
        self.certificate.subject().to_string()
    }

    /// The distinguished name of the authority's own issuer.
    pub fn issuer(&self) -> String {
        self.certificate.issuer().to_string()
    }

    /// The class of the devices below it.
    pub fn class(&self) -> DeviceClass {
        self.class
    }

    /// What becomes of a certificate below it that has ended.
    pub fn expired(&self) -> Expired {
        self.expired
    }
}

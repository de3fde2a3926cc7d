//! Pinned roots.

use super::certificate::{Certificate, CertificateError};
use crate::token::DeviceClass;
use thiserror::Error;
use x509_cert::der::Document;

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
}

/// Why a certificate cannot be pinned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RootError {
    /// The bytes are neither DER nor one PEM block of a certificate.
    #[error("the file is neither a certificate in DER nor one in PEM")]
    NoCertificate,
    /// The certificate cannot be read.
    #[error("the certificate cannot be a root: {0}")]
    Malformed(#[from] CertificateError),
    /// It is not a certificate authority's.
    #[error(
        "the certificate is not one of a certificate authority; pin the authority's that issued it"
    )]
    NotAuthority,
}

impl EkRoots {
    /// Pins a root, in DER or PEM; a second time changes its class.
    pub fn add(
        &mut self,
        certificate: &[u8],
        class: DeviceClass,
    ) -> Result<&PinnedRoot, RootError> {
        let der = der_of(certificate, "CERTIFICATE").ok_or(RootError::NoCertificate)?;
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
        self.0
            .retain(|root| root.fingerprint() != certificate.fingerprint());
        Ok(self.0.push_mut(PinnedRoot { certificate, class }))
    }

    /// The roots, in the order in which they were pinned.
    pub fn iter(&self) -> impl Iterator<Item = &PinnedRoot> {
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

    /// The class of the devices below it.
    pub fn class(&self) -> DeviceClass {
        self.class
    }
}

/// The DER in `file`, which is DER itself or one PEM block with this label.
pub(crate) fn der_of(file: &[u8], label: &str) -> Option<Vec<u8>> {
    if file.first() == Some(&0x30) {
        return Some(file.to_vec());
    }
    let text = str::from_utf8(file).ok()?;
    let start = text.find("-----BEGIN")?;
    let (found, document) = Document::from_pem(&text[start..]).ok()?;
    (found == label).then(|| document.into_vec())
}

//! Keeping an endorsement certificate that was fetched from the TPM's maker, for chips that store none.

use crate::device::{Auths, DeviceError};
use crate::evidence::{EkHash, RootError, certificates_in, is_authority};
use crate::store::{AccessError, DiskError, Folder, LockError};

use super::Counterfoil;
use super::endorsement::{hash_of, kept_for};

/// A certificate that is kept now, and goes into every request from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCertificate {
    /// The hash of the endorsement key that it is for.
    pub key: EkHash,
    /// What the certificate calls its subject.
    pub subject: String,
}

/// Why an endorsement certificate was not kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EkCertificateError {
    /// There is none in the file.
    #[error(
        "the file holds no endorsement certificate, neither in DER nor in PEM nor in the JSON of a maker's service: fetch it anew"
    )]
    NoCertificate,
    /// It cannot be read.
    #[error("the certificate in the file cannot be used: {0}")]
    Unusable(RootError),
    /// It is not an endorsement key's.
    #[error(
        "the certificate in the file is a certificate authority's, not this chip's: fetch the endorsement certificate; the \
         authority's is for the vendor"
    )]
    IsAuthority,
    /// Its key is none that endorsement keys are.
    #[error(
        "the certificate's key is neither RSA-2048 nor on P-256 or P-384: it is no endorsement certificate that can be used here"
    )]
    Kind,
    /// It is for another chip.
    #[error(
        "the certificate is for the endorsement key {certificate}, and this TPM's is {}: fetch the one for this chip",
        own.map_or_else(|| "another".to_owned(), |own| own.to_string())
    )]
    OtherKey {
        /// The key in the certificate.
        certificate: EkHash,
        /// The TPM's key of that kind, if it has one.
        own: Option<EkHash>,
    },
    /// The TPM.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The folder.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Another process holds the folder.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl From<DiskError> for EkCertificateError {
    fn from(error: DiskError) -> Self {
        Self::Access(error.into())
    }
}

/// Bytes of a certificate with the chain that came in its file.
const LARGEST: usize = 12 << 10;

impl Counterfoil {
    /// Keeps an endorsement certificate that was fetched from the TPM's maker, in any form in which it is given, after the TPM has shown
    /// that it is for one of its keys. The store is set up already. Requests carry it from now on; one that is pending is made anew when it is asked for again.
    ///
    /// Blocks for one key generation of the TPM, up to 20 s on old ones where the key has no persistent place. Whether the
    /// certificate is worth anything is for the vendor to say.
    ///
    /// # Errors
    /// [`EkCertificateError`]; what was kept before stays.
    pub fn keep_endorsement_certificate(
        &self,
        file: &[u8],
        auths: &Auths,
    ) -> Result<KeptCertificate, EkCertificateError> {
        let (certificate, subject) = endorsement_certificate(file)?;
        let (template, key) = kept_for(&certificate).ok_or(EkCertificateError::Kind)?;
        let config = self.config();
        let folder = Folder::open(&config.dir)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open()?;
        let own = tpm
            .endorsement_key(template, &auths.endorsement)?
            .and_then(|found| hash_of(&found.public));
        if own != Some(key) {
            let certificate = key;
            return Err(EkCertificateError::OtherKey { certificate, own });
        }
        folder.keep_endorsement_certificate(template, &certificate)?;
        Ok(KeptCertificate { key, subject })
    }
}

/// The first certificate of a file that is no authority's, with the others that it can be followed by behind it, and its subject.
fn endorsement_certificate(file: &[u8]) -> Result<(Vec<u8>, String), EkCertificateError> {
    let mut error = EkCertificateError::NoCertificate;
    let (mut own, mut others) = (None, Vec::new());
    for candidate in certificates_in(file) {
        match candidate.certificate {
            Ok(certificate) if is_authority(&certificate) => {
                error = EkCertificateError::IsAuthority;
                others.push(certificate);
            }
            Ok(certificate) if own.is_none() => {
                own = Some((certificate, candidate.subject.unwrap_or_default()));
            }
            Ok(_) => {}
            Err(unusable) => error = EkCertificateError::Unusable(unusable),
        }
    }
    let (mut certificate, subject) = own.ok_or(error)?;
    for other in others {
        if certificate.len() + other.len() <= LARGEST {
            certificate.extend(other);
        }
    }
    Ok((certificate, subject))
}

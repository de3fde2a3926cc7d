//! Certificates and keys that are no longer trusted.

use super::EkError;
use super::certificate::Signed;
use super::path::Path;
use super::roots::der_of;
use super::signature::is_signed_by;
use crate::evidence::ek::EkHash;
use std::collections::BTreeSet;
use thiserror::Error;
use x509_cert::crl::TbsCertList;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::crl::IssuingDistributionPoint;
use x509_cert::name::Name as DistinguishedName;

/// What the vendor no longer trusts: makers' revocation lists, and hashes of his own.
#[derive(Debug, Clone, Default)]
pub struct Revocations {
    lists: Vec<RevocationList>,
    keys: BTreeSet<EkHash>,
    certificates: BTreeSet<[u8; 32]>,
}

/// A certificate revocation list (RFC 5280, section 5). Its signature is verified where its
/// issuer's certificate stands in a path.
#[derive(Debug, Clone)]
struct RevocationList {
    signed: Signed,
    issuer: DistinguishedName,
    serial_numbers: BTreeSet<Vec<u8>>,
}

/// Why a revocation list cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// The bytes are no revocation list.
    #[error("the file is neither a certificate revocation list in DER nor one in PEM")]
    Malformed,
    /// The list has a critical extension that is unknown here: it may be a delta or another
    /// authority's.
    #[error(
        "the revocation list's critical extension {0} is unknown; only complete lists of one \
         authority are read"
    )]
    Unsupported(ObjectIdentifier),
}

const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");

impl Revocations {
    /// Adds an authority's revocation list, in DER or PEM.
    ///
    /// It counts for certificates of the authority of that name, for as long as it is here: an
    /// older list than the newest still names revoked certificates, so its dates are not looked at.
    pub fn add_list(&mut self, file: &[u8]) -> Result<(), RevocationError> {
        let der = der_of(file, "X509 CRL").ok_or(RevocationError::Malformed)?;
        let signed = Signed::parse(&der).ok_or(RevocationError::Malformed)?;
        let list: TbsCertList =
            TbsCertList::from_der(&signed.content).map_err(|_| RevocationError::Malformed)?;
        let entries = list.revoked_certificates.as_deref().unwrap_or_default();
        let extensions = list.crl_extensions.iter().flatten();
        let of_entries = entries
            .iter()
            .flat_map(|entry| entry.crl_entry_extensions.iter().flatten());
        for extension in extensions
            .chain(of_entries)
            .filter(|extension| extension.critical)
        {
            let direct = extension.extn_id == ISSUING_DISTRIBUTION_POINT
                && IssuingDistributionPoint::from_der(extension.extn_value.as_bytes())
                    .is_ok_and(|point| !point.indirect_crl);
            if !direct {
                return Err(RevocationError::Unsupported(extension.extn_id));
            }
        }
        let serial_numbers = entries
            .iter()
            .map(|entry| entry.serial_number.as_bytes().to_vec())
            .collect();
        self.lists.push(RevocationList {
            signed,
            issuer: list.issuer,
            serial_numbers,
        });
        Ok(())
    }

    /// Revokes an endorsement key.
    pub fn revoke_key(&mut self, key: EkHash) {
        self.keys.insert(key);
    }

    /// Revokes a certificate by SHA-256 over its DER: an endorsement key's, or an authority's with
    /// all below it.
    pub fn revoke_certificate(&mut self, fingerprint: [u8; 32]) {
        self.certificates.insert(fingerprint);
    }

    pub(crate) fn is_key_revoked(&self, key: &EkHash) -> bool {
        self.keys.contains(key)
    }

    /// Check 10 of [`verify_ek`](super::verify_ek).
    pub(crate) fn check(&self, path: &Path<'_>) -> Result<(), EkError> {
        for (certificate, issuer) in path.links() {
            if self.certificates.contains(certificate.fingerprint()) {
                return Err(EkError::CertificateRevoked);
            }
            for list in self
                .lists
                .iter()
                .filter(|list| list.issuer == *certificate.issuer())
            {
                if !is_signed_by(&list.signed, issuer.public_key()) {
                    return Err(EkError::RevocationList(list.issuer.to_string()));
                }
                if list.serial_numbers.contains(certificate.serial_number()) {
                    return Err(EkError::CertificateRevoked);
                }
            }
        }
        if self.certificates.contains(path.root.fingerprint()) {
            return Err(EkError::CertificateRevoked);
        }
        Ok(())
    }
}

//! Certificates and keys that are no longer trusted.

use super::EkError;
use super::certificate::{Certificate, Signed};
use super::file::{self, Content};
use super::name::{comparable, shown};
use super::path::Path;
use super::signature::{self, SignatureError};
use crate::evidence::ek::EkHash;
use std::collections::BTreeSet;
use thiserror::Error;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Header, Reader as _, SliceReader, Tag};
use x509_cert::ext::Extensions;
use x509_cert::ext::pkix::crl::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{GeneralName, GeneralNames};
use x509_cert::name::Name as DistinguishedName;
use x509_cert::spki::AlgorithmIdentifierOwned;

/// What the vendor no longer trusts: makers' revocation lists, and hashes of his own.
#[derive(Debug, Clone, Default)]
pub struct Revocations {
    lists: Vec<RevocationList>,
    keys: BTreeSet<EkHash>,
    certificates: BTreeSet<[u8; 32]>,
}

/// A certificate revocation list (RFC 5280, section 5). Its signature is verified where its
/// issuer's certificate stands in a path, or is pinned.
#[derive(Debug, Clone)]
struct RevocationList {
    signed: Signed,
    issuer: DistinguishedName,
    /// The issuer's name in the form in which names are compared.
    issuer_name: Vec<u8>,
    /// Whether it speaks of certificates of several issuers (RFC 5280, 5.2.5), as Intel's does.
    indirect: bool,
    /// Name of the certificate's issuer and serial number.
    revoked: BTreeSet<(Vec<u8>, Vec<u8>)>,
}

/// Why a revocation list cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// The bytes are no revocation list.
    #[error("the file is neither a certificate revocation list in DER nor one in PEM")]
    Malformed,
    /// The list has a critical extension that is unknown here: it may be a delta.
    #[error(
        "the revocation list's critical extension {0} is unknown; only complete lists are read, not changes to one"
    )]
    Unsupported(ObjectIdentifier),
}

const DELTA: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const CERTIFICATE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.29");

impl Revocations {
    /// Adds an authority's revocation list, in DER or PEM.
    ///
    /// It counts for certificates of the authority of that name, an indirect one also for those of the authorities that it names;
    /// and for as long as it is here: an older list than the newest still names revoked certificates, so its dates are not looked
    /// at.
    pub fn add_list(&mut self, file: &[u8]) -> Result<(), RevocationError> {
        let list = file::elements(file)
            .into_iter()
            .find_map(|element| match element.content {
                Content::List(der) | Content::Other(der) => Some(RevocationList::parse(&der)),
                _ => None,
            });
        self.lists
            .push(list.unwrap_or(Err(RevocationError::Malformed))?);
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

    /// Check 10 of [`verify_ek`](super::verify_ek). `others` are certificates of which one may be an indirect list's signer.
    pub(crate) fn check<'a>(
        &self,
        path: &Path<'a>,
        others: impl Iterator<Item = &'a Certificate> + Clone,
    ) -> Result<(), EkError> {
        let on_path = path.below.iter().copied().chain([&path.root.certificate]);
        if on_path
            .clone()
            .any(|certificate| self.certificates.contains(certificate.fingerprint()))
        {
            return Err(EkError::CertificateRevoked);
        }
        for (certificate, issuer) in path.links() {
            for list in &self.lists {
                let own = list.issuer_name == certificate.issuer_name();
                let named = list.names(certificate);
                if own && !list.indirect {
                    // Its authority's list says something even where it does not name the certificate: that it is the right one.
                    list.verify(std::iter::once(issuer))?;
                } else if named {
                    list.verify(on_path.clone().chain(others.clone()))?;
                }
                if named {
                    return Err(EkError::CertificateRevoked);
                }
            }
        }
        Ok(())
    }
}

impl RevocationList {
    /// Reads a CertificateList. Serial numbers are taken as they come: a list that names one too long for RFC 5280 still revokes
    /// the others.
    fn parse(der: &[u8]) -> Result<Self, RevocationError> {
        let signed = Signed::parse(der).ok_or(RevocationError::Malformed)?;
        let content = ListContent::parse(&signed.content).ok_or(RevocationError::Malformed)?;
        let indirect = content.is_indirect()?;
        let issuer_name = comparable(&content.issuer);
        let mut revoked = BTreeSet::new();
        let mut of = issuer_name.clone();
        for (serial, extensions) in content.entries {
            for extension in &extensions {
                match extension.extn_id {
                    // It holds for the entries behind it too (RFC 5280, 5.3.3).
                    CERTIFICATE_ISSUER if indirect => {
                        of = certificate_issuer(extension.extn_value.as_bytes())
                            .ok_or(RevocationError::Malformed)?;
                    }
                    other if extension.critical => return Err(RevocationError::Unsupported(other)),
                    _ => {}
                }
            }
            revoked.insert((of.clone(), serial));
        }
        Ok(Self {
            signed,
            issuer: content.issuer,
            issuer_name,
            indirect,
            revoked,
        })
    }

    fn names(&self, certificate: &Certificate) -> bool {
        let serial = minimal(certificate.serial_number()).to_vec();
        self.revoked
            .contains(&(certificate.issuer_name().to_vec(), serial))
    }

    /// Checks the signature with the certificates that bear the issuer's name. Where none does there is nothing to check it with,
    /// and it counts all the same: whoever runs the service put it there, and it can but refuse.
    fn verify<'a>(&self, signers: impl Iterator<Item = &'a Certificate>) -> Result<(), EkError> {
        let results: Vec<Result<(), SignatureError>> = signers
            .filter(|signer| signer.subject_name() == self.issuer_name)
            .map(|signer| signature::verify(&self.signed, signer.public_key()))
            .collect();
        match results.is_empty() || results.iter().any(Result::is_ok) {
            true => Ok(()),
            false => Err(EkError::RevocationList(shown(&self.issuer))),
        }
    }
}

/// A TBSCertList, apart.
struct ListContent {
    issuer: DistinguishedName,
    /// Serial number and extensions.
    entries: Vec<(Vec<u8>, Extensions)>,
    extensions: Extensions,
}

impl ListContent {
    fn parse(content: &[u8]) -> Option<Self> {
        let mut reader = SliceReader::new(content).ok()?;
        let list = reader.sequence(read_content).ok()?;
        reader.finish().ok()?;
        Some(list)
    }

    fn is_indirect(&self) -> Result<bool, RevocationError> {
        let mut indirect = false;
        for extension in &self.extensions {
            match extension.extn_id {
                ISSUING_DISTRIBUTION_POINT => {
                    let point = IssuingDistributionPoint::from_der(extension.extn_value.as_bytes());
                    indirect = point.map_err(|_| RevocationError::Malformed)?.indirect_crl;
                }
                DELTA => return Err(RevocationError::Unsupported(DELTA)),
                other if extension.critical => return Err(RevocationError::Unsupported(other)),
                _ => {}
            }
        }
        Ok(indirect)
    }
}

fn read_content(reader: &mut SliceReader<'_>) -> x509_cert::der::Result<ListContent> {
    if Tag::peek(reader)? == Tag::Integer {
        reader.tlv_bytes()?;
    }
    AlgorithmIdentifierOwned::decode(reader)?;
    let issuer = DistinguishedName::decode(reader)?;
    reader.tlv_bytes()?;
    let is_time = |tag| matches!(tag, Tag::UtcTime | Tag::GeneralizedTime);
    if !reader.is_finished() && is_time(Tag::peek(reader)?) {
        reader.tlv_bytes()?;
    }
    let mut entries = Vec::new();
    if !reader.is_finished() && Tag::peek(reader)? == Tag::Sequence {
        reader.sequence(|reader| {
            while !reader.is_finished() {
                entries.push(reader.sequence(read_entry)?);
            }
            Ok::<_, x509_cert::der::Error>(())
        })?;
    }
    let mut extensions = Extensions::new();
    if !reader.is_finished() {
        // [0] EXPLICIT
        Header::decode(reader)?;
        extensions = Extensions::decode(reader)?;
    }
    Ok(ListContent {
        issuer,
        entries,
        extensions,
    })
}

fn read_entry(reader: &mut SliceReader<'_>) -> x509_cert::der::Result<(Vec<u8>, Extensions)> {
    let header = Header::decode(reader)?;
    header.tag().assert_eq(Tag::Integer)?;
    let serial = minimal(reader.read_slice(header.length())?).to_vec();
    reader.tlv_bytes()?;
    let extensions = match reader.is_finished() {
        true => Extensions::new(),
        false => Extensions::decode(reader)?,
    };
    Ok((serial, extensions))
}

/// The one directory name of a certificateIssuer extension, in the form in which names are compared.
fn certificate_issuer(value: &[u8]) -> Option<Vec<u8>> {
    let names = GeneralNames::from_der(value).ok()?;
    names.iter().find_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(comparable(name)),
        _ => None,
    })
}

/// A serial number without leading zeros.
fn minimal(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    &serial[zeros..]
}

//! One certificate (RFC 5280), parsed from bytes that it keeps.

use super::name;
use super::signature::{EC_PUBLIC_KEY, RSA_ENCRYPTION, SECP256R1, SECP384R1, curve};
use crate::evidence::algorithm::sha256;
use crate::evidence::ek::KemKey;
use crate::token::UtcTime;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::traits::PublicKeyParts as _;
use thiserror::Error;
use x509_cert::der::asn1::{BitString, ObjectIdentifier, OctetString};
use x509_cert::der::{Decode, Header, Reader as _, SliceReader, Tag};
use x509_cert::ext::pkix::name::GeneralNames;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName,
};
use x509_cert::name::Name as DistinguishedName;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// The extended key usage tcg-kp-EKCertificate.
pub(crate) const EK_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.8.1");

const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
/// Certificate policies are made known to people only: no path here asks for a policy.
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");

const RSAES_OAEP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");

/// Why bytes are no certificate that can be judged here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// They are not a certificate in DER.
    #[error("it is not a certificate in DER")]
    Der,
    /// The serial number has leading bytes that DER forbids. Makers issue corrected ones.
    #[error(
        "its serial number is not minimal (it begins with bytes that DER forbids): get the corrected certificate, which the \
         maker issued in its place"
    )]
    SerialNumber,
    /// The two statements of the signature's algorithm differ.
    #[error("its two signature algorithms differ")]
    SignatureAlgorithms,
    /// An extension is there twice.
    #[error("the extension {0} is there twice")]
    DuplicateExtension(ObjectIdentifier),
    /// An extension that is known here cannot be read.
    #[error("the extension {0} is malformed")]
    Extension(ObjectIdentifier),
    /// An extension is critical and unknown here.
    #[error("the critical extension {0} is unknown")]
    UnknownCritical(ObjectIdentifier),
}

/// A certificate.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    signed: Signed,
    fields: x509_cert::TbsCertificate,
    extensions: Extensions,
    fingerprint: [u8; 32],
    /// Both names in the form in which they are compared.
    names: Names,
}

#[derive(Debug, Clone)]
struct Names {
    issuer: Vec<u8>,
    subject: Vec<u8>,
}

/// The extensions that matter here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    /// Where the certificate is an authority's.
    pub(crate) authority: Option<Authority>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Option<Vec<ObjectIdentifier>>,
    pub(crate) alternative_names: Option<GeneralNames>,
    /// The hints by which the right one of several issuers is tried first.
    subject_key: Option<Vec<u8>>,
    authority_key: Option<Vec<u8>>,
}

/// The basic constraints of an authority.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authority {
    /// How many authorities may stand between it and a leaf, if there is a limit.
    pub(crate) path_len: Option<u8>,
}

impl Certificate {
    /// Parses exactly one certificate.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        let signed = Signed::parse(der).ok_or(CertificateError::Der)?;
        let fields =
            x509_cert::TbsCertificate::from_der(&signed.content).map_err(|_| match Outline::of(
                &signed.content,
            ) {
                Some(outline) if !outline.serial_is_minimal => CertificateError::SerialNumber,
                _ => CertificateError::Der,
            })?;
        if *fields.signature() != signed.algorithm {
            return Err(CertificateError::SignatureAlgorithms);
        }
        let extensions = Extensions::parse(&fields)?;
        let names = Names {
            issuer: name::comparable(fields.issuer()),
            subject: name::comparable(fields.subject()),
        };
        Ok(Self {
            signed,
            fields,
            extensions,
            fingerprint: sha256(&[der]),
            names,
        })
    }

    /// SHA-256 over the whole certificate.
    pub(crate) fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    pub(crate) fn signed(&self) -> &Signed {
        &self.signed
    }

    pub(crate) fn issuer(&self) -> &DistinguishedName {
        self.fields.issuer()
    }

    pub(crate) fn subject(&self) -> &DistinguishedName {
        self.fields.subject()
    }

    pub(crate) fn serial_number(&self) -> &[u8] {
        self.fields.serial_number().as_bytes()
    }

    pub(crate) fn public_key(&self) -> &SubjectPublicKeyInfoOwned {
        self.fields.subject_public_key_info()
    }

    pub(crate) fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// The issuer's name in the form in which names are compared.
    pub(crate) fn issuer_name(&self) -> &[u8] {
        &self.names.issuer
    }

    /// The subject's name in the form in which names are compared.
    pub(crate) fn subject_name(&self) -> &[u8] {
        &self.names.subject
    }

    /// Whether it says of itself that it is its own issuer's.
    pub(crate) fn is_self_issued(&self) -> bool {
        self.names.issuer == self.names.subject
    }

    /// The first second at which it is valid.
    pub(crate) fn not_before(&self) -> UtcTime {
        utc(self.fields.validity().not_before)
    }

    /// The last second at which it is valid.
    pub(crate) fn not_after(&self) -> UtcTime {
        utc(self.fields.validity().not_after)
    }

    /// Whether the hints in both certificates speak against `issuer`. They prove nothing.
    pub(crate) fn hints_at_another(&self, issuer: &Self) -> bool {
        let wanted = &self.extensions.authority_key;
        let found = &issuer.extensions.subject_key;
        matches!((wanted, found), (Some(wanted), Some(found)) if wanted != found)
    }

    /// The key, if it is one of those that endorsement keys are. RSAES-OAEP is one of an RSA key's names.
    pub(crate) fn kem_key(&self) -> Option<KemKey> {
        kem_key(self.public_key())
    }
}

fn kem_key(info: &SubjectPublicKeyInfoOwned) -> Option<KemKey> {
    let bits = info.subject_public_key.as_bytes()?;
    match info.algorithm.oid {
        RSA_ENCRYPTION | RSAES_OAEP => rsa::PublicKey::from_pkcs1_der(bits)
            .ok()
            .filter(|key| key.n().bit_width_vartime() == 2048)
            .map(KemKey::Rsa),
        EC_PUBLIC_KEY => match curve(&info.algorithm)? {
            SECP256R1 => p256::PublicKey::from_sec1_bytes(bits)
                .ok()
                .map(KemKey::P256),
            SECP384R1 => p384::PublicKey::from_sec1_bytes(bits)
                .ok()
                .map(KemKey::P384),
            _ => None,
        },
        _ => None,
    }
}

fn utc(time: x509_cert::time::Time) -> UtcTime {
    UtcTime::from_unix(time.to_unix_duration().as_secs()).unwrap_or(UtcTime::MAX)
}

/// What can be said of a certificate that is none by the letter of DER, for telling people which one it is.
#[derive(Debug)]
pub(crate) struct Outline {
    pub(crate) serial_is_minimal: bool,
    pub(crate) subject: DistinguishedName,
    key: Option<SubjectPublicKeyInfoOwned>,
}

impl Outline {
    /// Reads the beginning of a certificate's content, TBSCertificate.
    fn of(content: &[u8]) -> Option<Self> {
        let mut reader = SliceReader::new(content).ok()?;
        // The content's own header, then what it holds one by one.
        Header::decode(&mut reader).ok()?;
        let version = Tag::peek(&reader).ok()?;
        if version.is_context_specific() {
            reader.tlv_bytes().ok()?;
        }
        let serial = reader.tlv_bytes().ok()?;
        // Algorithm and issuer.
        reader.tlv_bytes().ok()?;
        reader.tlv_bytes().ok()?;
        // Validity.
        reader.tlv_bytes().ok()?;
        let serial = serial.get(2..)?;
        Some(Self {
            serial_is_minimal: !matches!(serial, [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..]),
            subject: DistinguishedName::decode(&mut reader).ok()?,
            key: SubjectPublicKeyInfoOwned::decode(&mut reader).ok(),
        })
    }

    /// Its key, if it is one of those that endorsement keys are.
    pub(crate) fn kem_key(&self) -> Option<KemKey> {
        kem_key(self.key.as_ref()?)
    }

    /// The outline of a whole certificate.
    pub(crate) fn of_certificate(der: &[u8]) -> Option<Self> {
        Self::of(&Signed::parse(der)?.content)
    }
}

impl Extensions {
    fn parse(fields: &x509_cert::TbsCertificate) -> Result<Self, CertificateError> {
        let mut parsed = Self::default();
        let mut seen = Vec::new();
        for extension in fields.extensions().into_iter().flatten() {
            let id = extension.extn_id;
            if seen.contains(&id) {
                return Err(CertificateError::DuplicateExtension(id));
            }
            seen.push(id);
            let value = extension.extn_value.as_bytes();
            match id {
                BASIC_CONSTRAINTS => {
                    let constraints: BasicConstraints = decode(id, value)?;
                    parsed.authority = constraints.ca.then_some(Authority {
                        path_len: constraints.path_len_constraint,
                    });
                }
                KEY_USAGE => parsed.key_usage = Some(decode(id, value)?),
                EXTENDED_KEY_USAGE => {
                    let usages: ExtendedKeyUsage = decode(id, value)?;
                    parsed.extended_key_usage = Some(usages.0);
                }
                SUBJECT_ALT_NAME => {
                    let names: SubjectAltName = decode(id, value)?;
                    parsed.alternative_names = Some(names.0);
                }
                // Hints that cannot be read are none.
                SUBJECT_KEY_IDENTIFIER => {
                    let identifier = OctetString::from_der(value).ok();
                    parsed.subject_key = identifier.map(OctetString::into_bytes).map(Into::into);
                }
                AUTHORITY_KEY_IDENTIFIER => {
                    let identifier = AuthorityKeyIdentifier::from_der(value).ok();
                    parsed.authority_key = identifier
                        .and_then(|identifier| identifier.key_identifier)
                        .map(|key| key.as_bytes().to_vec());
                }
                CERTIFICATE_POLICIES => {}
                _ if extension.critical => return Err(CertificateError::UnknownCritical(id)),
                _ => {}
            }
        }
        Ok(parsed)
    }
}

fn decode<'a, T: Decode<'a>>(id: ObjectIdentifier, value: &'a [u8]) -> Result<T, CertificateError> {
    T::from_der(value).map_err(|_| CertificateError::Extension(id))
}

/// What certificates and revocation lists share: content, algorithm and signature (RFC 5280, 4.1
/// and 5.1).
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    /// The content as received, over which the signature is.
    pub(crate) content: Vec<u8>,
    pub(crate) algorithm: AlgorithmIdentifierOwned,
    pub(crate) signature: BitString,
}

impl Signed {
    /// Takes the outer sequence apart; none if it is not one, or if bytes follow.
    pub(crate) fn parse(der: &[u8]) -> Option<Self> {
        let mut reader = SliceReader::new(der).ok()?;
        let signed = reader
            .sequence(|reader| {
                Ok::<_, x509_cert::der::Error>(Self {
                    content: reader.tlv_bytes()?.to_vec(),
                    algorithm: AlgorithmIdentifierOwned::decode(reader)?,
                    signature: BitString::decode(reader)?,
                })
            })
            .ok()?;
        reader.finish().ok()?;
        Some(signed)
    }
}

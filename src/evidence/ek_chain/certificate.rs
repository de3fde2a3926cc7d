//! One certificate (RFC 5280), parsed from bytes that it keeps.

use crate::evidence::algorithm::sha256;
use crate::evidence::ek::KemKey;
use crate::token::UtcTime;
use rsa::pkcs1::DecodeRsaPublicKey as _;
use thiserror::Error;
use x509_cert::der::asn1::{BitString, ObjectIdentifier};
use x509_cert::der::{Decode, Reader as _, SliceReader};
use x509_cert::ext::pkix::name::GeneralNames;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::name::Name as DistinguishedName;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// The extended key usage tcg-kp-EKCertificate.
pub(crate) const EK_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.8.1");

const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
/// Certificate policies are made known to people only: no path here asks for a policy.
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSAES_OAEP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Why bytes are no certificate that can be judged here.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// They are not a certificate in DER.
    #[error("it is not a certificate in DER")]
    Der,
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
}

/// The extensions that matter here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extensions {
    /// Where the certificate is an authority's.
    pub(crate) authority: Option<Authority>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Option<Vec<ObjectIdentifier>>,
    pub(crate) alternative_names: Option<GeneralNames>,
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
        let fields = x509_cert::TbsCertificate::from_der(&signed.content)
            .map_err(|_| CertificateError::Der)?;
        if *fields.signature() != signed.algorithm {
            return Err(CertificateError::SignatureAlgorithms);
        }
        let extensions = Extensions::parse(&fields)?;
        Ok(Self {
            signed,
            fields,
            extensions,
            fingerprint: sha256(&[der]),
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

    /// Whether `at` lies within the certificate's validity, both ends included.
    pub(crate) fn is_valid_at(&self, at: UtcTime) -> bool {
        let validity = self.fields.validity();
        let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
        (seconds(validity.not_before)..=seconds(validity.not_after)).contains(&at.unix())
    }

    /// Whether the certificate is for this key.
    pub(crate) fn certifies(&self, key: &KemKey) -> bool {
        let info = self.public_key();
        let algorithm = info.algorithm.oid;
        let curve = info
            .algorithm
            .parameters
            .as_ref()
            .and_then(|any| any.decode_as().ok());
        let Some(bits) = info.subject_public_key.as_bytes() else {
            return false;
        };
        match key {
            KemKey::Rsa(key) => {
                (algorithm == RSA_ENCRYPTION || algorithm == RSAES_OAEP)
                    && rsa::RsaPublicKey::from_pkcs1_der(bits).is_ok_and(|found| found == *key)
            }
            KemKey::P256(key) => {
                algorithm == EC_PUBLIC_KEY
                    && curve == Some(SECP256R1)
                    && p256::PublicKey::from_sec1_bytes(bits).is_ok_and(|found| found == *key)
            }
            KemKey::P384(key) => {
                algorithm == EC_PUBLIC_KEY
                    && curve == Some(SECP384R1)
                    && p384::PublicKey::from_sec1_bytes(bits).is_ok_and(|found| found == *key)
            }
        }
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

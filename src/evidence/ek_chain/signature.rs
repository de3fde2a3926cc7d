//! Signatures of certificates and revocation lists: RSA PKCS #1 v1.5 and PSS, ECDSA on P-256, P-384 and P-521, each with
//! SHA-256, SHA-384 or SHA-512.

use super::certificate::Signed;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::pkcs1::{DecodeRsaPublicKey as _, RsaPssParams};
use rsa::traits::PublicKeyParts as _;
use rsa::{Pkcs1v15Sign, Pss};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::fmt;
use thiserror::Error;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::{Any, ObjectIdentifier};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

pub(crate) const RSA_ENCRYPTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const SHA1_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA384_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const SHA512_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
pub(crate) const EC_PUBLIC_KEY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ECDSA_WITH_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_WITH_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
pub(crate) const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
pub(crate) const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// Algorithms that people know by a name, and that are not verified here.
const KNOWN: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.4", "MD5 with RSA"),
    ("1.2.840.113549.1.1.5", "SHA-1 with RSA"),
    ("1.2.840.113549.1.1.14", "SHA-224 with RSA"),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1"),
    ("1.2.840.10045.4.3.1", "ECDSA with SHA-224"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.10045.3.1.1", "the curve P-192"),
    ("1.3.132.0.33", "the curve P-224"),
    ("1.3.132.0.10", "the curve secp256k1"),
    ("1.3.36.3.3.2.8.1.1.7", "the curve brainpoolP256r1"),
    ("1.3.36.3.3.2.8.1.1.11", "the curve brainpoolP384r1"),
    ("1.3.36.3.3.2.8.1.1.13", "the curve brainpoolP512r1"),
    ("1.2.156.10197.1.301", "the curve SM2"),
    ("1.2.156.10197.1.501", "SM2 with SM3"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

/// An algorithm of a key or a signature that is not verified here; shown by its name where it has one that people know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsupported {
    /// The algorithm, or the curve, of this identifier.
    Algorithm(ObjectIdentifier),
    /// A curve that is not one of those with a name.
    ExplicitCurve,
    /// RSA keys shorter than 1024 or longer than 8192 bits, or with an exponent that nobody uses.
    Rsa,
    /// The key is not what its algorithm says: no point of its curve, no modulus.
    Malformed,
    /// RSASSA-PSS with other parameters than one hash for all.
    Pss,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Algorithm(id) => {
                let text = id.to_string();
                match KNOWN.iter().find(|(known, _)| *known == text) {
                    Some((_, name)) => f.write_str(name),
                    None => write!(f, "the algorithm {text}"),
                }
            }
            Self::ExplicitCurve => f.write_str("a curve without a name"),
            Self::Rsa => f.write_str("RSA of an unusual size or exponent"),
            Self::Malformed => f.write_str("a malformed key"),
            Self::Pss => f.write_str("RSASSA-PSS with unusual parameters"),
        }
    }
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum SignatureError {
    /// It is not this key's.
    #[error("a signature is wrong")]
    Wrong,
    /// It is made with SHA-1, for which anyone can make a second certificate.
    #[error("a certificate is signed with SHA-1")]
    Sha1,
    /// It, or the key, is of an algorithm that is not verified here.
    #[error("{0} cannot be verified")]
    Unsupported(Unsupported),
}

/// A key with which signatures are verified.
pub(crate) enum VerifyingKey {
    /// The key, and whether it is for RSASSA-PSS alone.
    Rsa(rsa::PublicKey, bool),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl VerifyingKey {
    /// Reads a key; one with which nothing can be verified here is named.
    pub(crate) fn parse(info: &SubjectPublicKeyInfoOwned) -> Result<Self, Unsupported> {
        let bits = info
            .subject_public_key
            .as_bytes()
            .ok_or(Unsupported::Malformed)?;
        match info.algorithm.oid {
            RSA_ENCRYPTION => Ok(Self::Rsa(rsa_key(bits)?, false)),
            RSASSA_PSS => Ok(Self::Rsa(rsa_key(bits)?, true)),
            EC_PUBLIC_KEY => {
                let malformed = |_| Unsupported::Malformed;
                match curve(&info.algorithm).ok_or(Unsupported::ExplicitCurve)? {
                    SECP256R1 => p256::ecdsa::VerifyingKey::from_sec1_bytes(bits)
                        .map(Self::P256)
                        .map_err(malformed),
                    SECP384R1 => p384::ecdsa::VerifyingKey::from_sec1_bytes(bits)
                        .map(Self::P384)
                        .map_err(malformed),
                    SECP521R1 => p521::ecdsa::VerifyingKey::from_sec1_bytes(bits)
                        .map(Self::P521)
                        .map_err(malformed),
                    other => Err(Unsupported::Algorithm(other)),
                }
            }
            other => Err(Unsupported::Algorithm(other)),
        }
    }

    /// What people call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Rsa(key, _) => format!("RSA-{}", key.n().bit_width_vartime()),
            Self::P256(_) => "P-256".to_owned(),
            Self::P384(_) => "P-384".to_owned(),
            Self::P521(_) => "P-521".to_owned(),
        }
    }

    /// Checks that `signed` carries a signature of this key.
    pub(crate) fn verify(&self, signed: &Signed) -> Result<(), SignatureError> {
        let algorithm = Algorithm::parse(&signed.algorithm)?;
        let signature = signed.signature.as_bytes().ok_or(SignatureError::Wrong)?;
        let digest = algorithm.hash.digest(&signed.content);
        match (self, algorithm.scheme) {
            (Self::Rsa(key, false), Scheme::Pkcs1) => {
                verify_pkcs1(key, algorithm.hash, &digest, signature)
            }
            (Self::Rsa(key, _), Scheme::Pss { salt_len }) => {
                verify_pss(key, algorithm.hash, salt_len, &digest, signature)
            }
            (Self::P256(key), Scheme::Ecdsa) => p256::ecdsa::Signature::from_der(signature)
                .and_then(|signature| key.verify_prehash(&digest, &signature))
                .ok(),
            (Self::P384(key), Scheme::Ecdsa) => p384::ecdsa::Signature::from_der(signature)
                .and_then(|signature| key.verify_prehash(&digest, &signature))
                .ok(),
            (Self::P521(key), Scheme::Ecdsa) => p521::ecdsa::Signature::from_der(signature)
                .and_then(|signature| key.verify_prehash(&as_wide_as_p521(&digest), &signature))
                .ok(),
            _ => None,
        }
        .ok_or(SignatureError::Wrong)
    }
}

/// Checks that `signed` carries a signature of the key in `info`.
pub(crate) fn verify(
    signed: &Signed,
    info: &SubjectPublicKeyInfoOwned,
) -> Result<(), SignatureError> {
    VerifyingKey::parse(info)
        .map_err(SignatureError::Unsupported)?
        .verify(signed)
}

pub(crate) fn curve(algorithm: &AlgorithmIdentifierOwned) -> Option<ObjectIdentifier> {
    algorithm.parameters.as_ref()?.decode_as().ok()
}

fn rsa_key(bits: &[u8]) -> Result<rsa::PublicKey, Unsupported> {
    rsa::PublicKey::from_pkcs1_der(bits).map_err(|_| {
        match rsa::pkcs1::RsaPublicKeyRef::from_der(bits) {
            Ok(_) => Unsupported::Rsa,
            Err(_) => Unsupported::Malformed,
        }
    })
}

/// A digest as a number of the field's length: FIPS 186-5, 6.4.2 takes one shorter than the order as it is, and the crate asks
/// for half the field's length at least, which SHA-256 has not.
fn as_wide_as_p521(digest: &[u8]) -> [u8; 66] {
    let mut wide = [0; 66];
    let start = wide.len() - digest.len();
    wide[start..].copy_from_slice(digest);
    wide
}

fn verify_pkcs1(key: &rsa::PublicKey, hash: Hash, digest: &[u8], signature: &[u8]) -> Option<()> {
    match hash {
        Hash::Sha256 => key.verify(Pkcs1v15Sign::new::<Sha256>(), digest, signature),
        Hash::Sha384 => key.verify(Pkcs1v15Sign::new::<Sha384>(), digest, signature),
        Hash::Sha512 => key.verify(Pkcs1v15Sign::new::<Sha512>(), digest, signature),
    }
    .ok()
}

fn verify_pss(
    key: &rsa::PublicKey,
    hash: Hash,
    salt_len: usize,
    digest: &[u8],
    signature: &[u8],
) -> Option<()> {
    match hash {
        Hash::Sha256 => key.verify(Pss::<Sha256>::new_with_salt(salt_len), digest, signature),
        Hash::Sha384 => key.verify(Pss::<Sha384>::new_with_salt(salt_len), digest, signature),
        Hash::Sha512 => key.verify(Pss::<Sha512>::new_with_salt(salt_len), digest, signature),
    }
    .ok()
}

/// How a signature was made.
struct Algorithm {
    scheme: Scheme,
    hash: Hash,
}

#[derive(Clone, Copy)]
enum Scheme {
    Pkcs1,
    Pss { salt_len: usize },
    Ecdsa,
}

impl Algorithm {
    fn parse(identifier: &AlgorithmIdentifierOwned) -> Result<Self, SignatureError> {
        let (scheme, hash) = match identifier.oid {
            SHA256_WITH_RSA => (Scheme::Pkcs1, Hash::Sha256),
            SHA384_WITH_RSA => (Scheme::Pkcs1, Hash::Sha384),
            SHA512_WITH_RSA => (Scheme::Pkcs1, Hash::Sha512),
            ECDSA_WITH_SHA256 => (Scheme::Ecdsa, Hash::Sha256),
            ECDSA_WITH_SHA384 => (Scheme::Ecdsa, Hash::Sha384),
            ECDSA_WITH_SHA512 => (Scheme::Ecdsa, Hash::Sha512),
            RSASSA_PSS => {
                let (hash, salt_len) = pss_parameters(identifier)
                    .ok_or(SignatureError::Unsupported(Unsupported::Pss))?;
                (Scheme::Pss { salt_len }, hash)
            }
            SHA1_WITH_RSA | ECDSA_WITH_SHA1 => return Err(SignatureError::Sha1),
            other => {
                return Err(SignatureError::Unsupported(Unsupported::Algorithm(other)));
            }
        };
        Ok(Self { scheme, hash })
    }
}

/// Hash and salt length of RSASSA-PSS (RFC 4055), where both hashes are the same.
fn pss_parameters(identifier: &AlgorithmIdentifierOwned) -> Option<(Hash, usize)> {
    let parameters: RsaPssParams<Any> = identifier.parameters.as_ref()?.decode_as().ok()?;
    let hash = Hash::from_oid(parameters.hash.oid)?;
    let mask = parameters.mask_gen;
    let same = mask.oid == MGF1 && mask.parameters.is_some_and(|inner| inner.oid == hash.oid());
    same.then_some((hash, usize::from(parameters.salt_len)))
}

/// The hash functions that signatures here are made with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const ALL: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => SHA256,
            Self::Sha384 => SHA384,
            Self::Sha512 => SHA512,
        }
    }

    fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.oid() == oid)
    }

    fn digest(self, content: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(content).to_vec(),
            Self::Sha384 => Sha384::digest(content).to_vec(),
            Self::Sha512 => Sha512::digest(content).to_vec(),
        }
    }
}

//! The endorsement key's public half.

use super::algorithm::{Curve, HashAlgorithm, sha256};
use super::public::{ObjectAttributes, Parameters, Public};
use super::wire::WireError;
use rsa::BoxedUint;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use x509_cert::spki::EncodePublicKey as _;

/// A public area that has the shape of an endorsement key, ready to encrypt credentials to.
///
/// The shape says nothing about who holds the key: [`verify_ek`](super::verify_ek) does.
#[derive(Debug, Clone)]
pub struct EndorsementKey {
    public: Public,
    aes_bits: u16,
    key: KemKey,
    hash: EkHash,
}

/// The key to encrypt to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum KemKey {
    Rsa(rsa::PublicKey),
    P256(p256::PublicKey),
    P384(p384::PublicKey),
}

/// What a chip is known by: SHA-256 over the endorsement key's SubjectPublicKeyInfo (RFC 5280,
/// 4.1.2.7) in DER, with the algorithm rsaEncryption or ecPublicKey and the point uncompressed.
///
/// The same for a certificate and for a public area, so an administrator can compute it from either
/// with common tools.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EkHash([u8; 32]);

/// Why a public area is not an endorsement key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EkPublicError {
    /// The bytes are no public area.
    #[error("the endorsement key's public area is malformed: {0}")]
    Malformed(#[from] WireError),
    /// It is not an RSA-2048, P-256 or P-384 key with an AES cipher.
    #[error("the endorsement key is neither an RSA-2048 nor a P-256 nor a P-384 decryption key")]
    Kind,
    /// An attribute is missing.
    #[error("the endorsement key lacks the attribute {0}")]
    Lacks(&'static str),
    /// The key signs too.
    #[error("the endorsement key must not sign")]
    Signs,
    /// The key itself is invalid: an exponent or modulus out of range, or no point on the curve.
    #[error("the endorsement key is not a valid public key")]
    Key,
}

impl EndorsementKey {
    /// Parses an endorsement key's TPMT_PUBLIC.
    ///
    /// 1. It is a public area, without a byte too many.
    /// 2. It is an RSA-2048, P-256 or P-384 key with an AES cipher.
    /// 3. It is restricted and 4. decrypts, 5. and does not sign: a TPM recovers credentials with
    ///    it and nothing else.
    /// 6. It is fixedTPM and 7. fixedParent, and 8. has sensitiveDataOrigin.
    /// 9. The key is valid: modulus of full length, exponent 65537; or a point on the curve.
    pub fn from_public(bytes: &[u8]) -> Result<Self, EkPublicError> {
        let public = Public::parse(bytes)?;
        if let Some(text) = public
            .attributes()
            .lacking((ObjectAttributes::DECRYPT, "decrypt"))
        {
            return Err(EkPublicError::Lacks(text));
        }
        if public.attributes().contains(ObjectAttributes::SIGN) {
            return Err(EkPublicError::Signs);
        }
        let (aes_bits, key) = match public.parameters() {
            Parameters::Rsa {
                aes_bits: Some(aes),
                bits: 2048,
                exponent,
                modulus,
                ..
            } => (
                *aes,
                KemKey::Rsa(rsa_key(modulus, *exponent).ok_or(EkPublicError::Key)?),
            ),
            Parameters::Ecc {
                aes_bits: Some(aes),
                curve: Curve::P256,
                x,
                y,
                ..
            } => {
                let point = Curve::P256.uncompressed_point(x, y);
                let key = p256::PublicKey::from_sec1_bytes(&point);
                (*aes, KemKey::P256(key.map_err(|_| EkPublicError::Key)?))
            }
            Parameters::Ecc {
                aes_bits: Some(aes),
                curve: Curve::P384,
                x,
                y,
                ..
            } => {
                let point = Curve::P384.uncompressed_point(x, y);
                let key = p384::PublicKey::from_sec1_bytes(&point);
                (*aes, KemKey::P384(key.map_err(|_| EkPublicError::Key)?))
            }
            _ => return Err(EkPublicError::Kind),
        };
        let hash = key.hash().ok_or(EkPublicError::Key)?;
        Ok(Self {
            public,
            aes_bits,
            key,
            hash,
        })
    }

    /// The public area.
    pub fn public(&self) -> &Public {
        &self.public
    }

    /// What the chip is known by.
    pub fn hash(&self) -> EkHash {
        self.hash
    }

    /// The key's algorithm.
    pub fn kind(&self) -> EkKind {
        self.key.kind()
    }

    pub(crate) fn name_algorithm(&self) -> HashAlgorithm {
        self.public.name_algorithm()
    }

    pub(crate) fn aes_bits(&self) -> u16 {
        self.aes_bits
    }

    pub(crate) fn kem_key(&self) -> &KemKey {
        &self.key
    }
}

impl KemKey {
    /// What the chip is known by; none for a key that has no SubjectPublicKeyInfo, which no valid one is.
    pub(crate) fn hash(&self) -> Option<EkHash> {
        let document = match self {
            Self::Rsa(key) => key.to_public_key_der(),
            Self::P256(key) => key.to_public_key_der(),
            Self::P384(key) => key.to_public_key_der(),
        };
        Some(EkHash(sha256(&[document.ok()?.as_bytes()])))
    }

    pub(crate) fn kind(&self) -> EkKind {
        match self {
            Self::Rsa(_) => EkKind::Rsa2048,
            Self::P256(_) => EkKind::P256,
            Self::P384(_) => EkKind::P384,
        }
    }
}

/// The algorithm of an endorsement key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EkKind {
    /// RSA-2048.
    Rsa2048,
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
}

impl fmt::Display for EkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa2048 => "RSA-2048",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        })
    }
}

impl EkHash {
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for EkHash {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash)
    }
}

impl fmt::Display for EkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EkHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an endorsement key's hash is 64 hexadecimal digits")]
pub struct EkHashParseError;

impl FromStr for EkHash {
    type Err = EkHashParseError;

    fn from_str(text: &str) -> Result<Self, EkHashParseError> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(EkHashParseError);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| EkHashParseError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| EkHashParseError)?;
        }
        Ok(Self(hash))
    }
}

fn rsa_key(modulus: &[u8], exponent: u32) -> Option<rsa::PublicKey> {
    if modulus.len() != 256 || modulus[0] < 0x80 || exponent != 65537 {
        return None;
    }
    let modulus = BoxedUint::from_be_slice(modulus, 2048).ok()?;
    rsa::PublicKey::new(modulus, BoxedUint::from(u64::from(exponent))).ok()
}

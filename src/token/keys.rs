//! P-256 keys: public ones that are compared and named, private ones that sign.

use std::fmt;

use ecdsa::signature::{Signer as _, Verifier as _};
use p256::NistP256;
use p256::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding,
};
use serde_cbor::Value;
use zeroize::Zeroizing;

use super::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor};
use super::id::KeyId;

/// Why something is not a usable key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not the 65 bytes of an uncompressed point on P-256.
    #[error("not the uncompressed point of a P-256 public key")]
    Point,
    /// Not a scalar from 1 to n - 1.
    #[error("not a P-256 private key")]
    Scalar,
    /// Not a PEM file of the kind asked for.
    #[error("not a P-256 key in a PEM file of type `{label}`")]
    Pem {
        /// The label between the dashes.
        label: &'static str,
    },
}

/// What makes ES256 signatures: a [`SigningKey`], or a key in a security module.
pub trait Signer {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message` (ECDSA P-256 with SHA-256) and returns r and s, 32 bytes each.
    ///
    /// The signature may have a high s; the envelope lowers it.
    ///
    /// # Errors
    /// When the key cannot be used now; the text says why.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String>;
}

/// A P-256 public key.
#[derive(Clone)]
pub struct PublicKey {
    key: ecdsa::VerifyingKey<NistP256>,
    sec1: [u8; 65],
    id: KeyId,
}

impl PublicKey {
    /// Reads a SEC1 uncompressed point: 0x04, x, y.
    ///
    /// # Errors
    /// When the bytes are anything else, a compressed point included.
    pub fn from_sec1(sec1: &[u8]) -> Result<Self, KeyError> {
        let sec1 = <[u8; 65]>::try_from(sec1).map_err(|_| KeyError::Point)?;
        let key = ecdsa::VerifyingKey::from_sec1_bytes(&sec1).map_err(|_| KeyError::Point)?;
        let id = KeyId::of_sec1(&sec1);
        Ok(Self { key, sec1, id })
    }

    /// Reads one PEM `PUBLIC KEY`.
    ///
    /// # Errors
    /// When it is something else, or a key on another curve.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        ecdsa::VerifyingKey::from_public_key_pem(pem)
            .map(Self::from_verifying)
            .map_err(|_| KeyError::Pem {
                label: "PUBLIC KEY",
            })
    }

    /// The PEM `PUBLIC KEY` form.
    pub fn to_pem(&self) -> String {
        self.key
            .to_public_key_pem(LineEnding::LF)
            .expect("a P-256 point has a SubjectPublicKeyInfo")
    }

    /// The SEC1 uncompressed point.
    pub fn sec1(&self) -> &[u8; 65] {
        &self.sec1
    }

    /// The id that tokens name the key by.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Verifies an ES256 signature with a low s. (A signature with a high s is refused, so that
    /// nobody but the signer can make another file of the same content.)
    pub(super) fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        let signature = ecdsa::Signature::<NistP256>::from_slice(signature)
            .map_err(|_| BadSignature::Invalid)?;
        if signature.normalize_s() != signature {
            return Err(BadSignature::HighS);
        }
        self.key
            .verify(message, &signature)
            .map_err(|_| BadSignature::Invalid)
    }

    fn from_verifying(key: ecdsa::VerifyingKey<NistP256>) -> Self {
        let point = key.to_sec1_point(false);
        let sec1 = point
            .as_bytes()
            .try_into()
            .expect("an uncompressed P-256 point has 65 bytes");
        let id = KeyId::of_sec1(&sec1);
        Self { key, sec1, id }
    }
}

/// Why a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadSignature {
    Invalid,
    HighS,
}

/// Lowers s.
pub(super) fn normalized(signature: &[u8; 64]) -> Option<[u8; 64]> {
    let signature = ecdsa::Signature::<NistP256>::from_slice(signature).ok()?;
    Some(signature.normalize_s().to_bytes().into())
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.sec1 == other.sec1
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

/// Labels of a COSE_Key (RFC 9053 section 7.1.1).
mod label {
    pub(super) const KTY: i64 = 1;
    pub(super) const CRV: i64 = -1;
    pub(super) const X: i64 = -2;
    pub(super) const Y: i64 = -3;
    pub(super) const KTY_EC2: u64 = 2;
    pub(super) const CRV_P256: u64 = 1;
}

/// A COSE_Key.
impl ToCbor for PublicKey {
    fn to_cbor(&self) -> Value {
        let (x, y) = self.sec1[1..].split_at(32);
        MapWriter::new()
            .put(label::KTY, label::KTY_EC2)
            .put(label::CRV, label::CRV_P256)
            .put(label::X, x)
            .put(label::Y, y)
            .into_value()
    }
}

impl FromCbor for PublicKey {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map: MapReader = FromCbor::from_cbor(value, key)?;
        let kty: u64 = map.required(label::KTY)?;
        let crv: u64 = map.required(label::CRV)?;
        let mut sec1 = [0x04; 65];
        sec1[1..33].copy_from_slice(&map.required::<[u8; 32]>(label::X)?);
        sec1[33..].copy_from_slice(&map.required::<[u8; 32]>(label::Y)?);
        map.finish()?;
        if (kty, crv) != (label::KTY_EC2, label::CRV_P256) {
            return Err(CborError::OutOfRange { key });
        }
        Self::from_sec1(&sec1).map_err(|_| CborError::OutOfRange { key })
    }
}

/// A P-256 private key that signs deterministically (RFC 6979); wiped when dropped.
#[derive(Clone)]
pub struct SigningKey {
    key: ecdsa::SigningKey<NistP256>,
    public: PublicKey,
}

impl SigningKey {
    /// The key with this scalar, big-endian.
    ///
    /// # Errors
    /// When it is zero or not below the order of the group.
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<Self, KeyError> {
        ecdsa::SigningKey::from_slice(scalar)
            .map(Self::from_signing)
            .map_err(|_| KeyError::Scalar)
    }

    /// Reads one PEM `PRIVATE KEY` (PKCS #8, not encrypted).
    ///
    /// # Errors
    /// When it is something else, or a key on another curve.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        ecdsa::SigningKey::from_pkcs8_pem(pem)
            .map(Self::from_signing)
            .map_err(|_| KeyError::Pem {
                label: "PRIVATE KEY",
            })
    }

    /// The PEM `PRIVATE KEY` form.
    pub fn to_pem(&self) -> Zeroizing<String> {
        self.key
            .to_pkcs8_pem(LineEnding::LF)
            .expect("a P-256 key has a PKCS #8 form")
    }

    /// The scalar, big-endian.
    pub fn to_scalar(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes().into())
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    fn from_signing(key: ecdsa::SigningKey<NistP256>) -> Self {
        let public = PublicKey::from_verifying(*key.verifying_key());
        Self { key, public }
    }
}

impl Signer for SigningKey {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String> {
        let signature: ecdsa::Signature<NistP256> = self
            .key
            .try_sign(message)
            .map_err(|error| error.to_string())?;
        Ok(signature.to_bytes().into())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_scalar(&[7; 32]).unwrap()
    }

    #[test]
    fn pem_forms_round_trip() {
        let key = key();
        assert_eq!(
            PublicKey::from_pem(&key.public().to_pem()).unwrap(),
            *key.public()
        );
        let again = SigningKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(again.to_scalar(), key.to_scalar());
    }

    #[test]
    fn the_cose_key_round_trips() {
        let value = key().public().to_cbor();
        assert_eq!(PublicKey::from_cbor(value, 1).unwrap(), *key().public());
    }

    #[test]
    fn points_off_the_curve_and_other_forms_are_refused() {
        let mut off = *key().public().sec1();
        off[64] ^= 1;
        let compressed = [&[0x02], &key().public().sec1()[1..33]].concat();
        for bytes in [&off[..], &compressed, &[0], &[]] {
            assert_eq!(PublicKey::from_sec1(bytes).unwrap_err(), KeyError::Point);
        }
    }

    #[test]
    fn zero_and_the_order_are_no_private_keys() {
        for scalar in [[0; 32], [0xff; 32]] {
            assert_eq!(
                SigningKey::from_scalar(&scalar).unwrap_err(),
                KeyError::Scalar
            );
        }
    }

    #[test]
    fn signing_is_deterministic() {
        assert_eq!(key().sign(b"message"), key().sign(b"message"));
        assert_ne!(key().sign(b"message"), key().sign(b"massage"));
    }

    #[test]
    fn a_high_s_is_refused_although_the_equation_holds() {
        let signature = normalized(&key().sign(b"message").unwrap()).unwrap();
        key().public().verify(b"message", &signature).unwrap();
        let (r, s) = ecdsa::Signature::<NistP256>::from_slice(&signature)
            .unwrap()
            .split_scalars();
        let high = ecdsa::Signature::<NistP256>::from_scalars(r, -s).unwrap();
        assert!(key().public().key.verify(b"message", &high).is_ok());
        let refused = key().public().verify(b"message", &high.to_bytes().into());
        assert_eq!(refused, Err(BadSignature::HighS));
    }

    #[test]
    fn debug_output_shows_no_secret() {
        assert_eq!(
            format!("{:?}", key()),
            format!("SigningKey({})", key().public().id())
        );
    }
}

//! A labelled KEM: a secret seed that only the holder of a TPM's decryption key recovers, under a
//! label that says for what (TPM 2.0 Part 1, annexes B.10 and C.6).
//!
//! Credentials are its first user. Import blobs and session salts differ in the label.

use super::algorithm::{Curve, HashAlgorithm};
use super::ek::{EndorsementKey, KemKey};
use super::kdf::kdf_e;
use super::wire::Put;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytesSize, Generate as _, PublicKey, SecretKey,
};
use rand_core::TryCryptoRng;
use sha2::{Sha256, Sha384};
use thiserror::Error;
use zeroize::Zeroizing;

/// What a seed is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// TPM2_ActivateCredential.
    Identity,
}

impl Label {
    /// The label without its final zero, which every use of it adds.
    fn text(self) -> &'static str {
        match self {
            Self::Identity => "IDENTITY",
        }
    }
}

/// A seed and the TPM2B_ENCRYPTED_SECRET's contents from which the TPM recovers it.
pub(crate) struct Encapsulated {
    pub(crate) seed: Zeroizing<Vec<u8>>,
    pub(crate) encrypted: Vec<u8>,
}

/// Why no seed could be encapsulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub(crate) enum KemError {
    #[error("the source of randomness failed")]
    Randomness,
    #[error("the key cannot be encrypted to")]
    Key,
}

/// Draws a seed of the key's Name algorithm's length and encrypts it to the key.
pub(crate) fn encapsulate<R: TryCryptoRng + ?Sized>(
    key: &EndorsementKey,
    label: Label,
    rng: &mut R,
) -> Result<Encapsulated, KemError> {
    let hash = key.name_algorithm();
    match key.kem_key() {
        KemKey::Rsa(key) => encapsulate_rsa(key, hash, label, rng),
        KemKey::P256(key) => encapsulate_ecc(key, Curve::P256, hash, label, rng),
        KemKey::P384(key) => encapsulate_ecc(key, Curve::P384, hash, label, rng),
    }
}

/// RSAES-OAEP with the Name algorithm as hash and mask function and the label with its final zero.
fn encapsulate_rsa<R: TryCryptoRng + ?Sized>(
    key: &rsa::PublicKey,
    hash: HashAlgorithm,
    label: Label,
    rng: &mut R,
) -> Result<Encapsulated, KemError> {
    use rsa::traits::PaddingScheme as _;
    let mut seed = Zeroizing::new(vec![0; hash.digest_len()]);
    rng.try_fill_bytes(&mut seed)
        .map_err(|_| KemError::Randomness)?;
    let oaep_label = [label.text().as_bytes(), &[0]].concat();
    let encrypted = match hash {
        HashAlgorithm::Sha256 => {
            rsa::Oaep::<Sha256>::new_with_label(oaep_label).encrypt(rng, key, &seed)
        }
        HashAlgorithm::Sha384 => {
            rsa::Oaep::<Sha384>::new_with_label(oaep_label).encrypt(rng, key, &seed)
        }
    };
    Ok(Encapsulated {
        seed,
        encrypted: encrypted.map_err(|_| KemError::Key)?,
    })
}

/// One-pass Diffie-Hellman with an ephemeral key, whose point is the encrypted secret, and KDFe.
fn encapsulate_ecc<C, R>(
    key: &PublicKey<C>,
    curve: Curve,
    hash: HashAlgorithm,
    label: Label,
    rng: &mut R,
) -> Result<Encapsulated, KemError>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
    R: TryCryptoRng + ?Sized,
{
    let ephemeral = SecretKey::<C>::try_generate_from_rng(rng).map_err(|_| KemError::Randomness)?;
    let shared = ephemeral.diffie_hellman(key);
    let len = curve.coordinate_len();
    let ours = ephemeral.public_key().to_sec1_point(false);
    let theirs = key.to_sec1_point(false);
    let (x, y) = ours.as_bytes()[1..].split_at(len);
    let bits = 8 * hash.digest_len() as u32;
    let seed = kdf_e(
        hash,
        shared.raw_secret_bytes(),
        label.text(),
        x,
        &theirs.as_bytes()[1..=len],
        bits,
    );
    let mut encrypted = Vec::with_capacity(2 * len + 4);
    encrypted.put_sized(x);
    encrypted.put_sized(y);
    Ok(Encapsulated { seed, encrypted })
}

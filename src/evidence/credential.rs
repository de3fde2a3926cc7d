//! Credentials made in software, as TPM2_MakeCredential would make them (TPM 2.0 Part 1, section
//! 24).

use super::algorithm::Curve;
use super::ek::EndorsementKey;
use super::kdf::kdf_a;
use super::kem::{KemError, Label, encapsulate};
use super::name::Name;
use super::public::Parameters;
use super::wire::{Put, Reader};
use aes::{Aes128, Aes192, Aes256};
use cfb_mode::Encryptor;
use cfb_mode::cipher::KeyIvInit as _;
use rand_core::TryCryptoRng;
use thiserror::Error;

/// A secret that one TPM gives out while it holds the object of one Name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The contents of the TPM2B_ID_OBJECT: the encrypted secret and its HMAC.
    pub id_object: Vec<u8>,
    /// The contents of the TPM2B_ENCRYPTED_SECRET: the seed, encrypted to the endorsement key.
    pub encrypted_secret: Vec<u8>,
}

impl Credential {
    /// Whether it has the form of one that was made for a key of this kind: the encrypted secret is as long as the modulus, or a point
    /// with coordinates of the curve. Says nothing of the key itself, which the TPM compares.
    #[must_use]
    pub fn suits(&self, key: &Parameters) -> bool {
        match key {
            Parameters::Rsa { bits, .. } => self.encrypted_secret.len() == usize::from(bits / 8),
            Parameters::Ecc { curve, .. } => {
                let longest = self.coordinates().map(|(x, y)| x.len().max(y.len()));
                // No random point on P-384 has two coordinates of which 16 leading bytes are zero.
                match curve {
                    Curve::P256 => longest.is_some_and(|longest| longest <= 32),
                    Curve::P384 => longest.is_some_and(|longest| (33..=48).contains(&longest)),
                }
            }
            Parameters::KeyedHash { .. } => false,
        }
    }

    /// The encrypted secret as a TPMS_ECC_POINT.
    fn coordinates(&self) -> Option<(&[u8], &[u8])> {
        let mut reader = Reader::new(&self.encrypted_secret);
        let x = reader.sized(48, "x").ok()?;
        let y = reader.sized(48, "y").ok()?;
        reader.finish().ok()?;
        Some((x, y))
    }
}

/// Why no credential could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// No random numbers came.
    #[error("no credential could be made: the source of randomness failed")]
    Randomness,
    /// The endorsement key refuses to encrypt.
    #[error("no credential could be made: the endorsement key cannot be encrypted to")]
    EndorsementKey,
    /// The secret is longer than a digest of the endorsement key's Name algorithm.
    #[error("no credential could be made: the secret is longer than {max} bytes")]
    SecretTooLong {
        /// The greatest length.
        max: usize,
    },
}

impl From<KemError> for CredentialError {
    fn from(error: KemError) -> Self {
        match error {
            KemError::Randomness => Self::Randomness,
            KemError::Key => Self::EndorsementKey,
        }
    }
}

/// Makes a credential: TPM2_ActivateCredential returns `secret` in the TPM that holds both the
/// endorsement key and the object with the Name `object`, and nowhere else.
///
/// Hash, curve and AES key length are those of the endorsement key's public area. The secret is at
/// most as long as a digest of its Name algorithm.
pub fn make_credential<R: TryCryptoRng + ?Sized>(
    ek: &EndorsementKey,
    object: &Name,
    secret: &[u8],
    rng: &mut R,
) -> Result<Credential, CredentialError> {
    let hash = ek.name_algorithm();
    if secret.len() > hash.digest_len() {
        return Err(CredentialError::SecretTooLong {
            max: hash.digest_len(),
        });
    }
    let encapsulated = encapsulate(ek, Label::Identity, rng)?;
    let (seed, object) = (&encapsulated.seed, object.as_bytes());

    let mut identity = Vec::with_capacity(2 + secret.len());
    identity.put_sized(secret);
    let key = kdf_a(hash, seed, "STORAGE", object, &[], u32::from(ek.aes_bits()));
    encrypt_cfb(&key, &mut identity);

    let bits = 8 * hash.digest_len() as u32;
    let key = kdf_a(hash, seed, "INTEGRITY", &[], &[], bits);
    let mut id_object = Vec::with_capacity(2 + hash.digest_len() + identity.len());
    id_object.put_sized(&hash.hmac(&key, &[&identity, object]));
    id_object.extend_from_slice(&identity);
    Ok(Credential {
        id_object,
        encrypted_secret: encapsulated.encrypted,
    })
}

/// AES in CFB mode from a zero initialization vector. The key is made for this one message.
fn encrypt_cfb(key: &[u8], data: &mut [u8]) {
    const KEY_LENGTH: &str = "a parsed public area holds an AES key length";
    let iv = [0; 16];
    match key.len() {
        16 => Encryptor::<Aes128>::new_from_slices(key, &iv)
            .expect(KEY_LENGTH)
            .encrypt(data),
        24 => Encryptor::<Aes192>::new_from_slices(key, &iv)
            .expect(KEY_LENGTH)
            .encrypt(data),
        _ => Encryptor::<Aes256>::new_from_slices(key, &iv)
            .expect(KEY_LENGTH)
            .encrypt(data),
    }
}

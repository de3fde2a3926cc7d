//! The vendor's private keys: made, kept as PKCS#8 (RFC 5958) in PEM, encrypted under a passphrase (RFC 8018, PBES2) when
//! there is one, and typed by what they may sign.
//!
//! The files are those of the usual tools: `openssl pkey -in keys/issuer.key -text` reads them.

use std::fs;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use pkcs8::pkcs5::pbes2;
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::folder::{FolderError, check_private, write_private};
use crate::token::{PublicKey, SigningKey};

/// A private key of the vendor, typed by what it may sign.
#[derive(Debug)]
pub struct Key<Role> {
    pub(super) signer: SigningKey,
    role: PhantomData<Role>,
}

/// Signs the trust bundle and nothing else.
#[derive(Debug)]
pub struct Root;

/// Signs licenses, leases, manifests and status lists.
#[derive(Debug)]
pub struct Issuer;

/// Approves TPM policies of one product.
#[derive(Debug)]
pub struct Policy;

/// What encrypts the key files; wiped when dropped.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// Why a key file can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no such file.
    #[error("the key {} is missing; restore that file from a backup", .0.display())]
    Missing(PathBuf),
    /// The file is encrypted, and no passphrase was given.
    #[error("the key {} is encrypted; give --passphrase-file", .0.display())]
    NeedsPassphrase(PathBuf),
    /// There is no such passphrase file.
    #[error("there is no passphrase file {}; check --passphrase-file", .0.display())]
    PassphraseMissing(PathBuf),
    /// The passphrase does not open the file.
    #[error("the passphrase does not open {}; check --passphrase-file", .0.display())]
    WrongPassphrase(PathBuf),
    /// The passphrase file holds nothing.
    #[error("the passphrase file {} is empty; put the passphrase on its first line", .0.display())]
    EmptyPassphrase(PathBuf),
    /// The file is not a P-256 private key in PKCS#8.
    #[error("{} is not a P-256 private key in PKCS#8 (PEM); restore it from a backup", .0.display())]
    NotAKey(PathBuf),
    /// The key could not be encoded or encrypted.
    #[error("the new key {} could not be encrypted", .0.display())]
    Encryption(PathBuf),
    /// The file's place or modes are wrong.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// Iterations of PBKDF2-HMAC-SHA-256; the value that OWASP recommends since 2023.
const PBKDF2_ITERATIONS: u32 = 600_000;

/// PEM labels of PKCS#8 (RFC 7468, sections 10 and 11).
const PLAIN: &str = "PRIVATE KEY";
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

impl<Role> Key<Role> {
    /// Makes a new key and writes it; with a passphrase, encrypted.
    pub fn create(
        path: &Path,
        passphrase: Option<&Passphrase>,
        random: &mut impl CryptoRng,
    ) -> Result<Self, KeyError> {
        let signer = generate(random);
        let plain = signer.to_pem();
        match passphrase {
            None => write_private(path, plain.as_bytes())?,
            Some(passphrase) => {
                let encrypted = encrypt(&plain, passphrase, random)
                    .map_err(|_| KeyError::Encryption(path.to_owned()))?;
                write_private(path, encrypted.as_bytes())?;
            }
        }
        Ok(Self {
            signer,
            role: PhantomData,
        })
    }

    /// Reads a key from its file, or makes it if there is none.
    pub fn load_or_create(
        path: &Path,
        passphrase: Option<&Passphrase>,
        random: &mut impl CryptoRng,
    ) -> Result<Self, KeyError> {
        match path.exists() {
            true => Self::load(path, passphrase),
            false => Self::create(path, passphrase, random),
        }
    }

    /// Reads a key from its file. A passphrase is not needed for, and does not hinder, a file that is not encrypted.
    pub fn load(path: &Path, passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        load(path, passphrase).map(|signer| Self {
            signer,
            role: PhantomData,
        })
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        self.signer.public()
    }
}

impl Passphrase {
    /// The first line of a file that only its owner can read.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        match check_private(path, false) {
            Err(FolderError::Missing(path)) => return Err(KeyError::PassphraseMissing(path)),
            // It may be any file of the system, named by mistake.
            Err(FolderError::TooOpen {
                path,
                mode,
                directory,
                ..
            }) => {
                let fix = None;
                Err(FolderError::TooOpen {
                    path,
                    mode,
                    directory,
                    fix,
                })?;
            }
            checked => checked?,
        }
        let content = Zeroizing::new(fs::read(path).map_err(|source| FolderError::Io {
            path: path.to_owned(),
            source,
        })?);
        let line = content
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Err(KeyError::EmptyPassphrase(path.to_owned()));
        }
        Ok(Self(Zeroizing::new(line.to_vec())))
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Passphrase(..)")
    }
}

/// A uniform private key: a random scalar out of range (once in 2^32) is drawn again.
fn generate(random: &mut impl CryptoRng) -> SigningKey {
    let mut scalar = Zeroizing::new([0; 32]);
    loop {
        random.fill_bytes(&mut *scalar);
        if let Ok(key) = SigningKey::from_scalar(&scalar) {
            return key;
        }
    }
}

fn encrypt(
    plain: &str,
    passphrase: &Passphrase,
    random: &mut impl CryptoRng,
) -> Result<Zeroizing<String>, pkcs8::Error> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    random.fill_bytes(&mut salt);
    random.fill_bytes(&mut iv);
    let parameters =
        pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(PBKDF2_ITERATIONS, &salt, iv)?;
    let (_, document) = SecretDocument::from_pem(plain)?;
    let info = PrivateKeyInfoRef::try_from(document.as_bytes())?;
    Ok(info
        .encrypt_with_params(parameters, &*passphrase.0)?
        .to_pem(ENCRYPTED, LineEnding::LF)?)
}

fn load(path: &Path, passphrase: Option<&Passphrase>) -> Result<SigningKey, KeyError> {
    match check_private(path, false) {
        Err(FolderError::Missing(path)) => return Err(KeyError::Missing(path)),
        checked => checked?,
    }
    let not_a_key = || KeyError::NotAKey(path.to_owned());
    let pem = match fs::read_to_string(path) {
        Ok(pem) => Zeroizing::new(pem),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(not_a_key()),
        Err(source) => {
            return Err(FolderError::Io {
                path: path.to_owned(),
                source,
            }
            .into());
        }
    };
    let (label, document) = SecretDocument::from_pem(&pem).map_err(|_| not_a_key())?;
    let plain = match (label, passphrase) {
        (PLAIN, _) => document,
        (ENCRYPTED, None) => return Err(KeyError::NeedsPassphrase(path.to_owned())),
        (ENCRYPTED, Some(passphrase)) => EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
            .map_err(|_| not_a_key())?
            .decrypt(&*passphrase.0)
            .map_err(|_| KeyError::WrongPassphrase(path.to_owned()))?,
        _ => return Err(not_a_key()),
    };
    let pem = plain
        .to_pem(PLAIN, LineEnding::LF)
        .map_err(|_| not_a_key())?;
    SigningKey::from_pem(&pem).map_err(|_| not_a_key())
}

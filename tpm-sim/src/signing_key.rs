//! Keys with which certificate authorities sign.

use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use p256::elliptic_curve::Generate as _;
use rsa::pkcs1v15;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use sha2::Sha256;
use x509_cert::builder::Builder;
use x509_cert::spki::{EncodePublicKey, SubjectPublicKeyInfoOwned};

use crate::error::Error;

/// The kind of key with which an authority signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IssuerKey {
    /// ECDSA with P-256 and SHA-256.
    #[default]
    P256,
    /// ECDSA with P-384 and SHA-384.
    P384,
    /// RSA-2048, PKCS #1 v1.5 with SHA-256.
    Rsa2048,
}

/// A key of any of the three kinds.
#[derive(Debug)]
pub(crate) enum SigningKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa2048(pkcs1v15::SigningKey<Sha256>),
}

impl SigningKey {
    pub(crate) fn generate(kind: IssuerKey) -> Result<SigningKey, Error> {
        let mut rng = UnwrapErr(SysRng);
        Ok(match kind {
            IssuerKey::P256 => {
                SigningKey::P256(p256::ecdsa::SigningKey::generate_from_rng(&mut rng))
            }
            IssuerKey::P384 => {
                SigningKey::P384(p384::ecdsa::SigningKey::generate_from_rng(&mut rng))
            }
            IssuerKey::Rsa2048 => SigningKey::Rsa2048(pkcs1v15::SigningKey::new(
                rsa::PrivateKey::new(&mut rng, 2048).map_err(Error::authority("an RSA key"))?,
            )),
        })
    }

    pub(crate) fn kind(&self) -> IssuerKey {
        match self {
            SigningKey::P256(_) => IssuerKey::P256,
            SigningKey::P384(_) => IssuerKey::P384,
            SigningKey::Rsa2048(_) => IssuerKey::Rsa2048,
        }
    }

    pub(crate) fn public(&self) -> Result<SubjectPublicKeyInfoOwned, Error> {
        fn info(key: &impl EncodePublicKey) -> Result<SubjectPublicKeyInfoOwned, Error> {
            SubjectPublicKeyInfoOwned::from_key(key).map_err(Error::authority("a public key"))
        }
        match self {
            SigningKey::P256(key) => info(key.verifying_key()),
            SigningKey::P384(key) => info(key.verifying_key()),
            SigningKey::Rsa2048(key) => info(&rsa::signature::Keypair::verifying_key(key)),
        }
    }

    /// Completes a certificate or revocation list.
    pub(crate) fn sign<B: Builder>(&self, builder: B) -> Result<B::Output, Error> {
        match self {
            SigningKey::P256(key) => builder.build::<_, p256::ecdsa::DerSignature>(key),
            SigningKey::P384(key) => builder.build::<_, p384::ecdsa::DerSignature>(key),
            SigningKey::Rsa2048(key) => builder.build::<_, pkcs1v15::Signature>(key),
        }
        .map_err(Error::authority("a signature"))
    }

    /// PKCS #8.
    pub(crate) fn to_der(&self) -> Result<Vec<u8>, Error> {
        match self {
            SigningKey::P256(key) => key.to_pkcs8_der(),
            SigningKey::P384(key) => key.to_pkcs8_der(),
            SigningKey::Rsa2048(key) => key.to_pkcs8_der(),
        }
        .map(|der| der.as_bytes().to_vec())
        .map_err(Error::authority("a private key"))
    }

    pub(crate) fn from_der(der: &[u8]) -> Result<SigningKey, Error> {
        p256::ecdsa::SigningKey::from_pkcs8_der(der)
            .map(SigningKey::P256)
            .or_else(|_| p384::ecdsa::SigningKey::from_pkcs8_der(der).map(SigningKey::P384))
            .or_else(|_| pkcs1v15::SigningKey::from_pkcs8_der(der).map(SigningKey::Rsa2048))
            .map_err(Error::authority("a private key"))
    }
}

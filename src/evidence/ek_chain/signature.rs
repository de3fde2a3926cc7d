//! Signatures of certificates and revocation lists: RSA PKCS #1 v1.5 and PSS, ECDSA on P-256 and
//! P-384, each with SHA-256, SHA-384 or SHA-512.

use super::certificate::Signed;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::pkcs1::{DecodeRsaPublicKey as _, RsaPssParams};
use rsa::{Pkcs1v15Sign, Pss};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::der::asn1::{Any, ObjectIdentifier};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA384_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const SHA512_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_WITH_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// The hash functions that signatures here are made with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// Whether `signed` carries a signature of `key`. An algorithm that is unknown here, SHA-1 among
/// them, or that does not fit the key counts as a wrong signature.
pub(crate) fn is_signed_by(signed: &Signed, key: &SubjectPublicKeyInfoOwned) -> bool {
    match key.algorithm.oid {
        RSA_ENCRYPTION => verify_rsa(signed, key),
        EC_PUBLIC_KEY => verify_ecdsa(signed, key),
        _ => None,
    }
    .is_some()
}

fn verify_rsa(signed: &Signed, key: &SubjectPublicKeyInfoOwned) -> Option<()> {
    let key = rsa::RsaPublicKey::from_pkcs1_der(key.subject_public_key.as_bytes()?).ok()?;
    let signature = signed.signature.as_bytes()?;
    let (hash, salt_len) = match signed.algorithm.oid {
        SHA256_WITH_RSA => (Hash::Sha256, None),
        SHA384_WITH_RSA => (Hash::Sha384, None),
        SHA512_WITH_RSA => (Hash::Sha512, None),
        RSASSA_PSS => pss_parameters(signed).map(|(hash, salt_len)| (hash, Some(salt_len)))?,
        _ => return None,
    };
    let digest = hash.digest(&signed.content);
    let verdict = match (hash, salt_len) {
        (Hash::Sha256, None) => key.verify(Pkcs1v15Sign::new::<Sha256>(), &digest, signature),
        (Hash::Sha384, None) => key.verify(Pkcs1v15Sign::new::<Sha384>(), &digest, signature),
        (Hash::Sha512, None) => key.verify(Pkcs1v15Sign::new::<Sha512>(), &digest, signature),
        (Hash::Sha256, Some(salt)) => {
            key.verify(Pss::<Sha256>::new_with_salt(salt), &digest, signature)
        }
        (Hash::Sha384, Some(salt)) => {
            key.verify(Pss::<Sha384>::new_with_salt(salt), &digest, signature)
        }
        (Hash::Sha512, Some(salt)) => {
            key.verify(Pss::<Sha512>::new_with_salt(salt), &digest, signature)
        }
    };
    verdict.ok()
}

/// Hash and salt length of RSASSA-PSS (RFC 4055), where both hashes are the same.
fn pss_parameters(signed: &Signed) -> Option<(Hash, usize)> {
    let parameters: RsaPssParams<Any> = signed.algorithm.parameters.as_ref()?.decode_as().ok()?;
    let hash = Hash::from_oid(parameters.hash.oid)?;
    let mask = parameters.mask_gen;
    let same = mask.oid == MGF1 && mask.parameters.is_some_and(|inner| inner.oid == hash.oid());
    same.then_some((hash, usize::from(parameters.salt_len)))
}

fn verify_ecdsa(signed: &Signed, key: &SubjectPublicKeyInfoOwned) -> Option<()> {
    let hash = match signed.algorithm.oid {
        ECDSA_WITH_SHA256 => Hash::Sha256,
        ECDSA_WITH_SHA384 => Hash::Sha384,
        ECDSA_WITH_SHA512 => Hash::Sha512,
        _ => return None,
    };
    let curve: ObjectIdentifier = key.algorithm.parameters.as_ref()?.decode_as().ok()?;
    let point = key.subject_public_key.as_bytes()?;
    let signature = signed.signature.as_bytes()?;
    let digest = hash.digest(&signed.content);
    match curve {
        SECP256R1 => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
            let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
            key.verify_prehash(&digest, &signature).ok()
        }
        SECP384R1 => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
            let signature = p384::ecdsa::Signature::from_der(signature).ok()?;
            key.verify_prehash(&digest, &signature).ok()
        }
        _ => None,
    }
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

//! Keys, authorities and certificates that the tests of endorsement keys start from.

use crate::pki::{Authority, Certificate, Key, TODAY};
use crate::software_tpm;
use counterfoil::evidence::public::{ek_p256_template, ek_p384_template, ek_rsa2048_template};
use counterfoil::evidence::{
    CertificateError, EkError, EkTrust, EndorsementKey, PathError, TrustedEk, verify_ek,
};
use counterfoil::token::{DeviceClass, UtcTime};
use x509_cert::der::asn1::ObjectIdentifier;

pub(crate) fn root() -> Authority {
    Authority::new("Root A", Key::p256(1))
}

/// The same name as the root's, and another key.
pub(crate) fn impostor() -> Authority {
    Authority::new("Root A", Key::p256(2))
}

pub(crate) fn intermediate() -> Authority {
    Authority::new("Intermediate", Key::p256(3))
}

pub(crate) fn ek_key() -> Key {
    Key::p256(9)
}

/// The public area of an endorsement key with this key pair.
pub(crate) fn ek_public(key: &Key) -> Vec<u8> {
    match key {
        Key::Rsa(key) => {
            use rsa::traits::PublicKeyParts as _;
            let template = ek_rsa2048_template();
            let modulus = key.n().to_be_bytes();
            [&template[..template.len() - 256], &modulus].concat()
        }
        Key::P256(key) => software_tpm::with_point(&ek_p256_template(), 32, 32, key),
        Key::P384(key) => {
            let mut public = ek_p384_template();
            public.truncate(public.len() - 4);
            let point = key.verifying_key().to_sec1_point(false);
            for coordinate in point.as_bytes()[1..].chunks(48) {
                public.extend([0, 48]);
                public.extend(coordinate);
            }
            public
        }
        Key::P521(_) => panic!("no endorsement key is on P-521"),
    }
}

pub(crate) fn ek() -> EndorsementKey {
    EndorsementKey::from_public(&ek_public(&ek_key())).unwrap()
}

pub(crate) fn leaf() -> Certificate {
    Certificate::endorsement(&root(), &ek_key())
}

/// The intermediate's certificate by the root.
pub(crate) fn middle() -> Certificate {
    Certificate::authority(&intermediate()).issued_by(&root())
}

pub(crate) fn leaf_of_intermediate() -> Vec<u8> {
    Certificate::endorsement(&intermediate(), &ek_key()).sign(&intermediate())
}

pub(crate) fn trust() -> EkTrust {
    trusting(&root().root(), &root())
}

pub(crate) fn trusting(certificate: &Certificate, signer: &Authority) -> EkTrust {
    let mut trust = EkTrust::default();
    trust
        .roots
        .add(&certificate.sign(signer), DeviceClass::Test)
        .unwrap();
    trust
}

pub(crate) fn today() -> UtcTime {
    UtcTime::from_unix(TODAY).unwrap()
}

pub(crate) fn verify(certificates: &[Vec<u8>], trust: &EkTrust) -> Result<TrustedEk, EkError> {
    verify_ek(ek(), certificates, trust, today())
}

/// Verifies one certificate by the root.
pub(crate) fn verify_leaf(leaf: &Certificate) -> Result<TrustedEk, EkError> {
    verify(&[leaf.sign(&root())], &trust())
}

pub(crate) fn error<T>(result: Result<T, EkError>) -> EkError {
    result.err().expect("the certificate must be refused")
}

pub(crate) fn path_error<T>(result: Result<T, EkError>) -> PathError {
    match error(result) {
        EkError::NoPath { reason, .. } => reason,
        other => panic!("refused for another reason: {other}"),
    }
}

pub(crate) fn malformed<T>(result: Result<T, EkError>) -> CertificateError {
    match error(result) {
        EkError::Malformed { reason, .. } => reason,
        other => panic!("refused for another reason: {other}"),
    }
}

pub(crate) fn id(text: &str) -> ObjectIdentifier {
    text.parse().unwrap()
}

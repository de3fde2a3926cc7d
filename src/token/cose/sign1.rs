//! COSE_Sign1 (RFC 9052 section 4.2) with ES256.

use std::ops::Deref;

use coset::iana::{EnumI64, HeaderParameter};
use coset::{CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable};

use super::{CoseError, Kind, Protection, header};
use crate::token::id::KeyId;
use crate::token::keys::{BadSignature, PublicKey, Signer, normalized};

/// Signs `payload` as a file of `kind`.
///
/// # Errors
/// When the kind is not a signed one, the file would be too large, or the key cannot be used.
pub fn sign(kind: Kind, key: &dyn Signer, payload: &[u8]) -> Result<Vec<u8>, CoseError> {
    if !matches!(kind.protection(), Protection::Sign1(_)) {
        return Err(CoseError::Protection(kind));
    }
    let unsigned = envelope(kind, key.public_key().id(), payload.to_vec());
    let signature = key
        .sign(&unsigned.tbs_data(&[]))
        .map_err(CoseError::Signer)?;
    let signature = normalized(&signature)
        .ok_or_else(|| CoseError::Signer("it returned no ECDSA signature".into()))?;
    let bytes = encode(CoseSign1 {
        signature: signature.to_vec(),
        ..unsigned
    });
    let (size, limit) = (bytes.len(), kind.size_limit());
    match size <= limit {
        true => Ok(bytes),
        false => Err(CoseError::TooLarge { kind, size, limit }),
    }
}

/// Opens a file of `kind`: everything but the signature is checked.
///
/// # Errors
/// When the bytes are not the one form of such a file.
pub fn open(kind: Kind, bytes: &[u8]) -> Result<Unverified, CoseError> {
    if !matches!(kind.protection(), Protection::Sign1(_)) {
        return Err(CoseError::Protection(kind));
    }
    let sign1: CoseSign1 = header::parse(kind, bytes, "COSE_Sign1")?;
    header::check(kind, &sign1.protected, &sign1.unprotected)?;
    if !sign1.unprotected.is_empty() {
        return Err(CoseError::UnprotectedHeader);
    }
    let label = HeaderParameter::Kid.to_i64();
    let kid = KeyId::try_from(&sign1.protected.header.key_id[..])
        .map_err(|_| CoseError::MissingHeader { label })?;
    let payload = sign1.payload.clone().ok_or(CoseError::NoPayload)?;
    let signature =
        <[u8; 64]>::try_from(&sign1.signature[..]).map_err(|_| CoseError::BadSignature)?;

    let rebuilt = CoseSign1 {
        signature: signature.to_vec(),
        ..envelope(kind, kid, payload)
    };
    let to_be_signed = rebuilt.tbs_data(&[]);
    if encode(rebuilt) != bytes {
        return Err(header::difference(kind, &sign1.protected.header, &[label]));
    }
    Ok(Unverified {
        kid,
        payload: sign1.payload.unwrap_or_default(),
        to_be_signed,
        signature,
    })
}

/// A signed file whose signature was not looked at yet.
#[derive(Debug, Clone)]
pub struct Unverified {
    kid: KeyId,
    payload: Vec<u8>,
    to_be_signed: Vec<u8>,
    signature: [u8; 64],
}

impl Unverified {
    /// The key that the file says it is signed by.
    pub fn kid(&self) -> KeyId {
        self.kid
    }

    /// The payload, which anybody may have written.
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Verifies the signature.
    ///
    /// # Errors
    /// When it is not the signature of `key` over this file.
    pub fn verify(self, key: &PublicKey) -> Result<VerifiedPayload, CoseError> {
        if key.id() != self.kid {
            return Err(CoseError::WrongKey {
                expected: key.id(),
                found: self.kid,
            });
        }
        key.verify(&self.to_be_signed, &self.signature)
            .map_err(|error| match error {
                BadSignature::Invalid => CoseError::BadSignature,
                BadSignature::HighS => CoseError::HighS,
            })?;
        Ok(VerifiedPayload(self.payload))
    }
}

/// A payload whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPayload(Vec<u8>);

impl Deref for VerifiedPayload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

fn envelope(kind: Kind, kid: KeyId, payload: Vec<u8>) -> CoseSign1 {
    let header: HeaderBuilder = header::builder(kind, &[]).key_id(kid.as_bytes().to_vec());
    CoseSign1Builder::new()
        .protected(header.build())
        .payload(payload)
        .build()
}

fn encode(sign1: CoseSign1) -> Vec<u8> {
    sign1
        .to_tagged_vec()
        .expect("a header without duplicates can be encoded")
}

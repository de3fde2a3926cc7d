//! COSE_Encrypt0 (RFC 9052 section 5.2) with AES-256-GCM.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use coset::iana::{EnumI64, HeaderParameter};
use coset::{CoseEncrypt0, CoseEncrypt0Builder, HeaderBuilder, TaggedCborSerializable};
use zeroize::Zeroizing;

use super::{CoseError, Kind, Protection, header};

/// Seals `payload` as a file of `kind` under `key`.
///
/// `external_aad` binds the seal to something that both sides know; `extras` are the byte strings of
/// the protected header, one for each of the kind's [`header_labels`](Kind::header_labels), in that
/// order. `nonce` must never have been used with `key` before.
///
/// # Errors
/// When the kind is not a sealed one, `extras` are not the kind's, or the file would be too large.
pub fn seal(
    kind: Kind,
    key: &[u8; 32],
    external_aad: &[u8],
    extras: &[(i64, Vec<u8>)],
    payload: &[u8],
    nonce: [u8; 12],
) -> Result<Vec<u8>, CoseError> {
    if !matches!(kind.protection(), Protection::Encrypt0(_)) {
        return Err(CoseError::Protection(kind));
    }
    if !extras
        .iter()
        .map(|(label, _)| label)
        .eq(kind.header_labels())
    {
        return Err(CoseError::UnexpectedHeader);
    }
    let sealed = CoseEncrypt0Builder::new()
        .protected(header::builder(kind, extras).build())
        .unprotected(HeaderBuilder::new().iv(nonce.to_vec()).build())
        .create_ciphertext(payload, external_aad, |plaintext, aad| {
            let payload = Payload {
                msg: plaintext,
                aad,
            };
            cipher(key)
                .encrypt(&Nonce::from(nonce), payload)
                .expect("AES-GCM takes 64 GB, a file is far smaller")
        })
        .build();
    let bytes = encode(sealed);
    let (size, limit) = (bytes.len(), kind.size_limit());
    match size <= limit {
        true => Ok(bytes),
        false => Err(CoseError::TooLarge { kind, size, limit }),
    }
}

/// Opens and decrypts a file of `kind`; `key` and `external_aad` as they were when it was sealed.
///
/// # Errors
/// When the bytes are not the one form of such a file, or were not sealed with these.
pub fn unseal(
    kind: Kind,
    key: &[u8; 32],
    external_aad: &[u8],
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CoseError> {
    Sealed::parse(kind, bytes)?.decrypt(key, external_aad)
}

/// A sealed file, parsed and not yet decrypted: nothing about it is verified.
#[derive(Debug, Clone)]
pub struct Sealed {
    extras: Vec<(i64, Vec<u8>)>,
    nonce: [u8; 12],
    encrypt0: CoseEncrypt0,
}

impl Sealed {
    /// Parses a file of `kind`: everything but the seal is checked.
    ///
    /// # Errors
    /// When the bytes are not the one form of such a file.
    pub fn parse(kind: Kind, bytes: &[u8]) -> Result<Self, CoseError> {
        if !matches!(kind.protection(), Protection::Encrypt0(_)) {
            return Err(CoseError::Protection(kind));
        }
        let encrypt0: CoseEncrypt0 = header::parse(kind, bytes, "COSE_Encrypt0")?;
        let (protected, unprotected) = (&encrypt0.protected, &encrypt0.unprotected);
        let extras = header::check(kind, protected, unprotected)?;
        let label = HeaderParameter::Iv.to_i64();
        let nonce = <[u8; 12]>::try_from(&unprotected.iv[..])
            .map_err(|_| CoseError::MissingHeader { label })?;
        let iv_alone = HeaderBuilder::new().iv(nonce.to_vec()).build();
        if *unprotected != iv_alone {
            return Err(CoseError::UnprotectedHeader);
        }
        if encrypt0.ciphertext.is_none() {
            return Err(CoseError::NoPayload);
        }

        let rebuilt = CoseEncrypt0 {
            ciphertext: encrypt0.ciphertext.clone(),
            ..CoseEncrypt0Builder::new()
                .protected(header::builder(kind, &extras).build())
                .unprotected(iv_alone)
                .build()
        };
        if encode(rebuilt) != bytes {
            return Err(header::difference(kind, &protected.header, &[]));
        }
        Ok(Self {
            extras,
            nonce,
            encrypt0,
        })
    }

    /// A byte string of the protected header, which anybody may have written until
    /// [`decrypt`](Sealed::decrypt) succeeds.
    pub fn header(&self, label: i64) -> Option<&[u8]> {
        let found = self.extras.iter().find(|(found, _)| *found == label);
        found.map(|(_, bytes)| bytes.as_slice())
    }

    /// Decrypts the content.
    ///
    /// # Errors
    /// When it was not sealed under `key` with `external_aad`, or was changed.
    pub fn decrypt(
        &self,
        key: &[u8; 32],
        external_aad: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CoseError> {
        self.encrypt0
            .decrypt_ciphertext(
                external_aad,
                || CoseError::NoPayload,
                |ciphertext, aad| {
                    let payload = Payload {
                        msg: ciphertext,
                        aad,
                    };
                    cipher(key)
                        .decrypt(&Nonce::from(self.nonce), payload)
                        .map_err(|_| CoseError::CannotDecrypt)
                },
            )
            .map(Zeroizing::new)
    }
}

fn cipher(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(key.into())
}

fn encode(encrypt0: CoseEncrypt0) -> Vec<u8> {
    encrypt0
        .to_tagged_vec()
        .expect("a header without duplicates can be encoded")
}

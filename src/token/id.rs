//! Identifiers: fixed-size byte strings that are never mixed up with one another.

use std::fmt;
use std::str::FromStr;

use serde_cbor::Value;
use sha2::{Digest as _, Sha256};

use super::cbor::{CborError, FromCbor, ToCbor};
use super::keys::PublicKey;

/// Why a text or byte string is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text is not that many lower- or upper-case hexadecimal digits.
    #[error("expected {digits} hexadecimal digits; copy the id whole, without spaces")]
    NotHex {
        /// Digits of a well-formed id.
        digits: usize,
    },
    /// The byte string is of another length.
    #[error("expected {expected} bytes, found {found}")]
    Length {
        /// Bytes of a well-formed id.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// A TPM Name that is not a SHA-256 one.
    #[error("the TPM Name does not start with 000b: only SHA-256 Names are used")]
    NotSha256Name,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = IdError;

            fn try_from(bytes: &[u8]) -> Result<Self, IdError> {
                let bytes = <[u8; $len]>::try_from(bytes)
                    .map_err(|_| IdError::Length { expected: $len, found: bytes.len() })?;
                Self::checked(bytes)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::checked(from_hex(text)?)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(f, &self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "("))?;
                write_hex(f, &self.0)?;
                f.write_str(")")
            }
        }

        impl ToCbor for $name {
            fn to_cbor(&self) -> Value {
                Value::Bytes(self.0.to_vec())
            }
        }

        impl FromCbor for $name {
            fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
                Self::checked(FromCbor::from_cbor(value, key)?)
                    .map_err(|_| CborError::OutOfRange { key })
            }
        }
    };
}

macro_rules! plain_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        id!($(#[$doc])* $name, $len);

        impl $name {
            /// Wraps the bytes.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            const fn checked(bytes: [u8; $len]) -> Result<Self, IdError> {
                Ok(Self(bytes))
            }
        }
    };
}

plain_id!(
    /// What a customer bought: the public half of a license key.
    LicenseId,
    8
);
plain_id!(
    /// One state folder with its one binding to a chip.
    StoreId,
    16
);
plain_id!(
    /// A vendor, named by its first root key for ever.
    VendorId,
    16
);
plain_id!(
    /// One issued token (`cti`, RFC 8392 section 3.1.7).
    TokenId,
    16
);
plain_id!(
    /// A P-256 public key (COSE `kid`): the first 8 bytes of the SHA-256 of its SEC1 uncompressed
    /// point.
    KeyId,
    8
);
plain_id!(
    /// A SHA-256 digest.
    Digest,
    32
);
id!(
    /// The Name of a TPM object or NV index whose nameAlg is SHA-256: `000b` and the digest of its
    /// public area (TPM 2.0 Library, Part 1, section 16).
    Name,
    34
);

impl VendorId {
    /// The vendor whose first root key this is.
    pub fn of_root(root: &PublicKey) -> Self {
        let digest = Digest::of(&[b"counterfoil/v1/vendor", root.sec1()]);
        Self(first(&digest.0))
    }
}

impl KeyId {
    /// The id of the key with this SEC1 uncompressed point.
    pub(super) fn of_sec1(sec1: &[u8; 65]) -> Self {
        Self(first(&Digest::of(&[sec1]).0))
    }
}

impl Digest {
    /// SHA-256 of the parts, one after the other.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

impl Name {
    /// The Name of the public area with this SHA-256 digest.
    pub const fn of_digest(digest: &Digest) -> Self {
        let mut name = [0; 34];
        name[1] = 0x0b;
        let (_, tail) = name.split_at_mut(2);
        tail.copy_from_slice(&digest.0);
        Self(name)
    }

    /// The digest without the algorithm id.
    pub fn digest(&self) -> Digest {
        Digest(std::array::from_fn(|i| self.0[i + 2]))
    }

    fn checked(bytes: [u8; 34]) -> Result<Self, IdError> {
        match bytes {
            [0x00, 0x0b, ..] => Ok(Self(bytes)),
            _ => Err(IdError::NotSha256Name),
        }
    }
}

fn first<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|i| digest[i])
}

/// Writes lower-case hexadecimal digits.
pub(super) fn write_hex(f: &mut impl fmt::Write, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let error = IdError::NotHex { digits: 2 * N };
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return Err(error);
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (Some(high), Some(low)) = (hex_digit(pair[0]), hex_digit(pair[1])) else {
            return Err(error);
        };
        *byte = high << 4 | low;
    }
    Ok(bytes)
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_round_trips_and_ignores_case() {
        let id = LicenseId::new([0, 1, 0xab, 0xcd, 0xef, 0x7f, 0x80, 0xff]);
        assert_eq!(id.to_string(), "0001abcdef7f80ff");
        assert_eq!("0001ABCDEF7F80FF".parse(), Ok(id));
    }

    #[test]
    fn other_text_is_no_id() {
        for text in [
            "",
            "0001abcdef7f80f",
            "0001abcdef7f80fff",
            "0001abcdef7f80fg",
            "+001abcdef7f80ff",
        ] {
            assert_eq!(
                text.parse::<LicenseId>(),
                Err(IdError::NotHex { digits: 16 }),
                "{text}"
            );
        }
    }

    #[test]
    fn a_name_is_a_sha256_name() {
        let digest = Digest::of(&[b"public area"]);
        let name = Name::of_digest(&digest);
        assert_eq!(name.digest(), digest);
        assert_eq!(Name::try_from(name.as_ref()), Ok(name));
        let mut sha384 = *name.as_bytes();
        sha384[1] = 0x0c;
        assert_eq!(Name::try_from(&sha384[..]), Err(IdError::NotSha256Name));
        assert_eq!(
            Name::try_from(&sha384[..33]),
            Err(IdError::Length {
                expected: 34,
                found: 33
            })
        );
    }
}

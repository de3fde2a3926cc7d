//! Strict, deterministic CBOR (RFC 8949 section 4.2.1) over integer-key maps.
//!
//! One value has exactly one encoding: what is decoded is encoded again and must give the same
//! bytes. Only unsigned and negative integers, byte and text strings, arrays, maps, `true` and
//! `false` occur; an absent value is an absent key.
//!
//! **It is OK to be odd**: a reader ignores an unknown odd key and refuses an unknown even one
//! ([`MapReader::finish`]), so later versions can add both kinds of field.

mod map;
mod scan;

pub use map::{FromCbor, MapReader, MapWriter, ToCbor, UnknownFields};
pub use serde_cbor::Value;

use scan::scan;

/// Why bytes are not the CBOR that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CborError {
    /// More bytes than this kind of value may have.
    #[error("{size} bytes where at most {limit} are allowed")]
    TooLarge {
        /// Bytes received.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Arrays and maps nested too deep.
    #[error("arrays and maps are nested deeper than {limit} levels")]
    TooDeep {
        /// Levels allowed.
        limit: usize,
    },
    /// The bytes end within a value.
    #[error("the CBOR ends early: the file was cut off")]
    Truncated,
    /// Bytes follow the value.
    #[error("bytes follow the end of the CBOR value")]
    TrailingBytes,
    /// A tag, where none is used.
    #[error("an unexpected CBOR tag")]
    Tag,
    /// A float, null, undefined or another simple value.
    #[error("a float, null or other CBOR value that no format of ours uses")]
    Unsupported,
    /// A string, array or map without a stated length.
    #[error("a CBOR item of indefinite length")]
    IndefiniteLength,
    /// A text string that is not UTF-8, or a reserved encoding.
    #[error("malformed CBOR")]
    Malformed,
    /// A map names a key twice.
    #[error("a key occurs twice in a CBOR map")]
    DuplicateKey,
    /// A valid value in another encoding than the deterministic one.
    #[error("the CBOR is not in its deterministic form (RFC 8949 section 4.2.1)")]
    NotDeterministic,
    /// Something else than a map.
    #[error("expected a CBOR map")]
    NotAMap,
    /// A map with a key that is no integer.
    #[error("a key of a CBOR map is not an integer")]
    KeyType,
    /// A required key is absent.
    #[error("the field {key} is missing")]
    Missing {
        /// The key.
        key: i64,
    },
    /// The value under a key is of another type.
    #[error("the field {key} is not {expected}")]
    WrongType {
        /// The key.
        key: i64,
        /// The type expected, with its article.
        expected: &'static str,
    },
    /// The value under a key is of the right type but not an allowed value.
    #[error("the field {key} has a value outside its range")]
    OutOfRange {
        /// The key.
        key: i64,
    },
    /// An unknown key with an even number: the writer demands that it be understood.
    #[error("the field {key} is unknown and must be understood: update this program")]
    UnknownCritical {
        /// The key.
        key: i64,
    },
}

impl CborError {
    /// The stable snake_case name, as used by the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::TooDeep { .. } => "too_deep",
            Self::Truncated => "truncated",
            Self::TrailingBytes => "trailing_bytes",
            Self::Tag => "tag",
            Self::Unsupported => "unsupported",
            Self::IndefiniteLength => "indefinite_length",
            Self::Malformed => "malformed",
            Self::DuplicateKey => "duplicate_key",
            Self::NotDeterministic => "not_deterministic",
            Self::NotAMap => "not_a_map",
            Self::KeyType => "key_type",
            Self::Missing { .. } => "missing",
            Self::WrongType { .. } => "wrong_type",
            Self::OutOfRange { .. } => "out_of_range",
            Self::UnknownCritical { .. } => "unknown_critical",
        }
    }
}

/// What a decoder accepts at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole value.
    pub size: usize,
    /// Levels of arrays and maps, the outermost included.
    pub depth: usize,
}

impl Limits {
    /// `size` bytes, and 8 levels: twice what the deepest format has.
    pub const fn size(size: usize) -> Self {
        Self { size, depth: 8 }
    }
}

/// Decodes one value, and nothing after it.
///
/// Size and depth are checked before anything is allocated or recursed into.
///
/// # Errors
/// When the bytes are not the one deterministic encoding of a value within the limits.
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Value, CborError> {
    let items = scan(bytes, limits, None)?;
    // Floats, tags, depth and truncation were refused by the scan: what is left is bad UTF-8.
    let value: Value = serde_cbor::from_slice(bytes).map_err(|_| CborError::Malformed)?;
    if encode(&value) != bytes {
        // serde_cbor keeps the last of duplicate keys: then items are missing.
        return Err(match count(&value) == items {
            true => CborError::NotDeterministic,
            false => CborError::DuplicateKey,
        });
    }
    Ok(value)
}

/// Encodes a value deterministically.
pub fn encode(value: &Value) -> Vec<u8> {
    // Fails for integers beyond 64 bits alone, which no `ToCbor` makes.
    serde_cbor::to_vec(value).expect("values are made of 64-bit integers, strings, arrays and maps")
}

/// Checks the structure of an envelope whose decoder is not ours: limits, one leading `tag`, no
/// indefinite lengths, nothing after it.
pub(super) fn check_envelope(bytes: &[u8], limits: Limits, tag: u64) -> Result<(), CborError> {
    scan(bytes, limits, Some(tag)).map(drop)
}

/// Items in a value, keys included.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Map(map) => 1 + map.iter().map(|(k, v)| count(k) + count(v)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits::size(64);

    #[test]
    fn accepts_each_allowed_type() {
        let bytes = [
            0x86, 0x17, 0x38, 0x63, 0x42, 1, 2, 0x61, b'a', 0xf5, 0xa2, 0x01, 0x80, 0x20, 0xf4,
        ];
        let value = decode(&bytes, LIMITS).unwrap();
        assert_eq!(encode(&value), bytes);
    }

    #[test]
    fn refuses_each_other_form_by_its_own_name() {
        let cases: &[(&str, &[u8])] = &[
            ("truncated", &[]),
            ("truncated", &[0x42, 1]),
            ("truncated", &[0xa1, 1]),
            ("truncated", &[0x19, 1]),
            (
                "truncated",
                &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            ),
            ("trailing_bytes", &[0x01, 0x01]),
            ("tag", &[0xc1, 0x01]),
            ("unsupported", &[0xf9, 0, 0]),
            ("unsupported", &[0xf6]),
            ("unsupported", &[0xf7]),
            ("unsupported", &[0xf8, 0x20]),
            ("indefinite_length", &[0x9f, 0xff]),
            ("indefinite_length", &[0x5f, 0xff]),
            ("malformed", &[0x1c]),
            ("malformed", &[0x61, 0xff]),
            ("duplicate_key", &[0xa2, 1, 2, 1, 3]),
            ("duplicate_key", &[0xa2, 1, 2, 1, 2]),
            ("not_deterministic", &[0xa2, 2, 2, 1, 3]),
            ("not_deterministic", &[0x18, 0x17]),
            ("not_deterministic", &[0x58, 0x01, 0xaa]),
            ("too_large", &[0; 65]),
            ("too_deep", &[0x81; 9]),
        ];
        for (name, bytes) in cases {
            assert_eq!(
                decode(bytes, LIMITS).unwrap_err().name(),
                *name,
                "{bytes:02x?}"
            );
        }
    }

    #[test]
    fn keys_are_ordered_bytewise_and_not_by_length() {
        // 100 (18 64) before -1 (20): RFC 8949 section 4.2.1, not the older section 4.2.3.
        assert!(decode(&[0xa2, 0x18, 0x64, 0, 0x20, 0], LIMITS).is_ok());
        let older = decode(&[0xa2, 0x20, 0, 0x18, 0x64, 0], LIMITS);
        assert_eq!(older, Err(CborError::NotDeterministic));
    }

    #[test]
    fn eight_levels_are_allowed() {
        let mut bytes = [0x81; 8];
        bytes[7] = 0x80;
        assert!(decode(&bytes, LIMITS).is_ok());
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic_and_decode_to_themselves(bytes: Vec<u8>) {
            if let Ok(value) = decode(&bytes, Limits::size(1 << 16)) {
                prop_assert_eq!(encode(&value), bytes);
            }
        }
    }
}

//! Evidence in a RATS conceptual message wrapper (CMW, draft-ietf-rats-msg-wrap), for verifiers that take evidence of
//! several makers: the CBOR record `[type, value, ? ind]` around the unchanged bytes of the file.

use std::borrow::Cow;

use crate::token::cbor::{self, CborError, Limits, Value};
use crate::token::cose::Kind;

/// The largest record: a file of the largest size with its type.
pub const SIZE_LIMIT: usize = Kind::Evidence.size_limit() + 64;

/// The bit of `ind` that says evidence is among what is wrapped.
const EVIDENCE: u8 = 1 << 2;
const ALL: u8 = 0b1111;

/// Why a record is not one around our evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CmwError {
    /// The bytes are not the deterministic CBOR of anything.
    #[error("the wrapper (CMW record) is malformed: {0}")]
    Encoding(#[from] CborError),
    /// CBOR, but no record of a type, a value and perhaps an indicator.
    #[error("the wrapper is no CMW record of a media type and a byte string")]
    Record,
    /// A record around something else.
    #[error("the wrapper holds something else than evidence of this project")]
    Type,
    /// The indicator does not say evidence.
    #[error("the wrapper says that it holds no evidence")]
    Indicator,
}

/// The record around an evidence file. The type says all, so that there is no indicator.
pub fn wrap(evidence: &[u8]) -> Vec<u8> {
    cbor::encode(&Value::Array(vec![
        Value::Text(Kind::Evidence.content_type().to_owned()),
        Value::Bytes(evidence.to_vec()),
    ]))
}

/// The evidence file in a record; other bytes are returned as they are, for the reader of files to judge. Verifies nothing.
///
/// # Errors
/// [`CmwError`] where the bytes begin as a record does (an array of two or three) and are none around evidence.
pub fn contents(bytes: &[u8]) -> Result<Cow<'_, [u8]>, CmwError> {
    if !matches!(bytes.first(), Some(0x82 | 0x83)) {
        return Ok(Cow::Borrowed(bytes));
    }
    let Value::Array(items) = cbor::decode(bytes, Limits::size(SIZE_LIMIT))? else {
        return Err(CmwError::Record);
    };
    let mut items = items.into_iter();
    let (Some(Value::Text(kind)), Some(Value::Bytes(file))) = (items.next(), items.next()) else {
        return Err(CmwError::Record);
    };
    if kind != Kind::Evidence.content_type() {
        return Err(CmwError::Type);
    }
    match items.next() {
        None => Ok(Cow::Owned(file)),
        Some(Value::Integer(bits)) => match u8::try_from(bits) {
            Ok(bits @ 1..=ALL) if bits & EVIDENCE != 0 => Ok(Cow::Owned(file)),
            _ => Err(CmwError::Indicator),
        },
        Some(_) => Err(CmwError::Record),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &[u8] = &[0xd2, 0x84, 0x00];

    fn record(kind: Value, value: Value, ind: Option<i64>) -> Vec<u8> {
        let ind = ind.map(Value::from);
        cbor::encode(&Value::Array(
            [kind, value].into_iter().chain(ind).collect(),
        ))
    }

    fn ours() -> Value {
        Value::Text(Kind::Evidence.content_type().to_owned())
    }

    #[test]
    fn the_same_bytes_come_out_of_a_record_and_of_no_record() {
        let file = || Value::Bytes(FILE.to_vec());
        assert_eq!(*contents(FILE).unwrap(), *FILE);
        assert_eq!(*contents(&wrap(FILE)).unwrap(), *FILE);
        for ind in [4, 5, 15] {
            assert_eq!(
                *contents(&record(ours(), file(), Some(ind))).unwrap(),
                *FILE
            );
        }
        let largest = vec![0; Kind::Evidence.size_limit()];
        assert_eq!(*contents(&wrap(&largest)).unwrap(), *largest);
    }

    #[test]
    fn a_record_of_something_else_is_named() {
        let file = || Value::Bytes(FILE.to_vec());
        let text = |text: &str| Value::Text(text.to_owned());
        for ind in [0, 3, 8, 16, -1] {
            let refused = contents(&record(ours(), file(), Some(ind))).unwrap_err();
            assert_eq!(refused, CmwError::Indicator, "{ind}");
        }
        let other = record(text("application/eat+cwt"), file(), None);
        assert_eq!(contents(&other).unwrap_err(), CmwError::Type);
        let number = record(Value::from(30_001), file(), None);
        assert_eq!(contents(&number).unwrap_err(), CmwError::Record);
        let no_bytes = record(ours(), text("x"), None);
        assert_eq!(contents(&no_bytes).unwrap_err(), CmwError::Record);
        let mut cut = wrap(FILE);
        cut.pop();
        assert!(matches!(contents(&cut), Err(CmwError::Encoding(_))));
    }
}

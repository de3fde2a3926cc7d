//! The headers of an envelope: built from a kind, and checked against it.

use coset::cbor::value::Value;
use coset::iana::{Algorithm, CborTag, EnumI64, HeaderParameter};
use coset::{
    CoseEncrypt0, CoseSign1, Header, HeaderBuilder, Label, ProtectedHeader,
    RegisteredLabelWithPrivate, TaggedCborSerializable,
};

use super::{CoseError, Kind, Protection};
use crate::token::cbor::{self, CborError, Limits};

const TYP: i64 = 16;
/// Envelope, header map, values of the header.
const DEPTH: usize = 4;

/// The protected header of a kind, but for `kid`; `extras` are byte strings under the kind's
/// private labels, in the registry's order.
pub(super) fn builder(kind: Kind, extras: &[(i64, Vec<u8>)]) -> HeaderBuilder {
    let header = HeaderBuilder::new()
        .algorithm(algorithm(kind))
        .value(TYP, Value::Text(kind.content_type().to_owned()));
    extras.iter().fold(header, |header, (label, bytes)| {
        header.value(*label, Value::Bytes(bytes.clone()))
    })
}

/// Parses a tagged COSE_Sign1 or COSE_Encrypt0, structure and size checked before.
pub(super) fn parse<T: TaggedCborSerializable>(
    kind: Kind,
    bytes: &[u8],
    expected: &'static str,
) -> Result<T, CoseError> {
    let limits = Limits {
        size: kind.size_limit(),
        depth: DEPTH,
    };
    match cbor::check_envelope(bytes, limits, T::TAG) {
        Err(CborError::Tag) => return Err(CoseError::Structure { expected }),
        result => result?,
    }
    T::from_tagged_slice(bytes).map_err(|error| not_parsed(&error, expected))
}

fn not_parsed(error: &coset::CoseError, expected: &'static str) -> CoseError {
    match error {
        coset::CoseError::DuplicateMapKey => CborError::DuplicateKey.into(),
        _ => CoseError::Structure { expected },
    }
}

/// Checks everything in the headers that does not depend on the protection, and returns the private
/// parameters.
pub(super) fn check(
    kind: Kind,
    protected: &ProtectedHeader,
    unprotected: &Header,
) -> Result<Vec<(i64, Vec<u8>)>, CoseError> {
    let header = &protected.header;
    if labels(header).any(|label| labels(unprotected).any(|other| other == label)) {
        return Err(CoseError::LabelInBothHeaders);
    }
    let found = typ(header);
    if found != Some(kind) {
        let expected = kind;
        return Err(CoseError::WrongKind { expected, found });
    }
    if !header.crit.is_empty() {
        return Err(CoseError::CriticalHeader);
    }
    if header.alg != Some(RegisteredLabelWithPrivate::Assigned(algorithm(kind))) {
        return Err(CoseError::Algorithm);
    }
    kind.header_labels()
        .iter()
        .map(|label| extra(header, *label))
        .collect()
}

/// What is left to say about an envelope whose headers were checked, but which differs from the one
/// of the same content built anew.
pub(super) fn difference(kind: Kind, header: &Header, also_allowed: &[i64]) -> CoseError {
    let allowed = |label: &Label| match label {
        Label::Int(label) => {
            matches!(*label, 1 | TYP)
                || also_allowed.contains(label)
                || kind.header_labels().contains(label)
        }
        Label::Text(_) => false,
    };
    match labels(header).all(|label| allowed(&label)) {
        true => CborError::NotDeterministic.into(),
        false => CoseError::UnexpectedHeader,
    }
}

/// The kind an envelope names.
pub(super) fn kind_of(bytes: &[u8]) -> Result<Kind, CoseError> {
    let expected = "COSE_Sign1 or COSE_Encrypt0";
    let size = Kind::ALL
        .iter()
        .map(|kind| kind.size_limit())
        .max()
        .unwrap_or(0);
    let limits = Limits { size, depth: DEPTH };
    let structure = |error| not_parsed(&error, expected);
    let protected = match bytes.first() {
        Some(0xd2) => {
            cbor::check_envelope(bytes, limits, CborTag::CoseSign1.to_i64() as u64)?;
            CoseSign1::from_tagged_slice(bytes)
                .map_err(structure)?
                .protected
        }
        Some(0xd0) => {
            cbor::check_envelope(bytes, limits, CborTag::CoseEncrypt0.to_i64() as u64)?;
            CoseEncrypt0::from_tagged_slice(bytes)
                .map_err(structure)?
                .protected
        }
        Some(_) => return Err(CoseError::Structure { expected }),
        None => return Err(CborError::Truncated.into()),
    };
    typ(&protected.header).ok_or(CoseError::MissingHeader { label: TYP })
}

fn algorithm(kind: Kind) -> Algorithm {
    match kind.protection() {
        Protection::Sign1(_) => Algorithm::ES256,
        Protection::Encrypt0(_) => Algorithm::A256GCM,
    }
}

fn typ(header: &Header) -> Option<Kind> {
    header
        .rest
        .iter()
        .find_map(|(label, value)| match (label, value) {
            (Label::Int(TYP), Value::Text(content_type)) => Kind::of_content_type(content_type),
            _ => None,
        })
}

fn extra(header: &Header, label: i64) -> Result<(i64, Vec<u8>), CoseError> {
    header
        .rest
        .iter()
        .find_map(|(found, value)| match value {
            Value::Bytes(bytes) if *found == Label::Int(label) => Some((label, bytes.clone())),
            _ => None,
        })
        .ok_or(CoseError::MissingHeader { label })
}

/// The labels in a header.
fn labels(header: &Header) -> impl Iterator<Item = Label> {
    let known = [
        (HeaderParameter::Alg, header.alg.is_some()),
        (HeaderParameter::Crit, !header.crit.is_empty()),
        (HeaderParameter::ContentType, header.content_type.is_some()),
        (HeaderParameter::Kid, !header.key_id.is_empty()),
        (HeaderParameter::Iv, !header.iv.is_empty()),
        (HeaderParameter::PartialIv, !header.partial_iv.is_empty()),
        (
            HeaderParameter::CounterSignature,
            !header.counter_signatures.is_empty(),
        ),
    ];
    known
        .into_iter()
        .filter(|(_, present)| *present)
        .map(|(label, _)| Label::Int(label.to_i64()))
        .chain(header.rest.iter().map(|(label, _)| label.clone()))
}

//! CBOR and COSE written by hand, so that it can be wrong.

use counterfoil::token::cbor::{self, Limits, Value};
use counterfoil::token::cose::{self, Kind};
use counterfoil::token::{Signer, SigningKey};
use p256::ecdsa::Signature;

/// The head of an item: major type and argument, in the shortest form.
pub(crate) fn head(major: u8, argument: usize) -> Vec<u8> {
    let major = major << 5;
    match argument {
        0..=23 => vec![major | argument as u8],
        24..=0xff => vec![major | 24, argument as u8],
        0x100..=0xffff => [&[major | 25], &(argument as u16).to_be_bytes()[..]].concat(),
        0x1_0000..=0xffff_ffff => [&[major | 26], &(argument as u32).to_be_bytes()[..]].concat(),
        _ => [&[major | 27], &(argument as u64).to_be_bytes()[..]].concat(),
    }
}

pub(crate) fn int(value: i64) -> Vec<u8> {
    match value {
        0.. => head(0, value as usize),
        _ => head(1, (-1 - value) as usize),
    }
}

pub(crate) fn bstr(bytes: &[u8]) -> Vec<u8> {
    [head(2, bytes.len()), bytes.to_vec()].concat()
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    [head(3, text.len()), text.as_bytes().to_vec()].concat()
}

pub(crate) fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [head(4, items.len()), items.concat()].concat()
}

/// Key and value, both encoded.
pub(crate) type Field = (Vec<u8>, Vec<u8>);

pub(crate) fn map(fields: &[Field]) -> Vec<u8> {
    let items = fields
        .iter()
        .flat_map(|(key, value)| [key.clone(), value.clone()]);
    [head(5, fields.len()), items.collect::<Vec<_>>().concat()].concat()
}

/// The value that these bytes encode.
pub(crate) fn decoded(bytes: &[u8]) -> Value {
    cbor::decode(bytes, Limits::size(1 << 20)).expect("is CBOR")
}

/// A claims set, field by field and in order.
#[derive(Clone)]
pub(crate) struct Claims(pub(crate) Vec<Field>);

impl Claims {
    /// The claims of a signed file.
    pub(crate) fn of(kind: Kind, file: &[u8]) -> Self {
        let payload = cose::open(kind, file).expect("is well-formed");
        Self::parse(payload.unverified_payload())
    }

    pub(crate) fn parse(map: &[u8]) -> Self {
        let Value::Map(fields) = decoded(map) else {
            panic!("is no map")
        };
        let encode = |(key, value): (&Value, &Value)| (cbor::encode(key), cbor::encode(value));
        Self(fields.iter().map(encode).collect())
    }

    pub(crate) fn at(&mut self, key: i64) -> &mut Vec<u8> {
        let key = int(key);
        let field = self.0.iter_mut().find(|(found, _)| *found == key);
        &mut field.expect("has this claim").1
    }

    /// The same with another value.
    pub(crate) fn with(mut self, key: i64, value: Vec<u8>) -> Self {
        *self.at(key) = value;
        self
    }

    /// The same without a claim.
    pub(crate) fn without(mut self, key: i64) -> Self {
        self.0.retain(|(found, _)| *found != int(key));
        self
    }

    /// The same with one claim more, in its place.
    pub(crate) fn and(mut self, key: i64, value: Vec<u8>) -> Self {
        self.0.push((int(key), value));
        self.0.sort();
        self
    }

    /// The same with the map under `key` changed.
    pub(crate) fn within(mut self, key: i64, change: impl FnOnce(Claims) -> Claims) -> Self {
        let inner = Self::parse(self.at(key));
        *self.at(key) = change(inner).encode();
        self
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        map(&self.0)
    }
}

/// A COSE_Sign1 in parts.
#[derive(Clone)]
pub(crate) struct Sign1 {
    pub(crate) tag: Vec<u8>,
    pub(crate) protected: Vec<Field>,
    pub(crate) unprotected: Vec<Field>,
    pub(crate) payload: Vec<u8>,
    pub(crate) external_aad: Vec<u8>,
    pub(crate) key: SigningKey,
}

impl Sign1 {
    /// As it should be.
    pub(crate) fn new(kind: Kind, key: SigningKey, payload: &[u8]) -> Self {
        let kid = key.public().id();
        Self {
            tag: vec![0xd2],
            protected: vec![
                (int(1), int(-7)),
                (int(4), bstr(kid.as_bytes())),
                (int(16), text(kind.content_type())),
            ],
            unprotected: Vec::new(),
            payload: payload.to_vec(),
            external_aad: Vec::new(),
            key,
        }
    }

    /// The file, with the protected header replaced by these bytes.
    pub(crate) fn encode_with(&self, protected: &[u8]) -> Vec<u8> {
        let signature = self.signature(protected);
        let items = [
            bstr(protected),
            map(&self.unprotected),
            bstr(&self.payload),
            bstr(&signature),
        ];
        [self.tag.clone(), array(&items)].concat()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        self.encode_with(&map(&self.protected))
    }

    /// r and s, with a low s.
    pub(crate) fn signature(&self, protected: &[u8]) -> Vec<u8> {
        let items = [
            text("Signature1"),
            bstr(protected),
            bstr(&self.external_aad),
            bstr(&self.payload),
        ];
        let signature = self.key.sign(&array(&items)).expect("can sign");
        let signature = Signature::from_slice(&signature).expect("is a signature");
        signature.normalize_s().to_bytes().to_vec()
    }
}

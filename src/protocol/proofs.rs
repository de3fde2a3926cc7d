//! CBOR forms of what a TPM signed.

use crate::evidence::{Attested, CounterProof, PlatformQuote};
use crate::token::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor, Value};

/// `attested = { 2: attest, 4: signature }`
impl ToCbor for Attested {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, &self.attest)
            .put(4, &self.signature)
            .into_value()
    }
}

impl FromCbor for Attested {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let attested = Self {
            attest: map.required(2)?,
            signature: map.required(4)?,
        };
        map.finish()?;
        Ok(attested)
    }
}

/// `counter-proof = { 2: attested } / { 2: attested, 4: value }`: certified, or read in an audit session.
impl ToCbor for CounterProof {
    fn to_cbor(&self) -> Value {
        match self {
            Self::Certified(attested) => MapWriter::new().put(2, attested),
            Self::Audited { session, value } => MapWriter::new().put(2, session).put(4, value),
        }
        .into_value()
    }
}

impl FromCbor for CounterProof {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let attested = map.required(2)?;
        let proof = match map.optional(4)? {
            None => Self::Certified(attested),
            Some(value) => Self::Audited {
                session: attested,
                value,
            },
        };
        map.finish()?;
        Ok(proof)
    }
}

/// `platform-quote = { 2: attested, 4: [16 values] }`
impl ToCbor for PlatformQuote {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, &self.quote)
            .put_list(4, self.values)
            .into_value()
    }
}

impl FromCbor for PlatformQuote {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let platform = Self {
            quote: map.required(2)?,
            values: map
                .list(4)?
                .try_into()
                .map_err(|_| CborError::OutOfRange { key: 4 })?,
        };
        map.finish()?;
        Ok(platform)
    }
}

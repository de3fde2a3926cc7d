//! The point in TPM time that a lease's charging starts from.

use serde_cbor::Value;

use super::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor};
use super::time::UtcTime;

/// A moment that is known in the vendor's time and in one TPM's: taken from a verified quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// A time that the vendor knows to precede the quote.
    pub utc: UtcTime,
    /// The TPM's Clock in milliseconds.
    pub clock_ms: u64,
    /// The TPM's resetCount.
    pub reset_count: u32,
    /// The TPM's restartCount.
    pub restart_count: u32,
    /// The value of the activity counter.
    pub activity: u64,
}

impl ToCbor for Anchor {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(1, self.utc)
            .put(2, self.clock_ms)
            .put(3, self.reset_count)
            .put(4, self.restart_count)
            .put(5, self.activity)
            .into_value()
    }
}

impl FromCbor for Anchor {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map: MapReader = FromCbor::from_cbor(value, key)?;
        let anchor = Self {
            utc: map.required(1)?,
            clock_ms: map.required(2)?,
            reset_count: map.required(3)?,
            restart_count: map.required(4)?,
            activity: map.required(5)?,
        };
        map.finish()?;
        Ok(anchor)
    }
}

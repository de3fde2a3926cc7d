//! Rules that a product may go without, as CBOR.

use super::super::{Anomaly, ColdStandby, PcrApproval, PcrChange, PcrReference, PcrRule, StepUp};
use crate::token::Digest;
use crate::token::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor, Value};

impl ToCbor for PcrRule {
    fn to_cbor(&self) -> Value {
        let approved = match &self.reference {
            PcrReference::Activation => None,
            PcrReference::List(digests) => {
                Some(Value::Array(digests.iter().map(ToCbor::to_cbor).collect()))
            }
        };
        MapWriter::new()
            .put_list(2, self.pcrs.iter().copied())
            .put(4, self.on_change)
            // Without them those of the activation are meant.
            .put_some(6, approved)
            .put(7, self.approval)
            .into_value()
    }
}

impl FromCbor for PcrRule {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let approved: Option<Vec<Value>> = map.optional(6)?;
        let reference = match approved {
            None => PcrReference::Activation,
            Some(digests) => PcrReference::List(
                digests
                    .into_iter()
                    .map(|digest| Digest::from_cbor(digest, 6))
                    .collect::<Result<_, _>>()?,
            ),
        };
        let rule = PcrRule {
            pcrs: map.list(2)?.into_iter().collect(),
            reference,
            on_change: map.required(4)?,
            approval: map.optional(7)?.unwrap_or(PcrApproval::Manual),
        };
        map.finish()?;
        Ok(rule)
    }
}

impl ToCbor for PcrChange {
    fn to_cbor(&self) -> Value {
        self.name().to_cbor()
    }
}

impl FromCbor for PcrChange {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        PcrChange::from_name(&String::from_cbor(value, key)?).ok_or(CborError::OutOfRange { key })
    }
}

impl ToCbor for PcrApproval {
    fn to_cbor(&self) -> Value {
        self.name().to_cbor()
    }
}

impl FromCbor for PcrApproval {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        PcrApproval::from_name(&String::from_cbor(value, key)?).ok_or(CborError::OutOfRange { key })
    }
}

impl ToCbor for StepUp {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put_list(2, &self.features)
            .put(4, self.contact_days)
            .put_list(6, self.after.iter().copied())
            .into_value()
    }
}

impl FromCbor for StepUp {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let step_up = StepUp {
            features: map.list(2)?.into_iter().collect(),
            contact_days: map.required(4)?,
            after: map.list(6)?.into_iter().collect(),
        };
        map.finish()?;
        Ok(step_up)
    }
}

impl ToCbor for Anomaly {
    fn to_cbor(&self) -> Value {
        self.name().to_cbor()
    }
}

impl FromCbor for Anomaly {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        Anomaly::from_name(&String::from_cbor(value, key)?).ok_or(CborError::OutOfRange { key })
    }
}

impl ToCbor for ColdStandby {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.keep_days)
            .put(4, self.run_days)
            .into_value()
    }
}

impl FromCbor for ColdStandby {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let standby = ColdStandby {
            keep_days: map.required(2)?,
            run_days: map.required(4)?,
        };
        map.finish()?;
        Ok(standby)
    }
}

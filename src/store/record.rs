//! The parts of a [`State`](super::State), each with its CBOR form.

use crate::token::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor, Value};
use crate::token::{Digest, LicenseId};

use super::place::Place;

/// The newest lease seen of a license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLease {
    /// Its sequence number; a lower one is superseded.
    pub sequence: u64,
    /// When it was applied, if that was in a known boot.
    pub applied: Option<BootWitness>,
}

/// A moment in the clock that counts while the machine sleeps, and only within one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The kernel's id of the boot.
    pub boot_id: [u8; 16],
    /// Milliseconds since that boot, sleep included.
    pub boottime_ms: u64,
}

/// Ties a lease's anchor to the clock of the boot in which it was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootWitness {
    /// When the lease was applied.
    pub applied: Moment,
    /// Milliseconds between the request and that moment: how old the anchor was at most.
    pub round_trip_ms: u64,
}

/// A request for activation under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingActivation {
    /// SHA-256 of the request's body; the response names it.
    pub request_id: Digest,
    /// The license asked for.
    pub license_id: LicenseId,
    /// When the request was made.
    pub made: Moment,
    /// The request as it was sent, to be sent again unchanged.
    pub request: Vec<u8>,
}

/// Reset and restart count of the TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetCounts {
    /// TPM Resets (a boot) since the last Clear.
    pub reset_count: u32,
    /// TPM Restarts and Resumes (sleep, hibernation) since the last Reset.
    pub restart_count: u32,
}

/// A signed artifact, and where its file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Where it lies.
    pub place: Place,
    /// The token as it was received.
    pub bytes: Vec<u8>,
}

/// A state that was not there when it was needed. A lease stands under it until one is anchored after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// What became of the state.
    pub kind: LossKind,
    /// The activity counter's value at which that was found.
    pub activity: u64,
}

/// What became of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossKind {
    /// There was no file.
    Missing,
    /// An older file was there.
    RolledBack,
    /// The file did not open or made no sense.
    Damaged,
}

/// The end of the local audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// Hash of the last entry, which covers all before it.
    pub digest: Digest,
    /// Entries ever written.
    pub entries: u64,
}

impl SeenLease {
    pub(super) fn to_map(&self, id: LicenseId) -> Value {
        MapWriter::new()
            .put(2, id)
            .put(4, self.sequence)
            .put_some(5, self.applied)
            .into_value()
    }

    pub(super) fn from_map(mut map: MapReader) -> Result<(LicenseId, Self), CborError> {
        let id = map.required(2)?;
        let seen = Self {
            sequence: map.required(4)?,
            applied: map.optional(5)?,
        };
        map.finish()?;
        Ok((id, seen))
    }
}

impl ToCbor for Moment {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.boot_id)
            .put(4, self.boottime_ms)
            .into_value()
    }
}

impl FromCbor for Moment {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let moment = Self {
            boot_id: map.required(2)?,
            boottime_ms: map.required(4)?,
        };
        map.finish()?;
        Ok(moment)
    }
}

impl ToCbor for BootWitness {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.applied)
            .put(4, self.round_trip_ms)
            .into_value()
    }
}

impl FromCbor for BootWitness {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let witness = Self {
            applied: map.required(2)?,
            round_trip_ms: map.required(4)?,
        };
        map.finish()?;
        Ok(witness)
    }
}

impl ToCbor for PendingActivation {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.request_id)
            .put(4, self.license_id)
            .put(6, self.made)
            .put(8, &self.request)
            .into_value()
    }
}

impl FromCbor for PendingActivation {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let pending = Self {
            request_id: map.required(2)?,
            license_id: map.required(4)?,
            made: map.required(6)?,
            request: map.required(8)?,
        };
        map.finish()?;
        Ok(pending)
    }
}

impl ToCbor for ResetCounts {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.reset_count)
            .put(4, self.restart_count)
            .into_value()
    }
}

impl FromCbor for ResetCounts {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let counts = Self {
            reset_count: map.required(2)?,
            restart_count: map.required(4)?,
        };
        map.finish()?;
        Ok(counts)
    }
}

impl ToCbor for Loss {
    fn to_cbor(&self) -> Value {
        let kind: u8 = match self.kind {
            LossKind::Missing => 0,
            LossKind::RolledBack => 1,
            LossKind::Damaged => 2,
        };
        MapWriter::new()
            .put(2, kind)
            .put(4, self.activity)
            .into_value()
    }
}

impl FromCbor for Loss {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let kind = match map.required::<u8>(2)? {
            0 => LossKind::Missing,
            1 => LossKind::RolledBack,
            2 => LossKind::Damaged,
            _ => return Err(CborError::OutOfRange { key: 2 }),
        };
        let loss = Self {
            kind,
            activity: map.required(4)?,
        };
        map.finish()?;
        Ok(loss)
    }
}

impl ToCbor for Artifact {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.place.to_string())
            .put(4, &self.bytes)
            .into_value()
    }
}

impl FromCbor for Artifact {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let place: String = map.required(2)?;
        let place = place
            .parse()
            .map_err(|_| CborError::OutOfRange { key: 2 })?;
        let artifact = Self {
            place,
            bytes: map.required(4)?,
        };
        map.finish()?;
        Ok(artifact)
    }
}

impl ToCbor for LogHead {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.digest)
            .put(4, self.entries)
            .into_value()
    }
}

impl FromCbor for LogHead {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let head = Self {
            digest: map.required(2)?,
            entries: map.required(4)?,
        };
        map.finish()?;
        Ok(head)
    }
}

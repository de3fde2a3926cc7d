//! What must not be forgotten or undone between two contacts with the vendor.

use std::collections::BTreeMap;

use crate::token::cbor::{self, CborError, FromCbor, Limits, MapReader, MapWriter, ToCbor, Value};
use crate::token::cose::Kind;
use crate::token::{Digest, LicenseId, UtcTime};

use super::place::Place;

/// The format that this program writes, and the newest that it reads.
const FORMAT: u64 = 1;
/// How many answered requests are remembered.
const ANSWERED_KEPT: usize = 16;

/// Continuity of one generation: the content of its `state` file.
///
/// Everything here can be lost without losing a license: the tokens are files of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Newest lease seen of each license.
    pub leases: BTreeMap<LicenseId, SeenLease>,
    /// Sequence number of the newest trust bundle seen.
    pub bundle_sequence: u64,
    /// When the newest status list seen was issued, by its address.
    pub status_lists: BTreeMap<String, UtcTime>,
    /// Version of the newest manifest seen, by product and line.
    pub manifests: BTreeMap<(String, String), u64>,
    /// The newest `iat` of all tokens accepted: it is not earlier than that.
    pub issued_at_floor: Option<UtcTime>,
    /// Requests for activation that no response was applied to yet.
    pub pending: Vec<PendingActivation>,
    /// The requests that were answered last, newest first; only for telling a person so.
    pub answered: Vec<Digest>,
    /// The state before this one was lost or put back, and since when.
    pub lost: Option<Loss>,
    /// The TPM's counts when the activity counter was last incremented.
    pub last_increment: Option<ResetCounts>,
    /// Artifacts of an answer that counts as applied and whose files may not be written yet.
    pub to_install: Vec<Artifact>,
    /// Where the local audit log ends.
    pub log_head: Option<LogHead>,
}

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

/// A state cannot be read although it is authentic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A newer version of the program wrote it.
    #[error(
        "format {format} was written by a newer version of this program, which reads formats up to {FORMAT}: update it"
    )]
    NewerFormat {
        /// The format found.
        format: u64,
    },
    /// The content is not what this version of the program knows as a state.
    #[error(
        "the state has content that this version of the program does not know ({0}): update it"
    )]
    Malformed(#[from] CborError),
}

impl State {
    /// Records `request` and forgets older requests for the same license.
    pub fn add_pending(&mut self, request: PendingActivation) {
        self.pending
            .retain(|old| old.license_id != request.license_id);
        self.pending.push(request);
    }

    /// The request for `license` that is under way.
    pub fn pending_for(&self, license: LicenseId) -> Option<&PendingActivation> {
        self.pending
            .iter()
            .find(|pending| pending.license_id == license)
    }

    /// Takes out the request that a response answers; `None` means that it was answered before, or is another
    /// machine's or generation's.
    pub fn take_pending(&mut self, request_id: Digest) -> Option<PendingActivation> {
        let index = self
            .pending
            .iter()
            .position(|pending| pending.request_id == request_id)?;
        Some(self.pending.remove(index))
    }

    /// Whether a response to this request was applied, as far as is remembered.
    pub fn was_answered(&self, request_id: Digest) -> bool {
        self.answered.contains(&request_id)
    }

    /// Remembers that a response to this request was applied.
    pub fn add_answered(&mut self, request_id: Digest) {
        self.answered.insert(0, request_id);
        self.answered.truncate(ANSWERED_KEPT);
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        MapWriter::new()
            .put(0, FORMAT)
            .put_list(2, self.leases.iter().map(|(id, seen)| seen.to_map(*id)))
            .put(4, self.bundle_sequence)
            .put_list(
                6,
                self.status_lists.iter().map(|(uri, issued_at)| {
                    MapWriter::new().put(2, uri).put(4, issued_at).into_value()
                }),
            )
            .put_list(
                8,
                self.manifests.iter().map(|((product, line), version)| {
                    MapWriter::new()
                        .put(2, product)
                        .put(4, line)
                        .put(6, version)
                        .into_value()
                }),
            )
            .put_some(10, self.issued_at_floor)
            .put_list(12, &self.pending)
            .put_some(14, self.last_increment)
            .put_list(16, &self.to_install)
            .put_some(17, self.log_head)
            .put_some(18, self.lost)
            .put_list(19, &self.answered)
            .encode()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let limits = Limits::size(Kind::State.size_limit());
        let mut map = MapReader::new(cbor::decode(bytes, limits)?)?;
        let format = map.required(0)?;
        if format > FORMAT {
            return Err(StateError::NewerFormat { format });
        }
        let mut leases = BTreeMap::new();
        for lease in map.list::<MapReader>(2)? {
            let (id, seen) = SeenLease::from_map(lease)?;
            leases.insert(id, seen);
        }
        let bundle_sequence = map.required(4)?;
        let mut status_lists = BTreeMap::new();
        for mut list in map.list::<MapReader>(6)? {
            status_lists.insert(list.required(2)?, list.required(4)?);
            list.finish()?;
        }
        let mut manifests = BTreeMap::new();
        for mut manifest in map.list::<MapReader>(8)? {
            manifests.insert(
                (manifest.required(2)?, manifest.required(4)?),
                manifest.required(6)?,
            );
            manifest.finish()?;
        }
        let state = Self {
            leases,
            bundle_sequence,
            status_lists,
            manifests,
            issued_at_floor: map.optional(10)?,
            pending: map.list(12)?,
            last_increment: map.optional(14)?,
            to_install: map.list(16)?,
            log_head: map.optional(17)?,
            lost: map.optional(18)?,
            answered: map.list(19)?,
        };
        map.finish()?;
        Ok(state)
    }
}

impl SeenLease {
    fn to_map(&self, id: LicenseId) -> Value {
        MapWriter::new()
            .put(2, id)
            .put(4, self.sequence)
            .put_some(5, self.applied)
            .into_value()
    }

    fn from_map(mut map: MapReader) -> Result<(LicenseId, Self), CborError> {
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

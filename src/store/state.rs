//! What must not be forgotten or undone between two contacts with the vendor.

use std::collections::BTreeMap;

use crate::token::cbor::{self, CborError, Limits, MapReader, MapWriter, UnknownFields, Value};
use crate::token::cose::Kind;
use crate::token::{Digest, LicenseId, Status, UtcTime};

use super::record::{Artifact, LogHead, Loss, PendingActivation, ResetCounts, SeenLease};

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
    /// The newest `iat` of all licenses, leases and manifests accepted: it is not earlier than that.
    pub issued_at_floor: Option<UtcTime>,
    /// Requests for activation that no response was applied to yet.
    pub pending: Vec<PendingActivation>,
    /// The requests that were answered last, newest first; only for telling a person so.
    pub answered: Vec<Digest>,
    /// The state before this one was lost or put back, and since when.
    pub lost: Option<Loss>,
    /// The TPM's counts when the activity counter was last incremented.
    pub last_increment: Option<ResetCounts>,
    /// What proves them, unless a lease does: the TPM's statement of just before, encoded. **Not verified** here.
    pub increment_proof: Option<Vec<u8>>,
    /// Artifacts of an answer that counts as applied and whose files may not be written yet.
    pub to_install: Vec<Artifact>,
    /// Where the local audit log ends.
    pub log_head: Option<LogHead>,
    /// Unusual things that a license's next contact must answer for, by license and name: with which value of the activity
    /// counter each was entered. Names that this version of the program does not know are kept.
    pub anomalies: BTreeMap<(LicenseId, String), u64>,
    /// What the newest status list seen says of the licenses that it does not call valid: known without the list too.
    pub statuses: BTreeMap<LicenseId, Status>,
    /// Number of the last correction of the vendor's dates that was applied. From the first on, the time of issue of a token
    /// that lies here proves nothing by itself: what was accepted since is in `issued_at_floor` and `status_lists`.
    pub correction: Option<u64>,
    /// What a newer version of the program wrote and this one need not understand: it is written back unchanged.
    pub unknown: UnknownFields,
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

    /// Enters artifacts into the journal. Those that are in it already, since they could not be written to their files yet,
    /// stay, unless a new one has their place.
    pub fn add_to_install(&mut self, artifacts: Vec<Artifact>) {
        self.to_install
            .retain(|old| artifacts.iter().all(|new| new.place != old.place));
        self.to_install.extend(artifacts);
    }

    /// Learns of the vendor's correction of this number, which a lease brought: whatever date after the lease's own was
    /// accepted so far is void. Once: a lease with the same number that was held back meanwhile takes nothing back.
    pub fn correct_dates(&mut self, number: u64, issued_at: UtcTime) {
        if self.correction.is_some_and(|applied| applied >= number) {
            return;
        }
        self.correction = Some(number);
        self.issued_at_floor = self.issued_at_floor.filter(|floor| *floor <= issued_at);
        self.status_lists.retain(|_, seen| *seen <= issued_at);
    }

    fn anomaly_maps(&self) -> Vec<Value> {
        let anomalies = self.anomalies.iter();
        let map = |((license, name), activity): (&(LicenseId, String), &u64)| {
            MapWriter::new()
                .put(2, license)
                .put(4, name)
                .put(6, activity)
                .into_value()
        };
        anomalies.map(map).collect()
    }

    fn status_maps(&self) -> Vec<Value> {
        let statuses = self.statuses.iter();
        let map = |(license, status): (&LicenseId, &Status)| {
            MapWriter::new()
                .put(2, license)
                .put(4, status.number())
                .into_value()
        };
        statuses.map(map).collect()
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
            .put_some_list(21, &self.anomaly_maps())
            .put_some_list(23, &self.status_maps())
            .put_some(25, self.increment_proof.as_ref())
            .put_some(31, self.correction)
            .put_unknown(&self.unknown)
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
        let mut anomalies = BTreeMap::new();
        for mut anomaly in map.optional_list::<MapReader>(21)? {
            anomalies.insert(
                (anomaly.required(2)?, anomaly.required(4)?),
                anomaly.required(6)?,
            );
            anomaly.finish()?;
        }
        let mut statuses = BTreeMap::new();
        for mut status in map.optional_list::<MapReader>(23)? {
            statuses.insert(status.required(2)?, Status::of_number(status.required(4)?));
            status.finish()?;
        }
        Ok(Self {
            leases,
            bundle_sequence,
            status_lists,
            manifests,
            issued_at_floor: map.optional(10)?,
            pending: map.list(12)?,
            last_increment: map.optional(14)?,
            increment_proof: map.optional(25)?,
            to_install: map.list(16)?,
            log_head: map.optional(17)?,
            lost: map.optional(18)?,
            answered: map.list(19)?,
            anomalies,
            statuses,
            correction: map.optional(31)?,
            unknown: map.finish_keeping()?,
        })
    }
}

//! What a machine proves about itself and its licenses at one moment, for itself or for a relying party.
//!
//! The local validation and a remote verifier run the same function: [`Evidence::verify`].

pub mod cmw;
mod file;

pub use file::{EvidenceFile, LeasedLicense, ReportError, TokenFiles, VerifiedReport};

use std::iter;

use crate::evidence::{
    AttestationKey, Attested, ClockInfo, CounterError, CounterProof, QuoteError, VerifiedCounter,
    VerifiedQuote, verify_counter, verify_quote,
};
use crate::token::cbor::{self, CborError, FromCbor, Limits, MapReader, MapWriter, ToCbor, Value};
use crate::token::cose::Kind;
use crate::token::{Digest, Name, PcrSelection, Selections};

const DOMAIN: &[u8] = b"counterfoil/v1/evidence";
const LIMITS: Limits = Limits::size(Kind::Evidence.size_limit());

/// What an attestation is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The licenses, each with its lease.
    pub licenses: Vec<Covered>,
    /// Digest of the state file; all zeros where there is none.
    pub state: Digest,
    /// Fresh randoms: the machine's own, those of its other processes, a relying party's.
    pub nonces: Vec<[u8; 32]>,
}

/// A license and its lease, by the digests of their files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered {
    /// Of the license.
    pub license: Digest,
    /// Of the lease.
    pub lease: Digest,
}

impl Subject {
    /// The qualifying data of quotes and counter proof: SHA-256(domain ‖ encoded subject).
    pub fn qualifying_data(&self) -> [u8; 32] {
        *Digest::of(&[DOMAIN, &cbor::encode(&self.to_cbor())]).as_bytes()
    }
}

/// Quotes and the certified activity counter, all about one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What all are about.
    pub subject: Subject,
    /// The quotes, taken before the counter's proof: one over each of the [`Selections`] of the subject's leases.
    pub quotes: Vec<Attested>,
    /// The activity counter, attested over the same subject.
    pub activity: CounterProof,
}

/// Evidence that has passed every check of [`Evidence::verify`].
///
/// Clock, counts and activity are those of one attestation, that of the counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedEvidence {
    clock: ClockInfo,
    activity: u64,
    firmware: u64,
    platform: Vec<(PcrSelection, Digest)>,
    counted: Counted,
}

impl VerifiedEvidence {
    /// The TPM's clock and counts.
    pub fn clock(&self) -> &ClockInfo {
        &self.clock
    }

    /// The activity counter's value.
    pub fn activity(&self) -> u64 {
        self.activity
    }

    /// What proves counter value and counts by itself, at any time later.
    pub fn counted(&self) -> &Counted {
        &self.counted
    }

    /// The TPM's firmware version.
    pub fn firmware(&self) -> u64 {
        self.firmware
    }

    /// What the PCRs held that quotes were over, as one digest for each selection.
    pub fn platform(&self) -> &[(PcrSelection, Digest)] {
        &self.platform
    }

    /// The digest of the PCRs that a lease watches; none if no quote was over exactly these.
    pub fn pcr_digest(&self, pcrs: PcrSelection) -> Option<Digest> {
        let shown = self.platform.iter().find(|(quoted, _)| *quoted == pcrs);
        shown.map(|(_, digest)| *digest)
    }
}

impl Evidence {
    /// Verifies, in this order: that `nonce` is among the subject's; that there is one quote over each of `selections`
    /// (every check of [`verify_quote`]); the counter proof (every check of [`verify_counter`]) for the index named
    /// `activity_index`; that all show the same counts and no quote's clock is later than the counter's.
    ///
    /// The caller has established that `ak` and `activity_index` are those of a verified license, that the subject
    /// names the right files, that `selections` are those of their verified leases, and that `nonce` was drawn at random
    /// for this very question. What the PCRs held is for the caller to compare.
    ///
    /// # Errors
    /// [`EvidenceError`] names the check that failed.
    pub fn verify(
        &self,
        ak: &AttestationKey,
        activity_index: &Name,
        nonce: &[u8; 32],
        selections: &Selections,
    ) -> Result<VerifiedEvidence, EvidenceError> {
        if !self.subject.nonces.contains(nonce) {
            return Err(EvidenceError::Nonce);
        }
        let qualifying = self.subject.qualifying_data();
        let asked = selections.as_slice();
        if self.quotes.len() != asked.len() {
            return Err(QuoteError::PcrSelection.into());
        }
        let quotes = self.quotes.iter().zip(asked);
        let quotes: Vec<VerifiedQuote> = quotes
            .map(|(quote, pcrs)| verify_quote(ak, quote, &qualifying, *pcrs))
            .collect::<Result<_, _>>()?;
        let counter = verify_counter(ak, &self.activity, activity_index, &qualifying)?;
        if !quotes.iter().all(|quote| counter.follows(quote)) {
            return Err(EvidenceError::Order);
        }
        let platform = quotes.iter().filter(|quote| !quote.pcrs().is_empty());
        Ok(VerifiedEvidence {
            clock: *counter.clock(),
            activity: counter.value(),
            firmware: counter.firmware_version(),
            platform: platform
                .map(|quote| (quote.pcrs(), quote.pcr_digest()))
                .collect(),
            counted: Counted {
                qualifying,
                proof: self.activity.clone(),
            },
        })
    }

    /// The evidence alone, as the processes of one machine leave it for each other.
    pub fn encode(&self) -> Vec<u8> {
        self.put(MapWriter::new()).encode()
    }

    /// Takes apart what [`Evidence::encode`] wrote; verifies nothing of it.
    ///
    /// # Errors
    /// [`CborError`] names the first field that is missing or malformed.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut map = MapReader::new(cbor::decode(bytes, LIMITS)?)?;
        let evidence = Self::take(&mut map)?;
        map.finish()?;
        Ok(evidence)
    }

    fn put(&self, map: MapWriter) -> MapWriter {
        map.put(2, &self.subject)
            .put_some(4, self.quotes.first())
            .put(6, &self.activity)
            .put_some_list(12, self.quotes.get(1..).unwrap_or_default())
    }

    fn take(map: &mut MapReader) -> Result<Self, CborError> {
        let (first, further) = (map.required(4)?, map.optional_list(12)?);
        Ok(Self {
            subject: map.required(2)?,
            quotes: iter::once(first).chain(further).collect(),
            activity: map.required(6)?,
        })
    }
}

/// That the activity counter had a value while the TPM had certain counts: the part of an evidence that stays true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    qualifying: [u8; 32],
    proof: CounterProof,
}

impl Counted {
    /// As it is kept.
    pub fn encode(&self) -> Vec<u8> {
        MapWriter::new()
            .put(2, self.qualifying)
            .put(4, &self.proof)
            .encode()
    }

    /// Takes apart what [`Counted::encode`] wrote; verifies nothing of it.
    ///
    /// # Errors
    /// [`CborError`] names the first field that is missing or malformed.
    pub fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut map = MapReader::new(cbor::decode(bytes, LIMITS)?)?;
        let counted = Self {
            qualifying: map.required(2)?,
            proof: map.required(4)?,
        };
        map.finish()?;
        Ok(counted)
    }

    /// Verifies it; see [`verify_counter`]. That it is fresh is not asked: it says what was, and when is for its counts
    /// and its value to say.
    ///
    /// # Errors
    /// [`CounterError`] names the check that failed.
    pub fn verify(
        &self,
        ak: &AttestationKey,
        activity_index: &Name,
    ) -> Result<VerifiedCounter, CounterError> {
        verify_counter(ak, &self.proof, activity_index, &self.qualifying)
    }
}

/// Why evidence is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// It answers another question.
    #[error(
        "the evidence does not cover the nonce that was asked for: it is older, or an answer to somebody else"
    )]
    Nonce,
    /// A quote, or there is not one over each selection.
    #[error("the quote: {0}")]
    Quote(#[from] QuoteError),
    /// The counter's proof.
    #[error("the activity counter: {0}")]
    Counter(#[from] CounterError),
    /// Quotes and counter proof are not of one moment.
    #[error(
        "the quotes and the counter were not attested one after the other in one boot: make new evidence"
    )]
    Order,
}

impl ToCbor for Subject {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put_list(2, &self.licenses)
            .put(4, self.state)
            .put_list(6, &self.nonces)
            .into_value()
    }
}

impl FromCbor for Subject {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let subject = Self {
            licenses: map.list(2)?,
            state: map.required(4)?,
            nonces: map.list(6)?,
        };
        map.finish()?;
        Ok(subject)
    }
}

impl ToCbor for Covered {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.license)
            .put(4, self.lease)
            .into_value()
    }
}

impl FromCbor for Covered {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let covered = Self {
            license: map.required(2)?,
            lease: map.required(4)?,
        };
        map.finish()?;
        Ok(covered)
    }
}

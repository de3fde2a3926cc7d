//! What a machine proves about itself and its licenses at one moment, for itself or for a relying party.
//!
//! The local validation and a remote verifier run the same function: [`Evidence::verify`].

use std::iter;

use crate::evidence::{
    AkError, AttestationKey, Attested, ClockInfo, CounterError, CounterProof, QuoteError,
    VerifiedQuote, verify_counter, verify_quote,
};
use crate::token::cbor::{self, CborError, FromCbor, Limits, MapReader, MapWriter, ToCbor, Value};
use crate::token::cose::{self, CoseError, Kind};
use crate::token::{
    Digest, Lease, License, MismatchError, Name, PcrSelection, Selections, SigningKey, TokenError,
    Verified, VerifiedBundle,
};

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

/// Evidence with the tokens that it is about: what `counterfoil evidence` writes for a relying party.
#[derive(Debug, Clone)]
pub struct EvidenceFile {
    /// The attestations.
    pub evidence: Evidence,
    /// TPMT_PUBLIC of the attestation key.
    pub ak_public: Vec<u8>,
    /// The files of each license and its lease, in the order of the subject.
    pub tokens: Vec<TokenFiles>,
}

/// The files of a license and its lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFiles {
    /// The license.
    pub license: Vec<u8>,
    /// The lease.
    pub lease: Vec<u8>,
}

/// A verified license and the verified lease that belongs to it.
#[derive(Debug)]
pub struct LeasedLicense {
    /// The license.
    pub license: Verified<License>,
    /// The lease.
    pub lease: Verified<Lease>,
}

/// A report that has passed every check of [`EvidenceFile::verify`].
#[derive(Debug)]
pub struct VerifiedReport {
    /// The licenses that it is about.
    pub licenses: Vec<LeasedLicense>,
    /// What the TPM said.
    pub evidence: VerifiedEvidence,
}

impl EvidenceFile {
    /// Makes the file, signed by the binding key.
    ///
    /// # Errors
    /// [`CoseError`] where the whole exceeds the size limit of its kind.
    pub fn sign(&self, binding_key: &SigningKey) -> Result<Vec<u8>, CoseError> {
        let payload = self
            .evidence
            .put(MapWriter::new())
            .put(8, &self.ak_public)
            .put_list(10, &self.tokens)
            .encode();
        cose::sign(Kind::Evidence, binding_key, &payload)
    }

    /// Reads a file and verifies, in this order: every license and lease under the trust bundle, that they belong
    /// together and share one binding; the file's signature under that binding's key; that the subject names just these
    /// files; that the attestation key has the Name in the license; and [`Evidence::verify`] with `nonce`.
    ///
    /// What the evidence means for the lease (time, charge, status) is the caller's to judge.
    ///
    /// # Errors
    /// [`ReportError`] names the check that failed.
    pub fn verify(
        bytes: &[u8],
        trust: &VerifiedBundle,
        nonce: &[u8; 32],
    ) -> Result<VerifiedReport, ReportError> {
        let envelope = cose::open(Kind::Evidence, bytes)?;
        let file = Self::decode(envelope.unverified_payload())?;
        let licenses = file.verify_tokens(trust)?;
        let binding = &licenses
            .first()
            .ok_or(ReportError::NoLicense)?
            .license
            .binding;
        if licenses
            .iter()
            .any(|leased| leased.license.binding != *binding)
        {
            return Err(ReportError::SeveralBindings);
        }
        envelope.verify(&binding.confirmation_key)?;
        let covered = licenses.iter().map(|leased| Covered {
            license: leased.license.digest(),
            lease: leased.lease.digest(),
        });
        if !covered.eq(file.evidence.subject.licenses.iter().copied()) {
            return Err(ReportError::OtherTokens);
        }
        let ak = AttestationKey::from_public(&file.ak_public)?;
        if *ak.name() != binding.ak {
            return Err(ReportError::OtherDevice);
        }
        let selections = Selections::of(licenses.iter().map(|leased| &*leased.lease));
        let evidence = &file.evidence;
        let evidence = evidence.verify(&ak, &binding.activity_index, nonce, &selections)?;
        Ok(VerifiedReport { licenses, evidence })
    }

    /// Takes a file's payload apart and verifies nothing of it, for showing it to a person.
    ///
    /// # Errors
    /// [`CborError`] names the first field that is missing or malformed.
    pub fn decode(payload: &[u8]) -> Result<Self, CborError> {
        let mut map = MapReader::new(cbor::decode(payload, LIMITS)?)?;
        let file = Self {
            evidence: Evidence::take(&mut map)?,
            ak_public: map.required(8)?,
            tokens: map.list(10)?,
        };
        map.finish()?;
        Ok(file)
    }

    fn verify_tokens(&self, trust: &VerifiedBundle) -> Result<Vec<LeasedLicense>, ReportError> {
        self.tokens
            .iter()
            .map(|files| {
                let license = License::verify(&files.license, trust)?;
                let lease = Lease::verify(&files.lease, trust)?;
                lease.belongs_to(&license)?;
                Ok(LeasedLicense { license, lease })
            })
            .collect()
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

/// Why a report is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The envelope or its signature.
    #[error("the evidence file is damaged, was changed, or is signed by another key ({0})")]
    Envelope(#[from] CoseError),
    /// The CBOR inside.
    #[error("the evidence file is not in the expected form ({0})")]
    Encoding(#[from] CborError),
    /// A license or lease.
    #[error("a license or lease in the evidence: {0}")]
    Token(#[from] TokenError),
    /// A lease of another license.
    #[error("a license and a lease in the evidence do not belong together: {0}")]
    Mismatch(#[from] MismatchError),
    /// No license at all.
    #[error("the evidence names no license")]
    NoLicense,
    /// Licenses of different stores or epochs.
    #[error("the licenses in the evidence are bound to different machines or stores")]
    SeveralBindings,
    /// The TPM signed about other files.
    #[error("the evidence is about other licenses than the ones that it carries")]
    OtherTokens,
    /// The attestation key's public area.
    #[error("the attestation key: {0}")]
    AttestationKey(#[from] AkError),
    /// Another attestation key than the license names.
    #[error("the evidence is from another machine than the one that the license is bound to")]
    OtherDevice,
    /// The attestations.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
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

impl ToCbor for TokenFiles {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, &self.license)
            .put(4, &self.lease)
            .into_value()
    }
}

impl FromCbor for TokenFiles {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let files = Self {
            license: map.required(2)?,
            lease: map.required(4)?,
        };
        map.finish()?;
        Ok(files)
    }
}

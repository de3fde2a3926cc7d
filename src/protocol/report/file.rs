//! Evidence with the tokens that it is about, as a file for a relying party.

use super::{Covered, Evidence, EvidenceError, LIMITS, VerifiedEvidence};
use crate::evidence::{AkError, AttestationKey};
use crate::token::cbor::{self, CborError, FromCbor, MapReader, MapWriter, ToCbor, Value};
use crate::token::cose::{self, CoseError, Kind};
use crate::token::{
    Lease, License, MismatchError, Selections, SigningKey, TokenError, Verified, VerifiedBundle,
};

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

    /// Whether evidence about these tokens fits a file, whatever the TPM says about them: asked before the TPM is.
    pub fn fits(tokens: &[TokenFiles]) -> bool {
        /// The quotes, one for each selection of PCRs, the counter's proof, keys and envelope.
        const REST: usize = 16 * 1024;
        /// The two digests in the subject, and the heads of the CBOR items.
        const FOR_EACH: usize = 96;
        let size = |files: &TokenFiles| files.license.len() + files.lease.len() + FOR_EACH;
        tokens.iter().map(size).sum::<usize>() + REST <= Kind::Evidence.size_limit()
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

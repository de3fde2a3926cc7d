//! Certified values of NV counters: TPM2_NV_Certify, or a read in an audit session where a TPM
//! lacks that command.

use super::attest::{self, AttestationError, Attested, ClockInfo, Kind, MAX_NAME};
use super::attestation_key::AttestationKey;
use super::audit::verify_audited_read;
use super::name::Name;
use super::quote::VerifiedQuote;
use super::wire::WireError;
use thiserror::Error;

/// A counter's value with a TPM's signature, in one of two forms: not yet trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CounterProof {
    /// From TPM2_NV_Certify of the whole counter.
    Certified(Attested),
    /// From one TPM2_NV_Read of the whole counter, with the index' own empty auth value, in an
    /// exclusive audit session, followed by TPM2_GetSessionAuditDigest.
    Audited {
        /// What TPM2_GetSessionAuditDigest returned.
        session: Attested,
        /// What the read returned.
        value: u64,
    },
}

/// What a counter proof proved. Only [`verify_counter`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCounter {
    pub(crate) index: Name,
    pub(crate) value: u64,
    pub(crate) clock: ClockInfo,
    pub(crate) firmware_version: u64,
}

impl VerifiedCounter {
    /// The Name of the counter's index.
    pub fn index(&self) -> &Name {
        &self.index
    }

    /// The counter's value when the TPM signed.
    pub fn value(&self) -> u64 {
        self.value
    }

    /// The TPM's clock and counts when it signed.
    pub fn clock(&self) -> &ClockInfo {
        &self.clock
    }

    /// The TPM's firmware version.
    pub fn firmware_version(&self) -> u64 {
        self.firmware_version
    }

    /// Whether the TPM signed this after the quote, with no reset, restart or resume in between.
    ///
    /// Both were verified with the same attestation key.
    #[must_use]
    pub fn follows(&self, quote: &VerifiedQuote) -> bool {
        let before = quote.clock();
        self.clock.reset_count == before.reset_count
            && self.clock.restart_count == before.restart_count
            && self.clock.clock_ms >= before.clock_ms
    }
}

/// Why a counter proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CounterError {
    /// It fails a check that all attestations share.
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    /// It is about another NV index, or one with other attributes or another policy.
    #[error("the certified value is of another counter than the expected one")]
    IndexName,
    /// It does not start at the counter's first byte.
    #[error("the certified value is a part of the counter only")]
    Offset,
    /// It is not eight bytes long.
    #[error("the certified value is not eight bytes long")]
    Size,
    /// Other commands ran in or between: the value may have changed since it was read.
    #[error("the audit session was not exclusive; the counter must be read anew")]
    NotExclusive,
    /// The session did something else than read this counter once and see this value.
    #[error("the audit session did not read this value from this counter")]
    AuditDigest,
}

impl From<WireError> for CounterError {
    fn from(error: WireError) -> Self {
        Self::Attestation(error.into())
    }
}

/// Verifies a counter's value.
///
/// For both forms:
/// 1. The signature is well-formed and the attestation key's over the received bytes.
/// 2. What was signed begins with TPM_GENERATED and 3. is of the kind that the form needs.
/// 4. The qualified signer is the attestation key as an endorsement primary.
/// 5. The extra data is `extra_data`.
/// 6. No byte follows.
///
/// For a certified value:
/// 7. The index' Name is `index`, hence its handle, attributes and policy are the expected ones.
/// 8. The offset is 0 and 9. the contents are 8 bytes long.
///
/// For an audited read:
/// 7. The session was exclusive: no other command ran between the read and the signature.
/// 8. The audit digest is the one of a session that read eight bytes at offset 0 from the index
///    with the Name `index`, authorized by the index itself, got `value`, and did nothing else.
///
/// The caller has established that `ak` is the enrolled key, computed `index` himself or took it
/// from a signed license, and made `extra_data` from a nonce that was not known before.
pub fn verify_counter(
    ak: &AttestationKey,
    proof: &CounterProof,
    index: &Name,
    extra_data: &[u8],
) -> Result<VerifiedCounter, CounterError> {
    match proof {
        CounterProof::Certified(attested) => verify_certified(ak, attested, index, extra_data),
        CounterProof::Audited { session, value } => {
            verify_audited_read(ak, session, *value, index, extra_data)
        }
    }
}

fn verify_certified(
    ak: &AttestationKey,
    attested: &Attested,
    index: &Name,
    extra_data: &[u8],
) -> Result<VerifiedCounter, CounterError> {
    let mut opened = attest::open(ak, attested, Kind::Nv, extra_data)?;
    let name = opened.body.sized(MAX_NAME, "indexName")?;
    let offset = opened.body.u16()?;
    let contents = opened.body.sized(2048, "nvContents")?;
    opened.body.finish()?;
    if name != index.as_bytes() {
        return Err(CounterError::IndexName);
    }
    if offset != 0 {
        return Err(CounterError::Offset);
    }
    let value = u64::from_be_bytes(contents.try_into().map_err(|_| CounterError::Size)?);
    Ok(VerifiedCounter {
        index: *index,
        value,
        clock: opened.clock,
        firmware_version: opened.firmware_version,
    })
}

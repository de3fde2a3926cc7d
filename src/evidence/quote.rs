//! TPM2_Quote: clock, counts and PCRs.

use super::attest::{self, AttestationError, Attested, ClockInfo, Kind};
use super::attestation_key::AttestationKey;
use super::pcr::{PcrSelection, PcrValues};
use super::wire::WireError;
use thiserror::Error;

/// What a quote proved. Only [`verify_quote`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedQuote {
    clock: ClockInfo,
    firmware_version: u64,
    pcrs: PcrValues,
}

impl VerifiedQuote {
    /// The TPM's clock and counts when it quoted.
    pub fn clock(&self) -> &ClockInfo {
        &self.clock
    }

    /// The TPM's firmware version, whose meaning is its maker's.
    pub fn firmware_version(&self) -> u64 {
        self.firmware_version
    }

    /// The PCRs' values when it quoted.
    pub fn pcrs(&self) -> &PcrValues {
        &self.pcrs
    }
}

/// Why a quote proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QuoteError {
    /// It fails a check that all attestations share.
    #[error(transparent)]
    Attestation(#[from] AttestationError),
    /// It is about other PCRs.
    #[error("the quote is about other PCRs than the expected ones")]
    PcrSelection,
    /// The PCRs had other values.
    #[error("the PCRs' values are not those that the quote is about")]
    PcrDigest,
}

impl From<WireError> for QuoteError {
    fn from(error: WireError) -> Self {
        Self::Attestation(error.into())
    }
}

/// Verifies a quote.
///
/// 1. The signature is well-formed and the attestation key's over the received bytes.
/// 2. What was signed begins with TPM_GENERATED and 3. is a quote.
/// 4. The qualified signer is the attestation key as an endorsement primary.
/// 5. The extra data is `extra_data`.
/// 6. The selection is of exactly the PCRs in `pcrs`, in the SHA-256 bank (usually of none).
/// 7. The digest is the one of the values in `pcrs`.
/// 8. No byte follows.
///
/// The caller has established that `ak` is the enrolled key, has made `extra_data` from a nonce
/// that was not known before, and compares clock, counts and firmware version with what he
/// remembers.
pub fn verify_quote(
    ak: &AttestationKey,
    quote: &Attested,
    extra_data: &[u8],
    pcrs: PcrValues,
) -> Result<VerifiedQuote, QuoteError> {
    let mut opened = attest::open(ak, quote, Kind::Quote, extra_data)?;
    let selection = PcrSelection::read(&mut opened.body)?;
    let digest = opened.body.sized(64, "pcrDigest")?;
    opened.body.finish()?;
    if selection.others || selection.sha256 != pcrs.mask() {
        return Err(QuoteError::PcrSelection);
    }
    if digest != pcrs.digest() {
        return Err(QuoteError::PcrDigest);
    }
    Ok(VerifiedQuote {
        clock: opened.clock,
        firmware_version: opened.firmware_version,
        pcrs,
    })
}

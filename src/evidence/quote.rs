//! TPM2_Quote: clock, counts and PCRs.

use super::attest::{self, AttestationError, Attested, ClockInfo, Kind};
use super::attestation_key::AttestationKey;
use super::pcr::{PcrValues, PlatformQuote, QuotedSelection};
use super::wire::WireError;
use crate::token::{Digest, PcrSelection};
use thiserror::Error;

/// What a quote proved. Only [`verify_quote`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedQuote {
    clock: ClockInfo,
    firmware_version: u64,
    pcrs: PcrSelection,
    pcr_digest: Digest,
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

    /// The PCRs that it is over.
    pub fn pcrs(&self) -> PcrSelection {
        self.pcrs
    }

    /// The digest of those PCRs' values when it quoted: SHA-256 over them in the order of their
    /// numbers.
    pub fn pcr_digest(&self) -> Digest {
        self.pcr_digest
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
/// 6. The selection is of exactly `pcrs`, in the SHA-256 bank (usually of none).
/// 7. The digest is one of SHA-256; over no PCR it is that of nothing.
/// 8. No byte follows.
///
/// The caller has established that `ak` is the enrolled key, has made `extra_data` from a nonce
/// that was not known before, and compares the PCRs' digest, clock, counts and firmware version
/// with what he remembers.
pub fn verify_quote(
    ak: &AttestationKey,
    quote: &Attested,
    extra_data: &[u8],
    pcrs: PcrSelection,
) -> Result<VerifiedQuote, QuoteError> {
    let mut opened = attest::open(ak, quote, Kind::Quote, extra_data)?;
    let selection = QuotedSelection::read(&mut opened.body)?;
    let digest = opened.body.sized(64, "pcrDigest")?;
    opened.body.finish()?;
    if !selection.is(pcrs) {
        return Err(QuoteError::PcrSelection);
    }
    let digest = Digest::try_from(digest).map_err(|_| QuoteError::PcrDigest)?;
    if pcrs.is_empty() && digest != Digest::new(PcrValues::default().digest()) {
        return Err(QuoteError::PcrDigest);
    }
    Ok(VerifiedQuote {
        clock: opened.clock,
        firmware_version: opened.firmware_version,
        pcrs,
        pcr_digest: digest,
    })
}

/// Verifies a quote over PCRs 0 to 15 that came with their values: every check of [`verify_quote`],
/// and that the digest is the one of these values.
///
/// # Errors
/// [`QuoteError::PcrDigest`] where the values are others; else as [`verify_quote`].
pub fn verify_platform(
    ak: &AttestationKey,
    platform: &PlatformQuote,
    extra_data: &[u8],
) -> Result<(VerifiedQuote, PcrValues), QuoteError> {
    let quote = verify_quote(ak, &platform.quote, extra_data, PcrSelection::ALL)?;
    let values = platform.values();
    match values.digest_of(PcrSelection::ALL) == Some(quote.pcr_digest) {
        true => Ok((quote, values)),
        false => Err(QuoteError::PcrDigest),
    }
}

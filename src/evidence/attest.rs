//! TPMS_ATTEST, what a TPM signs about itself (TPM 2.0 Part 2, 10.12), and the checks that all
//! kinds of it share.

use super::attestation_key::AttestationKey;
use super::signature::parse_signature;
use super::wire::{Reader, WireError};
use thiserror::Error;

/// An attestation and its signature as a TPM returned them: not yet trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// The TPMS_ATTEST, without the size that a TPM2B_ATTEST puts in front.
    pub attest: Vec<u8>,
    /// The TPMT_SIGNATURE.
    pub signature: Vec<u8>,
}

/// What a TPM's clock and counters showed (TPMS_CLOCK_INFO).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockInfo {
    /// Milliseconds for which the TPM has been powered since its last TPM2_Clear, less what unclean
    /// stops took away.
    pub clock_ms: u64,
    /// TPM Resets since the last TPM2_Clear.
    pub reset_count: u32,
    /// TPM Restarts and Resumes since the last TPM Reset.
    pub restart_count: u32,
    /// Whether no later `clock_ms` has been reported before an unclean stop.
    pub safe: bool,
}

/// Why an attestation proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// The signature is not a TPMT_SIGNATURE of ECDSA with SHA-256.
    #[error("the attestation's signature is malformed ({0}); the evidence must be made anew")]
    MalformedSignature(WireError),
    /// The signature is not the attestation key's over these bytes.
    #[error(
        "the attestation is not signed by the expected attestation key: it was altered, or another \
         TPM made it"
    )]
    Signature,
    /// The structure is not one that a TPM writes.
    #[error("the attestation is malformed ({0}); the evidence must be made anew")]
    Malformed(WireError),
    /// The structure does not begin with TPM_GENERATED.
    #[error("what was signed was not written by a TPM")]
    NotTpmGenerated,
    /// Another kind of attestation stands where this one was expected.
    #[error("the attestation is of kind {found:#06x} where {expected:#06x} is expected")]
    Kind {
        /// The kind that the caller needs.
        expected: u16,
        /// The kind that came.
        found: u16,
    },
    /// The signing key is not a primary of the endorsement hierarchy.
    #[error("the attestation key is not an endorsement primary of the TPM that signed")]
    QualifiedSigner,
    /// The attestation answers another question.
    #[error("the attestation is about another request: it does not hold the expected nonce")]
    ExtraData,
}

impl From<WireError> for AttestationError {
    fn from(error: WireError) -> Self {
        Self::Malformed(error)
    }
}

const TPM_GENERATED: u32 = 0xff54_4347;

/// The kinds of attestation that are verified here (TPM_ST).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nv = 0x8014,
    SessionAudit = 0x8016,
    Certify = 0x8017,
    Quote = 0x8018,
}

/// An attestation that is the attestation key's, about the expected extra data and of the expected
/// kind.
pub(crate) struct Opened<'a> {
    pub(crate) clock: ClockInfo,
    pub(crate) firmware_version: u64,
    /// What is attested. The caller reads it to its end and calls `finish`.
    pub(crate) body: Reader<'a>,
}

/// Verifies what all kinds of attestation share.
///
/// 1. The signature is ECDSA with SHA-256, its integers are of 1 to 32 bytes and within the group's
///    order.
/// 2. It is the attestation key's over the received bytes.
/// 3. The bytes begin with TPM_GENERATED, which a restricted key signs for the TPM alone.
/// 4. The kind is `kind`.
/// 5. The qualified signer is the attestation key as a primary of the endorsement hierarchy.
/// 6. The extra data is `extra_data`, byte for byte.
/// 7. Clock, counts and firmware version are all there.
///
/// The caller has established that `ak` is the key that he means to trust, and that `extra_data`
/// binds the attestation to a question: that it covers a nonce which was not known before.
pub(crate) fn open<'a>(
    ak: &AttestationKey,
    attested: &'a Attested,
    kind: Kind,
    extra_data: &[u8],
) -> Result<Opened<'a>, AttestationError> {
    let signature =
        parse_signature(&attested.signature).map_err(AttestationError::MalformedSignature)?;
    if !ak.verifies(&attested.attest, &signature) {
        return Err(AttestationError::Signature);
    }
    let mut reader = Reader::new(&attested.attest);
    if reader.u32()? != TPM_GENERATED {
        return Err(AttestationError::NotTpmGenerated);
    }
    let found = reader.u16()?;
    if found != kind as u16 {
        return Err(AttestationError::Kind {
            expected: kind as u16,
            found,
        });
    }
    if reader.sized(MAX_NAME, "qualifiedSigner")? != ak.qualified_name().as_bytes() {
        return Err(AttestationError::QualifiedSigner);
    }
    if reader.sized(MAX_EXTRA_DATA, "extraData")? != extra_data {
        return Err(AttestationError::ExtraData);
    }
    let clock = ClockInfo {
        clock_ms: reader.u64()?,
        reset_count: reader.u32()?,
        restart_count: reader.u32()?,
        safe: reader.yes_no("safe")?,
    };
    let firmware_version = reader.u64()?;
    Ok(Opened {
        clock,
        firmware_version,
        body: reader,
    })
}

/// A TPM2B_NAME holds at most a digest of SHA-512 and its identifier.
pub(crate) const MAX_NAME: usize = 66;

/// A TPM2B_DATA holds at most a TPMT_HA.
const MAX_EXTRA_DATA: usize = 66;

//! The digest of an audit session (TPM 2.0 Part 1, 19.5) in which one counter was read once.

use super::algorithm::sha256;
use super::attest::{self, Attested, Kind};
use super::attestation_key::AttestationKey;
use super::counter::{CounterError, VerifiedCounter};
use super::name::Name;

const CC_NV_READ: [u8; 4] = 0x14e_u32.to_be_bytes();
const RC_SUCCESS: [u8; 4] = [0; 4];
const SIZE: [u8; 2] = 8_u16.to_be_bytes();
const OFFSET: [u8; 2] = [0; 2];

/// Verifies the audited form of a counter proof; [`verify_counter`](super::verify_counter) lists
/// the checks.
pub(crate) fn verify_audited_read(
    ak: &AttestationKey,
    session: &Attested,
    value: u64,
    index: &Name,
    extra_data: &[u8],
) -> Result<VerifiedCounter, CounterError> {
    let mut opened = attest::open(ak, session, Kind::SessionAudit, extra_data)?;
    let exclusive = opened.body.yes_no("exclusiveSession")?;
    let digest = opened.body.sized(64, "sessionDigest")?;
    opened.body.finish()?;
    if !exclusive {
        return Err(CounterError::NotExclusive);
    }
    if digest != audited_read_digest(index, value) {
        return Err(CounterError::AuditDigest);
    }
    Ok(VerifiedCounter {
        index: *index,
        value,
        clock: opened.clock,
        firmware_version: opened.firmware_version,
    })
}

/// The digest of a SHA-256 audit session whose only command was TPM2_NV_Read(authHandle = index,
/// nvIndex = index, size = 8, offset = 0) with the answer `value`.
fn audited_read_digest(index: &Name, value: u64) -> [u8; 32] {
    let index = index.as_bytes();
    let command = sha256(&[&CC_NV_READ, index, index, &SIZE, &OFFSET]);
    let response = sha256(&[&RC_SUCCESS, &CC_NV_READ, &SIZE, &value.to_be_bytes()]);
    sha256(&[&[0; 32], &command, &response])
}

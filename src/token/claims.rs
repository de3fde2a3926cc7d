//! The numbers of all claims, and what tokens have in common when claims are written and read.

use super::cbor::{self, CborError, Limits, MapReader, MapWriter};
use super::cose::{CoseError, Kind};
use super::id::VendorId;
use super::time::UtcTime;

/// Claims of RFC 8392, RFC 8747 and the IETF Token Status List.
pub(super) const ISS: i64 = 1;
pub(super) const SUB: i64 = 2;
pub(super) const AUD: i64 = 3;
pub(super) const EXP: i64 = 4;
pub(super) const NBF: i64 = 5;
pub(super) const IAT: i64 = 6;
pub(super) const CTI: i64 = 7;
pub(super) const CNF: i64 = 8;
pub(super) const STATUS_LIST: i64 = 65_533;
pub(super) const TTL: i64 = 65_534;
pub(super) const STATUS: i64 = 65_535;

// Private claims. A reader that does not know an even one must refuse the token.
pub(super) const EDITION: i64 = -70_001;
pub(super) const BINDING: i64 = -70_002;
pub(super) const VENDOR_NAME: i64 = -70_003;
pub(super) const FEATURES: i64 = -70_004;
pub(super) const FEATURE_APPROVAL: i64 = -70_005;
pub(super) const VERSIONS: i64 = -70_006;
pub(super) const NEXT_ROOT: i64 = -70_007;
pub(super) const LINE: i64 = -70_008;
pub(super) const RENEW_AFTER: i64 = -70_009;
pub(super) const DEVICE_CLASS: i64 = -70_010;
pub(super) const CORRECTION: i64 = -70_011;
pub(super) const LICENSE: i64 = -70_012;
pub(super) const SEQUENCE: i64 = -70_014;
pub(super) const STORE: i64 = -70_016;
pub(super) const EPOCH: i64 = -70_018;
pub(super) const ANCHOR: i64 = -70_020;
pub(super) const LIMITS: i64 = -70_022;
pub(super) const MANIFEST: i64 = -70_024;
pub(super) const RULES: i64 = -70_026;
pub(super) const KEYS: i64 = -70_028;
pub(super) const PLATFORM: i64 = -70_030;

/// The confirmation method `COSE_Key` in `cnf` (RFC 8747 section 3.1).
pub(super) const CNF_COSE_KEY: i64 = 1;

/// Why a claims set is not a token of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// Not the CBOR of such a token.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// A field whose value is not allowed.
    #[error("{field} {problem}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong, as the end of a sentence.
        problem: &'static str,
    },
}

impl ClaimsError {
    /// The stable snake_case name, as used by the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cbor(error) => error.name(),
            Self::Invalid { .. } => "invalid_field",
        }
    }
}

/// Why a token cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// Its content is not allowed.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// It is too large, or the key cannot be used.
    #[error(transparent)]
    Cose(#[from] CoseError),
}

/// Reads the claims map of a token of `kind`.
pub(super) fn reader(kind: Kind, payload: &[u8]) -> Result<MapReader, CborError> {
    MapReader::new(cbor::decode(payload, Limits::size(kind.size_limit()))?)
}

pub(super) fn put_issuer(claims: MapWriter, issuer: VendorId) -> MapWriter {
    claims.put(ISS, issuer.to_string())
}

/// Reads an id that CWT wants as text.
pub(super) fn text_id<T: std::str::FromStr + ToString>(
    claims: &mut MapReader,
    key: i64,
) -> Result<T, CborError> {
    let text: String = claims.required(key)?;
    match text.parse::<T>() {
        // Upper-case digits would be a second form of the same token.
        Ok(id) if id.to_string() == text => Ok(id),
        _ => Err(CborError::OutOfRange { key }),
    }
}

pub(super) fn invalid<T>(field: &'static str, problem: &'static str) -> Result<T, ClaimsError> {
    Err(ClaimsError::Invalid { field, problem })
}

/// Requires a name of 1 to `limit` bytes without control characters.
pub(super) fn check_name(field: &'static str, name: &str, limit: usize) -> Result<(), ClaimsError> {
    if name.is_empty() {
        return invalid(field, "is empty");
    }
    if name.len() > limit {
        return invalid(field, "is too long");
    }
    match name.chars().any(char::is_control) {
        true => invalid(field, "has control characters"),
        false => Ok(()),
    }
}

/// Requires that a validity ends after it starts.
pub(super) fn check_period(not_before: UtcTime, end: UtcTime) -> Result<(), ClaimsError> {
    match not_before < end {
        true => Ok(()),
        false => invalid("expires_at", "is not after the start of validity"),
    }
}

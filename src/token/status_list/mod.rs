//! Status lists: what a vendor says about many licenses at once, as an IETF Token Status List in
//! its CWT form (draft-ietf-oauth-status-list).

mod entries;

use std::collections::BTreeMap;

use serde_cbor::Value;

use super::cbor::{CborError, FromCbor, MapWriter, ToCbor};
use super::claims::{self, ClaimsError, SignError, check_name, check_period};
use super::cose::{self, Kind};
use super::id::VendorId;
use super::keys::Signer;
use super::license::License;
use super::time::UtcTime;
use super::trust::VerifiedBundle;
use super::verify::{Issued, TokenError, Verified, verify_issued};
use entries::Entries;

/// The status of many licenses, each under an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    /// The vendor (`iss`).
    pub issuer: VendorId,
    /// The one product it is about (`aud`); `None` for all.
    pub product: Option<String>,
    /// Its name (`sub`), which licenses refer to.
    pub uri: String,
    /// When it was signed (`iat`); a device never accepts an older one than it holds.
    pub issued_at: UtcTime,
    /// When a newer one is wanted (`exp`).
    pub expires_at: UtcTime,
    /// How long it may be used without looking for a newer one, in seconds.
    pub ttl_s: Option<u64>,
    entries: Entries,
}

/// Where the status of a license is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRef {
    /// The list's URI.
    pub list: String,
    /// The position in the list.
    pub index: u64,
}

/// The status of one license.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// In force.
    Valid,
    /// Revoked for good.
    Invalid,
    /// Out of force for now.
    Suspended,
    /// A value that this program does not know.
    Other(u8),
}

impl StatusList {
    /// Longest URI, in bytes.
    pub const URI_LIMIT: usize = 128;
    /// Most bytes that a list may inflate to: a million licenses in our own two bits each.
    pub const INFLATED_LIMIT: usize = 1 << 18;

    /// A list of `length` licenses in force.
    pub fn new(
        issuer: VendorId,
        uri: String,
        issued_at: UtcTime,
        expires_at: UtcTime,
        length: usize,
    ) -> Self {
        Self {
            issuer,
            product: None,
            uri,
            issued_at,
            expires_at,
            ttl_s: None,
            entries: Entries::of_valid(length),
        }
    }

    /// The status at `index`; `None` beyond the end of the list.
    pub fn status(&self, index: u64) -> Option<Status> {
        self.entries.at(index).map(Status::of_number)
    }

    /// Sets the status at `index`, which makes the list longer if need be.
    ///
    /// # Errors
    /// When the status does not fit the list, or the list would be too long.
    pub fn set(&mut self, index: u64, status: Status) -> Result<(), ClaimsError> {
        self.entries.set(index, status.number())
    }

    /// The number of entries, the padding of the last byte included.
    pub fn capacity(&self) -> u64 {
        self.entries.capacity()
    }

    /// The signed file.
    ///
    /// # Errors
    /// When a field is not allowed, the file would be too large, or the key cannot be used.
    pub fn sign(&self, key: &dyn Signer) -> Result<Vec<u8>, SignError> {
        self.check()?;
        let payload = claims::put_issuer(MapWriter::new(), self.issuer)
            .put(claims::SUB, &self.uri)
            .put_some(claims::AUD, self.product.as_ref())
            .put(claims::EXP, self.expires_at)
            .put(claims::IAT, self.issued_at)
            .put(claims::STATUS_LIST, self.entries.to_cbor())
            .put_some(claims::TTL, self.ttl_s)
            .encode();
        Ok(cose::sign(Kind::StatusList, key, &payload)?)
    }

    /// Verifies a status list file: signature, claims and issuer. Its time is for the caller to
    /// judge, and whether it is the list that a license names.
    ///
    /// # Errors
    /// When it is no status list of the bundle's vendor.
    pub fn verify(bytes: &[u8], bundle: &VerifiedBundle) -> Result<Verified<Self>, TokenError> {
        verify_issued(bytes, bundle)
    }

    fn check(&self) -> Result<(), ClaimsError> {
        check_name("uri", &self.uri, Self::URI_LIMIT)?;
        if let Some(product) = &self.product {
            check_name("product", product, License::NAME_LIMIT)?;
        }
        check_period(self.issued_at, self.expires_at)
    }
}

impl Issued for StatusList {
    const KIND: Kind = Kind::StatusList;

    fn from_payload(payload: &[u8]) -> Result<Self, ClaimsError> {
        let mut claims = claims::reader(Self::KIND, payload)?;
        let list = Self {
            issuer: claims::text_id(&mut claims, claims::ISS)?,
            product: claims.optional(claims::AUD)?,
            uri: claims.required(claims::SUB)?,
            issued_at: claims.required(claims::IAT)?,
            expires_at: claims.required(claims::EXP)?,
            ttl_s: claims.optional(claims::TTL)?,
            entries: Entries::from_cbor(claims.required(claims::STATUS_LIST)?)?,
        };
        claims.finish()?;
        list.check()?;
        Ok(list)
    }

    fn issuer(&self) -> VendorId {
        self.issuer
    }

    fn issued_at(&self) -> UtcTime {
        self.issued_at
    }

    fn product(&self) -> Option<&str> {
        self.product.as_deref()
    }
}

impl StatusRef {
    pub(super) fn check(&self) -> Result<(), ClaimsError> {
        check_name("the status list's URI", &self.list, StatusList::URI_LIMIT)
    }
}

impl ToCbor for StatusRef {
    fn to_cbor(&self) -> Value {
        let entry = text_map([("idx", self.index.into()), ("uri", self.list.to_cbor())]);
        text_map([("status_list", entry)])
    }
}

impl FromCbor for StatusRef {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let status_list = take_member(&mut members(value, key)?, "status_list", key)?;
        let mut entry = members(status_list, key)?;
        Ok(Self {
            list: FromCbor::from_cbor(take_member(&mut entry, "uri", key)?, key)?,
            index: FromCbor::from_cbor(take_member(&mut entry, "idx", key)?, key)?,
        })
    }
}

impl Status {
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
            Self::Other(number) => number,
        }
    }

    pub(crate) const fn of_number(number: u8) -> Self {
        match number {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            other => Self::Other(other),
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Valid => f.write_str("valid"),
            Self::Invalid => f.write_str("invalid"),
            Self::Suspended => f.write_str("suspended"),
            Self::Other(number) => write!(f, "status {number}"),
        }
    }
}

fn text_map<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.map(|(name, value)| (name.to_cbor(), value));
    Value::Map(BTreeMap::from(members))
}

/// The members of a map of the IETF draft, which has text keys alone and lets readers ignore unknown ones.
fn members(value: Value, key: i64) -> Result<BTreeMap<Value, Value>, CborError> {
    match value {
        Value::Map(members) => {
            let is_text = |name: &Value| matches!(name, Value::Text(_));
            match members.keys().all(is_text) {
                true => Ok(members),
                false => Err(CborError::KeyType),
            }
        }
        _ => Err(CborError::WrongType {
            key,
            expected: "a map",
        }),
    }
}

fn take_member(
    members: &mut BTreeMap<Value, Value>,
    name: &str,
    key: i64,
) -> Result<Value, CborError> {
    members
        .remove(&name.to_cbor())
        .ok_or(CborError::Missing { key })
}

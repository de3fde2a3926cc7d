//! Status lists: what a vendor says about many licenses at once, as an IETF Token Status List in
//! its CWT form (draft-ietf-oauth-status-list).

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde_cbor::Value;

use super::cbor::{CborError, FromCbor, MapWriter, ToCbor};
use super::claims::{self, ClaimsError, SignError, check_name, check_period, invalid};
use super::cose::{self, Kind};
use super::id::VendorId;
use super::keys::Signer;
use super::license::License;
use super::time::UtcTime;
use super::trust::VerifiedBundle;
use super::verify::{Issued, TokenError, Verified, verify_issued};

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
    const fn number(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
            Self::Other(number) => number,
        }
    }

    const fn of_number(number: u8) -> Self {
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

/// Numbers of 1, 2, 4 or 8 bits, the first in the lowest bits of the first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entries {
    bits: u8,
    packed: Vec<u8>,
}

impl Entries {
    /// What our own lists have.
    const BITS: u8 = 2;

    fn of_valid(length: usize) -> Self {
        let per_byte = usize::from(8 / Self::BITS);
        Self {
            bits: Self::BITS,
            packed: vec![0; length.div_ceil(per_byte)],
        }
    }

    fn capacity(&self) -> u64 {
        self.packed.len() as u64 * u64::from(8 / self.bits)
    }

    fn at(&self, index: u64) -> Option<u8> {
        let (byte, shift) = self.place(index)?;
        self.packed
            .get(byte)
            .map(|packed| packed >> shift & self.mask())
    }

    fn set(&mut self, index: u64, number: u8) -> Result<(), ClaimsError> {
        if number > self.mask() {
            return invalid("status", "does not fit the list");
        }
        let Some((byte, shift)) = self
            .place(index)
            .filter(|(byte, _)| *byte < StatusList::INFLATED_LIMIT)
        else {
            return invalid("index", "lies beyond the longest list");
        };
        if byte >= self.packed.len() {
            self.packed.resize(byte + 1, 0);
        }
        self.packed[byte] = self.packed[byte] & !(self.mask() << shift) | number << shift;
        Ok(())
    }

    /// Byte and shift of an entry.
    fn place(&self, index: u64) -> Option<(usize, u64)> {
        let per_byte = u64::from(8 / self.bits);
        let byte = usize::try_from(index / per_byte).ok()?;
        Some((byte, index % per_byte * u64::from(self.bits)))
    }

    fn mask(&self) -> u8 {
        0xff >> (8 - self.bits)
    }

    fn to_cbor(&self) -> Value {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        let deflated = encoder
            .write_all(&self.packed)
            .and_then(|()| encoder.finish());
        let deflated = deflated.expect("writing to memory does not fail");
        text_map([("lst", Value::Bytes(deflated)), ("bits", self.bits.into())])
    }

    fn from_cbor(value: Value) -> Result<Self, ClaimsError> {
        let key = claims::STATUS_LIST;
        let mut members = members(value, key)?;
        let bits = u8::from_cbor(take_member(&mut members, "bits", key)?, key)?;
        if !matches!(bits, 1 | 2 | 4 | 8) {
            return Err(CborError::OutOfRange { key }.into());
        }
        let deflated: Vec<u8> = FromCbor::from_cbor(take_member(&mut members, "lst", key)?, key)?;
        let packed = inflate(&deflated)?;
        Ok(Self { bits, packed })
    }
}

/// Inflates one whole zlib stream (RFC 1950) of bounded size.
fn inflate(deflated: &[u8]) -> Result<Vec<u8>, ClaimsError> {
    let limit = StatusList::INFLATED_LIMIT;
    let mut decoder = ZlibDecoder::new(deflated);
    let mut packed = Vec::new();
    let read = (&mut decoder)
        .take(limit as u64 + 1)
        .read_to_end(&mut packed);
    if packed.len() > limit {
        return invalid("status_list", "inflates to more than is allowed");
    }
    if read.is_err() || decoder.total_in() != deflated.len() as u64 {
        return invalid("status_list", "is not one zlib stream");
    }
    Ok(packed)
}

fn text_map<const N: usize>(members: [(&str, Value); N]) -> Value {
    let members = members.map(|(name, value)| (name.to_cbor(), value));
    Value::Map(BTreeMap::from(members))
}

/// The members of a map of the IETF draft, which has text keys and lets readers ignore unknown ones.
fn members(value: Value, key: i64) -> Result<BTreeMap<Value, Value>, CborError> {
    match value {
        Value::Map(members) => Ok(members),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(bits: u8, packed: &[u8]) -> Entries {
        Entries {
            bits,
            packed: packed.to_vec(),
        }
    }

    #[test]
    fn the_draft_s_examples_are_read() {
        // draft-ietf-oauth-status-list section 4.1: 16 tokens of 1 bit, 12 of 2 bits.
        let one = entries(1, &[0xb9, 0xa3]);
        let read: Vec<_> = (0..16).map(|index| one.at(index).unwrap()).collect();
        assert_eq!(read, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
        let two = entries(2, &[0xc9, 0x44, 0xf9]);
        let read: Vec<_> = (0..12).map(|index| two.at(index).unwrap()).collect();
        assert_eq!(read, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
        assert_eq!(two.at(12), None);
    }

    #[test]
    fn setting_one_entry_leaves_the_others() {
        let mut list = Entries::of_valid(3);
        list.set(1, 2).unwrap();
        list.set(6, 1).unwrap();
        list.set(1, 1).unwrap();
        let read: Vec<_> = (0..8).map(|index| list.at(index).unwrap()).collect();
        assert_eq!(read, [0, 1, 0, 0, 0, 0, 1, 0]);
        assert!(list.set(0, 4).is_err());
        assert!(list.set(u64::MAX, 1).is_err());
    }

    #[test]
    fn a_deflate_bomb_is_refused() {
        let bomb = Entries::of_valid(4 * StatusList::INFLATED_LIMIT + 1);
        let problem = "inflates to more than is allowed";
        assert_eq!(
            Entries::from_cbor(bomb.to_cbor()),
            Err(ClaimsError::Invalid {
                field: "status_list",
                problem
            })
        );
        let longest = Entries::of_valid(4 * StatusList::INFLATED_LIMIT);
        assert_eq!(Entries::from_cbor(longest.to_cbor()), Ok(longest));
    }

    #[test]
    fn a_cut_or_extended_zlib_stream_is_refused() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&[0xc9; 40]).unwrap();
        let whole = encoder.finish().unwrap();
        assert_eq!(inflate(&whole).unwrap(), [0xc9; 40]);
        assert!(inflate(&whole[..whole.len() - 1]).is_err());
        assert!(inflate(&[&whole[..], &[0]].concat()).is_err());
        assert!(inflate(&[]).is_err());
    }
}

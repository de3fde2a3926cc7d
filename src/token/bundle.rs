//! The trust bundle: a vendor's keys and what each is for.

use serde_cbor::Value;

use super::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor};
use super::claims::{self, ClaimsError, SignError, check_name, check_period, invalid};
use super::cose::{self, Kind};
use super::id::VendorId;
use super::keys::{PublicKey, Signer};
use super::license::License;
use super::time::UtcTime;

/// A vendor's keys, as its root signed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustBundle {
    /// The vendor (`iss`).
    pub vendor: VendorId,
    /// The vendor's name, for people.
    pub vendor_name: String,
    /// Counts up with each bundle, to at most [`TrustBundle::SEQUENCE_LIMIT`]; a holder refuses one below the highest it has
    /// seen.
    pub sequence: u64,
    /// When it was signed (`iat`).
    pub issued_at: UtcTime,
    /// The keys, each at most once.
    pub keys: Vec<BundleKey>,
    /// The root that may sign a following bundle in place of the present one.
    pub next_root: Option<PublicKey>,
}

/// A key and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleKey {
    /// The key.
    pub key: PublicKey,
    /// What it signs.
    pub purpose: KeyPurpose,
    /// The one product it may sign for; `None` for all.
    pub product: Option<String>,
    /// It signs nothing dated before this.
    pub not_before: UtcTime,
    /// It signs nothing dated at or after this.
    pub not_after: UtcTime,
    /// It was compromised: what is dated at or after this is refused.
    pub cut_off: Option<UtcTime>,
}

/// What a key of a trust bundle signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPurpose {
    /// Licenses, leases, manifests, status lists.
    Issuer,
    /// TPM policies (TPM2_PolicyAuthorize).
    Policy,
}

impl TrustBundle {
    /// Most keys in a bundle.
    pub const KEY_LIMIT: usize = 64;

    /// The highest number. It is out of reach for one who counts, and small enough for every reader's integers.
    pub const SEQUENCE_LIMIT: u64 = u32::MAX as u64;

    /// The signed file.
    ///
    /// # Errors
    /// When a field is not allowed, the file would be too large, or the key cannot be used.
    pub fn sign(&self, root: &dyn Signer) -> Result<Vec<u8>, SignError> {
        self.check()?;
        let payload = claims::put_issuer(MapWriter::new(), self.vendor)
            .put(claims::IAT, self.issued_at)
            .put(claims::VENDOR_NAME, &self.vendor_name)
            .put(claims::SEQUENCE, self.sequence)
            .put_list(claims::KEYS, &self.keys)
            .put_some(claims::NEXT_ROOT, self.next_root.as_ref())
            .encode();
        Ok(cose::sign(Kind::TrustBundle, root, &payload)?)
    }

    pub(super) fn from_payload(payload: &[u8]) -> Result<Self, ClaimsError> {
        let mut claims = claims::reader(Kind::TrustBundle, payload)?;
        let bundle = Self {
            vendor: claims::text_id(&mut claims, claims::ISS)?,
            vendor_name: claims.required(claims::VENDOR_NAME)?,
            sequence: claims.required::<u32>(claims::SEQUENCE)?.into(),
            issued_at: claims.required(claims::IAT)?,
            keys: claims.list(claims::KEYS)?,
            next_root: claims.optional(claims::NEXT_ROOT)?,
        };
        claims.finish()?;
        bundle.check()?;
        Ok(bundle)
    }

    fn check(&self) -> Result<(), ClaimsError> {
        check_name("vendor_name", &self.vendor_name, License::NAME_LIMIT)?;
        if self.sequence > Self::SEQUENCE_LIMIT {
            return invalid("sequence", "is above 4294967295");
        }
        if self.keys.len() > Self::KEY_LIMIT {
            return invalid("keys", "are too many");
        }
        for (position, key) in self.keys.iter().enumerate() {
            if let Some(product) = &key.product {
                check_name("product", product, License::NAME_LIMIT)?;
            }
            check_period(key.not_before, key.not_after)?;
            // One entry per key: its validity and purpose have one answer.
            if self.keys[..position]
                .iter()
                .any(|other| other.key.id() == key.key.id())
            {
                return invalid("keys", "name one key twice");
            }
        }
        Ok(())
    }
}

impl KeyPurpose {
    /// The lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Policy => "policy",
        }
    }
}

impl ToCbor for KeyPurpose {
    fn to_cbor(&self) -> Value {
        match self {
            Self::Issuer => 1u8.into(),
            Self::Policy => 2u8.into(),
        }
    }
}

impl FromCbor for KeyPurpose {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        match u8::from_cbor(value, key)? {
            1 => Ok(Self::Issuer),
            2 => Ok(Self::Policy),
            _ => Err(CborError::OutOfRange { key }),
        }
    }
}

impl ToCbor for BundleKey {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, &self.key)
            .put(4, self.purpose)
            .put_some(6, self.product.as_ref())
            .put(8, self.not_before)
            .put(10, self.not_after)
            .put_some(12, self.cut_off)
            .into_value()
    }
}

impl FromCbor for BundleKey {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map: MapReader = FromCbor::from_cbor(value, key)?;
        let entry = Self {
            key: map.required(2)?,
            purpose: map.required(4)?,
            product: map.optional(6)?,
            not_before: map.required(8)?,
            not_after: map.required(10)?,
            cut_off: map.optional(12)?,
        };
        map.finish()?;
        Ok(entry)
    }
}

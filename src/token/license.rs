//! The license: what a customer owns, bound to one store.

use std::collections::BTreeSet;

use serde_cbor::Value;

use super::binding::{Binding, DeviceClass};
use super::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor};
use super::claims::{self, ClaimsError, SignError, check_name, check_period, invalid};
use super::cose::{self, Kind};
use super::id::{LicenseId, TokenId, VendorId};
use super::keys::Signer;
use super::status_list::StatusRef;
use super::time::UtcTime;
use super::trust::VerifiedBundle;
use super::verify::{Issued, TokenError, Verified, verify_issued};

/// The long-lived artifact: ownership of a product on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    /// The vendor (`iss`).
    pub issuer: VendorId,
    /// The license key's id (`sub`), the same on every device.
    pub license_id: LicenseId,
    /// The product (`aud`).
    pub product: String,
    /// When it was signed (`iat`); the issuer's key is judged at this time.
    pub issued_at: UtcTime,
    /// Start of validity (`nbf`).
    pub not_before: UtcTime,
    /// End of validity (`exp`); `None` for a perpetual license.
    pub expires_at: Option<UtcTime>,
    /// This token (`cti`).
    pub token_id: TokenId,
    /// What it is bound to.
    pub binding: Binding,
    /// The edition, for people.
    pub edition: String,
    /// The features bought.
    pub features: BTreeSet<String>,
    /// The versions of the application it covers.
    pub versions: VersionRange,
    /// The product line whose manifest holds the rules.
    pub manifest_line: String,
    /// Where its status is published.
    pub status: StatusRef,
    /// How well the device is known.
    pub class: DeviceClass,
}

/// The versions of an application, both ends included; an absent end is open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VersionRange {
    /// The lowest version.
    pub min: Option<String>,
    /// The highest version.
    pub max: Option<String>,
}

impl License {
    /// Longest product, edition, line, feature name and version, in bytes.
    pub const NAME_LIMIT: usize = 64;

    /// The signed file.
    ///
    /// # Errors
    /// When a field is not allowed, the file would be too large, or the key cannot be used.
    pub fn sign(&self, key: &dyn Signer) -> Result<Vec<u8>, SignError> {
        self.check()?;
        let claims = claims::put_issuer(MapWriter::new(), self.issuer)
            .put(claims::SUB, self.license_id.to_string())
            .put(claims::AUD, &self.product)
            .put_some(claims::EXP, self.expires_at)
            .put(claims::NBF, self.not_before)
            .put(claims::IAT, self.issued_at)
            .put(claims::CTI, self.token_id)
            .put(claims::STATUS, self.status.to_cbor())
            .put(claims::EDITION, &self.edition)
            .put_list(claims::FEATURES, &self.features)
            .put(claims::VERSIONS, &self.versions)
            .put(claims::LINE, &self.manifest_line)
            .put(claims::DEVICE_CLASS, self.class);
        let payload = self.binding.put(claims).encode();
        Ok(cose::sign(Kind::License, key, &payload)?)
    }

    /// Verifies a license file: signature, claims and issuer. Its time and its binding are for the
    /// caller to judge.
    ///
    /// # Errors
    /// When it is no license of the bundle's vendor.
    pub fn verify(bytes: &[u8], bundle: &VerifiedBundle) -> Result<Verified<Self>, TokenError> {
        verify_issued(bytes, bundle)
    }

    fn check(&self) -> Result<(), ClaimsError> {
        check_name("product", &self.product, Self::NAME_LIMIT)?;
        check_name("edition", &self.edition, Self::NAME_LIMIT)?;
        check_name("manifest_line", &self.manifest_line, Self::NAME_LIMIT)?;
        for feature in &self.features {
            check_name("a feature's name", feature, Self::NAME_LIMIT)?;
        }
        for version in self.versions.min.iter().chain(&self.versions.max) {
            check_name("a version", version, Self::NAME_LIMIT)?;
        }
        self.status.check()?;
        match self.expires_at {
            Some(end) => check_period(self.not_before, end),
            None => Ok(()),
        }
    }
}

impl Issued for License {
    const KIND: Kind = Kind::License;

    fn from_payload(payload: &[u8]) -> Result<Self, ClaimsError> {
        let mut claims = claims::reader(Self::KIND, payload)?;
        let license = Self {
            issuer: claims::text_id(&mut claims, claims::ISS)?,
            license_id: claims::text_id(&mut claims, claims::SUB)?,
            product: claims.required(claims::AUD)?,
            expires_at: claims.optional(claims::EXP)?,
            not_before: claims.required(claims::NBF)?,
            issued_at: claims.required(claims::IAT)?,
            token_id: claims.required(claims::CTI)?,
            status: claims.required(claims::STATUS)?,
            edition: claims.required(claims::EDITION)?,
            features: features(claims.list(claims::FEATURES)?)?,
            versions: claims.required(claims::VERSIONS)?,
            manifest_line: claims.required(claims::LINE)?,
            class: claims.required(claims::DEVICE_CLASS)?,
            binding: Binding::take(&mut claims)?,
        };
        claims.finish()?;
        license.check()?;
        Ok(license)
    }

    fn issuer(&self) -> VendorId {
        self.issuer
    }

    fn issued_at(&self) -> UtcTime {
        self.issued_at
    }

    fn product(&self) -> Option<&str> {
        Some(&self.product)
    }
}

fn features(names: Vec<String>) -> Result<BTreeSet<String>, ClaimsError> {
    match names.is_sorted_by(|a, b| a < b) {
        true => Ok(names.into_iter().collect()),
        false => invalid("features", "are not sorted, or one occurs twice"),
    }
}

impl ToCbor for VersionRange {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put_some(2, self.min.as_ref())
            .put_some(4, self.max.as_ref())
            .into_value()
    }
}

impl FromCbor for VersionRange {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map: MapReader = FromCbor::from_cbor(value, key)?;
        let range = Self {
            min: map.optional(2)?,
            max: map.optional(4)?,
        };
        map.finish()?;
        Ok(range)
    }
}

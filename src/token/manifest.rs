//! The manifest: the rules of a product line.

use serde_cbor::Value;

use super::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor};
use super::claims::{self, ClaimsError, SignError, check_name, check_period};
use super::cose::{self, Kind};
use super::id::{Digest, VendorId};
use super::keys::Signer;
use super::license::License;
use super::time::UtcTime;
use super::trust::VerifiedBundle;
use super::verify::{Issued, TokenError, Verified, verify_issued};

/// The rules of one line of a product, as one published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The vendor (`iss`).
    pub issuer: VendorId,
    /// The product (`aud`).
    pub product: String,
    /// The line: licenses name it.
    pub line: String,
    /// Counts up with each publication.
    pub version: u64,
    /// When it was signed (`iat`).
    pub issued_at: UtcTime,
    /// Start of validity (`nbf`).
    pub not_before: UtcTime,
    /// End of validity (`exp`); past it the last accepted one goes on.
    pub expires_at: UtcTime,
    /// The rules: CBOR that means nothing here.
    pub rules: Vec<u8>,
}

/// Names one published manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestRef {
    /// Its version.
    pub version: u64,
    /// SHA-256 of its file.
    pub digest: Digest,
}

impl Manifest {
    /// The signed file.
    ///
    /// # Errors
    /// When a field is not allowed, the file would be too large, or the key cannot be used.
    pub fn sign(&self, key: &dyn Signer) -> Result<Vec<u8>, SignError> {
        self.check()?;
        let payload = claims::put_issuer(MapWriter::new(), self.issuer)
            .put(claims::AUD, &self.product)
            .put(claims::EXP, self.expires_at)
            .put(claims::NBF, self.not_before)
            .put(claims::IAT, self.issued_at)
            .put(claims::LINE, &self.line)
            .put(claims::SEQUENCE, self.version)
            .put(claims::RULES, &self.rules)
            .encode();
        Ok(cose::sign(Kind::Manifest, key, &payload)?)
    }

    /// Verifies a manifest file: signature, claims and issuer. Its time is for the caller to judge.
    ///
    /// # Errors
    /// When it is no manifest of the bundle's vendor.
    pub fn verify(bytes: &[u8], bundle: &VerifiedBundle) -> Result<Verified<Self>, TokenError> {
        verify_issued(bytes, bundle)
    }

    /// What a manifest file says, whoever signed it: for the vendor, whose own record it is and who may have withdrawn the
    /// key since.
    #[cfg(feature = "server")]
    pub(crate) fn read_unverified(bytes: &[u8]) -> Result<Self, TokenError> {
        let unverified = cose::open(Kind::Manifest, bytes)?;
        Ok(Self::from_payload(unverified.unverified_payload())?)
    }

    fn check(&self) -> Result<(), ClaimsError> {
        check_name("product", &self.product, License::NAME_LIMIT)?;
        check_name("line", &self.line, License::NAME_LIMIT)?;
        check_period(self.not_before, self.expires_at)
    }
}

impl Verified<Manifest> {
    /// How leases name this manifest.
    pub fn reference(&self) -> ManifestRef {
        ManifestRef {
            version: self.version,
            digest: self.digest(),
        }
    }
}

impl Issued for Manifest {
    const KIND: Kind = Kind::Manifest;

    fn from_payload(payload: &[u8]) -> Result<Self, ClaimsError> {
        let mut claims = claims::reader(Self::KIND, payload)?;
        let manifest = Self {
            issuer: claims::text_id(&mut claims, claims::ISS)?,
            product: claims.required(claims::AUD)?,
            expires_at: claims.required(claims::EXP)?,
            not_before: claims.required(claims::NBF)?,
            issued_at: claims.required(claims::IAT)?,
            line: claims.required(claims::LINE)?,
            version: claims.required(claims::SEQUENCE)?,
            rules: claims.required(claims::RULES)?,
        };
        claims.finish()?;
        manifest.check()?;
        Ok(manifest)
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

impl ToCbor for ManifestRef {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.version)
            .put(4, self.digest)
            .into_value()
    }
}

impl FromCbor for ManifestRef {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map: MapReader = FromCbor::from_cbor(value, key)?;
        let reference = Self {
            version: map.required(2)?,
            digest: map.required(4)?,
        };
        map.finish()?;
        Ok(reference)
    }
}

//! The lease: the right to run for a while, renewed as long as the vendor agrees.

use serde_cbor::Value;

use super::anchor::Anchor;
use super::binding::{put_confirmation, take_confirmation};
use super::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor};
use super::claims::{self, ClaimsError, SignError, check_name, check_period, invalid};
use super::cose::{self, Kind};
use super::id::{LicenseId, StoreId, TokenId, VendorId};
use super::keys::{PublicKey, Signer};
use super::license::License;
use super::manifest::ManifestRef;
use super::platform::Platform;
use super::time::UtcTime;
use super::trust::VerifiedBundle;
use super::verify::{Issued, TokenError, Verified, verify_issued};

/// The short-lived artifact: a time anchor and the budget to be charged from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The vendor (`iss`).
    pub issuer: VendorId,
    /// The license key's id (`sub`).
    pub license_id: LicenseId,
    /// The product (`aud`).
    pub product: String,
    /// The license token it belongs to: that one's `cti`.
    pub license: TokenId,
    /// This token (`cti`).
    pub token_id: TokenId,
    /// Position among the leases of the license on this store: a higher one supersedes. Numbers may be skipped.
    pub sequence: u64,
    /// The binding key (`cnf`), as in the license.
    pub confirmation_key: PublicKey,
    /// The store, as in the license.
    pub store: StoreId,
    /// The epoch, as in the license.
    pub epoch: u64,
    /// When it was signed (`iat`).
    pub issued_at: UtcTime,
    /// End of validity (`exp`).
    pub expires_at: UtcTime,
    /// When to ask for a newer one.
    pub renew_after: RenewAfter,
    /// Where charging starts.
    pub anchor: Anchor,
    /// W: the calendar time promised, in seconds.
    pub window_s: u64,
    /// D: the TPM time that may be charged, in milliseconds.
    pub budget_ms: u64,
    /// I: the Clock that one unclean reset can hide, in milliseconds.
    pub unclean_loss_ms: u64,
    /// S: restarts accepted before the activity counter is incremented; at least 1.
    pub restarts_allowed: u32,
    /// J: the deadline of one validation, in milliseconds.
    pub heartbeat_ms: u64,
    /// The manifest that applies to this device.
    pub manifest: ManifestRef,
    /// The vendor's approval of a TPM policy for feature keys.
    pub feature_approval: Option<Vec<u8>>,
    /// What the machine's quotes are over and are compared with, where the rules watch PCRs and the machine showed them.
    pub platform: Option<Platform>,
    /// Number of the vendor's last correction of its dates: whatever later date than this lease's a machine accepted before
    /// the first lease with this number was signed by mistake, and is void.
    pub correction: Option<u64>,
}

/// The earlier of two points at which a lease is due for renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RenewAfter {
    /// A date.
    pub at: UtcTime,
    /// A charge, in milliseconds of TPM time.
    pub charge_ms: u64,
}

/// Why a lease does not belong to a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lease and the license differ in {field}: they were not issued for each other")]
pub struct MismatchError {
    /// What differs.
    pub field: &'static str,
}

impl Lease {
    /// Longest feature approval, in bytes.
    pub const APPROVAL_LIMIT: usize = 256;

    /// The signed file.
    ///
    /// # Errors
    /// When a field is not allowed, the file would be too large, or the key cannot be used.
    pub fn sign(&self, key: &dyn Signer) -> Result<Vec<u8>, SignError> {
        self.check()?;
        let limits = MapWriter::new()
            .put(2, self.window_s)
            .put(4, self.budget_ms)
            .put(6, self.unclean_loss_ms)
            .put(8, self.restarts_allowed)
            .put(10, self.heartbeat_ms);
        let claims = claims::put_issuer(MapWriter::new(), self.issuer)
            .put(claims::SUB, self.license_id.to_string())
            .put(claims::AUD, &self.product)
            .put(claims::EXP, self.expires_at)
            .put(claims::IAT, self.issued_at)
            .put(claims::CTI, self.token_id)
            .put(claims::LICENSE, self.license)
            .put(claims::SEQUENCE, self.sequence)
            .put(claims::STORE, self.store)
            .put(claims::EPOCH, self.epoch)
            .put(claims::RENEW_AFTER, self.renew_after)
            .put(claims::ANCHOR, self.anchor)
            .put(claims::LIMITS, limits.into_value())
            .put(claims::MANIFEST, self.manifest)
            .put_some(claims::FEATURE_APPROVAL, self.feature_approval.as_ref())
            .put_some(claims::PLATFORM, self.platform)
            .put_some(claims::CORRECTION, self.correction);
        let payload = put_confirmation(claims, &self.confirmation_key).encode();
        Ok(cose::sign(Kind::Lease, key, &payload)?)
    }

    /// Verifies a lease file: signature, claims and issuer. Its time is for the caller to judge,
    /// and whether it [belongs to](Lease::belongs_to) the license at hand.
    ///
    /// # Errors
    /// When it is no lease of the bundle's vendor.
    pub fn verify(bytes: &[u8], bundle: &VerifiedBundle) -> Result<Verified<Self>, TokenError> {
        verify_issued(bytes, bundle)
    }

    /// What a lease file says, whoever signed it: for whoever has accepted or made it before.
    #[cfg(any(feature = "client", feature = "server"))]
    pub(crate) fn read_unverified(bytes: &[u8]) -> Result<Self, TokenError> {
        let unverified = cose::open(Kind::Lease, bytes)?;
        Ok(Self::from_payload(unverified.unverified_payload())?)
    }

    /// Checks that the lease was issued for this very license: vendor, license id, product, token,
    /// binding key, store and epoch.
    ///
    /// # Errors
    /// Names the first that differs.
    pub fn belongs_to(&self, license: &License) -> Result<(), MismatchError> {
        let binding = &license.binding;
        let same = [
            ("the vendor", self.issuer == license.issuer),
            ("the license id", self.license_id == license.license_id),
            ("the product", self.product == license.product),
            ("the license token", self.license == license.token_id),
            (
                "the binding key",
                self.confirmation_key == binding.confirmation_key,
            ),
            ("the store", self.store == binding.store),
            ("the epoch", self.epoch == binding.epoch),
        ];
        match same.into_iter().find(|(_, same)| !same) {
            Some((field, _)) => Err(MismatchError { field }),
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), ClaimsError> {
        check_name("product", &self.product, License::NAME_LIMIT)?;
        check_period(self.issued_at, self.expires_at)?;
        if self.restarts_allowed == 0 {
            return invalid("restarts_allowed", "is zero; the least is 1");
        }
        if let Some(platform) = &self.platform {
            platform.check()?;
        }
        match &self.feature_approval {
            Some(approval) if approval.len() > Self::APPROVAL_LIMIT => {
                invalid("feature_approval", "is too long")
            }
            _ => Ok(()),
        }
    }
}

impl Issued for Lease {
    const KIND: Kind = Kind::Lease;

    fn from_payload(payload: &[u8]) -> Result<Self, ClaimsError> {
        let mut claims = claims::reader(Self::KIND, payload)?;
        let mut limits: MapReader = claims.required(claims::LIMITS)?;
        let lease = Self {
            issuer: claims::text_id(&mut claims, claims::ISS)?,
            license_id: claims::text_id(&mut claims, claims::SUB)?,
            product: claims.required(claims::AUD)?,
            expires_at: claims.required(claims::EXP)?,
            issued_at: claims.required(claims::IAT)?,
            token_id: claims.required(claims::CTI)?,
            license: claims.required(claims::LICENSE)?,
            sequence: claims.required(claims::SEQUENCE)?,
            confirmation_key: take_confirmation(&mut claims)?,
            store: claims.required(claims::STORE)?,
            epoch: claims.required(claims::EPOCH)?,
            renew_after: claims.required(claims::RENEW_AFTER)?,
            anchor: claims.required(claims::ANCHOR)?,
            window_s: limits.required(2)?,
            budget_ms: limits.required(4)?,
            unclean_loss_ms: limits.required(6)?,
            restarts_allowed: limits.required(8)?,
            heartbeat_ms: limits.required(10)?,
            manifest: claims.required(claims::MANIFEST)?,
            feature_approval: claims.optional(claims::FEATURE_APPROVAL)?,
            platform: claims.optional(claims::PLATFORM)?,
            correction: claims.optional(claims::CORRECTION)?,
        };
        limits.finish()?;
        claims.finish()?;
        lease.check()?;
        Ok(lease)
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

impl ToCbor for RenewAfter {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(1, self.at)
            .put(3, self.charge_ms)
            .into_value()
    }
}

impl FromCbor for RenewAfter {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map: MapReader = FromCbor::from_cbor(value, key)?;
        let renew_after = Self {
            at: map.required(1)?,
            charge_ms: map.required(3)?,
        };
        map.finish()?;
        Ok(renew_after)
    }
}

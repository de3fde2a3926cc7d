//! What a vendor signs and a device believes: licenses, leases, manifests, trust bundles, status
//! lists, and the license key a customer types.
//!
//! Every token is a CBOR claims set (RFC 8392) in a COSE envelope (RFC 9052), deterministically
//! encoded, so that one token has exactly one form. [`cbor`] and [`cose`] are the two layers and
//! serve every other file of the project too; [`cose::Kind`] is the registry of all of them.
//!
//! Trust flows in one direction: a [`TrustAnchor`] (compiled into the application) verifies a
//! [`TrustBundle`], the [`VerifiedBundle`] names [`TrustedIssuer`]s, and only they verify the rest
//! into [`Verified`] tokens, which nothing else can make.
//!
//! Imports nothing of this crate. Pure: no clock, no randomness, no files, no TPM; the time a key
//! is judged at is the token's own, nonces are arguments. Must not know how a Name is calculated,
//! what a rule means, or where a token is stored.

pub mod cbor;
pub mod cose;
pub mod inspect;

mod anchor;
mod binding;
mod bundle;
mod claims;
mod id;
mod keys;
mod lease;
mod license;
mod license_key;
mod manifest;
mod platform;
mod status_list;
mod time;
mod trust;
mod verify;

pub use anchor::Anchor;
pub use binding::{Binding, DeviceClass};
pub use bundle::{BundleKey, KeyPurpose, TrustBundle};
pub use claims::{ClaimsError, SignError};
pub use id::{Digest, IdError, KeyId, LicenseId, Name, StoreId, TokenId, VendorId};
pub use keys::{KeyError, PublicKey, Signer, SigningKey};
pub use lease::{Lease, MismatchError, RenewAfter};
pub use license::{License, VersionRange};
pub use license_key::{LicenseKey, LicenseKeyError};
pub use manifest::{Manifest, ManifestRef};
pub use platform::{PcrSelection, Platform, Selections};
pub use status_list::{Status, StatusList, StatusRef};
pub use time::{TimeError, UtcTime};
pub use trust::{BundleError, IssuerError, TrustAnchor, TrustedIssuer, VerifiedBundle};
pub use verify::{TokenError, Verified};

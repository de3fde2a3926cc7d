//! From received bytes to a verified token: the one path for all kinds that an issuer signs.

use std::ops::Deref;

use super::claims::ClaimsError;
use super::cose::{self, CoseError, Kind};
use super::id::{Digest, VendorId};
use super::time::UtcTime;
use super::trust::{IssuerError, VerifiedBundle};

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Its envelope or signature is wrong.
    #[error(transparent)]
    Cose(#[from] CoseError),
    /// Its content is wrong although an issuer signed it.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// Its signer is not trusted for it.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// It names another vendor than the trust bundle.
    #[error("issued by vendor {found}, not by vendor {expected}")]
    WrongVendor {
        /// The trust bundle's vendor.
        expected: VendorId,
        /// The token's vendor.
        found: VendorId,
    },
}

impl TokenError {
    /// The stable snake_case name, as used by the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cose(error) => error.name(),
            Self::Claims(error) => error.name(),
            Self::Issuer(error) => error.name(),
            Self::WrongVendor { .. } => "wrong_vendor",
        }
    }
}

/// A token whose signature, content and signer were verified: only verification makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T> {
    token: T,
    bytes: Vec<u8>,
    digest: Digest,
}

impl<T> Verified<T> {
    pub(super) fn new(token: T, bytes: &[u8]) -> Self {
        Self {
            token,
            bytes: bytes.to_vec(),
            digest: Digest::of(&[bytes]),
        }
    }

    /// The file, as it was received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.token
    }
}

/// What the verification of every token that an issuer signs needs to know of it.
pub(super) trait Issued: Sized {
    const KIND: Kind;

    fn from_payload(payload: &[u8]) -> Result<Self, ClaimsError>;
    fn issuer(&self) -> VendorId;
    fn issued_at(&self) -> UtcTime;
    /// The product it is about; `None` if about all.
    fn product(&self) -> Option<&str>;
}

/// Verifies a token that an issuer signed. In this order: form of the envelope; the signing key is
/// an issuer of the bundle; its signature over the received bytes; form and values of the claims;
/// the vendor is the bundle's; the key was an issuer, not cut off, at the token's own time, and
/// one for the token's product.
pub(super) fn verify_issued<T: Issued>(
    bytes: &[u8],
    bundle: &VerifiedBundle,
) -> Result<Verified<T>, TokenError> {
    let unverified = cose::open(T::KIND, bytes)?;
    let kid = unverified.kid();
    let payload = unverified.verify(bundle.issuer_key(kid)?)?;
    let token = T::from_payload(&payload)?;
    let (expected, found) = (bundle.vendor, token.issuer());
    if expected != found {
        return Err(TokenError::WrongVendor { expected, found });
    }
    bundle
        .issuer(kid, token.issued_at())?
        .check_product(token.product())?;
    Ok(Verified::new(token, bytes))
}

//! Who may sign: from the root in the application to the issuer of one token.

use std::mem;
use std::ops::Deref;

use super::bundle::{BundleKey, KeyPurpose, TrustBundle};
use super::claims::ClaimsError;
use super::cose::{self, CoseError, Kind};
use super::id::{KeyId, VendorId};
use super::keys::{KeyError, PublicKey};
use super::time::UtcTime;
use super::verify::Verified;

const PEM_END: &str = "-----END PUBLIC KEY-----";

/// The root of trust that is compiled into an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    vendor: VendorId,
    root: PublicKey,
    /// Roots that signed before.
    former: Vec<PublicKey>,
}

impl TrustAnchor {
    /// Trusts a vendor's first root.
    pub fn new(root: PublicKey) -> Self {
        let vendor = VendorId::of_root(&root);
        Self {
            vendor,
            root,
            former: Vec::new(),
        }
    }

    /// Reads one or more PEM `PUBLIC KEY`s, a vendor's roots in the order of their use. The first
    /// names the vendor; the last is the one that must have signed a trust bundle to be taken over.
    ///
    /// # Errors
    /// When there is no key, or one is not a P-256 public key.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let mut roots = pem
            .split_inclusive(PEM_END)
            .filter(|part| !part.trim().is_empty())
            .map(|part| PublicKey::from_pem(part.trim_start()));
        let first = roots.next().ok_or(KeyError::Pem {
            label: "PUBLIC KEY",
        })??;
        let anchor = Self::new(first);
        roots.try_fold(anchor, |mut anchor, root| {
            anchor.former.push(mem::replace(&mut anchor.root, root?));
            Ok(anchor)
        })
    }

    /// The vendor.
    pub fn vendor(&self) -> VendorId {
        self.vendor
    }

    /// The root that must have signed a trust bundle to be taken over.
    pub fn root(&self) -> &PublicKey {
        &self.root
    }
}

/// Why a trust bundle is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Its envelope or signature is wrong.
    #[error(transparent)]
    Cose(#[from] CoseError),
    /// Its content is wrong although a root signed it.
    #[error(transparent)]
    Claims(#[from] ClaimsError),
    /// Signed by a key that is not a trusted root.
    #[error(
        "the trust bundle is signed by {found}, which is not a root this program trusts: \
         get the bundle that comes with this program, or update the program"
    )]
    WrongRoot {
        /// The key it names.
        found: KeyId,
    },
    /// About another vendor.
    #[error("the trust bundle is of vendor {found}, not of vendor {expected}")]
    WrongVendor {
        /// The vendor of the anchor.
        expected: VendorId,
        /// The vendor of the bundle.
        found: VendorId,
    },
    /// Older than the one held, or another one of the same number.
    #[error("the trust bundle has number {offered}, and one with number {held} is held already")]
    NotNewer {
        /// The number held.
        held: u64,
        /// The number offered.
        offered: u64,
    },
}

impl BundleError {
    /// The stable snake_case name, as used by the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cose(error) => error.name(),
            Self::Claims(error) => error.name(),
            Self::WrongRoot { .. } => "wrong_root",
            Self::WrongVendor { .. } => "wrong_vendor",
            Self::NotNewer { .. } => "not_newer",
        }
    }
}

impl TrustBundle {
    /// Verifies a bundle that the anchor's root signed. Whether one with a higher sequence is held
    /// already is for the caller to check, or [`VerifiedBundle::verify_next`].
    ///
    /// # Errors
    /// When it is no bundle of the anchor's vendor, signed by the anchor's root.
    pub fn verify(bytes: &[u8], anchor: &TrustAnchor) -> Result<VerifiedBundle, BundleError> {
        verify(bytes, anchor.vendor, &[&anchor.root])
    }

    /// Verifies a bundle that was taken over earlier, perhaps by a version of the program that knew fewer roots: any of
    /// the anchor's roots may have signed it. An update of the program that brings a new root so ends no license.
    ///
    /// # Errors
    /// When it is no bundle of the anchor's vendor, signed by one of the anchor's roots.
    pub fn verify_held(bytes: &[u8], anchor: &TrustAnchor) -> Result<VerifiedBundle, BundleError> {
        let roots: Vec<&PublicKey> = anchor.former.iter().chain([&anchor.root]).collect();
        verify(bytes, anchor.vendor, &roots)
    }

    /// Verifies a chain of bundles: the first signed by the anchor's root, each other one a
    /// successor of the one before. A store keeps the bundles that announced a root it now relies
    /// on, so that it needs no other memory of them.
    ///
    /// # Errors
    /// For the first bundle that is not believed.
    pub fn verify_chain<'a>(
        first: &[u8],
        others: impl IntoIterator<Item = &'a [u8]>,
        anchor: &TrustAnchor,
    ) -> Result<VerifiedBundle, BundleError> {
        let first = Self::verify(first, anchor)?;
        others
            .into_iter()
            .try_fold(first, |held, bytes| held.verify_next(bytes))
    }
}

fn verify(
    bytes: &[u8],
    vendor: VendorId,
    roots: &[&PublicKey],
) -> Result<VerifiedBundle, BundleError> {
    let unverified = cose::open(Kind::TrustBundle, bytes)?;
    let found = unverified.kid();
    let root = *roots
        .iter()
        .find(|root| root.id() == found)
        .ok_or(BundleError::WrongRoot { found })?;
    let payload = unverified.verify(root)?;
    let bundle = TrustBundle::from_payload(&payload)?;
    if bundle.vendor != vendor {
        return Err(BundleError::WrongVendor {
            expected: vendor,
            found: bundle.vendor,
        });
    }
    Ok(VerifiedBundle {
        bundle: Verified::new(bundle, bytes),
        root: root.clone(),
    })
}

/// A trust bundle that a trusted root signed: only verification makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedBundle {
    bundle: Verified<TrustBundle>,
    root: PublicKey,
}

/// Why a key may not sign a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuerError {
    /// Not in the trust bundle.
    #[error("signed by key {key}, which is not in the trust bundle: get the newest trust bundle")]
    Unknown {
        /// The key.
        key: KeyId,
    },
    /// In the trust bundle for another purpose.
    #[error("signed by key {key}, which may not issue tokens")]
    WrongPurpose {
        /// The key.
        key: KeyId,
    },
    /// The token is dated before or after the key's validity.
    #[error("dated {at}, when key {key} was not valid")]
    NotValidThen {
        /// The key.
        key: KeyId,
        /// The token's time.
        at: UtcTime,
    },
    /// The key was compromised, and the token is dated after that.
    #[error("key {key} was withdrawn as of {cut_off}, and the token is dated later: get it anew")]
    CutOff {
        /// The key.
        key: KeyId,
        /// Since when nothing it signs is believed.
        cut_off: UtcTime,
    },
    /// The key may sign for another product alone.
    #[error("signed by key {key}, which may not sign for this product")]
    WrongProduct {
        /// The key.
        key: KeyId,
    },
}

impl IssuerError {
    /// The stable snake_case name, as used by the test vectors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "issuer_unknown",
            Self::WrongPurpose { .. } => "issuer_wrong_purpose",
            Self::NotValidThen { .. } => "issuer_not_valid_then",
            Self::CutOff { .. } => "issuer_cut_off",
            Self::WrongProduct { .. } => "issuer_wrong_product",
        }
    }
}

impl VerifiedBundle {
    /// Verifies a bundle that is to follow this one: signed by the same root or by the one that this
    /// bundle announced, of a higher sequence. This very bundle again is accepted too.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn verify_next(&self, bytes: &[u8]) -> Result<VerifiedBundle, BundleError> {
        let roots: Vec<&PublicKey> = self.next_root.iter().chain([&self.root]).collect();
        let next = verify(bytes, self.vendor, &roots)?;
        let (held, offered) = (self.sequence, next.sequence);
        match offered > held || next.digest() == self.digest() {
            true => Ok(next),
            false => Err(BundleError::NotNewer { held, offered }),
        }
    }

    /// The root that signed it.
    pub fn root(&self) -> &PublicKey {
        &self.root
    }

    /// The issuer with this key, if it was one at `issued_at`, the token's own time: so a key that
    /// was rotated out still vouches for the tokens of its time.
    ///
    /// # Errors
    /// When the key may not sign a token of that time.
    pub fn issuer(&self, key: KeyId, issued_at: UtcTime) -> Result<TrustedIssuer<'_>, IssuerError> {
        let entry = self.issuer_entry(key)?;
        if !(entry.not_before..entry.not_after).contains(&issued_at) {
            return Err(IssuerError::NotValidThen { key, at: issued_at });
        }
        match entry.cut_off {
            Some(cut_off) if issued_at >= cut_off => Err(IssuerError::CutOff { key, cut_off }),
            _ => Ok(TrustedIssuer { entry }),
        }
    }

    /// The keys that may approve TPM policies for `product` at `now`.
    pub fn policy_keys(&self, product: &str, now: UtcTime) -> impl Iterator<Item = &BundleKey> {
        self.keys.iter().filter(move |entry| {
            entry.purpose == KeyPurpose::Policy
                && entry.product.as_deref().is_none_or(|only| only == product)
                && (entry.not_before..entry.not_after).contains(&now)
                && entry.cut_off.is_none_or(|cut_off| now < cut_off)
        })
    }

    /// The key to verify a signature with, before the token's time is known.
    pub(super) fn issuer_key(&self, key: KeyId) -> Result<&PublicKey, IssuerError> {
        self.issuer_entry(key).map(|entry| &entry.key)
    }

    fn issuer_entry(&self, key: KeyId) -> Result<&BundleKey, IssuerError> {
        let entry = self
            .keys
            .iter()
            .find(|entry| entry.key.id() == key)
            .ok_or(IssuerError::Unknown { key })?;
        match entry.purpose {
            KeyPurpose::Issuer => Ok(entry),
            KeyPurpose::Policy => Err(IssuerError::WrongPurpose { key }),
        }
    }
}

impl Deref for VerifiedBundle {
    type Target = Verified<TrustBundle>;

    fn deref(&self) -> &Verified<TrustBundle> {
        &self.bundle
    }
}

/// A key that may issue tokens of a certain time: only a [`VerifiedBundle`] names one.
#[derive(Debug, Clone, Copy)]
pub struct TrustedIssuer<'a> {
    entry: &'a BundleKey,
}

impl<'a> TrustedIssuer<'a> {
    /// The key.
    pub fn key(&self) -> &'a PublicKey {
        &self.entry.key
    }

    /// Checks that it may sign about `product`; `None` is a token about all products.
    ///
    /// # Errors
    /// When it may sign for another product alone.
    pub fn check_product(&self, product: Option<&str>) -> Result<(), IssuerError> {
        match &self.entry.product {
            Some(only) if product != Some(only) => Err(IssuerError::WrongProduct {
                key: self.entry.key.id(),
            }),
            _ => Ok(()),
        }
    }
}

//! The vendor root: a folder of its own, on this machine or on one that never sees a network.
//!
//! It holds `root.key` and `root.pem` (the half that applications embed) and, from its first signature on, `last.bundle`. It
//! signs one thing, the trust bundle, from a [`Proposal`] that a person can read.

use std::fs;
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;

use super::folder::{FolderError, check_private, create_private_dir, read_limited, write_private};
use super::keys::{Key, KeyError, Passphrase, Root};
use super::proposal::{Proposal, describe};
use crate::token::cose::Kind;
use crate::token::{
    BundleError, SignError, TrustAnchor, TrustBundle, UtcTime, VendorId, VerifiedBundle,
};

/// The folder of a vendor root.
#[derive(Debug)]
pub struct RootFolder {
    path: PathBuf,
    anchor: TrustAnchor,
}

/// What signing a proposal would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The vendor.
    pub vendor: VendorId,
    /// The sequence number of the bundle signed last, if any.
    pub last: Option<u64>,
    /// The sequence number of the proposed one.
    pub sequence: u64,
    /// Keys that come anew, each described in a line.
    pub added: Vec<String>,
    /// Keys that stay as they are.
    pub kept: Vec<String>,
    /// Keys that would no longer be trusted, also for what they signed.
    pub dropped: Vec<String>,
}

/// Why a root can't do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// There is no such folder.
    #[error("there is no root folder {}; check --dir, or make one with `counterfoil-server --dir {} root init`", .0.display(), .0.display())]
    Missing(PathBuf),
    /// The folder or a file in it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// `root.pem` is no public key.
    #[error("{} holds no P-256 public key; restore it from a backup", .0.display())]
    PublicHalf(PathBuf),
    /// The proposal is another vendor's.
    #[error(
        "the proposal is of vendor {found}, this root is of vendor {expected}; use the right root folder"
    )]
    OtherVendor {
        /// The root's vendor.
        expected: VendorId,
        /// The proposal's vendor.
        found: VendorId,
    },
    /// A bundle of this number or a higher one was signed already.
    #[error(
        "bundle {last} is signed already, and the proposal has number {proposed}; make a new proposal from the bundle in force"
    )]
    NotNewer {
        /// Signed last.
        last: u64,
        /// Proposed.
        proposed: u64,
    },
    /// What was signed last can't be verified.
    #[error("{}: {source}; restore it from a backup", path.display())]
    LastBundle {
        /// The file.
        path: PathBuf,
        /// Why.
        source: BundleError,
    },
    /// The bundle could not be made.
    #[error("the proposal can't be signed: {0}")]
    Sign(#[from] SignError),
}

impl RootFolder {
    /// Makes a new root in a folder that does not exist yet or is empty.
    pub fn create(
        path: &Path,
        passphrase: Option<&Passphrase>,
        random: &mut impl CryptoRng,
    ) -> Result<Self, RootError> {
        match fs::read_dir(path).map(|entries| entries.count()) {
            Err(_) => create_private_dir(path)?,
            Ok(0) => check_private(path, true)?,
            Ok(_) => return Err(FolderError::NotEmpty(path.to_owned()).into()),
        }
        let key = Key::<Root>::create(&path.join("root.key"), passphrase, random)?;
        write_private(&path.join("root.pem"), key.public().to_pem().as_bytes())?;
        Ok(Self {
            path: path.to_owned(),
            anchor: TrustAnchor::new(key.public().clone()),
        })
    }

    /// Opens the folder of a root.
    pub fn open(path: &Path) -> Result<Self, RootError> {
        match check_private(path, true) {
            Err(FolderError::Missing(path)) => return Err(RootError::Missing(path)),
            checked => checked?,
        }
        let file = path.join("root.pem");
        let pem = read_limited(&file, 65_536)?;
        let anchor = std::str::from_utf8(&pem)
            .ok()
            .and_then(|pem| TrustAnchor::from_pem(pem).ok())
            .ok_or(RootError::PublicHalf(file))?;
        Ok(Self {
            path: path.to_owned(),
            anchor,
        })
    }

    /// The public half, as applications embed it.
    pub fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }

    /// Compares a proposal with the bundle signed last.
    ///
    /// # Errors
    /// When it is another vendor's, or its number is not above the last one's.
    pub fn review(&self, proposal: &Proposal) -> Result<Review, RootError> {
        let (expected, found) = (self.anchor.vendor(), proposal.vendor());
        if expected != found {
            return Err(RootError::OtherVendor { expected, found });
        }
        let last = self.last()?;
        let proposed = proposal.bundle(UtcTime::EPOCH);
        if let Some(last) = &last
            && proposed.sequence <= last.sequence
            && !same_but_date(&proposed, last)
        {
            return Err(RootError::NotNewer {
                last: last.sequence,
                proposed: proposed.sequence,
            });
        }
        let before = last.as_ref().map_or(&[][..], |last| &last.keys[..]);
        Ok(Review {
            vendor: expected,
            last: last.as_ref().map(|last| last.sequence),
            sequence: proposed.sequence,
            added: proposed
                .keys
                .iter()
                .filter(|key| !before.contains(key))
                .map(describe)
                .collect(),
            kept: proposed
                .keys
                .iter()
                .filter(|key| before.contains(key))
                .map(describe)
                .collect(),
            dropped: before
                .iter()
                .filter(|old| !proposed.keys.iter().any(|key| key.key == old.key))
                .map(describe)
                .collect(),
        })
    }

    /// Signs a proposal and keeps the bundle as the last one. The same proposal again yields the same bundle.
    ///
    /// # Errors
    /// Those of [`Self::review`], and of the key.
    pub fn sign(
        &self,
        proposal: &Proposal,
        passphrase: Option<&Passphrase>,
        now: UtcTime,
    ) -> Result<Vec<u8>, RootError> {
        self.review(proposal)?;
        let bundle = proposal.bundle(now);
        if let Some(last) = self.last()?
            && same_but_date(&bundle, &last)
        {
            return Ok(last.bytes().to_vec());
        }
        let key = Key::<Root>::load(&self.path.join("root.key"), passphrase)?;
        let bytes = bundle.sign(&key.signer)?;
        write_private(&self.path.join("last.bundle"), &bytes)?;
        Ok(bytes)
    }

    fn last(&self) -> Result<Option<VerifiedBundle>, RootError> {
        let path = self.path.join("last.bundle");
        if !path.exists() {
            return Ok(None);
        }
        let bytes = read_limited(&path, Kind::TrustBundle.size_limit() as u64)?;
        match TrustBundle::verify(&bytes, &self.anchor) {
            Ok(bundle) => Ok(Some(bundle)),
            Err(source) => Err(RootError::LastBundle { path, source }),
        }
    }
}

fn same_but_date(proposed: &TrustBundle, last: &TrustBundle) -> bool {
    TrustBundle {
        issued_at: last.issued_at,
        ..proposed.clone()
    } == *last
}

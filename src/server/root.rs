//! The vendor root: a folder of its own, on this machine or on one that never sees a network.
//!
//! It holds `root.key` and `root.pem` (the half that applications embed), a `lock` and, from its first signature on,
//! `last.bundle`. It signs one thing, the trust bundle, from a [`Proposal`] that a person can read.
//!
//! **No number is signed twice.** What was signed last is read, the next one signed, and written down, all under the folder's
//! lock, and no signature leaves before it is on the disk: a root that several services share, or whose process was killed,
//! still has one bundle of each number.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;

use super::folder::{
    FolderError, check_private, create_private_dir, is_unfinished, read_limited, write_private,
};
use super::keys::{Key, KeyError, Passphrase, Root};
use super::lock;
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
    /// The vendor's name, as devices will show it.
    pub vendor_name: String,
    /// Its name in the bundle signed last, where that is another.
    pub former_name: Option<String>,
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
        "bundle {last} is signed already, and the proposal has number {proposed} and another content; put the bundle that was \
         signed last, {}, at `bundle` in the service's folder, and its next verb proposes what is still missing",
        path.display()
    )]
    NotNewer {
        /// Signed last.
        last: u64,
        /// Proposed.
        proposed: u64,
        /// Where the one signed last lies.
        path: PathBuf,
    },
    /// The number is so far above the last one that it would use up those that follow.
    #[error(
        "the proposal has number {proposed}, and the next one after {last} is {}; {} is the most that is signed, since \
         devices would refuse all lower ones for ever: correct the number, or, if a higher bundle is in force and this \
         folder has lost it, copy it to {}",
        last + 1,
        last + NUMBERS_SKIPPED,
        path.display()
    )]
    TooFarAhead {
        /// Signed last; 0 where none was.
        last: u64,
        /// Proposed.
        proposed: u64,
        /// Where the one signed last lies.
        path: PathBuf,
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

/// How far above the last number a proposal's may be: more than services that share a root, or restored ones, ever skip.
const NUMBERS_SKIPPED: u64 = 1000;

const KEY: &str = "root.key";
const PUBLIC: &str = "root.pem";
const LAST: &str = "last.bundle";

impl RootFolder {
    /// Makes a new root in a folder that does not exist yet or is empty. One that was killed on the way is completed.
    pub fn create(
        path: &Path,
        passphrase: Option<&Passphrase>,
        random: &mut impl CryptoRng,
    ) -> Result<Self, RootError> {
        match create_private_dir(path) {
            Err(FolderError::Io { source, .. })
                if source.kind() == io::ErrorKind::AlreadyExists =>
            {
                check_private(path, true)?;
                // Before a lock file is put among things of somebody else.
                check_unfinished(path)?;
            }
            made => made?,
        }
        let _lock = lock::acquire_blocking(path, &[])?;
        check_unfinished(path)?;
        let key = Key::<Root>::load_or_create(&path.join(KEY), passphrase, random)?;
        // Last: with it the root is there.
        write_private(&path.join(PUBLIC), key.public().to_pem().as_bytes())?;
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
        let file = path.join(PUBLIC);
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
    /// When it is another vendor's, or its number is not above the last one's, or too far above it.
    pub fn review(&self, proposal: &Proposal) -> Result<Review, RootError> {
        let (expected, found) = (self.anchor.vendor(), proposal.vendor());
        if expected != found {
            return Err(RootError::OtherVendor { expected, found });
        }
        let last = self.last()?;
        let proposed = proposal.bundle(UtcTime::EPOCH);
        self.check_number(&proposed, last.as_ref())?;
        let before = last.as_ref().map_or(&[][..], |last| &last.keys[..]);
        Ok(Review {
            vendor: expected,
            former_name: last
                .as_ref()
                .map(|last| last.vendor_name.clone())
                .filter(|name| *name != proposed.vendor_name),
            vendor_name: proposed.vendor_name.clone(),
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
        let _lock = lock::acquire_blocking(&self.path, &[])?;
        self.review(proposal)?;
        let bundle = proposal.bundle(now);
        if let Some(last) = self.last()?
            && same_but_date(&bundle, &last)
        {
            return Ok(last.bytes().to_vec());
        }
        let key = Key::<Root>::load(&self.path.join(KEY), passphrase)?;
        let bytes = bundle.sign(&key.signer)?;
        write_private(&self.path.join(LAST), &bytes)?;
        Ok(bytes)
    }

    fn check_number(
        &self,
        proposed: &TrustBundle,
        last: Option<&VerifiedBundle>,
    ) -> Result<(), RootError> {
        if last.is_some_and(|last| same_but_date(proposed, last)) {
            return Ok(());
        }
        let (last, proposed) = (last.map_or(0, |last| last.sequence), proposed.sequence);
        let path = self.path.join(LAST);
        if proposed <= last {
            return Err(RootError::NotNewer {
                last,
                proposed,
                path,
            });
        }
        if proposed - last > NUMBERS_SKIPPED {
            return Err(RootError::TooFarAhead {
                last,
                proposed,
                path,
            });
        }
        Ok(())
    }

    /// The bundle that was signed last.
    pub(super) fn last(&self) -> Result<Option<VerifiedBundle>, RootError> {
        let path = self.path.join(LAST);
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

/// Refuses a folder with anything in it but what a killed [`RootFolder::create`] may have left.
fn check_unfinished(path: &Path) -> Result<(), FolderError> {
    let names = fs::read_dir(path)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.file_name()))
                .collect::<io::Result<Vec<_>>>()
        })
        .map_err(|source| FolderError::Io {
            path: path.to_owned(),
            source,
        })?;
    let ours = |name: &std::ffi::OsString| {
        name == KEY || name == lock::NAME || name.to_str().is_some_and(is_unfinished)
    };
    match names.iter().all(ours) {
        true => Ok(()),
        false => Err(FolderError::NotEmpty(path.to_owned())),
    }
}

fn same_but_date(proposed: &TrustBundle, last: &TrustBundle) -> bool {
    TrustBundle {
        issued_at: last.issued_at,
        ..proposed.clone()
    } == *last
}

//! A service folder in use: what every verb needs, checked once.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand_core::CryptoRng;

use super::audit;
use super::bundle::BundleRepair;
use super::clock::ClockError;
use super::folder::{Folder, FolderError, sync_folder_of, write_private};
use super::keys::{Issuer, Key, KeyError, Passphrase};
use super::proposal::Proposal;
use super::root::{RootError, RootFolder};
use super::storage::{Storage, StorageError};
use crate::token::{BundleError, BundleKey, KeyPurpose, PublicKey, TrustAnchor, UtcTime, VendorId};
use crate::token::{IssuerError, VerifiedBundle};

/// A license service: its folder, its memory, and the trust bundle in force.
#[derive(Debug)]
pub struct Service {
    pub(super) folder: Folder,
    pub(super) anchor: TrustAnchor,
    pub(super) storage: Storage,
    pub(super) bundle: Option<VerifiedBundle>,
    pub(super) repaired: Option<BundleRepair>,
}

/// Where the root of a new service lives.
#[derive(Debug, Clone)]
pub enum RootPlace {
    /// In the service's own folder.
    Here,
    /// Elsewhere; this is its public half, PEM.
    Elsewhere(String),
}

/// Why a service can't be made or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The root.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The public half of the root.
    #[error("{0} holds no P-256 public key in PEM; give the root.pem that `root init` made")]
    RootPublic(String),
    /// The trust bundle in the folder can't be verified.
    #[error("the trust bundle {}: {source}; put a copy of the one that was in force in its place, from a backup or the root's folder, and keep this one", path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// Why.
        source: BundleError,
    },
}

/// Why nothing can be issued now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The root has not signed anything yet.
    #[error(
        "there is no trust bundle yet: have the root sign {}, and put the signed file at {}",
        proposal.display(),
        bundle.display()
    )]
    NoBundle {
        /// What to sign.
        proposal: PathBuf,
        /// Where the result goes.
        bundle: PathBuf,
    },
    /// The clock is not believed.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The bundle does not name the service's issuer key as one that may sign now.
    #[error(
        "the trust bundle does not let this service sign: {0}; put an issuer key that it names at keys/issuer.key, or have the \
         root sign a new bundle"
    )]
    Issuer(#[from] IssuerError),
}

/// How long keys of a new bundle are valid: ten years.
const KEY_VALIDITY: Duration = Duration::from_secs(3653 * 86_400);

impl Service {
    /// Makes a new service folder: its issuer key and, with a root of its own, the first trust bundle; with a root
    /// elsewhere, the proposal of one. It appears whole or not at all.
    pub async fn create(
        dir: &Path,
        vendor_name: &str,
        root: &RootPlace,
        passphrase: Option<&Passphrase>,
        now: UtcTime,
        random: &mut impl CryptoRng,
    ) -> Result<Self, OpenError> {
        if let Ok(mut entries) = fs::read_dir(dir)
            && entries.next().is_some()
        {
            return Err(FolderError::NotEmpty(dir.to_owned()).into());
        }
        let draft = draft_beside(dir);
        let made = draw_up(&draft, vendor_name, root, passphrase, now, random)
            .await
            .and_then(|()| Ok(put_in_place(&draft, dir)?));
        if let Err(error) = made {
            // What failed is worth telling; that its remains could not be swept is not.
            let _ = fs::remove_dir_all(&draft);
            return Err(error);
        }
        Self::open(dir).await
    }

    /// Opens a service folder. Checks its owner, modes and formats, and takes up the trust bundle that lies in it.
    pub async fn open(dir: &Path) -> Result<Self, OpenError> {
        let folder = Folder::open(dir)?;
        let anchor = read_anchor(&folder.root_public())?;
        let storage = Storage::open(&folder.database(), false).await?;
        let mut service = Self {
            folder,
            anchor,
            storage,
            bundle: None,
            repaired: None,
        };
        service.take_up_bundle().await?;
        Ok(service)
    }

    /// The folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The public root.
    pub fn anchor(&self) -> &TrustAnchor {
        &self.anchor
    }

    /// The vendor.
    pub fn vendor(&self) -> VendorId {
        self.anchor.vendor()
    }

    /// The memory, to read from.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The trust bundle in force.
    pub fn bundle(&self) -> Result<&VerifiedBundle, TrustError> {
        self.bundle.as_ref().ok_or_else(|| TrustError::NoBundle {
            proposal: self.folder.bundle_proposal(),
            bundle: self.folder.bundle(),
        })
    }

    /// The key that signs for this service.
    pub fn issuer_key(&self, passphrase: Option<&Passphrase>) -> Result<Key<Issuer>, KeyError> {
        Key::load(&self.folder.issuer_key(), passphrase)
    }

    /// The trust bundle in force, if it lets `key` sign at `now`.
    pub(super) fn trusted(
        &self,
        key: &Key<Issuer>,
        now: UtcTime,
    ) -> Result<&VerifiedBundle, TrustError> {
        let bundle = self.bundle()?;
        // Status lists are about all products.
        bundle.issuer(key.public().id(), now)?.check_product(None)?;
        Ok(bundle)
    }

    /// Where statuses of this vendor's licenses are published: its list of this number.
    pub(super) fn status_list_uri(&self, list: u64) -> String {
        format!("urn:counterfoil:{}:status:{list}", self.vendor())
    }
}

/// An entry of the trust bundle for a key that is valid from `now`.
pub(super) fn bundle_key(
    key: &PublicKey,
    purpose: KeyPurpose,
    product: Option<&str>,
    now: UtcTime,
) -> BundleKey {
    BundleKey {
        key: key.clone(),
        purpose,
        product: product.map(str::to_owned),
        not_before: now,
        not_after: now.plus(KEY_VALIDITY),
        cut_off: None,
    }
}

/// Where a new folder is drawn up: beside its place, under a name that is free.
fn draft_beside(dir: &Path) -> PathBuf {
    let mut number: u32 = 0;
    loop {
        let mut name = dir.file_name().unwrap_or_default().to_owned();
        name.push(format!(".init-{}-{number}", std::process::id()));
        let draft = dir.with_file_name(name);
        // One of a run that was killed; this process may have that one's number.
        if fs::symlink_metadata(&draft).is_err() {
            return draft;
        }
        number += 1;
    }
}

fn put_in_place(draft: &Path, dir: &Path) -> Result<(), FolderError> {
    fs::rename(draft, dir)
        .and_then(|()| sync_folder_of(dir))
        .map_err(|source| match source.kind() {
            // Another process was there first.
            io::ErrorKind::DirectoryNotEmpty => FolderError::NotEmpty(dir.to_owned()),
            _ => FolderError::Io {
                path: dir.to_owned(),
                source,
            },
        })
}

/// Everything of a new folder.
async fn draw_up(
    draft: &Path,
    vendor_name: &str,
    root: &RootPlace,
    passphrase: Option<&Passphrase>,
    now: UtcTime,
    random: &mut impl CryptoRng,
) -> Result<(), OpenError> {
    let folder = Folder::create(draft, vendor_name)?;
    let anchor = match root {
        RootPlace::Here => RootFolder::create(&folder.local_root(), passphrase, random)?
            .anchor()
            .clone(),
        RootPlace::Elsewhere(pem) => TrustAnchor::from_pem(pem)
            .map_err(|_| OpenError::RootPublic("--root-public".to_owned()))?,
    };
    let pem = match root {
        RootPlace::Here => anchor.root().to_pem(),
        RootPlace::Elsewhere(pem) => pem.clone(),
    };
    write_private(&folder.root_public(), pem.as_bytes())?;
    let issuer = Key::<Issuer>::create(&folder.issuer_key(), passphrase, random)?;
    let proposal = Proposal::first(anchor.vendor(), vendor_name).with(bundle_key(
        issuer.public(),
        KeyPurpose::Issuer,
        None,
        now,
    ));
    match root {
        RootPlace::Here => {
            let bundle =
                RootFolder::open(&folder.local_root())?.sign(&proposal, passphrase, now)?;
            write_private(&folder.bundle(), &bundle)?;
        }
        RootPlace::Elsewhere(_) => {
            write_private(&folder.bundle_proposal(), proposal.to_toml().as_bytes())?
        }
    }
    // The file is made with its mode before the database, which gives the files beside it the same one.
    write_private(&folder.database(), &[])?;
    let storage = Storage::open(&folder.database(), true).await?;
    let mut transaction = storage.write().await?;
    audit::append(
        &mut transaction,
        now,
        "service_made",
        &anchor.vendor().to_string(),
        vendor_name,
    )
    .await?;
    transaction.note_date(now).await?;
    transaction.commit().await?;
    storage.close().await;
    Ok(())
}

fn read_anchor(path: &Path) -> Result<TrustAnchor, OpenError> {
    let refused = || OpenError::RootPublic(path.display().to_string());
    let pem = match fs::read_to_string(path) {
        Ok(pem) => pem,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(refused()),
        Err(source) => {
            return Err(FolderError::Io {
                path: path.to_owned(),
                source,
            }
            .into());
        }
    };
    TrustAnchor::from_pem(&pem).map_err(|_| refused())
}

//! The trust bundle in force: taken up from where its newest version stands, and followed by the next one.
//!
//! It stands in two places, the folder's file, which the root or a person replaces, and the database, which remembers every
//! one that was in force. The newer of the two is in force, and the other is brought to it. Where both have one number and
//! another content, which no root signs any more, it is the database's: machines may have that one. All that changes either
//! is one step under the folder's lock.

use std::fs;
use std::path::PathBuf;

use super::audit;
use super::folder::{FolderError, read_limited, write_private};
use super::keys::Passphrase;
use super::lock::Held;
use super::proposal::{Proposal, ProposalError};
use super::root::{RootError, RootFolder};
use super::service::{OpenError, Service};
use super::storage::{StorageError, Transaction};
use crate::token::cose::Kind;
use crate::token::{BundleKey, TrustBundle, UtcTime, VerifiedBundle};

/// What was amiss with the file of the trust bundle when the service was opened. It is as it should be again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleRepair {
    /// It was missing, or older than one that was in force already.
    Restored {
        /// Number of the one in the file, if there was one.
        found: Option<u64>,
        /// Number of the one in force, which is in the file again.
        number: u64,
    },
    /// It held another bundle of the number that is in force.
    SetAside {
        /// The number of both.
        number: u64,
        /// Where the other one is now.
        path: PathBuf,
    },
}

impl std::fmt::Display for BundleRepair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Restored {
                found: None,
                number,
            } => write!(
                f,
                "the trust bundle was missing in the folder; number {number}, which is in force, was put back"
            ),
            Self::Restored {
                found: Some(found),
                number,
            } => write!(
                f,
                "the trust bundle in the folder had number {found}, and number {number} is in force already; that was put back"
            ),
            Self::SetAside { number, path } => write!(
                f,
                "the trust bundle in the folder was another one of number {number} than that in force, which was put back; the \
                 other is at {}, and machines refuse it: if it holds a key that is missing, have the root sign that under the \
                 next number",
                path.display()
            ),
        }
    }
}

/// Why a key could not be put into the trust bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The open proposal.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    /// The root.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The new bundle.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl Service {
    /// Takes up the newest bundle. Locks the folder only where there is something to change.
    pub(super) async fn take_up_bundle(&mut self) -> Result<(), OpenError> {
        let standing = self.standing().await?;
        if standing.settled {
            self.bundle = standing.remembered;
            return Ok(());
        }
        let lock = self.folder.lock().await?;
        self.take_up_bundle_locked(&lock).await
    }

    /// The same under the folder's lock, where another process may have changed it since it was opened.
    pub(super) async fn take_up_bundle_locked(&mut self, lock: &Held) -> Result<(), OpenError> {
        let standing = self.standing().await?;
        if standing.settled {
            self.bundle = standing.remembered;
            return Ok(());
        }
        let in_force = match (standing.file, standing.remembered) {
            (None, None) => return Ok(()),
            (Some(file), None) => return self.install_bundle(lock, file).await,
            (Some(file), Some(remembered)) if file.sequence > remembered.sequence => {
                return self.install_bundle(lock, file).await;
            }
            (file, Some(in_force)) => {
                self.repaired = self.set_aside(file.as_ref(), &in_force)?;
                in_force
            }
        };
        write_private(&self.folder.bundle(), in_force.bytes())?;
        self.bundle = Some(in_force);
        Ok(())
    }

    /// What was amiss with the trust bundle's file when the service was opened.
    pub fn repaired(&self) -> Option<&BundleRepair> {
        self.repaired.as_ref()
    }

    /// Adds a key to the next trust bundle: signed at once by a root of its own (answers `true`), else proposed.
    pub(super) async fn publish_key(
        &mut self,
        lock: &Held,
        key: BundleKey,
        passphrase: Option<&Passphrase>,
        now: UtcTime,
    ) -> Result<bool, PublishError> {
        let root = match self.folder.local_root().exists() {
            true => Some(RootFolder::open(&self.folder.local_root())?),
            false => None,
        };
        // A run that was killed, or a root that others use too, may have signed one that is not here yet.
        if let Some(signed) = root.as_ref().map(RootFolder::last).transpose()?.flatten()
            && self
                .bundle
                .as_ref()
                .is_none_or(|bundle| bundle.sequence < signed.sequence)
        {
            self.install_bundle(lock, signed).await?;
        }
        if let Some(bundle) = &self.bundle
            && bundle.keys.iter().any(|present| present.key == key.key)
        {
            return Ok(true);
        }
        let proposal = self.next_proposal()?.with(key);
        let Some(root) = root else {
            write_private(
                &self.folder.bundle_proposal(),
                proposal.to_toml().as_bytes(),
            )?;
            return Ok(false);
        };
        let bytes = root.sign(&proposal, passphrase, now)?;
        let signed = self.verified(&bytes)?;
        self.install_bundle(lock, signed).await?;
        Ok(true)
    }

    /// What the root would sign next: the open proposal if there is one, else the bundle in force with the next number.
    fn next_proposal(&self) -> Result<Proposal, PublishError> {
        let sequence = self.bundle.as_ref().map_or(0, |bundle| bundle.sequence);
        if let Some(open) = self.open_proposal()?
            && open.sequence() > sequence
        {
            return Ok(open);
        }
        Ok(match &self.bundle {
            Some(bundle) => Proposal::after(bundle),
            None => Proposal::first(self.vendor(), &self.folder.config().vendor_name),
        })
    }

    fn open_proposal(&self) -> Result<Option<Proposal>, PublishError> {
        let path = self.folder.bundle_proposal();
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&path).map_err(|source| FolderError::Io { path, source })?;
        Ok(Some(Proposal::from_toml(&text)?))
    }

    /// Makes a bundle, newer than every one before, the one in force: in its file, then in the database.
    async fn install_bundle(
        &mut self,
        _lock: &Held,
        bundle: VerifiedBundle,
    ) -> Result<(), OpenError> {
        self.propose_what_is_missing(&bundle)?;
        let path = self.folder.bundle();
        if fs::read(&path).ok().as_deref() != Some(bundle.bytes()) {
            write_private(&path, bundle.bytes())?;
        }
        let mut transaction = self.storage.write().await?;
        remember(&mut transaction, &bundle).await?;
        transaction.commit().await?;
        self.bundle = Some(bundle);
        Ok(())
    }

    /// A key that was proposed after the root took the proposal away to sign it is proposed again, under the next number.
    fn propose_what_is_missing(&self, bundle: &TrustBundle) -> Result<(), FolderError> {
        // What can't be read is told to whoever proposes next; the bundle counts without it.
        let Ok(Some(open)) = self.open_proposal() else {
            return Ok(());
        };
        if open.sequence() > bundle.sequence {
            return Ok(());
        }
        let next = Proposal::after(bundle);
        let missing = open
            .bundle(UtcTime::EPOCH)
            .keys
            .into_iter()
            .fold(next.clone(), Proposal::with);
        match missing == next {
            true => Ok(()),
            false => write_private(&self.folder.bundle_proposal(), missing.to_toml().as_bytes()),
        }
    }

    /// Moves another bundle of the number in force out of the way; says what is to be told of the file.
    fn set_aside(
        &self,
        file: Option<&VerifiedBundle>,
        in_force: &VerifiedBundle,
    ) -> Result<Option<BundleRepair>, FolderError> {
        let number = in_force.sequence;
        match file {
            Some(file) if file.sequence == number => {
                let (other, content): (&TrustBundle, &TrustBundle) = (file, in_force);
                // Signed twice with one content.
                if other == content {
                    return Ok(None);
                }
                let path = self.folder.bundle_set_aside();
                write_private(&path, file.bytes())?;
                Ok(Some(BundleRepair::SetAside { number, path }))
            }
            file => Ok(Some(BundleRepair::Restored {
                found: file.map(|file| file.sequence),
                number,
            })),
        }
    }

    async fn standing(&self) -> Result<Standing, OpenError> {
        let path = self.folder.bundle();
        let file = match path.exists() {
            true => Some(read_limited(&path, Kind::TrustBundle.size_limit() as u64)?),
            false => None,
        };
        let remembered = self.storage.read().await?.newest_bundle().await?;
        // One that was in force may be of a root before the present one.
        let held = |bytes: &[u8]| {
            TrustBundle::verify_held(bytes, &self.anchor).map_err(|source| OpenError::Bundle {
                path: path.clone(),
                source,
            })
        };
        Ok(Standing {
            settled: file == remembered,
            file: match file {
                Some(bytes) if remembered.as_ref() == Some(&bytes) => Some(held(&bytes)?),
                Some(bytes) => Some(self.verified(&bytes)?),
                None => None,
            },
            remembered: match remembered {
                Some(bytes) => Some(held(&bytes)?),
                None => None,
            },
        })
    }

    fn verified(&self, bytes: &[u8]) -> Result<VerifiedBundle, OpenError> {
        TrustBundle::verify(bytes, &self.anchor).map_err(|source| OpenError::Bundle {
            path: self.folder.bundle(),
            source,
        })
    }
}

/// The bundle in its two places.
struct Standing {
    file: Option<VerifiedBundle>,
    remembered: Option<VerifiedBundle>,
    /// Whether both hold the very same, or nothing.
    settled: bool,
}

async fn remember(
    transaction: &mut Transaction,
    bundle: &VerifiedBundle,
) -> Result<(), StorageError> {
    let number = bundle.sequence;
    transaction
        .remember_bundle(bundle.digest(), number, bundle.issued_at, bundle.bytes())
        .await?;
    audit::append(
        transaction,
        bundle.issued_at,
        "bundle_in_force",
        &bundle.digest().to_string(),
        &format!("number {number}"),
    )
    .await?;
    Ok(())
}

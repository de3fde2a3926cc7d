//! Manifests: the rules of a product's line as published versions.
//!
//! A version is never changed. Going back is publishing an earlier content as the next version, since a device takes a
//! version only if it is above the one that its lease names.

use std::fs;
use std::io;
use std::time::Duration;

use super::audit;
use super::folder::{FolderError, write_private};
use super::keys::{Issuer, Key};
use super::product::{DEFAULT_LINE, ProductName};
use super::service::{Service, TrustError};
use super::storage::{ManifestRecord, StorageError, Transaction};
use crate::policy::{RuleFault, Rules};
use crate::token::{Digest, Manifest, SignError, TokenError, UtcTime};

const DAY: Duration = Duration::from_secs(86_400);

const DAMAGED_TOKEN: StorageError = StorageError::Damaged {
    column: "manifests.token",
};

/// A published version with the rules that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedManifest {
    /// The version as it is stored.
    pub record: ManifestRecord,
    /// Its rules, with the keys that only the vendor sees.
    pub rules: Rules,
}

/// What a publication changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The version in force until now.
    pub before: PublishedManifest,
    /// The version in force from now on.
    pub published: PublishedManifest,
    /// Whether the product's file in the service folder holds the published text. It does not where somebody has changed
    /// it and not published the change: that work is left alone.
    pub file_current: bool,
}

/// Why a manifest can't be published or shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// There is no such product.
    #[error("there is no product {0}; add it with `product add {0}`")]
    UnknownProduct(ProductName),
    /// There is no such version.
    #[error(
        "{product} has no manifest {version}, the newest is {newest}; `manifest list {product}` shows all"
    )]
    UnknownVersion {
        /// The product.
        product: ProductName,
        /// The version that was asked for.
        version: u64,
        /// The newest version.
        newest: u64,
    },
    /// The rules have faults.
    #[error("the rules have faults: {}; nothing was published", faults(.0))]
    Faults(Vec<RuleFault>),
    /// The same rules are in force.
    #[error(
        "version {version} of {product} has these very rules and is in force; nothing was published"
    )]
    Unchanged {
        /// The product.
        product: ProductName,
        /// The newest version.
        version: u64,
    },
    /// The manifest could not be signed.
    #[error("the manifest can't be signed: {0}")]
    Sign(#[from] SignError),
    /// The service may not sign now, or can't verify what it published.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A file.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ManifestError {
    /// Whether what was asked for was refused, rather than something on this side being wrong.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Faults(_) | Self::Unchanged { .. })
    }
}

impl Service {
    /// Publishes the rules in `source` (TOML) as the next version of a product's manifest.
    ///
    /// # Errors
    /// When the rules have faults or are those in force; nothing is then changed.
    pub async fn publish_manifest(
        &self,
        product: &ProductName,
        source: &str,
        issuer: &Key<Issuer>,
        now: UtcTime,
    ) -> Result<Publication, ManifestError> {
        let rules = Rules::from_toml(source).map_err(ManifestError::Faults)?;
        // The product's file changes with the database.
        let _lock = self.folder().lock().await?;
        let mut transaction = self.storage().write().await?;
        let before = self.newest(&mut transaction, product).await?;
        let draft = Draft {
            rules,
            source: Some(source.to_owned()),
            copy_of: None,
        };
        self.put_in_force(transaction, product, before, draft, issuer, now)
            .await
    }

    /// Goes back to the content of an earlier `version`, which becomes the next version.
    ///
    /// # Errors
    /// When there is no such version, or its rules are those in force; nothing is then changed.
    pub async fn roll_back_manifest(
        &self,
        product: &ProductName,
        version: u64,
        issuer: &Key<Issuer>,
        now: UtcTime,
    ) -> Result<Publication, ManifestError> {
        let _lock = self.folder().lock().await?;
        let mut transaction = self.storage().write().await?;
        let before = self.newest(&mut transaction, product).await?;
        let earlier = self.version(&mut transaction, product, version).await?;
        let readable = rules_of_source(&earlier.record).is_some();
        let draft = Draft {
            rules: earlier.rules,
            source: earlier.record.source.filter(|_| readable),
            copy_of: Some(version),
        };
        self.put_in_force(transaction, product, before, draft, issuer, now)
            .await
    }

    /// All versions of a product's manifest, oldest first.
    pub async fn manifests(
        &self,
        product: &ProductName,
    ) -> Result<Vec<PublishedManifest>, ManifestError> {
        let mut transaction = self.storage().read().await?;
        let all = transaction
            .manifests(product.as_str(), DEFAULT_LINE)
            .await?;
        if all.is_empty() {
            return Err(ManifestError::UnknownProduct(product.clone()));
        }
        all.into_iter().map(|record| self.read(record)).collect()
    }

    /// One version of a product's manifest; the newest where none is named.
    pub async fn manifest(
        &self,
        product: &ProductName,
        version: Option<u64>,
    ) -> Result<PublishedManifest, ManifestError> {
        let mut transaction = self.storage().read().await?;
        match version {
            None => self.newest(&mut transaction, product).await,
            Some(version) => self.version(&mut transaction, product, version).await,
        }
    }

    async fn newest(
        &self,
        transaction: &mut Transaction,
        product: &ProductName,
    ) -> Result<PublishedManifest, ManifestError> {
        let newest = transaction
            .newest_manifest(product.as_str(), DEFAULT_LINE)
            .await?
            .ok_or_else(|| ManifestError::UnknownProduct(product.clone()))?;
        self.read(newest)
    }

    async fn version(
        &self,
        transaction: &mut Transaction,
        product: &ProductName,
        version: u64,
    ) -> Result<PublishedManifest, ManifestError> {
        let newest = self.newest(transaction, product).await?;
        let record = transaction
            .manifest(product.as_str(), DEFAULT_LINE, version)
            .await?
            .ok_or_else(|| ManifestError::UnknownVersion {
                product: product.clone(),
                version,
                newest: newest.record.version,
            })?;
        self.read(record)
    }

    /// The rules of a version: from its text where that was kept and can be read, else from the signed token.
    fn read(&self, record: ManifestRecord) -> Result<PublishedManifest, ManifestError> {
        let rules = match rules_of_source(&record) {
            Some(rules) => rules,
            None => signed_rules(&record)?,
        };
        Ok(PublishedManifest { record, rules })
    }

    async fn put_in_force(
        &self,
        mut transaction: Transaction,
        product: &ProductName,
        before: PublishedManifest,
        draft: Draft,
        issuer: &Key<Issuer>,
        now: UtcTime,
    ) -> Result<Publication, ManifestError> {
        // Rules that no machine believes any more are not in force.
        let in_force = Manifest::verify(&before.record.token, self.bundle()?).is_ok();
        if in_force && draft.rules == before.rules {
            return Err(ManifestError::Unchanged {
                product: product.clone(),
                version: before.record.version,
            });
        }
        let now = self.signing_time(now).await.map_err(TrustError::from)?;
        self.trusted(issuer, now)?;
        let (event, detail) = match draft.copy_of {
            None => ("manifest_published", String::new()),
            Some(earlier) => (
                "manifest_rolled_back",
                format!(", the content of version {earlier}"),
            ),
        };
        let published = self
            .sign_manifest(&mut transaction, product, draft, issuer, now)
            .await?;
        let detail = format!("version {}{detail}", published.record.version);
        audit::append(&mut transaction, now, event, product.as_str(), &detail).await?;
        // The file first: one that is ahead of what was published is work in progress, one that is behind would mislead.
        let file_current = self.update_file(product, &before, &published)?;
        transaction.commit().await?;
        Ok(Publication {
            before,
            published,
            file_current,
        })
    }

    /// Signs rules as the next manifest of a product's line.
    pub(super) async fn sign_manifest(
        &self,
        transaction: &mut Transaction,
        product: &ProductName,
        draft: Draft,
        issuer: &Key<Issuer>,
        now: UtcTime,
    ) -> Result<PublishedManifest, ManifestError> {
        let newest = transaction
            .newest_manifest(product.as_str(), DEFAULT_LINE)
            .await?;
        let Draft {
            rules,
            source,
            copy_of,
        } = draft;
        let manifest = Manifest {
            issuer: self.vendor(),
            product: product.to_string(),
            line: DEFAULT_LINE.to_owned(),
            version: newest.map_or(1, |newest| newest.version + 1),
            issued_at: now,
            not_before: now,
            expires_at: now.plus(DAY * u32::from(rules.valid_days)),
            rules: rules.to_cbor(),
        };
        let record = add(transaction, &manifest, source, copy_of, issuer).await?;
        transaction.note_date(now).await?;
        Ok(PublishedManifest { record, rules })
    }

    /// The newest manifest of a line, which machines of today believe. One that is signed by a key that is good no longer
    /// is signed anew, as the next version: a version is never changed.
    pub(super) async fn manifest_in_force(
        &self,
        transaction: &mut Transaction,
        product: &str,
        line: &str,
        issuer: &Key<Issuer>,
        now: UtcTime,
    ) -> Result<ManifestRecord, ManifestError> {
        let bundle = self.trusted(issuer, now)?;
        let newest = transaction.newest_manifest(product, line).await?;
        let newest = newest.ok_or(StorageError::Damaged {
            column: "manifests.version",
        })?;
        let cause = match Manifest::verify(&newest.token, bundle) {
            // It would move the floor of every machine that gets it.
            Ok(_) if newest.issued_at > now => "it was dated after now".to_owned(),
            Ok(_) => return Ok(newest),
            Err(TokenError::Issuer(cause)) => cause.to_string(),
            Err(_) => return Err(DAMAGED_TOKEN.into()),
        };
        let signed = Manifest::read_unverified(&newest.token).map_err(|_| DAMAGED_TOKEN)?;
        let anew = Manifest {
            version: newest.version + 1,
            issued_at: now,
            not_before: now,
            expires_at: now.plus(signed.expires_at.since(signed.not_before)),
            ..signed
        };
        let record = add(
            transaction,
            &anew,
            newest.source,
            Some(newest.version),
            issuer,
        )
        .await?;
        let detail = format!(
            "version {}, the content of version {}: {cause}",
            record.version, newest.version
        );
        audit::append(transaction, now, "manifest_signed_anew", product, &detail).await?;
        Ok(record)
    }

    /// Brings the product's file in the service folder to the published text, unless it holds unpublished work. Answers
    /// whether it is current.
    fn update_file(
        &self,
        product: &ProductName,
        before: &PublishedManifest,
        published: &PublishedManifest,
    ) -> Result<bool, FolderError> {
        let path = self.folder().manifest_source(product.as_str());
        let Some(source) = &published.record.source else {
            return Ok(false);
        };
        let present = match fs::read_to_string(&path) {
            Ok(present) => Some(present),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(FolderError::Io { path, source }),
        };
        let unpublished = present.as_ref().is_some_and(|present| {
            Some(present) != before.record.source.as_ref()
                && Rules::from_toml(present).as_ref() != Ok(&before.rules)
        });
        match present {
            Some(present) if present == *source => Ok(true),
            _ if unpublished => Ok(false),
            _ => write_private(&path, source.as_bytes()).map(|()| true),
        }
    }
}

/// Signs a manifest and makes it the newest of its line.
async fn add(
    transaction: &mut Transaction,
    manifest: &Manifest,
    source: Option<String>,
    copy_of: Option<u64>,
    issuer: &Key<Issuer>,
) -> Result<ManifestRecord, ManifestError> {
    let token = manifest.sign(&issuer.signer)?;
    let record = ManifestRecord {
        version: manifest.version,
        issued_at: manifest.issued_at,
        digest: Digest::of(&[&token]),
        token,
        source,
        copy_of,
    };
    transaction
        .add_manifest(&manifest.product, &manifest.line, &record)
        .await?;
    Ok(record)
}

/// Rules that are to be published.
pub(super) struct Draft {
    pub(super) rules: Rules,
    pub(super) source: Option<String>,
    pub(super) copy_of: Option<u64>,
}

/// The rules from which leases are made: what the signed manifest says, with the keys that only the text has.
///
/// A device enforces what is signed, so that comes from the token even where a later program reads the text differently. A
/// text that it can't read at all costs some customers their allowances and nobody the lease.
pub(super) fn rules_for_leases(record: &ManifestRecord) -> Result<Rules, StorageError> {
    let mut rules = signed_rules(record)?;
    if let Some(Rules {
        allowances,
        valid_days,
        ..
    }) = rules_of_source(record)
    {
        (rules.allowances, rules.valid_days) = (allowances, valid_days);
    }
    Ok(rules)
}

fn signed_rules(record: &ManifestRecord) -> Result<Rules, StorageError> {
    Manifest::read_unverified(&record.token)
        .ok()
        .and_then(|manifest| Rules::from_cbor(&manifest.rules).ok())
        .ok_or(DAMAGED_TOKEN)
}

/// `None` where an older program kept no text, or a newer one finds faults in it.
fn rules_of_source(record: &ManifestRecord) -> Option<Rules> {
    Rules::from_toml(record.source.as_deref()?).ok()
}

fn faults(faults: &[RuleFault]) -> String {
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    faults.join("; ")
}

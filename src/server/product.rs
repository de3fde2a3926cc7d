//! Products: a name, the rules of its line, and the key that approves its TPM policies.

use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use rand_core::CryptoRng;

use super::audit;
use super::bundle::PublishError;
use super::folder::{FolderError, write_private};
use super::keys::{Issuer, Key, KeyError, Passphrase, Policy};
use super::manifest::{Draft, ManifestError};
use super::service::{Service, TrustError, bundle_key};
use super::storage::{ManifestRecord, StorageError};
use crate::policy::Rules;
use crate::token::{DeviceClass, KeyPurpose, License, UtcTime};

/// The line of manifests that licenses follow unless told otherwise.
pub const DEFAULT_LINE: &str = "main";

/// The window of a class that is added to the default rules.
const ADDED_CLASS_DAYS: u16 = 30;

/// The name of a product: 1 to 64 lower-case letters, digits, `.`, `-` and `_`, the first a letter or digit. It is a part
/// of file names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProductName(String);

/// Text that is no name of a product.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a product's name has 1 to {} lower-case letters, digits, '.', '-' and '_', and starts with a letter or digit",
    License::NAME_LIMIT
)]
pub struct ProductNameError;

/// A product that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedProduct {
    /// Its first manifest.
    pub manifest: ManifestRecord,
    /// Whether its policy key is in the trust bundle already; else the root has to sign the proposal first.
    pub in_trust_bundle: bool,
}

/// Why a product can't be added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProductError {
    /// There is one of this name.
    #[error("there is a product {0} already; choose another name")]
    Exists(ProductName),
    /// There is a file of rules for it already, with another content.
    #[error(
        "{} holds other rules for this product; begin with them (--rules {}), or move that file away", .0.display(), .0.display()
    )]
    OtherRules(PathBuf),
    /// Its first manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The policy key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The trust bundle.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Service {
    /// Adds a product with the default rules, for which machines of the classes `also` are licensed too; else as
    /// [`add_product_with`](Self::add_product_with) does.
    pub async fn add_product(
        &mut self,
        name: &ProductName,
        also: &[DeviceClass],
        issuer: &Key<Issuer>,
        passphrase: Option<&Passphrase>,
        now: UtcTime,
        random: &mut impl CryptoRng,
    ) -> Result<AddedProduct, ProductError> {
        let source = with_classes(&Rules::default_toml(name.as_str()), also);
        self.add_product_with(name, &source, issuer, passphrase, now, random)
            .await
    }

    /// Adds a product: keeps the rules in `source` (TOML) for people, publishes them as manifest 1, makes the policy key,
    /// and puts it into the trust bundle.
    pub async fn add_product_with(
        &mut self,
        name: &ProductName,
        source: &str,
        issuer: &Key<Issuer>,
        passphrase: Option<&Passphrase>,
        now: UtcTime,
        random: &mut impl CryptoRng,
    ) -> Result<AddedProduct, ProductError> {
        let rules = Rules::from_toml(source).map_err(ManifestError::Faults)?;
        // What follows changes several files and the database: one process at a time.
        let lock = self.folder().lock().await?;
        self.take_up_bundle_locked(&lock)
            .await
            .map_err(PublishError::Open)?;
        let mut read = self.storage().read().await?;
        if read.has_product(name.as_str()).await? {
            return Err(ProductError::Exists(name.clone()));
        }
        drop(read);
        self.check_rules_file(name, source)?;
        let clock = self.signing_time(now).await;
        let now = clock.map_err(|error| ManifestError::from(TrustError::from(error)))?;
        // The key first: after a failure further down the same command finds it and goes on.
        let policy = Key::<Policy>::load_or_create(
            &self.folder().policy_key(name.as_str()),
            passphrase,
            random,
        )?;
        let key = bundle_key(
            policy.public(),
            KeyPurpose::Policy,
            Some(name.as_str()),
            now,
        );
        let in_trust_bundle = self.publish_key(&lock, key, passphrase, now).await?;
        let mut transaction = self.storage().write().await?;
        if !transaction.add_product(name.as_str(), now).await? {
            return Err(ProductError::Exists(name.clone()));
        }
        let draft = Draft {
            rules,
            source: Some(source.to_owned()),
            copy_of: None,
        };
        let manifest = self
            .sign_manifest(&mut transaction, name, draft, issuer, now)
            .await?
            .record;
        audit::append(&mut transaction, now, "product_added", name.as_str(), "").await?;
        write_private(
            &self.folder().manifest_source(name.as_str()),
            source.as_bytes(),
        )?;
        transaction.commit().await?;
        Ok(AddedProduct {
            manifest,
            in_trust_bundle,
        })
    }

    /// Refuses to put rules over other ones that somebody has written down for this product.
    fn check_rules_file(&self, name: &ProductName, source: &str) -> Result<(), ProductError> {
        let path = self.folder().manifest_source(name.as_str());
        match fs::read(&path) {
            Ok(present) if present != source.as_bytes() => Err(ProductError::OtherRules(path)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FolderError::Io {
                path,
                source: error,
            }
            .into()),
            _ => Ok(()),
        }
    }
}

impl ProductName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProductName {
    type Err = ProductNameError;

    fn from_str(text: &str) -> Result<Self, ProductNameError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = (1..=License::NAME_LIMIT).contains(&text.len())
            && text.starts_with(plain)
            && text
                .chars()
                .all(|c| plain(c) || matches!(c, '.' | '-' | '_'));
        match fits {
            true => Ok(Self(text.to_owned())),
            false => Err(ProductNameError),
        }
    }
}

impl fmt::Display for ProductName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Rules for people, with the classes `also` among the licensed ones.
fn with_classes(rules: &str, also: &[DeviceClass]) -> String {
    const SECTION: &str = "[window_days]\n";
    let mut lines = String::new();
    for class in also {
        if !rules
            .lines()
            .chain(lines.lines())
            .any(|line| line.starts_with(&format!("{class} = ")))
        {
            lines.push_str(&format!("{class} = {ADDED_CLASS_DAYS}\n"));
        }
    }
    rules.replacen(SECTION, &format!("{SECTION}{lines}"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_products_name_is_safe_in_a_file_name() {
        for name in ["cad", "cad-2.0", "3d_studio", &"a".repeat(64)] {
            assert_eq!(name.parse::<ProductName>().expect("a name").as_str(), name);
        }
        for name in [
            "",
            ".cad",
            "-cad",
            "../cad",
            "a/b",
            "Cad",
            "c d",
            "caf\u{e9}",
            "a\n",
            &"a".repeat(65),
        ] {
            assert_eq!(
                name.parse::<ProductName>(),
                Err(ProductNameError),
                "{name:?}"
            );
        }
    }

    #[test]
    fn a_class_is_added_to_the_rules_once() {
        let default = Rules::default_toml("cad");
        let classes = [DeviceClass::Test, DeviceClass::Hardware, DeviceClass::Test];
        let rules = Rules::from_toml(&with_classes(&default, &classes)).expect("rules");
        let plain = Rules::from_toml(&default).expect("rules");
        assert_eq!(plain.windows.days(DeviceClass::Test), None);
        assert_eq!(
            rules.windows.days(DeviceClass::Test),
            Some(ADDED_CLASS_DAYS)
        );
        assert_eq!(
            rules.windows.days(DeviceClass::Hardware),
            plain.windows.days(DeviceClass::Hardware)
        );
    }
}

//! What would end with the store.

use crate::store::{Folder, LockedFolder};
use crate::token::{LicenseId, UtcTime};

use super::question::Asker;
use super::validate::validate;
use super::{Config, Counterfoil};

/// A license that ends when its store is taken down or made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtStake {
    /// Its id.
    pub license: LicenseId,
    /// What it is for; none where it cannot be read.
    pub product: Option<String>,
    /// Its end; none where it has none or cannot be read.
    pub until: Option<UtcTime>,
}

impl Counterfoil {
    /// The licenses in the folder, by id, as far as they can be read: without a TPM that opens the store their ids alone.
    ///
    /// Blocks as [`validate`](Self::validate).
    pub fn licenses_at_stake(&self) -> Vec<AtStake> {
        let config = self.config();
        let mut at_stake: Vec<AtStake> = match validate(config, &mut Asker::default()) {
            Ok(report) => report
                .licenses
                .into_iter()
                .map(|report| AtStake {
                    license: report.id,
                    until: report
                        .license
                        .as_ref()
                        .and_then(|license| license.expires_at),
                    product: report.license.map(|license| license.product),
                })
                .collect(),
            Err(_) => Vec::new(),
        };
        for license in in_folder(config) {
            if at_stake.iter().all(|known| known.license != license) {
                at_stake.push(AtStake {
                    license,
                    product: None,
                    until: None,
                });
            }
        }
        at_stake.sort_unstable_by_key(|license| license.license);
        at_stake
    }
}

/// The licenses of which there is a file.
fn in_folder(config: &Config) -> Vec<LicenseId> {
    let named = |folder: &LockedFolder<'_>| -> Option<Vec<LicenseId>> {
        let mut ids = Vec::new();
        for epoch in folder.epochs().ok()? {
            ids.extend(folder.generation(epoch).ok()?.licenses());
        }
        Some(ids)
    };
    Folder::open(&config.dir)
        .ok()
        .and_then(|folder| named(&folder.lock(config.patience).ok()?))
        .unwrap_or_default()
}

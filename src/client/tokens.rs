//! The tokens that the store holds, put together by license and weighed against the state.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::policy::{ListedStatus, ManifestHealth, Reason, Rules, StatusFact};
use crate::store::{Place, State};
use crate::token::{Lease, License, LicenseId, Manifest, Status, StatusList, UtcTime, Verified};

use super::Config;
use super::continuity::is_superseded;
use super::holdings::{Holdings, RuledManifest};

/// A license that the store holds, with what belongs to it; each part verified, or the reason why it is not there.
pub(super) struct Held<'h> {
    pub(super) id: LicenseId,
    pub(super) license: Result<&'h Verified<License>, Reason>,
    pub(super) lease: Result<&'h Verified<Lease>, Reason>,
    pub(super) rules: Cow<'h, Rules>,
    manifest: Option<&'h Verified<Manifest>>,
    status_list: Option<&'h Verified<StatusList>>,
    /// What the newest list said, if that was not that the license is valid.
    learned: Option<Status>,
}

impl Held<'_> {
    /// How the manifest stands at `now`.
    pub(super) fn manifest_health(&self, now: UtcTime) -> ManifestHealth {
        match self.manifest {
            None => ManifestHealth::Missing,
            Some(manifest) if now > manifest.expires_at => ManifestHealth::Stale,
            Some(_) => ManifestHealth::Current,
        }
    }

    /// What the status list says at `now`.
    pub(super) fn status(&self, now: UtcTime) -> StatusFact {
        let listed = match (self.license, self.status_list) {
            (Ok(license), Some(list)) => list.status(license.status.index),
            _ => self.learned,
        };
        let status = match listed {
            Some(Status::Valid) => ListedStatus::Valid,
            Some(Status::Suspended) => ListedStatus::Suspended,
            Some(Status::Invalid) => ListedStatus::Revoked,
            _ => ListedStatus::Unknown,
        };
        StatusFact {
            status,
            stale: self.status_list.is_none_or(|list| now > list.expires_at),
        }
    }

    /// When everything that was accepted was issued.
    pub(super) fn issued_at(&self) -> impl Iterator<Item = UtcTime> {
        let license = self.license.ok().map(|token| token.issued_at);
        let lease = self.lease.ok().map(|token| token.issued_at);
        let manifest = self.manifest.map(|token| token.issued_at);
        let list = self.status_list.map(|token| token.issued_at);
        [license, lease, manifest, list].into_iter().flatten()
    }
}

impl Holdings {
    /// The licenses of which there is, or was, a file here, each with what belongs to it and was not taken back: `state`
    /// knows the newest of everything that was ever accepted.
    pub(super) fn by_license(&self, config: &Config, state: &State) -> Vec<Held<'_>> {
        let bundle = match &self.bundle {
            Ok(bundle) if bundle.sequence < state.bundle_sequence => Err(Reason::IssuerUnknown),
            Ok(_) => Ok(()),
            Err(reason) => Err(*reason),
        };
        let files = self.licenses.keys().chain(self.leases.keys());
        let ids: BTreeSet<&LicenseId> = files.chain(state.leases.keys()).collect();
        ids.into_iter()
            .map(|&id| match bundle {
                Ok(()) => self.held(config, id, state),
                Err(reason) => Held {
                    id,
                    license: Err(reason),
                    lease: Err(reason),
                    rules: without_manifest(config),
                    manifest: None,
                    status_list: None,
                    learned: None,
                },
            })
            .collect()
    }

    fn held(&self, config: &Config, id: LicenseId, state: &State) -> Held<'_> {
        let license = match self.licenses.get(&id) {
            Some(license) => license.as_ref().map_err(|reason| *reason),
            None => Err(Reason::NotActivated),
        };
        let lease = license.and_then(|license| self.lease(license, state));
        let ruled = license
            .ok()
            .and_then(|license| self.manifest(license, lease.ok().map(|lease| &**lease), state));
        let rules = ruled.and_then(|ruled| ruled.rules.as_ref());
        let list = license.ok().and_then(|license| self.list(license, state));
        Held {
            id,
            license,
            lease,
            manifest: ruled.map(|ruled| &ruled.manifest),
            rules: rules.map_or_else(|| without_manifest(config), Cow::Borrowed),
            status_list: list,
            learned: state.statuses.get(&id).copied(),
        }
    }

    fn lease(&self, license: &License, state: &State) -> Result<&Verified<Lease>, Reason> {
        let lease = match self.leases.get(&license.license_id) {
            Some(lease) => lease.as_ref().map_err(|reason| *reason)?,
            None => return Err(Reason::LeaseMissing),
        };
        lease
            .belongs_to(license)
            .map_err(|_| Reason::ClaimsMismatch)?;
        match is_superseded(state, license.license_id, lease.sequence) {
            true => Err(Reason::LeaseSuperseded),
            false => Ok(lease),
        }
    }

    /// The manifest that the lease names, or a later version of the same line; none older than the newest seen.
    fn manifest(
        &self,
        license: &License,
        lease: Option<&Lease>,
        state: &State,
    ) -> Option<&RuledManifest> {
        let place = Place::manifest(&license.product, &license.manifest_line);
        let ruled = self.manifests.get(&place)?;
        let manifest = &ruled.manifest;
        let same_line =
            manifest.product == license.product && manifest.line == license.manifest_line;
        let named = lease.is_none_or(|lease| {
            manifest.reference() == lease.manifest || manifest.version > lease.manifest.version
        });
        let line = (manifest.product.clone(), manifest.line.clone());
        let newest = state.manifests.get(&line);
        let current = newest.is_none_or(|newest| manifest.version >= *newest);
        (same_line && named && current).then_some(ruled)
    }

    fn list(&self, license: &License, state: &State) -> Option<&Verified<StatusList>> {
        let place = Place::status_list(&license.status.list);
        let list = self.status_lists.get(&place)?;
        let seen = state.status_lists.get(&list.uri);
        (list.uri == license.status.list && seen.is_none_or(|seen| list.issued_at >= *seen))
            .then_some(list)
    }
}

fn without_manifest(config: &Config) -> Cow<'static, Rules> {
    Cow::Owned(Rules::without_manifest(config.essential.clone()))
}

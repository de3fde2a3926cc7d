//! The tokens that the store holds, verified and put together by license.

use std::collections::BTreeSet;

use crate::policy::{ListedStatus, ManifestHealth, Reason, Rules, StatusFact};
use crate::store::{ArtifactFault, Artifacts, Place, State};
use crate::token::cose::CoseError;
use crate::token::{
    IssuerError, Lease, License, LicenseId, Manifest, Status, StatusList, TokenError, TrustBundle,
    UtcTime, Verified, VerifiedBundle,
};

use super::Config;
use super::continuity::is_superseded;

/// A license that the store holds, with what belongs to it; each part verified, or the reason why it is not there.
pub(super) struct Held {
    pub(super) id: LicenseId,
    pub(super) license: Result<Verified<License>, Reason>,
    pub(super) lease: Result<Verified<Lease>, Reason>,
    pub(super) rules: Rules,
    manifest: Option<Verified<Manifest>>,
    status_list: Option<Verified<StatusList>>,
}

impl Held {
    /// How the manifest stands at `now`.
    pub(super) fn manifest_health(&self, now: UtcTime) -> ManifestHealth {
        match &self.manifest {
            None => ManifestHealth::Missing,
            Some(manifest) if now > manifest.expires_at => ManifestHealth::Stale,
            Some(_) => ManifestHealth::Current,
        }
    }

    /// What the status list says at `now`.
    pub(super) fn status(&self, now: UtcTime) -> StatusFact {
        let unknown = StatusFact {
            status: ListedStatus::Unknown,
            stale: true,
        };
        let (Ok(license), Some(list)) = (&self.license, &self.status_list) else {
            return unknown;
        };
        let status = match list.status(license.status.index) {
            Some(Status::Valid) => ListedStatus::Valid,
            Some(Status::Suspended) => ListedStatus::Suspended,
            Some(Status::Invalid) => ListedStatus::Revoked,
            _ => ListedStatus::Unknown,
        };
        StatusFact {
            status,
            stale: now > list.expires_at,
        }
    }

    /// When everything that was accepted was issued.
    pub(super) fn issued_at(&self) -> impl Iterator<Item = UtcTime> {
        let license = self.license.as_ref().ok().map(|token| token.issued_at);
        let lease = self.lease.as_ref().ok().map(|token| token.issued_at);
        let manifest = self.manifest.as_ref().map(|token| token.issued_at);
        let list = self.status_list.as_ref().map(|token| token.issued_at);
        [license, lease, manifest, list].into_iter().flatten()
    }
}

/// Verifies everything that the store holds. A file that cannot be used takes nothing else with it.
pub(super) fn verify_all(config: &Config, artifacts: &Artifacts, state: &State) -> Vec<Held> {
    let bundle = match artifacts.tokens.get(&Place::Bundle) {
        None => Err(Reason::IssuerUnknown),
        Some(bytes) => match TrustBundle::verify(bytes, &config.trust) {
            Ok(bundle) if bundle.sequence >= state.bundle_sequence => Ok(bundle),
            _ => Err(Reason::IssuerUnknown),
        },
    };
    license_ids(artifacts, state)
        .into_iter()
        .map(|id| match &bundle {
            Ok(bundle) => held(config, id, artifacts, state, bundle),
            Err(reason) => Held {
                id,
                license: Err(*reason),
                lease: Err(*reason),
                rules: Rules::without_manifest(config.essential.clone()),
                manifest: None,
                status_list: None,
            },
        })
        .collect()
}

/// Licenses of which there is, or was, a file here.
fn license_ids(artifacts: &Artifacts, state: &State) -> BTreeSet<LicenseId> {
    let places = artifacts
        .tokens
        .keys()
        .copied()
        .chain(artifacts.faults.iter().filter_map(ArtifactFault::place));
    places
        .filter_map(|place| match place {
            Place::License(id) | Place::Lease(id) => Some(id),
            _ => None,
        })
        .chain(state.leases.keys().copied())
        .collect()
}

fn held(
    config: &Config,
    id: LicenseId,
    artifacts: &Artifacts,
    state: &State,
    bundle: &VerifiedBundle,
) -> Held {
    let license = verified_license(id, artifacts, bundle);
    let lease = match &license {
        Ok(license) => verified_lease(license, artifacts, state, bundle),
        Err(reason) => Err(*reason),
    };
    let manifest = match (&license, &lease) {
        (Ok(license), Ok(lease)) => verified_manifest(license, lease, artifacts, bundle),
        _ => None,
    };
    let rules = manifest
        .as_ref()
        .and_then(|manifest| Rules::from_cbor(&manifest.rules).ok());
    let status_list = license
        .as_ref()
        .ok()
        .and_then(|license| verified_list(license, artifacts, state, bundle));
    let rules = rules.unwrap_or_else(|| Rules::without_manifest(config.essential.clone()));
    Held {
        id,
        license,
        lease,
        manifest,
        rules,
        status_list,
    }
}

fn verified_license(
    id: LicenseId,
    artifacts: &Artifacts,
    bundle: &VerifiedBundle,
) -> Result<Verified<License>, Reason> {
    let place = Place::License(id);
    let bytes = artifacts
        .tokens
        .get(&place)
        .ok_or_else(|| absent(artifacts, place, Reason::NotActivated))?;
    let license = License::verify(bytes, bundle).map_err(|error| reason(&error))?;
    match license.license_id == id {
        true => Ok(license),
        false => Err(Reason::ClaimsMismatch),
    }
}

fn verified_lease(
    license: &License,
    artifacts: &Artifacts,
    state: &State,
    bundle: &VerifiedBundle,
) -> Result<Verified<Lease>, Reason> {
    let place = Place::Lease(license.license_id);
    let bytes = artifacts
        .tokens
        .get(&place)
        .ok_or_else(|| absent(artifacts, place, Reason::LeaseMissing))?;
    let lease = Lease::verify(bytes, bundle).map_err(|error| reason(&error))?;
    lease
        .belongs_to(license)
        .map_err(|_| Reason::ClaimsMismatch)?;
    match is_superseded(state, license.license_id, lease.sequence) {
        true => Err(Reason::LeaseSuperseded),
        false => Ok(lease),
    }
}

/// The manifest that the lease names, or a later version of the same line.
fn verified_manifest(
    license: &License,
    lease: &Lease,
    artifacts: &Artifacts,
    bundle: &VerifiedBundle,
) -> Option<Verified<Manifest>> {
    let bytes = artifacts
        .tokens
        .get(&Place::manifest(&license.product, &license.manifest_line))?;
    let manifest = Manifest::verify(bytes, bundle).ok()?;
    let same_line = manifest.product == license.product && manifest.line == license.manifest_line;
    let current =
        manifest.reference() == lease.manifest || manifest.version > lease.manifest.version;
    (same_line && current).then_some(manifest)
}

fn verified_list(
    license: &License,
    artifacts: &Artifacts,
    state: &State,
    bundle: &VerifiedBundle,
) -> Option<Verified<StatusList>> {
    let bytes = artifacts
        .tokens
        .get(&Place::status_list(&license.status.list))?;
    let list = StatusList::verify(bytes, bundle).ok()?;
    let seen = state.status_lists.get(&list.uri);
    (list.uri == license.status.list && seen.is_none_or(|seen| list.issued_at >= *seen))
        .then_some(list)
}

/// Why a file is not there: it was, and does not open; or `otherwise`.
fn absent(artifacts: &Artifacts, place: Place, otherwise: Reason) -> Reason {
    let damaged = artifacts
        .faults
        .iter()
        .any(|fault| fault.place() == Some(place));
    if damaged {
        Reason::LicenseUnreadable
    } else {
        otherwise
    }
}

fn reason(error: &TokenError) -> Reason {
    match error {
        TokenError::Issuer(IssuerError::CutOff { .. }) => Reason::IssuerCutOff,
        TokenError::Issuer(_) | TokenError::WrongVendor { .. } => Reason::IssuerUnknown,
        TokenError::Cose(
            CoseError::BadSignature | CoseError::HighS | CoseError::WrongKey { .. },
        ) => Reason::SignatureInvalid,
        error if error.name() == "unknown_critical" || error.name() == "critical_header" => {
            Reason::LicenseNewerFormat
        }
        _ => Reason::LicenseUnreadable,
    }
}

//! What the store holds: its state, and the tokens in it, each verified by itself.

use std::collections::BTreeMap;
use std::panic;
use std::thread;

use crate::device::{Counter, Tpm};
use crate::policy::{Reason, Rules};
use crate::store::{ArtifactFault, Artifacts, Place};
use crate::token::cose::CoseError;
use crate::token::{
    IssuerError, Lease, License, LicenseId, Manifest, StatusList, TokenError, TrustAnchor,
    TrustBundle, Verified, VerifiedBundle,
};

use super::settle::{Settled, StateUseError, settle_at};
use super::unlock::Unlocked;

/// The tokens of a store, each verified with the vendor's keys by itself. Whether they belong together, and whether they
/// are the newest, is for [`Held`](super::tokens::Held) to find out.
pub(super) struct Holdings {
    pub(super) bundle: Result<VerifiedBundle, Reason>,
    /// The licenses of which there is a file, with the reason where it cannot be used; the leases likewise.
    pub(super) licenses: BTreeMap<LicenseId, Result<Verified<License>, Reason>>,
    pub(super) leases: BTreeMap<LicenseId, Result<Verified<Lease>, Reason>>,
    /// Manifests and status lists that can be used.
    pub(super) manifests: BTreeMap<Place, RuledManifest>,
    pub(super) status_lists: BTreeMap<Place, Verified<StatusList>>,
}

/// A manifest and the rules in it; none where this program cannot read them.
pub(super) struct RuledManifest {
    pub(super) manifest: Verified<Manifest>,
    pub(super) rules: Option<Rules>,
}

/// Loads the state and verifies the tokens: these while the TPM reads the counter, with which the state is found.
///
/// # Errors
/// [`StateUseError`]. A token that cannot be used is no error, and takes no other with it.
pub(super) fn take_stock<'l>(
    trust: &TrustAnchor,
    unlocked: &Unlocked<'l>,
    tpm: &mut dyn Tpm,
) -> Result<(Settled<'l>, Holdings), StateUseError> {
    let Unlocked { vault, binding, .. } = unlocked;
    let (activity, holdings) = beside(
        || tpm.read_counter(binding, Counter::Activity),
        || Holdings::verify(trust, &vault.artifacts(None)),
    );
    let settled = settle_at(activity?, vault, tpm, binding)?;
    let holdings = match settled.installed {
        true => Holdings::verify(trust, &vault.artifacts(Some(&settled.state))),
        false => holdings,
    };
    Ok((settled, holdings))
}

/// Does `own` on this thread and `other` on a second one; one after the other where there is no second one to be had.
fn beside<A, B: Send>(own: impl FnOnce() -> A, other: impl Fn() -> B + Sync) -> (A, B) {
    thread::scope(|scope| {
        let Ok(running) = thread::Builder::new().spawn_scoped(scope, &other) else {
            return (own(), other());
        };
        let own = own();
        let other = running.join();
        (
            own,
            other.unwrap_or_else(|panic| panic::resume_unwind(panic)),
        )
    })
}

impl Holdings {
    fn verify(trust: &TrustAnchor, artifacts: &Artifacts) -> Self {
        let bundle = match artifacts.tokens.get(&Place::Bundle) {
            Some(bytes) => {
                TrustBundle::verify_held(bytes, trust).map_err(|_| Reason::IssuerUnknown)
            }
            // It was there with the first license, so it was lost.
            None => Err(Reason::LicenseUnreadable),
        };
        let mut licenses = BTreeMap::new();
        let mut leases = BTreeMap::new();
        let mut manifests = BTreeMap::new();
        let mut status_lists = BTreeMap::new();
        for place in artifacts.faults.iter().filter_map(ArtifactFault::place) {
            match place {
                Place::License(id) => drop(licenses.insert(id, Err(Reason::LicenseUnreadable))),
                Place::Lease(id) => drop(leases.insert(id, Err(Reason::LicenseUnreadable))),
                _ => {}
            }
        }
        let issuers = bundle.as_ref().map_err(|reason| *reason);
        for (&place, bytes) in &artifacts.tokens {
            match place {
                Place::License(id) => {
                    licenses.insert(id, issuers.and_then(|issuers| license(id, bytes, issuers)));
                }
                Place::Lease(id) => {
                    leases.insert(id, issuers.and_then(|issuers| lease(bytes, issuers)));
                }
                Place::Manifest(_) => {
                    if let Some(manifest) =
                        issuers.ok().and_then(|issuers| manifest(bytes, issuers))
                    {
                        manifests.insert(place, manifest);
                    }
                }
                Place::StatusList(_) => {
                    if let Some(list) = issuers
                        .ok()
                        .and_then(|issuers| StatusList::verify(bytes, issuers).ok())
                    {
                        status_lists.insert(place, list);
                    }
                }
                Place::Bundle => {}
            }
        }
        Self {
            bundle,
            licenses,
            leases,
            manifests,
            status_lists,
        }
    }
}

fn license(
    id: LicenseId,
    bytes: &[u8],
    issuers: &VerifiedBundle,
) -> Result<Verified<License>, Reason> {
    let license = License::verify(bytes, issuers).map_err(|error| reason(&error))?;
    match license.license_id == id {
        true => Ok(license),
        false => Err(Reason::ClaimsMismatch),
    }
}

fn lease(bytes: &[u8], issuers: &VerifiedBundle) -> Result<Verified<Lease>, Reason> {
    Lease::verify(bytes, issuers).map_err(|error| reason(&error))
}

fn manifest(bytes: &[u8], issuers: &VerifiedBundle) -> Option<RuledManifest> {
    let manifest = Manifest::verify(bytes, issuers).ok()?;
    let rules = Rules::from_cbor(&manifest.rules).ok();
    Some(RuledManifest { manifest, rules })
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

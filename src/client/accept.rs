//! Judging a vendor's answer before anything of it is kept.

use std::fmt;

use crate::protocol::ActivationResponse;
use crate::store::{Artifact, BootWitness, PendingActivation, Place, State};
use crate::token::{
    Binding, BundleError, Lease, License, Manifest, MismatchError, Status, StatusList, TokenError,
    TrustBundle, Verified, VerifiedBundle,
};

use super::Config;
use super::continuity::{self, enter_lease, is_newer};
use super::unlock::Unlocked;

/// Why a vendor's answer is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The trust bundle.
    #[error(
        "the answer's list of the vendor's keys is not valid ({0}): is this program the vendor's own, and current?"
    )]
    TrustBundle(#[from] BundleError),
    /// A token.
    #[error("a token in the answer is not valid: {0}")]
    Token(#[from] TokenError),
    /// License and lease do not belong together.
    #[error("the license and the lease in the answer do not belong together: {0}")]
    Mismatch(#[from] MismatchError),
    /// Another license than the one asked for.
    #[error(
        "the answer holds another license than the one that was asked for: ask the vendor for the right file"
    )]
    OtherLicense,
    /// A license for another product.
    #[error(
        "the license is for {found}, and this program is {expected}: use the key of this product"
    )]
    OtherProduct {
        /// The program's product.
        expected: String,
        /// The license's product.
        found: String,
    },
    /// A license that is bound to something else.
    #[error("the license is bound to another {0} than this machine's: make a new request")]
    OtherBinding(Difference),
    /// The manifest is not the one that the lease names.
    #[error(
        "the answer's manifest is not the one that its lease names: ask the vendor for the file again"
    )]
    OtherManifest,
    /// An older trust bundle than this machine has seen already.
    #[error(
        "the answer's list of the vendor's keys has number {offered}, and this machine has seen number {held}: ask the vendor, \
         whose service may have been restored without its newest one"
    )]
    OlderBundle {
        /// The newest seen.
        held: u64,
        /// The answer's.
        offered: u64,
    },
    /// Another trust bundle than the one that is held, of the same number.
    #[error(
        "the answer's list of the vendor's keys has number {0}, and this machine holds another one of that number: tell the \
         vendor, who has to publish one of a higher number; what is here goes on meanwhile"
    )]
    OtherBundle(u64),
    /// An older lease than this machine has seen already.
    #[error("the answer's lease is older than the one that this machine has: make a new request")]
    OlderLease,
}

/// Verifies an answer and enters it into `state`: the tokens into the journal, the sequence numbers into what was seen.
///
/// In this order: the trust bundle under the vendor's root, of a higher number than the one held or that very one; license, lease, manifest and status lists under the bundle;
/// that the license is the one asked for, for this product, bound to this TPM, store and epoch; that the lease is its, and
/// newer than any seen; that the manifest is the one that the lease names. A lease that corrects the vendor's dates takes the
/// later ones back first.
///
/// # Errors
/// [`AcceptError`]; `state` is then unusable.
pub(super) fn accept(
    config: &Config,
    unlocked: &Unlocked<'_>,
    state: &mut State,
    pending: &PendingActivation,
    answer: &ActivationResponse,
    witness: Option<BootWitness>,
) -> Result<License, AcceptError> {
    let bundle = TrustBundle::verify(&answer.trust_bundle, &config.trust)?;
    let held = unlocked.vault.artifacts(Some(state)).tokens;
    let held_bundle = held
        .get(&Place::Bundle)
        .and_then(|bytes| TrustBundle::verify_held(bytes, &config.trust).ok());
    check_order(&bundle, state, held_bundle.as_ref())?;
    let license = License::verify(&answer.license, &bundle)?;
    let lease = Lease::verify(&answer.lease, &bundle)?;
    let manifest = Manifest::verify(&answer.manifest, &bundle)?;
    check_license(config, unlocked, pending, &license)?;
    lease.belongs_to(&license)?;
    if !is_newer(state, license.license_id, lease.sequence) {
        return Err(AcceptError::OlderLease);
    }
    if manifest.reference() != lease.manifest || manifest.product != license.product {
        return Err(AcceptError::OtherManifest);
    }
    let lists = answer
        .status_lists
        .iter()
        .map(|list| StatusList::verify(list, &bundle))
        .collect::<Result<Vec<_>, _>>()?;

    let line = (manifest.product.clone(), manifest.line.clone());
    let newest = state.manifests.get(&line).copied().unwrap_or(0);
    state.bundle_sequence = bundle.sequence;
    if let Some(number) = lease.correction {
        state.correct_dates(number, lease.issued_at);
    }
    enter_tokens(state, &license, &lease, &manifest, witness);
    let mut artifacts = vec![
        artifact(Place::License(license.license_id), license.bytes()),
        artifact(Place::Lease(license.license_id), lease.bytes()),
        artifact(Place::Bundle, &answer.trust_bundle),
    ];
    // Of an answer that was made earlier and applied later; the rules that are here serve its lease too.
    if manifest.version >= newest {
        let place = Place::manifest(&manifest.product, &manifest.line);
        artifacts.push(artifact(place, manifest.bytes()));
        state.manifests.insert(line, manifest.version);
    }
    let licenses: Vec<Verified<License>> = held
        .iter()
        .filter(|(place, _)| matches!(place, Place::License(id) if *id != license.license_id))
        .filter_map(|(_, bytes)| License::verify(bytes, &bundle).ok())
        .collect();
    for list in lists {
        let place = Place::status_list(&list.uri);
        let held = held
            .get(&place)
            .and_then(|bytes| StatusList::verify(bytes, &bundle).ok());
        let seen = state
            .status_lists
            .entry(list.uri.clone())
            .or_insert(list.issued_at);
        if list.issued_at >= *seen && !is_shorter(&list, held.as_ref()) {
            *seen = list.issued_at;
            learn_statuses(state, &list, licenses.iter().chain([&license]));
            artifacts.push(artifact(place, list.bytes()));
        }
    }
    state.add_to_install(artifacts);
    state.add_answered(pending.request_id);
    Ok((*license).clone())
}

/// That a bundle is a newer one than was seen, or the very one that is held.
fn check_order(
    bundle: &VerifiedBundle,
    state: &State,
    held: Option<&VerifiedBundle>,
) -> Result<(), AcceptError> {
    if bundle.sequence < state.bundle_sequence {
        return Err(AcceptError::OlderBundle {
            held: state.bundle_sequence,
            offered: bundle.sequence,
        });
    }
    let is_another = |held: &VerifiedBundle| {
        held.sequence == bundle.sequence && held.digest() != bundle.digest()
    };
    match held.is_some_and(is_another) {
        true => Err(AcceptError::OtherBundle(bundle.sequence)),
        false => Ok(()),
    }
}

/// Enters what `list` says of those of the licenses that are on it.
fn learn_statuses<'l>(
    state: &mut State,
    list: &StatusList,
    licenses: impl Iterator<Item = &'l Verified<License>>,
) {
    for license in licenses.filter(|license| license.status.list == list.uri) {
        match list.status(license.status.index) {
            Some(Status::Valid) => drop(state.statuses.remove(&license.license_id)),
            Some(status) => drop(state.statuses.insert(license.license_id, status)),
            None => {}
        }
    }
}

/// Whether a list has less room than the one of the same second that is here already. Lists only grow: a vendor who answers
/// several requests in one second makes several, and their answers may be applied in any order.
fn is_shorter(list: &StatusList, held: Option<&Verified<StatusList>>) -> bool {
    held.is_some_and(|held| held.issued_at == list.issued_at && list.capacity() < held.capacity())
}

fn enter_tokens(
    state: &mut State,
    license: &Verified<License>,
    lease: &Verified<Lease>,
    manifest: &Verified<Manifest>,
    witness: Option<BootWitness>,
) {
    enter_lease(
        state,
        license.license_id,
        lease.sequence,
        &lease.anchor,
        witness,
    );
    let issued = license
        .issued_at
        .max(lease.issued_at)
        .max(manifest.issued_at);
    state.issued_at_floor = state.issued_at_floor.max(Some(issued));
}

fn check_license(
    config: &Config,
    unlocked: &Unlocked<'_>,
    pending: &PendingActivation,
    license: &License,
) -> Result<(), AcceptError> {
    if license.license_id != pending.license_id {
        return Err(AcceptError::OtherLicense);
    }
    if let Some(expected) = config
        .product
        .as_ref()
        .filter(|product| **product != license.product)
    {
        return Err(AcceptError::OtherProduct {
            expected: expected.clone(),
            found: license.product.clone(),
        });
    }
    match difference(&license.binding, unlocked) {
        Some(what) => Err(AcceptError::OtherBinding(what)),
        None => Ok(()),
    }
}

/// In what a license's binding is not this store's.
pub(super) fn difference(bound: &Binding, unlocked: &Unlocked<'_>) -> Option<Difference> {
    continuity::difference(
        bound,
        &unlocked.binding,
        unlocked.key.signing_key().public(),
    )
}

/// In what a license's binding differs from the store's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Another TPM.
    AttestationKey,
    /// Another storage root key: another TPM, or this one after it was cleared.
    StorageKey,
    /// A seed that was sealed again.
    Seed,
    /// Another epoch counter.
    EpochCounter,
    /// Another activity counter.
    ActivityCounter,
    /// Another value of the epoch counter.
    Epoch,
    /// Another store.
    Store,
    /// Another binding key.
    BindingKey,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AttestationKey => "attestation key",
            Self::StorageKey => "storage key",
            Self::Seed => "sealed seed",
            Self::EpochCounter => "epoch counter",
            Self::ActivityCounter => "activity counter",
            Self::Epoch => "epoch",
            Self::Store => "store",
            Self::BindingKey => "binding key",
        })
    }
}

fn artifact(place: Place, bytes: &[u8]) -> Artifact {
    Artifact {
        place,
        bytes: bytes.to_vec(),
    }
}

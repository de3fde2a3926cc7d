//! What a support engineer wants to see of the store, and nothing that opens anything.

use crate::device::{Counter, CounterForm, StoreBinding, Tpm};
use crate::store::{ArtifactFault, Folder, LogHead, Loss, Place, ResetCounts, State};
use crate::token::{Digest, LicenseId, Name, StoreId, UtcTime, VendorId};

use super::Counterfoil;
use super::failure::Failure;
use super::settle::settle;
use super::unlock::unlock;

/// What is known of the store. Without secrets: no key, no sealed blob, no request.
#[derive(Debug, Default)]
pub struct Support {
    /// The store, where the TPM opened it.
    pub store: Option<SupportStore>,
    /// Why it did not.
    pub failure: Option<Failure>,
}

/// A store that the TPM opened.
#[derive(Debug)]
#[non_exhaustive]
pub struct SupportStore {
    /// The vendor.
    pub vendor: VendorId,
    /// Its number on this machine.
    pub slot: u32,
    /// Its id.
    pub id: StoreId,
    /// The value of the epoch counter for which it opens.
    pub epoch: u64,
    /// How its counters are certified.
    pub counter_form: CounterForm,
    /// Where its keys lie in the TPM, by what they are for; no handle where one is made anew at each use.
    pub keys: Vec<(&'static str, Option<u32>, Name)>,
    /// Its NV indexes: what for, the public area, and the value, or why it could not be read.
    pub indexes: Vec<(&'static str, Vec<u8>, Result<u64, Failure>)>,
    /// The tokens as they were received, not verified.
    pub tokens: Vec<(Place, Vec<u8>)>,
    /// Token files that could not be used.
    pub faults: Vec<ArtifactFault>,
    /// What the state remembers, or why it cannot be used.
    pub state: Result<SupportState, Failure>,
}

/// What the state remembers.
#[derive(Debug)]
#[non_exhaustive]
pub struct SupportState {
    /// Its file's digest; zeros where there is none for the counter's value.
    pub digest: Digest,
    /// Sequence number of the newest lease of each license.
    pub leases: Vec<(LicenseId, u64)>,
    /// Sequence number of the newest trust bundle.
    pub bundle_sequence: u64,
    /// When the newest status list of each address was issued.
    pub status_lists: Vec<(String, UtcTime)>,
    /// The newest version of each product line's rules.
    pub manifests: Vec<(String, String, u64)>,
    /// The newest date of any token accepted.
    pub issued_at_floor: Option<UtcTime>,
    /// Requests that are not answered yet: their ids, and for which license.
    pub pending: Vec<(Digest, LicenseId)>,
    /// Whether the state before was lost.
    pub lost: Option<Loss>,
    /// The TPM's counts at the last increment.
    pub last_increment: Option<ResetCounts>,
    /// Tokens that still have to be written to their files.
    pub to_install: Vec<Place>,
    /// Where the log ended at the last commit.
    pub log_head: Option<LogHead>,
}

impl Counterfoil {
    /// What support wants to know of the store, as far as it can be had. Blocks like [`Counterfoil::validate`].
    pub fn support(&self) -> Support {
        match self.support_store() {
            Ok(store) => Support {
                store: Some(store),
                failure: None,
            },
            Err(failure) => Support {
                store: None,
                failure: Some(failure),
            },
        }
    }

    fn support_store(&self) -> Result<SupportStore, Failure> {
        let config = self.config();
        let folder = Folder::open(&config.dir)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open()?;
        let unlocked = unlock(config, &folder, tpm.as_mut())?;
        let binding = &unlocked.binding;
        let settled = settle(&unlocked.vault, tpm.as_mut(), binding);
        let artifacts = unlocked
            .vault
            .artifacts(settled.as_ref().ok().map(|settled| &settled.state));
        Ok(SupportStore {
            vendor: binding.vendor,
            slot: binding.slot,
            id: binding.store,
            epoch: binding.epoch,
            counter_form: binding.counter_form,
            keys: [
                ("attestation key", &binding.attestation_key),
                ("storage root key", &binding.storage_root_key),
                ("feature parent", &binding.feature_parent),
            ]
            .map(|(name, key)| (name, key.handle, key.name))
            .into(),
            indexes: indexes(tpm.as_mut(), binding),
            tokens: artifacts.tokens.into_iter().collect(),
            faults: artifacts.faults,
            state: settled
                .map(|settled| SupportState::of(settled.state, settled.digest))
                .map_err(Failure::from),
        })
    }
}

fn indexes(
    tpm: &mut dyn Tpm,
    binding: &StoreBinding,
) -> Vec<(&'static str, Vec<u8>, Result<u64, Failure>)> {
    [
        ("epoch counter", Counter::Epoch, &binding.epoch_index),
        (
            "activity counter",
            Counter::Activity,
            &binding.activity_index,
        ),
    ]
    .map(|(name, counter, public)| {
        let value = tpm.read_counter(binding, counter).map_err(Failure::from);
        (name, public.clone(), value)
    })
    .into()
}

impl SupportState {
    fn of(state: State, digest: Digest) -> Self {
        Self {
            digest,
            leases: state
                .leases
                .iter()
                .map(|(id, seen)| (*id, seen.sequence))
                .collect(),
            bundle_sequence: state.bundle_sequence,
            status_lists: state.status_lists.into_iter().collect(),
            manifests: state
                .manifests
                .into_iter()
                .map(|((product, line), version)| (product, line, version))
                .collect(),
            issued_at_floor: state.issued_at_floor,
            pending: state
                .pending
                .iter()
                .map(|pending| (pending.request_id, pending.license_id))
                .collect(),
            lost: state.lost,
            last_increment: state.last_increment,
            to_install: state
                .to_install
                .iter()
                .map(|artifact| artifact.place)
                .collect(),
            log_head: state.log_head,
        }
    }
}

//! What one validation takes over from those before it, and hands on: decisions without TPM, disk or clock.
//!
//! Whoever checks the protocol as a whole calls these functions, and so decides as the client does.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use crate::device::StoreBinding;
use crate::evidence::{ClockInfo, NvPublic};
use crate::policy::{Anomaly, StateHealth};
use crate::store::{BootWitness, Loss, LossKind, Lost, ResetCounts, SeenLease, State};
use crate::time::{self, LastIncrement, Reading};
use crate::token::{Anchor, Binding, LicenseId, Name, PublicKey};

use super::accept::Difference;

/// How a validation goes on once the TPM's answer is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The state is not the one for the attested counter value: from the start.
    Again,
    /// Many restarts are covered by no increment: write a successor and increment, then from the start.
    Increment,
    /// Decide.
    Judge,
}

/// How a validation goes on with the state for the counter value `base`.
///
/// `last_increment` are the counts at the last increment as far as they are proven: the state alone is no proof, for
/// whoever can read the seed can write one. `restarts_allowed` is S of each lease, `unwritable` that an increment was tried
/// in this validation and failed.
pub fn next(
    reading: &Reading,
    base: u64,
    last_increment: Option<ResetCounts>,
    restarts_allowed: impl IntoIterator<Item = NonZeroU32>,
    unwritable: bool,
) -> Next {
    if reading.activity != base {
        return Next::Again;
    }
    let last = last_increment.map(|counts| LastIncrement {
        activity: base,
        reset_count: counts.reset_count,
        restart_count: counts.restart_count,
    });
    let due = restarts_allowed
        .into_iter()
        .any(|allowed| time::increment_due(reading, last.as_ref(), allowed));
    match due && !unwritable {
        true => Next::Increment,
        false => Next::Judge,
    }
}

/// Whether `counts` are of a moment before the last increment to `base`: there was an increment after the TPM showed them
/// with a lower value of the counter. `shown` are such moments, each with its value.
pub fn precede_increment(
    counts: ResetCounts,
    base: u64,
    shown: impl IntoIterator<Item = (u64, ResetCounts)>,
) -> bool {
    shown
        .into_iter()
        .any(|(activity, seen)| activity < base && seen == counts)
}

/// The state to work with where there is none that can be used. Saving it later does not make the loss forgotten.
pub fn after_loss(lost: Lost, activity: u64) -> State {
    State {
        lost: Some(Loss {
            kind: lost.kind(),
            activity,
        }),
        ..State::default()
    }
}

/// The successor of `state` for an increment that many restarts demand, with the counts of the reading that showed it.
pub fn counting(state: State, clock: &ClockInfo) -> State {
    State {
        last_increment: Some(clock.into()),
        ..state
    }
}

/// The same with `anomalies` that a later contact must answer for, for the increment from `activity`.
pub fn remembering(
    state: State,
    clock: &ClockInfo,
    anomalies: impl IntoIterator<Item = (LicenseId, Anomaly)>,
    activity: u64,
) -> State {
    let mut next = counting(state, clock);
    for (license, anomaly) in anomalies {
        let entry = (license, anomaly.name().to_owned());
        next.anomalies.insert(entry, activity.saturating_add(1));
    }
    next
}

/// The remembered anomalies of a license for which its lease with this anchor does not answer: it was anchored before them.
pub fn remembered(state: &State, license: LicenseId, anchor: Option<&Anchor>) -> BTreeSet<Anomaly> {
    let of_license = state.anomalies.iter().filter(|((of, _), _)| *of == license);
    of_license
        .filter(|(_, activity)| anchor.is_none_or(|anchor| anchor.activity < **activity))
        .filter_map(|((_, name), _)| Anomaly::from_name(name))
        .collect()
}

impl From<&ClockInfo> for ResetCounts {
    fn from(clock: &ClockInfo) -> Self {
        Self {
            reset_count: clock.reset_count,
            restart_count: clock.restart_count,
        }
    }
}

impl From<&Anchor> for ResetCounts {
    fn from(anchor: &Anchor) -> Self {
        Self {
            reset_count: anchor.reset_count,
            restart_count: anchor.restart_count,
        }
    }
}

/// Enters a new lease into the state.
pub fn enter_lease(
    state: &mut State,
    license: LicenseId,
    sequence: u64,
    anchor: &Anchor,
    applied: Option<BootWitness>,
) {
    state
        .leases
        .insert(license, SeenLease { sequence, applied });
    state
        .anomalies
        .retain(|(of, _), activity| *of != license || anchor.activity < *activity);
    // The counts at the anchor are the newest that a verified attestation shows. If the machine slept or started since,
    // they are too low for the increment that follows, which only makes another one due earlier.
    state.last_increment = Some(anchor.into());
}

/// Whether a lease of this sequence number is newer than any seen: the only one that an answer may bring.
pub fn is_newer(state: &State, license: LicenseId, sequence: u64) -> bool {
    state
        .leases
        .get(&license)
        .is_none_or(|seen| sequence > seen.sequence)
}

/// Whether a newer lease than the one of this sequence number was seen.
pub fn is_superseded(state: &State, license: LicenseId, sequence: u64) -> bool {
    state
        .leases
        .get(&license)
        .is_some_and(|seen| sequence < seen.sequence)
}

/// How the state stands for a license whose lease has this anchor: a loss stands until a lease comes that is anchored
/// after it. Where the lease itself is missing, that is what is wrong, and what the next contact mends.
pub fn state_health(lost: Option<Loss>, anchor: Option<&Anchor>, unwritable: bool) -> StateHealth {
    if unwritable {
        return StateHealth::Unwritable;
    }
    match (lost, anchor) {
        (Some(loss), Some(anchor)) if anchor.activity < loss.activity => match loss.kind {
            LossKind::Missing => StateHealth::Missing,
            LossKind::RolledBack => StateHealth::RolledBack,
            LossKind::Damaged => StateHealth::Damaged,
        },
        _ => StateHealth::Current,
    }
}

/// The first respect in which the `bound` of a license is not the binding of this store, whose seed yields the binding
/// key `found_key`.
///
/// The caller has opened the seed with the TPM; the store's Names were calculated from the public areas with which that was
/// done.
pub fn difference(
    bound: &Binding,
    found: &StoreBinding,
    found_key: &PublicKey,
) -> Option<Difference> {
    [
        (
            bound.ak == found.attestation_key.name,
            Difference::AttestationKey,
        ),
        (
            bound.srk == found.storage_root_key.name,
            Difference::StorageKey,
        ),
        (bound.seed == found.seed.name, Difference::Seed),
        (
            Some(bound.epoch_index) == index_name(&found.epoch_index),
            Difference::EpochCounter,
        ),
        (
            Some(bound.activity_index) == index_name(&found.activity_index),
            Difference::ActivityCounter,
        ),
        (bound.epoch == found.epoch, Difference::Epoch),
        (bound.store == found.store, Difference::Store),
        (bound.confirmation_key == *found_key, Difference::BindingKey),
    ]
    .into_iter()
    .find_map(|(same, difference)| (!same).then_some(difference))
}

fn index_name(public: &[u8]) -> Option<Name> {
    NvPublic::parse(public).ok()?.name()
}

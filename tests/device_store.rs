//! One store on one TPM: provisioned, opened, attested, moved on, taken back.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use counterfoil::device::{
    Auths, Counter, DeviceError, Hardware, Outcome, Place, Plan, ProvisionError, Provisioned,
    SecretKind, StoreBinding, UnsealError,
};
use counterfoil::evidence::handles::{Handles, SHARED_SRK};
use counterfoil::evidence::public::{ak_template, srk_template};
use counterfoil::evidence::{Hierarchy, verify_certify, verify_counter, verify_quote};
use counterfoil::token::{PcrSelection, Selections, StoreId};
use device_support::{
    QUALIFYING, attestation_key, define_ordinary, evict, handles, hardware, index_name, persist,
    persist_with_auth, place, plan, provision, provisioned,
};
use tpm_sim::Tpm;
use tss_esapi::interface_types::reserved_handles::Hierarchy as TssHierarchy;

#[test]
fn p6_what_provisioning_leaves_verifies_with_the_attestation_key() {
    let (tpm, binding) = provisioned();
    let proofs = hardware(&tpm)
        .open()
        .unwrap()
        .enroll(&binding, &QUALIFYING)
        .unwrap();

    let ak = attestation_key(&binding);
    let srk = verify_certify(
        &ak,
        &proofs.storage_root_key,
        &binding.storage_root_key.name,
        &QUALIFYING,
    )
    .unwrap();
    assert!(srk.is_primary_of(Hierarchy::Owner));
    let parent = verify_certify(
        &ak,
        &proofs.feature_parent,
        &binding.feature_parent.name,
        &QUALIFYING,
    )
    .unwrap();
    assert!(parent.is_primary_of(Hierarchy::Owner));
    let seed = verify_certify(&ak, &proofs.seed, &binding.seed.name, &QUALIFYING).unwrap();
    assert!(seed.is_child_of(&srk));
    let quote = verify_quote(&ak, &proofs.quote, &QUALIFYING, PcrSelection::NONE).unwrap();
    let epoch = index_name(&binding.epoch_index);
    let epoch = verify_counter(&ak, &proofs.epoch, &epoch, &QUALIFYING).unwrap();
    assert_eq!(epoch.value(), binding.epoch);
    assert!(epoch.follows(&quote));
    let activity = index_name(&binding.activity_index);
    let activity = verify_counter(&ak, &proofs.activity, &activity, &QUALIFYING).unwrap();
    assert!(activity.value() > 0);
}

#[test]
fn a_secret_opens_as_it_was_sealed_and_each_time_the_same() {
    let tpm = device_support::tpm();
    let provisioned = provision(&tpm);
    let binding = provisioned.binding;
    let hardware = hardware(&tpm);
    let mut tpm = hardware.open().unwrap();
    let seed = tpm.unseal(&binding, SecretKind::Seed).unwrap();
    assert_eq!(tpm.unseal(&binding, SecretKind::Seed).unwrap(), seed);
    let store_key = tpm.unseal(&binding, SecretKind::StoreKey).unwrap();
    assert_eq!(Some(store_key.clone()), provisioned.store_key);
    assert_ne!(store_key, seed);
}

#[test]
fn counters_move_by_one() {
    let (tpm, binding) = provisioned();
    let hardware = hardware(&tpm);
    let mut tpm = hardware.open().unwrap();
    let before = tpm.read_counter(&binding, Counter::Activity).unwrap();
    tpm.increment(&binding, Counter::Activity, before).unwrap();
    assert_eq!(
        tpm.read_counter(&binding, Counter::Activity),
        Ok(before + 1)
    );
    assert_eq!(
        tpm.read_counter(&binding, Counter::Epoch),
        Ok(binding.epoch)
    );
}

#[test]
fn a_second_run_changes_nothing() {
    let (tpm, binding) = provisioned();
    let seen = tpm.commands().len();
    let again = provision_over(&tpm, &binding);
    assert_eq!(again.outcome, Outcome::Unchanged);
    assert_eq!(again.binding, binding);
    let writes: Vec<_> = tpm
        .commands_since(seen)
        .iter()
        .map(|command| command.name)
        .filter(|name| {
            [
                "NV_Define",
                "NV_Undefine",
                "NV_Increment",
                "NV_Write",
                "EvictControl",
            ]
            .iter()
            .any(|write| name.contains(write))
        })
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn a_binding_whose_epoch_moved_is_replaced() {
    let (tpm, binding) = provisioned();
    hardware(&tpm)
        .open()
        .unwrap()
        .increment(&binding, Counter::Epoch, binding.epoch)
        .unwrap();
    let again = provision_over(&tpm, &binding);
    assert_eq!(again.outcome, Outcome::Replaced);
    assert!(again.binding.epoch > binding.epoch + 1);
    hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&again.binding, SecretKind::Seed)
        .unwrap();
}

#[test]
fn keys_that_lost_their_place_are_put_back() {
    let (tpm, binding) = provisioned();
    let handle = binding.attestation_key.handle.unwrap();
    evict(&tpm, handle);
    let again = provision_over(&tpm, &binding);
    assert_eq!(again.outcome, Outcome::Repaired);
    assert_eq!(again.binding, binding);
    hardware(&tpm)
        .open()
        .unwrap()
        .attest(&binding, &QUALIFYING, &Selections::none())
        .unwrap();
}

#[test]
fn a_binding_of_a_cleared_tpm_is_replaced() {
    let (tpm, binding) = provisioned();
    tpm.clear().unwrap();
    let again = provision_over(&tpm, &binding);
    assert_eq!(again.outcome, Outcome::Replaced);
    // The endorsement hierarchy is the same, the owner's is new.
    assert_eq!(again.binding.attestation_key, binding.attestation_key);
    assert_ne!(
        again.binding.storage_root_key.name,
        binding.storage_root_key.name
    );
    assert!(again.binding.epoch > binding.epoch);
    hardware(&tpm)
        .open()
        .unwrap()
        .enroll(&again.binding, &QUALIFYING)
        .unwrap();
}

#[test]
fn a_lost_folder_is_replaced_at_the_same_handles_and_values_go_on() {
    let (tpm, binding) = provisioned();
    let again = provision(&tpm);
    assert_eq!(again.outcome, Outcome::Replaced);
    assert_eq!(again.binding.epoch_index[..4], binding.epoch_index[..4]);
    assert_ne!(again.binding.epoch_index, binding.epoch_index);
    assert!(again.binding.epoch > binding.epoch);
    assert_ne!(again.binding.store_key_public, binding.store_key_public);
}

#[test]
fn stores_in_two_slots_do_not_disturb_each_other() {
    let (tpm, first) = provisioned();
    let other = Place { slot: 1, ..place() };
    let plan = Plan {
        place: other,
        store: StoreId::new([1; 16]),
        ..plan()
    };
    let second = hardware(&tpm)
        .open()
        .unwrap()
        .provision(&plan)
        .unwrap()
        .binding;
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    open.increment(&second, Counter::Epoch, second.epoch)
        .unwrap();
    open.unseal(&first, SecretKind::Seed).unwrap();
    open.deprovision(&other, &Auths::default()).unwrap();
    open.unseal(&first, SecretKind::Seed).unwrap();
    open.attest(&first, &QUALIFYING, &Selections::none())
        .unwrap();
}

#[test]
fn deprovisioning_leaves_what_was_there_before() {
    let tpm = device_support::tpm();
    let before = everything(&tpm);
    assert_eq!(provision(&tpm).outcome, Outcome::Created);
    assert_ne!(everything(&tpm), before);
    hardware(&tpm)
        .open()
        .unwrap()
        .deprovision(&place(), &Auths::default())
        .unwrap();
    assert_eq!(everything(&tpm), before);
    hardware(&tpm)
        .open()
        .unwrap()
        .deprovision(&place(), &Auths::default())
        .unwrap();
    assert_eq!(everything(&tpm), before);
}

#[test]
fn p8_deprovisioning_closes_the_seed_for_ever() {
    let (tpm, binding) = provisioned();
    hardware(&tpm)
        .open()
        .unwrap()
        .deprovision(&place(), &Auths::default())
        .unwrap();
    let result = hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&binding, SecretKind::Seed);
    assert!(
        matches!(result, Err(UnsealError::Device(DeviceError::Missing(_)))),
        "{result:?}"
    );
    let again = provision(&tpm).binding;
    assert!(again.epoch > binding.epoch);
}

#[test]
fn an_index_of_someone_else_is_named_and_left_alone() {
    let tpm = device_support::tpm();
    let handle = Handles::new(place().vendor, 0).activity_index;
    define_ordinary(&tpm, handle);
    let before = everything(&tpm);
    let result = hardware(&tpm).open().unwrap().provision(&plan());
    assert_eq!(result, Err(ProvisionError::IndexInUse { handle }));
    assert_eq!(everything(&tpm), before);
    hardware(&tpm)
        .open()
        .unwrap()
        .deprovision(&place(), &Auths::default())
        .unwrap();
    assert_eq!(everything(&tpm), before);
}

#[test]
fn a_persistent_key_of_someone_else_is_named_and_left_alone() {
    let tpm = device_support::tpm();
    let handle = Handles::new(place().vendor, 0).ak;
    persist(&tpm, TssHierarchy::Owner, &srk_template(), handle);
    let before = everything(&tpm);
    let result = hardware(&tpm).open().unwrap().provision(&plan());
    assert_eq!(result, Err(ProvisionError::HandleInUse { handle }));
    assert_eq!(everything(&tpm), before);
}

#[test]
fn the_shared_srk_is_used_where_it_fits() {
    let tpm = device_support::tpm();
    persist(&tpm, TssHierarchy::Owner, &srk_template(), SHARED_SRK);
    let binding = provision(&tpm).binding;
    assert_eq!(binding.storage_root_key.handle, Some(SHARED_SRK));
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    open.unseal(&binding, SecretKind::Seed).unwrap();
    open.deprovision(&place(), &Auths::default()).unwrap();
    drop(open);
    assert!(
        everything(&tpm).contains(&SHARED_SRK),
        "it belongs to the machine"
    );
}

#[test]
fn a_shared_srk_that_was_replaced_ends_the_binding_and_is_left_alone() {
    let tpm = device_support::tpm();
    persist(&tpm, TssHierarchy::Owner, &srk_template(), SHARED_SRK);
    let binding = provision(&tpm).binding;
    evict(&tpm, SHARED_SRK);
    persist(
        &tpm,
        TssHierarchy::Owner,
        &ak_template(place().vendor),
        SHARED_SRK,
    );
    let again = provision_over(&tpm, &binding);
    assert_eq!(again.outcome, Outcome::Replaced);
    assert_ne!(again.binding.storage_root_key.handle, Some(SHARED_SRK));
    hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&again.binding, SecretKind::Seed)
        .unwrap();
    assert!(everything(&tpm).contains(&SHARED_SRK));
}

#[test]
fn a_shared_srk_that_is_no_owner_primary_is_not_used() {
    let tpm = device_support::tpm();
    persist(&tpm, TssHierarchy::Endorsement, &srk_template(), SHARED_SRK);
    assert_own_srk(&tpm);
}

#[test]
fn a_shared_srk_with_a_password_is_not_used() {
    let tpm = device_support::tpm();
    persist_with_auth(&tpm, &srk_template(), SHARED_SRK, b"secret");
    assert_own_srk(&tpm);
}

#[test]
fn a_foreign_key_at_the_shared_handle_is_not_used() {
    let tpm = device_support::tpm();
    persist(
        &tpm,
        TssHierarchy::Owner,
        &ak_template(place().vendor),
        SHARED_SRK,
    );
    assert_own_srk(&tpm);
}

fn assert_own_srk(tpm: &Tpm) {
    let binding = provision(tpm).binding;
    assert_eq!(
        binding.storage_root_key.handle,
        Some(Handles::new(place().vendor, 0).own_srk)
    );
    hardware(tpm)
        .open()
        .unwrap()
        .unseal(&binding, SecretKind::Seed)
        .unwrap();
}

fn provision_over(tpm: &Tpm, existing: &StoreBinding) -> Provisioned {
    let plan = Plan {
        existing: Some(existing),
        ..plan()
    };
    hardware(tpm).open().unwrap().provision(&plan).unwrap()
}

/// NV indexes and persistent objects.
fn everything(tpm: &Tpm) -> Vec<u32> {
    [handles(tpm, 0x0100_0000), handles(tpm, 0x8100_0000)].concat()
}

//! One store on one TPM: provisioned, opened, attested, moved on, taken back.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use counterfoil::device::{
    Auths, Closed, Counter, DeviceError, Hardware, Object, Occupant, Outcome, Place, Plan,
    ProvisionError, Provisioned, SecretKind, StoreBinding, UnsealError,
};
use counterfoil::evidence::handles::{Handles, SHARED_SRK};
use counterfoil::evidence::public::{ak_template, ek_rsa2048_template, srk_template};
use counterfoil::evidence::{Hierarchy, verify_certify, verify_counter, verify_quote};
use counterfoil::token::{PcrSelection, Selections, StoreId};
use device_support::{
    QUALIFYING, attestation_key, define_ordinary, evict, handles, hardware, index_name, persist,
    persist_with_auth, place, plan, provision, provisioned, public_at, undefine,
};
use tpm_sim::{Leak, Tpm};
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
fn a_binding_whose_epoch_moved_is_replaced_by_a_persons_word_only() {
    let (tpm, binding) = provisioned();
    hardware(&tpm)
        .open()
        .unwrap()
        .increment(&binding, Counter::Epoch, binding.epoch)
        .unwrap();
    assert_refuses(&tpm, Some(&binding), &ProvisionError::Superseded);
    let again = replace(&tpm, Some(&binding));
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
fn a_store_that_the_folder_does_not_hold_is_replaced_by_a_persons_word_only() {
    let (tpm, binding) = provisioned();
    assert_refuses(&tpm, None, &ProvisionError::PlaceTaken);
    hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&binding, SecretKind::Seed)
        .unwrap();

    // At the same handles, and values go on.
    let again = replace(&tpm, None);
    assert_eq!(again.outcome, Outcome::Replaced);
    assert_eq!(again.binding.epoch_index[..4], binding.epoch_index[..4]);
    assert_ne!(again.binding.epoch_index, binding.epoch_index);
    assert!(again.binding.epoch > binding.epoch);
    assert_ne!(again.binding.store_key_public, binding.store_key_public);
    // The folder that had it learns so, and does not take it back.
    assert_refuses(&tpm, Some(&binding), &ProvisionError::Superseded);
}

#[test]
fn p5_a_store_that_was_not_finished_is_nobodys() {
    let tpm = device_support::tpm();
    let plan_first = Plan {
        keep_first: true,
        ..plan()
    };
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let half = open.provision(&plan_first).unwrap().binding;
    assert_eq!(open.occupant(&place(), None), Ok(Occupant::Nobody));
    assert_eq!(
        open.read_counter(&half, Counter::Activity),
        Err(DeviceError::Unfinished)
    );
    // Its folder is gone with the machine's container: another one may have the place.
    let whole = open.provision(&plan()).unwrap();
    assert_eq!(whole.outcome, Outcome::Created);
    assert_eq!(open.occupant(&place(), None), Ok(Occupant::Another));
    let occupant = open.occupant(&place(), Some(&whole.binding));
    assert_eq!(occupant, Ok(Occupant::TheBindings));
}

#[test]
fn a_sealed_secret_that_was_damaged_is_given_up_by_a_persons_word_only() {
    let (tpm, binding) = provisioned();
    let mut damaged = binding.clone();
    *damaged.store_key.private.last_mut().unwrap() ^= 1;
    let closed = ProvisionError::Closed(Closed::Secret);
    assert_refuses(&tpm, Some(&damaged), &closed);
    assert_eq!(provision_over(&tpm, &binding).outcome, Outcome::Unchanged);
    assert_eq!(replace(&tpm, Some(&damaged)).outcome, Outcome::Replaced);
}

#[test]
fn p4_an_activity_counter_that_was_removed_comes_back_above_under_the_same_name() {
    let (tpm, binding) = provisioned();
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let before = open.read_counter(&binding, Counter::Activity).unwrap();
    drop(open);
    undefine(&tpm, Handles::new(place().vendor, 0).activity_index);
    // Nobody else takes the place meanwhile.
    assert_refuses(&tpm, None, &ProvisionError::PlaceTaken);
    let again = provision_over(&tpm, &binding);
    assert_eq!(
        (again.outcome, &again.binding),
        (Outcome::Repaired, &binding)
    );
    let mut open = hardware.open().unwrap();
    let after = open.read_counter(&binding, Counter::Activity).unwrap();
    assert!(after > before, "{before} -> {after}");
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

/// An RSA storage key as Windows and others make it, whose `unique` is full of zeros.
fn rsa_srk_template() -> Vec<u8> {
    let mut template = ek_rsa2048_template();
    // Name algorithm, attributes and no policy; then the parameters as they are, and 256 zeros.
    let parameters = template.split_off(10 + 32);
    template.truncate(4);
    template.extend(0x0003_0472_u32.to_be_bytes());
    template.extend([0, 0]);
    template.extend(parameters);
    template
}

/// An ECC storage key whose `unique` is full of zeros.
fn filled_srk_template() -> Vec<u8> {
    let mut template = srk_template();
    template.truncate(template.len() - 4);
    for _ in 0..2 {
        template.extend(32_u16.to_be_bytes());
        template.extend([0; 32]);
    }
    template
}

#[test]
fn a_shared_srk_that_was_evicted_is_made_again_from_the_bindings_public_area() {
    for template in [srk_template(), filled_srk_template(), rsa_srk_template()] {
        let tpm = device_support::tpm();
        persist(&tpm, TssHierarchy::Owner, &template, SHARED_SRK);
        let binding = provision(&tpm).binding;
        assert_eq!(binding.storage_root_key.handle, Some(SHARED_SRK));
        evict(&tpm, SHARED_SRK);
        // In everyday use.
        let seed = |tpm: &Tpm| {
            let hardware = hardware(tpm);
            hardware.open().unwrap().unseal(&binding, SecretKind::Seed)
        };
        seed(&tpm).unwrap();
        assert!(everything(&tpm).contains(&SHARED_SRK), "for all programs");
        // And by an administrator.
        evict(&tpm, SHARED_SRK);
        let again = provision_over(&tpm, &binding);
        assert_eq!(
            (again.outcome, &again.binding),
            (Outcome::Repaired, &binding)
        );
        seed(&tpm).unwrap();
        assert_eq!(tpm.leak().unwrap(), Leak::default());
    }
}

#[test]
fn a_foreign_key_in_place_of_a_stores_is_left_alone_and_the_store_goes_on() {
    let tpm = device_support::tpm();
    persist(&tpm, TssHierarchy::Owner, &srk_template(), SHARED_SRK);
    let binding = provision(&tpm).binding;
    let keys = [
        &binding.storage_root_key,
        &binding.attestation_key,
        &binding.feature_parent,
    ];
    let handles = keys.map(|key| key.handle.unwrap());
    for handle in handles {
        evict(&tpm, handle);
        persist(&tpm, TssHierarchy::Owner, &rsa_srk_template(), handle);
    }
    let foreign = handles.map(|handle| public_at(&tpm, handle));
    let hardware = hardware(&tpm);
    for _ in 0..2 {
        let mut open = hardware.open().unwrap();
        open.unseal(&binding, SecretKind::Seed).unwrap();
        open.attest(&binding, &QUALIFYING, &Selections::none())
            .unwrap();
        open.enroll(&binding, &QUALIFYING).unwrap();
        let activity = open.read_counter(&binding, Counter::Activity).unwrap();
        open.increment(&binding, Counter::Activity, activity)
            .unwrap();
        let again = open.provision(&Plan {
            existing: Some(&binding),
            ..plan()
        });
        assert_eq!(again.unwrap().binding, binding);
    }
    assert_eq!(handles.map(|handle| public_at(&tpm, handle)), foreign);
    assert_eq!(tpm.leak().unwrap(), Leak::default());
}

#[test]
fn a_storage_key_that_the_tpm_no_longer_makes_is_given_up_by_a_persons_word_only() {
    let tpm = device_support::tpm();
    // Whoever made it chose another `unique` than others do.
    let mut template = filled_srk_template();
    *template.last_mut().unwrap() = 7;
    persist(&tpm, TssHierarchy::Owner, &template, SHARED_SRK);
    let binding = provision(&tpm).binding;
    assert_eq!(binding.storage_root_key.handle, Some(SHARED_SRK));
    evict(&tpm, SHARED_SRK);
    let closed = ProvisionError::Closed(Closed::Key(Object::StorageRootKey));
    assert_refuses(&tpm, Some(&binding), &closed);
    // Its maker puts it back.
    persist(&tpm, TssHierarchy::Owner, &template, SHARED_SRK);
    assert_eq!(provision_over(&tpm, &binding).outcome, Outcome::Unchanged);
    evict(&tpm, SHARED_SRK);
    assert_eq!(replace(&tpm, Some(&binding)).outcome, Outcome::Replaced);
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

fn replace(tpm: &Tpm, existing: Option<&StoreBinding>) -> Provisioned {
    let plan = Plan {
        existing,
        replace: true,
        ..plan()
    };
    hardware(tpm).open().unwrap().provision(&plan).unwrap()
}

/// That provisioning says so and changes nothing.
#[track_caller]
fn assert_refuses(tpm: &Tpm, existing: Option<&StoreBinding>, error: &ProvisionError) {
    let before = everything(tpm);
    let plan = Plan { existing, ..plan() };
    let refused = hardware(tpm).open().unwrap().provision(&plan);
    assert_eq!(refused.map(|made| made.outcome).as_ref(), Err(error));
    assert_eq!(everything(tpm), before);
}

/// NV indexes and persistent objects.
fn everything(tpm: &Tpm) -> Vec<u32> {
    [handles(tpm, 0x0100_0000), handles(tpm, 0x8100_0000)].concat()
}

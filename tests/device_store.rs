//! One store on one TPM: provisioned, opened, attested, moved on, taken back.
#![cfg(feature = "device")]

mod device_support;

use counterfoil::device::{Counter, Hardware as _, Outcome, SecretKind};
use counterfoil::evidence::{
    Hierarchy, PcrValues, verify_certify, verify_counter, verify_quote,
};
use device_support::{
    QUALIFYING, attestation_key, hardware, index_name, plan, provision, provisioned,
};

#[test]
fn p6_what_provisioning_leaves_verifies_with_the_attestation_key() {
    let (tpm, binding) = provisioned();
    let proofs = hardware(&tpm).open().unwrap().enroll(&binding, &QUALIFYING).unwrap();

    let ak = attestation_key(&binding);
    let srk = verify_certify(
        &ak,
        &proofs.storage_root_key,
        &binding.storage_root_key.name,
        &QUALIFYING,
    )
    .unwrap();
    assert!(srk.is_primary_of(Hierarchy::Owner));
    let parent =
        verify_certify(&ak, &proofs.feature_parent, &binding.feature_parent.name, &QUALIFYING)
            .unwrap();
    assert!(parent.is_primary_of(Hierarchy::Owner));
    let seed = verify_certify(&ak, &proofs.seed, &binding.seed.name, &QUALIFYING).unwrap();
    assert!(seed.is_child_of(&srk));
    let quote = verify_quote(&ak, &proofs.quote, &QUALIFYING, PcrValues::none()).unwrap();
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
    assert_eq!(tpm.increment(&binding, Counter::Activity, before), Ok(before + 1));
    assert_eq!(tpm.read_counter(&binding, Counter::Activity), Ok(before + 1));
    assert_eq!(tpm.read_counter(&binding, Counter::Epoch), Ok(binding.epoch));
}

#[test]
fn a_second_run_changes_nothing() {
    let (tpm, binding) = provisioned();
    let seen = tpm.commands().len();
    let again = hardware(&tpm)
        .open()
        .unwrap()
        .provision(&counterfoil::device::Plan { existing: Some(&binding), ..plan() })
        .unwrap();
    assert_eq!(again.outcome, Outcome::Unchanged);
    assert_eq!(again.binding, binding);
    let writes: Vec<_> = tpm
        .commands_since(seen)
        .iter()
        .map(|command| command.name)
        .filter(|name| {
            ["NV_Define", "NV_Undefine", "NV_Increment", "NV_Write", "EvictControl"]
                .iter()
                .any(|write| name.contains(write))
        })
        .collect();
    assert!(writes.is_empty(), "{writes:?}");
}

//! P4, P6, P8: counters undefined by the TPM's owner and defined again, with the store key that root reads or with another.

use counterfoil::client::Permission;
use counterfoil::device::{Auths, Counter, Hardware as _, SecretKind};
use counterfoil::evidence::NvPublic as ParsedIndex;
use counterfoil::evidence::public::{counter_definition, verification_key_public};
use counterfoil::policy::{Reason, Standing};
use p256::ecdsa::SigningKey;
use tss_esapi::Context;
use tss_esapi::attributes::NvIndexAttributes;
use tss_esapi::handles::{NvIndexHandle, NvIndexTpmHandle, TpmHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::reserved_handles::{NvAuth, Provision};
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{Digest, NvPublic};

use crate::device_support::context;
use crate::forgery::binding;
use crate::policy_signed::satisfy;
use crate::stage::{Machine, licensed_by_key, reason, spent};

fn handle(machine: &Machine, counter: Counter) -> u32 {
    let binding = binding(machine);
    let public = match counter {
        Counter::Epoch => binding.epoch_index,
        Counter::Activity => binding.activity_index,
    };
    ParsedIndex::parse(&public).unwrap().handle()
}

/// The store key, which root reads while the license is valid.
fn own_store_key(machine: &Machine) -> SigningKey {
    let secret = machine
        .hardware()
        .open()
        .unwrap()
        .unseal(&binding(machine), SecretKind::StoreKey)
        .unwrap();
    SigningKey::from_slice(secret.as_bytes()).unwrap()
}

fn stranger() -> SigningKey {
    SigningKey::from_slice(&[0x42; 32]).unwrap()
}

/// Undefines a counter and defines it again under `store_key`. It has no value before its first increment.
fn define_again(
    machine: &Machine,
    counter: Counter,
    store_key: &SigningKey,
) -> (Context, NvIndexHandle) {
    let handle = handle(machine, counter);
    let key = verification_key_public(store_key.verifying_key());
    let key_name = counterfoil::evidence::Public::parse(&key).unwrap().name();
    let wanted = ParsedIndex::parse(&counter_definition(handle, &key_name.unwrap())).unwrap();
    let mut context = context(&machine.tpm);
    let old = context
        .tr_from_tpm_public(TpmHandle::try_from(handle).unwrap())
        .unwrap();
    context.set_sessions((Some(AuthSession::Password), None, None));
    context
        .nv_undefine_space(Provision::Owner, NvIndexHandle::from(old))
        .unwrap();
    let public = NvPublic::builder()
        .with_nv_index(NvIndexTpmHandle::new(handle).unwrap())
        .with_index_name_algorithm(HashingAlgorithm::Sha256)
        .with_index_attributes(NvIndexAttributes::try_from(wanted.attributes().bits()).unwrap())
        .with_index_auth_policy(Digest::try_from(wanted.auth_policy().to_vec()).unwrap())
        .with_data_area_size(wanted.data_size().into())
        .build()
        .unwrap();
    let index = context
        .nv_define_space(Provision::Owner, None, public)
        .unwrap();
    (context, index)
}

/// The same, with so many increments. Returns the value.
fn recreate(machine: &Machine, counter: Counter, store_key: &SigningKey, times: u32) -> u64 {
    let (mut context, index) = define_again(machine, counter, store_key);
    for _ in 0..times {
        let session = satisfy(&mut context, store_key);
        context.set_sessions((Some(AuthSession::PolicySession(session)), None, None));
        context.nv_increment(NvAuth::NvIndex(index), index).unwrap();
        context.clear_sessions();
        flush(&mut context, session);
    }
    context.set_sessions((Some(AuthSession::Password), None, None));
    let value = context
        .nv_read(NvAuth::NvIndex(index), index, 8, 0)
        .unwrap();
    u64::from_be_bytes(value.as_bytes().try_into().unwrap())
}

fn flush(context: &mut Context, session: PolicySession) {
    let handle = tss_esapi::handles::SessionHandle::from(session);
    context.flush_context(handle.into()).unwrap();
}

#[test]
fn p4_an_activity_counter_recreated_under_its_own_name_counts_on_above_and_the_state_is_rolled_back()
 {
    let (vendor, machine, app, key) = licensed_by_key();
    let before = spent(&app.validate());
    let name = binding(&machine).activity_index;
    let (old, store_key) = (app.validate(), own_store_key(&machine));
    let value = recreate(&machine, Counter::Activity, &store_key, 1);
    assert!(value > old.evidence.unwrap().activity(), "never lower");
    assert_eq!(binding(&machine).activity_index, name, "the same Name");
    let report = app.validate();
    assert_eq!(reason(&report), "state_rolled_back");
    assert_eq!(report.verdict.standing, Standing::Limited);
    assert!(spent(&report) > before);
    // Removing the state does not help: more than one increment lies between.
    for state in crate::stage::files(&machine.dir(), "state-") {
        std::fs::remove_file(state).unwrap();
    }
    let report = app.validate();
    assert_eq!(reason(&report), "state_missing");
    assert_eq!(report.verdict.standing, Standing::Limited);
    machine.activate(&vendor, &key);
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p4_an_activity_counter_recreated_and_not_yet_incremented_vouches_for_nothing() {
    let (vendor, machine, app, key) = licensed_by_key();
    let store_key = own_store_key(&machine);
    define_again(&machine, Counter::Activity, &store_key);
    let report = app.validate();
    assert_ne!(reason(&report), "ok");
    assert!(report.verdict.standing >= Standing::Limited);
    machine.activate(&vendor, &key);
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p8_an_epoch_counter_recreated_under_its_own_name_never_opens_the_seed_again() {
    let (vendor, machine, app, key) = licensed_by_key();
    let (old, store_key) = (binding(&machine), own_store_key(&machine));
    for times in [1, 3] {
        let value = recreate(&machine, Counter::Epoch, &store_key, times);
        assert!(value > old.epoch, "never lower");
        let report = app.validate();
        assert_eq!(reason(&report), "epoch_moved");
        assert!(report.verdict.standing >= Standing::Limited);
    }
    // The folder can be an old copy of one that is in use.
    let refused = app.request_activation(&key, &Auths::default()).unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::StoreSuperseded), "{refused}");
    app.provision(Permission::to_replace(&Auths::default()))
        .unwrap();
    machine.activate(&vendor, &key);
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p6_counters_recreated_under_another_store_key_are_foreign_and_the_next_contact_repairs_it() {
    for counter in [Counter::Activity, Counter::Epoch] {
        let (vendor, machine, app, key) = licensed_by_key();
        recreate(&machine, counter, &stranger(), 2);
        let report = app.validate();
        assert_eq!(reason(&report), "counter_foreign", "{counter:?}");
        assert!(report.verdict.standing >= Standing::Limited);
        machine.activate(&vendor, &key);
        assert_eq!(reason(&app.validate()), "ok", "{counter:?}");
    }
}

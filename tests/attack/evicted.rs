//! P5: other software takes keys from their places, as clean-up scripts and installers do. What can be had again is.

use counterfoil::client::Counterfoil;
use counterfoil::device::{AuthValue, Auths, Outcome, StoreBinding};
use counterfoil::evidence::handles::SHARED_SRK;
use counterfoil::evidence::public::{feature_parent_template, srk_template};
use counterfoil::policy::Standing;
use tpm_sim::Tpm;
use tss_esapi::handles::AuthHandle;
use tss_esapi::interface_types::reserved_handles::Hierarchy;

use crate::device_support::{evict, handles, persist, public_at, set_auth, undefine};
use crate::forgery::binding;
use crate::stage::{FEATURE, Machine, Vendor, contents, licensed, reason};

fn places(store: &StoreBinding) -> Vec<u32> {
    let keys = [
        &store.storage_root_key,
        &store.attestation_key,
        &store.feature_parent,
    ];
    keys.iter().filter_map(|key| key.handle).collect()
}

fn evict_all(tpm: &Tpm, places: &[u32]) {
    let present = handles(tpm, 0x8100_0000);
    for place in places.iter().filter(|place| present.contains(place)) {
        evict(tpm, *place);
    }
}

/// A machine whose owner made the usual shared storage key before.
fn with_shared_key() -> (Vendor, Machine) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    persist(&machine.tpm, Hierarchy::Owner, &srk_template(), SHARED_SRK);
    (vendor, machine)
}

fn assert_active(app: &Counterfoil) {
    let report = app.validate();
    assert_eq!(reason(&report), "ok", "{:?}", report.failure);
    assert!(app.check(FEATURE));
}

#[test]
fn p5_keys_that_other_software_evicted_are_made_again_by_whatever_is_done_next() {
    let (vendor, machine) = with_shared_key();
    let none = Auths::default();
    let app = machine.activate(&vendor, &vendor.sell(1));
    let places = places(&binding(&machine));
    assert!(places.contains(&SHARED_SRK) && places.len() == 3);
    let evict_all = || evict_all(&machine.tpm, &places);

    evict_all();
    assert_active(&app);
    evict_all();
    app.evidence([1; 32]).unwrap();
    evict_all();
    for _ in 0..12 {
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
    }
    assert_active(&app);
    evict_all();
    assert_eq!(app.provision(&none).unwrap(), Outcome::Repaired);
    evict_all();
    let requested = app.request_activation(&vendor.sell(1), &none).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    evict_all();
    app.apply_response(&answer.response, &none).unwrap();

    let report = app.validate();
    assert_eq!(report.licenses.len(), 2, "the first one goes on too");
    for license in &report.licenses {
        assert_eq!(license.verdict.standing, Standing::Active);
    }
    let present = handles(&machine.tpm, 0x8100_0000);
    let used = [places[0], places[1]];
    assert!(used.iter().all(|place| present.contains(place)));
    assert_eq!(machine.tpm.leak().unwrap(), tpm_sim::Leak::default());
}

#[test]
fn p6_a_foreign_key_in_place_of_any_of_the_stores_stays_and_the_license_goes_on() {
    let (vendor, machine) = with_shared_key();
    let none = Auths::default();
    let app = machine.activate(&vendor, &vendor.sell(1));
    let places = places(&binding(&machine));
    evict_all(&machine.tpm, &places);
    for place in &places {
        let template = feature_parent_template();
        persist(&machine.tpm, Hierarchy::Endorsement, &template, *place);
    }
    let theirs = |place: &u32| public_at(&machine.tpm, *place);
    let before: Vec<_> = places.iter().map(theirs).collect();

    assert_active(&app);
    assert_eq!(app.provision(&none).unwrap(), Outcome::Unchanged);
    let requested = app.request_activation(&vendor.sell(1), &none).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &none).unwrap();
    assert_active(&app);
    let after: Vec<_> = places.iter().map(theirs).collect();
    assert_eq!(after, before);
}

#[test]
fn p5_keys_evicted_under_an_owner_password_are_put_back_by_who_knows_it_and_cost_nothing() {
    let (_vendor, machine, app) = licensed();
    evict_all(&machine.tpm, &places(&binding(&machine)));
    set_auth(&machine.tpm, AuthHandle::Owner, b"owner");
    let before = contents(&machine.dir());
    let report = app.validate();
    assert_eq!(reason(&report), "storage_key_other", "{:?}", report.failure);
    let told = report.failure.unwrap().to_string();
    assert!(told.contains("run `provision`"), "{told}");
    let refused = app.provision(&Auths::default()).unwrap_err().to_string();
    assert!(refused.contains("--owner-auth-file"), "{refused}");
    assert_eq!(contents(&machine.dir()), before);
    let auths = Auths {
        owner: AuthValue::new(b"owner".to_vec()),
        ..Auths::default()
    };
    assert_eq!(app.provision(&auths).unwrap(), Outcome::Repaired);
    assert_active(&app);
}

#[test]
fn p4_p5_an_activity_counter_that_was_removed_costs_no_license_that_a_contact_does_not_bring_back()
{
    let (vendor, machine, app) = licensed();
    let key = vendor.sell(1);
    machine.activate(&vendor, &key);
    let store = binding(&machine);
    let index = store.activity_index[..4].try_into().unwrap();
    undefine(&machine.tpm, u32::from_be_bytes(index));
    assert_eq!(reason(&app.validate()), "tpm_counter_removed");

    assert_eq!(app.provision(&Auths::default()).unwrap(), Outcome::Repaired);
    assert_eq!(binding(&machine), store);
    // What the state says can have been put back.
    let report = app.validate();
    assert_eq!(reason(&report), "state_rolled_back", "{:?}", report.failure);
    machine.activate(&vendor, &key);
    let report = app.validate();
    assert_eq!(reason(&report), "ok");
    assert_eq!(report.licenses.len(), 2);
}

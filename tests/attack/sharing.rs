//! Several stores, vendors and machines at one TPM: they do not disturb each other, and what sharing cannot be prevented is
//! seen.

use counterfoil::client::{ActivateError, Counterfoil};
use counterfoil::device::{Auths, TssHardware};
use counterfoil::policy::Standing;
use counterfoil::token::LicenseKey;
use tpm_sim::Tpm;
use tss_esapi::attributes::NvIndexAttributes;
use tss_esapi::constants::NvIndexType;
use tss_esapi::handles::NvIndexTpmHandle;
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::reserved_handles::Provision;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::NvPublic;

use crate::device_support::{context, handles};
use crate::stage::{Machine, Vendor, contents, copy, licensed, reason, spent};

fn activate(app: &Counterfoil, vendor: &Vendor, key: &LicenseKey) {
    let requested = app.request_activation(key, &Auths::default()).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
}

/// A store of the same machine in another slot, licensed.
fn second_store(vendor: &Vendor, machine: &Machine) -> Counterfoil {
    let app = machine.app_with(vendor, |config| {
        config.slot = 1;
        config.dir = machine.dir().with_file_name("second");
    });
    activate(&app, vendor, &vendor.sell(1));
    app
}

fn sleep_often(machine: &Machine) {
    for _ in 0..12 {
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
    }
}

#[test]
fn p6_a_second_store_on_the_chip_and_the_first_do_not_disturb_each_other() {
    let (vendor, machine, first) = licensed();
    let before = spent(&first.validate());
    let second = second_store(&vendor, &machine);
    let of_first = contents(&machine.dir());
    // Whatever the second does.
    activate(&second, &vendor, &vendor.sell(1));
    sleep_often(&machine);
    assert_eq!(reason(&second.validate()), "ok");
    assert_eq!(contents(&machine.dir()), of_first);
    let report = first.validate();
    assert_eq!(reason(&report), "ok");
    assert!(spent(&report) > before, "the sleeps count in both");
    // Neither opens the other's folder.
    let mixed = machine.app_with(&vendor, |config| config.slot = 1);
    assert_eq!(reason(&mixed.validate()), "store_other_slot");
    second.deprovision(&Auths::default()).unwrap();
    assert_eq!(reason(&first.validate()), "ok");
    assert_eq!(reason(&second.validate()), "not_activated");
}

#[test]
fn p6_the_store_of_another_vendor_on_the_chip_does_not_disturb_the_first() {
    let (vendor, machine, app) = licensed();
    let other = Vendor::new();
    other.trust(&machine.tpm);
    let theirs = machine.app_with(&other, |config| {
        config.dir = machine.dir().with_file_name("theirs");
    });
    activate(&theirs, &other, &other.sell(1));
    for app in [&app, &theirs] {
        assert_eq!(reason(&app.validate()), "ok");
    }
    // Their program at this folder, and this one's at theirs.
    let mixed = machine.app_in(&other, &machine.dir());
    assert_eq!(reason(&mixed.validate()), "store_other_vendor");
    let refused = mixed
        .request_activation(&other.sell(1), &Auths::default())
        .unwrap_err();
    assert!(refused.to_string().contains("another vendor"), "{refused}");
    theirs.deprovision(&Auths::default()).unwrap();
    assert_eq!(reason(&app.validate()), "ok");
    app.deprovision(&Auths::default()).unwrap();
    activate(&theirs, &other, &other.sell(1));
    assert_eq!(reason(&theirs.validate()), "ok");
    drop(vendor);
}

/// Defines indexes of this kind and size until the TPM has no room for one more.
fn fill(tpm: &Tpm, from: u32, kind: NvIndexType, size: usize) -> u32 {
    const MOST: u32 = 2000;
    let mut context = context(tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    let attributes = NvIndexAttributes::builder()
        .with_owner_write(true)
        .with_owner_read(true)
        .with_nv_index_type(kind)
        .build()
        .unwrap();
    let full = (from..from + MOST).find(|handle| {
        let public = NvPublic::builder()
            .with_nv_index(NvIndexTpmHandle::new(*handle).unwrap())
            .with_index_name_algorithm(HashingAlgorithm::Sha256)
            .with_index_attributes(attributes)
            .with_data_area_size(size)
            .build()
            .unwrap();
        context
            .nv_define_space(Provision::Owner, None, public)
            .is_err()
    });
    full.expect("it is full at last")
}

#[test]
fn p5_a_tpm_that_others_filled_goes_on_serving_the_store_and_refuses_a_new_one_without_a_trace() {
    let (vendor, machine, app) = licensed();
    let mut next = 0x0140_0000;
    for size in [2048, 256, 8, 1] {
        next = fill(&machine.tpm, next, NvIndexType::Ordinary, size);
    }
    // TPMs keep some room for counters.
    fill(&machine.tpm, next, NvIndexType::Counter, 8);
    let before = handles(&machine.tpm, 0x0100_0000);
    let persistent = handles(&machine.tpm, 0x8100_0000);
    let second = machine.app_with(&vendor, |config| {
        config.slot = 1;
        config.dir = machine.dir().with_file_name("second");
    });
    let refused = second
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap_err();
    assert!(refused.to_string().contains("no room"), "{refused}");
    assert_eq!(handles(&machine.tpm, 0x0100_0000), before);
    assert_eq!(handles(&machine.tpm, 0x8100_0000), persistent);
    // The one that is there validates, counts, and takes further licenses.
    assert_eq!(reason(&app.validate()), "ok");
    sleep_often(&machine);
    assert_eq!(reason(&app.validate()), "ok");
    activate(&app, &vendor, &vendor.sell(1));
    assert_eq!(reason(&app.validate()), "ok");
}

/// Another box whose application reaches the first one's TPM over some relay, with a copy of its folder.
fn relayed(machine: &Machine, vendor: &Vendor) -> Counterfoil {
    let dir = machine.dir().with_file_name("other-box");
    copy(&machine.dir(), &dir);
    let tcti = machine.tpm.tcti();
    machine.app_with(vendor, |config| {
        config.dir = dir;
        config.hardware = Box::new(TssHardware::new(tcti));
    })
}

#[test]
fn two_boxes_that_share_a_relayed_tpm_both_work_until_one_of_them_makes_a_commit() {
    let (vendor, machine, app) = licensed();
    let other = relayed(&machine, &vendor);
    // Not prevented offline: both ask the same chip, and it cannot know for whom.
    for _ in 0..3 {
        assert_eq!(reason(&app.validate()), "ok");
        assert_eq!(reason(&other.validate()), "ok");
    }
    // One clock and one budget: what either uses both are charged.
    machine.tpm.reboot().unwrap();
    let (one, two) = (app.validate(), other.validate());
    assert!(spent(&two) >= spent(&one));
    assert_eq!(one.verdict.charge.unwrap().resets, 1);
    // The first answer that either applies, or the first increment, leaves the other with an old state.
    activate(&app, &vendor, &vendor.sell(1));
    assert_eq!(reason(&app.validate()), "ok");
    let report = other.validate();
    assert_eq!(reason(&report), "state_rolled_back");
    assert_eq!(report.verdict.standing, Standing::Limited);
}

#[test]
fn two_boxes_that_share_a_relayed_tpm_cannot_both_sleep_as_they_like() {
    let (vendor, machine, app) = licensed();
    let other = relayed(&machine, &vendor);
    sleep_often(&machine);
    assert_eq!(reason(&app.validate()), "ok");
    assert_eq!(reason(&other.validate()), "state_rolled_back");
}

#[test]
fn p12_two_boxes_that_share_a_relayed_tpm_cannot_both_apply_a_response() {
    let (vendor, machine, app) = licensed();
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let other = relayed(&machine, &vendor);
    let response = vendor.answer(&requested.request).unwrap().response;
    app.apply_response(&response, &Auths::default()).unwrap();
    assert!(matches!(
        other.apply_response(&response, &Auths::default()),
        Err(ActivateError::NotRequested)
    ));
    assert_eq!(reason(&other.validate()), "state_rolled_back");
}

//! P5, P6: setting up and taking down touch no store but this vendor's, slot's and machine's, and nothing where it cannot be
//! finished.

use std::path::Path;

use counterfoil::client::{Counterfoil, ProvisionStoreError};
use counterfoil::device::{AuthValue, Auths, Outcome};
use tpm_sim::Tpm;
use tss_esapi::handles::AuthHandle;

use crate::device_support::{evict, handles, set_auth};
use crate::stage::{Machine, Vendor, contents, copy, licensed, reason};

/// What the TPM keeps for good.
fn kept(tpm: &Tpm) -> [Vec<u32>; 2] {
    [0x0100_0000, 0x8100_0000].map(|first| handles(tpm, first))
}

/// Neither sets anything up nor takes anything down; the causes.
fn refuses(app: &Counterfoil, dir: &Path, tpm: &Tpm) -> [ProvisionStoreError; 2] {
    let before = (contents(dir), kept(tpm));
    let set_up = app.provision(&Auths::default()).map(drop).unwrap_err();
    let taken_down = app.deprovision(&Auths::default()).unwrap_err();
    assert_eq!((contents(dir), kept(tpm)), before);
    [set_up, taken_down]
}

#[test]
fn p6_the_store_of_another_machine_is_neither_made_anew_nor_taken_down() {
    let (vendor, machine, app) = licensed();
    let other = Machine::new();
    // One folder for both, as on a network drive.
    let there = other.app_in(&vendor, &machine.dir());
    for refused in refuses(&there, &machine.dir(), &other.tpm) {
        let told = refused.to_string();
        assert!(
            matches!(refused, ProvisionStoreError::OtherDevice),
            "{told}"
        );
        assert!(told.contains("leave this one as it is"), "{told}");
    }
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p6_a_store_of_the_machines_own_is_not_taken_for_a_copied_one() {
    let (vendor, machine, _app) = licensed();
    let other = Machine::new();
    let own = other.activate(&vendor, &vendor.sell(1));
    let copied = other.dir().with_file_name("copied");
    copy(&machine.dir(), &copied);
    let at_copy = other.app_in(&vendor, &copied);
    refuses(&at_copy, &copied, &other.tpm);
    assert_eq!(reason(&own.validate()), "ok", "its objects are untouched");
}

#[test]
fn p6_the_store_of_another_slot_or_vendor_is_neither_made_anew_nor_taken_down() {
    let (vendor, machine, app) = licensed();
    let stranger = Vendor::new();
    let slot = machine.app_with(&vendor, |config| config.slot = 1);
    let theirs = machine.app_in(&stranger, &machine.dir());
    for other in [slot, theirs] {
        for refused in refuses(&other, &machine.dir(), &machine.tpm) {
            assert!(
                matches!(refused, ProvisionStoreError::OtherVendor),
                "{refused}"
            );
        }
    }
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p5_what_a_clear_ended_is_made_anew_and_taken_down() {
    let (vendor, machine, app) = licensed();
    machine.tpm.clear().unwrap();
    assert_eq!(reason(&app.validate()), "tpm_cleared");
    let outcome = app.provision(&Auths::default()).unwrap();
    assert_eq!(outcome, Outcome::Replaced);
    let app = machine.activate(&vendor, &vendor.sell(1));
    assert_eq!(reason(&app.validate()), "ok");
    machine.tpm.clear().unwrap();
    app.deprovision(&Auths::default()).unwrap();
    assert_eq!(reason(&app.validate()), "not_activated");
}

#[test]
fn keys_that_the_owner_took_away_before_a_password_was_set_are_put_back_with_it() {
    let (_vendor, machine, app) = licensed();
    // From 0x8140_0000 on are the owner's and the stores' own, none of them shared.
    for key in handles(&machine.tpm, 0x8140_0000) {
        evict(&machine.tpm, key);
    }
    set_auth(&machine.tpm, AuthHandle::Endorsement, b"endorsement");
    let auths = Auths {
        endorsement: AuthValue::new(b"endorsement".to_vec()),
        ..Auths::default()
    };
    assert_eq!(app.provision(&auths).unwrap(), Outcome::Repaired);
    assert_eq!(reason(&app.validate()), "ok");
}

//! P7: evidence is fresh, from the enrolled key, and about this license.

use counterfoil::device::{Hardware as _, SecretKind};
use counterfoil::token::Selections;

use crate::forgery::binding;
use crate::relay::Relay;
use crate::stage::{FEATURE, Machine, licensed, reason};

const NONCE: [u8; 32] = [0x31; 32];

#[test]
fn p7_a_machines_evidence_verifies_at_the_vendor() {
    let (vendor, _machine, app) = licensed();
    let proof = vendor
        .service()
        .verify_evidence(&app.evidence(NONCE).unwrap(), &NONCE)
        .unwrap();
    assert_eq!(proof.licenses.len(), 1);
    assert!(proof.licenses[0].license.features.contains(FEATURE));
}

#[test]
fn p7_evidence_for_another_question_is_refused() {
    let (vendor, _machine, app) = licensed();
    let old = app.evidence([0x30; 32]).unwrap();
    assert!(
        vendor
            .service()
            .verify_evidence(&old, &NONCE)
            .unwrap_err()
            .is_refusal()
    );
}

#[test]
fn p7_evidence_with_one_bit_changed_anywhere_is_refused() {
    let (vendor, _machine, app) = licensed();
    let file = app.evidence(NONCE).unwrap();
    for at in (0..file.len()).step_by(5) {
        let mut changed = file.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(
            vendor.service().verify_evidence(&changed, &NONCE).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn p7_evidence_of_another_vendors_machine_is_refused() {
    let (_theirs, _machine, app) = licensed();
    let (vendor, _other, _app) = licensed();
    assert!(
        vendor
            .service()
            .verify_evidence(&app.evidence(NONCE).unwrap(), &NONCE)
            .is_err()
    );
}

#[test]
fn p7_a_recorded_attestation_is_not_fresh() {
    let (vendor, machine, app) = licensed();
    assert_eq!(reason(&app.validate()), "ok");
    let recorded = machine
        .hardware()
        .open()
        .unwrap()
        .attest(&binding(&machine), &[7; 32], &Selections::none())
        .unwrap();
    let replayed = machine.app_with(&vendor, |config| {
        config.hardware = Box::new(Relay::new(machine.hardware()).replaying(recorded));
    });
    let report = replayed.validate();
    assert!(
        matches!(reason(&report), "evidence_not_fresh" | "evidence_invalid"),
        "{}",
        reason(&report)
    );
    assert!(!replayed.check(FEATURE));
}

#[test]
fn p7_another_tpm_cannot_attest_for_the_licensed_one() {
    let (vendor, machine, _app) = licensed();
    let store = binding(&machine);
    let seed = machine
        .hardware()
        .open()
        .unwrap()
        .unseal(&store, SecretKind::Seed)
        .unwrap();
    let other = Machine::new();
    vendor.trust(&other.tpm);
    other.activate(&vendor, &vendor.sell(1));
    let theirs = other
        .hardware()
        .open()
        .unwrap()
        .attest(&binding(&other), &[7; 32], &Selections::none())
        .unwrap();
    // Root has read the seed, and everything but the attestation key is a copy.
    let stolen = other.app_with(&vendor, |config| {
        config.dir = machine.dir();
        let relay = Relay::new(other.hardware())
            .opening(seed)
            .counting(2)
            .replaying(theirs);
        config.hardware = Box::new(relay);
    });
    let report = stolen.validate();
    assert_ne!(reason(&report), "ok");
    assert!(!stolen.check(FEATURE));
}

#[test]
fn p4_a_lie_about_the_activity_counter_is_caught_by_its_certification() {
    let (vendor, machine, app) = licensed();
    assert_eq!(reason(&app.validate()), "ok");
    let store = binding(&machine);
    let value = machine
        .hardware()
        .open()
        .unwrap()
        .read_counter(&store, counterfoil::device::Counter::Activity)
        .unwrap();
    for lie in [value - 1, value + 1, 0, u64::MAX] {
        let lying = machine.app_with(&vendor, |config| {
            config.hardware = Box::new(Relay::new(machine.hardware()).counting(lie));
        });
        assert_ne!(reason(&lying.validate()), "ok", "{lie}");
    }
    assert_eq!(reason(&app.validate()), "ok");
}

//! P6: a license works with the chip, storage key, sealed seed and epoch that it was issued to, and with no other.

use counterfoil::client::{ActivateError, Clock, Failure, Permission, Uptime};
use counterfoil::device::{
    Auths, Counter, DeviceError, Hardware as _, SealedBlob, SecretKind, UnsealError,
};
use counterfoil::policy::Reason;
use counterfoil::token::UtcTime;
use std::time::Duration;

use crate::forgery::{binding, rewrite_binding, seal_again, with_own_policy, without_policy};
use crate::stage::{FEATURE, Machine, contents, copy, licensed, now, reason};

#[test]
fn p6_a_state_folder_copied_to_another_tpm_is_refused() {
    let (vendor, machine, app) = licensed();
    let thief = Machine::new();
    copy(&machine.dir(), &thief.dir());
    let before = contents(&thief.dir());

    let stolen = thief.app(&vendor);
    let report = stolen.validate();
    assert_eq!(reason(&report), "device_other", "{report:#?}");
    assert!(!stolen.check(FEATURE));
    assert!(stolen.evidence([1; 32]).is_err());
    assert_eq!(contents(&thief.dir()), before);
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p6_a_state_folder_copied_to_another_licensed_machine_is_refused_and_its_own_untouched() {
    let (vendor, machine, _app) = licensed();
    let thief = Machine::new();
    let own = thief.activate(&vendor, &vendor.sell(1));
    let before = contents(&thief.dir());
    let copied = thief.dir().with_file_name("copied");
    copy(&machine.dir(), &copied);

    let stolen = thief.app_in(&vendor, &copied);
    assert_eq!(reason(&stolen.validate()), "device_other");
    assert!(!stolen.check(FEATURE));
    assert_eq!(contents(&thief.dir()), before);
    assert_eq!(reason(&own.validate()), "ok");
}

#[test]
fn p6_a_copied_state_folder_is_not_set_up_anew_by_an_activation() {
    let (vendor, machine, _app) = licensed();
    let other = Machine::new();
    copy(&machine.dir(), &other.dir());
    let before = contents(&other.dir());
    let refused = other
        .app(&vendor)
        .request_activation(&vendor.sell(1), &Auths::default());
    assert!(
        matches!(refused, Err(ActivateError::Failure(Failure::OtherDevice))),
        "{refused:?}"
    );
    assert_eq!(contents(&other.dir()), before);
}

#[test]
fn p6_single_files_of_another_machine_are_refused() {
    let (vendor, machine, _app) = licensed();
    let other = Machine::new();
    let own = other.activate(&vendor, &vendor.sell(1));
    // Both have one generation, of their own epoch; the binding stays.
    let generation = |machine: &Machine| {
        let epoch = binding(machine).epoch;
        machine.dir().join(format!("epoch-{epoch}"))
    };
    copy(
        &generation(&machine).join("licenses"),
        &generation(&other).join("licenses"),
    );
    let report = own.validate();
    assert_eq!(report.licenses.len(), 2);
    for license in &report.licenses {
        let foreign = license.verdict.reason.name() == "license_unreadable";
        assert!(
            foreign || license.verdict.reason.name() == "ok",
            "{}",
            license.verdict.reason
        );
    }
    assert_eq!(
        report
            .licenses
            .iter()
            .filter(|license| license.license.is_some())
            .count(),
        1
    );
}

#[test]
fn p6_a_seed_sealed_again_is_refused() {
    let (_vendor, machine, app) = licensed();
    let seed = seal_again(&machine, &with_own_policy(&machine));
    rewrite_binding(&machine, |binding| binding.seed = seed);
    assert_eq!(reason(&app.validate()), "seed_other");
    assert!(!app.check(FEATURE));
}

#[test]
fn p6_a_seed_sealed_again_without_its_policy_is_refused() {
    let (_vendor, machine, app) = licensed();
    let seed = seal_again(&machine, &without_policy());
    rewrite_binding(&machine, |binding| binding.seed = seed);
    let report = app.validate();
    assert_eq!(reason(&report), "seed_other", "{report:#?}");
    assert!(!app.check(FEATURE));
}

#[test]
fn p6_a_seed_sealed_again_under_the_name_of_the_first_is_refused() {
    let (_vendor, machine, app) = licensed();
    let mut forged = binding(&machine);
    forged.seed = SealedBlob {
        name: forged.seed.name,
        ..seal_again(&machine, &with_own_policy(&machine))
    };
    let opened = machine
        .hardware()
        .open()
        .unwrap()
        .unseal(&forged, SecretKind::Seed);
    let refused = UnsealError::Device(DeviceError::BadBinding);
    assert_eq!(opened.unwrap_err(), refused);
    // Nor can a folder hold such a pair.
    rewrite_binding(&machine, |binding| binding.seed = forged.seed);
    assert_eq!(reason(&app.validate()), "seed_other");
    assert!(!app.check(FEATURE));
}

#[test]
fn p6_a_cleared_tpm_is_refused_and_its_machine_gets_its_seat_again() {
    let (vendor, machine) = (crate::stage::Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let key = vendor.sell(1);
    let app = machine.activate(&vendor, &key);
    machine.tpm.clear().unwrap();
    assert_eq!(reason(&app.validate()), "tpm_cleared");
    assert!(!app.check(FEATURE));

    let requested = app.request_activation(&key, &Auths::default()).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p6_a_moved_epoch_closes_the_license_for_ever() {
    let (vendor, machine, app) = licensed();
    let old = binding(&machine);
    let stale = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let stale = vendor.answer(&stale.request).unwrap();
    machine
        .hardware()
        .open()
        .unwrap()
        .increment(&old, Counter::Epoch, old.epoch)
        .unwrap();
    let report = app.validate();
    assert_eq!(reason(&report), "epoch_moved", "{report:#?}");
    assert!(!app.check(FEATURE));

    // An answer for the epoch that is over changes nothing.
    let before = contents(&machine.dir());
    let error = app
        .apply_response(&stale.response, &Auths::default())
        .unwrap_err();
    assert!(error.to_string().contains("epoch"), "{error}");
    assert_eq!(contents(&machine.dir()), before);

    // The machine can be licensed again, once a person has said that a store in use from elsewhere may end: the folder may
    // be but an old copy.
    let key = vendor.sell(1);
    let refused = app.request_activation(&key, &Auths::default()).unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::StoreSuperseded), "{refused}");
    assert_eq!(contents(&machine.dir()), before);
    let requested = app
        .request_activation(&key, Permission::to_replace(&Auths::default()))
        .unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p6_counters_that_were_removed_end_the_license() {
    let (_vendor, machine, app) = licensed();
    let place = app.config();
    let place = counterfoil::device::Place {
        vendor: place.trust.vendor(),
        slot: place.slot,
    };
    machine
        .hardware()
        .open()
        .unwrap()
        .deprovision(&place, &Auths::default())
        .unwrap();
    let report = app.validate();
    assert_ne!(reason(&report), "ok");
    assert!(!app.check(FEATURE));
}

/// A machine after its operating system was installed anew, its name changed and its clock reset.
struct OtherSystem;

impl Clock for OtherSystem {
    fn os_time(&self) -> UtcTime {
        now()
    }

    fn uptime(&self) -> Uptime {
        Uptime {
            boot_id: [0x77; 16],
            elapsed: Duration::from_secs(3),
        }
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(3)
    }
}

#[test]
fn p6_another_system_folder_and_boot_on_the_same_tpm_do_not_matter() {
    let (vendor, machine, _app) = licensed();
    let moved = machine.dir().with_file_name("elsewhere");
    std::fs::rename(machine.dir(), &moved).unwrap();
    machine.tpm.reboot().unwrap();
    let app = machine.app_with(&vendor, |config| {
        config.dir = moved;
        config.clock = Box::new(OtherSystem);
    });
    assert_eq!(reason(&app.validate()), "ok");
}

//! P12, P5: a response works once, on one machine, whatever is cut short.

use counterfoil::client::{ActivateError, Counterfoil};
use counterfoil::device::Auths;
use tpm_sim::{Fault, Snapshot, When};

use crate::stage::{Machine, Vendor, contents, copy, files, licensed, put_back, reason};

fn apply(app: &Counterfoil, response: &[u8]) -> Result<(), ActivateError> {
    app.apply_response(response, &Auths::default()).map(drop)
}

/// A machine that has asked, the response, and its application.
fn answered() -> (Vendor, Machine, Counterfoil, Vec<u8>) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let app = machine.app(&vendor);
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let response = vendor.answer(&requested.request).unwrap().response;
    (vendor, machine, app, response)
}

#[test]
fn p12_a_response_is_applied_once() {
    let (_vendor, machine, app, response) = answered();
    apply(&app, &response).unwrap();
    let before = contents(&machine.dir());
    assert!(matches!(
        apply(&app, &response),
        Err(ActivateError::AppliedBefore)
    ));
    assert_eq!(contents(&machine.dir()), before);
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p12_a_response_is_not_applied_again_over_a_state_that_was_put_back() {
    let (_vendor, machine, app, response) = answered();
    let before = machine.dir().with_file_name("before");
    copy(&machine.dir(), &before);
    apply(&app, &response).unwrap();
    put_back(&before, &machine.dir());
    assert!(apply(&app, &response).is_err());
    assert_ne!(reason(&app.validate()), "ok");
}

#[test]
fn p12_a_response_is_not_applied_at_another_machine() {
    let (vendor, machine, app, response) = answered();
    let other = Machine::new();
    let theirs = other.activate(&vendor, &vendor.sell(1));
    let before = contents(&other.dir());
    assert!(matches!(
        apply(&theirs, &response),
        Err(ActivateError::NotRequested)
    ));
    assert_eq!(contents(&other.dir()), before);
    // Nor with a copy of the folder that asked.
    let copied = other.dir().with_file_name("copied");
    copy(&machine.dir(), &copied);
    assert!(apply(&other.app_in(&vendor, &copied), &response).is_err());
    apply(&app, &response).unwrap();
}

#[test]
fn p12_a_response_to_a_request_that_was_lost_is_not_applied() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let (app, key) = (machine.app(&vendor), vendor.sell(1));
    let first = app.request_activation(&key, &Auths::default()).unwrap();
    let response = vendor.answer(&first.request).unwrap().response;
    for state in files(&machine.dir(), "state-") {
        std::fs::remove_file(state).unwrap();
    }
    let second = app.request_activation(&key, &Auths::default()).unwrap();
    assert!(!second.repeated);
    assert!(matches!(
        apply(&app, &response),
        Err(ActivateError::NotRequested)
    ));
    apply(&app, &vendor.answer(&second.request).unwrap().response).unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p12_a_response_that_was_changed_or_cut_off_is_refused_and_changes_nothing() {
    let (_vendor, machine, app, response) = answered();
    let before = contents(&machine.dir());
    for at in (0..response.len()).step_by(response.len() / 60) {
        let mut changed = response.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(apply(&app, &changed).is_err(), "byte {at}");
        assert!(apply(&app, &response[..at]).is_err(), "{at} bytes");
    }
    assert!(apply(&app, &[&response[..], &[0]].concat()).is_err());
    assert_eq!(contents(&machine.dir()), before);
    apply(&app, &response).unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

/// The ways in which a TPM can go away, and with it what was loaded.
fn ways_to_go() -> [fn(When) -> Fault; 2] {
    [Fault::PowerOff, Fault::Reset]
}

/// A machine that can be put back, chip and folder, to try a crash at another place.
struct Checkpoint {
    chip: Snapshot,
    folder: std::path::PathBuf,
}

impl Checkpoint {
    fn of(machine: &Machine) -> Self {
        let folder = machine.dir().with_file_name("checkpoint");
        if machine.dir().exists() {
            copy(&machine.dir(), &folder);
        }
        Self {
            chip: machine.tpm.snapshot().unwrap(),
            folder,
        }
    }

    fn restore(&self, machine: &Machine) {
        machine.tpm.restore(&self.chip).unwrap();
        let _ = std::fs::remove_dir_all(machine.dir());
        if self.folder.exists() {
            copy(&self.folder, &machine.dir());
        }
    }
}

/// Whether `operation` ended before the `n`-th command, so that the fault did not strike.
fn spared(machine: &Machine, n: usize, fault: Fault, operation: impl FnOnce()) -> bool {
    machine.tpm.faults().at(n, fault);
    operation();
    let spared = machine.tpm.faults().armed() == 1;
    machine.tpm.faults().clear();
    machine.tpm.power_on().unwrap();
    spared
}

fn response_cut_short(fault: impl Fn() -> Fault) {
    let (_vendor, machine, app, response) = answered();
    let checkpoint = Checkpoint::of(&machine);
    for n in 1.. {
        checkpoint.restore(&machine);
        let mut first = None;
        let spared = spared(&machine, n, fault(), || {
            first = Some(apply(&app, &response))
        });
        if first.is_some_and(|result| result.is_err()) {
            match apply(&app, &response) {
                Ok(()) | Err(ActivateError::AppliedBefore) => {}
                Err(error) => panic!("after command {n}: {error}"),
            }
        }
        assert!(
            matches!(apply(&app, &response), Err(ActivateError::AppliedBefore)),
            "command {n}"
        );
        let report = app.validate();
        assert_eq!(reason(&report), "ok", "command {n}: {:?}", report.failure);
        if spared {
            assert!(n > 10, "an application takes more than {n} commands");
            return;
        }
    }
}

#[test]
fn p12_p5_a_response_whose_application_lost_power_before_any_command_is_applied_exactly_once() {
    response_cut_short(|| Fault::PowerOff(When::Before));
}

#[test]
fn p12_p5_a_response_whose_application_lost_power_after_any_command_is_applied_exactly_once() {
    response_cut_short(|| Fault::PowerOff(When::After));
}

#[test]
fn p12_p5_a_response_whose_application_met_a_reset_is_applied_exactly_once() {
    response_cut_short(|| Fault::Reset(When::After));
}

#[test]
fn p5_a_request_that_lost_power_can_be_made_again() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let (app, key) = (machine.app(&vendor), vendor.sell(1));
    let checkpoint = Checkpoint::of(&machine);
    // Setting up takes some hundred commands; the device's own tests try each.
    for n in (1..).step_by(5) {
        checkpoint.restore(&machine);
        let when = if n % 2 == 0 {
            When::Before
        } else {
            When::After
        };
        let mut first = None;
        let spared = spared(&machine, n, Fault::PowerOff(when), || {
            first = app.request_activation(&key, &Auths::default()).ok();
        });
        let requested = app.request_activation(&key, &Auths::default()).unwrap();
        if spared {
            assert_eq!(first.unwrap().id, requested.id);
            let response = vendor.answer(&requested.request).unwrap().response;
            apply(&app, &response).unwrap();
            assert_eq!(reason(&app.validate()), "ok");
            return;
        }
    }
}

#[test]
fn p5_a_validation_cut_short_at_any_tpm_command_changes_nothing() {
    let (_vendor, machine, app) = licensed();
    let before = contents(&machine.dir());
    for way in ways_to_go() {
        for n in 1.. {
            let mut report = None;
            let spared = spared(&machine, n, way(When::Before), || {
                report = Some(app.validate())
            });
            let report = report.unwrap();
            if spared {
                assert_eq!(reason(&report), "ok");
                break;
            }
            // A flush that nobody waits for may meet the fault.
            let told = matches!(reason(&report), "tpm_reset" | "tpm_missing" | "ok");
            assert!(
                told,
                "command {n}: {} {:?}",
                reason(&report),
                report.failure
            );
            assert_eq!(contents(&machine.dir()), before);
            assert_eq!(reason(&app.validate()), "ok", "after command {n}");
        }
    }
}

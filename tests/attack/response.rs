//! P12, P5: a response works once, on one machine, whatever is cut short.

use counterfoil::client::{ActivateError, Counterfoil};
use counterfoil::device::Auths;
use tpm_sim::{Fault, When};

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

/// Every way in which a TPM can go away.
fn ways_to_go() -> [fn(When) -> Fault; 3] {
    [Fault::Drop, Fault::PowerOff, Fault::Reset]
}

#[test]
fn p12_p5_a_response_cut_short_at_any_tpm_command_is_applied_exactly_once() {
    for way in ways_to_go() {
        for when in [When::Before, When::After] {
            let (vendor, machine) = (Vendor::new(), Machine::new());
            vendor.trust(&machine.tpm);
            let app = machine.app(&vendor);
            for n in 1.. {
                let requested = app
                    .request_activation(&vendor.sell(1), &Auths::default())
                    .unwrap();
                let response = vendor.answer(&requested.request).unwrap().response;
                let known = app.validate().licenses.len();
                machine.tpm.faults().at(n, way(when));
                let result = apply(&app, &response);
                let unharmed = machine.tpm.faults().armed() == 1;
                machine.tpm.faults().clear();
                machine.tpm.power_on().unwrap();
                match &result {
                    Ok(()) => {}
                    Err(_) => match apply(&app, &response) {
                        Ok(()) | Err(ActivateError::AppliedBefore) => {}
                        Err(error) => panic!("command {n}, {when:?}: {error}"),
                    },
                }
                assert!(
                    matches!(apply(&app, &response), Err(ActivateError::AppliedBefore)),
                    "command {n}"
                );
                let report = app.validate();
                assert_eq!(
                    reason(&report),
                    "ok",
                    "command {n}, {when:?}: {:?}",
                    report.failure
                );
                assert_eq!(report.licenses.len(), known + 1);
                if unharmed {
                    break;
                }
                // Few of the chip's crashes need a new machine; a store holds a handful of licenses.
                if n % 8 == 0 {
                    forget(&machine, &app);
                }
            }
        }
    }
}

/// Starts over, so that the folder does not grow with every round.
fn forget(machine: &Machine, app: &Counterfoil) {
    app.deprovision(&Auths::default()).unwrap();
    assert!(files(&machine.dir(), "state-").is_empty());
}

#[test]
fn p5_a_request_cut_short_at_any_tpm_command_can_be_made_again() {
    for when in [When::Before, When::After] {
        let (vendor, machine) = (Vendor::new(), Machine::new());
        vendor.trust(&machine.tpm);
        let app = machine.app(&vendor);
        for n in 1.. {
            let key = vendor.sell(1);
            machine.tpm.faults().at(n, Fault::PowerOff(when));
            let first = app.request_activation(&key, &Auths::default());
            let unharmed = machine.tpm.faults().armed() == 1;
            machine.tpm.faults().clear();
            machine.tpm.power_on().unwrap();
            let requested = app.request_activation(&key, &Auths::default()).unwrap();
            if unharmed {
                assert_eq!(first.unwrap().id, requested.id);
                let response = vendor.answer(&requested.request).unwrap().response;
                apply(&app, &response).unwrap();
                assert_eq!(reason(&app.validate()), "ok");
                break;
            }
            app.deprovision(&Auths::default()).unwrap();
        }
    }
}

#[test]
fn p5_a_validation_cut_short_at_any_tpm_command_changes_nothing() {
    let (_vendor, machine, app) = licensed();
    let before = contents(&machine.dir());
    for way in ways_to_go() {
        for n in 1.. {
            machine.tpm.faults().at(n, way(When::Before));
            let report = app.validate();
            let unharmed = machine.tpm.faults().armed() == 1;
            machine.tpm.faults().clear();
            machine.tpm.power_on().unwrap();
            if unharmed {
                assert_eq!(reason(&report), "ok");
                break;
            }
            assert!(
                matches!(reason(&report), "tpm_reset" | "tpm_missing" | "ok"),
                "command {n}: {} {:?}",
                reason(&report),
                report.failure
            );
            assert_eq!(contents(&machine.dir()), before);
            assert_eq!(reason(&app.validate()), "ok", "after command {n}");
        }
    }
}

//! The operations of the program, each killed at every point.

use std::fs;

use counterfoil::token::LicenseKey;

use crate::everywhere::kill_everywhere;
use crate::machine::Machine;
use crate::stage::Vendor;

const REQUEST: &str = "activate --key-file key --request-out machine.request";
const APPLY: &str = "activate --response machine.response";
const STATUS: &str = "status --json";

/// A vendor, and a machine that it trusts, which has bought a license.
fn sold() -> (Vendor, Machine) {
    let vendor = Vendor::new();
    let machine = Machine::new(&vendor.service().anchor().root().to_pem());
    vendor.trust(&machine.tpm);
    give(&machine, &vendor.sell(1));
    (vendor, machine)
}

fn give(machine: &Machine, key: &LicenseKey) {
    fs::write(machine.path("key"), key.to_text().as_bytes()).unwrap();
}

/// Lets the vendor answer the request.
fn answer(vendor: &Vendor, machine: &Machine) {
    let request = fs::read(machine.path("machine.request")).unwrap();
    let answer = vendor.answer(&request).unwrap();
    fs::write(machine.path("machine.response"), answer.response).unwrap();
}

/// The same with the response at hand.
fn answered() -> (Vendor, Machine) {
    let (vendor, machine) = sold();
    machine.ends(REQUEST, 0);
    answer(&vendor, &machine);
    (vendor, machine)
}

fn licensed() -> (Vendor, Machine) {
    let (vendor, machine) = answered();
    machine.ends(APPLY, 0);
    machine.stands("active");
    (vendor, machine)
}

/// Puts the machine to sleep and wakes it up, more often than a validation accepts without an increment.
fn sleep_often(machine: &Machine) {
    for _ in 0..12 {
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
    }
}

/// That whatever the kill left behind goes with the next commit.
fn assert_nothing_stays(machine: &Machine) {
    if machine.states().len() > 1 {
        sleep_often(machine);
        machine.stands("active");
    }
    assert_eq!(machine.states().len(), 1, "{}", machine.trying());
    machine.assert_clean();
}

#[test]
fn p5_a_validation_killed_anywhere_is_followed_by_one_that_passes() {
    let (_vendor, machine) = licensed();
    kill_everywhere("a validation", &machine.image(), STATUS, |machine| {
        machine.stands("active");
        assert_nothing_stays(machine);
    });
}

#[test]
fn p5_an_increment_killed_anywhere_is_made_once_or_finished() {
    let (_vendor, machine) = licensed();
    sleep_often(&machine);
    kill_everywhere(
        "a validation with an increment",
        &machine.image(),
        STATUS,
        |machine| {
            machine.stands("active");
            assert_nothing_stays(machine);
        },
    );
}

#[test]
fn p5_provisioning_killed_anywhere_is_completed_by_the_next_run() {
    let (_vendor, machine) = sold();
    kill_everywhere("provision", &machine.image(), "provision", |machine| {
        machine.ends("provision", 0);
        let again = machine.ends("provision", 0);
        assert!(again.out.contains("in place already"), "{}", again.out);
        machine.stands("not_activated");
        machine.assert_clean();
    });
}

#[test]
fn p5_a_request_killed_anywhere_is_made_by_the_next_run_and_leads_to_a_license() {
    let (vendor, machine) = sold();
    machine.ends("provision", 0);
    kill_everywhere("a request", &machine.image(), REQUEST, |machine| {
        machine.ends(REQUEST, 0);
        answer(&vendor, machine);
        machine.ends(APPLY, 0);
        machine.stands("active");
        assert_nothing_stays(machine);
    });
}

#[test]
fn p5_p12_a_response_killed_anywhere_is_applied_completely_or_not_at_all_and_once() {
    let (_vendor, machine) = answered();
    kill_everywhere("a response", &machine.image(), APPLY, |machine| {
        let status = machine.run(STATUS);
        match status.code {
            0 => {
                let again = machine.ends(APPLY, 2);
                assert!(again.error.contains("works once"), "{}", again.error);
            }
            1 => drop(machine.ends(APPLY, 0)),
            _ => panic!("{}: {status:?}", machine.trying()),
        }
        machine.stands("active");
        assert_nothing_stays(machine);
    });
}

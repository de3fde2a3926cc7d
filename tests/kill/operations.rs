//! The operations of the program, each killed at every point.

use std::fs;

use counterfoil::policy::Standing;
use counterfoil::token::LicenseKey;

use crate::everywhere::kill_everywhere;
use crate::machine::Machine;
use crate::points::Point;
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
    machine.stands(Standing::Active);
    (vendor, machine)
}

/// Puts the machine to sleep and wakes it up, more often than a validation accepts without an increment.
fn sleep_often(machine: &Machine) {
    for _ in 0..12 {
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
    }
}

/// That a state that a kill left beside the newest goes with the next commit.
fn assert_one_state(machine: &Machine) {
    if machine.states().len() > 1 {
        sleep_often(machine);
        machine.stands(Standing::Active);
    }
    assert_eq!(machine.states().len(), 1, "{}", machine.trying());
}

#[test]
fn p5_a_validation_killed_anywhere_is_followed_by_one_that_passes() {
    let (_vendor, machine) = licensed();
    kill_everywhere("a validation", &machine.image(), STATUS, |machine| {
        machine.stands(Standing::Active);
        assert_one_state(machine);
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
            machine.stands(Standing::Active);
            assert_one_state(machine);
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
        machine.stands(Standing::NotActivated);
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
        machine.stands(Standing::Active);
        assert_one_state(machine);
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
        machine.stands(Standing::Active);
        assert_one_state(machine);
    });
}

#[test]
fn p5_a_second_license_killed_anywhere_on_its_way_in_never_costs_the_first() {
    let (vendor, machine) = licensed();
    give(&machine, &vendor.sell(1));
    machine.ends(REQUEST, 0);
    answer(&vendor, &machine);
    kill_everywhere("a second response", &machine.image(), APPLY, |machine| {
        machine.stands(Standing::Active);
        let again = machine.run(APPLY);
        assert!(
            again.code == 0 || again.error.contains("works once"),
            "{again:?}"
        );
        assert_eq!(machine.licenses(), 2, "{}", machine.trying());
        assert_one_state(machine);
    });
}

/// Kills the program first at the step that `which` finds, then everywhere in the run that finishes what that left.
fn kill_the_recovery(which: &str, is_first: impl Fn(&Point) -> bool) {
    let (_vendor, machine) = answered();
    let answered = machine.image();
    let first = machine.watch(APPLY).into_iter().find(is_first).unwrap();
    machine.put_back(&answered);
    machine.kill(APPLY, &first);
    kill_everywhere(which, &machine.image(), STATUS, |machine| {
        machine.stands(Standing::Active);
        let again = machine.ends(APPLY, 2);
        assert!(again.error.contains("works once"), "{}", again.error);
        assert_one_state(machine);
    });
}

#[test]
fn p5_p12_a_second_kill_while_an_increment_is_finished_is_recovered_too() {
    let is_written = |point: &Point| point.call == "fsync" && point.on.contains("epoch-");
    let counts = std::cell::Cell::new(0);
    // The state's file, then its folder: after the rename, before the increment.
    kill_the_recovery("the recovery of an increment", |point| {
        counts.set(counts.get() + usize::from(is_written(point)));
        counts.get() == 2
    });
}

#[test]
fn p5_p12_a_second_kill_while_a_response_is_installed_is_recovered_too() {
    kill_the_recovery("the recovery of an installation", |point| {
        point.call == "mkdirat" && point.on.ends_with("licenses")
    });
}

#[test]
fn p5_a_repair_killed_anywhere_is_completed_by_the_next_run_and_the_license_goes_on() {
    let (_vendor, machine) = licensed();
    machine.evict_keys();
    kill_everywhere("a repair", &machine.image(), "provision", |machine| {
        machine.ends("provision", 0);
        machine.stands(Standing::Active);
        assert_one_state(machine);
    });
}

#[test]
fn p5_deprovisioning_killed_anywhere_is_completed_by_the_next_run() {
    let (_vendor, machine) = licensed();
    kill_everywhere(
        "deprovision",
        &machine.image(),
        "deprovision --yes",
        |machine| {
            machine.ends("deprovision --yes", 0);
            machine.stands(Standing::NotActivated);
            assert_eq!(
                machine.kept_by_the_tpm(),
                Vec::<u32>::new(),
                "{}",
                machine.trying()
            );
            assert_eq!(machine.states().len(), 0);
        },
    );
}

#[test]
fn a_file_for_somebody_else_is_on_the_medium_with_its_name_when_the_program_ends() {
    let (_vendor, machine) = sold();
    let points = machine.watch(REQUEST);
    let at = |call: &str, on: &str| {
        let found = |point: &Point| point.call.starts_with(call) && point.on == on;
        points.iter().rposition(found)
    };
    let flushed = at("fsync", "/machine.request.tmp").unwrap();
    let renamed = at("rename", "machine.request.tmp machine.request").unwrap();
    let named = at("fsync", "").unwrap();
    assert!(flushed < renamed && renamed < named, "{points:?}");
}

#[test]
fn a_process_that_may_start_no_thread_still_gets_its_verdict() {
    let (_vendor, machine) = licensed();
    let (output, tried) = machine.without_threads(STATUS);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(tried > 0, "it wanted none: {output:?}");
}

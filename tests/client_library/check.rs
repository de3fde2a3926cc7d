//! P1: a verdict's time is over in whichever clock it is over first; until then nothing but memory is asked.

use std::time::Duration;

use counterfoil::client::Counterfoil;
use tpm_sim::{Fault, Gate};

use crate::client_support::{HEARTBEAT, commands, quotes};
use crate::stage::{Machine, Vendor};
use crate::{BOUGHT, ESSENTIAL, Scene};

const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn p1_a_verdict_counts_for_one_heartbeat_and_no_moment_longer() {
    let scene = Scene::new();
    assert!(scene.app.check(BOUGHT));
    assert_eq!(quotes(&scene.machine.tpm), 1);
    scene.clock.advance(HEARTBEAT - MOMENT);
    assert!(scene.app.check(BOUGHT));
    assert_eq!(commands(&scene.machine.tpm), 0);
    scene.clock.advance(MOMENT);
    assert_eq!(scene.app.try_check(BOUGHT), None);
    assert!(scene.app.check(BOUGHT));
    assert_eq!(quotes(&scene.machine.tpm), 1);
}

#[test]
fn p1_sleep_counts_although_the_raw_clock_stands() {
    let scene = Scene::new();
    assert!(scene.app.check(BOUGHT));
    scene.clock.sleep(HEARTBEAT);
    assert_eq!(scene.app.try_check(BOUGHT), None);
}

#[test]
fn p1_a_slowed_clock_gains_nothing_even_after_a_long_sleep() {
    let scene = Scene::new();
    // From here on the larger of the two clocks is the one that can be slowed.
    scene.clock.sleep(HEARTBEAT * 1000);
    assert!(scene.app.check(BOUGHT));
    scene
        .clock
        .run_slowed(HEARTBEAT * 4 / 5, HEARTBEAT - MOMENT);
    assert_eq!(scene.app.try_check(BOUGHT), Some(true));
    scene.clock.run_slowed(MOMENT, MOMENT);
    assert_eq!(scene.app.try_check(BOUGHT), None);
}

#[test]
fn a_check_of_a_verdict_at_hand_allocates_nothing() {
    let scene = Scene::new();
    for part in [0, 7] {
        assert!(scene.app.check(BOUGHT));
        // One clock is enough at first, then it takes both.
        scene.clock.advance(HEARTBEAT * part / 8);
        let allocated = allocation_counter::measure(|| {
            assert!(scene.app.check(BOUGHT));
            assert!(!scene.app.check("another"));
            assert_eq!(scene.app.try_check(ESSENTIAL), Some(true));
        });
        assert_eq!(allocated.count_total, 0);
    }
}

#[test]
fn a_check_does_not_wait_for_a_validation_under_way() {
    let scene = Scene::new();
    assert!(scene.app.check(BOUGHT));
    let gate = Gate::new();
    let held = Fault::Hold(gate.clone());
    scene.machine.tpm.faults().at_command("TPM2_Quote", 1, held);
    std::thread::scope(|threads| {
        threads.spawn(|| scene.app.validate());
        assert!(gate.await_reached(Duration::from_secs(60)));
        assert!(scene.app.check(BOUGHT));
        gate.open();
    });
}

/// Between the two the license may be released, and what is attested after does not say so.
#[test]
fn p1_p8_a_verdict_counts_from_before_the_seed_is_opened() {
    let scene = Scene::new();
    let gate = Gate::new();
    // The activity counter is read once the seed is open, and before anything is attested.
    let held = Fault::Hold(gate.clone());
    let faults = scene.machine.tpm.faults();
    faults.at_command("TPM2_NV_Read", 1, held);
    std::thread::scope(|threads| {
        let held = threads.spawn(|| scene.app.check(BOUGHT));
        assert!(gate.await_reached(Duration::from_secs(60)));
        scene.clock.advance(HEARTBEAT - MOMENT);
        gate.open();
        assert!(held.join().unwrap());
    });
    assert_eq!(scene.app.try_check(BOUGHT), Some(true));
    scene.clock.advance(MOMENT);
    assert_eq!(scene.app.try_check(BOUGHT), None);
}

#[test]
fn an_unknown_feature_is_off() {
    let scene = Scene::new();
    for name in ["", "another", "EDIT", "edit ", "e", "edit\0"] {
        assert!(!scene.app.check(name), "{name:?}");
    }
}

#[test]
fn without_a_license_everything_is_off_and_the_tpm_is_asked_once_for_another_folders_store() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    let app = machine.app(&vendor);
    assert_eq!(app.try_check(BOUGHT), None);
    assert!(!app.check(BOUGHT));
    assert_eq!(app.status().reason.name(), "not_activated");
    assert_eq!(commands(&machine.tpm), 1);
    assert!(!app.check(BOUGHT));
    assert_eq!(commands(&machine.tpm), 0);
}

#[test]
fn p11_the_essential_tier_of_the_configuration_is_on_where_no_rules_can_be_read() {
    let scene = Scene::with(|config| config.essential = vec!["help".to_owned()]);
    scene.machine.tpm.power_off();
    assert!(scene.app.check("help"));
    assert!(!scene.app.check(BOUGHT));
    assert_eq!(scene.reason(), "tpm_missing");
    scene.machine.tpm.power_on().unwrap();
}

#[test]
fn a_license_that_is_activated_is_on_at_once() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let app: Counterfoil = machine.app(&vendor);
    assert!(!app.check(BOUGHT));
    let key = vendor.sell(1);
    let requested = app.request_activation(&key, &Default::default()).unwrap();
    assert!(!app.check(BOUGHT));
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Default::default())
        .unwrap();
    assert!(app.check(BOUGHT));
}

#[test]
fn p11_many_threads_that_find_no_verdict_cost_one_quote() {
    let scene = Scene::new();
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| assert!(scene.app.check(BOUGHT)));
        }
    });
    assert_eq!(quotes(&scene.machine.tpm), 1);
}

#[test]
fn status_agrees_with_checks_and_tells_each_license() {
    let scene = Scene::new();
    let status = scene.app.status();
    assert_eq!(status.standing.name(), "active");
    assert_eq!(status.badge().name(), "ok");
    assert!(status.shows(BOUGHT) && scene.app.check(BOUGHT));
    let [license] = &status.licenses[..] else {
        panic!("{status:#?}")
    };
    assert_eq!(license.edition.as_deref(), Some("standard"));
    assert!(license.offline_until > license.renew_by);
    assert_eq!(commands(&scene.machine.tpm), 9);
}

//! The heartbeat: checks find a verdict, whatever happens to machine and TPM in between.

use std::time::Duration;

use tpm_sim::{Fault, Gate, Wake};

use crate::client_support::{BEAT, HEARTBEAT, commands, quotes};
use crate::{BOUGHT, Scene};

/// Long enough for anything to happen that will.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn checks_never_ask_the_tpm_while_the_heart_beats() {
    let scene = Scene::new();
    for _ in 0..10 {
        assert_eq!(scene.app.beat(), BEAT);
        assert_eq!(quotes(&scene.machine.tpm), 1);
        for _ in 0..10 {
            scene.clock.advance(BEAT / 10);
            assert!(scene.app.check(BOUGHT));
        }
        assert_eq!(commands(&scene.machine.tpm), 0);
    }
}

#[test]
fn a_beat_that_is_not_due_asks_nothing() {
    let scene = Scene::new();
    scene.app.beat();
    scene.machine.tpm.take_counts();
    scene.clock.advance(BEAT / 2);
    assert_eq!(scene.app.beat(), BEAT / 2);
    assert_eq!(commands(&scene.machine.tpm), 0);
}

#[test]
fn a_tpm_that_was_reset_or_slept_between_two_beats_is_no_matter() {
    let scene = Scene::new();
    let tpm = &scene.machine.tpm;
    let happenings: [&dyn Fn(); 6] = [
        &|| tpm.reset().unwrap(),
        &|| tpm.reboot().unwrap(),
        &|| tpm.power_cut().unwrap(),
        &|| tpm.hibernate().unwrap(),
        &|| {
            tpm.suspend().unwrap();
            assert_eq!(tpm.resume().unwrap(), Wake::Resumed);
        },
        &|| {
            for _ in 0..12 {
                tpm.suspend().unwrap();
                tpm.resume().unwrap();
            }
        },
    ];
    for (number, happen) in happenings.into_iter().enumerate() {
        scene.app.beat();
        happen();
        scene.clock.advance(BEAT);
        scene.app.beat();
        assert_eq!(scene.app.try_check(BOUGHT), Some(true), "{number}");
        assert_eq!(scene.reason(), "ok", "{number}");
    }
}

#[test]
fn a_tpm_that_is_reset_in_the_middle_of_a_beat_is_asked_again() {
    let scene = Scene::new();
    scene.app.beat();
    for n in 1..=9 {
        scene.clock.advance(BEAT);
        let reset = Fault::Reset(tpm_sim::When::Before);
        scene.machine.tpm.faults().at(n, reset);
        let again = scene.app.beat();
        scene.machine.tpm.faults().clear();
        assert_eq!(scene.app.try_check(BOUGHT), Some(true), "command {n}");
        scene.clock.advance(again);
        scene.app.beat();
        assert_eq!(scene.app.try_status().unwrap().trouble, None, "command {n}");
    }
}

#[test]
fn a_started_heartbeat_makes_the_verdict_that_a_check_waits_for() {
    let scene = Scene::new();
    scene.app.start_heartbeat().unwrap();
    scene.app.start_heartbeat().unwrap();
    assert!(scene.app.check(BOUGHT));
    // The machine slept: the check that comes first waits for the heartbeat.
    scene.clock.sleep(HEARTBEAT * 100);
    assert!(scene.app.check(BOUGHT));
    assert_eq!(quotes(&scene.machine.tpm), 2);
    scene.app.stop_heartbeat();
    scene.clock.advance(HEARTBEAT);
    assert!(scene.app.check(BOUGHT));
}

#[test]
fn an_activation_in_the_same_process_is_noticed_at_once() {
    let scene = Scene::new();
    scene.app.start_heartbeat().unwrap();
    assert!(scene.app.check(BOUGHT));
    let events = scene.app.subscribe();
    let key = scene.vendor.sell(1);
    let requested = scene
        .app
        .request_activation(&key, &Default::default())
        .unwrap();
    let answer = scene.vendor.answer(&requested.request).unwrap();
    scene
        .app
        .apply_response(&answer.response, &Default::default())
        .unwrap();
    assert_eq!(scene.app.status().licenses.len(), 2);
    drop(events);
}

/// An application whose checks wait for the heartbeat only a moment, once it has a verdict.
fn impatient() -> Scene {
    let scene = Scene::with(|config| config.patience = Duration::from_millis(200));
    scene.app.start_heartbeat().unwrap();
    // On a machine with much to do the first one may take longer.
    while !scene.app.check(BOUGHT) {}
    scene
}

#[test]
fn a_tpm_that_holds_its_answer_back_holds_neither_checks_nor_the_end_back() {
    let scene = impatient();
    let gate = Gate::new();
    let held = Fault::Hold(gate.clone());
    scene.machine.tpm.faults().at_command("TPM2_Quote", 1, held);
    scene.clock.advance(HEARTBEAT);
    assert!(!scene.app.check(BOUGHT));
    assert!(gate.await_reached(PATIENCE));
    assert_eq!(scene.reason(), "tpm_busy");
    let events = scene.app.subscribe();
    drop(scene.app);
    // The thread still waits for the TPM, and the application went on.
    assert_eq!(events.count(), 0);
    gate.open();
}

#[test]
fn a_feature_comes_back_when_the_answer_does() {
    let scene = impatient();
    let gate = Gate::new();
    let held = Fault::Hold(gate.clone());
    scene.machine.tpm.faults().at_command("TPM2_Quote", 1, held);
    scene.clock.advance(HEARTBEAT);
    assert!(!scene.app.check(BOUGHT));
    let mut events = scene.app.subscribe();
    gate.open();
    let back = events.find(|event| event.status.shows(BOUGHT));
    assert!(back.is_some());
    assert!(scene.app.check(BOUGHT));
}

#[test]
fn a_heartbeat_ends_with_the_last_clone() {
    let scene = Scene::new();
    scene.app.start_heartbeat().unwrap();
    let clone = scene.app.clone();
    let events = scene.app.subscribe();
    drop(scene.app);
    assert!(clone.check(BOUGHT));
    drop(clone);
    // Had the thread slept out its two minutes, this would wait for it.
    assert!(events.count() >= 1);
    assert_eq!(
        std::fs::read_dir(scene.machine.dir().join("heartbeat"))
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                name.to_str().unwrap().starts_with("ask-")
            })
            .count(),
        0,
        "it took back what it asked for"
    );
}

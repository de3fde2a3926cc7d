//! P1: an answer that was held back for longer than a heartbeat is none, whoever asked and whoever held it back.

use std::time::Duration;

use counterfoil::client::{Counterfoil, ExportError, Failure};
use tpm_sim::{Fault, Gate, When};

use crate::client_support::{HEARTBEAT, Played};
use crate::{BOUGHT, ESSENTIAL, Scene};

const MOMENT: Duration = Duration::from_millis(1);

/// The last command whose answer a verdict rests on.
const LAST: &str = "TPM2_NV_Certify";

/// What `ask` comes to where the last answer is held back so many times, each time while `passes` lets time pass.
fn held<T: Send>(
    scene: &Scene,
    times: usize,
    passes: fn(&Played),
    ask: impl FnOnce(&Counterfoil) -> T + Send,
) -> T {
    let gates: Vec<Gate> = (1..=times)
        .map(|n| {
            let gate = Gate::new();
            let faults = scene.machine.tpm.faults();
            faults.at_command(LAST, n, Fault::Hold(gate.clone()));
            gate
        })
        .collect();
    std::thread::scope(|threads| {
        let asking = threads.spawn(|| ask(&scene.app));
        for gate in gates {
            assert!(gate.await_reached(Duration::from_secs(60)));
            passes(&scene.clock);
            gate.open();
        }
        asking.join().unwrap()
    })
}

#[test]
fn p1_every_way_to_a_verdict_refuses_an_answer_that_was_held_back() {
    // A relay that waits, a machine that slept, and a clock that was slowed meanwhile.
    let ways: [fn(&Played); 3] = [
        |clock| clock.advance(HEARTBEAT),
        |clock| clock.sleep(HEARTBEAT),
        |clock| clock.run_slowed(HEARTBEAT * 4 / 5, HEARTBEAT),
    ];
    for passes in ways {
        let scene = Scene::new();
        let report = held(&scene, 2, passes, Counterfoil::validate);
        assert_eq!(report.verdict.reason.name(), "answer_late");
        assert!(matches!(report.failure, Some(Failure::Late)));
        assert!(!report.allows(BOUGHT));
        assert!(report.allows(ESSENTIAL), "P11: by the license's own rules");
        assert_eq!(report.licenses.len(), 1, "the license is still known");
        assert!(!report.verdict.steps.is_empty());

        assert!(!held(&scene, 2, passes, |app| app.check(BOUGHT)));
        scene.app.stop_heartbeat();
    }
    let scene = Scene::new();
    assert!(held(&scene, 2, ways[0], |app| app.guard(BOUGHT)).is_none());
    let scene = Scene::new();
    let status = held(&scene, 2, ways[0], Counterfoil::status);
    assert!(!status.shows(BOUGHT));
    assert_eq!(status.reason.name(), "answer_late");
    let evidence = held(&scene, 2, ways[0], |app| app.evidence([7; 32]));
    assert!(matches!(evidence, Err(ExportError::Failure(Failure::Late))));
}

#[test]
fn p11_an_answer_that_was_held_back_once_is_asked_for_again() {
    let scene = Scene::new();
    let passes = |clock: &Played| clock.advance(HEARTBEAT);
    let report = held(&scene, 1, passes, Counterfoil::validate);
    assert!(report.allows(BOUGHT));
    assert!(held(&scene, 1, passes, |app| app.evidence([7; 32])).is_ok());
    let just_in_time = |clock: &Played| clock.advance(HEARTBEAT - MOMENT);
    let report = held(&scene, 1, just_in_time, Counterfoil::validate);
    assert!(report.allows(BOUGHT));
    assert_eq!(report.left(&scene.clock), MOMENT);
    scene.clock.advance(MOMENT);
    assert_eq!(report.left(&scene.clock), Duration::ZERO);
}

#[test]
fn p1_a_tpm_that_is_gone_when_its_late_answer_comes_is_told_as_gone() {
    let scene = Scene::new();
    let faults = scene.machine.tpm.faults();
    // The second time that the TPM is asked.
    faults.at_command("TPM2_StartAuthSession", 2, Fault::PowerOff(When::Before));
    let passes = |clock: &Played| clock.advance(HEARTBEAT);
    let report = held(&scene, 1, passes, Counterfoil::validate);
    assert!(matches!(
        report.verdict.reason.name(),
        "tpm_reset" | "tpm_missing"
    ));
    assert!(!report.allows(BOUGHT) && report.allows(ESSENTIAL));
    scene.machine.tpm.power_on().unwrap();
    assert!(scene.app.validate().allows(BOUGHT));
}

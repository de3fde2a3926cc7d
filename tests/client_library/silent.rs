//! P11: a TPM that does not answer. Each command has a deadline; what waits behind it ends in time, for the true reason, and
//! nothing is lost.

use std::time::Duration;

use counterfoil::client::{ActivateError, Config, Counterfoil};
use counterfoil::device::{Auths, DeviceError, Hardware as _, TssHardware};
use tpm_sim::{Fault, Gate};

use crate::stage::{contents, licensed, reason};
use crate::trouble::goes_through_trouble;
use crate::{BOUGHT, ESSENTIAL, Scene};

const SOON: Duration = Duration::from_millis(400);
const PATIENCE: Duration = Duration::from_secs(60);

/// A TPM that is given up soon.
fn impatient(scene: &Scene) -> TssHardware {
    scene.machine.hardware().with_timeout(SOON)
}

fn app(scene: &Scene, hardware: &TssHardware, change: impl FnOnce(&mut Config)) -> Counterfoil {
    scene.machine.app_with(&scene.vendor, |config| {
        config.hardware = Box::new(hardware.clone());
        change(config);
    })
}

/// Waits until every thread that was given up has ended.
fn settled(hardware: &TssHardware) {
    while hardware.stuck() > 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn p11_no_answer_to_any_command_is_told_in_time_and_leaves_nothing_behind() {
    let scene = Scene::new();
    let before = contents(&scene.machine.dir());
    let hardware = impatient(&scene);
    let app = app(&scene, &hardware, |config| {
        config.essential = vec![ESSENTIAL.to_owned()];
    });
    let mut n = 1;
    loop {
        let gate = Gate::new();
        let faults = scene.machine.tpm.faults();
        faults.at(n, Fault::Hold(gate.clone()));
        let report = app.validate();
        let spared = faults.armed() == 1;
        faults.clear();
        if spared && reason(&report) == "tpm_no_answer" {
            // A machine with much to do was too slow for an earlier command.
            settled(&hardware);
            continue;
        }
        if spared {
            assert!(n > 8, "every command was tried");
            break;
        }
        let sent = scene.machine.tpm.commands().len();
        // The last one only closes.
        if reason(&report) != "ok" {
            assert_eq!(reason(&report), "tpm_no_answer", "command {n}");
            assert!(!report.allows(BOUGHT) && report.allows(ESSENTIAL));
            assert!(!report.verdict.steps.is_empty());
        }
        assert_eq!(contents(&scene.machine.dir()), before);
        assert!(hardware.stuck() <= 1);
        gate.open();
        settled(&hardware);
        // The first is the one that was held.
        let after = scene.machine.tpm.commands_since(sent + 1);
        assert!(
            after.iter().all(|sent| sent.name == "TPM2_FlushContext"),
            "nothing is done that nobody waits for: {after:?}"
        );
        assert_eq!(scene.machine.tpm.leak().unwrap(), tpm_sim::Leak::default());
        assert_eq!(reason(&scene.app.validate()), "ok", "after command {n}");
        n += 1;
    }
}

#[test]
fn p5_an_increment_whose_answer_was_not_waited_for_is_settled_later() {
    // Held back before the increment, of which the TPM then must not hear, and after it.
    for (command, increments) in [("TPM2_PolicySigned", 0), ("TPM2_NV_Increment", 1)] {
        let (vendor, machine, app) = licensed();
        let key = vendor.sell(1);
        let requested = app.request_activation(&key, &Auths::default()).unwrap();
        let response = vendor.answer(&requested.request).unwrap().response;
        let hardware = machine.hardware().with_timeout(SOON);
        let hasty = machine.app_with(&vendor, |config| {
            config.hardware = Box::new(hardware.clone());
        });
        let gate = Gate::new();
        let faults = machine.tpm.faults();
        faults.at_command(command, 1, Fault::Hold(gate.clone()));
        let mut seen = machine.tpm.commands().len();
        loop {
            let applied = hasty.apply_response(&response, &Auths::default());
            assert!(
                matches!(applied, Err(ref error) if error.to_string().contains("answer")),
                "{command}: {applied:?}"
            );
            // Else a machine with much to do was too slow for an earlier command.
            if gate.await_reached(Duration::ZERO) {
                break;
            }
            settled(&hardware);
            seen = machine.tpm.commands().len();
        }
        gate.open();
        settled(&hardware);
        let sent = machine.tpm.commands_since(seen);
        let moved = sent.iter().filter(|sent| sent.name == "TPM2_NV_Increment");
        assert_eq!(moved.count(), increments, "{command}");
        match app.apply_response(&response, &Auths::default()) {
            Ok(_) | Err(ActivateError::AppliedBefore) => {}
            Err(error) => panic!("{command}: {error}"),
        }
        let report = app.validate();
        assert_eq!(reason(&report), "ok");
        assert_eq!(report.licenses.len(), 2);
    }
}

#[test]
fn p11_threads_that_are_stuck_are_bounded_and_lock_nobody_out() {
    let scene = Scene::new();
    let hardware = impatient(&scene);
    let asks = app(&scene, &hardware, |_| {});
    let waits = app(&scene, &hardware, |config| config.patience = Duration::ZERO);
    let gate = Gate::new();
    let held = Fault::Hold(gate.clone());
    scene.machine.tpm.faults().at(1, held);
    std::thread::scope(|threads| {
        let asking = threads.spawn(|| asks.validate());
        assert!(gate.await_reached(PATIENCE));
        let other = waits.validate();
        assert!(matches!(reason(&other), "state_busy" | "tpm_no_answer"));
        assert_eq!(reason(&asking.join().unwrap()), "tpm_no_answer");
    });
    // Nobody holds the folder any more, and the next ones wait behind the first.
    while hardware.stuck() < 3 {
        std::thread::sleep(SOON / 4);
        assert_eq!(reason(&waits.validate()), "tpm_no_answer");
    }
    assert!(matches!(
        hardware.open().map(drop),
        Err(DeviceError::Unanswered { commands: 3 })
    ));
    assert_eq!(reason(&waits.validate()), "tpm_no_answer");
    assert_eq!(hardware.stuck(), 3, "no thread is added");
    gate.open();
    settled(&hardware);
    assert_eq!(reason(&scene.app.validate()), "ok");
}

#[test]
fn p11_a_tpm_that_does_not_answer_for_a_while() {
    let mut scene = Scene::new();
    let hardware = scene.machine.hardware().with_timeout(SOON * 4);
    scene.app = app(&scene, &hardware, |config| scene.clock.clone().into(config));
    goes_through_trouble(
        scene,
        &|scene| scene.machine.tpm.suspend().unwrap(),
        &|scene| {
            scene.machine.tpm.resume().unwrap();
            settled(&hardware);
        },
        "tpm_no_answer",
    );
}

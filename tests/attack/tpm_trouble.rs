//! P11: a TPM that fails, is missing, or is held by others, end to end: the one true cause, and nothing lost.

use counterfoil::client::ActivateError;
use counterfoil::device::{Auths, TssHardware};
use counterfoil::evidence::handles::Handles;
use tpm_sim::{Fault, When};

use crate::device_support::{define_ordinary, handles};
use crate::stage::{FEATURE, Machine, Vendor, contents, licensed, reason};

const RC_RETRY: u32 = 0x922;
const RC_LOCKOUT: u32 = 0x921;
const RC_NV_RATE: u32 = 0x920;
const RC_OBJECT_MEMORY: u32 = 0x902;
const RC_SESSION_MEMORY: u32 = 0x903;
const RC_NV_SPACE: u32 = 0x14b;
const RC_FAILURE: u32 = 0x101;
const RC_COMMAND_CODE: u32 = 0x143;

#[test]
fn no_tpm_is_told_and_the_essential_tier_stays_on() {
    let (vendor, machine, _app) = licensed();
    let before = contents(&machine.dir());
    for tcti in [
        "swtpm:path=/nonexistent/tpm.sock",
        "device:/dev/no-such-tpm",
    ] {
        let app = machine.app_with(&vendor, |config| {
            config.hardware = Box::new(TssHardware::new(tcti));
            config.essential = vec!["open".to_owned()];
        });
        let report = app.validate();
        assert_eq!(reason(&report), "tpm_missing", "{tcti}");
        assert!(!report.verdict.steps.is_empty());
        assert!(report.verdict.features.contains(&"open".to_owned()));
        assert!(!report.allows(FEATURE));
    }
    assert_eq!(contents(&machine.dir()), before);
}

#[test]
fn a_name_that_is_no_connection_is_told() {
    let (vendor, machine, _app) = licensed();
    let app = machine.app_with(&vendor, |config| {
        config.hardware = Box::new(TssHardware::new("no such thing"))
    });
    assert_eq!(reason(&app.validate()), "tpm_missing");
}

#[test]
fn a_tpm_that_vanishes_at_any_command_is_told_and_nothing_is_lost() {
    let (_vendor, machine, app) = licensed();
    let before = contents(&machine.dir());
    for n in 1.. {
        machine.tpm.faults().at(n, Fault::Vanish(When::Before));
        let report = app.validate();
        let spared = machine.tpm.faults().armed() == 1;
        machine.tpm.faults().clear();
        machine.tpm.reappear().unwrap();
        if spared {
            break;
        }
        assert!(
            matches!(reason(&report), "tpm_reset" | "tpm_missing" | "ok"),
            "command {n}: {}",
            reason(&report)
        );
        assert_eq!(contents(&machine.dir()), before);
        // What the client could not flush is gone with the power; a resource manager would have flushed it.
        machine.tpm.reboot().unwrap();
        assert_eq!(reason(&app.validate()), "ok");
    }
}

#[test]
fn a_refusal_at_any_command_has_its_own_reason_and_leaves_nothing_behind() {
    let (_vendor, machine, app) = licensed();
    let before = contents(&machine.dir());
    let refusals = [
        (RC_LOCKOUT, "tpm_locked_out"),
        (RC_OBJECT_MEMORY, "tpm_busy"),
        (RC_SESSION_MEMORY, "tpm_busy"),
        (RC_FAILURE, "tpm_failure"),
    ];
    for (code, expected) in refusals {
        for n in 1.. {
            let seen = machine.tpm.commands().len();
            machine.tpm.faults().at(n, Fault::ReturnCode(code));
            let report = app.validate();
            let spared = machine.tpm.faults().armed() == 1;
            machine.tpm.faults().clear();
            if spared {
                break;
            }
            let struck = machine.tpm.commands_since(seen)[n - 1].name;
            // A flush that is refused leaves the object in the TPM, whatever the client does.
            if struck == "TPM2_FlushContext" {
                machine.tpm.reboot().unwrap();
                continue;
            }
            assert_eq!(
                reason(&report),
                expected,
                "{struck} {code:#x}: {:?}",
                report.failure
            );
            assert_eq!(contents(&machine.dir()), before);
            assert_eq!(reason(&app.validate()), "ok", "after {struck} {code:#x}");
        }
    }
}

#[test]
fn a_tpm_that_asks_for_a_moment_gets_it() {
    let (_vendor, machine, app) = licensed();
    for n in [1, 4, 8] {
        machine.tpm.faults().at(n, Fault::ReturnCode(RC_RETRY));
        assert_eq!(reason(&app.validate()), "ok");
        assert_eq!(machine.tpm.faults().armed(), 0);
    }
}

#[test]
fn p5_an_increment_that_the_tpm_limits_is_repeated_later_and_applied_once() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let app = machine.app(&vendor);
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let response = vendor.answer(&requested.request).unwrap().response;
    for code in [RC_LOCKOUT, RC_OBJECT_MEMORY] {
        machine
            .tpm
            .faults()
            .at_command("TPM2_NV_Increment", 1, Fault::ReturnCode(code));
        let _ = app.apply_response(&response, &Auths::default());
        machine.tpm.faults().clear();
    }
    machine
        .tpm
        .faults()
        .at_command("TPM2_NV_Increment", 1, Fault::ReturnCode(RC_NV_RATE));
    match app.apply_response(&response, &Auths::default()) {
        Ok(_) | Err(ActivateError::AppliedBefore) => {}
        Err(error) => panic!("{error}"),
    }
    machine.tpm.faults().clear();
    assert_eq!(reason(&app.validate()), "ok");
    assert!(matches!(
        app.apply_response(&response, &Auths::default()),
        Err(ActivateError::AppliedBefore)
    ));
}

#[test]
fn a_tpm_without_certified_counters_is_licensed_end_to_end() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    for _ in 0..2 {
        machine
            .tpm
            .faults()
            .at_command("TPM2_NV_Certify", 1, Fault::ReturnCode(RC_COMMAND_CODE));
    }
    let app = machine.app(&vendor);
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    machine.tpm.faults().clear();
    for n in 0..2 {
        machine
            .tpm
            .faults()
            .at_command("TPM2_NV_Certify", 1, Fault::ReturnCode(RC_COMMAND_CODE));
        assert_eq!(reason(&app.validate()), "ok", "validation {n}");
        machine.tpm.faults().clear();
    }
    machine
        .tpm
        .faults()
        .at_command("TPM2_NV_Certify", 1, Fault::ReturnCode(RC_COMMAND_CODE));
    let evidence = app.evidence([5; 32]).unwrap();
    machine.tpm.faults().clear();
    vendor
        .service()
        .verify_evidence(&evidence, &[5; 32])
        .unwrap();
}

#[test]
fn an_index_of_somebody_else_is_never_touched() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    let taken = Handles::new(vendor.service().vendor(), 0).activity_index;
    define_ordinary(&machine.tpm, taken);
    let app = machine.app(&vendor);
    let refused = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(refused.contains(&format!("{taken:#010x}")), "{refused}");
    app.deprovision(&Auths::default()).unwrap_or_default();
    assert!(handles(&machine.tpm, taken).contains(&taken));
    assert_eq!(reason(&app.validate()), "not_activated");
}

#[test]
fn no_room_for_counters_is_told_and_leaves_no_index() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let before = handles(&machine.tpm, 0x0100_0000);
    for n in [1, 2] {
        machine
            .tpm
            .faults()
            .at_command("TPM2_NV_DefineSpace", n, Fault::ReturnCode(RC_NV_SPACE));
        let app = machine.app(&vendor);
        let refused = app
            .request_activation(&vendor.sell(1), &Auths::default())
            .map(drop)
            .unwrap_err()
            .to_string();
        machine.tpm.faults().clear();
        assert!(refused.contains("no room"), "{refused}");
        app.deprovision(&Auths::default()).unwrap();
        assert_eq!(handles(&machine.tpm, 0x0100_0000), before);
    }
    let app = machine.activate(&vendor, &vendor.sell(1));
    assert_eq!(reason(&app.validate()), "ok");
}

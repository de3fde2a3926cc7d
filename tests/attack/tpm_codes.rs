//! P11: what a TPM or the resource manager before it refuses, with whatever code and at whatever command, is told as what it
//! is. Only what proves a replaced object is told as one, and nothing is lost.

use counterfoil::client::{ActivateError, Config, Counterfoil};
use counterfoil::device::{Auths, Hardware as _};
use counterfoil::evidence::handles::Handles;
use tpm_sim::Fault;
use tss_esapi::handles::{NvIndexHandle, TpmHandle};
use tss_esapi::interface_types::reserved_handles::{Enables, Provision};
use tss_esapi::interface_types::session_handles::AuthSession;

use crate::device_support::context;
use crate::stage::{Machine, Vendor, contents, licensed, reason};

/// Of the license, and not of the essential tier.
const BOUGHT: &str = "edit";
const ESSENTIAL: &str = "open";

/// Codes that prove nothing about the license: disabled, not authorized, a wrong value, no such handle, a wrong password with
/// and without lockout, no authorization to be had, one missing, wrong sizes, and one that the specification does not have.
const ODD: [u32; 11] = [
    0x120, 0x149, 0x1c4, 0x18b, 0x98e, 0x9a2, 0x12f, 0x125, 0x144, 0x126, 0x57f,
];
/// The kernel's resource manager in the TPM's place: no such command, no room, try again.
const MANAGERS: [u32; 3] = [0xb_0143, 0xb_0902, 0xb_0922];

fn with_essentials(vendor: &Vendor, machine: &Machine) -> Counterfoil {
    machine.app_with(vendor, |config: &mut Config| {
        config.essential = vec![ESSENTIAL.to_owned()];
    })
}

#[test]
fn p11_an_odd_code_at_any_command_of_a_validation_is_told_as_a_refusal_and_loses_nothing() {
    let (vendor, machine, _app) = licensed();
    let app = with_essentials(&vendor, &machine);
    let before = contents(&machine.dir());
    for code in ODD {
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
            let told = (reason(&report), struck);
            assert!(
                matches!(
                    told,
                    // An object that cannot be flushed is one that is not loaded, in the one case.
                    ("tpm_refused", _) | ("tpm_reset", "TPM2_FlushContext")
                ),
                "{told:?} {code:#x}: {:?}",
                report.failure
            );
            assert!(report.allows(ESSENTIAL) && !report.allows(BOUGHT));
            if told.0 == "tpm_refused" {
                let failure = report.failure.unwrap().to_string();
                assert!(failure.contains(&format!("{code:#x}")), "{failure}");
            }
            assert_eq!(contents(&machine.dir()), before);
            if struck == "TPM2_FlushContext" {
                machine.tpm.reboot().unwrap();
            }
        }
        assert_eq!(reason(&app.validate()), "ok", "after {code:#x}");
    }
}

#[test]
fn p11_what_a_resource_manager_refuses_in_the_tpms_place_is_told_as_a_refusal() {
    let (vendor, machine, _app) = licensed();
    let app = with_essentials(&vendor, &machine);
    let before = contents(&machine.dir());
    for code in MANAGERS {
        let faults = machine.tpm.faults();
        for n in 1..=100 {
            faults.at_command("TPM2_Load", n, Fault::ReturnCode(code));
        }
        let report = app.validate();
        faults.clear();
        assert_eq!(reason(&report), "tpm_refused", "{:?}", report.failure);
        assert!(report.allows(ESSENTIAL) && !report.allows(BOUGHT));
        assert_eq!(contents(&machine.dir()), before);
        // Once it is over in time.
        faults.at_command("TPM2_Unseal", 1, Fault::ReturnCode(code));
        assert_eq!(reason(&app.validate()), "ok");
    }
}

#[test]
fn p5_p11_an_odd_code_at_any_command_of_an_activation_loses_nothing() {
    const STRIDE: usize = 5;
    let (vendor, machine, app) = licensed();
    let auths = Auths::default();
    let mut struck = 0;
    for n in (1..).step_by(STRIDE) {
        let code = ODD[n % ODD.len()];
        machine.tpm.faults().at(n, Fault::ReturnCode(code));
        let _ = app.request_activation(&vendor.sell(1), &auths);
        let spared = machine.tpm.faults().armed() == 1;
        machine.tpm.faults().clear();
        machine.tpm.reboot().unwrap();
        assert_eq!(reason(&app.validate()), "ok", "request, {n} {code:#x}");
        if spared {
            break;
        }
        struck += 1;
    }
    let request = || {
        let requested = app.request_activation(&vendor.sell(1), &auths).unwrap();
        vendor.answer(&requested.request).unwrap().response
    };
    let (mut response, mut licenses) = (request(), 1);
    for n in (1..).step_by(STRIDE) {
        let code = ODD[n % ODD.len()];
        machine.tpm.faults().at(n, Fault::ReturnCode(code));
        let _ = app.apply_response(&response, &auths);
        let spared = machine.tpm.faults().armed() == 1;
        machine.tpm.faults().clear();
        machine.tpm.reboot().unwrap();
        assert_eq!(reason(&app.validate()), "ok", "response, {n} {code:#x}");
        let before = contents(&machine.dir());
        match app.apply_response(&response, &auths) {
            Ok(_) => {}
            Err(ActivateError::AppliedBefore) => assert_eq!(contents(&machine.dir()), before),
            Err(error) => panic!("response, {n} {code:#x}: {error}"),
        }
        licenses += 1;
        assert_eq!(app.validate().licenses.len(), licenses);
        if spared {
            break;
        }
        response = request();
        struck += 1;
    }
    assert!(struck > 12, "{struck} commands");
}

#[test]
fn p5_p11_an_odd_code_at_any_command_of_provisioning_ends_no_license() {
    let (_vendor, machine, app) = licensed();
    for n in (1..).step_by(2) {
        let code = ODD[n % ODD.len()];
        machine.tpm.faults().at(n, Fault::ReturnCode(code));
        let _ = app.provision(&Auths::default());
        let spared = machine.tpm.faults().armed() == 1;
        machine.tpm.faults().clear();
        machine.tpm.reboot().unwrap();
        assert_eq!(reason(&app.validate()), "ok", "{n} {code:#x}");
        if spared {
            assert!(n > 10, "{n} commands");
            break;
        }
    }
}

#[test]
fn a_counter_that_was_removed_alone_is_not_a_chip_that_was_erased() {
    for which in [
        |at: &Handles| at.epoch_index,
        |at: &Handles| at.activity_index,
    ] {
        let (vendor, machine, app) = licensed();
        let handles = Handles::new(vendor.service().vendor(), 0);
        let mut context = context(&machine.tpm);
        let index = TpmHandle::try_from(which(&handles)).unwrap();
        let index = context.tr_from_tpm_public(index).unwrap();
        context
            .execute_with_session(Some(AuthSession::Password), |context| {
                context.nv_undefine_space(Provision::Owner, NvIndexHandle::from(index))
            })
            .unwrap();
        drop(context);
        assert_eq!(reason(&app.validate()), "tpm_counter_removed");
    }
}

#[test]
fn a_hierarchy_that_is_switched_off_is_not_a_missing_chip_and_comes_back_with_a_restart() {
    for (switch, expected) in [
        (Enables::Owner, "tpm_hierarchy_off"),
        (Enables::Endorsement, "tpm_hierarchy_off"),
        // The license's own counters are the owner's.
        (Enables::PlatformNv, "ok"),
    ] {
        let (vendor, machine, _app) = licensed();
        let app = with_essentials(&vendor, &machine);
        let before = contents(&machine.dir());
        let mut context = context(&machine.tpm);
        context.set_sessions((Some(AuthSession::Password), None, None));
        context.hierarchy_control(switch, false).unwrap();
        drop(context);
        let report = app.validate();
        assert_eq!(reason(&report), expected, "{:?}", report.failure);
        assert!(report.allows(ESSENTIAL));
        assert_eq!(contents(&machine.dir()), before);
        // Certificates are the platform's: a key without one is shown, and not an error.
        if expected == "ok" {
            let hardware = machine.hardware();
            let keys = hardware.open().unwrap().endorsement(&Default::default());
            assert!(keys.unwrap()[0].certificates.is_empty());
        }
        machine.tpm.reboot().unwrap();
        assert_eq!(reason(&app.validate()), "ok");
    }
}

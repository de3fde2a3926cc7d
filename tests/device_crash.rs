//! Provisioning that is cut short at any command is completed by the next run.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use counterfoil::device::{
    Auths, Counter, DeviceError, Hardware as _, Outcome, Plan, ProvisionError, SecretKind,
    StoreBinding, Tpm as OpenTpm,
};
use device_support::{QUALIFYING, handles, hardware, place, plan, provisioned};
use tpm_sim::{Fault, Tpm, When};

#[test]
fn p5_provisioning_cut_before_any_command_is_completed_by_the_next_run() {
    cut_provisioning_everywhere(When::Before);
}

#[test]
fn p5_provisioning_cut_after_any_command_is_completed_by_the_next_run() {
    cut_provisioning_everywhere(When::After);
}

/// A person's word is asked for again only where the old store is still whole.
#[test]
fn p5_a_replacement_cut_at_any_command_leaves_the_old_store_or_completes_without_another_word() {
    for n in (1..).step_by(5) {
        let (tpm, old) = provisioned();
        let replacing = Plan {
            replace: true,
            keep_first: true,
            ..plan()
        };
        tpm.faults().at(n, Fault::PowerOff(When::After));
        let first = hardware(&tpm).open().unwrap().provision(&replacing);
        if tpm.faults().armed() > 0 {
            tpm.faults().clear();
            assert_eq!(first.unwrap().outcome, Outcome::Replaced);
            break;
        }
        tpm.power_on().unwrap();
        let hardware = hardware(&tpm);
        let mut open = hardware.open().unwrap();
        match set_up(open.as_mut(), &mut None) {
            Ok(outcome) => assert_eq!(outcome, Outcome::Created, "{n}"),
            Err(error) => {
                assert_eq!(error, ProvisionError::PlaceTaken, "{n}");
                open.unseal(&old, SecretKind::Seed).unwrap();
            }
        }
    }
}

#[test]
fn p5_deprovisioning_cut_at_any_command_is_completed_by_the_next_run() {
    let bare = {
        let tpm = device_support::tpm();
        everything(&tpm)
    };
    for n in 1.. {
        let (tpm, _) = provisioned();
        tpm.faults().at(n, Fault::PowerOff(When::After));
        let result = hardware(&tpm)
            .open()
            .unwrap()
            .deprovision(&place(), &Auths::default());
        if tpm.faults().armed() > 0 {
            result.unwrap();
            tpm.faults().clear();
            assert_eq!(everything(&tpm), bare);
            break;
        }
        tpm.power_on().unwrap();
        hardware(&tpm)
            .open()
            .unwrap()
            .deprovision(&place(), &Auths::default())
            .unwrap();
        assert_eq!(everything(&tpm), bare, "{n}");
    }
}

#[test]
fn p5_an_increment_cut_at_any_command_moves_the_counter_once_or_not_at_all() {
    for when in [When::Before, When::After] {
        let (tpm, binding) = provisioned();
        let read = || {
            hardware(&tpm)
                .open()
                .unwrap()
                .read_counter(&binding, Counter::Activity)
        };
        for n in 1.. {
            let before = read().unwrap();
            tpm.faults().at(n, Fault::PowerOff(when));
            let result =
                hardware(&tpm)
                    .open()
                    .unwrap()
                    .increment(&binding, Counter::Activity, before);
            if tpm.faults().armed() > 0 {
                tpm.faults().clear();
                assert_eq!(result, Ok(()));
                assert_eq!(read(), Ok(before + 1));
                break;
            }
            tpm.power_on().unwrap();
            let after = read().unwrap();
            assert!(
                after == before || after == before + 1,
                "{n}: {before} -> {after}"
            );
            if result.is_ok() {
                assert_eq!(after, before + 1);
            }
        }
    }
}

fn cut_provisioning_everywhere(when: When) {
    let mut cuts = 0;
    for n in 1.. {
        let tpm = device_support::tpm();
        let mut kept = None;
        tpm.faults().at(n, Fault::PowerOff(when));
        let first = set_up(hardware(&tpm).open().unwrap().as_mut(), &mut kept);
        if tpm.faults().armed() > 0 {
            tpm.faults().clear();
            assert_eq!(first, Ok(Outcome::Created));
            break;
        }
        cuts += 1;
        tpm.power_on().unwrap();
        if let Err(error) = first {
            assert_eq!(error, ProvisionError::Device(DeviceError::Vanished), "{n}");
        }
        assert_completes(&tpm, kept, n);
    }
    assert!(cuts > 20, "provisioning takes more commands than {cuts}");
}

/// Provisions as a client does, with a folder that outlives a cut.
fn set_up(
    open: &mut dyn OpenTpm,
    kept: &mut Option<StoreBinding>,
) -> Result<Outcome, ProvisionError> {
    let existing = kept.clone();
    let made = open.provision(&Plan {
        existing: existing.as_ref(),
        keep_first: true,
        ..plan()
    })?;
    if made.store_key.is_none() {
        return Ok(made.outcome);
    }
    let finished = open.provision(&Plan {
        existing: Some(kept.insert(made.binding)),
        ..plan()
    })?;
    assert_eq!(finished.store_key, None, "it goes on with what was kept");
    Ok(made.outcome)
}

fn assert_completes(tpm: &Tpm, mut kept: Option<StoreBinding>, n: usize) {
    let hardware = hardware(tpm);
    let mut open = hardware.open().unwrap();
    if let Err(error) = set_up(open.as_mut(), &mut kept) {
        panic!("after a cut at command {n}: {error}");
    }
    let binding = kept.unwrap();
    open.unseal(&binding, SecretKind::Seed).unwrap();
    open.enroll(&binding, &QUALIFYING).unwrap();
    let again = open
        .provision(&Plan {
            existing: Some(&binding),
            ..plan()
        })
        .unwrap();
    assert_eq!(again.outcome, Outcome::Unchanged, "{n}");
}

fn everything(tpm: &Tpm) -> Vec<u32> {
    [handles(tpm, 0x0100_0000), handles(tpm, 0x8100_0000)].concat()
}

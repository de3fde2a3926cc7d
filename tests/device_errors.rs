//! Every way in which a TPM fails is an error of its own, and leaves nothing behind in the TPM.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use counterfoil::device::{
    AuthValue, Auths, Counter, CounterForm, DeviceError, Hardware as _, IncrementError, Memory,
    Plan, ProvisionError, SecretKind, StoreBinding, TssHardware, UnsealError,
};
use counterfoil::evidence::Hierarchy;
use counterfoil::token::Selections;
use device_support::{QUALIFYING, handles, hardware, place, plan, provisioned, set_auth};
use tpm_sim::{Fault, Tpm, When};
use tss_esapi::handles::AuthHandle;
use tss_esapi::interface_types::reserved_handles::Enables;
use tss_esapi::interface_types::session_handles::AuthSession;

const RETRY: u32 = 0x922;
const NV_RATE: u32 = 0x920;

#[test]
fn a_name_that_is_no_connection() {
    let tcti = "tpm over pigeons".to_owned();
    let result = TssHardware::new(tcti.clone()).open().err();
    assert_eq!(result, Some(DeviceError::UnknownConnection { tcti }));
}

#[test]
fn no_device_file_and_no_socket() {
    let empty = tempfile::tempdir().unwrap();
    for kind in ["device:", "swtpm:path="] {
        let tcti = format!("{kind}{}", empty.path().join("tpm").display());
        let result = TssHardware::new(tcti.clone()).open().err();
        assert_eq!(result, Some(DeviceError::NoTpm { tcti }));
    }
}

#[test]
fn what_to_do_without_a_tpm_depends_on_the_connection() {
    for (tcti, advice) in [
        ("device:/dev/tpmrm0", "switch it on in the firmware"),
        ("swtpm:path=/run/tpm.sock", "start the simulator"),
        ("tabrmd", "start the service"),
    ] {
        let tcti = tcti.to_owned();
        let text = DeviceError::NoTpm { tcti: tcti.clone() }.to_string();
        assert_eq!(
            text.find(advice),
            text.find(": ").map(|at| at + 2),
            "{text}"
        );
        let text = DeviceError::NoModule { tcti }.to_string();
        assert!(!text.contains("firmware"), "{text}");
    }
}

#[test]
fn a_hierarchy_s_password_is_asked_for_where_none_was_given_and_is_wrong_where_one_was() {
    let hierarchy = Hierarchy::Endorsement;
    let needed = DeviceError::AuthNeeded(hierarchy).to_string();
    assert!(
        needed.contains("has a password: repeat this command with --endorsement-auth-file FILE")
    );
    assert!(needed.contains("`Auths`"), "{needed}");
    let wrong = DeviceError::WrongAuth(hierarchy).to_string();
    assert!(wrong.contains("given for the TPM's endorsement hierarchy does not fit"));
}

#[test]
fn a_tpm_that_is_off() {
    let tpm = device_support::tpm();
    tpm.power_off();
    let tcti = tpm.tcti();
    assert_eq!(
        hardware(&tpm).open().err(),
        Some(DeviceError::NoTpm { tcti })
    );
    tpm.power_on().unwrap();
}

#[test]
fn a_busy_tpm_is_asked_again() {
    let (tpm, binding) = provisioned();
    for code in [RETRY, 0x908, 0x90a] {
        tpm.faults()
            .at_command("TPM2_Quote", 1, Fault::ReturnCode(code));
        hardware(&tpm)
            .open()
            .unwrap()
            .attest(&binding, &QUALIFYING, &Selections::none())
            .unwrap();
    }
}

#[test]
fn a_tpm_that_stays_busy() {
    let (tpm, binding) = provisioned();
    refuse_for_ever(&tpm, "TPM2_Quote", RETRY);
    let result = hardware(&tpm)
        .open()
        .unwrap()
        .attest(&binding, &QUALIFYING, &Selections::none());
    assert_eq!(result, Err(DeviceError::KeepsRetrying));
    tpm.faults().clear();
}

#[test]
fn an_increment_that_nv_rate_holds_back_is_made_once() {
    let (tpm, binding) = provisioned();
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let before = open.read_counter(&binding, Counter::Activity).unwrap();
    for n in 1..=3 {
        tpm.faults()
            .at_command("TPM2_NV_Increment", n, Fault::ReturnCode(NV_RATE));
    }
    open.increment(&binding, Counter::Activity, before).unwrap();
    let after = open.read_counter(&binding, Counter::Activity);
    assert_eq!(after, Ok(before + 1));
}

#[test]
fn nv_writes_that_stay_limited() {
    let (tpm, binding) = provisioned();
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let before = open.read_counter(&binding, Counter::Activity).unwrap();
    refuse_for_ever(&tpm, "TPM2_NV_Increment", NV_RATE);
    let result = open.increment(&binding, Counter::Activity, before);
    assert_eq!(result, Err(IncrementError::Device(DeviceError::NvRate)));
    tpm.faults().clear();
    assert_eq!(open.read_counter(&binding, Counter::Activity), Ok(before));
}

#[test]
fn what_the_tpm_answers_has_one_error_each() {
    let (tpm, binding) = provisioned();
    for (command, code, error) in [
        ("TPM2_Load", 0x921, DeviceError::LockedOut),
        ("TPM2_Load", 0x902, DeviceError::OutOfMemory(Memory::Object)),
        (
            "TPM2_StartAuthSession",
            0x903,
            DeviceError::OutOfMemory(Memory::Session),
        ),
        (
            "TPM2_StartAuthSession",
            0x905,
            DeviceError::OutOfMemory(Memory::Session),
        ),
        ("TPM2_StartAuthSession", 0x100, DeviceError::NotStarted),
        ("TPM2_Unseal", 0x101, DeviceError::Failed),
        (
            "TPM2_PolicyNV",
            0x143,
            DeviceError::Unsupported("TPM2_PolicyNV"),
        ),
        (
            "TPM2_FlushContext",
            0x1c4,
            DeviceError::Refused {
                command: "TPM2_FlushContext",
                code: 0x1c4,
            },
        ),
    ] {
        tpm.faults().at_command(command, 1, Fault::ReturnCode(code));
        let result = hardware(&tpm)
            .open()
            .unwrap()
            .unseal(&binding, SecretKind::Seed);
        assert_eq!(
            result,
            Err(UnsealError::Device(error)),
            "{command} {code:x}"
        );
        assert_eq!(tpm.faults().armed(), 0);
    }
}

#[test]
fn a_connection_that_breaks_at_any_command() {
    for when in [When::Before, When::After] {
        let (tpm, binding) = provisioned();
        for n in 1.. {
            tpm.faults().at(n, Fault::PowerOff(when));
            let result = hardware(&tpm)
                .open()
                .unwrap()
                .unseal(&binding, SecretKind::Seed);
            if tpm.faults().armed() > 0 {
                tpm.faults().clear();
                assert_eq!(n, 7, "an unseal has six commands");
                break;
            }
            if n < 5 || when == When::Before && n == 5 {
                assert_eq!(
                    result,
                    Err(UnsealError::Device(DeviceError::Vanished)),
                    "{n}"
                );
            }
            tpm.power_on().unwrap();
        }
    }
}

#[test]
fn a_reset_in_the_middle() {
    let (tpm, binding) = provisioned();
    for command in ["TPM2_PolicyNV", "TPM2_Unseal"] {
        tpm.faults()
            .at_command(command, 1, Fault::Reset(When::Before));
        let result = hardware(&tpm)
            .open()
            .unwrap()
            .unseal(&binding, SecretKind::Seed);
        assert_eq!(
            result,
            Err(UnsealError::Device(DeviceError::Interrupted)),
            "{command}"
        );
        hardware(&tpm)
            .open()
            .unwrap()
            .unseal(&binding, SecretKind::Seed)
            .unwrap();
    }
}

#[test]
fn an_operation_after_a_sleep_works() {
    let (tpm, binding) = provisioned();
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    open.unseal(&binding, SecretKind::Seed).unwrap();
    tpm.suspend().unwrap();
    tpm.resume().unwrap();
    open.unseal(&binding, SecretKind::Seed).unwrap();
    open.attest(&binding, &QUALIFYING, &Selections::none())
        .unwrap();
}

#[test]
fn no_room_for_counters_leaves_the_tpm_as_it_was() {
    const NV_SPACE: u32 = 0x14b;
    for n in [1, 2] {
        let tpm = device_support::tpm();
        let before = everything(&tpm);
        tpm.faults()
            .at_command("TPM2_NV_DefineSpace", n, Fault::ReturnCode(NV_SPACE));
        let result = hardware(&tpm).open().unwrap().provision(&plan());
        assert_eq!(result, Err(ProvisionError::NoNvSpace));
        assert_eq!(everything(&tpm), before);
    }
}

#[test]
fn keys_without_room_are_made_at_each_use() {
    const NV_SPACE: u32 = 0x14b;
    let tpm = device_support::tpm();
    for n in 1..=3 {
        tpm.faults()
            .at_command("TPM2_EvictControl", n, Fault::ReturnCode(NV_SPACE));
    }
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let binding = open.provision(&plan()).unwrap().binding;
    assert_eq!(tpm.faults().armed(), 0);
    assert_eq!(binding.attestation_key.handle, None);
    open.unseal(&binding, SecretKind::Seed).unwrap();
    open.attest(&binding, &QUALIFYING, &Selections::none())
        .unwrap();
    open.enroll(&binding, &QUALIFYING).unwrap();
    let again = open
        .provision(&Plan {
            existing: Some(&binding),
            ..plan()
        })
        .unwrap();
    assert_eq!(again.binding, binding);
}

#[test]
fn hierarchies_with_passwords_are_named_and_provisioned_with_them() {
    let tpm = device_support::tpm();
    set_auth(&tpm, AuthHandle::Owner, b"owner's");
    set_auth(&tpm, AuthHandle::Endorsement, b"endorser's");
    let (owner, endorsement) = (
        AuthValue::new(b"owner's".into()),
        AuthValue::new(b"endorser's".into()),
    );
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let before = everything(&tpm);
    let mut provision = |owner: AuthValue, endorsement: AuthValue| {
        open.provision(&Plan {
            auths: Auths { owner, endorsement },
            ..plan()
        })
    };

    let needed = |hierarchy| Err(ProvisionError::Device(DeviceError::AuthNeeded(hierarchy)));
    let none = AuthValue::empty;
    assert_eq!(
        provision(owner.clone(), none()),
        needed(Hierarchy::Endorsement)
    );
    assert_eq!(
        provision(none(), endorsement.clone()),
        needed(Hierarchy::Owner)
    );
    let wrong = || AuthValue::new(b"guess".into());
    let misfit = |hierarchy| Err(ProvisionError::Device(DeviceError::WrongAuth(hierarchy)));
    assert_eq!(
        provision(wrong(), endorsement.clone()),
        misfit(Hierarchy::Owner)
    );
    assert_eq!(
        provision(owner.clone(), wrong()),
        misfit(Hierarchy::Endorsement)
    );
    assert_eq!(everything(&tpm), before);
    let binding = provision(owner.clone(), endorsement.clone())
        .unwrap()
        .binding;

    let (sent, mut open) = (tpm.commands().len(), hardware.open().unwrap());
    open.unseal(&binding, SecretKind::Seed).unwrap();
    open.attest(&binding, &QUALIFYING, &Selections::none())
        .unwrap();
    open.enroll(&binding, &QUALIFYING).unwrap();
    let activity = open.read_counter(&binding, Counter::Activity).unwrap();
    open.increment(&binding, Counter::Activity, activity)
        .unwrap();
    assert!(
        tpm.commands_since(sent)
            .iter()
            .all(|command| command.name != "TPM2_CreatePrimary")
    );

    let refused = open.deprovision(&place(), &Auths::default());
    assert_eq!(
        refused,
        Err(DeviceError::AuthNeeded(Hierarchy::Owner).into())
    );
    open.deprovision(&place(), &Auths { owner, endorsement })
        .unwrap();
    assert_eq!(everything(&tpm), before);
}

#[test]
fn a_password_set_later_that_each_use_would_need_is_to_be_taken_away() {
    const NV_SPACE: u32 = 0x14b;
    let at_each_use = DeviceError::AuthAtEachUse;
    let tpm = device_support::tpm();
    for n in 1..=3 {
        tpm.faults()
            .at_command("TPM2_EvictControl", n, Fault::ReturnCode(NV_SPACE));
    }
    let binding = device_support::provision(&tpm).binding;
    set_auth(&tpm, AuthHandle::Owner, b"owner's");
    set_auth(&tpm, AuthHandle::Endorsement, b"endorser's");
    let hardware_of_no_room = hardware(&tpm);
    let mut open = hardware_of_no_room.open().unwrap();
    assert_eq!(
        open.unseal(&binding, SecretKind::Seed),
        Err(at_each_use(Hierarchy::Owner).into())
    );
    assert_eq!(
        open.attest(&binding, &QUALIFYING, &Selections::none()),
        Err(at_each_use(Hierarchy::Endorsement))
    );

    let tpm = device_support::tpm();
    let hardware_of_audits = hardware(&tpm);
    let mut open = hardware_of_audits.open().unwrap();
    let audited = Plan {
        counter_form: Some(CounterForm::Audited),
        ..plan()
    };
    let binding = open.provision(&audited).unwrap().binding;
    set_auth(&tpm, AuthHandle::Endorsement, b"endorser's");
    assert_eq!(
        open.attest(&binding, &QUALIFYING, &Selections::none()),
        Err(at_each_use(Hierarchy::Endorsement))
    );
}

#[test]
fn a_hierarchy_that_is_switched_off_is_named() {
    for (switch, hierarchy) in [
        (Enables::Owner, Hierarchy::Owner),
        (Enables::Endorsement, Hierarchy::Endorsement),
    ] {
        let (tpm, binding) = provisioned();
        let mut context = device_support::context(&tpm);
        context.set_sessions((Some(AuthSession::Password), None, None));
        context.hierarchy_control(switch, false).unwrap();
        drop(context);
        let off = DeviceError::HierarchyOff(hierarchy);
        let hardware = hardware(&tpm);
        let mut open = hardware.open().unwrap();
        assert_eq!(
            open.attest(&binding, &QUALIFYING, &Selections::none()),
            Err(off.clone())
        );
        assert_eq!(open.endorsement(&AuthValue::empty()), Err(off.clone()));
        let existing = Some(&binding);
        let again = open.provision(&Plan { existing, ..plan() });
        assert_eq!(again, Err(off.into()));
    }
}

#[test]
fn a_password_that_each_audited_read_would_need_is_refused_before_anything_is_made() {
    let tpm = device_support::tpm();
    set_auth(&tpm, AuthHandle::Endorsement, b"endorser's");
    let before = everything(&tpm);
    let endorsement = AuthValue::new(b"endorser's".into());
    let plan = Plan {
        auths: Auths {
            endorsement,
            ..Auths::default()
        },
        counter_form: Some(CounterForm::Audited),
        ..plan()
    };
    let result = hardware(&tpm).open().unwrap().provision(&plan);
    assert_eq!(result, Err(ProvisionError::AuditNeedsAuth));
    assert_eq!(everything(&tpm), before);
}

#[test]
fn no_room_for_keys_that_would_need_a_password() {
    const NV_SPACE: u32 = 0x14b;
    let tpm = device_support::tpm();
    set_auth(&tpm, AuthHandle::Endorsement, b"endorser's");
    let before = everything(&tpm);
    tpm.faults()
        .at_command("TPM2_EvictControl", 1, Fault::ReturnCode(NV_SPACE));
    let endorsement = AuthValue::new(b"endorser's".into());
    let auths = Auths {
        endorsement,
        ..Auths::default()
    };
    let result = hardware(&tpm)
        .open()
        .unwrap()
        .provision(&Plan { auths, ..plan() });
    assert_eq!(
        result,
        Err(ProvisionError::NoPersistentSpace(Hierarchy::Endorsement))
    );
    assert_eq!(everything(&tpm), before);
}

#[test]
fn a_binding_that_contradicts_itself_is_refused() {
    let (tpm, binding) = provisioned();
    let mut key = binding.storage_root_key.clone();
    key.name = binding.attestation_key.name;
    let forged = StoreBinding {
        storage_root_key: key,
        ..binding
    };
    tpm.take_counts();
    let result = hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&forged, SecretKind::Seed);
    assert_eq!(result, Err(DeviceError::BadBinding.into()));
    assert!(tpm.take_counts().is_empty(), "no session was salted to it");
}

/// Refuses a command more often than it is repeated.
fn refuse_for_ever(tpm: &Tpm, command: &str, code: u32) {
    for n in 1..=100 {
        tpm.faults().at_command(command, n, Fault::ReturnCode(code));
    }
}

fn everything(tpm: &Tpm) -> Vec<u32> {
    [handles(tpm, 0x0100_0000), handles(tpm, 0x8100_0000)].concat()
}

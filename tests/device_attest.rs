//! What a validation rests on, in both forms, and what it costs.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use counterfoil::device::{
    Counter, CounterForm, DeviceError, Hardware as _, Plan, SecretKind, StoreBinding,
};
use counterfoil::evidence::{CounterError, CounterProof, QuoteError, verify_counter, verify_quote};
use counterfoil::token::{PcrSelection, Selections};
use device_support::{QUALIFYING, attestation_key, hardware, index_name, plan, provisioned};
use std::thread;
use std::time::Duration;
use tpm_sim::{Fault, Gate, Tpm};

#[test]
fn p7_quote_and_certified_counter_verify() {
    let (tpm, binding) = provisioned();
    assert_eq!(binding.counter_form, CounterForm::Certified);
    let proof = attest_and_verify(&tpm, &binding);
    assert!(matches!(proof, CounterProof::Certified(_)));
}

#[test]
fn p7_quote_and_audited_counter_verify() {
    let (tpm, binding) = provisioned();
    let binding = StoreBinding {
        counter_form: CounterForm::Audited,
        ..binding
    };
    let proof = attest_and_verify(&tpm, &binding);
    assert!(matches!(proof, CounterProof::Audited { .. }));
}

#[test]
fn a_tpm_that_refuses_nv_certify_is_read_in_an_audit_session() {
    let (tpm, binding) = provisioned();
    const COMMAND_CODE: u32 = 0x143;
    tpm.faults()
        .at_command("TPM2_NV_Certify", 1, Fault::ReturnCode(COMMAND_CODE));
    let proof = attest_and_verify(&tpm, &binding);
    assert!(matches!(proof, CounterProof::Audited { .. }));
}

#[test]
fn an_audited_read_that_another_program_spoiled_is_made_again() {
    let (tpm, binding) = provisioned();
    let binding = StoreBinding {
        counter_form: CounterForm::Audited,
        ..binding
    };
    let gate = Gate::new();
    tpm.faults()
        .at_command("TPM2_NV_Read", 2, Fault::Hold(gate.clone()));
    thread::scope(|scope| {
        scope.spawn(|| {
            assert!(gate.await_reached(Duration::from_secs(20)));
            // The simulator asks the TPM, as another program would, before the digest is signed.
            tpm.leak().unwrap();
            gate.open();
        });
        attest_and_verify(&tpm, &binding);
    });
    assert_eq!(tpm.take_counts()["TPM2_GetSessionAuditDigest"], 2);
}

#[test]
fn the_form_can_be_chosen_when_provisioning() {
    let tpm = device_support::tpm();
    let plan = Plan {
        counter_form: Some(CounterForm::Audited),
        ..plan()
    };
    let binding = hardware(&tpm)
        .open()
        .unwrap()
        .provision(&plan)
        .unwrap()
        .binding;
    assert_eq!(binding.counter_form, CounterForm::Audited);
    hardware(&tpm)
        .open()
        .unwrap()
        .enroll(&binding, &QUALIFYING)
        .unwrap();
    assert!(!tpm.take_counts().contains_key("TPM2_NV_Certify"));
}

#[test]
fn p7_another_nonce_or_another_counter_is_refused() {
    let (tpm, binding) = provisioned();
    let attested = hardware(&tpm)
        .open()
        .unwrap()
        .attest(&binding, &QUALIFYING, &Selections::none())
        .unwrap();
    let ak = attestation_key(&binding);
    let quote = verify_quote(&ak, &attested.quotes[0], &[0; 32], PcrSelection::NONE);
    assert!(
        matches!(quote, Err(QuoteError::Attestation(_))),
        "{quote:?}"
    );
    let epoch = index_name(&binding.epoch_index);
    let counter = verify_counter(&ak, &attested.activity, &epoch, &QUALIFYING);
    assert_eq!(counter, Err(CounterError::IndexName));
}

/// A cold validation: the seed opened, quote and counter attested, in one connection. Asymmetric operations of the TPM are
/// the salt of the session and the two signatures.
#[test]
fn a_validation_takes_eight_commands_of_which_three_are_asymmetric() {
    let (tpm, binding) = provisioned();
    tpm.reboot().unwrap();
    tpm.take_counts();
    validate(&tpm, &binding);
    let counts: Vec<_> = tpm.take_counts().into_iter().collect();
    let expected = [
        ("TPM2_FlushContext", 2),
        ("TPM2_Load", 1),
        ("TPM2_NV_Certify", 1),
        ("TPM2_PolicyNV", 1),
        ("TPM2_Quote", 1),
        ("TPM2_StartAuthSession", 1),
        ("TPM2_Unseal", 1),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn a_validation_in_the_audited_form_takes_eleven_commands() {
    let (tpm, binding) = provisioned();
    let binding = StoreBinding {
        counter_form: CounterForm::Audited,
        ..binding
    };
    tpm.take_counts();
    validate(&tpm, &binding);
    let counts = tpm.take_counts();
    assert_eq!(counts.values().sum::<usize>(), 11, "{counts:?}");
}

#[test]
fn reading_a_counter_takes_one_command() {
    let (tpm, binding) = provisioned();
    tpm.take_counts();
    hardware(&tpm)
        .open()
        .unwrap()
        .read_counter(&binding, Counter::Activity)
        .unwrap();
    assert_eq!(
        tpm.take_counts().into_iter().collect::<Vec<_>>(),
        [("TPM2_NV_Read", 1)]
    );
}

#[test]
fn opening_sends_no_command() {
    let tpm = device_support::tpm();
    drop(hardware(&tpm).open().unwrap());
    assert!(tpm.take_counts().is_empty());
}

#[test]
fn an_attestation_at_another_tpm_names_what_is_missing() {
    let (_tpm, binding) = provisioned();
    let bare = device_support::tpm();
    let result = hardware(&bare)
        .open()
        .unwrap()
        .attest(&binding, &QUALIFYING, &Selections::none());
    let missing = DeviceError::Missing(counterfoil::device::Object::AttestationKey);
    assert_eq!(result, Err(missing));
}

fn validate(tpm: &Tpm, binding: &StoreBinding) {
    let hardware = hardware(tpm);
    let mut tpm = hardware.open().unwrap();
    tpm.unseal(binding, SecretKind::Seed).unwrap();
    tpm.attest(binding, &QUALIFYING, &Selections::none())
        .unwrap();
}

fn attest_and_verify(tpm: &Tpm, binding: &StoreBinding) -> CounterProof {
    let hardware = hardware(tpm);
    let mut open = hardware.open().unwrap();
    let value = open.read_counter(binding, Counter::Activity).unwrap();
    let attested = open
        .attest(binding, &QUALIFYING, &Selections::none())
        .unwrap();
    let ak = attestation_key(binding);
    let quote = verify_quote(&ak, &attested.quotes[0], &QUALIFYING, PcrSelection::NONE).unwrap();
    let index = index_name(&binding.activity_index);
    let counter = verify_counter(&ak, &attested.activity, &index, &QUALIFYING).unwrap();
    assert!(counter.follows(&quote));
    assert_eq!(counter.value(), value);
    attested.activity
}

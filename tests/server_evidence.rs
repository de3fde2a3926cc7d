//! A machine's evidence, as a relying party with the vendor's keys sees it.
#![cfg(all(feature = "server", feature = "device", feature = "cli"))]

mod server_support;

use std::fs;
use std::process::Command;
use std::time::Duration;

use counterfoil::device::{Attestation, Hardware, TssHardware};
use counterfoil::protocol::report::{Covered, EvidenceFile, TokenFiles};
use counterfoil::protocol::{ActivationResponse, Evidence, Subject};
use counterfoil::server::evidence::EvidenceError;
use counterfoil::token::{Digest, Selections};
use serde_json::Value;
use server_support::{Machine, Vendor};

const NONCE: [u8; 32] = [0xa5; 32];

/// An activated machine.
fn activated() -> (Vendor, Machine, ActivationResponse) {
    let vendor = Vendor::new();
    let machine = Machine::new(vendor.service.vendor());
    let answer = vendor
        .answer(&machine.request(&vendor.license(1)))
        .expect("an answer");
    let response = machine.open(&answer.response).expect("the TPM opens it");
    (vendor, machine, response)
}

/// What the machine proves about its license, covering `nonce`.
fn evidence(machine: &Machine, tokens: &ActivationResponse, nonce: [u8; 32]) -> Vec<u8> {
    let covered = Covered {
        license: Digest::of(&[&tokens.license]),
        lease: Digest::of(&[&tokens.lease]),
    };
    let subject = Subject {
        licenses: vec![covered],
        state: Digest::new([0; 32]),
        nonces: vec![[1; 32], nonce],
    };
    let hardware = TssHardware::new(machine.tpm.tcti());
    let mut open = hardware.open().expect("it opens");
    let Attestation { quotes, activity } = open
        .attest(
            &machine.binding,
            &subject.qualifying_data(),
            &Selections::none(),
        )
        .expect("it attests");
    let file = EvidenceFile {
        evidence: Evidence {
            subject,
            quotes,
            activity,
        },
        ak_public: machine.binding.attestation_key.public.clone(),
        tokens: vec![TokenFiles {
            license: tokens.license.clone(),
            lease: tokens.lease.clone(),
        }],
    };
    file.sign(&machine.binding_key).expect("it fits")
}

#[test]
fn p7_evidence_shows_which_licenses_a_machine_holds_and_what_is_charged() {
    let (vendor, machine, tokens) = activated();
    let proof = vendor
        .service
        .verify_evidence(&evidence(&machine, &tokens, NONCE), &NONCE)
        .expect("good evidence");
    let [proven] = &proof.licenses[..] else {
        panic!("one license")
    };
    assert_eq!(proven.license.bytes(), tokens.license);
    assert!(proof.reading.clock.clock_ms >= proven.lease.anchor.clock_ms);
    assert!(proven.charge.spent_ms > 0 && proven.charge.spent_ms < proven.charge.budget_ms);
    assert!(proven.proven_utc >= vendor.now);
    assert!(proven.proven_utc < vendor.now.plus(Duration::from_secs(3600)));
}

#[test]
fn p7_evidence_for_another_question_or_of_another_machine_is_refused() {
    let (vendor, machine, tokens) = activated();
    let file = evidence(&machine, &tokens, NONCE);
    assert!(
        vendor
            .service
            .verify_evidence(&file, &[0; 32])
            .is_err_and(|error| error.is_refusal())
    );
    let other = Machine::new(vendor.service.vendor());
    let copied = evidence(&other, &tokens, NONCE);
    assert!(
        vendor
            .service
            .verify_evidence(&copied, &NONCE)
            .is_err_and(|error| error.is_refusal())
    );
    let stranger = Vendor::new();
    assert!(
        stranger
            .service
            .verify_evidence(&file, &NONCE)
            .is_err_and(|error| error.is_refusal())
    );
}

#[test]
fn p7_no_byte_of_the_evidence_can_be_changed() {
    let (vendor, machine, tokens) = activated();
    let file = evidence(&machine, &tokens, NONCE);
    for position in (0..file.len()).step_by(7) {
        let mut changed = file.clone();
        changed[position] ^= 1;
        let result = vendor.service.verify_evidence(&changed, &NONCE);
        assert!(
            matches!(result, Err(EvidenceError::Report(_))),
            "byte {position}: {result:?}"
        );
    }
}

#[test]
fn the_program_says_what_evidence_proves() {
    let (vendor, machine, tokens) = activated();
    let file = vendor.dir.path().join("box.evidence");
    fs::write(&file, evidence(&machine, &tokens, NONCE)).expect("written");
    let run = |nonce: String| {
        let output = Command::new(env!("CARGO_BIN_EXE_counterfoil-server"))
            .env_clear()
            .args(["--json", "verify-evidence", "--nonce", &nonce, "--dir"])
            .arg(vendor.path())
            .arg(&file)
            .output()
            .expect("the program runs");
        let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (output.status.code(), value)
    };
    let (code, proof) = run(Digest::new(NONCE).to_string());
    assert_eq!(
        (code, &proof["valid"], &proof["failed"]),
        (Some(0), &Value::from(true), &Value::Null)
    );
    assert_eq!(proof["licenses"][0]["class"], "test");
    assert_eq!(
        proof["licenses"][0]["charge"]["budget_ms"].as_u64(),
        Some(lease_budget(&vendor, &tokens))
    );
    let (code, proof) = run("00".repeat(32));
    assert_eq!((code, &proof["valid"]), (Some(1), &Value::from(false)));
    assert!(
        proof["failed"]
            .as_str()
            .expect("the check that failed")
            .contains("nonce")
    );
}

fn lease_budget(vendor: &Vendor, tokens: &ActivationResponse) -> u64 {
    let bundle = vendor.service.bundle().expect("a bundle");
    counterfoil::token::Lease::verify(&tokens.lease, bundle)
        .expect("a lease")
        .budget_ms
}

//! tpm2-tools, an implementation of other people, reads what this one makes.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use std::fs;
use std::path::Path;
use std::process::Command;

use counterfoil::device::Hardware as _;
use counterfoil::evidence::{Attested, CounterProof, Parameters, Public};
use counterfoil::token::{PublicKey, Selections};
use device_support::{QUALIFYING, hardware, provisioned};

#[test]
fn tpm2_checkquote_accepts_our_quote_and_no_other() {
    let (tpm, binding) = provisioned();
    let quote = hardware(&tpm)
        .open()
        .unwrap()
        .attest(&binding, &QUALIFYING, &Selections::none())
        .unwrap()
        .quotes
        .remove(0);
    let key = pem(&binding.attestation_key.public);

    assert!(checkquote(&key, &quote, &QUALIFYING));
    assert!(!checkquote(&key, &quote, &[0; 32]));
    let mut changed = quote.clone();
    *changed.attest.last_mut().unwrap() ^= 1;
    assert!(!checkquote(&key, &changed, &QUALIFYING));
}

#[test]
fn tpm2_checkquote_accepts_signature_and_nonce_of_our_certified_counter() {
    let (tpm, binding) = provisioned();
    let attestation = hardware(&tpm)
        .open()
        .unwrap()
        .attest(&binding, &QUALIFYING, &Selections::none())
        .unwrap();
    let CounterProof::Certified(proof) = attestation.activity else {
        panic!("this simulator certifies counters")
    };
    let key = pem(&binding.attestation_key.public);

    // The tool does not look at the kind of an attestation, so it serves for this one too.
    assert!(checkquote(&key, &proof, &QUALIFYING));
    assert!(!checkquote(&key, &proof, &[0; 32]));
}

fn checkquote(key: &str, quote: &Attested, qualifying: &[u8; 32]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let arguments: [(&str, &Path); 3] = [
        ("-u", &write("key.pem", key.as_bytes())),
        ("-m", &write("quote", &quote.attest)),
        ("-s", &write("signature", &quote.signature)),
    ];
    let qualification: String = qualifying
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut command = Command::new("tpm2_checkquote");
    for (option, path) in arguments {
        command.arg(option).arg(path);
    }
    command.args(["-q", &qualification, "-g", "sha256"]);
    command
        .output()
        .expect("tpm2-tools is installed: run make setup")
        .status
        .success()
}

/// A P-256 key in a TPMT_PUBLIC, as PEM.
fn pem(public: &[u8]) -> String {
    let public = Public::parse(public).unwrap();
    let Parameters::Ecc { x, y, .. } = public.parameters() else {
        panic!("attestation keys are P-256 keys")
    };
    let mut sec1 = [0; 65];
    sec1[0] = 4;
    sec1[33 - x.len()..33].copy_from_slice(x);
    sec1[65 - y.len()..].copy_from_slice(y);
    PublicKey::from_sec1(&sec1).unwrap().to_pem()
}

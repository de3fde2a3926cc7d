//! tpm2-tools, an implementation of other people, reads what this one makes.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use std::fs;
use std::path::Path;
use std::process::Command;

use counterfoil::device::Hardware as _;
use counterfoil::evidence::{Attested, CounterProof, Parameters, Public};
use counterfoil::token::{PcrSelection, PublicKey, Selections};
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
fn tpm2_checkquote_accepts_our_quotes_over_pcrs_with_their_values_and_no_others() {
    let (tpm, binding) = provisioned();
    tpm.pcr_extend(0, &[1; 32]).unwrap();
    tpm.pcr_extend(7, &[2; 32]).unwrap();
    let platform = hardware(&tpm)
        .open()
        .unwrap()
        .enroll(&binding, &QUALIFYING)
        .unwrap()
        .platform
        .unwrap();
    let key = pem(&binding.attestation_key.public);
    // Seven at most: of eight values the tool forgets one.
    let [some, more] = [&[0, 2, 7][..], &[0, 1, 2, 3, 4, 5, 15]]
        .map(|pcrs| PcrSelection::new(pcrs.iter().copied()).unwrap());
    let attestation = hardware(&tpm)
        .open()
        .unwrap()
        .attest(&binding, &QUALIFYING, &Selections::over([more, some]))
        .unwrap();
    for (quote, pcrs) in attestation.quotes.iter().zip([some, more]) {
        let values = pcrs.iter().map(|pcr| platform.values[usize::from(pcr)]);
        let values: Vec<_> = values.collect();
        assert!(checkquote_with(&key, quote, pcrs, &values), "{pcrs}");
        let mut changed = values.clone();
        changed[1][0] ^= 1;
        assert!(!checkquote_with(&key, quote, pcrs, &changed));
    }
    let [quote, other] = &attestation.quotes[..] else {
        panic!("two quotes")
    };
    assert!(!checkquote(&key, quote, &[0; 32]));
    assert_ne!(quote.attest, other.attest);
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
    run_checkquote(key, quote, qualifying, None)
}

/// The same with the values of the PCRs that the quote has to be over.
fn checkquote_with(key: &str, quote: &Attested, pcrs: PcrSelection, values: &[[u8; 32]]) -> bool {
    run_checkquote(key, quote, &QUALIFYING, Some((pcrs, values)))
}

fn run_checkquote(
    key: &str,
    quote: &Attested,
    qualifying: &[u8; 32],
    pcrs: Option<(PcrSelection, &[[u8; 32]])>,
) -> bool {
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
    if let Some((pcrs, values)) = pcrs {
        let list = pcrs.to_string().replace(' ', "");
        command
            .arg("-f")
            .arg(write("values", values.as_flattened()));
        command.args(["-F", "values", "-l", &format!("sha256:{list}")]);
    }
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

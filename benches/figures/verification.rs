//! What a relying party's verifications take, beside the bare signatures in them.

use counterfoil::evidence::AttestationKey;
use counterfoil::protocol::EvidenceFile;
use counterfoil::token::cose::{self, Kind};
use counterfoil::token::{Lease, License, Selections};

use crate::line::{figure, figure_with_goal, microseconds};
use crate::measure::beside_verification;
use crate::stage::{Machine, Vendor};

const RATIO: f64 = 1.2;
const TOKEN_SIZE: f64 = 1024.0;
const NONCE: [u8; 32] = [0x3c; 32];

pub(crate) fn print(vendor: &Vendor, machine: &Machine) {
    let trust = vendor.service().bundle().unwrap();
    let bytes = machine.app(vendor).evidence(NONCE).unwrap();
    let envelope = cose::open(Kind::Evidence, &bytes).unwrap();
    let file = EvidenceFile::decode(envelope.unverified_payload()).unwrap();
    let ak = AttestationKey::from_public(&file.ak_public).unwrap();
    let tokens = &file.tokens[0];
    let license = License::verify(&tokens.license, trust).unwrap();
    let index = &license.binding.activity_index;

    // Quote and counter.
    print_one("evidence.verify", 2, || {
        file.evidence
            .verify(&ak, index, &NONCE, &Selections::none())
            .unwrap()
    });
    // License, lease, the file itself, quote and counter.
    print_one("evidence-file.verify", 5, || {
        EvidenceFile::verify(&bytes, trust, &NONCE).unwrap()
    });
    print_one("license.verify", 1, || {
        License::verify(&tokens.license, trust).unwrap()
    });
    print_one("lease.verify", 1, || {
        Lease::verify(&tokens.lease, trust).unwrap()
    });

    for (name, file) in [
        ("license.size", &tokens.license),
        ("lease.size", &tokens.lease),
    ] {
        figure_with_goal(name, file.len() as f64, "bytes", TOKEN_SIZE);
    }
    figure("evidence-file.size", bytes.len() as f64, "bytes");
}

fn print_one<T>(name: &str, signatures: u32, work: impl FnMut() -> T) {
    let (whole, bare) = beside_verification(work);
    let ratio = whole.as_secs_f64() / (bare * signatures).as_secs_f64();
    figure(name, microseconds(whole), "us");
    figure_with_goal(&format!("{name}-over-verifications"), ratio, "ratio", RATIO);
}

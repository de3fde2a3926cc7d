//! A whole application that embeds the library: it says how its license stands and opens one feature, or not.
//!
//! `cargo run --example gate -- swtpm:path=/run/tpm.sock ./state vendor-root.pem export`

use std::process::ExitCode;

use counterfoil::client::{Config, Counterfoil};
use counterfoil::device::TssHardware;
use counterfoil::token::TrustAnchor;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tcti, dir, root, feature] = arguments.as_slice() else {
        eprintln!("usage: gate TCTI STATE-FOLDER VENDOR-ROOT.PEM FEATURE");
        return ExitCode::from(64);
    };
    // An application that is shipped has the vendor's root compiled in: include_str!("vendor-root.pem").
    let pem = std::fs::read_to_string(root).expect("the vendor's root is readable");
    let trust = TrustAnchor::from_pem(&pem).expect("it is a public key");

    let licenses = Counterfoil::open(Config {
        app_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ..Config::new(dir, trust, Box::new(TssHardware::new(tcti)))
    });

    // Asks the TPM once. Until the verdict's deadline every further question is answered from memory.
    let status = licenses.status();
    println!("{} {}", status.standing, status.message);
    for step in &status.steps {
        println!("  {step}");
    }
    match licenses.check(feature) {
        true => println!("Opening {feature}."),
        false => println!("{feature} is not part of what is on now."),
    }
    ExitCode::from(u8::from(!licenses.check(feature)))
}

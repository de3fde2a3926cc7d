//! What a TPM says of itself.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use counterfoil::device::{CounterForm, Hardware as _};
use device_support::{hardware, set_auth};
use std::time::Duration;
use tss_esapi::handles::AuthHandle;

#[test]
fn a_simulated_tpm_describes_itself() {
    let tpm = device_support::tpm();
    let description = hardware(&tpm).open().unwrap().describe().unwrap();
    assert_eq!(description.manufacturer, "IBM");
    assert!(description.model.contains("SW"), "{}", description.model);
    assert!(description.looks_virtual);
    assert_eq!(description.clock_update, Duration::from_millis(4096));
    assert_eq!(description.counter_form, Some(CounterForm::Certified));
    assert_eq!(description.missing_commands, [""; 0]);
    assert!(!description.owner_auth_set && !description.endorsement_auth_set);
    assert!(!description.lockout.locked);
    assert!(description.lockout.max_tries > 0);
    assert!(description.persistent_free.is_some_and(|free| free > 0));
}

#[test]
fn set_passwords_are_seen() {
    let tpm = device_support::tpm();
    set_auth(&tpm, AuthHandle::Owner, b"owner's");
    let description = hardware(&tpm).open().unwrap().describe().unwrap();
    assert!(description.owner_auth_set && !description.endorsement_auth_set);
    set_auth(&tpm, AuthHandle::Endorsement, b"endorser's");
    let description = hardware(&tpm).open().unwrap().describe().unwrap();
    assert!(description.endorsement_auth_set);
}

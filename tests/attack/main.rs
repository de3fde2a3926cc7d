//! Attacks on the whole system: a vendor's service, and machines with simulated TPMs of their own.
#![cfg(all(feature = "client", feature = "device", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![allow(unreachable_pub, reason = "a test program is no library")]
mod binding;
#[cfg(feature = "cli")]
mod bundle;
mod clocks;
mod counters;
mod cycles;
mod desk;
#[path = "../device_support/mod.rs"]
mod device_support;
mod disk;
mod endorsement;
mod every_file;
mod evicted;
mod evidence;
#[cfg(feature = "cli")]
mod folder;
mod forgery;
mod history;
mod keys;
mod learned;
mod log;
mod os_clock;
mod owned_tpm;
mod pcr;
mod pending;
mod policy_signed;
#[cfg(feature = "cli")]
mod program;
mod relay;
mod request;
mod response;
#[cfg(feature = "cli")]
mod second_folder;
mod service;
mod sharing;
mod stage;
mod state;
mod step_up;
mod take_down;
mod tpm_clock;
mod tpm_codes;
mod tpm_trouble;
mod unanswered;
#[path = "../support/untested.rs"]
mod untested;
mod vendor_clock;
#[cfg(feature = "cli")]
mod versions;
mod whole_tpm;
mod written_state;

use stage::{FEATURE, licensed, reason};

#[test]
fn a_license_is_activated_by_files_and_validates() {
    let (_vendor, _machine, app) = licensed();
    let report = app.validate();
    assert_eq!(reason(&report), "ok", "{report:#?}");
    assert!(app.check(FEATURE));
    assert!(!app.check("another"));
}

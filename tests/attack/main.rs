//! Attacks on the whole system: a vendor's service, and machines with simulated TPMs of their own.

mod stage;

use stage::{FEATURE, licensed, reason};

#[test]
fn a_license_is_activated_by_files_and_validates() {
    let (_vendor, _machine, app) = licensed();
    let report = app.validate();
    assert_eq!(reason(&report), "ok", "{report:#?}");
    assert!(app.check(FEATURE));
    assert!(!app.check("another"));
}

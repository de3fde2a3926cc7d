//! What a virtual TPM does not give: whoever runs the hypervisor puts chip and disk back together.
//!
//! The device cannot tell, and the threat model says so; these tests pin down what it does see, and that a chip put back
//! alone is told.

use std::path::PathBuf;

use counterfoil::client::{ActivateError, Counterfoil, Report};
use counterfoil::device::Auths;
use tpm_sim::Snapshot;

use crate::stage::{Machine, Vendor, copy, licensed, put_back, reason, spent};

/// A virtual machine's snapshot.
struct Saved {
    chip: Snapshot,
    disk: PathBuf,
}

impl Saved {
    fn of(machine: &Machine) -> Self {
        let disk = machine.dir().with_file_name("saved");
        copy(&machine.dir(), &disk);
        Self {
            chip: machine.tpm.snapshot_running().unwrap(),
            disk,
        }
    }

    fn restore_chip(&self, machine: &Machine) {
        machine.tpm.restore(&self.chip).unwrap();
    }

    fn restore(&self, machine: &Machine) {
        self.restore_chip(machine);
        put_back(&self.disk, &machine.dir());
    }
}

fn activate(app: &Counterfoil, vendor: &Vendor) -> Vec<u8> {
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let response = vendor.answer(&requested.request).unwrap().response;
    app.apply_response(&response, &Auths::default()).unwrap();
    response
}

#[test]
fn a_virtual_tpm_put_back_together_with_its_disk_takes_back_what_was_charged() {
    let (_vendor, machine, app) = licensed();
    let saved = Saved::of(&machine);
    let before = spent(&app.validate());
    for _ in 0..3 {
        machine.tpm.reboot().unwrap();
    }
    assert!(spent(&app.validate()) > before);
    saved.restore(&machine);
    let report = app.validate();
    assert_eq!(reason(&report), "ok");
    // Not promised: only the service's memory bounds a virtual TPM, whose window is a day for that reason.
    let grace = report.licenses[0].heartbeat_ms;
    assert!(spent(&report) < before + grace);
}

/// How many licenses have this reason.
fn count(report: &Report, name: &str) -> usize {
    let licenses = report.licenses.iter();
    licenses
        .filter(|license| license.verdict.reason.name() == name)
        .count()
}

#[test]
fn p4_a_virtual_tpm_put_back_alone_is_told_by_the_state_and_the_leases_that_are_ahead_of_it() {
    let (vendor, machine, app) = licensed();
    let saved = Saved::of(&machine);
    for _ in 0..3 {
        activate(&app, &vendor);
    }
    saved.restore_chip(&machine);
    let report = app.validate();
    // The state is ahead of the counter; so are the anchors of the later leases. One was anchored at the very count that
    // the chip shows again.
    assert_eq!(count(&report, "state_rolled_back"), 1, "{report:#?}");
    assert_eq!(count(&report, "counter_behind"), 2, "{report:#?}");
    activate(&app, &vendor);
    assert_eq!(reason(&app.validate()), "ok", "the next contact repairs it");
}

#[test]
fn p1_a_virtual_tpm_put_back_to_before_a_lease_was_anchored_does_not_serve_it() {
    let (vendor, machine, app) = licensed();
    let saved = Saved::of(&machine);
    machine.tpm.reboot().unwrap();
    activate(&app, &vendor);
    saved.restore_chip(&machine);
    assert_eq!(count(&app.validate(), "anchor_foreign"), 1);
}

#[test]
fn a_response_is_applied_again_on_a_virtual_tpm_put_back_with_its_disk_to_the_same_seat() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let app = machine.app(&vendor);
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let response = vendor.answer(&requested.request).unwrap().response;
    let saved = Saved::of(&machine);
    app.apply_response(&response, &Auths::default()).unwrap();
    let first = spent(&app.validate());
    saved.restore(&machine);
    app.apply_response(&response, &Auths::default()).unwrap();
    let report = app.validate();
    assert_eq!(reason(&report), "ok");
    // The same license, seat and lease, anchored where the request was made: no day more than the first time.
    assert_eq!(report.licenses.len(), 1);
    assert!(spent(&report) + report.licenses[0].heartbeat_ms >= first);
    assert!(matches!(
        app.apply_response(&response, &Auths::default()),
        Err(ActivateError::AppliedBefore)
    ));
}

#[test]
fn p6_a_copy_of_a_virtual_tpm_with_its_disk_is_the_same_machine_twice_and_shares_one_seat() {
    let (vendor, machine, app) = licensed();
    let saved = Saved::of(&machine);
    let copy_of_it =
        Machine::of(tpm_sim::Tpm::from_snapshot(tpm_sim::TpmSpec::default(), &saved.chip).unwrap());
    copy(&saved.disk, &copy_of_it.dir());
    let twin = copy_of_it.app(&vendor);
    // Not prevented: nothing on either machine differs.
    assert_eq!(reason(&twin.validate()), "ok");
    assert_eq!(reason(&app.validate()), "ok");
    // Each goes its own way; neither takes the other's answers.
    let requested = twin
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    assert!(matches!(
        app.apply_response(&answer.response, &Auths::default()),
        Err(ActivateError::NotRequested)
    ));
    twin.apply_response(&answer.response, &Auths::default())
        .unwrap();
}

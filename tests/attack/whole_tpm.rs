//! What a virtual TPM does not give: whoever runs the hypervisor puts chip and disk back together.
//!
//! The device cannot tell, and the threat model says so; these tests pin down what it does see, and that a chip put back
//! alone is told.

use std::path::PathBuf;
use std::time::Duration;

use counterfoil::client::{ActivateError, Counterfoil, Report};
use counterfoil::device::Auths;
use counterfoil::server::storage::AuditRecord;
use tpm_sim::Snapshot;

use crate::stage::{Machine, Vendor, copy, licensed, now, put_back, reason, spent, wait};

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

/// What the vendor has on record of the first license's machine, and what stands in the audit log of it.
fn went_back(vendor: &Vendor) -> (Option<bool>, usize) {
    wait(async {
        let mut transaction = vendor.service().storage().read().await.unwrap();
        let license = transaction.licenses().await.unwrap().remove(0);
        let seat = transaction.seats(license.id).await.unwrap().remove(0);
        let device = transaction.device(seat.ek).await.unwrap().unwrap();
        let log = transaction.audit_log().await.unwrap();
        let noted = |entry: &&AuditRecord| entry.event.ends_with("went_back");
        (
            device.went_back.map(|noted| noted.for_sure),
            log.iter().filter(noted).count(),
        )
    })
}

#[test]
fn a_virtual_tpm_put_back_is_flagged_at_its_next_request_and_a_late_or_repeated_one_is_not() {
    let (vendor, machine, app) = licensed();
    let early = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let repeated = activate(&app, &vendor);
    assert!(!repeated.is_empty());
    // A request that comes late, and one that comes again.
    for _ in 0..2 {
        vendor.answer(&early.request).unwrap();
    }
    assert_eq!(went_back(&vendor), (None, 0));

    let saved = Saved::of(&machine);
    machine.tpm.reboot().unwrap();
    machine.tpm.reboot().unwrap();
    activate(&app, &vendor);
    saved.restore_chip(&machine);
    activate(&app, &vendor);
    let (for_sure, audited) = went_back(&vendor);
    assert_eq!(
        (for_sure, audited > 0),
        (Some(true), true),
        "the folder names the lease of after"
    );
}

#[test]
fn a_virtual_tpm_put_back_with_its_disk_is_flagged_with_a_word_of_doubt_until_it_is_sure() {
    let (vendor, machine, app) = licensed();
    activate(&app, &vendor);
    let saved = Saved::of(&machine);
    machine.tpm.reboot().unwrap();
    machine.tpm.reboot().unwrap();
    activate(&app, &vendor);
    saved.restore(&machine);
    let app = machine.app(&vendor);
    // As far as anybody knows this request may have been made before.
    let key = vendor.sell_until(now().plus(Duration::from_secs(1 << 20)));
    let requested = app.request_activation(&key, &Auths::default()).unwrap();
    let response = vendor.answer(&requested.request).unwrap().response;
    assert_eq!(went_back(&vendor), (Some(false), 1));
    app.apply_response(&response, &Auths::default()).unwrap();
    // The next one is younger than that answer, which is younger than the higher counts.
    std::thread::sleep(Duration::from_millis(1100));
    let later = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    vendor.answer(&later.request).unwrap();
    assert_eq!(went_back(&vendor), (Some(true), 2));
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

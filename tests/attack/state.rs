//! P4, P5: state, lease and every other file put back, removed, damaged, exchanged.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use counterfoil::client::Counterfoil;
use counterfoil::device::Auths;
use counterfoil::policy::Standing;

use crate::stage::{
    Machine, Vendor, contents, copy, files, licensed, put_back, reason, state_file,
};

fn activate(app: &Counterfoil, vendor: &Vendor) {
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
}

/// A machine with three licenses, and a copy of its folder from before each.
fn with_history() -> (Vendor, Machine, Counterfoil, Vec<PathBuf>) {
    let (vendor, machine, app) = licensed();
    let mut copies = Vec::new();
    for n in 0..2 {
        let copied = machine.dir().with_file_name(format!("before-{n}"));
        copy(&machine.dir(), &copied);
        copies.push(copied);
        activate(&app, &vendor);
    }
    (vendor, machine, app, copies)
}

#[test]
fn p4_every_older_folder_put_back_is_refused_until_the_next_contact() {
    let (vendor, machine, app, copies) = with_history();
    assert_eq!(reason(&app.validate()), "ok");
    for older in &copies {
        put_back(older, &machine.dir());
        for _ in 0..2 {
            let report = app.validate();
            assert_eq!(reason(&report), "state_rolled_back");
            assert_eq!(report.verdict.standing, Standing::Limited);
        }
    }
    machine.tpm.reboot().unwrap();
    assert_eq!(reason(&app.validate()), "state_rolled_back");
    // A request that nobody answered does not make it forgotten.
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "state_rolled_back");
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    // The license with a lease anchored afterwards stands; the older ones do not.
    let report = app.validate();
    assert_eq!(reason(&report), "ok");
    let standing = |name| {
        report
            .licenses
            .iter()
            .filter(|license| license.verdict.reason.name() == name)
            .count()
    };
    assert_eq!(
        (standing("ok"), standing("state_rolled_back")),
        (1, report.licenses.len() - 1)
    );
}

#[test]
fn p4_an_older_state_file_alone_is_refused_under_any_name() {
    let (_vendor, machine, app, copies) = with_history();
    let newest = state_file(&machine);
    let older = files(&copies[0], "state-").remove(0);
    // In place of the newest.
    let kept = fs::read(&newest).unwrap();
    fs::copy(&older, &newest).unwrap();
    assert_eq!(reason(&app.validate()), "state_rolled_back");
    // Beside none, under its own name.
    fs::remove_file(&newest).unwrap();
    let old_name = newest.with_file_name(older.file_name().unwrap());
    fs::copy(&older, &old_name).unwrap();
    assert_eq!(reason(&app.validate()), "state_rolled_back");
    // Beside the newest it does no harm, nor does the newest under the name of its successor.
    write_private(&newest, &kept);
    assert_eq!(reason(&app.validate()), "ok");
    let number: u64 = newest.file_name().unwrap().to_str().unwrap()[6..]
        .parse()
        .unwrap();
    write_private(
        &newest.with_file_name(format!("state-{}", number + 1)),
        &kept,
    );
    assert_eq!(reason(&app.validate()), "ok");
}

fn write_private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A machine whose one license got a second lease, and the file of the first.
fn renewed() -> (Machine, Counterfoil, PathBuf, Vec<u8>) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let key = vendor.sell(1);
    let app = machine.activate(&vendor, &key);
    let lease = files(&machine.dir(), "")
        .into_iter()
        .find(|path| path.extension().is_some_and(|it| it == "lease"));
    let lease = lease.unwrap();
    let first = fs::read(&lease).unwrap();
    machine.activate(&vendor, &key);
    assert_ne!(fs::read(&lease).unwrap(), first);
    assert_eq!(reason(&app.validate()), "ok");
    (machine, app, lease, first)
}

#[test]
fn p1_p4_an_older_lease_put_back_is_refused() {
    let (_machine, app, lease, first) = renewed();
    write_private(&lease, &first);
    let report = app.validate();
    assert_eq!(reason(&report), "lease_superseded");
    assert_eq!(report.verdict.standing, Standing::Limited);
}

#[test]
fn p11_a_lease_that_was_removed_is_told_as_such() {
    let (_machine, app, lease, _first) = renewed();
    fs::remove_file(lease).unwrap();
    assert_eq!(reason(&app.validate()), "lease_missing");
}

#[test]
fn p1_p4_an_older_lease_put_back_and_the_state_that_knows_it_removed_is_limited() {
    let (machine, app, lease, first) = renewed();
    write_private(&lease, &first);
    fs::remove_file(state_file(&machine)).unwrap();
    let report = app.validate();
    assert_eq!(reason(&report), "state_missing");
    assert_eq!(report.verdict.standing, Standing::Limited);
}

#[test]
fn p4_a_missing_state_is_tolerated_once_and_never_a_gain() {
    let (_vendor, machine, app, _copies) = with_history();
    let before = app.validate();
    fs::remove_file(state_file(&machine)).unwrap();
    let report = app.validate();
    // The newest license's lease has k = 1, the older ones more.
    assert!(report.verdict.standing <= Standing::Active);
    assert!(
        report
            .verdict
            .notices
            .iter()
            .any(|notice| notice.name() == "state_missing")
    );
    let worse = report
        .licenses
        .iter()
        .filter(|license| license.verdict.reason.name() == "state_missing")
        .count();
    assert_eq!(worse, before.licenses.len() - 1);
    for (now, then) in report.licenses.iter().zip(&before.licenses) {
        assert!(now.verdict.charge.unwrap().spent_ms >= then.verdict.charge.unwrap().spent_ms);
    }
}

#[test]
fn p5_a_damaged_state_file_is_told_and_the_licenses_still_load() {
    let (_vendor, machine, app, _copies) = with_history();
    let file = state_file(&machine);
    let whole = fs::read(&file).unwrap();
    for damage in [
        whole[..whole.len() / 2].to_vec(),
        Vec::new(),
        vec![0; 64],
        flipped(&whole, whole.len() / 3),
    ] {
        fs::write(&file, &damage).unwrap();
        let report = app.validate();
        let told = report.licenses.iter().all(|license| {
            license.verdict.reason.name() == "state_damaged"
                || license
                    .verdict
                    .notices
                    .iter()
                    .any(|notice| notice.name() == "state_damaged")
        });
        assert!(told, "{report:#?}");
        assert_eq!(fs::read(&file).unwrap(), damage, "left as it was");
    }
    fs::write(&file, &whole).unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at] ^= 1;
    changed
}

#[test]
fn p6_every_file_flipped_or_cut_off_is_refused_and_nothing_else_with_it() {
    let (_vendor, machine, app) = licensed();
    for (path, (_, whole)) in contents(&machine.dir()) {
        if path.is_dir() || whole.is_empty() {
            continue;
        }
        for damage in [
            flipped(&whole, whole.len() / 2),
            whole[..whole.len() - 1].to_vec(),
            [&whole[..], b"x"].concat(),
        ] {
            fs::write(&path, &damage).unwrap();
            let report = app.validate();
            let accepted = reason(&report) == "ok" && report.verdict.notices.is_empty();
            assert!(
                !accepted,
                "{} was changed and nobody noticed",
                path.display()
            );
            assert!(reason(&report) == "ok" || !report.verdict.message.is_empty());
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(reason(&app.validate()), "ok", "{}", path.display());
    }
}

#[test]
fn several_licenses_share_a_store_and_one_quote() {
    let (_vendor, machine, app, _copies) = with_history();
    machine.tpm.take_counts();
    let report = app.validate();
    assert_eq!(report.licenses.len(), 3);
    assert!(
        report
            .licenses
            .iter()
            .all(|license| license.verdict.reason.name() == "ok")
    );
    assert_eq!(machine.tpm.take_counts().get("TPM2_Quote"), Some(&1));
}

/// The disk may refuse the files of an answer and take the state: then the journal serves, whatever is applied next.
#[test]
fn p5_answers_whose_files_cannot_be_written_are_kept_until_they_can() {
    let (vendor, machine, app) = licensed();
    let licenses = state_file(&machine).with_file_name("licenses");
    fs::set_permissions(&licenses, fs::Permissions::from_mode(0o755)).unwrap();
    activate(&app, &vendor);
    activate(&app, &vendor);
    assert_eq!(app.support().store.unwrap().state.unwrap().leases.len(), 3);
    fs::set_permissions(&licenses, fs::Permissions::from_mode(0o700)).unwrap();
    let report = app.validate();
    let reasons: Vec<_> = report
        .licenses
        .iter()
        .map(|license| license.verdict.reason.name())
        .collect();
    assert_eq!(reasons, ["ok"; 3]);
    assert_eq!(files(&licenses, "").len(), 6);
}

/// A vendor who answers a folder of requests makes several lists in one second.
#[test]
fn p5_answers_of_one_second_can_be_applied_in_any_order() {
    let (vendor, _machine, app) = licensed();
    let at = crate::stage::now();
    let responses: Vec<_> = (0..3)
        .map(|_| {
            let requested = app
                .request_activation(&vendor.sell(1), &Auths::default())
                .unwrap();
            vendor.answer_at(&requested.request, at).unwrap().response
        })
        .collect();
    for response in responses.iter().rev() {
        app.apply_response(response, &Auths::default()).unwrap();
        let report = app.validate();
        assert!(
            report
                .licenses
                .iter()
                .all(|license| license.verdict.reason.name() == "ok")
        );
    }
}

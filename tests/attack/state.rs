//! P4, P5, P13: the state folder put back, removed, damaged, closed, full, opened to others, shared.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use counterfoil::client::Counterfoil;
use counterfoil::device::Auths;
use counterfoil::policy::Standing;

use crate::forgery::binding;
use crate::stage::{FEATURE, Machine, Vendor, contents, copy, files, licensed, put_back, reason};

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

fn state_file(machine: &Machine) -> PathBuf {
    let mut found = files(&machine.dir(), "state-");
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
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
fn p4_a_folder_or_file_open_to_others_is_refused_with_the_fix() {
    let (_vendor, machine, app) = licensed();
    let generation = machine
        .dir()
        .join(format!("epoch-{}", binding(&machine).epoch));
    for (path, wide) in [
        (machine.dir(), 0o755),
        (generation, 0o750),
        (state_file(&machine), 0o644),
    ] {
        let usual = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(wide)).unwrap();
        let report = app.validate();
        assert_eq!(reason(&report), "state_exposed", "{}", path.display());
        let told = report.failure.unwrap().to_string();
        assert!(told.contains("chmod"), "{told}");
        fs::set_permissions(&path, usual).unwrap();
        assert_eq!(reason(&app.validate()), "ok");
    }
}

#[test]
fn p4_a_foreign_owner_is_refused() {
    const NOBODY: u32 = 65_534;
    let (_vendor, machine, app) = licensed();
    let file = state_file(&machine);
    // Only root can give a file away; for anyone else the attack does not exist.
    if std::os::unix::fs::chown(&file, Some(NOBODY), None).is_err() {
        return;
    }
    let report = app.validate();
    assert_eq!(reason(&report), "state_exposed");
    assert!(report.failure.unwrap().to_string().contains("chown"));
}

#[test]
fn a_state_folder_behind_a_symbolic_link_in_it_is_refused() {
    let (_vendor, machine, app) = licensed();
    let file = state_file(&machine);
    let elsewhere = machine.dir().with_file_name("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
    assert_eq!(reason(&app.validate()), "state_exposed");
}

/// A file system of its own, where the test runs as root and may mount; ended with the value.
struct Mounted(PathBuf);

impl Mounted {
    fn tmpfs(at: &Path, options: &str) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let status = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(at)
            .stderr(std::process::Stdio::null())
            .status();
        status
            .is_ok_and(|status| status.success())
            .then(|| Self(at.to_owned()))
    }

    fn read_only(&self) {
        let status = std::process::Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(&self.0)
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
    }
}

#[test]
fn p5_a_folder_that_became_read_only_harms_no_validation_and_refuses_what_must_be_written() {
    let (vendor, machine, _app) = licensed();
    let mount = machine.dir().with_file_name("mounted");
    let Some(mounted) = Mounted::tmpfs(&mount, "size=4m,mode=0700") else {
        println!("not tried: this user may not mount");
        return;
    };
    let dir = mount.join("state");
    copy(&machine.dir(), &dir);
    let app = machine.app_in(&vendor, &dir);
    assert_eq!(reason(&app.validate()), "ok");
    mounted.read_only();
    let before = contents(&dir);
    assert_eq!(reason(&app.validate()), "ok");
    assert!(app.evidence([1; 32]).is_ok());
    let refused = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .map(drop)
        .unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
    // Many sleeps demand a write: without it the license is Limited, and the counter has not moved.
    for _ in 0..12 {
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
    }
    let report = app.validate();
    assert_eq!(reason(&report), "state_unwritable");
    assert_eq!(contents(&dir), before);
    machine.tpm.reboot().unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p5_a_full_disk_refuses_an_activation_and_leaves_everything_as_it_was() {
    let (vendor, machine, _app) = licensed();
    let mount = machine.dir().with_file_name("mounted");
    let Some(_mounted) = Mounted::tmpfs(&mount, "size=256k,mode=0700") else {
        println!("not tried: this user may not mount");
        return;
    };
    let dir = mount.join("state");
    copy(&machine.dir(), &dir);
    let app = machine.app_in(&vendor, &dir);
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    let ballast = mount.join("ballast");
    let _ = fs::write(&ballast, vec![1; 1 << 20]);
    let before = contents(&dir);

    let refused = app
        .apply_response(&answer.response, &Auths::default())
        .map(drop)
        .unwrap_err();
    assert!(
        refused.to_string().contains("full") || refused.to_string().contains("space"),
        "{refused}"
    );
    assert_eq!(contents(&dir), before);
    assert_eq!(reason(&app.validate()), "ok");

    fs::remove_file(ballast).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(app.validate().licenses.len(), 2);
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

#[test]
fn p5_many_validate_at_once() {
    let (vendor, machine, _app) = licensed();
    let before = contents(&machine.dir());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let app = machine.app(&vendor);
                for _ in 0..3 {
                    assert_eq!(reason(&app.validate()), "ok");
                }
                assert!(app.check(FEATURE));
            });
        }
    });
    assert_eq!(contents(&machine.dir()), before);
}

#[test]
fn a_folder_held_by_another_process_is_busy_and_not_waited_for_for_ever() {
    let (vendor, machine, _app) = licensed();
    let folder = counterfoil::store::Folder::open(&machine.dir()).unwrap();
    let held = folder.lock(std::time::Duration::from_secs(1)).unwrap();
    let app = machine.app_with(&vendor, |config| {
        config.patience = std::time::Duration::from_millis(50)
    });
    assert_eq!(reason(&app.validate()), "state_busy");
    drop(held);
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p13_a_validation_writes_nothing_to_disk_or_nv_and_takes_few_commands() {
    let (_vendor, machine, app) = licensed();
    let before = contents(&machine.dir());
    machine.tpm.take_counts();
    assert_eq!(reason(&app.validate()), "ok");
    let counts = machine.tpm.take_counts();
    for name in counts.keys() {
        let writes = name.starts_with("TPM2_NV_")
            && !matches!(
                *name,
                "TPM2_NV_Read" | "TPM2_NV_Certify" | "TPM2_NV_ReadPublic"
            );
        assert!(!writes && *name != "TPM2_EvictControl", "{counts:?}");
    }
    assert!(counts.values().sum::<usize>() <= 16, "{counts:?}");
    // Key creation, session salts, signatures.
    let asymmetric = [
        "TPM2_CreatePrimary",
        "TPM2_StartAuthSession",
        "TPM2_Quote",
        "TPM2_NV_Certify",
        "TPM2_Certify",
    ];
    let asymmetric: usize = asymmetric.iter().filter_map(|name| counts.get(name)).sum();
    assert!(asymmetric <= 4, "{counts:?}");
    assert_eq!(contents(&machine.dir()), before);
}

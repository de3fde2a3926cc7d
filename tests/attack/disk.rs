//! P4, P5, P13: a state folder that is open to others, a link, read-only, on a full disk, or shared; and what a validation
//! writes to it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use counterfoil::device::Auths;

use crate::device_support::handles;
use crate::forgery::binding;
use crate::stage::{FEATURE, contents, copy, licensed, reason, state_file};
use crate::untested::untested;

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
    // For whoever may not give a file away the attack does not exist.
    if std::os::unix::fs::chown(&file, Some(NOBODY), None).is_err() {
        return untested("this user may not give a file away");
    }
    let report = app.validate();
    assert_eq!(reason(&report), "state_exposed");
    let told = report.failure.unwrap().to_string();
    assert!(told.contains("give it back to user"), "{told}");
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
    #[track_caller]
    fn tmpfs(at: &Path, options: &str) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let status = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(at)
            .stderr(std::process::Stdio::null())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            untested("this user may not mount a file system");
            return None;
        }
        Some(Self(at.to_owned()))
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
    let log = fs::read(machine.dir().join("log")).unwrap();
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
    assert_eq!(fs::read(machine.dir().join("log")).unwrap(), log);
}

#[test]
fn p5_a_disk_that_is_full_or_read_only_leaves_the_tpm_as_it_is() {
    let (vendor, machine, app) = licensed();
    let kept = || [0x0100_0000, 0x8100_0000].map(|first| handles(&machine.tpm, first));
    let refuses = |dir: &Path| {
        let app = machine.app_in(&vendor, dir);
        let before = (contents(dir), kept());
        let refused = app.deprovision(&Auths::default()).unwrap_err();
        assert_eq!((contents(dir), kept()), before, "{refused}");
        let refused = app.provision(&Auths::default()).unwrap_err();
        assert_eq!((contents(dir), kept()), before, "{refused}");
    };
    let mount = machine.dir().with_file_name("mounted");
    let Some(mounted) = Mounted::tmpfs(&mount, "size=256k,mode=0700") else {
        return;
    };
    let dir = mount.join("state");
    copy(&machine.dir(), &dir);
    let ballast = mount.join("ballast");
    let _ = fs::write(&ballast, vec![1; 1 << 20]);
    refuses(&dir);
    fs::remove_file(ballast).unwrap();
    mounted.read_only();
    refuses(&dir);
    assert_eq!(reason(&app.validate()), "ok");
}

//! P4, P5: a file of every kind removed, damaged, put back, or in place of another: told as what it is, and survived.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use counterfoil::client::{Counterfoil, Permission, Report};
use counterfoil::device::{Auths, Outcome};
use counterfoil::policy::Standing;
use counterfoil::token::{LicenseKey, UtcTime};

use crate::stage::{
    Machine, Vendor, contents, copy, files, licensed, now, put_back, reason, state_file,
};

/// A machine with two licenses, each of two leases, and a copy of its folder from before.
struct Scene {
    vendor: Vendor,
    machine: Machine,
    keys: [LicenseKey; 2],
    app: Counterfoil,
    whole: PathBuf,
    older: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let (vendor, machine) = (Vendor::new(), Machine::new());
        vendor.trust(&machine.tpm);
        let keys = [vendor.sell(1), vendor.sell(1)];
        let app = machine.app(&vendor);
        let renew = |at: UtcTime| {
            for key in &keys {
                let requested = app.request_activation(key, &Auths::default()).unwrap();
                let answer = vendor.answer_at(&requested.request, at).unwrap();
                app.apply_response(&answer.response, &Auths::default())
                    .unwrap();
            }
        };
        renew(now());
        let older = machine.dir().with_file_name("older");
        copy(&machine.dir(), &older);
        // A list has the age of its second.
        renew(now().plus(Duration::from_secs(60)));
        let whole = machine.dir().with_file_name("whole");
        copy(&machine.dir(), &whole);
        assert_eq!(reason(&app.validate()), "ok");
        Self {
            vendor,
            machine,
            keys,
            app,
            whole,
            older,
        }
    }

    /// The files, by kind; of licenses and leases the first.
    fn kinds(&self) -> BTreeMap<&'static str, PathBuf> {
        let mut kinds = BTreeMap::new();
        for path in contents(&self.machine.dir())
            .into_keys()
            .filter(|path| path.is_file())
        {
            let name = path.file_name().unwrap().to_str().unwrap();
            let kind = [
                "lock",
                "binding",
                "bundle",
                "state",
                "license",
                "lease",
                "manifest",
                "statuslist",
            ]
            .into_iter()
            .find(|kind| {
                name == *kind
                    || name.starts_with(&format!("{kind}-"))
                    || name.ends_with(&format!(".{kind}"))
            });
            kinds.entry(kind.unwrap()).or_insert(path);
        }
        kinds
    }

    /// The same file in the older copy.
    fn older(&self, path: &Path) -> PathBuf {
        let inside = path.strip_prefix(self.machine.dir()).unwrap();
        let same = self.older.join(inside);
        match same.exists() {
            true => same,
            false => files(&self.older, "state-").remove(0),
        }
    }

    fn restore(&self) {
        put_back(&self.whole, &self.machine.dir());
        assert_eq!(reason(&self.app.validate()), "ok");
    }
}

/// How the licenses stand, each once, and what else is told.
fn told(report: &Report) -> Vec<&'static str> {
    let verdicts = report
        .licenses
        .iter()
        .map(|license| &license.verdict)
        .chain([&report.verdict]);
    let mut names: Vec<_> = verdicts
        .flat_map(|verdict| {
            [verdict.reason]
                .into_iter()
                .chain(verdict.notices.iter().copied())
        })
        .map(|reason| reason.name())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn p4_p5_each_kind_removed_damaged_or_put_back_is_told_as_what_it_is() {
    let scene = Scene::new();
    // Kind; told when it is removed, when it is damaged, and when the older one is put back.
    let expected: [(&str, [&[&str]; 3]); 8] = [
        ("lock", [&["ok"], &["ok"], &["ok"]]),
        (
            "binding",
            [&["binding_damaged"], &["binding_damaged"], &["ok"]],
        ),
        (
            "bundle",
            [&["license_unreadable"], &["license_unreadable"], &["ok"]],
        ),
        (
            "state",
            [
                &["ok", "state_missing"],
                &["ok", "state_damaged"],
                &["state_rolled_back"],
            ],
        ),
        (
            "license",
            [
                &["not_activated", "ok"],
                &["license_unreadable", "ok"],
                &["ok"],
            ],
        ),
        (
            "lease",
            [
                &["lease_missing", "ok"],
                &["license_unreadable", "ok"],
                &["lease_superseded", "ok"],
            ],
        ),
        (
            "manifest",
            [&["manifest_missing"], &["manifest_missing"], &["ok"]],
        ),
        ("statuslist", [&["status_stale"]; 3]),
    ];
    let kinds = scene.kinds();
    assert!(kinds.keys().copied().eq({
        let mut names = expected.map(|(kind, _)| kind);
        names.sort_unstable();
        names
    }));
    for (kind, expected) in expected {
        let path = &kinds[kind];
        let whole = fs::read(path).unwrap();
        let older = fs::read(scene.older(path)).unwrap();
        let half = whole.len() / 2;
        let damaged = [&whole[..half], b"\x00", &whole[half..]].concat();
        for (content, expected) in [None, Some(damaged), Some(older)].into_iter().zip(expected) {
            match content {
                None => fs::remove_file(path).unwrap(),
                Some(content) => write(path, &content),
            }
            assert_eq!(told(&scene.app.validate()), expected, "{kind}");
            scene.restore();
        }
    }
}

#[test]
fn p5_a_link_a_folder_or_an_endless_file_in_place_of_any_kind_is_survived() {
    let scene = Scene::new();
    for (kind, path) in scene.kinds() {
        for hindrance in ["link", "folder", "empty", "endless"] {
            fs::remove_file(&path).unwrap();
            match hindrance {
                "link" => symlink("/dev/zero", &path).unwrap(),
                "folder" => fs::create_dir(&path).unwrap(),
                "empty" => write(&path, b""),
                _ => {
                    write(&path, b"");
                    fs::File::options()
                        .write(true)
                        .open(&path)
                        .unwrap()
                        .set_len(1 << 40)
                        .unwrap();
                }
            }
            let report = scene.app.validate();
            let harmless = kind == "lock" && matches!(hindrance, "empty" | "endless");
            assert_eq!(
                told(&report) == ["ok"],
                harmless,
                "{kind} {hindrance}: {:?}",
                told(&report)
            );
            assert!(report.verdict.standing <= Standing::NotActivated);
            assert!(!report.verdict.message.is_empty());
            scene.restore();
        }
    }
}

#[test]
fn p5_the_next_answers_put_right_what_was_lost_of_any_kind_but_the_binding() {
    let scene = Scene::new();
    for (kind, path) in scene.kinds() {
        if kind == "binding" {
            continue;
        }
        // The state has another name after each commit.
        let path = match kind {
            "state" => state_file(&scene.machine),
            _ => path,
        };
        write(&path, b"damaged");
        for key in &scene.keys {
            scene.machine.activate(&scene.vendor, key);
        }
        assert_eq!(told(&scene.app.validate()), ["ok"], "{kind}");
    }
}

#[test]
fn p5_a_lost_binding_comes_back_from_a_backup_or_takes_a_persons_word_and_an_activation() {
    let scene = Scene::new();
    let binding = scene.kinds()["binding"].clone();
    let backup = fs::read(&binding).unwrap();
    fs::remove_file(&binding).unwrap();
    let report = scene.app.validate();
    assert_eq!(reason(&report), "binding_damaged");
    let told = report.failure.unwrap().to_string();
    assert!(told.contains("backup"), "{told}");

    let none = Auths::default();
    for lost in [None, Some(b"damaged")] {
        if let Some(bytes) = lost {
            write(&binding, bytes);
        }
        let refused = [
            scene.app.provision(&none).unwrap_err().to_string(),
            scene
                .app
                .request_activation(&scene.keys[0], &none)
                .unwrap_err()
                .to_string(),
            scene.app.deprovision(&none).unwrap_err().to_string(),
        ];
        for told in &refused[..2] {
            assert!(
                told.contains("backup") && told.contains("--replace"),
                "{told}"
            );
        }
        assert!(refused[2].contains("--other-store"), "{}", refused[2]);
    }
    write(&binding, &backup);
    assert_eq!(reason(&scene.app.validate()), "ok");

    fs::remove_file(&binding).unwrap();
    let outcome = scene.app.provision(Permission::to_replace(&none)).unwrap();
    assert_eq!(outcome, Outcome::Replaced);
    scene.machine.activate(&scene.vendor, &scene.keys[0]);
    assert_eq!(reason(&scene.app.validate()), "ok");
}

#[test]
fn p5_what_a_crash_left_half_written_is_ignored_and_goes_with_the_next_commit() {
    let (vendor, machine, app) = licensed();
    let generation = state_file(&machine).parent().unwrap().to_owned();
    let leftovers = [
        generation.join(".tmp-state-3"),
        generation.join(".tmp-binding"),
        generation.join("licenses/.tmp-0123456789abcdef.lease"),
        generation.join("manifests/.tmp-x"),
        generation.join("statuslists/.tmp-"),
    ];
    for path in &leftovers {
        write(path, b"half");
    }
    let before = contents(&machine.dir());
    assert_eq!(told(&app.validate()), ["ok"]);
    assert_eq!(contents(&machine.dir()), before);
    machine.activate(&vendor, &vendor.sell(1));
    for path in &leftovers {
        assert!(!path.exists(), "{}", path.display());
    }
    assert_eq!(told(&app.validate()), ["ok"]);
}

#[test]
fn p4_files_exchanged_with_each_other_or_another_machines_are_refused() {
    let scene = Scene::new();
    let other = Scene::new();
    let theirs = other.kinds();
    for (kind, path) in scene
        .kinds()
        .into_iter()
        .filter(|(kind, _)| *kind != "lock")
    {
        for (name, from) in scene.kinds().iter().filter(|(name, _)| **name != kind) {
            fs::copy(from, &path).unwrap();
            assert_ne!(
                told(&scene.app.validate()),
                ["ok"],
                "{name} in place of {kind}"
            );
            scene.restore();
        }
        fs::copy(&theirs[kind], &path).unwrap();
        assert_ne!(
            told(&scene.app.validate()),
            ["ok"],
            "another machine's {kind}"
        );
        scene.restore();
    }
}

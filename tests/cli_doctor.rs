//! `doctor` against a simulated TPM: that it finds what keeps licenses from working.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
#![cfg(all(
    feature = "client",
    feature = "device",
    feature = "server",
    feature = "cli"
))]

mod cli_support;
#[path = "support/untested.rs"]
mod untested;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use cli_support::scene::{Scene, TRUST, finding};
use serde_json::Value;
use tpm_sim::{Tpm, TpmSpec};
use untested::untested;

#[test]
fn doctor_knows_a_machine_before_and_after_it_is_set_up() {
    let scene = Scene::new();
    let level = |report: &Value, name| finding(report, name).map(|found| found["level"].clone());
    let before = scene.bench.device("doctor --json").ends(0).json("doctor");
    assert_eq!(level(&before, "tpm"), Some("ok".into()));
    assert_eq!(level(&before, "trust"), Some("warning".into()));
    assert_eq!(level(&before, "store"), Some("warning".into()));

    scene.device("provision").ends(0);
    let after = scene.device("doctor --json").ends(0).json("doctor");
    assert_eq!(level(&after, "trust"), Some("ok".into()));
    assert_eq!(level(&after, "folder"), Some("ok".into()));
    assert_eq!(level(&after, "binding"), Some("ok".into()));
    assert_eq!(level(&after, "pace"), None);

    scene.activate();
    let licensed = scene.device("doctor --json").ends(0).json("doctor");
    assert_eq!(level(&licensed, "pace"), Some("ok".into()));

    // The same folder at another TPM.
    let other = Tpm::start(TpmSpec::default()).unwrap();
    let elsewhere = scene
        .bench
        .device_at(&other.tcti(), &format!("{TRUST} doctor --json"), "");
    assert_eq!(
        level(&elsewhere.ends(1).json("doctor"), "binding"),
        Some("problem".into())
    );
}

#[test]
fn doctor_counts_boots_from_the_contact_however_old_the_license_is() {
    let scene = Scene::new();
    scene.request().ends(0);
    scene
        .bench
        .server_after(59, "answer machine.request -o machine.response")
        .ends(0);
    scene.apply_before_the_last_boot();
    for _ in 0..25 {
        scene.tpm.reboot().unwrap();
    }

    let report = scene
        .bench
        .device_after(60, &format!("{TRUST} doctor --json"))
        .ends(0)
        .json("doctor");
    let pace = finding(&report, "pace").unwrap();
    let text = pace["text"].as_str().unwrap();
    assert_eq!(pace["level"], "warning", "{text}");
    assert!(
        text.starts_with("cad: 25 boots counted, 1 day since the last contact; at this pace"),
        "{text}"
    );
}

#[test]
fn a_state_folder_that_others_may_enter_is_refused_with_the_fix() {
    let scene = Scene::activated();
    let state = scene.bench.path("state");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    scene
        .device("status")
        .ends(2)
        .complains(&["mode 0755", "chmod 700"]);
    let explained = scene.device("explain").ends(2).complains(&["mode 0755"]);
    assert!(
        explained.out.contains("What is stored"),
        "{}",
        explained.out
    );
    let doctor = scene.device("doctor --json").ends(1).json("doctor");
    let folder = finding(&doctor, "folder").unwrap();
    assert!(
        folder["fix"].as_str().unwrap().contains("chmod"),
        "{folder}"
    );
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
    scene.device("status").ends(0);
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(copied.unwrap().success());
}

/// The one file in a folder of which `which` is true.
fn file(folder: &Path, which: impl Fn(&str) -> bool) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    paths.find(|path| which(&name(path))).unwrap()
}

fn state_file(epoch: &Path) -> PathBuf {
    file(epoch, |name| name.starts_with("state-"))
}

#[test]
fn doctor_finds_every_cause_for_which_status_says_no() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 6] = [
        ("lease_missing", |epoch| {
            let lease = file(&epoch.join("licenses"), |name| name.ends_with(".lease"));
            fs::remove_file(lease).unwrap();
        }),
        ("manifest_missing", |epoch| {
            let manifest = file(&epoch.join("manifests"), |_| true);
            fs::write(manifest, "damaged").unwrap();
        }),
        ("license_unreadable", |epoch| {
            fs::remove_file(epoch.join("bundle")).unwrap()
        }),
        ("binding_damaged", |epoch| {
            fs::remove_file(epoch.join("binding")).unwrap()
        }),
        ("state_unreadable", |epoch| {
            fs::write(state_file(epoch), vec![0; 3 << 20]).unwrap()
        }),
        ("state_unreadable", |epoch| {
            let state = state_file(epoch);
            fs::remove_file(&state).unwrap();
            fs::create_dir(state).unwrap();
        }),
    ];
    let scene = Scene::activated();
    let [state, older, newer] = ["state", "older", "newer"].map(|name| scene.bench.path(name));
    copy(&state, &older);
    scene.activate();
    copy(&state, &newer);

    let rolled_back: (&str, &PathBuf, Damage) = ("state_rolled_back", &older, |_| {});
    let damages = damages.map(|(reason, damage)| (reason, &newer, damage));
    for (reason, of, damage) in damages.into_iter().chain([rolled_back]) {
        fs::remove_dir_all(&state).unwrap();
        copy(of, &state);
        damage(&state.join("epoch-1"));

        let status = scene.device("status --json");
        assert_ne!(status.code, 0);
        let status = status.json("status");
        assert_eq!(status["reason"]["name"], reason);
        let doctor = scene.device("doctor --json").ends(1).json("doctor");
        assert_eq!(told(&doctor), expected(&status), "{reason}");
    }
}

/// The problems that `doctor` finds, each with its step.
fn told(doctor: &Value) -> Vec<String> {
    let findings = doctor["findings"].as_array().unwrap().iter();
    let text = |finding: &Value, part: &str| finding[part].as_str().unwrap().to_owned();
    findings
        .filter(|finding| finding["level"] == "problem")
        .map(|finding| format!("{}: {}", text(finding, "text"), text(finding, "fix")))
        .collect()
}

/// What `doctor` has to say after what `status` says: the cause for which nothing could be judged, else how the license stands.
fn expected(status: &Value) -> Vec<String> {
    if let Some(failure) = status["failure"].as_str() {
        return vec![failure.to_owned()];
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let license = &status["licenses"][0];
    let name = match license["product"].as_str() {
        Some(product) => format!("{product} (standard), license {}", text(&license["id"])),
        None => format!("license {}", text(&license["id"])),
    };
    let standing = match license["standing"].as_str().unwrap() {
        "not_activated" => "not active on this machine",
        other => other,
    };
    let steps: Vec<_> = status["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    let (reason, message) = (text(&status["reason"]["name"]), text(&status["message"]));
    vec![format!(
        "{name}: {standing} ({reason}). {message}: {}",
        steps.join(" ")
    )]
}

#[test]
fn doctor_never_advises_to_set_up_what_belongs_to_another_machine_or_slot() {
    let scene = Scene::activated();
    let other = Tpm::start(TpmSpec::default()).unwrap();
    let elsewhere = |line: &str| scene.bench.device_at(&other.tcti(), line, "");
    for (ran, name, cause) in [
        (
            elsewhere(&format!("{TRUST} doctor --json")),
            "binding",
            "set up on another machine",
        ),
        (
            elsewhere("doctor --json"),
            "binding",
            "set up on another machine",
        ),
        (
            scene.device("--slot 3 doctor --json"),
            "store",
            "in slot 0, not",
        ),
    ] {
        let doctor = ran.ends(1).json("doctor");
        let found = finding(&doctor, name).unwrap();
        assert_eq!(found["level"], "problem");
        assert!(found["text"].as_str().unwrap().contains(cause), "{found}");
        let told = told(&doctor);
        assert!(
            told.len() == 1 && !told[0].contains("provision"),
            "{told:?}"
        );
    }
}

#[test]
fn doctor_tells_what_a_boot_costs_by_the_lease_and_else_by_the_default_rules() {
    let scene = Scene::new();
    let rules = fs::read_to_string(scene.bench.path("service/manifests/cad.toml")).unwrap();
    let loss = "unclean_loss_ms = 4194304";
    assert!(rules.contains(loss));
    scene.bench.write(
        "cad.toml",
        rules.replacen(loss, "unclean_loss_ms = 16384", 1),
    );
    scene.bench.server("manifest publish cad cad.toml").ends(0);
    let clock = || {
        let doctor = scene.device("doctor --json").ends(0).json("doctor");
        finding(&doctor, "clock").unwrap()["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let before = clock();
    assert!(
        before.contains("by the default rules a boot is charged as up to 69 min"),
        "{before}"
    );
    scene.activate();
    let after = clock();
    assert!(
        after.contains("by the lease of cad a boot is charged as up to 16.4 s"),
        "{after}"
    );
}

/// A small file system in memory, mounted until it is dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn at(path: &Path) -> Option<Self> {
        fs::create_dir(path).unwrap();
        let mut command = Command::new("mount");
        command
            .args(["-t", "tmpfs", "-o", "size=512k,mode=0700", "none"])
            .arg(path);
        let mounted = command.output().is_ok_and(|output| output.status.success());
        mounted.then(|| Self(path.to_owned()))
    }

    fn make_read_only(&self) {
        let mut command = Command::new("mount");
        command.args(["-o", "remount,ro"]).arg(&self.0);
        assert!(command.status().unwrap().success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn doctor_finds_a_state_folder_that_is_full_or_read_only_and_leaves_nothing_in_one_that_is_not() {
    let scene = Scene::new();
    let state = scene.bench.path("state");
    let Some(mounted) = Mounted::at(&state) else {
        return untested("this user may not mount a file system");
    };
    scene.activate();
    let names = || {
        let entries = fs::read_dir(&state).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    scene.device("doctor").ends(0);
    assert_eq!(names(), before);

    let problem = |cause: &str| {
        let told = told(&scene.device("doctor --json").ends(1).json("doctor"));
        assert!(told.len() == 1 && told[0].contains(cause), "{told:?}");
    };
    let filler = state.join("filler");
    fs::write(&filler, vec![0; 1 << 20]).unwrap_err();
    problem("No space left");
    fs::remove_file(filler).unwrap();
    mounted.make_read_only();
    problem("Read-only file system");
}

//! P4, P5: one folder used by several processes and users, moved, renamed, and reached on other ways.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use counterfoil::device::Auths;
use counterfoil::policy::Reason;
use counterfoil::store::Folder;
use tpm_sim::TpmSpec;

use crate::forgery::binding;
use crate::program::{Program, Ran, ended, wait_for};
use crate::stage::{Machine, Vendor, contents, copy, files, licensed, reason, state_file};
use crate::untested::untested;

/// A license asked for and answered, the response in a file.
fn answered(machine: &Machine, vendor: &Vendor, name: &str) -> PathBuf {
    let app = machine.app(vendor);
    let requested = app
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let path = machine.dir().with_file_name(name);
    fs::write(&path, vendor.answer(&requested.request).unwrap().response).unwrap();
    path
}

#[test]
fn p5_processes_that_validate_increment_and_apply_at_once_lose_and_corrupt_nothing() {
    let (vendor, machine, app) = licensed();
    let program = Program::new(&vendor, &machine);
    let responses: Vec<_> = (0..3)
        .map(|n| answered(&machine, &vendor, &format!("{n}.response")))
        .collect();
    // Whoever validates first has an increment to make.
    for _ in 0..12 {
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
    }
    let mut processes = Vec::new();
    for response in &responses {
        processes.push(("status", program.start("status --json")));
        // Twice: only one of the two may apply it.
        for _ in 0..2 {
            let apply = format!("activate --response {}", response.display());
            processes.push(("activate", program.start(&apply)));
        }
        processes.push(("status", program.start("status --json")));
    }
    let ran: Vec<_> = processes
        .into_iter()
        .map(|(what, process)| (what, wait_for(process)))
        .collect();
    let of = |what: &'static str| {
        ran.iter()
            .filter(move |(name, _)| *name == what)
            .map(|(_, ran)| ran)
    };
    for ran in of("status") {
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.json()["reason"]["name"], "ok");
    }
    let applied = of("activate").filter(|ran| ran.code == 0).count();
    assert_eq!(applied, 3, "{ran:#?}");
    for refused in of("activate").filter(|ran| ran.code != 0) {
        assert!(refused.error.contains("applied before"), "{refused:?}");
    }

    let report = app.validate();
    let reasons: Vec<_> = report
        .licenses
        .iter()
        .map(|license| license.verdict.reason.name())
        .collect();
    assert_eq!(reasons, ["ok"; 4]);
    state_file(&machine);
    assert_eq!(files(&machine.dir(), ".tmp-"), [] as [PathBuf; 0]);
    program.run("log verify").ends(0);
}

#[test]
fn p5_processes_that_die_in_between_harm_no_other() {
    // A process that dies leaves its objects in the TPM, until a resource manager flushes them.
    let machine = Machine::with(TpmSpec::default().without_leak_check());
    let vendor = Vendor::new();
    vendor.trust(&machine.tpm);
    let app = machine.activate(&vendor, &vendor.sell(1));
    let program = Program::new(&vendor, &machine);
    let response = answered(&machine, &vendor, "a.response");
    let apply = format!("activate --response {}", response.display());
    for n in 0..6 {
        let mut dies = program.start(&apply);
        let other = program.start("status --json");
        std::thread::sleep(std::time::Duration::from_millis(15 * n));
        let _ = dies.kill();
        dies.wait().unwrap();
        let other = wait_for(other).ends(0);
        assert_eq!(other.json()["reason"]["name"], "ok");
        machine.tpm.flush_clients().unwrap();
    }
    // Applied by one of them, or now.
    let last = program.run(&apply);
    assert!(
        last.code == 0 || last.error.contains("applied before"),
        "{last:?}"
    );
    let report = app.validate();
    assert_eq!((reason(&report), report.licenses.len()), ("ok", 2));
    program.run("log verify").ends(0);
}

/// Runs the program as a user who owns nothing; none where this user may not do so.
#[track_caller]
fn as_nobody(program: &Program, line: &str) -> Option<Ran> {
    let starter = || {
        let mut starter = Command::new("setpriv");
        starter
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
            .arg(env!("CARGO_BIN_EXE_counterfoil"));
        starter
    };
    let can = starter()
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !can {
        untested("this user may not run programs as another one");
        return None;
    }
    Some(ended(program.command_as(starter(), line).output().unwrap()))
}

#[test]
fn p4_another_user_is_told_what_to_do_and_changes_nothing() {
    let (vendor, machine, app) = licensed();
    let program = Program::new(&vendor, &machine);
    let parent = machine.dir().parent().unwrap().to_owned();
    let passable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&parent, passable.clone()).unwrap();
    fs::set_permissions(parent.join("root.pem"), passable).unwrap();
    let before = contents(&machine.dir());
    let log = fs::read(machine.dir().join("log")).unwrap();
    for line in [
        "status",
        "check export",
        "log verify",
        "log show",
        "deprovision --yes",
    ] {
        let Some(ran) = as_nobody(&program, line) else {
            return;
        };
        if line.starts_with("deprovision") {
            // He may not open the TPM of this test, which is in another user's folder.
            assert_ne!(ran.code, 0, "{ran:?}");
        } else {
            assert_eq!(ran.code, 2, "{line}: {ran:?}");
            assert!(
                ran.error.contains("run the program as the owner"),
                "{ran:?}"
            );
        }
        assert_eq!(contents(&machine.dir()), before);
    }
    // The folder open to everyone: its owner is told to close it, the other whose it is.
    fs::set_permissions(machine.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    let ran = as_nobody(&program, "status").unwrap();
    assert_eq!(ran.code, 2);
    assert!(ran.error.contains("`sudo` before it"), "{ran:?}");
    assert!(program.run("status").ends(2).error.contains("chmod 700"));
    fs::set_permissions(machine.dir(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(contents(&machine.dir()), before);
    assert_eq!(fs::read(machine.dir().join("log")).unwrap(), log);
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p6_a_folder_that_was_moved_or_renamed_works_on_without_an_activation() {
    let (vendor, machine, app) = licensed();
    let parent = machine.dir().parent().unwrap().to_owned();
    let store = binding(&machine).store;
    fs::create_dir(parent.join("elsewhere")).unwrap();
    let mut from = machine.dir();
    for to in [
        parent.join("renamed"),
        parent.join("elsewhere/moved"),
        machine.dir(),
    ] {
        fs::rename(&from, &to).unwrap();
        let app = machine.app_in(&vendor, &to);
        let report = app.validate();
        assert_eq!(reason(&report), "ok", "{}", to.display());
        assert_eq!(app.support().store.unwrap().id, store);
        assert!(app.log().unwrap().found.is_intact());
        from = to;
    }
    // Under its old name nothing is left, and nothing is made by looking or asking.
    let gone = parent.join("renamed");
    assert_eq!(
        reason(&machine.app_in(&vendor, &gone).validate()),
        "place_taken"
    );
    let refused = machine
        .app_in(&vendor, &gone)
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::PlaceTaken), "{refused}");
    assert!(!gone.exists());
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p6_a_folder_copied_with_its_modes_and_used_in_turn_is_recognized_as_older() {
    let (vendor, machine, app) = licensed();
    let other = machine.dir().with_file_name("copy");
    copy(&machine.dir(), &other);
    let copied = machine.app_in(&vendor, &other);
    assert_eq!(reason(&copied.validate()), "ok");
    // What one of the two commits makes the other a rollback.
    machine.activate(&vendor, &vendor.sell(1));
    assert_eq!(reason(&copied.validate()), "state_rolled_back");
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p4_a_link_on_the_way_to_the_folder_is_followed_and_one_in_its_place_is_refused() {
    let (vendor, machine, app) = licensed();
    let parent = machine.dir().parent().unwrap().to_owned();
    let way = parent.with_extension("way");
    symlink(&parent, &way).unwrap();
    let before = contents(&machine.dir());
    let through = machine.app_in(&vendor, &way.join("state"));
    assert_eq!(reason(&through.validate()), "ok");
    let activated = answered(&machine, &vendor, "a.response");
    through
        .apply_response(&fs::read(activated).unwrap(), &Auths::default())
        .unwrap();
    assert_eq!(app.validate().licenses.len(), 2);

    let link = parent.join("link");
    symlink(machine.dir(), &link).unwrap();
    for path in [
        link.clone(),
        link.join(".").components().collect(),
        link.join(""),
    ] {
        let report = machine.app_in(&vendor, &path).validate();
        assert_eq!(reason(&report), "state_exposed", "{}", path.display());
        let told = report.failure.unwrap().to_string();
        assert!(told.contains("symbolic link"), "{told}");
    }
    fs::remove_file(way).unwrap();
    assert_ne!(contents(&machine.dir()), before);
    assert_eq!(reason(&app.validate()), "ok");
}

/// The folder at another place of the file system too; ended with the value.
struct Bound(PathBuf);

impl Bound {
    #[track_caller]
    fn new(from: &Path, to: PathBuf) -> Option<Self> {
        fs::create_dir_all(&to).unwrap();
        let status = Command::new("mount")
            .arg("--bind")
            .args([from, &to])
            .stderr(Stdio::null())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            untested("this user may not mount a file system");
            return None;
        }
        Some(Self(to))
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn p5_two_mounts_of_the_folder_are_one_store_with_one_lock() {
    let (vendor, machine, app) = licensed();
    let Some(bound) = Bound::new(&machine.dir(), machine.dir().with_file_name("bound")) else {
        return;
    };
    let here = Program::new(&vendor, &machine);
    let there = here.in_dir(&bound.0);
    let responses: Vec<_> = (0..2)
        .map(|n| answered(&machine, &vendor, &format!("{n}.response")))
        .collect();
    let apply = |program: &Program, path: &Path| {
        program.start(&format!("activate --response {}", path.display()))
    };
    let processes = [
        apply(&here, &responses[0]),
        apply(&there, &responses[1]),
        here.start("status"),
        there.start("status"),
    ];
    for process in processes {
        wait_for(process).ends(0);
    }
    assert_eq!(app.validate().licenses.len(), 3);
    let held = counterfoil::store::Folder::open(&machine.dir()).unwrap();
    let held = held.lock(std::time::Duration::from_secs(5)).unwrap();
    let impatient = machine.app_with(&vendor, |config| {
        config.dir.clone_from(&bound.0);
        config.patience = std::time::Duration::from_millis(20);
    });
    assert_eq!(reason(&impatient.validate()), "state_busy");
    drop(held);
}

#[test]
fn p5_a_store_that_is_busy_is_not_taken_down_by_halves() {
    let (vendor, machine, app) = licensed();
    let impatient = machine.app_with(&vendor, |config| config.patience = Duration::ZERO);
    let folder = Folder::open(&machine.dir()).unwrap();
    let held = folder.lock(Duration::from_secs(20)).unwrap();
    assert!(impatient.deprovision(&Auths::default()).is_err());
    drop(held);
    assert_eq!(reason(&app.validate()), "ok");
}

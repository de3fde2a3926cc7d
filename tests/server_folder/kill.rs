//! `kill -9` at every step at which a verb changes the disk: the next one goes on.
//!
//! The program runs once under strace, which counts the system calls that change something; then, for each of them, the
//! folder is put back and the program runs into a SIGKILL at that call. One in [`STRIDE`] is tried, or all with
//! `COUNTERFOIL_TEST_LONG` set. The database has threads of its own, and strace counts calls for each thread apart: the
//! n-th call of a name is that of the thread which comes to it first.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::at_once::assert_signs;
use crate::server_desk::Desk;
use crate::{Signed, assert_sound, copy};

const SIGKILL: i32 = 9;
const STRIDE: usize = 6;

/// What changes the disk, or takes a lock.
const CALLS: [&str; 13] = [
    "mkdir",
    "mkdirat",
    "write",
    "pwrite64",
    "fsync",
    "fdatasync",
    "rename",
    "renameat",
    "unlink",
    "unlinkat",
    "ftruncate",
    "flock",
    "fcntl",
];

fn strace(desk: &Desk, dir: &Path, options: &[&str], verb: &[&str]) -> Output {
    let program = desk.command(dir, verb);
    Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(desk.path("trace"))
        .args(options)
        .arg("--")
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(desk.home.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .expect("strace is installed: `apt-get install strace`, or run scripts/setup")
}

/// The calls of one run of a verb: how often each, in the thread that makes it most often.
fn watch(desk: &Desk, dir: &Path, verb: &[&str]) -> Vec<(&'static str, usize)> {
    let traced: Vec<_> = CALLS.iter().map(|call| format!("?{call}")).collect();
    let output = strace(
        desk,
        dir,
        &["-e", &format!("trace={}", traced.join(","))],
        verb,
    );
    assert!(output.status.success(), "{output:?}");
    let trace = fs::read_to_string(desk.path("trace")).unwrap();
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for line in trace.lines() {
        let (thread, rest) = line.split_once(' ').unwrap();
        let name = rest.trim_start().split('(').next().unwrap_or_default();
        if let Some(call) = CALLS.iter().find(|call| **call == name) {
            *counts.entry((call, thread)).or_default() += 1;
        }
    }
    let most = |call: &str| {
        let of_call = counts.iter().filter(|((name, _), _)| *name == call);
        of_call.map(|(_, count)| *count).max().unwrap_or(0)
    };
    CALLS
        .iter()
        .flat_map(|call| (1..=most(call)).map(move |nth| (*call, nth)))
        .collect()
}

/// Kills `verb`, which acts on the folder `name`, at each of its steps, each time in a copy of `before`, and calls
/// `goes_on` with that.
fn kill_everywhere(before: &Desk, name: &str, verb: &[&str], goes_on: impl Fn(&Desk, &str)) {
    let afresh = || {
        let desk = Desk::new();
        copy(&before.path("."), &desk.path("."));
        desk
    };
    let desk = afresh();
    let points = watch(&desk, &desk.path(name), verb);
    let renamed = points.iter().filter(|(call, _)| call.starts_with("rename"));
    assert!(renamed.count() > 0 && points.len() > 10, "{points:?}");
    let stride = match std::env::var_os("COUNTERFOIL_TEST_LONG") {
        Some(_) => 1,
        None => STRIDE,
    };
    let mut killed = 0;
    for (call, nth) in points.iter().step_by(stride) {
        let desk = afresh();
        let inject = format!("inject={call}:signal=SIGKILL:when={nth}");
        let options = ["-e", &format!("trace={call}"), "-e", &inject];
        let output = strace(&desk, &desk.path(name), &options, verb);
        killed += usize::from(output.status.signal() == Some(SIGKILL));
        goes_on(&desk, &format!("killed at {call} {nth}"));
    }
    let tried = points.iter().step_by(stride).count();
    assert!(2 * killed > tried, "{killed} of {tried} were killed");
}

/// Runs a verb again that may have been done before it was killed.
#[track_caller]
fn again(desk: &Desk, dir: &Path, verb: &[&str], done: &str, at: &str) {
    let ran = desk.run_at(dir, verb);
    assert!(
        ran.code() == 0 || ran.err().contains(done) || ran.out().contains(done),
        "{at}: {}{}",
        ran.out(),
        ran.err()
    );
}

#[test]
fn a_product_is_added_whole_by_the_run_after_a_killed_one() {
    let before = Desk::with_service();
    let add = ["product", "add", "cad"];
    kill_everywhere(&before, "acme", &add, |desk, at| {
        let mut signed = Signed::by(&desk.dir().join("root"));
        let files = ["bundle", "root/last.bundle"].map(|file| desk.dir().join(file));
        signed.look_at(&files);
        let listed = desk.run(&["license", "list"]);
        assert_eq!(listed.code(), 0, "{at}: {}", listed.err());
        signed.look_at(&files);
        again(desk, &desk.dir(), &add, "already", at);
        signed.look_at(&files);
        desk.run(&["product", "add", "cam"]).yes();
        signed.look_at(&files);
        assert_sound(&desk.dir(), &["cad", "cam"]);
        let left = fs::read_dir(desk.dir()).unwrap().flatten();
        let left = left.filter(|entry| entry.file_name().to_string_lossy().ends_with(".new"));
        assert_eq!(left.count(), 0, "{at}");
    });
}

#[test]
fn a_manifest_is_published_whole_by_the_run_after_a_killed_one() {
    let before = Desk::with_service();
    before.run(&["product", "add", "cad"]).yes();
    let rules = fs::read_to_string(before.dir().join("manifests/cad.toml")).unwrap();
    let changed = rules.replace("days = 730", "days = 700");
    assert_ne!(rules, changed);
    fs::write(before.path("cad.toml"), changed).unwrap();
    let publish = ["manifest", "publish", "cad", "cad.toml"];
    kill_everywhere(&before, "acme", &publish, |desk, at| {
        again(desk, &desk.dir(), &publish, "has these very rules", at);
        assert_sound(&desk.dir(), &["cad"]);
    });
}

#[test]
fn a_folder_is_made_by_the_run_after_a_killed_one() {
    let init = ["init", "--name", "Acme"];
    kill_everywhere(&Desk::new(), "acme", &init, |desk, at| {
        again(desk, &desk.dir(), &init, "not empty", at);
        desk.run(&["product", "add", "cad"]).yes();
        assert_sound(&desk.dir(), &["cad"]);
    });
}

#[test]
fn a_root_is_made_and_signs_by_the_run_after_a_killed_one() {
    let init = ["root", "init"];
    kill_everywhere(&Desk::new(), "vault", &init, |desk, at| {
        again(desk, &desk.path("vault"), &init, "not empty", at);
        assert_signs(desk, &desk.path("vault"));
    });

    let before = Desk::new();
    before.run_at(&before.path("vault"), &init).yes();
    before
        .run(&["init", "--name", "Acme", "--root-public", "vault/root.pem"])
        .yes();
    let sign = [
        "root",
        "sign-bundle",
        "--in",
        "acme/bundle-proposal.toml",
        "--out",
        "acme/bundle",
        "--yes",
    ];
    kill_everywhere(&before, "vault", &sign, |desk, at| {
        let mut signed = Signed::by(&desk.path("vault"));
        let files = [desk.dir().join("bundle"), desk.path("vault/last.bundle")];
        signed.look_at(&files);
        let ran = desk.run_at(&desk.path("vault"), &sign);
        assert_eq!(ran.code(), 0, "{at}: {}", ran.err());
        signed.look_at(&files);
        desk.run(&["product", "add", "cad"]).yes();
        assert_eq!(signed.seen.len(), 1, "{at}");
    });
}

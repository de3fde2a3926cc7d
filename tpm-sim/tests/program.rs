//! The program `tpm-sim`: starting by hand, verbs, signals.

mod support;

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::{code, get_random, transact};

/// A running `tpm-sim start`, killed when dropped.
struct Started {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    socket: PathBuf,
    root: Option<PathBuf>,
}

impl Started {
    fn new(dir: &Path, options: &[&str]) -> Started {
        let mut child = program()
            .arg("start")
            .arg("--dir")
            .arg(dir)
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program was built");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = |name: &str| {
            let mut line = String::new();
            stdout.read_line(&mut line).expect("it is text");
            let value = line.trim_end().strip_prefix(name)?.strip_prefix('=')?;
            Some(value.to_owned())
        };
        let tcti = line("COUNTERFOIL_TCTI").expect("the first line names the TCTI");
        let root = if options.contains(&"--state") {
            None
        } else {
            line("EK_ROOT")
        };
        let socket = tcti
            .strip_prefix("swtpm:path=")
            .expect("it is a Unix socket")
            .into();
        Started {
            child,
            _stdout: stdout,
            socket,
            root: root.map(PathBuf::from),
        }
    }

    fn send(&self, command: &[u8]) -> std::io::Result<Vec<u8>> {
        transact(&mut UnixStream::connect(&self.socket)?, command)
    }

    fn swtpm(&self, dir: &Path) -> PathBuf {
        let status = stdout(&verb("status", dir, &[]));
        let pid = status
            .trim_end()
            .rsplit(' ')
            .next()
            .expect("it ends with a number");
        Path::new("/proc").join(pid)
    }

    fn signal(&mut self, signal: &str) -> ExitStatus {
        // The shell's own: a bare machine has no program of that name.
        let sent = Command::new("/bin/sh")
            .args(["-c", &format!("kill {signal} {}", self.child.id())])
            .status();
        assert!(sent.expect("there is a shell").success());
        self.child.wait().expect("it is our child")
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tpm-sim"))
}

fn verb(verb: &str, dir: &Path, options: &[&str]) -> Output {
    program()
        .arg(verb)
        .arg(dir)
        .args(options)
        .output()
        .expect("the program was built")
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn await_gone(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while path.exists() {
        assert!(
            Instant::now() < deadline,
            "{} is still there",
            path.display()
        );
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn start_prints_a_tcti_that_works_and_a_root_that_is_there() {
    let dir = folder();
    let tpm = Started::new(dir.path(), &["--profile", "p256"]);
    assert_eq!(code(&tpm.send(&get_random()).expect("on")), 0);
    let root = std::fs::read_to_string(tpm.root.as_ref().expect("printed")).expect("there");
    assert!(root.starts_with("-----BEGIN CERTIFICATE-----"));
}

#[test]
fn sigterm_ends_the_program_and_its_swtpm_in_order() {
    let dir = folder();
    let mut tpm = Started::new(dir.path(), &["--profile", "p256"]);
    let swtpm = tpm.swtpm(dir.path());
    assert!(swtpm.exists());
    assert!(tpm.signal("-TERM").success());
    assert!(!swtpm.exists());
}

#[test]
fn swtpm_ends_when_the_program_is_killed() {
    let dir = folder();
    let mut tpm = Started::new(dir.path(), &["--profile", "p256"]);
    let swtpm = tpm.swtpm(dir.path());
    assert!(swtpm.exists());
    assert!(!tpm.signal("-KILL").success());
    await_gone(&swtpm);
}

#[test]
fn a_tpm_survives_the_program() {
    let read_public = support::plain(0x173, &0x8101_0002_u32.to_be_bytes());
    let dir = folder();
    let mut tpm = Started::new(dir.path(), &["--profile", "p256"]);
    let ek = tpm.send(&read_public).expect("on");
    assert_eq!(code(&ek), 0);
    assert!(tpm.signal("-INT").success());
    let tpm = Started::new(dir.path(), &["--profile", "p256"]);
    assert_eq!(tpm.send(&read_public).expect("on"), ek);
}

#[test]
fn a_second_start_in_the_same_folder_is_refused() {
    let dir = folder();
    let tpm = Started::new(dir.path(), &["--profile", "p256"]);
    let output = program()
        .args(["start", "--dir"])
        .arg(dir.path())
        .output()
        .expect("built");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("in use by another simulated TPM"));
    assert_eq!(code(&tpm.send(&get_random()).expect("not disturbed")), 0);
}

#[test]
fn verbs_cycle_the_power() {
    let dir = folder();
    let tpm = Started::new(dir.path(), &["--profile", "p256"]);
    let resets = |tpm: &Started| {
        let clock = tpm.send(&support::plain(0x181, &[])).expect("on");
        u32::from_be_bytes(clock[26..30].try_into().expect("four bytes"))
    };
    let first = resets(&tpm);
    for name in ["power-cut", "reboot", "reset"] {
        stdout(&verb(name, dir.path(), &[]));
    }
    assert_eq!(resets(&tpm), first + 3);
    stdout(&verb("suspend", dir.path(), &[]));
    assert_eq!(stdout(&verb("status", dir.path(), &[])), "without power\n");
    assert_eq!(stdout(&verb("resume", dir.path(), &[])), "resumed\n");
    stdout(&verb("hibernate", dir.path(), &[]));
    assert_eq!(resets(&tpm), first + 3);
    stdout(&verb("power-off", dir.path(), &[]));
    assert!(tpm.send(&get_random()).is_err());
    stdout(&verb("power-on", dir.path(), &[]));
    stdout(&verb("clear", dir.path(), &[]));
    assert_eq!(resets(&tpm), 0);
}

#[test]
fn log_and_counts_show_what_clients_sent() {
    let dir = folder();
    let tpm = Started::new(dir.path(), &["--profile", "p256"]);
    tpm.send(&get_random()).expect("on");
    tpm.send(&get_random()).expect("on");
    let log = stdout(&verb("log", dir.path(), &[]));
    assert_eq!(log.lines().count(), 2);
    assert!(log.contains("TPM2_GetRandom"), "{log}");
    assert_eq!(
        stdout(&verb("counts", dir.path(), &[])),
        "    2 TPM2_GetRandom\n"
    );
    assert_eq!(stdout(&verb("counts", dir.path(), &[])), "");
}

#[test]
fn a_fault_strikes_the_command_it_was_armed_for() {
    let dir = folder();
    let tpm = Started::new(dir.path(), &["--profile", "p256"]);
    let options = ["code=0x922", "--at", "2", "--command", "TPM2_GetRandom"];
    stdout(&verb("fault", dir.path(), &options));
    let codes: Vec<_> = (0..3)
        .map(|_| code(&tpm.send(&get_random()).expect("on")))
        .collect();
    assert_eq!(codes, [0, 0x922, 0]);
    for wrong in [
        ["code=2", "--command", "TPM2_Qoute"],
        ["meteorite", "--at", "1"],
    ] {
        assert_eq!(verb("fault", dir.path(), &wrong).status.code(), Some(2));
    }
}

#[test]
fn a_verb_without_a_tpm_says_how_to_start_one() {
    let dir = folder();
    let output = verb("power-cut", dir.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tpm-sim start --dir"));
}

#[test]
fn a_machine_without_swtpm_is_told_what_to_install() {
    let dir = folder();
    let output = program()
        .args(["start", "--profile", "p256", "--dir"])
        .arg(dir.path())
        .env("PATH", dir.path())
        .output()
        .expect("built");
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("install the package `swtpm`"), "{message}");
}

#[test]
fn a_wrong_command_line_exits_with_64() {
    let output = program().arg("strat").output().expect("built");
    assert_eq!(output.status.code(), Some(64));
    let output = program().arg("--help").output().expect("built");
    assert_eq!(output.status.code(), Some(0));
}

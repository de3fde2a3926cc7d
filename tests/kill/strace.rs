//! The program under strace: watched, or killed at one of its system calls.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use crate::points::{self, Point};

const SIGKILL: i32 = 9;
const WHAT_TO_DO: &str = "install it (Debian: `apt-get install strace`, or run scripts/setup)";

/// No thread can be started: the first one then makes every step itself, in the same order as when the TPM has a thread of its
/// own, and strace, which counts calls for each thread apart, finds them all there.
const NO_THREADS: [&str; 2] = ["-e", "inject=?clone,?clone3:error=EAGAIN"];

/// Runs `arguments` in `folder` and lists its points.
pub fn watch(folder: &Path, arguments: &[&str]) -> (Output, Vec<Point>) {
    let (output, trace) = run(
        folder,
        &format!("trace={},?clone,?clone3", points::traced()),
        &NO_THREADS,
        arguments,
    );
    let points = points::of(&trace, folder.to_str().unwrap());
    (output, points)
}

/// Runs `arguments` in `folder` until `point`, where it is killed.
pub fn kill_at(folder: &Path, point: &Point, arguments: &[&str]) {
    let Point { call, nth, on, .. } = point;
    let (output, trace) = run(
        folder,
        &format!("trace={call},?clone,?clone3"),
        &[
            NO_THREADS[0],
            NO_THREADS[1],
            "-e",
            &format!("inject={call}:signal=SIGKILL:when={nth}"),
        ],
        arguments,
    );
    assert_eq!(
        output.status.signal(),
        Some(SIGKILL),
        "it was not killed at {point}: {output:?}"
    );
    let last = points::of_first_thread(&trace).next_back().unwrap();
    assert_eq!(
        (last.call, &last.on(folder.to_str().unwrap())),
        (call.as_str(), on),
        "it was killed elsewhere than at {point}"
    );
}

/// Runs `arguments` in `folder` where no thread can be started: how often that was tried comes along.
pub fn without_threads(folder: &Path, arguments: &[&str]) -> (Output, usize) {
    let (output, trace) = run(
        folder,
        "trace=?clone,?clone3,getpid",
        &NO_THREADS,
        arguments,
    );
    let tried = trace.lines().filter(|line| line.contains("EAGAIN")).count();
    (output, tried)
}

/// The program's arguments under strace, and what strace wrote.
fn run(folder: &Path, trace: &str, inject: &[&str], arguments: &[&str]) -> (Output, String) {
    let file = folder.with_extension("strace");
    let output = Command::new(strace())
        .args(["-f", "-q", "-y", "-s", "0", "-e", trace])
        .args(inject)
        .arg("-o")
        .arg(&file)
        .arg("--")
        .arg(env!("CARGO_BIN_EXE_counterfoil"))
        .args(arguments)
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let trace = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        !trace.is_empty(),
        "strace cannot watch a program here, which needs ptrace (in a container: CAP_SYS_PTRACE): {output:?}"
    );
    (output, trace)
}

/// strace's path: the program runs without any variable, PATH included.
fn strace() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .map(|folder| folder.join("strace"))
            .find(|program| program.is_file())
            .unwrap_or_else(|| panic!("this test needs strace: {WHAT_TO_DO}"))
    })
}

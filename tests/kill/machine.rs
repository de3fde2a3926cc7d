//! A machine that can be put back as it was, chip and disk, as often as there are points to try.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use counterfoil::client::{Config, Counterfoil, LicenseReport, Report};
use counterfoil::device::TssHardware;
use counterfoil::policy::Standing;
use counterfoil::token::TrustAnchor;
use tempfile::TempDir;
use tpm_sim::{Snapshot, Tpm, TpmSpec};

use crate::device_support::{evict, handles};
use crate::points::{self, Point};
use crate::stage::{self, copy, files, put_back};
use crate::strace;

/// The folder in which the program runs holds these, and its state.
const ROOT: &str = "root.pem";
const STATE: &str = "state";
/// Nothing takes as long; a machine under load is no failure.
const PATIENCE: Duration = Duration::from_secs(120);

const FIRST_INDEX: u32 = 0x0100_0000;
const FIRST_KEY: u32 = 0x8100_0000;
/// Where stores have their counters and keys.
const STORES: [std::ops::Range<u32>; 2] = [0x0180_0000..0x01c0_0000, 0x8140_0000..0x8180_0000];

/// Chip and disk at one moment.
pub struct Image {
    chip: Snapshot,
    folder: TempDir,
}

/// A machine with the program, and a TPM of its own.
pub struct Machine {
    pub tpm: Tpm,
    folder: TempDir,
    /// What is being tried, for messages.
    trying: RefCell<String>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub error: String,
}

impl Machine {
    pub fn new(root: &str) -> Self {
        let machine = Self::with(Tpm::start(TpmSpec::default()).unwrap());
        fs::create_dir(machine.here()).unwrap();
        fs::write(machine.path(ROOT), root).unwrap();
        machine
    }

    /// Another machine with the same chip and disk.
    pub fn of(image: &Image) -> Self {
        let tpm = Tpm::from_snapshot(TpmSpec::default(), &image.chip).unwrap();
        let machine = Self::with(tpm);
        copy(image.folder.path(), &machine.here());
        machine
    }

    fn with(tpm: Tpm) -> Self {
        Self {
            tpm,
            folder: stage::memory(),
            trying: RefCell::default(),
        }
    }

    pub fn image(&self) -> Image {
        let folder = stage::memory();
        copy(&self.here(), folder.path());
        Image {
            chip: self.tpm.snapshot_running().unwrap(),
            folder,
        }
    }

    pub fn put_back(&self, image: &Image) {
        self.tpm.restore(&image.chip).unwrap();
        put_back(image.folder.path(), &self.here());
    }

    /// A file in the folder in which the program runs.
    pub fn path(&self, name: &str) -> PathBuf {
        self.here().join(name)
    }

    fn here(&self) -> PathBuf {
        self.folder.path().join("machine")
    }

    /// Runs the program to its end.
    pub fn run(&self, line: &str) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_counterfoil"))
            .args(self.arguments(line).iter())
            .env_clear()
            .current_dir(self.here())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran {
            code: output
                .status
                .code()
                .unwrap_or_else(|| panic!("{}: `{line}` was ended", self.trying.borrow())),
            out: String::from_utf8(output.stdout).unwrap(),
            error: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs the program, which has to end with `code`.
    #[track_caller]
    pub fn ends(&self, line: &str, code: i32) -> Ran {
        let ran = self.run(line);
        assert_eq!(
            ran.code,
            code,
            "{}: `{line}` ended with {ran:?}",
            self.trying.borrow()
        );
        ran
    }

    /// That the license works, or that there is none yet.
    #[track_caller]
    pub fn stands(&self, standing: Standing) {
        let verdict = self.validate().verdict;
        assert_eq!(
            verdict.standing,
            standing,
            "{}: {verdict:?}",
            self.trying.borrow()
        );
    }

    /// How many licenses work.
    #[track_caller]
    pub fn licenses(&self) -> usize {
        let licenses = self.validate().licenses;
        let active = |license: &&LicenseReport| license.verdict.standing == Standing::Active;
        licenses.iter().filter(active).count()
    }

    /// A validation without the program, which takes longer to start than to ask the library the same. It comes to an end,
    /// or there is nothing to validate.
    #[track_caller]
    fn validate(&self) -> Report {
        let root = fs::read_to_string(self.path(ROOT)).unwrap();
        let hardware = Box::new(TssHardware::new(self.tpm.tcti()));
        let anchor = TrustAnchor::from_pem(&root).unwrap();
        let report = Counterfoil::open(Config::new(self.path(STATE), anchor, hardware)).validate();
        if let Some(failure) = &report.failure {
            let standing = failure.reason().standing();
            assert_eq!(
                standing,
                Standing::NotActivated,
                "{}: {failure}",
                self.trying.borrow()
            );
        }
        report
    }

    /// The store's persistent keys and counters that are in the TPM.
    pub fn kept_by_the_tpm(&self) -> Vec<u32> {
        let mut kept = handles(&self.tpm, FIRST_INDEX);
        kept.extend(handles(&self.tpm, FIRST_KEY));
        kept.retain(|handle| STORES.iter().any(|range| range.contains(handle)));
        kept
    }

    /// Takes the store's keys from their places, as their owner can.
    pub fn evict_keys(&self) {
        for key in self.kept_by_the_tpm() {
            if key >= FIRST_KEY {
                evict(&self.tpm, key);
            }
        }
    }

    /// Runs the program and lists its points.
    pub fn watch(&self, line: &str) -> Vec<Point> {
        let arguments = self.arguments(line);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (output, points) = strace::watch(&self.here(), &arguments);
        assert_eq!(output.status.code(), Some(0), "`{line}`: {output:?}");
        points
    }

    /// Runs the program where no thread can be started; how often it tried comes along.
    pub fn without_threads(&self, line: &str) -> (Output, usize) {
        let arguments = self.arguments(line);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        strace::without_threads(&self.here(), &arguments)
    }

    /// Runs the program into its death at `point`.
    pub fn kill(&self, line: &str, point: &Point) {
        self.trying
            .replace(format!("after `{line}` was killed at {point}"));
        let arguments = self.arguments(line);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let seen = self.tpm.commands().len();
        strace::kill_at(&self.here(), point, &arguments);
        // A command that was sent is executed, whether or not somebody waits for its answer.
        let sent = point.commands;
        let start = Instant::now();
        while self.tpm.commands_since(seen).len() < sent {
            assert!(start.elapsed() < PATIENCE, "the TPM does not answer");
            std::thread::sleep(Duration::from_millis(1));
        }
        self.tpm.flush_clients().unwrap();
    }

    /// That no run left anything in the TPM.
    pub fn assert_flushed(&self) {
        let leak = self.tpm.leak().unwrap();
        assert_eq!(leak, tpm_sim::Leak::default(), "{}", self.trying.borrow());
    }

    /// The names of all files, each number in them as one sign. A file for somebody else that was never finished does not
    /// count: its name is random, so that it is nobody else's, and no later run knows it.
    pub fn names(&self) -> BTreeSet<String> {
        let here = self.here();
        files(&here, "")
            .iter()
            .map(|path| path.strip_prefix(&here).unwrap().to_str().unwrap())
            .filter(|name| points::unfinished(name).is_none())
            .map(without_numbers)
            .collect()
    }

    /// That no file is there but what a run to its end leaves: nothing that was never finished.
    pub fn assert_no_more_than(&self, expected: &BTreeSet<String>) {
        let more: Vec<String> = self.names().difference(expected).cloned().collect();
        assert!(more.is_empty(), "{}: {more:?} stay", self.trying.borrow());
    }

    /// The state files.
    pub fn states(&self) -> Vec<PathBuf> {
        match self.path(STATE).exists() {
            true => files(&self.path(STATE), "state-"),
            false => Vec::new(),
        }
    }

    pub fn trying(&self) -> String {
        self.trying.borrow().clone()
    }

    fn arguments(&self, line: &str) -> Vec<String> {
        let tcti = self.tpm.tcti();
        ["--tcti", &tcti, "--dir", STATE, "--trust", ROOT]
            .into_iter()
            .chain(line.split_whitespace())
            .map(str::to_owned)
            .collect()
    }
}

fn without_numbers(name: &str) -> String {
    let mut short = String::new();
    for c in name.chars() {
        match c.is_ascii_digit() {
            true if short.ends_with('#') => {}
            true => short.push('#'),
            false => short.push(c),
        }
    }
    short
}

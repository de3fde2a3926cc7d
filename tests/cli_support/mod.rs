//! What the tests of the programs share: running them, and checking their JSON against `docs/schema`.
#![allow(dead_code, reason = "each test program uses its part")]

#[cfg(all(feature = "client", feature = "device", feature = "server"))]
pub(crate) mod scene;
mod schema;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder of one's own with what the programs are told on the command line.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    tcti: String,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) error: String,
}

impl Bench {
    /// A machine whose TPM is at `tcti`.
    pub(crate) fn new(tcti: impl Into<String>) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            tcti: tcti.into(),
        }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Runs `counterfoil` in the folder, without any variable; the words of `line` are its arguments.
    pub(crate) fn device(&self, line: &str) -> Ran {
        self.device_reading(line, "")
    }

    /// The same, with something on standard input.
    pub(crate) fn device_reading(&self, line: &str, input: &str) -> Ran {
        self.device_at(&self.tcti, line, input)
    }

    /// The same, at another TPM.
    pub(crate) fn device_at(&self, tcti: &str, line: &str, input: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
        command
            .args(["--tcti", tcti, "--dir", "state"])
            .args(line.split_whitespace());
        self.run(command, input)
    }

    /// Runs `counterfoil` in the folder with these arguments and no others.
    pub(crate) fn device_with<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil"));
        command.args(arguments);
        self.run(command, "")
    }

    /// Runs `counterfoil-server` in the folder.
    #[cfg(feature = "server")]
    pub(crate) fn server(&self, line: &str) -> Ran {
        self.server_in("service", line)
    }

    /// Runs `counterfoil-server` in the folder, with another of its folders than `service`.
    #[cfg(feature = "server")]
    pub(crate) fn server_in(&self, dir: &str, line: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil-server"));
        command.args(["--dir", dir]).args(line.split_whitespace());
        self.run(command, "")
    }

    /// The same, `days` after today by its clock.
    #[cfg(feature = "server")]
    pub(crate) fn server_after(&self, days: u32, line: &str) -> Ran {
        let mut command = ahead(days, env!("CARGO_BIN_EXE_counterfoil-server"));
        command
            .args(["--dir", "service", "--clock-is-right"])
            .args(line.split_whitespace());
        self.run(command, "")
    }

    /// Runs `counterfoil` as [`Bench::device`] does, for a user who reads German.
    pub(crate) fn device_in_german(&self, line: &str) -> Ran {
        let mut command = Command::new("env");
        command
            .args(["LC_ALL=de_DE.UTF-8", env!("CARGO_BIN_EXE_counterfoil")])
            .args(["--tcti", &self.tcti, "--dir", "state"])
            .args(line.split_whitespace());
        self.run(command, "")
    }

    /// Runs `counterfoil` as [`Bench::device`] does, `days` after today by its clock.
    pub(crate) fn device_after(&self, days: u32, line: &str) -> Ran {
        let mut command = ahead(days, env!("CARGO_BIN_EXE_counterfoil"));
        command
            .args(["--tcti", &self.tcti, "--dir", "state"])
            .args(line.split_whitespace());
        self.run(command, "")
    }

    fn run(&self, mut command: Command, input: &str) -> Ran {
        let mut child = command
            .env_clear()
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that reads no input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().expect("it ends by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            error: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A program to which the operating system's clock shows another day, and no other clock anything else.
fn ahead(days: u32, program: &str) -> Command {
    let mut command = Command::new("env");
    command
        .args(["DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"])
        .args(["faketime", "-f", &format!("+{days}d"), program]);
    command
}

impl Ran {
    /// That it ended with this code; what it printed.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.error);
        self
    }

    /// That standard error holds each of these texts.
    #[track_caller]
    pub(crate) fn complains(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(
                self.error.contains(text),
                "{text:?} is not in: {}",
                self.error
            );
        }
        self
    }

    /// The JSON that it printed, after a check against the schema of this name.
    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> Value {
        let value: Value = serde_json::from_str(&self.out).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{name}.json"));
        let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        if let Err(fault) = schema::check(&schema, &value) {
            panic!("{name}: {fault}\n{value:#}");
        }
        value
    }
}

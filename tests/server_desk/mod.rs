//! A vendor's desk: the program `counterfoil-server` and folders for it to work in.
#![allow(dead_code, reason = "each test program uses its part")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Desk {
    pub(crate) home: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            home: TempDir::new().expect("a folder"),
        }
    }

    /// A service with its root in the same folder.
    pub(crate) fn with_service() -> Self {
        let desk = Self::new();
        desk.run(&["init", "--name", "Acme Ltd"]).yes();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.path("acme")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_at(&self.dir(), arguments)
    }

    pub(crate) fn run_at(&self, dir: &Path, arguments: &[&str]) -> Ran {
        let output = self.command(dir, arguments).output();
        Ran(output.expect("the program runs"))
    }

    /// The program with its arguments, not yet running.
    pub(crate) fn command(&self, dir: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil-server"));
        command
            .env_clear()
            .current_dir(self.home.path())
            .arg("--dir")
            .arg(dir)
            .args(arguments);
        command
    }

    pub(crate) fn passphrase_file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("private");
        path.display().to_string()
    }
}

pub(crate) struct Ran(pub(crate) Output);

impl Ran {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().expect("it was not killed")
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).expect("text")
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).expect("text")
    }

    pub(crate) fn yes(self) -> Self {
        assert_eq!(self.code(), 0, "{}{}", self.out(), self.err());
        self
    }

    /// The JSON of a verb, whose schema number is checked.
    pub(crate) fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.out()).expect("JSON");
        assert_eq!(value["schema"], 1);
        value
    }

    /// An error of this side that names each of `words`.
    pub(crate) fn error(self, words: &[&str]) {
        assert_eq!(self.code(), 2, "{}{}", self.out(), self.err());
        for word in words {
            assert!(self.err().contains(word), "`{word}` in {}", self.err());
        }
    }
}

//! tpm2-tools on a simulated TPM: the independent peer.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tpm_sim::{Tpm, TpmSpec};

use crate::tpm_commands::Commands;

/// One simulated TPM with a folder for the files that tools exchange.
pub(crate) struct Peer {
    pub(crate) tpm: Tpm,
    folder: tempfile::TempDir,
}

impl Peer {
    pub(crate) fn start() -> Self {
        Self::start_as(TpmSpec::default())
    }

    pub(crate) fn start_as(spec: TpmSpec) -> Self {
        // The tools leave objects loaded; each call here flushes them, but a test that fails
        // between has said enough.
        let tpm = Tpm::start(spec.without_leak_check()).expect("a simulated TPM");
        Self {
            tpm,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn commands(&self) -> Commands {
        Commands(self.tpm.socket())
    }

    /// Runs a tool with arguments split at spaces, in the folder, and flushes what it loaded.
    pub(crate) fn run(&self, tool: &str, arguments: &str) {
        self.call(tool, arguments);
        self.call("tpm2_flushcontext", "-t");
    }

    /// Runs a tool whose objects or session the next call goes on with, and returns what it
    /// printed.
    pub(crate) fn call(&self, tool: &str, arguments: &str) -> String {
        let output = self.output(tool, arguments);
        assert!(
            output.status.success(),
            "{tool} {arguments} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether a tool succeeds.
    pub(crate) fn tries(&self, tool: &str, arguments: &str) -> bool {
        self.output(tool, arguments).status.success()
    }

    fn output(&self, tool: &str, arguments: &str) -> Output {
        Command::new(tool)
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .env("TPM2TOOLS_TCTI", self.tpm.tcti())
            .env("TSS2_LOG", "all+NONE")
            .env("LD_LIBRARY_PATH", libtss2())
            .output()
            .unwrap_or_else(|error| {
                panic!("{tool} does not start ({error}): `make test` installs tpm2-tools")
            })
    }

    /// The digest of a policy as the TPM's trial session gives it; `{}` in the calls stands for the
    /// session.
    pub(crate) fn trial(&self, steps: &[(&str, &str)]) -> Vec<u8> {
        self.call("tpm2_startauthsession", "-S trial.ctx");
        for (tool, arguments) in steps {
            self.call(tool, &format!("-S trial.ctx -L trial.digest {arguments}"));
        }
        self.call("tpm2_flushcontext", "trial.ctx");
        self.call("tpm2_flushcontext", "-t");
        self.read("trial.digest")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }
}

/// The folder of a libtss2 that reaches a simulator over a Unix socket, which Debian 12's own does
/// not.
fn libtss2() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        installed().or_else(built).expect(
            "no libtss2 of version 4.1.3 or newer: `make test` builds one where the system has \
             none",
        )
    })
}

fn installed() -> Option<PathBuf> {
    let arguments = ["--variable=libdir", "tss2-esys >= 4.1.3"];
    let output = Command::new("pkg-config").args(arguments).output().ok()?;
    let folder = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| PathBuf::from(folder.trim()))
}

/// The newest one in the cache of the set-up.
fn built() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| {
            std::env::var_os("HOME").map(|home: OsString| PathBuf::from(home).join(".cache"))
        })?;
    let prefixes = fs::read_dir(cache.join("counterfoil")).ok()?.flatten();
    let mut folders: Vec<_> = prefixes
        .map(|entry| entry.path().join("lib"))
        .filter(|folder| folder.join("libtss2-esys.so.0").exists())
        .collect();
    folders.sort();
    folders.pop()
}

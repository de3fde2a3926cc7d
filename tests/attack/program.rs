//! The program `counterfoil` as processes of their own, and what a store keeps secret.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use counterfoil::device::{Hardware as _, Secret, SecretKind};
use counterfoil::store::Seed;
use counterfoil::token::StoreId;
use hkdf::Hkdf;
use serde_json::Value;
use sha2::Sha256;

use crate::forgery::binding;
use crate::stage::{Machine, Vendor};

/// How to run the program for one vendor on one machine.
#[derive(Debug, Clone)]
pub struct Program {
    tcti: String,
    trust: Option<PathBuf>,
    dir: PathBuf,
    here: PathBuf,
}

/// How it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub error: String,
}

impl Program {
    pub fn new(vendor: &Vendor, machine: &Machine) -> Self {
        let trust = machine.dir().with_file_name("root.pem");
        std::fs::write(&trust, vendor.service().anchor().root().to_pem()).unwrap();
        Self {
            tcti: machine.tpm.tcti(),
            trust: Some(trust),
            dir: machine.dir(),
            here: machine.dir().parent().unwrap().to_owned(),
        }
    }

    /// The same with another state folder.
    pub fn in_dir(&self, dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            ..self.clone()
        }
    }

    /// The same with another TPM connection.
    pub fn at_tpm(&self, tcti: &str) -> Self {
        Self {
            tcti: tcti.to_owned(),
            ..self.clone()
        }
    }

    /// The same without the vendor's key.
    pub fn without_trust(&self) -> Self {
        Self {
            trust: None,
            ..self.clone()
        }
    }

    pub fn command(&self, line: &str) -> Command {
        self.command_as(Command::new(env!("CARGO_BIN_EXE_counterfoil")), line)
    }

    /// With `starter`, which ends with the program, in front.
    pub fn command_as(&self, mut starter: Command, line: &str) -> Command {
        starter
            .env_clear()
            .args(["--tcti", &self.tcti])
            .arg("--dir")
            .arg(&self.dir)
            .args(
                self.trust
                    .iter()
                    .flat_map(|trust| ["--trust".as_ref(), trust.as_os_str()]),
            )
            .args(line.split_whitespace())
            .current_dir(&self.here)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        starter
    }

    pub fn start(&self, line: &str) -> Child {
        self.command(line).spawn().unwrap()
    }

    pub fn run(&self, line: &str) -> Ran {
        ended(self.command(line).output().unwrap())
    }
}

/// Waits for the end of a process.
pub fn wait_for(child: Child) -> Ran {
    ended(child.wait_with_output().unwrap())
}

/// How a process ended.
pub fn ended(output: Output) -> Ran {
    Ran {
        code: output.status.code().expect("it ends by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ran {
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.error);
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// Every secret of a machine's store, by name.
pub struct Secrets {
    pub store: StoreId,
    pub epoch: u64,
    pub state_key: [u8; 32],
    pub all: Vec<(&'static str, Vec<u8>)>,
}

pub fn secrets(machine: &Machine) -> Secrets {
    let binding = binding(machine);
    let hardware = machine.hardware();
    let open = |which| -> Secret { hardware.open().unwrap().unseal(&binding, which).unwrap() };
    let seed = open(SecretKind::Seed);
    let expand = |salt: Option<&[u8]>, secret: &[u8], info: &[u8]| {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(salt, secret)
            .expand(info, &mut key)
            .unwrap();
        key
    };
    let salt = Some(&binding.store.as_bytes()[..]);
    let state_key = expand(salt, seed.as_bytes(), b"counterfoil/v1/state-key");
    let log_key = expand(None, &state_key, b"counterfoil/v1/log-key");
    let store_key = open(SecretKind::StoreKey);
    let mut all = vec![
        ("seed", seed.as_bytes().to_vec()),
        ("store key", store_key.as_bytes().to_vec()),
        ("state key", state_key.to_vec()),
        ("log key", log_key.to_vec()),
    ];
    let key = Seed::new(seed).binding_key(binding.store);
    all.push(("binding key", key.signing_key().to_scalar().to_vec()));
    Secrets {
        store: binding.store,
        epoch: binding.epoch,
        state_key,
        all,
    }
}

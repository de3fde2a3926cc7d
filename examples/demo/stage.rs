//! The vendor and the machines, played by the two programs.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use tpm_sim::{Tpm, TpmSpec};

/// The product that is sold.
const PRODUCT: &str = "studio";
/// Everything that the programs would read of this computer's own settings.
const SETTINGS: [&str; 8] = [
    "COUNTERFOIL_TCTI",
    "COUNTERFOIL_DIR",
    "COUNTERFOIL_TRUST",
    "COUNTERFOIL_CONFIG",
    "COUNTERFOIL_SERVER_DIR",
    "COUNTERFOIL_SERVER_PASSPHRASE_FILE",
    "TPM2TOOLS_TCTI",
    "TCTI",
];

/// A vendor's service folder.
pub(crate) struct Vendor {
    dir: PathBuf,
}

/// A machine: a TPM and a state folder.
pub(crate) struct Machine {
    name: &'static str,
    folder: PathBuf,
    /// Its TPM.
    pub(crate) tpm: Tpm,
}

/// What a program printed, and whether it said yes.
pub(crate) struct Ran {
    /// Its output and its error messages.
    pub(crate) text: String,
    /// Whether it ended with exit code 0.
    pub(crate) yes: bool,
}

impl Ran {
    /// The same, if the program said yes.
    pub(crate) fn succeeded(self) -> Result<Self, Box<dyn Error>> {
        match self.yes {
            true => Ok(self),
            false => Err(self.text.into()),
        }
    }
}

impl Vendor {
    /// Sets up keys, product and a folder for all the rest.
    pub(crate) fn open(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let vendor = Self {
            dir: folder.join("vendor"),
        };
        vendor
            .run(&["init", "--name", "Example Software"])?
            .succeeded()?;
        vendor
            .run(&["product", "add", PRODUCT, "--allow-class", "test"])?
            .succeeded()?;
        Ok(vendor)
    }

    /// Trusts the manufacturer of a machine's TPM.
    pub(crate) fn trust(&self, machine: &Machine) -> Result<Ran, Box<dyn Error>> {
        let root = machine.file("ek-root.pem");
        std::fs::write(&root, machine.tpm.ek_root_pem()?)?;
        self.run(&["ek-root", "add", text(&root), "--class", "test"])?
            .succeeded()
    }

    /// Creates a license for one machine; returns its key.
    pub(crate) fn sell(&self) -> Result<String, Box<dyn Error>> {
        let created = self
            .run(&[
                "license",
                "create",
                "--product",
                PRODUCT,
                "--features",
                "export,batch",
                "--json",
            ])?
            .succeeded()?;
        let created: serde_json::Value = serde_json::from_str(&created.text)?;
        let key = created["key"]
            .as_str()
            .ok_or("no license key was printed")?;
        Ok(key.to_owned())
    }

    /// Answers a request.
    pub(crate) fn answer(&self, request: &Path, response: &Path) -> Result<Ran, Box<dyn Error>> {
        self.run(&["answer", text(request), "-o", text(response)])
    }

    /// Sizes in bytes of the license and lease on a machine, which its evidence carries.
    pub(crate) fn token_sizes(&self, machine: &Machine) -> Result<(usize, usize), Box<dyn Error>> {
        let evidence = machine.file("evidence");
        let nonce = "5a".repeat(32);
        machine
            .run(
                self,
                &["evidence", "--nonce", &nonce, "-o", text(&evidence)],
            )?
            .succeeded()?;
        let trust = std::fs::read_to_string(self.root())?;
        let trust = counterfoil::token::TrustAnchor::from_pem(&trust)?;
        let bundle = counterfoil::token::TrustBundle::verify(
            &std::fs::read(self.dir.join("bundle"))?,
            &trust,
        )?;
        let file = std::fs::read(&evidence)?;
        let report = counterfoil::protocol::EvidenceFile::verify(&file, &bundle, &[0x5a; 32])?;
        let leased = report
            .licenses
            .first()
            .ok_or("the evidence names no license")?;
        Ok((leased.license.bytes().len(), leased.lease.bytes().len()))
    }

    /// The vendor's root public key.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.join("root.pem")
    }

    fn run(&self, arguments: &[&str]) -> Result<Ran, Box<dyn Error>> {
        let mut command = program("counterfoil-server")?;
        run(command.arg("--dir").arg(&self.dir).args(arguments))
    }
}

impl Machine {
    /// Starts the machine's TPM.
    pub(crate) fn start(
        name: &'static str,
        folder: &Path,
        spec: TpmSpec,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = folder.join(name);
        std::fs::create_dir(&folder)?;
        Ok(Self {
            name,
            folder,
            tpm: Tpm::start(spec)?,
        })
    }

    /// The state folder.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// A file of the machine's.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.{name}", self.name))
    }

    /// Runs `counterfoil` on this machine.
    pub(crate) fn run(&self, vendor: &Vendor, arguments: &[&str]) -> Result<Ran, Box<dyn Error>> {
        run(self.command(vendor, &self.state())?.args(arguments))
    }

    /// The same with another state folder.
    pub(crate) fn run_in(
        &self,
        vendor: &Vendor,
        state: &Path,
        arguments: &[&str],
    ) -> Result<Ran, Box<dyn Error>> {
        run(self.command(vendor, state)?.args(arguments))
    }

    /// The same under a false clock of the operating system.
    pub(crate) fn run_at(
        &self,
        vendor: &Vendor,
        clock: &str,
        arguments: &[&str],
    ) -> Result<Ran, Box<dyn Error>> {
        let inner = self.command(vendor, &self.state())?;
        let mut command = Command::new("faketime");
        command
            .arg(clock)
            .arg(inner.get_program())
            .args(inner.get_args())
            .args(arguments);
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        clean(&mut command);
        run(&mut command)
    }

    fn command(&self, vendor: &Vendor, state: &Path) -> Result<Command, Box<dyn Error>> {
        let mut command = program("counterfoil")?;
        command.args([
            "--tcti",
            &self.tpm.tcti(),
            "--dir",
            text(state),
            "--trust",
            text(&vendor.root()),
        ]);
        Ok(command)
    }
}

/// A path as an argument; every path here is UTF-8.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// Prints a headline.
pub(crate) fn title(text: &str) {
    println!("\n== {text}");
}

/// Prints a sentence.
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// Prints what a program printed.
pub(crate) fn shown(text: &str) {
    text.lines().for_each(|line| println!("    {line}"));
}

/// A program beside this one.
fn program(name: &str) -> Result<Command, Box<dyn Error>> {
    let here = std::env::current_exe()?;
    let folder = here
        .parent()
        .and_then(Path::parent)
        .ok_or("this program has no folder")?;
    let mut command = Command::new(folder.join(name));
    clean(&mut command);
    Ok(command)
}

fn clean(command: &mut Command) {
    for setting in SETTINGS {
        command.env_remove(setting);
    }
}

fn run(command: &mut Command) -> Result<Ran, Box<dyn Error>> {
    let output = command
        .output()
        .map_err(|error| format!("{:?} does not start: {error}", command.get_program()))?;
    let text = [output.stdout, output.stderr].concat();
    Ok(Ran {
        text: String::from_utf8_lossy(&text).into_owned(),
        yes: output.status.success(),
    })
}

//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use tpm_sim::{EkKind, Family, IssuerKey};

/// Runs simulated TPM 2.0 devices on swtpm, and lets things happen to them.
///
/// A simulated TPM has endorsement keys and certificates as from a manufacturer, a power switch, and
/// faults on demand. It protects nothing: never trust its EK root outside tests.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLE)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Shown below the help text.
const EXAMPLE: &str = "\
Example:
  tpm-sim start --dir ~/tpm-a --verbose        # leave it running; it prints what to set
  export COUNTERFOIL_TCTI=swtpm:path=$HOME/tpm-a/tpm.sock
  counterfoil doctor                           # in another terminal
  tpm-sim power-cut ~/tpm-a                    # as if the plug was pulled";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start a TPM and keep it running until Ctrl-C
    Start(Start),
    #[command(flatten)]
    Remote(Remote),
}

/// What can be done to a running TPM.
#[derive(Debug, Subcommand)]
pub(crate) enum Remote {
    /// Show whether the TPM is on
    Status(Running),
    /// Pull the plug and switch on again: an unclean TPM Reset
    PowerCut(Running),
    /// Pull the plug; clients find no TPM
    PowerOff(Running),
    /// Switch on, or let a vanished TPM reappear
    PowerOn(Running),
    /// Shut down in order and switch on again: a clean TPM Reset
    Reboot(Running),
    /// Reset the TPM under its clients, which stay connected
    Reset(Running),
    /// Suspend: clients wait until `resume`
    Suspend(Running),
    /// Wake up from `suspend`: TPM Resume
    Resume(Running),
    /// Suspend to disk and wake up: TPM Restart
    Hibernate(Running),
    /// Clear the TPM as the firmware's set-up does
    Clear(Running),
    /// Print all commands that clients sent so far
    Log(Running),
    /// Print how often clients sent each command since the last time
    Counts(Running),
    /// Let something go wrong with a coming command
    Fault(Fault),
}

/// Which TPM.
#[derive(Debug, clap::Args)]
pub(crate) struct Running {
    /// The folder that was given to `start --dir`
    pub(crate) dir: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Fault {
    #[command(flatten)]
    pub(crate) running: Running,
    /// What goes wrong: code=0x922 (this response code), delay=MS, drop or drop-after (the
    /// connection breaks before or after the TPM executes the command), power-off or
    /// power-off-after, vanish or vanish-after, reset or reset-after
    pub(crate) fault: String,
    /// Strike the N-th command from now on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) at: u32,
    /// Count commands of this name only, for example TPM2_Quote
    #[arg(long, value_name = "NAME")]
    pub(crate) command: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Start {
    /// Folder for sockets and state; a TPM that is there goes on as it was left
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Endorsement keys that a new TPM gets; with `none` they have no certificates
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "rsa,p256,p384"
    )]
    pub(crate) profile: Vec<Profile>,
    /// Make a new TPM the chip with this serial number: the same number, the same chip
    #[arg(long, value_name = "N")]
    pub(crate) serial: Option<u32>,
    /// Manufacturer of a new TPM; another name is another EK root
    #[arg(long, value_name = "NAME", default_value = "tpm-sim")]
    pub(crate) authority: String,
    /// Kind of key with which the manufacturer signs
    #[arg(long, value_enum, default_value = "p256")]
    pub(crate) issuer_key: IssuerKeyArg,
    /// Put an intermediate certificate between EK certificates and root
    #[arg(long)]
    pub(crate) intermediate: bool,
    /// Run the TPM whose state somebody else made, with `swtpm_setup --tpm2 --tpmstate DIR`
    #[arg(long, value_name = "DIR", conflicts_with_all = ["profile", "serial", "authority", "issuer_key", "intermediate"])]
    pub(crate) state: Option<PathBuf>,
    /// Be as slow as a family of real TPMs
    #[arg(long, value_enum)]
    pub(crate) family: Option<FamilyArg>,
    /// Forget at a power cut what Clock counted since the last NV write, as some virtual TPMs do
    #[arg(long)]
    pub(crate) forgetful_clock: bool,
    /// Print each command of clients
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// What `--profile` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    Rsa,
    P256,
    P384,
    None,
}

impl Profile {
    pub(crate) fn ek(self) -> Option<EkKind> {
        match self {
            Profile::Rsa => Some(EkKind::Rsa2048),
            Profile::P256 => Some(EkKind::P256),
            Profile::P384 => Some(EkKind::P384),
            Profile::None => None,
        }
    }
}

/// What `--issuer-key` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum IssuerKeyArg {
    P256,
    P384,
    Rsa,
}

impl From<IssuerKeyArg> for IssuerKey {
    fn from(arg: IssuerKeyArg) -> IssuerKey {
        match arg {
            IssuerKeyArg::P256 => IssuerKey::P256,
            IssuerKeyArg::P384 => IssuerKey::P384,
            IssuerKeyArg::Rsa => IssuerKey::Rsa2048,
        }
    }
}

/// What `--family` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FamilyArg {
    Amd,
    Infineon,
    IntelPtt,
    Pluton,
    Nuvoton,
    Stm,
}

impl From<FamilyArg> for Family {
    fn from(arg: FamilyArg) -> Family {
        match arg {
            FamilyArg::Amd => Family::Amd,
            FamilyArg::Infineon => Family::Infineon,
            FamilyArg::IntelPtt => Family::IntelPtt,
            FamilyArg::Pluton => Family::Pluton,
            FamilyArg::Nuvoton => Family::Nuvoton,
            FamilyArg::Stm => Family::Stm,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_family_has_the_name_the_library_gives_it() {
        for arg in FamilyArg::value_variants() {
            let name = arg.to_possible_value().expect("none is hidden");
            assert_eq!(name.get_name(), Family::from(*arg).name());
        }
        assert_eq!(FamilyArg::value_variants().len(), Family::ALL.len());
    }
}

//! What can be typed: the verbs, their options and their help.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args, Parser, Subcommand};
use counterfoil::token::LicenseId;

/// Software licenses bound to the TPM of this machine: set it up, activate, see what is on.
#[derive(Debug, Parser)]
#[command(name = "counterfoil", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const AFTER_HELP: &str = "\
Exit codes: 0 yes or done, 1 no (feature off, check failed), 2 error, 64 wrong usage.

From nothing to a license, without a network:
  counterfoil doctor
  counterfoil --trust vendor.pem activate --key CF-… --request-out machine.request
  (send machine.request to the vendor, who sends machine.response back)
  counterfoil --trust vendor.pem activate --response machine.response
  counterfoil --trust vendor.pem status";

/// Where the TPM, the licenses and the vendor's key are. An option beats its variable, which beats the config file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Machine, vendor and application")]
pub(crate) struct Options {
    /// The TPM, as libtss2 names it [default: device:/dev/tpmrm0]
    ///
    /// Without the option and COUNTERFOIL_TCTI the variables TPM2TOOLS_TCTI and TCTI are read.
    #[arg(long, global = true, env = "COUNTERFOIL_TCTI", hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) tcti: Option<String>,
    /// Seconds that the TPM may take for a command, and four times as many to make a key [default: 30]
    #[arg(
        long,
        global = true,
        env = "COUNTERFOIL_TPM_TIMEOUT",
        hide_env_values = true,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub(crate) tpm_timeout: Option<u16>,
    /// The state folder [default: /var/lib/counterfoil/VENDOR, by the vendor's id]
    #[arg(long, global = true, env = "COUNTERFOIL_DIR", hide_env_values = true)]
    pub(crate) dir: Option<PathBuf>,
    /// The vendor's root public key, PEM
    #[arg(
        long,
        global = true,
        env = "COUNTERFOIL_TRUST",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) trust: Option<PathBuf>,
    /// The store's number on this machine [default: 0, the machine-wide one]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) slot: Option<u32>,
    /// Accept licenses for this product only
    #[arg(long, global = true, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) product: Option<String>,
    /// The application's version, where licenses cover a range of versions
    #[arg(long, global = true, value_name = "VERSION", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) app_version: Option<String>,
    /// The config file, TOML [default: /etc/counterfoil.toml where there is one]
    #[arg(
        long,
        global = true,
        env = "COUNTERFOIL_CONFIG",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Say whether this machine is ready for licenses, and what to do where it is not
    #[command(
        after_help = "Exit codes: 0 no problem, 1 a problem was found.\n\nExample:\n  counterfoil doctor --json"
    )]
    Doctor {
        /// Write one file for support here, without secrets; it lists what it holds
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
        #[command(flatten)]
        json: Json,
    },
    /// Make the keys and counters of the store in the TPM; activation does it by itself where no password is needed
    #[command(
        after_help = "Run again it verifies what is there and repairs what is missing.

Example, where the owner hierarchy has a password:
  counterfoil --trust vendor.pem provision --owner-auth-file /etc/tpm-owner"
    )]
    Provision {
        /// Endorsement certificate that was fetched from the TPM's maker, for chips that store none: PEM, DER or the JSON of a
        /// maker's service; it is kept, and goes into requests
        #[arg(long, value_name = "FILE")]
        ek_certificate: Option<PathBuf>,
        #[command(flatten)]
        replace: Replace,
        #[command(flatten)]
        auths: Auths,
        #[command(flatten)]
        json: Json,
    },
    /// Remove the store from TPM and disk; its licenses, which it lists first, are gone for good
    #[command(
        after_help = "The vendor does not learn of it: the licenses' seats stay taken. This machine gets its own back when it activates again."
    )]
    Deprovision {
        /// Yes, end every license in this store
        #[arg(long)]
        yes: bool,
        /// Also end a store in the TPM that is not, or no longer, this folder's, with every license in it
        #[arg(long)]
        other_store: bool,
        #[command(flatten)]
        auths: Auths,
    },
    /// Ask the vendor for a license, or apply the vendor's response
    #[command(
        after_help = "Exit codes: 0 done, and with --response: the license is active; 1 it was stored and is not active; 2 error.

Examples:
  counterfoil --trust vendor.pem activate --key-file key.txt --request-out machine.request
  counterfoil --trust vendor.pem activate --response machine.response"
    )]
    Activate(Activate),
    /// The requests for licenses that the vendor's answer was not applied to yet
    Requests {
        #[command(subcommand)]
        verb: RequestsVerb,
    },
    /// Show the licenses of this machine: what is on, until when, and each check
    #[command(
        after_help = "Exit codes: 0 the license is active (renewal due and grace included), 1 it is not, 2 it could not be judged.\n\nExample:\n  counterfoil --trust vendor.pem status --json"
    )]
    Status {
        #[command(flatten)]
        json: Json,
    },
    /// Ask whether a feature is on
    #[command(
        after_help = "Exit codes: 0 on, 1 off, 2 it could not be judged.\n\nExample:\n  counterfoil --trust vendor.pem check export && export-all"
    )]
    Check {
        /// The feature
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        feature: String,
        #[command(flatten)]
        json: Json,
    },
    /// Have the TPM prove to somebody else which licenses this machine holds
    #[command(
        after_help = "The vendor reads it with `counterfoil-server verify-evidence`.

Example:
  counterfoil --trust vendor.pem evidence --nonce $NONCE -o machine.evidence"
    )]
    Evidence {
        /// The asker's random nonce, 64 hexadecimal digits
        #[arg(long, value_name = "HEX", value_parser = nonce)]
        nonce: Nonce,
        /// Where the evidence goes
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Wrap it as a CMW record, for verifiers of the IETF's RATS architecture
        #[arg(long)]
        cmw: bool,
        #[command(flatten)]
        json: Json,
    },
    /// Tell what is stored on this machine, what is sent to the vendor, and how long everything works without
    #[command(after_help = "Example:\n  counterfoil --trust vendor.pem explain")]
    Explain {
        #[command(flatten)]
        json: Json,
    },
    /// The record, on this machine, of what was decided about its licenses
    Log {
        #[command(subcommand)]
        verb: LogVerb,
    },
    /// Show any Counterfoil file in plain words; needs no TPM and verifies nothing
    #[command(after_help = "Example:\n  counterfoil inspect machine.request")]
    Inspect {
        /// The file; - is standard input
        file: PathBuf,
        #[command(flatten)]
        json: Json,
    },
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  counterfoil completions bash > /etc/bash_completion.d/counterfoil"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RequestsVerb {
    /// Show them, oldest first
    #[command(after_help = "Example:\n  counterfoil --trust vendor.pem requests list")]
    List {
        #[command(flatten)]
        json: Json,
    },
    /// Forget one: the vendor's answer to it can no longer be applied; no license is touched
    #[command(
        after_help = "Exit codes: 0 dropped, 1 there is none for this license.\n\nExample:\n  counterfoil --trust vendor.pem requests drop 0123456789abcdef"
    )]
    Drop {
        /// The id of the license that was asked for, as `requests list` shows it
        license: LicenseId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogVerb {
    /// Say whether the log is what this program wrote
    #[command(
        after_help = "Exit codes: 0 intact, 1 not, 2 not everything could be checked.\n\nExample:\n  counterfoil --trust vendor.pem log verify"
    )]
    Verify {
        #[command(flatten)]
        json: Json,
    },
    /// Show the entries, oldest first
    #[command(after_help = "Example:\n  counterfoil log show --json")]
    Show {
        #[command(flatten)]
        json: Json,
    },
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Json {
    /// Print JSON instead of text
    #[arg(long, action = ArgAction::SetTrue)]
    pub(crate) json: bool,
}

/// Passwords of TPM hierarchies; most machines have none. They are never taken from the command line.
#[derive(Debug, Args)]
pub(crate) struct Auths {
    /// File with the owner hierarchy's password; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) owner_auth_file: Option<PathBuf>,
    /// File with the endorsement hierarchy's password; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) endorsement_auth_file: Option<PathBuf>,
}

/// A person's word that a store may end.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Replace {
    /// Make the store anew even where the TPM has one that this folder does not open: every license in that one ends for good
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Activate {
    /// The license key; other users can see a command line, so prefer --key-file where there are any
    #[arg(long, conflicts_with = "key_file")]
    pub(crate) key: Option<String>,
    /// File with the license key; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Write the request here, for the vendor
    #[arg(long, value_name = "FILE", conflicts_with = "response")]
    pub(crate) request_out: Option<PathBuf>,
    /// Apply this response of the vendor
    #[arg(long, value_name = "FILE")]
    pub(crate) response: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) replace: Replace,
    #[command(flatten)]
    pub(crate) auths: Auths,
}

/// A relying party's nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nonce(pub(crate) [u8; 32]);

fn nonce(text: &str) -> Result<Nonce, String> {
    let wrong = || "a nonce is 64 hexadecimal digits".to_owned();
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(Nonce(bytes))
}

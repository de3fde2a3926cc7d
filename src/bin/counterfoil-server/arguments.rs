//! What can be typed: the verbs, their options and their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use counterfoil::evidence::{EkHash, Expired};
use counterfoil::policy::Language;
use counterfoil::server::license::Label;
use counterfoil::server::product::ProductName;
use counterfoil::token::{DeviceClass, Digest, LicenseId, TimeError, UtcTime};

/// The vendor's side of Counterfoil: issues licenses, and answers the machines that ask for them.
#[derive(Debug, Parser)]
#[command(name = "counterfoil-server", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Folder of the service (of the root, for `root` verbs)
    #[arg(
        long,
        global = true,
        env = "COUNTERFOIL_SERVER_DIR",
        default_value = "counterfoil-server",
        value_name = "DIR"
    )]
    pub(crate) dir: PathBuf,
    /// File whose first line encrypts the private keys; without it they are kept in plain
    #[arg(
        long,
        global = true,
        env = "COUNTERFOIL_SERVER_PASSPHRASE_FILE",
        value_name = "FILE"
    )]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// This machine's clock is right, even if it is more than a day ahead of all that was signed
    #[arg(
        long,
        global = true,
        env = "COUNTERFOIL_SERVER_CLOCK_IS_RIGHT",
        value_parser = clap::builder::FalseyValueParser::new()
    )]
    pub(crate) clock_is_right: bool,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done, 1 no (a request or evidence was refused), 2 error, 64 wrong usage.

From nothing to a first license:
  counterfoil-server --dir acme init --name 'Acme Ltd'
  counterfoil-server --dir acme ek-root add tpm-maker-root.pem
  counterfoil-server --dir acme product add cad
  counterfoil-server --dir acme license create --product cad --days 365
  counterfoil-server --dir acme answer machine.request -o machine.response";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a new service folder with its keys and a first trust bundle
    Init(Init),
    /// The vendor root, which signs the trust bundle and may live on another machine
    #[command(subcommand)]
    Root(Root),
    /// The certificates that TPMs' endorsement keys are traced to
    #[command(subcommand)]
    EkRoot(EkRoot),
    /// Single endorsement keys
    #[command(subcommand)]
    Ek(Ek),
    /// Products
    #[command(subcommand)]
    Product(Product),
    /// The rules of a product: what is promised, and what stays on when something is wrong
    #[command(subcommand)]
    Manifest(Manifest),
    /// Licenses
    #[command(subcommand)]
    License(License),
    /// The dates that were signed, and this machine's clock
    #[command(subcommand)]
    Clock(Clock),
    /// The seats of a license: which machines have one, and freeing one
    #[command(subcommand)]
    Seat(Seat),
    /// Machines that hold licenses
    #[command(subcommand)]
    Device(Device),
    /// Answer a request file, or every request file of a folder
    #[command(
        alias = "enroll",
        after_help = "Example:\n  counterfoil-server answer machine.request -o machine.response"
    )]
    Answer(Answer),
    /// Say what an evidence file proves, or which check it fails
    #[command(
        after_help = "Example:\n  counterfoil-server verify-evidence box.evidence --nonce $NONCE"
    )]
    VerifyEvidence(VerifyEvidence),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    #[command(hide = true)]
    Man {
        /// The folder
        folder: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  counterfoil-server --dir acme init --name 'Acme Ltd'
  counterfoil-server --dir acme init --name 'Acme Ltd' --root-public root.pem   (the root lives elsewhere)")]
pub(crate) struct Init {
    /// The vendor's name, as machines show it
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// Public half of a root that lives elsewhere; without it a root is made in DIR/root
    #[arg(long, value_name = "PEM")]
    pub(crate) root_public: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Root {
    /// Make a vendor root: root.key, and root.pem for applications to embed
    #[command(after_help = "Example:\n  counterfoil-server root init --dir /media/root")]
    Init,
    /// Review what a service proposes, and sign it
    #[command(
        after_help = "Without --yes it shows what would be signed, and signs nothing (exit code 1).\n\nExample:
  counterfoil-server root sign-bundle --dir /media/root --in acme/bundle-proposal.toml --out acme/bundle --yes"
    )]
    SignBundle {
        /// The proposal, from the service's folder
        #[arg(long = "in", value_name = "PROPOSAL")]
        proposal: PathBuf,
        /// Where the signed bundle goes; the service takes it up from DIR/bundle
        #[arg(long = "out", value_name = "BUNDLE")]
        bundle: PathBuf,
        /// The proposal has been reviewed: sign it
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EkRoot {
    /// Trust the TPMs below these certificates, or add a revocation list of their maker
    #[command(
        after_help = "Without --class a new certificate counts as `hardware` if it does not look like something else (a simulator, a
cloud, an authority for web sites), and one that is trusted already keeps its class.
Exit code 1: a certificate of the file was not taken; the others were.\n
Examples:
  counterfoil-server ek-root add tpm-maker-root.pem
  counterfoil-server ek-root add hypervisor-ca.pem --class virtual
  counterfoil-server ek-root add --crl tpm-maker.crl"
    )]
    Add {
        /// Certificates: PEM, DER or PKCS #7, one or many
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Class of the machines below them
        #[arg(long, value_enum)]
        class: Option<Class>,
        /// Whether a certificate below them that has ended still counts; a machine on record always does [default: accept]
        #[arg(long, value_enum, value_name = "RULE")]
        expired: Option<ExpiredRule>,
        /// The file is a certificate revocation list
        #[arg(long, conflicts_with_all = ["class", "expired"])]
        crl: bool,
    },
    /// Show the trusted certificates
    List,
    /// Trust a certificate no longer; machines already licensed keep their licenses
    Remove {
        /// Its fingerprint, as `list` shows it
        fingerprint: Digest,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ek {
    /// Vouch for a TPM without a certificate (class `registered`)
    #[command(after_help = "`counterfoil doctor` on the machine shows the hash.")]
    Allow {
        /// SHA-256 of the endorsement key, 64 hexadecimal digits
        hash: EkHash,
        /// Which machine it is
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Say what an endorsement certificate leads to, and why: what a machine with it would be recognized as
    #[command(
        after_help = "Other certificates in the file may stand between it and a trusted one. Exit code 1: it would not be recognized.\n
Example:\n  counterfoil-server ek check ek.crt"
    )]
    Check {
        /// The certificate: PEM, DER or PKCS #7
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Clock {
    /// Show the clock and the newest date that was signed
    #[command(after_help = "Exit code 1: nothing is signed now.")]
    Show,
    /// Say that the clock is right, although it is more than a day ahead of all that was signed
    Accept,
    /// Void every date after now that was signed, with a clock that was wrong
    #[command(
        after_help = "Without --yes it shows what would be void, and changes nothing (exit code 1). Machines learn of it with their next
answer."
    )]
    Correct {
        /// The clock is right, and the later dates are wrong
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Seat {
    /// Show the seats of a license
    #[command(
        after_help = "A seat is pending until its machine's next request shows that it received the answer. It lapses when its lease ends."
    )]
    List {
        /// The license, as `license list` shows it
        license: LicenseId,
    },
    /// Free the seat of a machine, so that another machine can take it
    #[command(
        after_help = "Exit code 1: the machine has shown that it has the license, and --yes was not given.\n\nExample:
  counterfoil-server seat free 3f0a1b2c4d5e6f70 --device $HASH"
    )]
    Free {
        /// The license, as `license list` shows it
        license: LicenseId,
        /// The machine, as `seat list` shows it
        #[arg(long, value_name = "HASH")]
        device: EkHash,
        /// Even if the machine has shown that it has the license, and can go on using it until its lease ends
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// Approve, once, what a machine's firmware or boot software changed to, where the rules watch them
    #[command(
        after_help = "The request that was refused is accepted if it is answered again, and so is the machine's next one. The refusal
says the digest. Any other change is still refused.\n\nExample:
  counterfoil-server device approve-platform 3f0a1b2c4d5e6f70 --digest $DIGEST"
    )]
    ApprovePlatform {
        /// The license, as `license list` shows it
        license: LicenseId,
        /// The machine, as `license show` lists it; need not be given where the license is on one machine
        #[arg(long, value_name = "HASH")]
        device: Option<EkHash>,
        /// What the machine measures now, as the refusal says it
        #[arg(long, value_name = "HEX")]
        digest: Digest,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Product {
    /// Add a product with the default rules, which it writes to DIR/manifests/NAME.toml
    #[command(after_help = "Examples:
  counterfoil-server product add cad
  counterfoil-server product add cad --allow-class test   (simulated TPMs may be licensed: for trials)
  counterfoil-server product add cad --rules cad.toml")]
    Add {
        /// Its name: lower-case letters, digits, '.', '-' and '_'
        name: ProductName,
        /// License machines of this class too, beside what the default rules license
        #[arg(long, value_enum, value_name = "CLASS")]
        allow_class: Vec<Class>,
        /// The rules to begin with, TOML, instead of the default ones
        #[arg(long, value_name = "FILE", conflicts_with = "allow_class")]
        rules: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Manifest {
    /// Say what is wrong with rules, line by line, and what they make of some machines' time
    #[command(
        after_help = "Exit code 1: the rules have faults. Warnings change nothing.\n\nExample:\n  counterfoil-server manifest check acme/manifests/cad.toml"
    )]
    Check {
        /// The rules, TOML
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put rules in force, as the next version, and say who gains or loses what
    #[command(
        after_help = "Machines take the new version with their next answer. Exit code 1: the rules have faults, or are in force already.\n
Example:\n  counterfoil-server manifest publish cad acme/manifests/cad.toml"
    )]
    Publish {
        /// The product
        #[arg(value_name = "PRODUCT")]
        product: ProductName,
        /// The rules, TOML
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Go back to the rules of an earlier version, which become the next version
    #[command(
        after_help = "Exit code 1: those rules are in force already.\n\nExample:\n  counterfoil-server manifest rollback cad 3"
    )]
    Rollback {
        /// The product
        #[arg(value_name = "PRODUCT")]
        product: ProductName,
        /// The version to go back to
        #[arg(value_name = "VERSION", value_parser = clap::value_parser!(u64).range(1..))]
        version: u64,
    },
    /// Show all versions of a product's rules
    List {
        /// The product
        #[arg(value_name = "PRODUCT")]
        product: ProductName,
    },
    /// Show the rules of a version as they were written
    Show {
        /// The product
        #[arg(value_name = "PRODUCT")]
        product: ProductName,
        /// The version; the newest where none is given
        #[arg(value_name = "VERSION", value_parser = clap::value_parser!(u64).range(1..))]
        version: Option<u64>,
    },
    /// Say in plain words who gains or loses what from some rules to others, and when
    #[command(after_help = "Examples:
  counterfoil-server manifest diff cad acme/manifests/cad.toml
  counterfoil-server manifest diff cad@3 cad@5")]
    Diff {
        /// The rules before: a file, PRODUCT (its newest version) or PRODUCT@VERSION
        #[arg(value_name = "A")]
        before: String,
        /// The rules after, likewise
        #[arg(value_name = "B")]
        after: String,
    },
    /// Show day by day what a user experiences without a network, and what follows from what goes wrong
    #[command(after_help = "Examples:
  counterfoil-server manifest explain acme/manifests/cad.toml
  counterfoil-server manifest explain cad@3 --class hardware --edition standard")]
    Explain {
        /// The rules: a file, PRODUCT (its newest version) or PRODUCT@VERSION
        #[arg(value_name = "RULES")]
        rules: String,
        /// Machines of this class only
        #[arg(long, value_enum, value_name = "CLASS")]
        class: Option<Class>,
        /// Licenses of this edition only
        #[arg(long, value_name = "NAME")]
        edition: Option<String>,
        /// When the machine was last in contact, RFC 3339 or a day; now if it is not given
        #[arg(long, value_name = "DATE", value_parser = date)]
        contact: Option<UtcTime>,
        /// The language of what a user reads, `en` or `de`
        #[arg(long, value_name = "TAG", default_value = "en", value_parser = language)]
        language: Language,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum License {
    /// Make a license and print its key, once
    #[command(after_help = "Examples:
  counterfoil-server license create --product cad --days 365 --seats 5
  counterfoil-server license create --product cad --edition pro --features render,export --expires 2030-01-01T00:00:00Z
  counterfoil-server license create --product cad --segment schools --user customer-1042 --standby")]
    Create(CreateLicense),
    /// Show all licenses
    List,
    /// Show one license and the machines that hold its seats
    Show {
        /// Its id, as `list` shows it
        id: LicenseId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CreateLicense {
    /// The product
    #[arg(long, value_name = "NAME")]
    pub(crate) product: ProductName,
    /// The edition
    #[arg(long, value_name = "NAME", default_value = "standard")]
    pub(crate) edition: String,
    /// Features, separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) features: Vec<String>,
    /// On how many machines it may be active
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) seats: u32,
    /// End of validity, RFC 3339; a day alone is its beginning in UTC
    #[arg(long, value_name = "DATE", conflicts_with = "days", value_parser = date)]
    pub(crate) expires: Option<UtcTime>,
    /// End of validity, in days from now; without either the license is perpetual
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) days: Option<u32>,
    /// Your own name for a group of customers, for allowances; kept here only
    #[arg(long, value_name = "NAME")]
    pub(crate) segment: Option<Label>,
    /// Your own pseudonym for whom it is, for allowances, such as customer-1042; kept here only
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<Label>,
    /// It is for machines that are kept switched off until they are needed
    #[arg(long)]
    pub(crate) standby: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Answer {
    /// The request file, or a folder of them
    #[arg(value_name = "FILE")]
    pub(crate) request: PathBuf,
    /// Where the response goes; a folder if FILE is one
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyEvidence {
    /// The evidence file, as it is or in a CMW record
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The nonce that the machine was asked to cover, 64 hexadecimal digits
    #[arg(long, value_name = "HEX")]
    pub(crate) nonce: Digest,
}

/// A class of machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Class {
    /// A TPM chip or firmware TPM
    Hardware,
    /// A TPM that a hypervisor provides
    Virtual,
    /// A TPM without a certificate, vouched for by `ek allow`
    Registered,
    /// A simulator
    Test,
}

impl From<Class> for DeviceClass {
    fn from(class: Class) -> Self {
        match class {
            Class::Hardware => Self::Hardware,
            Class::Virtual => Self::Virtual,
            Class::Registered => Self::Registered,
            Class::Test => Self::Test,
        }
    }
}

/// What becomes of certificates that have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExpiredRule {
    /// They count, and `answer` says so
    Accept,
    /// New machines with one are refused
    Refuse,
}

impl From<ExpiredRule> for Expired {
    fn from(rule: ExpiredRule) -> Self {
        match rule {
            ExpiredRule::Accept => Self::Accept,
            ExpiredRule::Refuse => Self::Refuse,
        }
    }
}

fn language(tag: &str) -> Result<Language, String> {
    Language::from_tag(tag).ok_or_else(|| "the languages are `en` and `de`".to_owned())
}

fn date(text: &str) -> Result<UtcTime, TimeError> {
    text.parse()
        .or_else(|error| format!("{text}T00:00:00Z").parse().map_err(|_| error))
}

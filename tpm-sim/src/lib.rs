//! Simulated TPM 2.0 devices for tests and demonstrations, on swtpm.
//!
//! ```no_run
//! # fn main() -> Result<(), tpm_sim::Error> {
//! use tpm_sim::{Fault, Tpm, TpmSpec};
//!
//! let tpm = Tpm::start(TpmSpec::default())?;
//! println!("{}", tpm.tcti());                       // swtpm:path=/tmp/tpm-…/tpm.sock
//! println!("{}", tpm.ek_root_pem()?);               // pin this
//! tpm.faults().at(3, Fault::ReturnCode(0x922));     // the third command gets TPM_RC_RETRY
//! tpm.power_cut()?;                                 // no Shutdown; safe becomes NO
//! println!("{:?}", tpm.take_counts());              // {"TPM2_Quote": 1, …}
//! # Ok(()) }
//! ```
//!
//! Each TPM is an swtpm process of its own on a Unix socket in a folder of its own, between which
//! and its clients stands a proxy that logs, counts, delays and breaks. Chips come from a factory
//! ([`TpmSpec`]): with endorsement keys, certificates and an authority that signed them
//! ([`EkAuthority`]).
//!
//! This crate needs swtpm and no TPM software stack. It knows nothing about licenses.

mod ca;
mod cache;
mod certificate;
mod chip;
mod clock;
pub mod commands;
mod ek;
mod error;
mod fault;
mod issuer;
mod leak;
mod log;
mod power;
mod process;
mod provision;
mod proxy;
mod signing_key;
mod silicon;
mod snapshot;
mod spec;
mod tpm;
mod wire;

pub use ca::{AuthoritySpec, EkAuthority};
pub use certificate::{AltName, CertificateSpec, EK_CERTIFICATE_USAGE, IssuedBy, NvForm};
pub use clock::CLOCK_UPDATE;
pub use ek::EkKind;
pub use error::Error;
pub use fault::{Fault, Faults, Gate, When};
pub use leak::Leak;
pub use log::{CommandRecord, Outcome};
pub use power::Wake;
pub use provision::CHAIN_INDEX;
pub use signing_key::IssuerKey;
pub use silicon::Family;
pub use snapshot::Snapshot;
pub use spec::TpmSpec;
pub use tpm::Tpm;

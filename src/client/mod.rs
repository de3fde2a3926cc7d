//! What an application embeds: activation and validation on one machine.
//!
//! Puts the pure parts, the TPM and the store together, and adds nothing to what they decide. May import everything above
//! it; must not know a command line, and never reads the environment: [`Config`] says everything.
//!
//! [`Counterfoil::open`] opens nothing but checks the configuration; each operation locks the state folder, opens the TPM,
//! and lets go of both before it returns.

mod accept;
mod activate;
mod bundle;
mod check;
mod clock;
mod explain;
mod export;
mod failure;
mod log;
mod provision;
mod report;
mod settle;
mod tokens;
mod unlock;
mod validate;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use accept::{AcceptError, Difference};
pub use activate::{ActivateError, Requested};
pub use bundle::{Support, SupportState, SupportStore};
pub use clock::{Clock, SystemClock, Uptime};
pub use explain::{Explanation, LicenseExplanation, Section, Topic};
pub use export::ExportError;
pub use failure::Failure;
pub use log::LogReport;
pub use provision::ProvisionStoreError;
pub use report::{LicenseReport, Report};
pub use settle::StateUseError;
pub use unlock::UnlockError;

use crate::device::Hardware;
use crate::token::TrustAnchor;

/// What an application says about itself and its machine.
pub struct Config {
    /// The state folder: one binding to the chip, shared by all licenses of the vendor on this machine.
    pub dir: PathBuf,
    /// The vendor's root key, compiled into the application.
    pub trust: TrustAnchor,
    /// The TPM.
    pub hardware: Box<dyn Hardware>,
    /// The store's number on this machine: 0 for the machine-wide one.
    pub slot: u32,
    /// The product that the application belongs to; licenses for others are refused. None accepts any of the vendor's.
    pub product: Option<String>,
    /// The application's version, such as `2.4.1`, where licenses name version ranges.
    pub app_version: Option<String>,
    /// Features of the essential tier, which stay on where not even the vendor's rules can be read.
    pub essential: Vec<String>,
    /// The machine's clocks.
    pub clock: Box<dyn Clock>,
    /// How long an operation waits for other processes to finish with the state folder.
    pub patience: Duration,
}

impl Config {
    /// The machine-wide store of any product of the vendor, with the machine's own clocks, and ten seconds of patience.
    pub fn new(dir: impl Into<PathBuf>, trust: TrustAnchor, hardware: Box<dyn Hardware>) -> Self {
        Self {
            dir: dir.into(),
            trust,
            hardware,
            slot: 0,
            product: None,
            app_version: None,
            essential: Vec::new(),
            clock: Box::new(SystemClock),
            patience: Duration::from_secs(10),
        }
    }
}

/// The licenses of one vendor on this machine. Cheap to clone; clones share one cached verdict.
#[derive(Clone)]
pub struct Counterfoil {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    cached: Mutex<Option<check::Cached>>,
}

impl Counterfoil {
    /// Takes the configuration. Touches neither disk nor TPM.
    pub fn open(config: Config) -> Self {
        Self {
            inner: Arc::new(Inner {
                config,
                cached: Mutex::new(None),
            }),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }
}

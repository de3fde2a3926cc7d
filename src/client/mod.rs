//! What an application embeds: activation and validation on one machine.
//!
//! Puts the pure parts, the TPM and the store together, and adds nothing to what they decide. May import everything above
//! it; must not know a command line, and never reads the environment: [`Config`] says everything.
//!
//! [`Counterfoil::open`] opens nothing yet; each operation locks the state folder, opens the TPM, and lets go of both before
//! it returns. [`Counterfoil::check`] reads the last verdict for as long as it counts;
//! [`Counterfoil::start_heartbeat`] renews it before that, [`Counterfoil::subscribe`] tells what changed, and a [`Guard`]
//! lets running work finish.
//!
//! Nothing here panics, and a lock that a panicking application poisoned still works. After a fork only the child's own
//! `Counterfoil` may be used: one that the parent used may be locked for ever by a thread that the child has not.
//!
//! `docs/integrate.md` takes a new project to a gated feature.

mod accept;
mod activate;
mod attest;
mod bundle;
mod cached;
mod changes;
mod check;
mod clock;
pub mod continuity;
mod ek_certificate;
mod endorsement;
mod events;
mod explain;
mod export;
mod failure;
mod guard;
mod heartbeat;
mod holdings;
mod judge;
mod log;
mod pending;
mod permission;
mod provision;
mod question;
mod report;
mod round;
mod settle;
mod shared;
mod stake;
mod status;
mod tokens;
mod unlock;
mod validate;

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use arc_swap::ArcSwapOption;

pub use accept::{AcceptError, Difference};
pub use activate::{ActivateError, Requested};
pub use bundle::{Support, SupportState, SupportStore};
pub use clock::{Clock, SystemClock, Uptime};
pub use ek_certificate::{EkCertificateError, KeptCertificate};
pub use events::{Change, Event, Events};
pub use explain::{Explanation, LicenseExplanation, Section, Topic};
pub use export::ExportError;
pub use failure::Failure;
pub use guard::Guard;
pub use log::LogReport;
pub use pending::{PendingRequest, RoomError};
pub use permission::Permission;
pub use provision::ProvisionStoreError;
pub use report::{LicenseReport, Report};
pub use settle::StateUseError;
pub use stake::AtStake;
pub use status::{LicenseStatus, Status};
pub use unlock::UnlockError;

use crate::device::Hardware;
use crate::policy::Language;
use crate::token::TrustAnchor;

/// What an application says about itself and its machine.
pub struct Config {
    /// The state folder: one binding to the chip, shared by all licenses and applications of the vendor on this machine; by
    /// default in [`Config::shared_dir`].
    pub dir: PathBuf,
    /// The vendor's root key, compiled into the application.
    pub trust: TrustAnchor,
    /// The TPM, and how long it may take for a command; see [`TssHardware`](crate::device::TssHardware).
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
    /// The language of messages and steps.
    pub language: Language,
    /// How long an operation waits for other processes to finish with the state folder, and a check for a verdict that
    /// another thread seeks.
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
            language: Language::default(),
            patience: Duration::from_secs(10),
        }
    }
}

/// The licenses of one vendor on this machine.
///
/// Cheap to clone; clones share one verdict and one heartbeat, which ends with the last of them.
#[derive(Clone)]
pub struct Counterfoil {
    owner: Arc<Owner>,
}

/// What all clones share and the heartbeat does not: its end is the application's.
struct Owner {
    inner: Arc<Inner>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.inner.stop_heartbeat();
        self.inner.listeners.close();
    }
}

struct Inner {
    config: Config,
    /// The verdict that checks read.
    cached: ArcSwapOption<cached::Cached>,
    flight: Mutex<round::Flight>,
    /// The flight has changed.
    flew: Condvar,
    /// How often the store was changed by this process.
    changed: AtomicU64,
    /// Whether there is a heartbeat that can share what the TPM attests.
    shares: AtomicBool,
    memory: Mutex<round::Memory>,
    listeners: events::Listeners,
}

impl Counterfoil {
    /// Takes the configuration. Touches neither disk nor TPM.
    pub fn open(config: Config) -> Self {
        let inner = Inner {
            config,
            cached: ArcSwapOption::empty(),
            flight: Mutex::default(),
            flew: Condvar::new(),
            changed: AtomicU64::new(0),
            shares: AtomicBool::new(false),
            memory: Mutex::default(),
            listeners: events::Listeners::default(),
        };
        Self {
            owner: Arc::new(Owner {
                inner: Arc::new(inner),
            }),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.inner().config
    }

    fn inner(&self) -> &Arc<Inner> {
        &self.owner.inner
    }
}

impl fmt::Debug for Counterfoil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counterfoil")
            .field("dir", &self.config().dir)
            .finish_non_exhaustive()
    }
}

/// An application shares it between its threads.
const _: () = {
    const fn is_shared<T: Send + Sync + Clone>() {}
    const fn is_sent<T: Send>() {}
    is_shared::<Counterfoil>();
    is_sent::<Guard>();
    is_sent::<Events>();
};

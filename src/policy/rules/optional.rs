//! Rules that a product may go without: firmware, recent contacts, cold standby, words of the vendor's own.

use crate::token::Digest;
use std::collections::BTreeSet;

/// A tie to the machine's firmware and boot software, as its PCRs of the SHA-256 bank show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PcrRule {
    /// Which PCRs: some of 0 to 15.
    pub pcrs: BTreeSet<u8>,
    /// Which values of theirs are approved.
    pub reference: PcrReference,
    /// What other values lead to.
    pub on_change: PcrChange,
    /// Who approves other values as the new reference, where that is the activation.
    pub approval: PcrApproval,
}

impl PcrRule {
    /// The highest PCR that a rule may select. PCRs above it are reset by software (16, 23) or belong to a launch
    /// that can be made again within one boot (17 to 22): they say nothing of the boot.
    pub const HIGHEST: u8 = 15;
}

/// Which values of the PCRs are approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PcrReference {
    /// Those that the machine had when the vendor last approved it; its lease names them.
    Activation,
    /// These: each the SHA-256 over the selected PCRs' values in the order of their numbers, as TPM2_Quote forms it.
    List(Vec<Digest>),
}

/// Who approves a machine whose PCRs have other values than when it was approved last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PcrApproval {
    /// The service, whenever the machine asks.
    Automatic,
    /// A person at the vendor, once for each change.
    Manual,
}

/// What it leads to that the PCRs have other values than approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PcrChange {
    /// It is told, and changes nothing.
    Notice,
    /// Limited.
    Limited,
}

/// When a recent contact with the vendor is demanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepUp {
    /// Features that are on only for [`contact_days`](Self::contact_days) after a contact.
    pub features: BTreeSet<String>,
    /// For how many days.
    pub contact_days: u16,
    /// What makes the standing Limited until the next contact.
    pub after: BTreeSet<Anomaly>,
}

impl Default for StepUp {
    /// No features, seven days, after nothing.
    fn default() -> Self {
        StepUp {
            features: BTreeSet::new(),
            contact_days: 7,
            after: BTreeSet::new(),
        }
    }
}

/// Something unusual after which a vendor may demand a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Anomaly {
    /// The state file is missing or damaged.
    StateMissing,
    /// The state file is older than the newest committed one.
    StateRolledBack,
    /// The PCRs have other values than approved.
    PlatformChanged,
    /// The operating system's clock was not believed.
    OsClock,
}

/// Leases for machines that are kept off until they are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColdStandby {
    /// How many days such a machine may be without a contact.
    pub keep_days: u16,
    /// How many days of these it may run.
    pub run_days: u16,
}

/// What a person is told for a reason, with `{blanks}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What is the case.
    pub message: String,
    /// What the person can do; `None` for the built-in step.
    pub step: Option<String>,
}

//! What a TPM says of itself: plain values, none of them authenticated.

use super::{CounterForm, EndorsementTemplate};
use std::time::Duration;

/// A TPM's self-description, for people and for choosing forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The manufacturer's four letters, `IBM` for a software TPM.
    pub manufacturer: String,
    /// The vendor's string, the model where it is meaningful.
    pub model: String,
    /// The firmware version, as the TPM reports it in two halves.
    pub firmware: u64,
    /// Whether this looks like a software TPM. A hint: only the endorsement key's certificate decides the class.
    pub looks_virtual: bool,
    /// TPM_PT_CLOCK_UPDATE: how much Clock may lose at an unclean stop, as the TPM says.
    pub clock_update: Duration,
    /// The form in which it certifies counters; none if it has neither, and licensing is impossible.
    pub counter_form: Option<CounterForm>,
    /// Commands that this project needs and the TPM lacks, by name.
    pub missing_commands: Vec<&'static str>,
    /// Whether the owner hierarchy has an auth value.
    pub owner_auth_set: bool,
    /// Whether the endorsement hierarchy has an auth value.
    pub endorsement_auth_set: bool,
    /// The dictionary-attack lockout.
    pub lockout: LockoutState,
    /// How many NV counters there is room for at least, if the TPM says.
    pub nv_counters_free: Option<u32>,
    /// How many persistent keys there is room for at least, if the TPM says.
    pub persistent_free: Option<u32>,
}

/// The dictionary-attack lockout, shared by all users of the TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockoutState {
    /// Whether it is locked out now.
    pub locked: bool,
    /// Failed tries that are counted now.
    pub tries: u32,
    /// Tries at which it locks.
    pub max_tries: u32,
    /// The time after which one try is forgotten.
    pub interval: Duration,
}

/// An endorsement key with what the TPM stores of certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endorsement {
    /// The template that it is created by.
    pub template: EndorsementTemplate,
    /// The public area, a TPMT_PUBLIC.
    pub public: Vec<u8>,
    /// The key's certificate, then what the NV indexes 0x01c00100 to 0x01c001ff hold (intermediate certificates), each as
    /// found, padding and all. Empty if the TPM stores no certificate of this key.
    pub certificates: Vec<Vec<u8>>,
}

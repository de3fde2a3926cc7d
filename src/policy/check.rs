//! The checks of a validation, in their fixed order.

use super::Reason;
use std::fmt;

/// One check of a validation. The order of the variants is the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// License and lease are there and signed by the vendor.
    Signature,
    /// They are about this product, this license and each other.
    Claims,
    /// The TPM answers, and it is the one that the license is bound to.
    Device,
    /// What the TPM attests is genuine and fresh.
    Evidence,
    /// The counters and the state on disk belong together.
    Counter,
    /// Neither a date nor the offline budget has passed.
    Time,
    /// The vendor has not said no.
    Status,
    /// The application's version is covered.
    Version,
    /// The vendor's rules license such a device.
    Policy,
}

impl Check {
    /// All checks in their order.
    pub const ALL: [Check; 9] = [
        Check::Signature,
        Check::Claims,
        Check::Device,
        Check::Evidence,
        Check::Counter,
        Check::Time,
        Check::Status,
        Check::Version,
        Check::Policy,
    ];

    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Check::Signature => "signature",
            Check::Claims => "claims",
            Check::Device => "device",
            Check::Evidence => "evidence",
            Check::Counter => "counter",
            Check::Time => "time",
            Check::Status => "status",
            Check::Version => "version",
            Check::Policy => "policy",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It passed.
    Pass,
    /// It failed, for this reason.
    Fail(Reason),
    /// There was nothing to check, since an earlier check failed.
    Skipped,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Pass => f.pad("pass"),
            Outcome::Fail(reason) => write!(f, "fail ({reason})"),
            Outcome::Skipped => f.pad("skipped"),
        }
    }
}

/// A check and how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CheckResult {
    /// The check.
    pub check: Check,
    /// How it went.
    pub outcome: Outcome,
}

//! The facts that a verdict rests on.

use super::{Anomaly, Language, Reason, Rules};
use crate::time::{Charge, Limits, Now, Pace};
use crate::token::{DeviceClass, Lease, License, RenewAfter, UtcTime, Verified, VersionRange};
use std::collections::BTreeSet;

/// The facts of one validation.
///
/// Each `Result` holds a fact, or the reason why it could not be had. Where one failure takes several facts away (no TPM:
/// no device, no evidence, no charge) the same reason stands in each; it is counted once, at the check that it belongs to.
/// A reason that stands in an `Err` leads to Limited at best, whatever the registry says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs<'a> {
    /// The time to judge at.
    pub now: Now,
    /// What the verified license grants.
    pub license: Result<LicenseFacts<'a>, Reason>,
    /// What the verified lease fixes. It must belong to the license.
    pub lease: Result<LeaseFacts, Reason>,
    /// That the TPM, its storage root and the sealed seed are those of the license.
    pub device: Result<(), Reason>,
    /// That the quote and the counter's certification are genuine and answer this validation.
    pub evidence: Result<(), Reason>,
    /// That both counters are those of the license, and that an increment that was due was made.
    pub counter: Result<(), Reason>,
    /// The charge, with `budget_ms` from the lease.
    pub charge: Result<Charge, Reason>,
    /// How the state file was found.
    pub state: StateHealth,
    /// What the newest accepted status list says.
    pub status: StatusFact,
    /// How the manifest was found, from which the rules are.
    pub manifest: ManifestHealth,
    /// What a quote said of the machine's firmware and boot software.
    pub platform: PlatformFact,
    /// Anomalies that were met since the lease's anchor, as [`to_remember`](super::to_remember) told.
    pub remembered: BTreeSet<Anomaly>,
    /// The version of the application; `None` if it states none.
    pub app_version: Option<&'a str>,
    /// The language of the words.
    pub language: Language,
}

impl Inputs<'_> {
    /// What is known of the platform, as far as `rules` ask for it.
    pub(super) fn platform_under(&self, rules: &Rules) -> PlatformFact {
        match (&rules.pcr, self.platform) {
            (None, _) => PlatformFact::Matches,
            (Some(_), PlatformFact::NotAsked) => PlatformFact::NoReference,
            (Some(_), platform) => platform,
        }
    }
}

/// What a verified license grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LicenseFacts<'a> {
    /// The edition; where a tier has this name, its features are granted.
    pub edition: &'a str,
    /// Features that are granted besides.
    pub features: &'a BTreeSet<String>,
    /// Versions of the application that the license covers.
    pub versions: &'a VersionRange,
    /// The class of the device that it was issued to.
    pub class: DeviceClass,
    /// Its first moment.
    pub not_before: UtcTime,
    /// Its last moment, if it has one.
    pub expires_at: Option<UtcTime>,
}

impl<'a> From<&'a Verified<License>> for LicenseFacts<'a> {
    fn from(license: &'a Verified<License>) -> Self {
        LicenseFacts {
            edition: &license.edition,
            features: &license.features,
            versions: &license.versions,
            class: license.class,
            not_before: license.not_before,
            expires_at: license.expires_at,
        }
    }
}

/// What a verified lease fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseFacts {
    /// When it was issued: the last contact with the vendor.
    pub issued_at: UtcTime,
    /// Its last moment.
    pub expires_at: UtcTime,
    /// From when on, or from which charge on, it is to be renewed.
    pub renew_after: RenewAfter,
    /// W: the promised time, in seconds.
    pub window_s: u64,
    /// How fast the machine that it is promised to spends the budget.
    pub pace: Pace,
}

impl From<&Verified<Lease>> for LeaseFacts {
    fn from(lease: &Verified<Lease>) -> Self {
        LeaseFacts {
            issued_at: lease.issued_at,
            expires_at: lease.expires_at,
            renew_after: lease.renew_after,
            window_s: lease.window_s,
            pace: Pace::from(&Limits::from(lease)),
        }
    }
}

/// How the state file was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StateHealth {
    /// It is the newest committed one.
    Current,
    /// There is none.
    Missing,
    /// It is older than the newest committed one.
    RolledBack,
    /// It does not decrypt or decode.
    Damaged,
    /// A newer version of the program wrote it.
    NewerFormat,
    /// It had to be written and could not be. A folder that is read-only does no harm while nothing is due.
    Unwritable,
    /// Its folder has wider modes or another owner than allowed.
    Exposed,
}

/// What the newest accepted status list says of the license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusFact {
    /// The entry.
    pub status: ListedStatus,
    /// The list is past its date.
    pub stale: bool,
}

/// The entry of a license in a status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListedStatus {
    /// No list is held that has an entry for the license, or the entry is of an unknown kind.
    Unknown,
    /// In force.
    Valid,
    /// Out of force for now.
    Suspended,
    /// Out of force for good.
    Revoked,
}

/// What a quote over the PCRs that the rules select said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlatformFact {
    /// No quote over PCRs was taken. Where the rules select some, this counts as [`NoReference`](Self::NoReference).
    NotAsked,
    /// Their values are those that are approved.
    Matches,
    /// They are others.
    Differs,
    /// The lease names no approved values yet.
    NoReference,
}

/// How the manifest was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ManifestHealth {
    /// It is within its dates.
    Current,
    /// It is past its date and goes on.
    Stale,
    /// None could be read: the rules are [`Rules::without_manifest`].
    Missing,
}

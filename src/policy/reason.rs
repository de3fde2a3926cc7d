//! The registry of reasons: one stable number and name for each true cause.

use super::{Badge, Check, Standing};
use crate::time::{ChargeError, ClockNotice};
use std::fmt;
use std::str::FromStr;

/// The one true cause of a verdict, a failed check or a notice.
///
/// Numbers and names are stable: a reason is never renumbered, renamed or given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum Reason {
    /// Everything is in order.
    Ok = 0,
    /// The lease has passed its renew-after point.
    RenewalDue = 101,
    /// What is left of the lease is its grace.
    OfflineGrace = 102,
    /// No license was ever activated here.
    NotActivated = 201,
    /// The license was released from this machine.
    Released = 202,
    /// A file's signature does not verify.
    SignatureInvalid = 203,
    /// A file is signed by a key that no trust bundle names.
    IssuerUnknown = 204,
    /// A file is signed by a key that the vendor has cut off.
    IssuerCutOff = 205,
    /// A file is no well-formed license or lease.
    LicenseUnreadable = 206,
    /// A file demands what this version does not understand.
    LicenseNewerFormat = 207,
    /// License and lease were not issued for each other.
    ClaimsMismatch = 208,
    /// The license is another product's.
    WrongProduct = 209,
    /// There is a license and no lease.
    LeaseMissing = 210,
    /// A newer lease was already accepted.
    LeaseSuperseded = 211,
    /// The state folder holds the licenses of another vendor.
    StoreOtherVendor = 212,
    /// The state folder is that of another slot.
    StoreOtherSlot = 213,
    /// There is no TPM, or it is switched off.
    TpmMissing = 301,
    /// The user may not open the TPM.
    TpmNoPermission = 302,
    /// The TPM asks to be tried again, even after retries.
    TpmBusy = 303,
    /// The TPM is in its dictionary-attack lockout.
    TpmLockedOut = 304,
    /// The TPM is in failure mode or answered nonsense.
    TpmFailure = 305,
    /// The TPM was reset during the validation.
    TpmReset = 306,
    /// The attestation key's Name is not the license's: another TPM.
    DeviceOther = 307,
    /// The storage root's Name is not the license's.
    StorageKeyOther = 308,
    /// The sealed seed's Name is not the license's: it was sealed anew.
    SeedOther = 309,
    /// The epoch counter is past the epoch of the license or response.
    EpochMoved = 310,
    /// The TPM is the license's, and was cleared.
    TpmCleared = 311,
    /// The TPM has a store of the vendor and slot, and the folder holds nothing of it.
    PlaceTaken = 312,
    /// The TPM has another store of the vendor and slot than the folder's, which has ended.
    StoreSuperseded = 313,
    /// The TPM does not answer a command within its deadline.
    TpmNoAnswer = 315,
    /// The TPM refused a command with a code that proves nothing about the license.
    TpmRefused = 316,
    /// A hierarchy of the TPM is switched off.
    TpmHierarchyOff = 317,
    /// A counter of the license is not in the TPM any more, which was not cleared.
    TpmCounterRemoved = 318,
    /// An attestation is not genuine.
    EvidenceInvalid = 401,
    /// An attestation is genuine and about another request.
    EvidenceNotFresh = 402,
    /// The TPM's answer came after the moment until which it could be used.
    AnswerLate = 403,
    /// A counter's Name is not the license's.
    CounterForeign = 501,
    /// The activity counter is behind the lease's anchor.
    CounterBehind = 502,
    /// An increment that was due did not succeed.
    CounterNotAdvanced = 503,
    /// There is no state file.
    StateMissing = 504,
    /// The state file is older than the newest committed one.
    StateRolledBack = 505,
    /// The state file does not decrypt or decode.
    StateDamaged = 506,
    /// The state file was written by a newer version.
    StateNewerFormat = 507,
    /// A state that had to be written could not be.
    StateUnwritable = 508,
    /// The state folder has wider modes or another owner than allowed.
    StateExposed = 509,
    /// The state folder or a file in it cannot be read.
    StateUnreadable = 510,
    /// Another process keeps the state folder locked.
    StateBusy = 511,
    /// The file that ties the folder to the TPM was changed.
    BindingDamaged = 512,
    /// The TPM counts fewer resets than the lease's anchor.
    AnchorForeign = 601,
    /// The TPM counts fewer restarts than the anchor, in the same boot.
    RestartsBehind = 602,
    /// The TPM's clock is further behind the anchor than resets explain.
    ClockBehindAnchor = 603,
    /// The charge is above the lease's budget.
    BudgetSpent = 604,
    /// The lease's date has passed.
    LeaseExpired = 605,
    /// The license's date has passed.
    LicenseExpired = 606,
    /// The license's first date is still to come.
    LicenseNotYetValid = 607,
    /// Notice: the operating system's clock is ahead of what can be true.
    OsClockAhead = 608,
    /// Notice: the operating system's clock is behind a time that has passed.
    OsClockBehindFloor = 609,
    /// The TPM was reset more often since the last contact than the rules allow.
    BootsSpent = 610,
    /// The status list revokes the license.
    LicenseRevoked = 701,
    /// The status list suspends the license.
    LicenseSuspended = 702,
    /// The status list is missing or past its date: a renewal brings a new one.
    StatusStale = 703,
    /// The application's version is outside the allowed range.
    VersionNotAllowed = 801,
    /// A version to compare is not a version number.
    VersionUnreadable = 802,
    /// The rules license no device of this class.
    DeviceClassNotLicensed = 901,
    /// Notice: the manifest is past its date and goes on.
    ManifestStale = 902,
    /// There is a license and no manifest.
    ManifestMissing = 903,
    /// The machine's firmware or boot software is not what it was at its last approval.
    PlatformChanged = 904,
    /// Something happened after which the rules demand a contact.
    StepUpDue = 905,
    /// Notice: features for which the rules demand a recent contact are off.
    StepUpFeatures = 906,
    /// The rules tie the license to the machine's firmware, and the lease names none yet.
    PlatformUnapproved = 907,
}

impl Reason {
    /// All reasons, by number.
    pub fn all() -> impl ExactSizeIterator<Item = Reason> {
        REGISTRY.iter().map(|row| row.reason)
    }

    /// The stable number.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The stable snake_case name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The check that fails for this reason.
    pub fn check(self) -> Check {
        self.row().check
    }

    /// The standing that this reason alone leads to, where the rules do not say otherwise.
    pub fn standing(self) -> Standing {
        self.row().standing
    }

    /// What an application shows when this reason decides.
    pub fn badge(self) -> Badge {
        self.row().badge
    }

    /// Whether a person should hear of it at once.
    pub fn is_urgent(self) -> bool {
        self.row().urgent
    }

    fn row(self) -> &'static Row {
        // A test shows that the registry holds every reason, in the order of the numbers.
        let at = REGISTRY.partition_point(|row| row.reason < self);
        &REGISTRY[at]
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that no reason has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no reason of this name")]
pub struct UnknownReason;

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(name: &str) -> Result<Self, UnknownReason> {
        Reason::all()
            .find(|reason| reason.name() == name)
            .ok_or(UnknownReason)
    }
}

impl From<ChargeError> for Reason {
    fn from(error: ChargeError) -> Self {
        match error {
            ChargeError::AnchorForeign { .. } => Reason::AnchorForeign,
            ChargeError::RestartsBehind { .. } => Reason::RestartsBehind,
            ChargeError::CounterBehind { .. } => Reason::CounterBehind,
            ChargeError::ClockBehindAnchor { .. } => Reason::ClockBehindAnchor,
            ChargeError::BudgetSpent { .. } => Reason::BudgetSpent,
        }
    }
}

impl From<ClockNotice> for Reason {
    fn from(notice: ClockNotice) -> Self {
        match notice {
            ClockNotice::OsClockAhead => Reason::OsClockAhead,
            ClockNotice::OsClockBehindFloor => Reason::OsClockBehindFloor,
        }
    }
}

#[derive(Debug)]
struct Row {
    reason: Reason,
    name: &'static str,
    check: Check,
    standing: Standing,
    badge: Badge,
    urgent: bool,
}

const URGENT: bool = true;
const CALM: bool = false;

const fn row(
    reason: Reason,
    name: &'static str,
    check: Check,
    standing: Standing,
    badge: Badge,
    urgent: bool,
) -> Row {
    Row {
        reason,
        name,
        check,
        standing,
        badge,
        urgent,
    }
}

#[rustfmt::skip] // One line a reason reads as the table it is.
const REGISTRY: &[Row] = &[
    // Nothing is wrong.
    row(Reason::Ok, "ok", Check::Time, Standing::Active, Badge::Ok, CALM),
    // Renewal.
    row(Reason::RenewalDue, "renewal_due", Check::Time, Standing::RenewalDue, Badge::Renewing, CALM),
    row(Reason::OfflineGrace, "offline_grace", Check::Time, Standing::OfflineGrace, Badge::WillRetry, URGENT),
    // The license and lease files.
    row(Reason::NotActivated, "not_activated", Check::Signature, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::Released, "released", Check::Signature, Standing::Released, Badge::NeedsYou, URGENT),
    row(Reason::SignatureInvalid, "signature_invalid", Check::Signature, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::IssuerUnknown, "issuer_unknown", Check::Signature, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::IssuerCutOff, "issuer_cut_off", Check::Signature, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::LicenseUnreadable, "license_unreadable", Check::Signature, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::LicenseNewerFormat, "license_newer_format", Check::Signature, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::ClaimsMismatch, "claims_mismatch", Check::Claims, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::WrongProduct, "wrong_product", Check::Claims, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::LeaseMissing, "lease_missing", Check::Claims, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::LeaseSuperseded, "lease_superseded", Check::Claims, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StoreOtherVendor, "store_other_vendor", Check::Claims, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::StoreOtherSlot, "store_other_slot", Check::Claims, Standing::NotActivated, Badge::NeedsYou, URGENT),
    // The TPM.
    row(Reason::TpmMissing, "tpm_missing", Check::Device, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::TpmNoPermission, "tpm_no_permission", Check::Device, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::TpmBusy, "tpm_busy", Check::Device, Standing::Limited, Badge::WillRetry, CALM),
    row(Reason::TpmLockedOut, "tpm_locked_out", Check::Device, Standing::Limited, Badge::WillRetry, URGENT),
    row(Reason::TpmFailure, "tpm_failure", Check::Device, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::TpmReset, "tpm_reset", Check::Device, Standing::Limited, Badge::WillRetry, CALM),
    row(Reason::DeviceOther, "device_other", Check::Device, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::StorageKeyOther, "storage_key_other", Check::Device, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::SeedOther, "seed_other", Check::Device, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::EpochMoved, "epoch_moved", Check::Device, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::TpmCleared, "tpm_cleared", Check::Device, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::PlaceTaken, "place_taken", Check::Device, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::StoreSuperseded, "store_superseded", Check::Device, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::TpmNoAnswer, "tpm_no_answer", Check::Device, Standing::Limited, Badge::WillRetry, URGENT),
    row(Reason::TpmRefused, "tpm_refused", Check::Device, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::TpmHierarchyOff, "tpm_hierarchy_off", Check::Device, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::TpmCounterRemoved, "tpm_counter_removed", Check::Device, Standing::Limited, Badge::NeedsYou, URGENT),
    // What the TPM attests.
    row(Reason::EvidenceInvalid, "evidence_invalid", Check::Evidence, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::EvidenceNotFresh, "evidence_not_fresh", Check::Evidence, Standing::NotActivated, Badge::NeedsYou, URGENT),
    row(Reason::AnswerLate, "answer_late", Check::Evidence, Standing::Limited, Badge::WillRetry, URGENT),
    // The counters and the state.
    row(Reason::CounterForeign, "counter_foreign", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::CounterBehind, "counter_behind", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::CounterNotAdvanced, "counter_not_advanced", Check::Counter, Standing::Limited, Badge::WillRetry, URGENT),
    row(Reason::StateMissing, "state_missing", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StateRolledBack, "state_rolled_back", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StateDamaged, "state_damaged", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StateNewerFormat, "state_newer_format", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StateUnwritable, "state_unwritable", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StateExposed, "state_exposed", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StateUnreadable, "state_unreadable", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StateBusy, "state_busy", Check::Counter, Standing::Limited, Badge::WillRetry, CALM),
    row(Reason::BindingDamaged, "binding_damaged", Check::Counter, Standing::Limited, Badge::NeedsYou, URGENT),
    // Time.
    row(Reason::AnchorForeign, "anchor_foreign", Check::Time, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::RestartsBehind, "restarts_behind", Check::Time, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::ClockBehindAnchor, "clock_behind_anchor", Check::Time, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::BudgetSpent, "budget_spent", Check::Time, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::LeaseExpired, "lease_expired", Check::Time, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::LicenseExpired, "license_expired", Check::Time, Standing::Expired, Badge::NeedsYou, URGENT),
    row(Reason::LicenseNotYetValid, "license_not_yet_valid", Check::Time, Standing::Limited, Badge::NeedsYou, CALM),
    row(Reason::OsClockAhead, "os_clock_ahead", Check::Time, Standing::Active, Badge::Ok, CALM),
    row(Reason::OsClockBehindFloor, "os_clock_behind_floor", Check::Time, Standing::Active, Badge::Ok, CALM),
    row(Reason::BootsSpent, "boots_spent", Check::Time, Standing::Limited, Badge::NeedsYou, URGENT),
    // What the vendor says.
    row(Reason::LicenseRevoked, "license_revoked", Check::Status, Standing::Revoked, Badge::NeedsYou, URGENT),
    row(Reason::LicenseSuspended, "license_suspended", Check::Status, Standing::Suspended, Badge::NeedsYou, URGENT),
    row(Reason::StatusStale, "status_stale", Check::Status, Standing::RenewalDue, Badge::Renewing, CALM),
    // The application.
    row(Reason::VersionNotAllowed, "version_not_allowed", Check::Version, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::VersionUnreadable, "version_unreadable", Check::Version, Standing::Limited, Badge::NeedsYou, URGENT),
    // The rules.
    row(Reason::DeviceClassNotLicensed, "device_class_not_licensed", Check::Policy, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::ManifestStale, "manifest_stale", Check::Policy, Standing::Active, Badge::Ok, CALM),
    row(Reason::ManifestMissing, "manifest_missing", Check::Policy, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::PlatformChanged, "platform_changed", Check::Policy, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StepUpDue, "step_up_due", Check::Policy, Standing::Limited, Badge::NeedsYou, URGENT),
    row(Reason::StepUpFeatures, "step_up_features", Check::Policy, Standing::Active, Badge::Ok, CALM),
    row(Reason::PlatformUnapproved, "platform_unapproved", Check::Policy, Standing::RenewalDue, Badge::Renewing, CALM),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_ascend_and_names_are_unique_snake_case() {
        assert!(REGISTRY.is_sorted_by(|before, after| before.reason.code() < after.reason.code()));
        let names: BTreeSet<_> = Reason::all().map(Reason::name).collect();
        assert_eq!(names.len(), REGISTRY.len());
        assert!(names.iter().all(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        }));
    }

    #[test]
    fn every_reason_finds_its_own_row() {
        for reason in Reason::all() {
            let debug = format!("{reason:?}");
            assert_eq!(reason.name().replace('_', ""), debug.to_lowercase());
            assert_eq!(reason.name().parse(), Ok(reason));
        }
        // The numbers as published; a new reason adds a line here.
        let published = include_str!("reason_codes.txt");
        let now: String = Reason::all()
            .map(|reason| format!("{} {reason}\n", reason.code()))
            .collect();
        assert_eq!(published, now);
    }

    #[test]
    fn a_reason_that_leads_nowhere_worse_needs_no_person() {
        for reason in Reason::all().filter(|reason| reason.standing() < Standing::OfflineGrace) {
            assert!(
                !reason.is_urgent() && reason.badge() < Badge::WillRetry,
                "{reason}"
            );
        }
    }
}

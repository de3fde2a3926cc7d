//! What a validation comes to.

use super::{Badge, CheckResult, Reason, Standing};
use crate::time::Charge;
use crate::token::UtcTime;

/// What a validation comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// How the license stands.
    pub standing: Standing,
    /// The one decisive cause.
    pub reason: Reason,
    /// What else is worth knowing, and decides nothing. Failed checks are not repeated here.
    pub notices: Vec<Reason>,
    /// The features that are on, sorted.
    pub features: Vec<String>,
    /// The highest tier that is on as a whole.
    pub tier: Option<String>,
    /// Whether the standing decided which features are on; false in advisory mode, where all that are granted are.
    pub enforced: bool,
    /// Every check in its order.
    pub checks: [CheckResult; 9],
    /// The moment by which a renewal avoids the grace or, within it, the end of the offline time. `None` where a renewal
    /// is not what is needed or that moment is past.
    pub renew_by: Option<UtcTime>,
    /// Until when the lease lasts without a contact, if the machine is always on, boots once and sleeps ten times a day.
    pub offline_until: Option<UtcTime>,
    /// The license's last moment.
    pub expires: Option<UtcTime>,
    /// What is charged to the lease.
    pub charge: Option<Charge>,
    /// What a person is told.
    pub message: String,
    /// What a person can do.
    pub steps: Vec<String>,
    /// What an application shows in a corner of its window.
    pub badge: Badge,
}

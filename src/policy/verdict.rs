//! What a validation comes to.

use super::{Badge, CheckResult, Reason, Standing};
use crate::time::Charge;
use crate::token::UtcTime;
use std::time::Duration;

/// What a validation comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub struct Verdict {
    /// How the license stands.
    pub standing: Standing,
    /// The one decisive cause.
    pub reason: Reason,
    /// What else is worth knowing, and decides nothing. Failed checks are not repeated here.
    pub notices: Vec<Reason>,
    /// What a person is told of each notice, in the same order.
    pub notice_messages: Vec<String>,
    /// The features that are on, sorted.
    pub features: Vec<String>,
    /// Features that are on and go off by the passing of time alone, soonest first.
    pub going_off: Vec<GoingOff>,
    /// Granted features that are off until the next contact, since the rules demand a recent one for them. In advisory
    /// mode they are on.
    pub step_up_features: Vec<String>,
    /// How long work that was begun may go on after its feature went off.
    pub wind_down: Duration,
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

/// A feature that is on and will go off if nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoingOff {
    /// The feature.
    pub feature: String,
    /// Its last moment, on a machine that is always on, boots once and sleeps ten times a day.
    pub at: UtcTime,
    /// Why it will be off: the reason that decides then.
    pub reason: Reason,
}

//! How the licenses of this machine stand, as an application shows it to a person.

use crate::policy::{Badge, GoingOff, Reason, Standing, Verdict};
use crate::token::{LicenseId, UtcTime};

use super::report::{LicenseReport, Report};

/// How the licenses stand.
///
/// What a person is told is that of the license that stands best; `features` are those of all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The best standing of any license.
    pub standing: Standing,
    /// The one decisive cause of it.
    pub reason: Reason,
    /// What else is worth knowing, and decides nothing.
    pub notices: Vec<Reason>,
    /// The features that are on, sorted.
    pub features: Vec<String>,
    /// Features that are on and go off by the passing of time alone, soonest first. Renewals move the dates.
    pub going_off: Vec<GoingOff>,
    /// Bought features that are off until the next contact with the vendor, who demands a recent one for them.
    pub step_up_features: Vec<String>,
    /// The moment by which a contact with the vendor avoids that features go off.
    pub renew_by: Option<UtcTime>,
    /// Until when the license works without a contact, on a machine that is always on.
    pub offline_until: Option<UtcTime>,
    /// The license's last moment.
    pub expires: Option<UtcTime>,
    /// What a person is told, in the configured language.
    pub message: String,
    /// What a person can do.
    pub steps: Vec<String>,
    /// Why the TPM or the state folder could not be asked just now. What was found out before counts until its time is
    /// over; it is tried again by itself.
    pub trouble: Option<Reason>,
    /// Why nothing can be said of the licenses, in an administrator's words.
    pub failure: Option<String>,
    /// Each license, by id.
    pub licenses: Vec<LicenseStatus>,
    badge: Badge,
}

/// How one license stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LicenseStatus {
    /// Its id.
    pub id: LicenseId,
    /// The product it is for, if it is genuine.
    pub product: Option<String>,
    /// Its edition, if it is genuine.
    pub edition: Option<String>,
    /// Its standing.
    pub standing: Standing,
    /// The one decisive cause of it.
    pub reason: Reason,
    /// The features that it turns on, sorted.
    pub features: Vec<String>,
    /// The moment by which a contact with the vendor avoids that features go off.
    pub renew_by: Option<UtcTime>,
    /// Until when it works without a contact, on a machine that is always on.
    pub offline_until: Option<UtcTime>,
    /// Its last moment.
    pub expires: Option<UtcTime>,
    /// What a person is told.
    pub message: String,
    /// What a person can do.
    pub steps: Vec<String>,
    badge: Badge,
}

impl Status {
    /// What an application shows in a corner of its window.
    pub fn badge(&self) -> Badge {
        match self.trouble {
            Some(_) => self.badge.max(Badge::WillRetry),
            None => self.badge,
        }
    }

    /// Whether a feature was on when this status was made. To decide something ask
    /// [`Counterfoil::check`](super::Counterfoil::check), which knows how old this is.
    pub fn shows(&self, feature: &str) -> bool {
        self.features.iter().any(|on| on == feature)
    }

    pub(super) fn of(report: &Report) -> Self {
        let Verdict {
            standing,
            reason,
            notices,
            step_up_features,
            renew_by,
            offline_until,
            expires,
            message,
            steps,
            badge,
            ..
        } = report.verdict.clone();
        Self {
            standing,
            reason,
            notices,
            features: report.features().into_iter().map(str::to_owned).collect(),
            going_off: going_off(report),
            step_up_features,
            renew_by,
            offline_until,
            expires,
            message,
            steps,
            trouble: None,
            failure: report.failure.as_ref().map(ToString::to_string),
            licenses: report.licenses.iter().map(LicenseStatus::of).collect(),
            badge,
        }
    }

    pub(super) fn in_trouble(&self, reason: Reason) -> Self {
        Self {
            trouble: Some(reason),
            ..self.clone()
        }
    }
}

impl LicenseStatus {
    /// What an application shows beside this license.
    pub fn badge(&self) -> Badge {
        self.badge
    }

    fn of(report: &LicenseReport) -> Self {
        let license = report.license.as_ref();
        let Verdict {
            standing,
            reason,
            features,
            renew_by,
            offline_until,
            expires,
            message,
            steps,
            badge,
            ..
        } = report.verdict.clone();
        Self {
            id: report.id,
            product: license.map(|license| license.product.clone()),
            edition: license.map(|license| license.edition.clone()),
            standing,
            reason,
            features,
            renew_by,
            offline_until,
            expires,
            message,
            steps,
            badge,
        }
    }
}

/// Features that no license keeps on: each with the date of the license that keeps it on longest.
fn going_off(report: &Report) -> Vec<GoingOff> {
    let last_of = |feature: &str| {
        let mut last: Option<&GoingOff> = None;
        for verdict in report.verdicts() {
            if !verdict.features.iter().any(|on| on == feature) {
                continue;
            }
            let ends = verdict
                .going_off
                .iter()
                .find(|ends| ends.feature == feature)?;
            last = last.into_iter().chain([ends]).max_by_key(|ends| ends.at);
        }
        last.cloned()
    };
    let mut all: Vec<GoingOff> = report.features().into_iter().filter_map(last_of).collect();
    all.sort_by_key(|ends| ends.at);
    all
}

//! `status --json`; `docs/schema/status.json` describes it.

use counterfoil::client::{LicenseReport, PendingRequest, Report};
use counterfoil::policy::{CheckResult, Outcome, Reason, Verdict};
use counterfoil::time::Charge;
use counterfoil::token::UtcTime;
use serde::Serialize;

/// The whole of it.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    schema: u32,
    standing: &'static str,
    reason: ReasonJson,
    licenses: Vec<LicenseJson>,
    /// Requests to which no answer was applied yet.
    pending: Vec<PendingJson>,
    renewal: Renewal,
    badge: &'static str,
    message: String,
    steps: Vec<String>,
    notices: Vec<ReasonJson>,
    /// Why the licenses could not be judged, in an administrator's words.
    failure: Option<String>,
}

/// A reason, as programs and people know it.
#[derive(Debug, Serialize)]
pub(super) struct ReasonJson {
    code: u16,
    name: &'static str,
}

#[derive(Debug, Serialize)]
struct PendingJson {
    license: String,
    request: String,
}

#[derive(Debug, Serialize)]
struct LicenseJson {
    id: String,
    product: Option<String>,
    edition: Option<String>,
    standing: &'static str,
    reason: ReasonJson,
    features: Vec<String>,
    renew_by: Option<String>,
    offline_until: Option<String>,
    expires: Option<String>,
    checks: Vec<CheckJson>,
    charge: Option<ChargeJson>,
}

#[derive(Debug, Serialize)]
struct CheckJson {
    name: &'static str,
    result: &'static str,
    reason: Option<ReasonJson>,
}

#[derive(Debug, Serialize)]
struct ChargeJson {
    spent_ms: u64,
    budget_ms: u64,
    left_ms: u64,
    resets: u32,
    restarts: u32,
    increments: u64,
}

/// This version renews nothing by itself.
#[derive(Debug, Default, Serialize)]
struct Renewal {
    state: Option<&'static str>,
    last_attempt: Option<String>,
    last_result: Option<&'static str>,
    next_attempt: Option<String>,
}

impl Status {
    pub(crate) fn of(report: &Report) -> Self {
        let Verdict {
            standing,
            reason,
            badge,
            message,
            notices,
            ..
        } = &report.verdict;
        Self {
            schema: 1,
            standing: standing.name(),
            reason: (*reason).into(),
            licenses: report.licenses.iter().map(LicenseJson::of).collect(),
            pending: report.pending.iter().map(PendingJson::from).collect(),
            renewal: Renewal::default(),
            badge: badge.name(),
            message: message.clone(),
            steps: super::steps(&report.verdict),
            notices: notices.iter().copied().map(ReasonJson::from).collect(),
            failure: report.failure.as_ref().map(ToString::to_string),
        }
    }
}

impl LicenseJson {
    fn of(report: &LicenseReport) -> Self {
        let LicenseReport {
            id,
            license,
            verdict,
            ..
        } = report;
        Self {
            id: id.to_string(),
            product: license.as_ref().map(|license| license.product.clone()),
            edition: license.as_ref().map(|license| license.edition.clone()),
            standing: verdict.standing.name(),
            reason: verdict.reason.into(),
            features: verdict.features.clone(),
            renew_by: date(verdict.renew_by),
            offline_until: date(verdict.offline_until),
            expires: date(verdict.expires),
            checks: verdict.checks.iter().map(CheckJson::from).collect(),
            charge: verdict.charge.as_ref().map(ChargeJson::from),
        }
    }
}

impl From<&PendingRequest> for PendingJson {
    fn from(pending: &PendingRequest) -> Self {
        Self {
            license: pending.license.to_string(),
            request: pending.id.to_string(),
        }
    }
}

impl From<Reason> for ReasonJson {
    fn from(reason: Reason) -> Self {
        Self {
            code: reason.code(),
            name: reason.name(),
        }
    }
}

impl From<&CheckResult> for CheckJson {
    fn from(CheckResult { check, outcome }: &CheckResult) -> Self {
        let (result, reason) = match outcome {
            Outcome::Pass => ("pass", None),
            Outcome::Fail(reason) => ("fail", Some((*reason).into())),
            Outcome::Skipped => ("skipped", None),
        };
        Self {
            name: check.name(),
            result,
            reason,
        }
    }
}

impl From<&Charge> for ChargeJson {
    fn from(charge: &Charge) -> Self {
        let Charge {
            spent_ms,
            budget_ms,
            resets,
            restarts,
            increments,
            ..
        } = *charge;
        Self {
            spent_ms,
            budget_ms,
            left_ms: charge.left_ms(),
            resets,
            restarts,
            increments,
        }
    }
}

fn date(time: Option<UtcTime>) -> Option<String> {
    time.map(|time| time.to_string())
}

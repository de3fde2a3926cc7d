//! `status` for a person who has never seen a TPM.

use counterfoil::client::{LicenseReport, PendingRequest, Report};
use counterfoil::policy::{Check, CheckResult, Outcome, Standing, Verdict};
use counterfoil::time::Charge;
use counterfoil::token::License;

use crate::output::{printable, short};

/// The whole report.
pub(super) fn of(report: &Report) -> String {
    let mut text: String = report.licenses.iter().map(license).collect();
    // A single license has said it all.
    if report.licenses.len() != 1 {
        text += &words(&report.verdict);
    }
    text.extend(report.pending.iter().map(pending));
    if let Some(failure) = &report.failure {
        text += &format!("  (cause: {})\n", printable(&failure.to_string()));
    }
    text
}

fn pending(request: &PendingRequest) -> String {
    format!(
        "  (requested: license {}, request {}; the vendor's answer was not applied yet; `requests drop LICENSE` forgets it)\n",
        request.license,
        short(&request.id.to_string())
    )
}

fn license(report: &LicenseReport) -> String {
    let LicenseReport {
        id,
        license,
        verdict,
        ..
    } = report;
    let name = match license {
        Some(license) => format!("{} ({})", license.product, license.edition),
        None => format!("License {id}"),
    };
    let mut rows = vec![("License", id.to_string())];
    rows.push((
        "Features",
        some_or(verdict.features.join(", "), "none is on"),
    ));
    // Of a license that is not for this machine or application no date says anything.
    if verdict.standing != Standing::NotActivated {
        rows.extend(dates(license.as_ref(), verdict));
    }
    let rows = rows
        .into_iter()
        .map(|(label, value)| format!("  {label:<20} {}\n", printable(&value)));

    let head = [format!(
        "{}: {}\n",
        printable(&name),
        standing(verdict.standing)
    )];
    let checks = ["  Checks\n".to_owned()]
        .into_iter()
        .chain(verdict.checks.iter().map(check));
    head.into_iter()
        .chain(rows)
        .chain(checks)
        .chain([format!("\n{}\n", words(verdict))])
        .collect()
}

fn dates(license: Option<&License>, verdict: &Verdict) -> Vec<(&'static str, String)> {
    let renew_by = verdict.renew_by.map(|date| ("Renew by", date.to_string()));
    let offline = verdict
        .offline_until
        .map(|date| ("Works offline until", date.to_string()));
    let expires = match (verdict.expires, license) {
        (Some(date), _) => Some(date.to_string()),
        // Only a license that was read says that it has no end.
        (
            None,
            Some(License {
                expires_at: None, ..
            }),
        ) => Some("never".to_owned()),
        (None, _) => None,
    };
    let expires = expires.map(|text| ("Expires", text));
    let used = verdict.charge.as_ref();
    let used = used.map(|charge| ("Offline time used", used_of(charge)));
    [renew_by, offline, expires, used]
        .into_iter()
        .flatten()
        .collect()
}

fn words(verdict: &Verdict) -> String {
    let steps = super::steps(verdict)
        .into_iter()
        .map(|step| format!("  -> {}\n", printable(&step)));
    let notices = verdict.notices.iter().zip(&verdict.notice_messages);
    let notices =
        notices.map(|(notice, message)| format!("  (also: {} [{notice}])\n", printable(message)));
    [format!("{}\n", printable(&verdict.message))]
        .into_iter()
        .chain(steps)
        .chain(notices)
        .collect()
}

fn check(CheckResult { check, outcome }: &CheckResult) -> String {
    let (passed, failed) = findings(*check);
    let (mark, text) = match outcome {
        Outcome::Pass => ("ok", passed.to_owned()),
        Outcome::Fail(reason) => ("FAILED", format!("{failed} [{reason}]")),
        Outcome::Skipped => ("-", "not judged".to_owned()),
    };
    format!("    {mark:<7} {:<10} {text}\n", check.name())
}

/// What a check that passed has found, and one that failed.
fn findings(check: Check) -> (&'static str, &'static str) {
    match check {
        Check::Signature => (
            "license and lease are signed by the vendor",
            "license or lease could not be verified as the vendor's",
        ),
        Check::Claims => (
            "they are for this product and belong together",
            "they are not for this product, or not all there and for each other",
        ),
        Check::Device => (
            "this is the TPM that the license is bound to",
            "the TPM that the license is bound to could not be found or used",
        ),
        Check::Evidence => (
            "what the TPM attests is genuine and fresh",
            "what the TPM attests is not genuine, or not fresh",
        ),
        Check::Counter => (
            "the files and the TPM's counters belong together",
            "the files and the TPM's counters do not belong together, or could not be used",
        ),
        Check::Time => (
            "neither a date nor the offline time has passed",
            "a date or the offline time has passed, or could not be judged",
        ),
        Check::Status => (
            "the vendor has not withdrawn the license",
            "the vendor has withdrawn the license, or it is not known whether he has",
        ),
        Check::Version => (
            "this version of the application is covered",
            "this version of the application is not covered, or not known",
        ),
        Check::Policy => (
            "the vendor's rules license such a machine",
            "the vendor's rules do not license such a machine as it is, or are not there",
        ),
    }
}

/// How a license stands, in words.
pub(crate) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::RenewalDue => "active, renewal is due",
        Standing::OfflineGrace => "active, but about to end",
        Standing::Limited => "limited",
        Standing::Expired => "expired",
        Standing::Suspended => "suspended by the vendor",
        Standing::Revoked => "revoked by the vendor",
        Standing::Released => "released from this machine",
        Standing::NotActivated => "not active on this machine",
    }
}

fn used_of(charge: &Charge) -> String {
    format!("{} of {}", span(charge.spent_ms), span(charge.budget_ms))
}

/// Milliseconds in the two largest units.
fn span(ms: u64) -> String {
    let minutes = ms / 60_000;
    match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

fn some_or(text: String, otherwise: &str) -> String {
    if text.is_empty() {
        otherwise.to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_two_units() {
        for (ms, text) in [
            (0, "less than a minute"),
            (61_000, "1 min"),
            (2 * 3_600_000 + 60_000, "2 h 1 min"),
            (35 * 86_400_000 + 3_600_000, "35 d 1 h"),
        ] {
            assert_eq!(span(ms), text);
        }
    }
}

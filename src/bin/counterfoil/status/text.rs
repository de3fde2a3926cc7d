//! `status` for a person who has never seen a TPM.

use counterfoil::client::{LicenseReport, Report};
use counterfoil::policy::{Check, CheckResult, Outcome, Standing, Verdict};
use counterfoil::time::Charge;

use crate::output::printable;

/// The whole report.
pub(super) fn of(report: &Report) -> String {
    let mut text: String = report.licenses.iter().map(license).collect();
    // A single license has said it all.
    if report.licenses.len() != 1 {
        text += &words(&report.verdict);
    }
    if let Some(failure) = &report.failure {
        text += &format!("  (cause: {})\n", printable(&failure.to_string()));
    }
    text
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
    rows.extend(verdict.renew_by.map(|date| ("Renew by", date.to_string())));
    rows.extend(
        verdict
            .offline_until
            .map(|date| ("Works offline until", date.to_string())),
    );
    rows.push((
        "Expires",
        verdict
            .expires
            .map_or("never".to_owned(), |date| date.to_string()),
    ));
    rows.extend(
        verdict
            .charge
            .as_ref()
            .map(|charge| ("Offline time used", used(charge))),
    );
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
    let (mark, cause) = match outcome {
        Outcome::Pass => ("ok", String::new()),
        Outcome::Fail(reason) => ("FAILED", format!(" [{reason}]")),
        Outcome::Skipped => ("-", String::new()),
    };
    format!(
        "    {mark:<7} {:<10} {}{cause}\n",
        check.name(),
        question(*check)
    )
}

/// What a check asks.
fn question(check: Check) -> &'static str {
    match check {
        Check::Signature => "license and lease are signed by the vendor",
        Check::Claims => "they are for this product and belong together",
        Check::Device => "this is the TPM that the license is bound to",
        Check::Evidence => "what the TPM attests is genuine and fresh",
        Check::Counter => "the files and the TPM's counters belong together",
        Check::Time => "neither a date nor the offline time has passed",
        Check::Status => "the vendor has not withdrawn the license",
        Check::Version => "this version of the application is covered",
        Check::Policy => "the vendor's rules license such a machine",
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

fn used(charge: &Charge) -> String {
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

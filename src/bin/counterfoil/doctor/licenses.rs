//! Whether the licenses work: what `status` says of each.

use counterfoil::client::{LicenseReport, Report};
use counterfoil::policy::{Reason, Standing, Verdict};

use super::finding::{Finding, Level};
use crate::status;

/// Says how each license stands, and why none could be judged where no other finding has said so.
pub(super) fn examine(judged: &Report, findings: &mut Vec<Finding>) {
    let told = findings
        .iter()
        .any(|finding| finding.level == Level::Problem || finding.name == "store");
    match &judged.failure {
        Some(failure) if !told => findings.push(Finding::error("license", failure)),
        Some(_) => {}
        None if judged.licenses.is_empty() => {
            let Verdict { message, .. } = &judged.verdict;
            let steps = status::steps(&judged.verdict).join(" ");
            findings.push(Finding::warning("license", message, steps));
        }
        None => findings.extend(judged.licenses.iter().map(of_license)),
    }
}

fn of_license(report: &LicenseReport) -> Finding {
    let name = match &report.license {
        Some(license) => format!(
            "{} ({}), license {}",
            license.product, license.edition, report.id
        ),
        None => format!("license {}", report.id),
    };
    of_verdict(&name, &report.verdict)
}

fn of_verdict(name: &str, verdict: &Verdict) -> Finding {
    let Verdict {
        standing,
        reason,
        message,
        ..
    } = verdict;
    let stands = format!("{name}: {}", status::standing(*standing));
    let (level, text) = match reason {
        Reason::Ok => {
            let also = verdict.notice_messages.iter();
            let also: String = also.map(|message| format!("; also: {message}")).collect();
            (Level::Ok, stands + &also)
        }
        _ if *standing <= Standing::OfflineGrace => {
            (Level::Warning, format!("{stands} ({reason}). {message}"))
        }
        _ => (Level::Problem, format!("{stands} ({reason}). {message}")),
    };
    let steps = status::steps(verdict);
    Finding {
        name: "license",
        level,
        text,
        fix: (!steps.is_empty()).then(|| steps.join(" ")),
    }
}

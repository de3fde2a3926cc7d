//! `doctor`: whether this machine is ready for licenses, and what to do where it is not.
//!
//! [`tpm`] looks at the chip, [`store`] at the vendor's key, the folder and what the TPM holds for it. Each looks as far as it
//! can: one problem does not hide the others. [`licenses`] says what `status` says of each license; [`pace`] looks at how the
//! machine is used, where licenses work on it.

mod finding;
mod licenses;
mod pace;
mod store;
mod tpm;

use std::path::Path;

use counterfoil::device::Hardware as _;
use serde::Serialize;

use crate::args::Json;
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::output::{self, printable};
use crate::{bundle, files, machine};
use finding::{Finding, Level};

/// Looks at everything and says what it finds.
///
/// With `bundle` it also writes the support file.
pub(crate) fn doctor(
    settings: &Settings,
    bundle: Option<&Path>,
    Json { json }: Json,
) -> Result<Answer, Failure> {
    if let Some(path) = bundle {
        files::may_write(bundle::FILE, path, Some(&settings.dir))?;
    }
    let report = examine(settings);
    if let Some(path) = bundle {
        let findings = serde_json::to_value(&report.findings).map_err(Failure::error)?;
        bundle::write(settings, findings, path)?;
    }
    match json {
        true => output::json(&report)?,
        false => {
            let about = bundle.map(bundle::describe).unwrap_or_default();
            output::text(&(report.text() + &about))?;
        }
    }
    Ok(report.ready.into())
}

/// What `doctor` prints.
#[derive(Debug, Serialize)]
struct Report {
    schema: u32,
    /// Whether nothing was found that keeps licenses from working.
    ready: bool,
    findings: Vec<Finding>,
}

fn examine(settings: &Settings) -> Report {
    // First, and with the TPM closed again: one without resource manager serves one connection at a time.
    let judged = machine::open(settings).ok().map(|app| app.validate());
    let judged = judged.as_ref();
    let mut findings = Vec::new();
    match settings.hardware.open() {
        Ok(mut tpm) => {
            let answers = tpm::examine(tpm.as_mut(), settings, judged, &mut findings);
            store::examine(
                settings,
                answers.then_some(tpm.as_mut()),
                judged,
                &mut findings,
            );
        }
        Err(error) => {
            findings.push(tpm::unreachable(&error, settings));
            store::examine(settings, None, judged, &mut findings);
        }
    }
    if let Some(judged) = judged {
        licenses::examine(judged, &mut findings);
        pace::examine(judged, &mut findings);
    }
    let ready = findings
        .iter()
        .all(|finding| finding.level != Level::Problem);
    Report {
        schema: 1,
        ready,
        findings,
    }
}

impl Report {
    fn text(&self) -> String {
        let count = |level| {
            self.findings
                .iter()
                .filter(|finding| finding.level == level)
                .count()
        };
        let summary = match (self.ready, count(Level::Warning)) {
            (true, 0) => "This machine is ready for licenses.".to_owned(),
            (true, warnings) => {
                format!("Nothing keeps licenses from working; {warnings} to look at.")
            }
            (false, _) => format!(
                "{} to solve before licenses work here.",
                plural(count(Level::Problem), "problem")
            ),
        };
        let lines = self.findings.iter().map(line);
        lines.chain([format!("\n{summary}\n")]).collect()
    }
}

fn line(finding: &Finding) -> String {
    let Finding {
        level, text, fix, ..
    } = finding;
    let fix = fix
        .iter()
        .map(|fix| format!("           -> {}\n", printable(fix)));
    [format!("{:<9}  {}\n", level.name(), printable(text))]
        .into_iter()
        .chain(fix)
        .collect()
}

fn plural(count: usize, thing: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(levels: &[Level]) -> Report {
        let findings: Vec<_> = levels
            .iter()
            .map(|level| Finding {
                level: *level,
                ..Finding::ok("x", "text")
            })
            .collect();
        Report {
            schema: 1,
            ready: !levels.contains(&Level::Problem),
            findings,
        }
    }

    #[test]
    fn the_summary_says_what_the_exit_code_says() {
        assert!(
            report(&[Level::Ok])
                .text()
                .ends_with("ready for licenses.\n")
        );
        assert!(
            report(&[Level::Warning])
                .text()
                .ends_with("; 1 to look at.\n")
        );
        assert!(
            report(&[Level::Problem, Level::Warning])
                .text()
                .ends_with("1 problem to solve before licenses work here.\n")
        );
    }
}

//! `status`, `check` and `evidence`: what a validation says, to people, programs and relying parties.

pub(crate) mod json;
mod steps;
mod text;

use std::path::Path;

use counterfoil::client::Report;
use counterfoil::policy::{Reason, Standing};
use serde::Serialize;

use crate::args::{Json, Nonce};
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::output::printable;
use crate::{files, machine, output};

pub(crate) use steps::steps;
pub(crate) use text::standing;

/// Shows the licenses.
pub(crate) fn status(settings: &Settings, Json { json }: Json) -> Result<Answer, Failure> {
    let report = machine::open(settings)?.validate();
    match json {
        true => output::json(&json::Status::of(&report))?,
        false => output::text(&text::of(&report))?,
    }
    conclude(&report, report.verdict.standing <= Standing::OfflineGrace)
}

/// Says whether a feature is on.
pub(crate) fn check(
    settings: &Settings,
    feature: &str,
    Json { json }: Json,
) -> Result<Answer, Failure> {
    let report = machine::open(settings)?.validate();
    let checked = Checked::of(&report, feature);
    match json {
        true => output::json(&checked)?,
        false => output::text(&format!("{}\n", printable(&checked.message)))?,
    }
    conclude(&report, checked.on)
}

/// Writes evidence for a relying party.
pub(crate) fn evidence(
    settings: &Settings,
    Nonce(nonce): Nonce,
    path: &Path,
) -> Result<Answer, Failure> {
    let evidence = machine::open(settings)?
        .evidence(nonce)
        .map_err(Failure::error)?;
    files::write("the evidence file", path, &evidence)?;
    output::text(&format!(
        "The evidence was written to {} ({} bytes).\n",
        path.display(),
        evidence.len()
    ))?;
    Ok(Answer::Yes)
}

/// Yes or no, where that could be judged. Where it could not (the TPM or the folder can't be used) it is an error: a
/// script that asks must not take it for a "no".
fn conclude(report: &Report, yes: bool) -> Result<Answer, Failure> {
    match &report.failure {
        Some(failure) if failure.reason().standing() != Standing::NotActivated => {
            Err(Failure::error(failure))
        }
        _ => Ok(yes.into()),
    }
}

/// What `check --json` prints.
#[derive(Debug, Serialize)]
struct Checked {
    schema: u32,
    feature: String,
    on: bool,
    reason: json::ReasonJson,
    message: String,
}

impl Checked {
    fn of(report: &Report, feature: &str) -> Self {
        let on = report.allows(feature);
        let verdict = &report.verdict;
        let message = match (on, verdict.reason) {
            (true, _) => format!("{feature} is on."),
            (false, Reason::Ok | Reason::RenewalDue | Reason::OfflineGrace) => {
                format!(
                    "{feature} is off: no license on this machine has a feature of this name. {}",
                    granted(report)
                )
            }
            (false, _) => format!("{feature} is off. {}", verdict.message),
        };
        Self {
            schema: 1,
            feature: feature.to_owned(),
            on,
            reason: verdict.reason.into(),
            message,
        }
    }
}

fn granted(report: &Report) -> String {
    let mut on: Vec<_> = report
        .licenses
        .iter()
        .flat_map(|license| &license.verdict.features)
        .map(String::as_str)
        .collect();
    on.sort_unstable();
    on.dedup();
    match on.as_slice() {
        [] => "None is on.".to_owned(),
        on => format!("These are on: {}.", on.join(", ")),
    }
}

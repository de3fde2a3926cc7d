//! `status`, `check` and `evidence`: what a validation says, to people, programs and relying parties.

pub(crate) mod json;
mod steps;
mod text;

use std::collections::BTreeSet;
use std::path::Path;

use counterfoil::client::{ExportError, Report};
use counterfoil::policy::{Language, Reason, Standing};
use counterfoil::protocol::report::cmw;
use serde::Serialize;

use crate::args::{Json, Nonce};
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::output::{printable, shown_path};
use crate::{files, machine, output, wrong};

pub(crate) use steps::steps;
pub(crate) use text::standing;

/// Shows the licenses.
pub(crate) fn status(settings: &Settings, Json { json }: Json) -> Result<Answer, Failure> {
    let report = machine::open(settings)?.validate();
    match (json, because_of(settings, &report)) {
        (true, _) => output::json(&json::Status::of(&report))?,
        (false, Some(wrong)) => return Err(wrong),
        (false, None) => output::text(&text::of(&report))?,
    }
    conclude(settings, &report, is_active(&report))
}

/// Says whether a feature is on.
pub(crate) fn check(
    settings: &Settings,
    feature: &str,
    Json { json }: Json,
) -> Result<Answer, Failure> {
    let report = machine::open(settings)?.validate();
    let checked = Checked::of(&report, feature);
    match (json, because_of(settings, &report)) {
        (true, _) => output::json(&checked)?,
        (false, Some(wrong)) => return Err(wrong),
        (false, None) => output::text(&format!("{}\n", printable(&checked.message)))?,
    }
    conclude(settings, &report, checked.on)
}

/// Writes evidence for a relying party.
pub(crate) fn evidence(
    settings: &Settings,
    Nonce(nonce): Nonce,
    path: &Path,
    wrapped: bool,
    Json { json }: Json,
) -> Result<Answer, Failure> {
    const FILE: &str = "the evidence file";
    files::may_write(FILE, path, Some(&settings.dir))?;
    let evidence = machine::open(settings)?
        .evidence(nonce)
        .map_err(|error| match &error {
            ExportError::Failure(trouble) => {
                wrong::because_of(settings, trouble).unwrap_or_else(|| Failure::error(&error))
            }
            _ => Failure::error(&error),
        })?;
    let evidence = match wrapped {
        true => cmw::wrap(&evidence),
        false => evidence,
    };
    files::write(FILE, path, &evidence)?;
    if json {
        output::json(&Written {
            schema: 1,
            file: path,
            bytes: evidence.len(),
            cmw: wrapped,
        })?;
        return Ok(Answer::Yes);
    }
    output::text(&format!(
        "The evidence was written to {} ({} bytes).\n",
        shown_path(path),
        evidence.len()
    ))?;
    Ok(Answer::Yes)
}

/// Whether some license works without restriction, so far.
pub(crate) fn is_active(report: &Report) -> bool {
    report.verdict.standing <= Standing::OfflineGrace
}

/// The setting that kept the licenses from being judged, if it was one.
fn because_of(settings: &Settings, report: &Report) -> Option<Failure> {
    wrong::because_of(settings, report.failure.as_ref()?)
}

/// Yes or no, where that could be judged. Where it could not (the TPM or the folder can't be used) it is an error: a
/// script that asks must not take it for a "no".
pub(crate) fn conclude(settings: &Settings, report: &Report, yes: bool) -> Result<Answer, Failure> {
    if let Some(wrong) = because_of(settings, report) {
        return Err(wrong);
    }
    match &report.failure {
        Some(failure) if failure.reason().standing() != Standing::NotActivated => {
            Err(Failure::error(failure))
        }
        _ => Ok(yes.into()),
    }
}

/// What `evidence --json` prints.
#[derive(Debug, Serialize)]
struct Written<'a> {
    schema: u32,
    file: &'a Path,
    bytes: usize,
    cmw: bool,
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
        Self {
            schema: 1,
            feature: feature.to_owned(),
            on,
            reason: report.verdict.reason.into(),
            message: match machine::language() {
                Language::De => in_german(report, feature, on),
                _ => in_english(report, feature, on),
            },
        }
    }
}

fn in_english(report: &Report, feature: &str, on: bool) -> String {
    if on {
        return format!("{feature} is on.");
    }
    if waits_for_contact(report, feature) {
        return format!("{feature} is off until the next contact with the vendor.");
    }
    match report.verdict.reason {
        Reason::Ok | Reason::RenewalDue => {
            let granted = match granted(report) {
                on if on.is_empty() => "None is on.".to_owned(),
                on => format!("These are on: {on}."),
            };
            format!(
                "{feature} is off: no license on this machine has a feature of this name. {granted}"
            )
        }
        _ => format!("{feature} is off. {}", report.verdict.message),
    }
}

fn in_german(report: &Report, feature: &str, on: bool) -> String {
    if on {
        return format!("{feature} ist eingeschaltet.");
    }
    if waits_for_contact(report, feature) {
        return format!("{feature} ist bis zum nächsten Kontakt mit dem Hersteller ausgeschaltet.");
    }
    match report.verdict.reason {
        Reason::Ok | Reason::RenewalDue => {
            let granted = match granted(report) {
                on if on.is_empty() => "Keine ist eingeschaltet.".to_owned(),
                on => format!("Eingeschaltet sind: {on}."),
            };
            format!(
                "{feature} ist ausgeschaltet: Keine Lizenz auf diesem Computer hat eine Funktion dieses Namens. {granted}"
            )
        }
        _ => format!("{feature} ist ausgeschaltet. {}", report.verdict.message),
    }
}

fn waits_for_contact(report: &Report, feature: &str) -> bool {
    let licenses = report.licenses.iter();
    let mut waiting = licenses.flat_map(|license| &license.verdict.step_up_features);
    waiting.any(|waits| waits == feature)
}

/// The features that are on.
fn granted(report: &Report) -> String {
    let licenses = report.licenses.iter();
    let on = licenses.flat_map(|license| &license.verdict.features);
    let on: BTreeSet<_> = on.map(String::as_str).collect();
    on.into_iter().collect::<Vec<_>>().join(", ")
}

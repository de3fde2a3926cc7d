//! `doctor --bundle`: one file for whoever helps, with everything that explains a problem and nothing that is secret or
//! names somebody.
//!
//! It is one JSON document: it can be read before it is sent, searched, and compared with another. Each part is gathered
//! on its own, so that what is broken takes nothing else with it; [`folder`] lists the state folder without opening anything
//! in it, [`parts`] puts the library's answers into JSON, and [`redact`] takes out what names the machine or its user
//! wherever an error text brought it in.

mod folder;
mod parts;
mod redact;

use std::path::Path;

use counterfoil::client::{Clock as _, Report, SystemClock};
use counterfoil::device::Hardware as _;
use counterfoil::store::Folder;
use serde_json::{Value, json};

use crate::config::Settings;
use crate::exit::Failure;
use crate::output::shown_path;
use crate::{files, log, machine, status};
use redact::Names;

/// The parts, each with what it is for; the document begins with this list.
const CONTENTS: [(&str, &str); 11] = [
    ("versions", "of the program and its formats"),
    ("system", "operating system, kernel, architecture"),
    (
        "settings",
        "which were given, and the kind of TPM connection",
    ),
    ("doctor", "what `doctor` finds"),
    ("tpm", "what the TPM says of itself"),
    (
        "clocks",
        "the machine's clocks, and at what time each license was judged",
    ),
    (
        "folder",
        "what lies in the state folder: names, modes, sizes, SHA-256; of files that are not the store's no name",
    ),
    (
        "store",
        "keys and counters of the store in the TPM (public parts), and what its state remembers",
    ),
    (
        "tokens",
        "license, lease and rules, as `inspect` shows them",
    ),
    ("status", "what `status --json` shows, and the TPM's counts"),
    ("log", "the local log, and what `log verify` finds"),
];

const LEFT_OUT: &str = "license keys, seeds and every other secret; passwords; names of people, users, the computer and its \
     folders; serial numbers and certificates. Ids of licenses, stores and keys are pseudonyms by which the vendor recognizes \
     this machine.";

/// What it is called in messages.
pub(crate) const FILE: &str = "the support file";

/// Writes the bundle.
pub(crate) fn write(settings: &Settings, findings: Value, path: &Path) -> Result<(), Failure> {
    let mut bundle = gather(settings, findings);
    Names::of_this_machine(settings).remove_from(&mut bundle);
    let mut text = serde_json::to_string_pretty(&bundle).map_err(Failure::error)?;
    text.push('\n');
    files::write(FILE, path, text.as_bytes())
}

/// What is printed about it.
pub(crate) fn describe(path: &Path) -> String {
    let parts = CONTENTS.map(|(name, what)| format!("  {name:<9} {what}\n"));
    format!(
        "\nThe support file {} holds:\n{}Not in it: {LEFT_OUT}\nIt is text: read it before you send it.\n",
        shown_path(path),
        parts.concat()
    )
}

fn gather(settings: &Settings, findings: Value) -> Value {
    let app = machine::open(settings);
    let (report, support, checked) = match &app {
        Ok(app) => (Some(app.validate()), Some(app.support()), Some(app.log())),
        Err(_) => (None, None, None),
    };
    let unavailable = match &app {
        Ok(_) => Value::Null,
        Err(Failure::Error(text) | Failure::Usage(text)) => text.as_str().into(),
    };
    let contents: Vec<_> = CONTENTS
        .iter()
        .map(|(name, what)| json!({"part": name, "holds": what}))
        .collect();
    json!({
        "schema": 1,
        "kind": "counterfoil support file",
        "contents": contents,
        "left_out": LEFT_OUT,
        "versions": {"counterfoil": env!("CARGO_PKG_VERSION"), "support_file": 1},
        "system": system(),
        "settings": described(settings, unavailable),
        "doctor": findings,
        "tpm": tpm(settings),
        "clocks": clocks(report.as_ref()),
        "folder": folder::list(&settings.dir),
        "store": support.as_ref().map(parts::store),
        "tokens": support.as_ref().map(parts::tokens),
        "status": report.as_ref().map(status_part),
        "log": log_part(settings, checked),
    })
}

fn system() -> Value {
    let kernel = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map(|name| name.trim_matches('"').to_owned());
    json!({
        "os": name,
        "kernel": text(kernel.sysname()),
        "release": text(kernel.release()),
        "architecture": text(kernel.machine()),
        "runs_as_root": rustix::process::geteuid().is_root(),
    })
}

fn described(settings: &Settings, unavailable: Value) -> Value {
    let kind = settings.tcti.split(':').next().unwrap_or_default();
    json!({
        "tpm_connection": kind,
        "tpm_connection_from": settings.tcti_from,
        "trust": settings.trust.is_some(),
        "slot": settings.slot,
        "product": settings.product,
        "app_version": settings.app_version,
        "why_the_store_was_not_opened": unavailable,
    })
}

fn tpm(settings: &Settings) -> Value {
    let described = settings.hardware.open().and_then(|mut tpm| tpm.describe());
    match described {
        Ok(tpm) => parts::tpm(&tpm),
        Err(error) => json!({"error": error.to_string()}),
    }
}

fn clocks(report: Option<&Report>) -> Value {
    let uptime = SystemClock.uptime();
    json!({
        "os_time": SystemClock.os_time().to_string(),
        "since_boot_ms": uptime.elapsed_ms(),
        "boot_id_known": uptime.boot_id != [0; 16],
        "judged_at": report.map(|report| {
            report.licenses.iter().map(parts::judged_at).collect::<Vec<_>>()
        }),
    })
}

fn status_part(report: &Report) -> Value {
    json!({
        "report": status::json::Status::of(report),
        "tpm_counts": report.evidence.as_ref().map(parts::counts),
    })
}

fn log_part(
    settings: &Settings,
    checked: Option<Result<counterfoil::client::LogReport, counterfoil::client::Failure>>,
) -> Value {
    let checked = match checked {
        Some(Ok(report)) => json!(log::Checked::of(&report)),
        Some(Err(failure)) => json!({"error": failure.to_string()}),
        None => Value::Null,
    };
    let entries = Folder::open(&settings.dir)
        .map_err(|error| error.to_string())
        .and_then(|folder| {
            let folder = folder
                .lock(log::PATIENCE)
                .map_err(|error| error.to_string())?;
            let files = folder.log().read().map_err(|error| error.to_string())?;
            Ok(files.entries().collect::<Vec<_>>())
        });
    match entries {
        Ok(entries) => json!({"check": checked, "entries": entries}),
        Err(error) => json!({"check": checked, "error": error}),
    }
}

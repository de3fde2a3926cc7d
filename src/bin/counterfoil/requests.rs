//! `requests`: what was asked of the vendor and not answered yet.

use counterfoil::client::PendingRequest;
use counterfoil::token::LicenseId;
use serde::Serialize;

use crate::args::{Json, RequestsVerb};
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::machine;
use crate::output::{self, printable};

/// Lists the requests, or drops one.
pub(crate) fn requests(settings: &Settings, verb: &RequestsVerb) -> Result<Answer, Failure> {
    match verb {
        RequestsVerb::List { json } => list(settings, *json),
        RequestsVerb::Drop { license } => drop_one(settings, *license),
    }
}

fn list(settings: &Settings, Json { json }: Json) -> Result<Answer, Failure> {
    let pending = machine::open(settings)?.pending_requests();
    let pending = pending.map_err(|error| Failure::because(Some(error.reason()), &error))?;
    match json {
        true => output::json(&Listed {
            schema: 1,
            requests: pending.iter().map(Entry::of).collect(),
        })?,
        false if pending.is_empty() => output::text("No request is unanswered.\n")?,
        false => output::text(&pending.iter().map(line).collect::<String>())?,
    }
    Ok(Answer::Yes)
}

fn drop_one(settings: &Settings, license: LicenseId) -> Result<Answer, Failure> {
    let dropped = machine::open(settings)?.drop_request(license);
    let dropped = dropped.map_err(|error| Failure::because(Some(error.reason()), &error))?;
    output::text(&match dropped {
        true => format!(
            "The request for license {license} was dropped: an answer to it can no longer be applied. The licenses are untouched.\n"
        ),
        false => format!("No request for license {license} is unanswered.\n"),
    })?;
    Ok(dropped.into())
}

/// What `requests list --json` prints.
#[derive(Serialize)]
struct Listed {
    schema: u32,
    requests: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    id: String,
    license: String,
    product: Option<String>,
}

impl Entry {
    fn of(pending: &PendingRequest) -> Self {
        Self {
            id: pending.id.to_string(),
            license: pending.license.to_string(),
            product: product(pending).map(str::to_owned),
        }
    }
}

fn line(pending: &PendingRequest) -> String {
    let product = product(pending).map_or("any product of the vendor".into(), printable);
    format!("{}  {product}  (request {})\n", pending.license, pending.id)
}

fn product(pending: &PendingRequest) -> Option<&str> {
    Some(pending.product.as_str()).filter(|product| !product.is_empty())
}

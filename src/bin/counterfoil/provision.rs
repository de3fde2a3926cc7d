//! `provision` and `deprovision`.

use std::path::Path;

use counterfoil::client::{AtStake, Counterfoil};
use counterfoil::device::Outcome;
use serde::Serialize;

use crate::args::{self, Json};
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::output::{self, printable, shown_path};
use crate::{files, machine};

/// No certificate with its chain is larger.
const CERTIFICATE_LIMIT: usize = 64 << 10;

/// Makes the store, and keeps an endorsement certificate for its requests.
pub(crate) fn provision(
    settings: &Settings,
    ek_certificate: Option<&Path>,
    args::Replace { replace }: args::Replace,
    auths: &args::Auths,
    Json { json }: Json,
) -> Result<Answer, Failure> {
    let certificate = ek_certificate
        .map(|path| files::read("the endorsement certificate", path, CERTIFICATE_LIMIT))
        .transpose()?;
    let machine = machine::open(settings)?;
    let auths = machine::auths(auths)?;
    let outcome = machine
        .provision(machine::permission(&auths, replace))
        .map_err(|error| Failure::because(error.reason(), &error))?;
    let kept = certificate
        .map(|certificate| machine.keep_endorsement_certificate(&certificate, &auths))
        .transpose()
        .map_err(Failure::error)?;
    if json {
        output::json(&Provisioned {
            schema: 1,
            outcome: name(outcome),
            dir: &settings.dir,
            ek_certificate: kept.map(|kept| kept.key.to_string()),
        })?;
        return Ok(Answer::Yes);
    }
    let folder = shown_path(&settings.dir);
    output::text(&match outcome {
        Outcome::Unchanged => format!("Everything was in place already; the store is {folder}.\n"),
        Outcome::Repaired => format!(
            "What was missing in the TPM was put back; the store {folder} and its licenses go on.\n"
        ),
        Outcome::Replaced => format!(
            "The store {folder} was made anew: what there was before can no longer be opened. Activate the licenses again.\n"
        ),
        _ => format!(
            "The TPM has keys and counters for this vendor now, and {folder} is their store. Activate a license next.\n"
        ),
    })?;
    if let Some(kept) = kept {
        output::text(&format!(
            "The certificate for this TPM's endorsement key {} is kept, and goes into requests from now on.\n",
            kept.key
        ))?;
    }
    Ok(Answer::Yes)
}

/// What `provision --json` prints.
#[derive(Debug, Serialize)]
struct Provisioned<'a> {
    schema: u32,
    outcome: &'static str,
    dir: &'a Path,
    /// Hash of the endorsement key whose certificate is kept, if one was given.
    ek_certificate: Option<String>,
}

fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Unchanged => "unchanged",
        Outcome::Repaired => "repaired",
        Outcome::Replaced => "replaced",
        _ => "made",
    }
}

/// Ends the store.
pub(crate) fn deprovision(
    settings: &Settings,
    yes: bool,
    other_store: bool,
    auths: &args::Auths,
) -> Result<Answer, Failure> {
    let at_stake = match machine::open(settings) {
        Ok(machine) => what_ends(&machine, settings),
        Err(_) if !yes => String::new(),
        Err(failure) => return Err(failure),
    };
    if !yes {
        return Err(Failure::usage(format!(
            "this would end every license in {} for good, and the vendor would not learn of it: add --yes if you mean \
             it{}{at_stake}",
            shown_path(&settings.dir),
            if at_stake.is_empty() { "" } else { "\n" },
        )));
    }
    let machine = machine::open(settings)?;
    let auths = machine::auths(auths)?;
    output::text(&at_stake)?;
    machine
        .deprovision(machine::permission(&auths, other_store))
        .map_err(|error| Failure::because(error.reason(), &error))?;
    output::text(
        "The store's keys and counters are gone from the TPM, and its files from the disk.\n",
    )?;
    Ok(Answer::Yes)
}

/// The licenses that would end, a line each.
fn what_ends(machine: &Counterfoil, settings: &Settings) -> String {
    let licenses = machine.licenses_at_stake();
    let folder = shown_path(&settings.dir);
    match licenses.is_empty() {
        true => String::new(),
        false => {
            let lines = licenses.iter().map(line);
            [format!("Licenses in {folder}:\n")]
                .into_iter()
                .chain(lines)
                .collect()
        }
    }
}

fn line(license: &AtStake) -> String {
    let AtStake {
        license,
        product,
        until,
    } = license;
    match (product, until) {
        (Some(product), Some(until)) => {
            format!("  {license}  {}, until {until}\n", printable(product))
        }
        (Some(product), None) => format!("  {license}  {}, without end\n", printable(product)),
        (None, _) => format!("  {license}  what it is for cannot be read now\n"),
    }
}

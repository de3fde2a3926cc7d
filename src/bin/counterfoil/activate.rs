//! `activate`: the request for the vendor, and the vendor's response.

use std::path::Path;

use counterfoil::client::{ActivateError, Counterfoil};
use counterfoil::policy::Standing;
use counterfoil::token::cose::Kind;
use counterfoil::token::{License, LicenseKey};
use zeroize::Zeroizing;

use crate::args;
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::output::{printable, short, shown_path};
use crate::{files, machine, output, status, wrong};

const REQUEST: &str = "the request file";
const KEY_FILE_LIMIT: usize = 1024;

/// Writes a request, or applies a response.
pub(crate) fn activate(settings: &Settings, args: &args::Activate) -> Result<Answer, Failure> {
    let key = license_key(args)?;
    match (&args.request_out, &args.response, key) {
        (None, Some(response), _) => apply(settings, &machine::open(settings)?, response, args),
        (Some(request_out), _, Some(key)) => {
            files::may_write(REQUEST, request_out, Some(&settings.dir))?;
            request(settings, &machine::open(settings)?, &key, request_out, args)
        }
        (Some(_), _, None) => Err(Failure::usage(
            "which license? Give its key with --key-file FILE or --key KEY",
        )),
        (None, None, _) => Err(Failure::usage(
            "this version reaches no license service: write a request with --request-out FILE, send it to the vendor, and \
             apply the answer with --response FILE",
        )),
    }
}

fn request(
    settings: &Settings,
    machine: &Counterfoil,
    key: &LicenseKey,
    path: &Path,
    args: &args::Activate,
) -> Result<Answer, Failure> {
    let auths = machine::auths(&args.auths)?;
    let requested = machine
        .request_activation(key, machine::permission(&auths, args.replace.replace))
        .map_err(|error| failure(settings, &error))?;
    files::write(REQUEST, path, &requested.request)?;
    let again = match requested.repeated {
        true => " once more, since it is still unanswered",
        false => "",
    };
    output::text(&format!(
        "The request {} for license {} was written to {}{again}.\nSend that file to the vendor, then run: counterfoil \
         activate --response FILE\n",
        short(&requested.id.to_string()),
        key.id(),
        shown_path(path),
    ))?;
    Ok(Answer::Yes)
}

/// Applies the response, and says what became of the license: that it was stored is not yet that it works.
fn apply(
    settings: &Settings,
    machine: &Counterfoil,
    path: &Path,
    args: &args::Activate,
) -> Result<Answer, Failure> {
    let response = files::read(
        "the response file",
        path,
        Kind::ActivationResponse.size_limit(),
    )?;
    let license = machine
        .apply_response(&response, &machine::auths(&args.auths)?)
        .map_err(|error| failure(settings, &error))?;
    let report = machine.validate();
    let name = format!(
        "License {}: {} ({})",
        license.license_id,
        printable(&license.product),
        printable(&license.edition)
    );
    let judged = report
        .licenses
        .iter()
        .find(|judged| judged.id == license.license_id);
    let verdict = judged.map_or(&report.verdict, |judged| &judged.verdict);
    let is_active = verdict.standing <= Standing::OfflineGrace;
    if is_active {
        output::text(&format!("{name} {}.\n", active(&license)))?;
    } else {
        let steps = status::steps(verdict).into_iter();
        let steps = steps.map(|step| format!("  -> {}\n", printable(&step)));
        output::text(&format!(
            "{name} was stored on this machine, and is {} [{}].\n{}\n{}",
            status::standing(verdict.standing),
            verdict.reason,
            printable(&verdict.message),
            steps.collect::<String>(),
        ))?;
    }
    status::conclude(settings, &report, is_active)
}

fn active(license: &License) -> String {
    match license.expires_at {
        Some(end) => format!("is active on this machine, until {end}"),
        None => "is active on this machine, without end".to_owned(),
    }
}

/// Why it came to nothing, with the setting that was wrong where one was.
fn failure(settings: &Settings, error: &ActivateError) -> Failure {
    match error {
        ActivateError::Failure(trouble) => wrong::because_of(settings, trouble),
        _ => None,
    }
    .unwrap_or_else(|| Failure::because(error.reason(), error))
}

fn license_key(args: &args::Activate) -> Result<Option<LicenseKey>, Failure> {
    let text = match (&args.key, &args.key_file) {
        (Some(key), _) => Zeroizing::new(key.clone()),
        (None, Some(path)) => files::read_text("the license key file", path, KEY_FILE_LIMIT)?,
        (None, None) => return Ok(None),
    };
    text.trim().parse().map(Some).map_err(Failure::error)
}

//! `activate`: the request for the vendor, and the vendor's response.

use std::path::Path;

use counterfoil::client::Counterfoil;
use counterfoil::token::cose::Kind;
use counterfoil::token::{License, LicenseKey};
use zeroize::Zeroizing;

use crate::args;
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::output::printable;
use crate::{files, machine, output};

const KEY_FILE_LIMIT: usize = 1024;

/// Writes a request, or applies a response.
pub(crate) fn activate(settings: &Settings, args: &args::Activate) -> Result<Answer, Failure> {
    let key = license_key(args)?;
    match (&args.request_out, &args.response, key) {
        (None, Some(response), _) => apply(&machine::open(settings)?, response, args),
        (Some(request_out), _, Some(key)) => {
            request(&machine::open(settings)?, &key, request_out, args)
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
    machine: &Counterfoil,
    key: &LicenseKey,
    path: &Path,
    args: &args::Activate,
) -> Result<Answer, Failure> {
    let auths = machine::auths(&args.auths)?;
    let requested = machine
        .request_activation(key, machine::permission(&auths, args.replace.replace))
        .map_err(|error| Failure::because(error.reason(), &error))?;
    files::write("the request file", path, &requested.request)?;
    let again = match requested.repeated {
        true => " once more, since it is still unanswered",
        false => "",
    };
    output::text(&format!(
        "The request {} for license {} was written to {}{again}.\nSend that file to the vendor, then run: counterfoil \
         activate --response FILE\n",
        short(&requested.id.to_string()),
        key.id(),
        path.display(),
    ))?;
    Ok(Answer::Yes)
}

fn apply(machine: &Counterfoil, path: &Path, args: &args::Activate) -> Result<Answer, Failure> {
    let response = files::read(
        "the response file",
        path,
        Kind::ActivationResponse.size_limit(),
    )?;
    let license = machine
        .apply_response(&response, &machine::auths(&args.auths)?)
        .map_err(Failure::error)?;
    output::text(&format!("{}\n", describe(&license)))?;
    Ok(Answer::Yes)
}

fn describe(license: &License) -> String {
    let end = match license.expires_at {
        Some(end) => format!("until {end}"),
        None => "without end".to_owned(),
    };
    format!(
        "License {} is active on this machine: {} ({}), {end}.",
        license.license_id,
        printable(&license.product),
        printable(&license.edition),
    )
}

fn license_key(args: &args::Activate) -> Result<Option<LicenseKey>, Failure> {
    let text = match (&args.key, &args.key_file) {
        (Some(key), _) => Zeroizing::new(key.clone()),
        (None, Some(path)) => files::read_text("the license key file", path, KEY_FILE_LIMIT)?,
        (None, None) => return Ok(None),
    };
    text.trim().parse().map(Some).map_err(Failure::error)
}

/// The start of an id, enough to tell two apart.
fn short(id: &str) -> &str {
    id.get(..16).unwrap_or(id)
}

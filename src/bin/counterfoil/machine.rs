//! The library, opened as the settings say.

use std::env;
use std::path::Path;

use counterfoil::client::{Config, Counterfoil, Permission};
use counterfoil::device::{AuthValue, Auths};
use counterfoil::policy::Language;
use counterfoil::token::TrustAnchor;
use zeroize::Zeroizing;

use crate::args;
use crate::config::Settings;
use crate::exit::Failure;
use crate::files;
use crate::output::shown_path;
use crate::wrong;

/// Several roots fit in, one after the other.
const TRUST_LIMIT: usize = 16 * 1024;
/// A TPM takes at most 64 bytes; two for the end of the line.
const AUTH_LIMIT: usize = 66;

/// Opens the library.
pub(crate) fn open(settings: &Settings) -> Result<Counterfoil, Failure> {
    let Some(path) = &settings.trust else {
        return Err(Failure::usage(
            "which vendor? Name the file with the vendor's root public key: --trust FILE, COUNTERFOIL_TRUST, or `trust` in \
             the config file",
        ));
    };
    let trust = trust(path)
        .map_err(|error| Failure::Error(wrong::named(error.text(), settings.trust_from)))?;
    wrong::check(settings)?;
    let hardware = Box::new(settings.hardware.clone());
    Ok(Counterfoil::open(Config {
        slot: settings.slot,
        product: settings.product.clone(),
        app_version: settings.app_version.clone(),
        language: language(),
        ..Config::new(&settings.dir, trust, hardware)
    }))
}

/// The language that the user set, in the order of POSIX.
pub(crate) fn language() -> Language {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty())
        .and_then(|value| Language::from_tag(&value))
        .unwrap_or_default()
}

/// Reads the vendor's root public key.
pub(crate) fn trust(path: &Path) -> Result<TrustAnchor, Failure> {
    let pem = files::read_text("the trust file", path, TRUST_LIMIT)?;
    TrustAnchor::from_pem(&pem).map_err(|error| {
        Failure::Error(format!(
            "the trust file {} holds no root public key ({error}): ask the vendor for the file",
            shown_path(path)
        ))
    })
}

/// What a person allows to be done to the TPM.
pub(crate) fn permission(auths: &Auths, may_end_a_store: bool) -> Permission<'_> {
    match may_end_a_store {
        true => Permission::to_replace(auths),
        false => auths.into(),
    }
}

/// Reads the hierarchies' passwords.
pub(crate) fn auths(args: &args::Auths) -> Result<Auths, Failure> {
    let args::Auths {
        owner_auth_file: owner,
        endorsement_auth_file: endorsement,
    } = args;
    if [owner, endorsement]
        .into_iter()
        .flatten()
        .filter(|path| files::is_stdin(path))
        .count()
        > 1
    {
        return Err(Failure::usage(
            "only one password can come from standard input: put the other in a file",
        ));
    }
    Ok(Auths {
        owner: auth(owner.as_deref())?,
        endorsement: auth(endorsement.as_deref())?,
    })
}

fn auth(path: Option<&Path>) -> Result<AuthValue, Failure> {
    let Some(path) = path else {
        return Ok(AuthValue::empty());
    };
    let mut value = files::read("the password file", path, AUTH_LIMIT)?;
    trim_line_end(&mut value);
    Ok(AuthValue::new(value.to_vec()))
}

/// An editor ends a file with a line end, which no password has.
fn trim_line_end(value: &mut Zeroizing<Vec<u8>>) {
    for end in [b'\n', b'\r'] {
        if value.last() == Some(&end) {
            value.pop();
        }
    }
}

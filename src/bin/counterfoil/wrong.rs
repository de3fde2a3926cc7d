//! What is wrong with the settings themselves: said first, with what named them, before anything of a license is.

use counterfoil::client::{Failure as Trouble, UnlockError};
use counterfoil::device::DeviceError;
use counterfoil::policy::Version;
use counterfoil::store::{AccessError, is_own_path};

use crate::config::{DEFAULT, Settings};
use crate::exit::Failure;
use crate::output::shown_path;

/// Checks what can be seen of the settings without a TPM. Touches nothing.
pub(crate) fn check(settings: &Settings) -> Result<(), Failure> {
    if let Some(version) = &settings.app_version {
        version.parse::<Version>().map_err(|error| {
            Failure::Error(format!(
                "\"{version}\" is no version of an application ({error}): correct --app-version, or `app_version` in the \
                 config file"
            ))
        })?;
    }
    let dir = &settings.dir;
    let folder = shown_path(dir);
    // One that is not there, or can't be listed, is the library's to tell.
    let Ok(kind) = dir.symlink_metadata() else {
        return Ok(());
    };
    if !kind.is_dir() && !kind.is_symlink() {
        return Err(Failure::Error(named(
            format!("{folder} is not a folder: name the state folder"),
            settings.dir_from,
        )));
    }
    let names: Vec<_> = dir
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        // What a file system has of its own, and what others hide.
        .filter(|name| name != "lost+found" && !name.starts_with('.'))
        .collect();
    // A lock says nothing: this program leaves one wherever it looks.
    let is_others = |name: &String| name == "lock" || !is_own_path(name);
    match names.iter().all(|name| name == "lock") || !names.iter().all(is_others) {
        true => Ok(()),
        false => Err(Failure::Error(named(
            format!(
                "{folder} holds other files and no licenses: name the state folder, or an empty one for a new machine"
            ),
            settings.dir_from,
        ))),
    }
}

/// The failure, where a setting is its cause, with what named that setting.
pub(crate) fn because_of(settings: &Settings, trouble: &Trouble) -> Option<Failure> {
    let Settings {
        tcti_from,
        dir_from,
        trust_from,
        slot_from,
        ..
    } = settings;
    let error = match trouble {
        Trouble::Unlock(error @ UnlockError::OtherVendor { .. }) => format!(
            "{error} (the folder {} is named by {dir_from}, the key by {trust_from})",
            shown_path(&settings.dir)
        ),
        Trouble::Unlock(error @ UnlockError::OtherSlot { .. }) => format!(
            "{error} (the folder {} is named by {dir_from}, the slot by {slot_from})",
            shown_path(&settings.dir)
        ),
        Trouble::PlaceTaken => format!(
            "{trouble} (the folder {} is named by {dir_from})",
            shown_path(&settings.dir)
        ),
        Trouble::Unlock(UnlockError::Access(error @ AccessError::WrongKind { .. })) => {
            named(error.to_string(), dir_from)
        }
        Trouble::Device(error) if *tcti_from != DEFAULT && is_about_the_name(error) => {
            named(error.to_string(), tcti_from)
        }
        _ => return None,
    };
    Some(Failure::Error(error))
}

/// Whether the name of the TPM can be wrong, and not only the TPM.
fn is_about_the_name(error: &DeviceError) -> bool {
    matches!(
        error,
        DeviceError::UnknownConnection { .. }
            | DeviceError::NoTpm { .. }
            | DeviceError::NotATpm { .. }
            | DeviceError::NoModule { .. }
    )
}

/// The text, and what named the thing that it is about.
pub(crate) fn named(text: impl std::fmt::Display, by: &str) -> String {
    format!("{text} (it is named by {by})")
}

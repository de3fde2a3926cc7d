//! Where a setting comes from: an option beats its variable, which beats the config file, which beats the default.
//!
//! clap merges options with the variables of their own; this adds the config file, the variables that other TPM programs
//! use too, and the defaults.

use std::env;
use std::fs;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::Duration;

use counterfoil::client::Config;
use counterfoil::device::TssHardware;
use serde::Deserialize;

use crate::args::Options;
use crate::exit::Failure;
use crate::output::{printable, shown_path};
use crate::{files, machine};

const DEFAULT_FILE: &str = "/etc/counterfoil.toml";
/// Each vendor has a folder of its own in it.
const DEFAULT_DIR: &str = "/var/lib/counterfoil";
const DEFAULT_TCTI: &str = "device:/dev/tpmrm0";
const FILE_LIMIT: usize = 64 * 1024;
/// What says a setting that no option or variable does.
const FILE: &str = "the config file";
pub(crate) const DEFAULT: &str = "the default";

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The TPM's connection.
    pub(crate) tcti: String,
    /// What said so, for a person who wonders.
    pub(crate) tcti_from: &'static str,
    /// The TPM behind that connection.
    pub(crate) hardware: TssHardware,
    /// The state folder.
    pub(crate) dir: PathBuf,
    /// What said so.
    pub(crate) dir_from: &'static str,
    /// The vendor's root public key.
    pub(crate) trust: Option<PathBuf>,
    /// What said so.
    pub(crate) trust_from: &'static str,
    /// The store's number.
    pub(crate) slot: u32,
    /// What said so.
    pub(crate) slot_from: &'static str,
    /// The application's product.
    pub(crate) product: Option<String>,
    /// The application's version.
    pub(crate) app_version: Option<String>,
}

impl Settings {
    /// Puts them together, from the process's environment and disk.
    pub(crate) fn load(options: Options) -> Result<Self, Failure> {
        let file = match &options.config {
            Some(path) => FileSettings::read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => {
                FileSettings::read(Path::new(DEFAULT_FILE))?
            }
            None => FileSettings::default(),
        };
        let shared = ["TPM2TOOLS_TCTI", "TCTI"].into_iter().find_map(|name| {
            let value = env::var(name).ok().filter(|value| !value.is_empty())?;
            Some((value, name))
        });
        Ok(Self::merge(options, shared, file))
    }

    fn merge(
        options: Options,
        shared_tcti: Option<(String, &'static str)>,
        file: FileSettings,
    ) -> Self {
        let (tcti, tcti_from) = None
            .or(options
                .tcti
                .map(|tcti| (tcti, "--tcti or COUNTERFOIL_TCTI")))
            .or(shared_tcti)
            .or(file.tcti.map(|tcti| (tcti, FILE)))
            .unwrap_or_else(|| (DEFAULT_TCTI.to_owned(), DEFAULT));
        let from = |given: bool, option, in_file: bool| match (given, in_file) {
            (true, _) => option,
            (false, true) => FILE,
            (false, false) => DEFAULT,
        };
        let timeout = options
            .tpm_timeout
            .or(file.tpm_timeout.map(NonZeroU16::get))
            .map_or(TssHardware::TIMEOUT, |seconds| {
                Duration::from_secs(seconds.into())
            });
        let trust_from = from(
            options.trust.is_some(),
            "--trust or COUNTERFOIL_TRUST",
            file.trust.is_some(),
        );
        let trust = options.trust.or(file.trust);
        Self {
            hardware: TssHardware::new(&tcti).with_timeout(timeout),
            tcti,
            tcti_from,
            dir_from: from(
                options.dir.is_some(),
                "--dir or COUNTERFOIL_DIR",
                file.dir.is_some(),
            ),
            trust_from,
            slot_from: from(options.slot.is_some(), "--slot", file.slot.is_some()),
            dir: options
                .dir
                .or(file.dir)
                .unwrap_or_else(|| default_dir(trust.as_deref())),
            trust,
            slot: options.slot.or(file.slot).unwrap_or(0),
            product: options.product.or(file.product),
            app_version: options.app_version.or(file.app_version),
        }
    }
}

/// The vendor's shared folder. Where nobody says which vendor, the only one that there is.
fn default_dir(trust: Option<&Path>) -> PathBuf {
    let base = Path::new(DEFAULT_DIR);
    match trust.map(machine::trust) {
        Some(Ok(anchor)) => Config::shared_dir(anchor.vendor()),
        Some(Err(_)) => base.to_owned(),
        None => only_vendor(base).unwrap_or(base.to_owned()),
    }
}

/// The folder of the only vendor below `base`, if that is not a store itself.
fn only_vendor(base: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(base).ok()?.flatten();
    let names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let is_vendor = |name: &&String| {
        name.len() == 32
            && name
                .bytes()
                .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    };
    if names.iter().any(|name| name.starts_with("epoch-")) {
        return None;
    }
    let mut vendors = names.iter().filter(is_vendor);
    match (vendors.next(), vendors.next()) {
        (Some(only), None) => Some(base.join(only)),
        _ => None,
    }
}

/// What a config file can say.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSettings {
    tcti: Option<String>,
    tpm_timeout: Option<NonZeroU16>,
    dir: Option<PathBuf>,
    trust: Option<PathBuf>,
    slot: Option<u32>,
    product: Option<String>,
    app_version: Option<String>,
}

impl FileSettings {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = files::read_text("the config file", path, FILE_LIMIT)?;
        let settings: Self = toml::from_str(&text).map_err(|error| {
            let before = error.span().map_or("", |span| &text[..span.start]);
            Failure::Error(format!(
                "the config file {} has an error in line {}: {}",
                shown_path(path),
                before.matches('\n').count() + 1,
                printable(error.message())
            ))
        })?;
        Ok(settings.relative_to(path.parent().unwrap_or(Path::new("."))))
    }

    /// Paths in a file are relative to its own folder, wherever the program is run.
    fn relative_to(mut self, folder: &Path) -> Self {
        self.dir = self.dir.map(|dir| folder.join(dir));
        self.trust = self.trust.map(|trust| folder.join(trust));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> Options {
        Options {
            tcti: None,
            tpm_timeout: None,
            dir: None,
            trust: None,
            slot: None,
            product: None,
            app_version: None,
            config: None,
        }
    }

    fn file() -> FileSettings {
        FileSettings {
            tcti: Some("file".into()),
            tpm_timeout: NonZeroU16::new(7),
            dir: Some("file".into()),
            trust: Some("file".into()),
            slot: Some(1),
            product: Some("file".into()),
            app_version: Some("file".into()),
        }
    }

    #[test]
    fn an_option_beats_the_config_file_which_beats_the_default() {
        let defaults = Settings::merge(options(), None, FileSettings::default());
        assert_eq!((defaults.tcti.as_str(), defaults.slot), (DEFAULT_TCTI, 0));
        assert_eq!(defaults.hardware.timeout(), Duration::from_secs(30));
        assert_eq!(
            (defaults.dir, defaults.trust),
            (PathBuf::from(DEFAULT_DIR), None)
        );

        let from_file = Settings::merge(options(), None, file());
        assert_eq!((from_file.tcti.as_str(), from_file.slot), ("file", 1));
        assert_eq!(from_file.hardware.timeout(), Duration::from_secs(7));
        assert_eq!(
            (from_file.dir, from_file.trust),
            ("file".into(), Some("file".into()))
        );

        let given = Options {
            tcti: Some("option".into()),
            tpm_timeout: Some(8),
            dir: Some("option".into()),
            trust: Some("option".into()),
            slot: Some(2),
            product: Some("option".into()),
            app_version: Some("option".into()),
            config: None,
        };
        let settings = Settings::merge(given, None, file());
        assert_eq!((settings.tcti.as_str(), settings.slot), ("option", 2));
        assert_eq!(settings.hardware.timeout(), Duration::from_secs(8));
        assert_eq!(
            (settings.dir, settings.trust),
            ("option".into(), Some("option".into()))
        );
        assert_eq!(
            (settings.product, settings.app_version),
            (Some("option".into()), Some("option".into()))
        );
    }

    #[test]
    fn a_variable_of_other_tpm_programs_stands_between_option_and_config_file() {
        let shared = || Some(("shared".to_owned(), "TCTI"));
        assert_eq!(Settings::merge(options(), shared(), file()).tcti, "shared");
        let given = Options {
            tcti: Some("option".into()),
            ..options()
        };
        assert_eq!(Settings::merge(given, shared(), file()).tcti, "option");
    }

    #[test]
    fn paths_in_a_config_file_are_relative_to_it() {
        let settings: FileSettings =
            toml::from_str("dir = 'state'\ntrust = '/abs/root.pem'").unwrap();
        let settings = settings.relative_to(Path::new("/etc/acme"));
        assert_eq!(settings.dir, Some("/etc/acme/state".into()));
        assert_eq!(settings.trust, Some("/abs/root.pem".into()));
    }

    #[test]
    fn where_nobody_says_which_vendor_it_is_the_only_one() {
        let base = tempfile::tempdir().unwrap();
        let name = |digit: char| digit.to_string().repeat(32);
        let make = |name: &str| fs::create_dir(base.path().join(name)).unwrap();
        make("other");
        assert_eq!(only_vendor(base.path()), None);
        make(&name('a'));
        assert_eq!(only_vendor(base.path()), Some(base.path().join(name('a'))));
        make(&name('b'));
        assert_eq!(only_vendor(base.path()), None);
    }

    #[test]
    fn a_misspelled_key_is_an_error_and_not_ignored() {
        assert!(toml::from_str::<FileSettings>("direction = 'x'").is_err());
    }
}

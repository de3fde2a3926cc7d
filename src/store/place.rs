//! Where a signed artifact lies in its generation.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::token::LicenseId;
use crate::token::cose::Kind;

/// Which artifact a file holds. Its text form is the path of the file in the generation's folder; the encryption binds
/// the content to it, so files cannot be swapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Place {
    /// `licenses/<license id>.license`
    License(LicenseId),
    /// `licenses/<license id>.lease`
    Lease(LicenseId),
    /// `manifests/<hash>.manifest`; see [`Place::manifest`].
    Manifest(NameHash),
    /// `bundle`, the trust bundle.
    Bundle,
    /// `statuslists/<hash>.statuslist`; see [`Place::status_list`].
    StatusList(NameHash),
}

impl Place {
    /// The place of the manifest of a product's line.
    pub fn manifest(product: &str, line: &str) -> Self {
        Self::Manifest(NameHash::of(
            "counterfoil/v1/manifest-file",
            &[product, line],
        ))
    }

    /// The place of the status list with this address.
    pub fn status_list(uri: &str) -> Self {
        Self::StatusList(NameHash::of("counterfoil/v1/status-list-file", &[uri]))
    }

    /// What lies there.
    pub fn kind(self) -> Kind {
        match self {
            Self::License(_) => Kind::License,
            Self::Lease(_) => Kind::Lease,
            Self::Manifest(_) => Kind::Manifest,
            Self::Bundle => Kind::TrustBundle,
            Self::StatusList(_) => Kind::StatusList,
        }
    }

    /// The folder in the generation, if it is not the generation itself, and the file's name.
    pub(super) fn folder_and_name(self) -> (Option<&'static str>, String) {
        match self {
            Self::License(id) => (Some(LICENSES), format!("{id}{LICENSE}")),
            Self::Lease(id) => (Some(LICENSES), format!("{id}{LEASE}")),
            Self::Manifest(hash) => (Some(MANIFESTS), format!("{hash}{MANIFEST}")),
            Self::Bundle => (None, BUNDLE.to_owned()),
            Self::StatusList(hash) => (Some(STATUS_LISTS), format!("{hash}{STATUS_LIST}")),
        }
    }
}

/// The folders that hold artifacts.
pub(super) const FOLDERS: [&str; 3] = [LICENSES, MANIFESTS, STATUS_LISTS];

pub(super) const LICENSES: &str = "licenses";
const MANIFESTS: &str = "manifests";
const STATUS_LISTS: &str = "statuslists";
const LICENSE: &str = ".license";
const LEASE: &str = ".lease";
const MANIFEST: &str = ".manifest";
const STATUS_LIST: &str = ".statuslist";
const BUNDLE: &str = "bundle";

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.folder_and_name() {
            (Some(folder), name) => write!(f, "{folder}/{name}"),
            (None, name) => f.write_str(&name),
        }
    }
}

/// A text that is no path of an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a path at which the store keeps an artifact")]
pub struct PlaceError;

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let place = match text.split_once('/') {
            None if text == BUNDLE => Self::Bundle,
            Some((LICENSES, name)) => match name.strip_suffix(LICENSE) {
                Some(id) => Self::License(id.parse().map_err(|_| PlaceError)?),
                None => Self::Lease(stem(name, LEASE)?.parse().map_err(|_| PlaceError)?),
            },
            Some((MANIFESTS, name)) => Self::Manifest(stem(name, MANIFEST)?.parse()?),
            Some((STATUS_LISTS, name)) => Self::StatusList(stem(name, STATUS_LIST)?.parse()?),
            _ => return Err(PlaceError),
        };
        // One file has one name: upper-case digits are another.
        (place.to_string() == text)
            .then_some(place)
            .ok_or(PlaceError)
    }
}

fn stem<'a>(name: &'a str, extension: &str) -> Result<&'a str, PlaceError> {
    name.strip_suffix(extension).ok_or(PlaceError)
}

/// Stands for names that a vendor chose, which may be long, hold any character, and tell what is licensed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameHash([u8; 16]);

impl NameHash {
    fn of(domain: &str, names: &[&str]) -> Self {
        let mut hash = Sha256::new_with_prefix(domain);
        for name in names {
            // The length keeps ("a", "bc") apart from ("ab", "c").
            hash.update((name.len() as u64).to_be_bytes());
            hash.update(name);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut short = [0; 16];
        short.copy_from_slice(&digest[..16]);
        Self(short)
    }
}

impl fmt::Display for NameHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for NameHash {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let number = u128::from_str_radix(text, 16).map_err(|_| PlaceError)?;
        Ok(Self(number.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips() {
        let id = LicenseId::new([0xab; 8]);
        let places = [
            Place::License(id),
            Place::Lease(id),
            Place::manifest("editor", "stable"),
            Place::Bundle,
            Place::status_list("https://example.com/1"),
        ];
        for place in places {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
    }

    #[test]
    fn other_paths_are_refused() {
        for text in [
            "",
            "state-1",
            "licenses/",
            "licenses/../bundle",
            "licenses/ABABABABABABABAB.license",
            "licenses/abababababababab.manifest",
            "licenses/abab.lease",
            "manifests/+0000000000000000000000000000000.manifest",
            "statuslists/00.statuslist",
            "bundle/bundle",
        ] {
            assert_eq!(text.parse::<Place>(), Err(PlaceError), "{text}");
        }
    }

    #[test]
    fn names_that_join_to_the_same_text_have_different_places() {
        assert_ne!(Place::manifest("ab", "c"), Place::manifest("a", "bc"));
        assert_ne!(Place::manifest("a/../b", "c"), Place::manifest("b", "c"));
    }
}

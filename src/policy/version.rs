//! Versions of an application, compared as people do.

use std::fmt;
use std::str::FromStr;

/// The version of an application: up to four numbers with dots, `2` or `10.4.1`.
///
/// What follows a `-` or `+` (a pre-release, a build) is allowed and ignored: `2.1.0-rc.1` counts as `2.1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    numbers: [u32; MOST],
    /// How many of them were written.
    written: usize,
}

const MOST: usize = 4;

/// Why a text is not a [`Version`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a version is one to four numbers with dots between them, like 2.1.0")]
pub struct VersionError;

impl Version {
    /// Whether this version is at or above `min`: `2.1` begins with 2.1.0.
    pub fn is_at_least(&self, min: &Version) -> bool {
        self.numbers >= min.numbers
    }

    /// Whether this version is at or below `max`, compared by as many numbers as `max` has: `2` covers 2.9.1.
    pub fn is_at_most(&self, max: &Version) -> bool {
        self.numbers[..max.written] <= max.numbers[..max.written]
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let release = text.split(['-', '+']).next().unwrap_or(text);
        let mut version = Version {
            numbers: [0; MOST],
            written: 0,
        };
        for number in release.split('.') {
            let place = version
                .numbers
                .get_mut(version.written)
                .ok_or(VersionError)?;
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            *place = digits
                .then(|| number.parse().ok())
                .flatten()
                .ok_or(VersionError)?;
            version.written += 1;
        }
        Ok(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, number) in self.numbers[..self.written].iter().enumerate() {
            let dot = if place == 0 { "" } else { "." };
            write!(f, "{dot}{number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect(text)
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert!(version("10.0").is_at_least(&version("9.9.9")));
        assert!(version("2.0.0").is_at_least(&version("2")));
        assert!(!version("1.9.9").is_at_least(&version("2")));
        assert!(version("2.1.0-rc.1").is_at_least(&version("2.1")));
    }

    #[test]
    fn an_upper_end_covers_everything_that_it_begins() {
        assert!(version("2.9.1").is_at_most(&version("2")));
        assert!(version("2.1.7").is_at_most(&version("2.1")));
        assert!(!version("2.2").is_at_most(&version("2.1")));
        assert!(!version("3").is_at_most(&version("2")));
        assert!(version("2").is_at_most(&version("2.0.0")));
    }

    #[test]
    fn other_texts_are_no_versions() {
        for text in [
            "",
            "v2",
            "2.",
            ".2",
            "2..1",
            "1.2.3.4.5",
            "99999999999",
            "+1",
            "2,1",
            " 2",
        ] {
            assert_eq!(text.parse::<Version>(), Err(VersionError), "{text}");
        }
    }
}

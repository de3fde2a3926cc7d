//! The languages in which a person is spoken to.

use std::fmt;

/// A language that the messages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Language {
    /// All languages.
    pub const ALL: [Language; 2] = [Language::En, Language::De];

    /// Its ISO 639 code.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::De => "de",
        }
    }

    /// The language of a tag (RFC 5646) or of a POSIX locale name: `de`, `de-AT`, `de_DE.UTF-8`. `None` for languages
    /// that are not among [`ALL`](Language::ALL), and for `C` and `POSIX`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', '@']).next().unwrap_or(tag);
        Language::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_locale_names_find_their_language() {
        for tag in ["de", "DE", "de-AT", "de_DE.UTF-8", "de@euro", "de-Latn-DE"] {
            assert_eq!(Language::from_tag(tag), Some(Language::De), "{tag}");
        }
        assert_eq!(Language::from_tag("en_GB"), Some(Language::En));
        for tag in ["", "C", "C.UTF-8", "POSIX", "fr", "den", "deu"] {
            assert_eq!(Language::from_tag(tag), None, "{tag}");
        }
    }
}

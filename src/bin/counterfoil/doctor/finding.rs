//! One thing that was looked at.

use std::fmt::Display;

use serde::Serialize;

/// One thing that was looked at, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at; stable.
    pub(super) name: &'static str,
    pub(super) level: Level,
    /// How it is, for a person.
    pub(super) text: String,
    /// What to do about it; none where there is nothing to do.
    pub(super) fix: Option<String>,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Licenses work, with a restriction or after another step.
    Warning,
    /// Licenses do not work.
    Problem,
}

impl Level {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "PROBLEM",
        }
    }
}

impl Finding {
    pub(super) fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            level: Level::Ok,
            text: text.into(),
            fix: None,
        }
    }

    pub(super) fn warning(
        name: &'static str,
        text: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            name,
            level: Level::Warning,
            text: text.into(),
            fix: Some(fix.into()),
        }
    }

    pub(super) fn problem(
        name: &'static str,
        text: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            name,
            level: Level::Problem,
            text: text.into(),
            fix: Some(fix.into()),
        }
    }

    /// A problem in the library's own words, which are "cause: what to do".
    pub(super) fn error(name: &'static str, error: &dyn Display) -> Self {
        let text = error.to_string();
        let (text, fix) = match text.split_once(": ") {
            Some((cause, fix)) => (cause.to_owned(), Some(fix.to_owned())),
            None => (text, None),
        };
        Self {
            name,
            level: Level::Problem,
            text,
            fix,
        }
    }
}

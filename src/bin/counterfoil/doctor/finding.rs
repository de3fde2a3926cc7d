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
    /// What to do about it; none where there is nothing to do, or where the text says it.
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
        let (text, fix) = match cause_and_step(&text) {
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

/// The two parts of "cause: what to do". None where the text may have another form: parentheses hold the words of others,
/// with colons of their own, and a path can hold anything.
fn cause_and_step(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_u32;
    let mut parts = None;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ':' if depth == 0 => {
                let Some(step) = text[at..].strip_prefix(": ") else {
                    continue;
                };
                if parts.replace((&text[..at], step)).is_some() {
                    return None;
                }
            }
            _ => {}
        }
    }
    parts.filter(|_| depth == 0)
}

#[cfg(test)]
mod tests;

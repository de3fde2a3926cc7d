//! What goes to standard output: text for people, or one JSON document.

use serde::Serialize;

use crate::exit::Failure;
use crate::terminal;

pub(crate) use crate::terminal::printable;

/// Prints a text. A reader who has gone away, as `head` does, is no error.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    terminal::write(text)
        .map_err(|error| Failure::Error(format!("standard output cannot be written: {error}")))
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut json = serde_json::to_string_pretty(value).map_err(Failure::error)?;
    json.push('\n');
    text(&json)
}

//! What goes to standard output: text for people, or one JSON document.

use std::path::Path;

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

/// A path, as [`printable`] text: a name can hold anything but a NUL.
pub(crate) fn shown_path(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

/// Several lines of this program's own making, in which texts from outside may stand: as [`printable`], but for the ends of
/// lines. What follows an end is indented, so that no text from outside passes for a line of the program's.
pub(crate) fn printable_lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(printable).collect();
    lines.join("\n       ")
}

/// The start of an id, enough to tell two apart.
pub(crate) fn short(id: &str) -> &str {
    id.get(..16).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_holds_the_end_of_a_line_makes_no_line_of_its_own() {
        assert_eq!(shown_path(Path::new("a\nerror: b")), "a\\u{a}error: b");
        assert_eq!(
            printable_lines("a\x1b[1m\nerror: b"),
            "a\\u{1b}[1m\n       error: b"
        );
    }
}

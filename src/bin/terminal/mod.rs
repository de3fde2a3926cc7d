//! What both programs share about the terminal of the person who runs them.

use std::io::{self, Write as _};

/// Writes to standard output. A reader who has gone away, as `head` does, is no error.
pub(crate) fn write(text: &str) -> io::Result<()> {
    match write_for_sure(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// The same for what somebody has to read.
pub(crate) fn write_for_sure(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// Makes a text from outside harmless for a terminal: control characters are shown, not obeyed.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() || is_invisible(character) {
            true => safe.extend(character.escape_unicode()),
            false => safe.push(character),
        }
    }
    safe
}

/// JSON text with every such character escaped as JSON has it (RFC 8259, section 7), which means the same. It can only stand
/// within strings.
#[allow(dead_code, reason = "one of the two programs uses it")]
pub(crate) fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        match character != '\n' && (character.is_control() || is_invisible(character)) {
            true => safe.push_str(&format!("\\u{:04x}", u32::from(character))),
            false => safe.push(character),
        }
    }
    safe
}

/// Characters that change how the text around them is shown (Unicode TR 36, bidirectional and zero-width).
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_hidden_characters_do_not_reach_the_terminal() {
        assert_eq!(
            printable("a\x1b[2Jb\u{202e}c\r"),
            "a\\u{1b}[2Jb\\u{202e}c\\u{d}"
        );
        assert_eq!(escaped("\"a\u{9b}b\u{202e}\""), "\"a\\u009bb\\u202e\"");
        assert_eq!(printable("Größe 漢字"), "Größe 漢字");
    }
}

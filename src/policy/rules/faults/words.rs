//! Faults of the vendor's own words.

use super::super::Rules;
use super::Found;
use crate::policy::text;
use std::fmt;

/// Longest message or step, in bytes.
const WORDS_LIMIT: usize = 400;

pub(super) fn faults(rules: &Rules, found: &mut Found) {
    let entries = rules
        .messages
        .iter()
        .flat_map(|(language, reasons)| reasons.iter().map(move |entry| (language, entry)));
    for (language, (reason, words)) in entries {
        let key = format_args!("messages.{language}.{reason}");
        words_of(format_args!("{key}.message"), &words.message, found);
        if let Some(step) = &words.step {
            words_of(format_args!("{key}.step"), step, found);
        }
    }
}

/// Whether there are more than a manifest holds. Rules that were read from one are no larger than that.
#[cfg(feature = "server")]
pub(super) fn size(rules: &Rules, found: &mut Found) {
    use super::super::cbor::SIZE_LIMIT;

    let size = rules.to_cbor().len();
    if size > SIZE_LIMIT {
        found.add(
            "messages",
            format!(
                "bring the rules to {size} bytes, and a manifest holds {}",
                SIZE_LIMIT
            ),
            "shorten them",
        );
    }
}

fn words_of(key: fmt::Arguments<'_>, words: &str, found: &mut Found) {
    if words.trim().is_empty() || words.len() > WORDS_LIMIT || words.chars().any(char::is_control) {
        found.add(
            key,
            "is empty, too long or holds control characters",
            format!("write 1 to {WORDS_LIMIT} characters on one line, or remove the key"),
        );
    }
    if let Some(blank) = text::unknown_blank(words) {
        found.add(
            key,
            format!("has {blank:?} where a blank is meant"),
            format!("the blanks are {}", text::BLANKS.join(", ")),
        );
    }
}

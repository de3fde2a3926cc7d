//! What a person reads: a message and the next step for each reason, with dates filled in.
//!
//! One file a language. A text names no part of the machinery; a test holds the words that may not occur.

mod english;
mod german;
#[cfg(test)]
mod tests;

use super::{Language, Reason, Words};
use crate::token::UtcTime;
use std::time::Duration;

/// A language: its words for reasons, and how it writes what fills their blanks.
struct Tongue {
    text: fn(Reason) -> Text,
    /// For a date that is not there.
    some_date: &'static str,
    /// For a contact that is not there.
    vendor: &'static str,
    all_features: &'static str,
    /// The features of the tier of this name.
    tier_features: fn(&str) -> String,
    months: [&'static str; 12],
    /// A date from day, month and year.
    day: fn(&str, &str, &str) -> String,
    /// A moment from date and hour.
    hour: fn(&str, &str) -> String,
}

/// What is said for a reason, with `{blanks}`.
struct Text {
    message: &'static str,
    /// Empty where there is nothing to do.
    step: &'static str,
}

const fn tongue(language: Language) -> &'static Tongue {
    match language {
        Language::En => &english::TONGUE,
        Language::De => &german::TONGUE,
    }
}

/// What the blanks of a text are filled with.
pub(super) struct Blanks<'a> {
    pub(super) language: Language,
    pub(super) now: UtcTime,
    pub(super) renew_by: Option<UtcTime>,
    pub(super) offline_until: Option<UtcTime>,
    pub(super) starts: Option<UtcTime>,
    pub(super) expires: Option<UtcTime>,
    pub(super) support: Option<&'a str>,
    /// The tier whose features are what a person has to lose; `None` for all features.
    pub(super) tier: Option<&'a str>,
    pub(super) step_up_features: &'a [String],
}

/// The blanks that words may have.
pub(super) const BLANKS: [&str; 7] = [
    "{renew_by}",
    "{offline_until}",
    "{starts}",
    "{expires}",
    "{support}",
    "{features}",
    "{step_up_features}",
];

/// What stands where a blank is meant and is none: the rest of `words` from the first brace that belongs to none.
pub(super) fn unknown_blank(words: &str) -> Option<&str> {
    let brace = words.find(['{', '}'])?;
    let rest = &words[brace..];
    match BLANKS.iter().find(|blank| rest.starts_with(*blank)) {
        Some(blank) => unknown_blank(&rest[blank.len()..]),
        None => {
            let end = rest.find('}').map_or(rest.len(), |end| end + 1);
            Some(&rest[..end])
        }
    }
}

/// The message for `reason`: the vendor's `own` words, else the built-in ones.
pub(super) fn message(reason: Reason, own: Option<&Words>, blanks: &Blanks<'_>) -> String {
    let built_in = (tongue(blanks.language).text)(reason).message;
    fill(own.map_or(built_in, |own| &own.message), blanks)
}

/// The next step for `reason`, if there is one: the vendor's `own` words, else the built-in ones.
pub(super) fn step(reason: Reason, own: Option<&Words>, blanks: &Blanks<'_>) -> Option<String> {
    let built_in = (tongue(blanks.language).text)(reason).step;
    let step = own.and_then(|own| own.step.as_deref()).unwrap_or(built_in);
    (!step.is_empty()).then(|| fill(step, blanks))
}

impl Language {
    /// The day of `date` in UTC, as it is written for people: `3 March 2027`, `3. März 2027`.
    pub fn day(self, date: UtcTime) -> String {
        day(date, tongue(self))
    }
}

/// Fills the blanks of `text`, in one pass: what is filled in is not looked at again.
fn fill(text: &str, blanks: &Blanks<'_>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(brace) = rest.find('{') {
        filled.push_str(&rest[..brace]);
        rest = &rest[brace..];
        match BLANKS.iter().find(|blank| rest.starts_with(*blank)) {
            Some(blank) => {
                filled.push_str(&content(blank, blanks));
                rest = &rest[blank.len()..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

fn content(blank: &str, blanks: &Blanks<'_>) -> String {
    let tongue = tongue(blanks.language);
    let date = |date: Option<UtcTime>| match date {
        Some(date) => when(date, blanks.now, tongue),
        None => tongue.some_date.to_owned(),
    };
    match blank {
        "{renew_by}" => date(blanks.renew_by),
        "{offline_until}" => date(blanks.offline_until),
        "{starts}" => date(blanks.starts),
        "{expires}" => date(blanks.expires),
        "{support}" => blanks.support.unwrap_or(tongue.vendor).to_owned(),
        "{features}" => match blanks.tier {
            Some(tier) => (tongue.tier_features)(tier),
            None => tongue.all_features.to_owned(),
        },
        _ => blanks.step_up_features.join(", "),
    }
}

/// A date for people; a near one with the hour, since the day alone would be too coarse.
fn when(date: UtcTime, now: UtcTime, tongue: &Tongue) -> String {
    let day = day(date, tongue);
    match is_near(date, now) {
        true => (tongue.hour)(&day, &date.to_string()[11..16]),
        false => day,
    }
}

fn day(date: UtcTime, tongue: &Tongue) -> String {
    // RFC 3339 in UTC: YYYY-MM-DDTHH:MM:SSZ, ASCII, of this length for the years to 9999.
    let text = date.to_string();
    let month = text[5..7].parse::<usize>().ok();
    let month = month.and_then(|month| tongue.months.get(month.wrapping_sub(1)));
    (tongue.day)(
        text[8..10].trim_start_matches('0'),
        month.copied().unwrap_or_default(),
        &text[..4],
    )
}

/// Whether the hour matters.
fn is_near(date: UtcTime, now: UtcTime) -> bool {
    const TWO_DAYS: Duration = Duration::from_secs(2 * 24 * 60 * 60);
    date <= now.plus(TWO_DAYS) && now <= date.plus(TWO_DAYS)
}

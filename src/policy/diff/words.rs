//! Words that differences and timelines share.

use crate::token::DeviceClass;
use std::time::Duration;

/// A feature that stands for those which a license lists itself. No rules can name it.
pub(in crate::policy) const OWN_FEATURES: &str = "\u{0}own";

/// The machines of a class, in the plural.
pub(in crate::policy) const fn class_of_machines(class: DeviceClass) -> &'static str {
    match class {
        DeviceClass::Hardware => "Machines with a TPM chip",
        DeviceClass::Virtual => "Virtual machines",
        DeviceClass::Registered => "Machines that you vouched for",
        DeviceClass::Test => "Simulated machines",
    }
}

/// `` `a`, `b` and `c` ``.
pub(in crate::policy) fn list_of_features<'f>(
    features: impl IntoIterator<Item = &'f str>,
) -> String {
    let quoted = features.into_iter().map(|feature| match feature {
        OWN_FEATURES => "the features that a license lists itself".to_owned(),
        feature => format!("`{feature}`"),
    });
    and(quoted.collect())
}

/// `a, b and c`.
pub(super) fn and(mut items: Vec<String>) -> String {
    // What needs no quotes reads better at the end.
    items.sort_by_key(|item| !item.starts_with('`'));
    match items.pop() {
        None => "nothing".to_owned(),
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} and {last}", items.join(", ")),
    }
}

pub(in crate::policy) fn days(days: u64) -> String {
    count(days, "day")
}

/// `1 seat`, `2 seats`.
pub(in crate::policy) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    }
}

/// ``The feature `a` demands``, ``The features `a` and `b` demand``, with `verb` for several.
pub(in crate::policy) fn features_that<'f>(
    features: impl ExactSizeIterator<Item = &'f str>,
    verb: (&str, &str),
) -> String {
    let (noun, verb) = match features.len() {
        1 => ("feature", verb.0),
        _ => ("features", verb.1),
    };
    format!("The {noun} {} {verb}", list_of_features(features))
}

/// `4.2 s`, `16 s`, `70 min`.
pub(super) fn short_time(ms: u64) -> String {
    let seconds = Duration::from_millis(ms).as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 600.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{:.0} min", seconds / 60.0)
    }
}

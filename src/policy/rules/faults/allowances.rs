//! Faults of allowances.

use super::super::{Rules, Subject};
use super::{Found, WINDOW_DAYS};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

const SEATS_EXTRA: RangeInclusive<u64> = 1..=1_000_000;
const MOVES_PER_YEAR: RangeInclusive<u64> = 0..=1000;

pub(super) fn faults(rules: &Rules, found: &mut Found) {
    let mut first = BTreeMap::new();
    for (place, allowance) in rules.allowances.iter().enumerate() {
        let key = format_args!("allowance[{place}]");
        match &allowance.subject {
            Subject::Segment(segment) => found.text(format_args!("{key}.segment"), segment),
            Subject::User(user) => found.text(format_args!("{key}.user"), user),
            Subject::License(_) => {}
        }
        if let Some(days) = allowance.window_days {
            found.range(format_args!("{key}.window_days"), days.into(), WINDOW_DAYS);
        }
        if let Some(seats) = allowance.seats_extra {
            found.range(format_args!("{key}.seats_extra"), seats.into(), SEATS_EXTRA);
        }
        if let Some(moves) = allowance.moves_per_year {
            found.range(
                format_args!("{key}.moves_per_year"),
                moves.into(),
                MOVES_PER_YEAR,
            );
        }
        if (
            allowance.window_days,
            allowance.seats_extra,
            allowance.moves_per_year,
        ) == (None, None, None)
        {
            found.add(
                key,
                "allows nothing",
                "add `window_days`, `seats_extra` or `moves_per_year`, or remove it",
            );
        }
        if let Some(before) = first.insert(&allowance.subject, place) {
            found.add(
                key,
                format!("is for the same as allowance[{before}]"),
                "write one allowance for each segment, license and user",
            );
        }
    }
}

//! What some customers get that others do not: allowances and cold standby.

use super::words::days;
use super::{Changes, Effect, Starts};
use crate::policy::rules::{Allowance, ColdStandby, Subject};
use std::collections::BTreeSet;

pub(super) fn cold_standby(
    old: Option<ColdStandby>,
    new: Option<ColdStandby>,
    changes: &mut Changes,
) {
    let whose = "Licenses for cold standby";
    let (effect, text) = match (old, new) {
        (None, None) => return,
        (None, Some(now)) => (Effect::Gain, format!("{whose} {}", kept_and_run(now))),
        (Some(_), None) => (
            Effect::Loss,
            format!("{whose} work offline for as long as others, switched off or not"),
        ),
        (Some(before), Some(now)) => {
            return standby_days(before, now, changes);
        }
    };
    changes.add("cold_standby", effect, Starts::NextRenewal, text);
}

/// `can be kept off for 365 days, and run for 14 days of them`.
pub(in crate::policy) fn kept_and_run(standby: ColdStandby) -> String {
    let ColdStandby {
        keep_days,
        run_days,
    } = standby;
    format!(
        "can be kept off for {}, and run for {} of them",
        days(keep_days.into()),
        days(run_days.into())
    )
}

fn standby_days(old: ColdStandby, new: ColdStandby, changes: &mut Changes) {
    let ColdStandby {
        keep_days,
        run_days,
    } = old;
    for (key, verb, was, is) in [
        (
            "cold_standby.keep_days",
            "be kept off",
            keep_days,
            new.keep_days,
        ),
        ("cold_standby.run_days", "run", run_days, new.run_days),
    ] {
        if was != is {
            let text = format!(
                "Licenses for cold standby can {verb} for {} instead of {was}",
                days(is.into())
            );
            changes.add(key, Effect::of_more(&was, &is), Starts::NextRenewal, text);
        }
    }
}

pub(super) fn allowances(old: &[Allowance], new: &[Allowance], changes: &mut Changes) {
    if old == new {
        return;
    }
    let before = changes.0.len();
    let subjects: BTreeSet<&Subject> = old.iter().chain(new).map(|one| &one.subject).collect();
    for subject in subjects {
        let of = |all: &[Allowance]| {
            let found = all.iter().find(|one| one.subject == *subject).cloned();
            found.unwrap_or(Allowance {
                subject: subject.clone(),
                window_days: None,
                seats_extra: None,
                moves_per_year: None,
            })
        };
        one_allowance(&of(old), &of(new), changes);
    }
    if changes.0.len() == before {
        let text = "Allowances are listed in another order";
        changes.add("allowance", Effect::Other, Starts::NextRequest, text);
    }
}

fn one_allowance(old: &Allowance, new: &Allowance, changes: &mut Changes) {
    let Allowance {
        subject,
        window_days,
        seats_extra,
        moves_per_year,
    } = old;
    let who = whose(subject);
    let values = [
        (
            "window_days",
            window_days.map(u32::from),
            new.window_days.map(u32::from),
            "days offline",
            Starts::NextRenewal,
        ),
        (
            "seats_extra",
            *seats_extra,
            new.seats_extra,
            "seats more",
            Starts::NextRequest,
        ),
        (
            "moves_per_year",
            *moves_per_year,
            new.moves_per_year,
            "moves a year",
            Starts::NextRequest,
        ),
    ];
    for (key, was, is, unit, starts) in values {
        let (effect, text) = match (was, is) {
            (Some(was), Some(is)) if was != is => (
                Effect::of_more(&was, &is),
                format!("{who} get {is} {unit} instead of {was}"),
            ),
            // What the product's own rule gives instead may be more or less.
            (None, Some(is)) => (
                gained(key),
                format!("{who} get {is} {unit}, by an allowance of their own"),
            ),
            (Some(was), None) => (
                lost(key),
                format!("{who} get what others get instead of {was} {unit}"),
            ),
            _ => continue,
        };
        changes.add(format!("allowance.{key}"), effect, starts, text);
    }
}

/// Seats come on top of others'; days and moves take their place.
fn gained(key: &str) -> Effect {
    match key {
        "seats_extra" => Effect::Gain,
        _ => Effect::Other,
    }
}

fn lost(key: &str) -> Effect {
    match gained(key) {
        Effect::Gain => Effect::Loss,
        other => other,
    }
}

/// Whom an allowance is for, in the plural.
pub(in crate::policy) fn whose(subject: &Subject) -> String {
    match subject {
        Subject::Segment(segment) => format!("Licenses of the segment `{segment}`"),
        Subject::License(license) => format!("Machines of the license `{license}`"),
        Subject::User(user) => format!("Licenses of the user `{user}`"),
    }
}

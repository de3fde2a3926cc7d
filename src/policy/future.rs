//! What will go off by the passing of time alone.

use super::inputs::{Inputs, LicenseFacts};
use super::rules::{Enforcement, Rules};
use super::verdict::GoingOff;
use super::{Reason, Standing, contact, dates::Dates, features};
use crate::token::UtcTime;

/// A moment after which something changes.
struct Event {
    at: UtcTime,
    /// At best this standing from then on.
    standing: Standing,
    /// Whether the last contact is no longer recent.
    ends_recent: bool,
    reason: Reason,
}

/// The features that are on in `standing` and will go off, soonest first, on a machine that is always on, boots once and
/// sleeps ten times a day.
pub(super) fn going_off(
    inputs: &Inputs<'_>,
    rules: &Rules,
    mut standing: Standing,
    dates: Dates,
) -> Vec<GoingOff> {
    let license = inputs.license.as_ref().ok();
    if rules.enforcement == Enforcement::Advisory {
        return Vec::new();
    }
    let mut recent = contact::is_recent(inputs, rules);
    let mut on = features::on(rules, license, standing, recent).features;
    let mut going = Vec::new();
    for event in events(inputs, rules, license, dates) {
        standing = standing.max(event.standing);
        recent &= !event.ends_recent;
        let left = features::on(rules, license, standing, recent).features;
        let off = on.into_iter().filter(|feature| !left.contains(feature));
        going.extend(off.map(|feature| GoingOff {
            feature,
            at: event.at,
            reason: event.reason,
        }));
        on = left;
    }
    going
}

/// What the passing of time brings, soonest first.
fn events(
    inputs: &Inputs<'_>,
    rules: &Rules,
    license: Option<&LicenseFacts<'_>>,
    dates: Dates,
) -> Vec<Event> {
    let event = |at: Option<UtcTime>, standing, reason| {
        at.map(|at| Event {
            at,
            standing,
            ends_recent: reason == Reason::StepUpFeatures,
            reason,
        })
    };
    let grace = dates.grace_from.filter(|_| rules.time.grace_percent > 0);
    let by_date = inputs.lease.as_ref().map(|lease| lease.expires_at).ok();
    let end_of_lease = if dates.offline_until == by_date {
        Reason::LeaseExpired
    } else {
        Reason::BudgetSpent
    };
    let mut events: Vec<Event> = [
        event(
            contact::recent_until(inputs, rules),
            Standing::Active,
            Reason::StepUpFeatures,
        ),
        event(grace, Standing::OfflineGrace, Reason::OfflineGrace),
        event(
            contact::due_after(inputs, rules),
            Standing::Limited,
            Reason::StepUpDue,
        ),
        event(dates.offline_until, Standing::Limited, end_of_lease),
        event(
            license.and_then(|license| license.expires_at),
            Standing::Expired,
            Reason::LicenseExpired,
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    events.sort_by_key(|event| event.at);
    events
}

//! What some customers get that others do not: allowances and cold standby.

use super::words::{count, days};
use super::{Changes, Effect, Starts};
use crate::policy::rules::{Allowance, ColdStandby, Licensee, Rules, Subject};
use crate::token::{DeviceClass, LicenseId};
use std::collections::BTreeSet;
use std::fmt;

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

pub(super) fn allowances(old: &Rules, new: &Rules, changes: &mut Changes) {
    let before = changes.0.len();
    let all = old.allowances.iter().chain(&new.allowances);
    let subjects: BTreeSet<&Subject> = all.map(|one| &one.subject).collect();
    for subject in subjects {
        let of = |rules: &Rules| {
            let found = rules.allowances.iter().find(|one| one.subject == *subject);
            found.cloned().unwrap_or(Allowance {
                subject: subject.clone(),
                window_days: None,
                seats_extra: None,
                moves_per_year: None,
            })
        };
        let Allowance {
            subject,
            window_days,
            seats_extra,
            moves_per_year,
        } = of(old);
        let now = of(new);
        let who = whose(&subject);
        let (was, is) = (
            OwnDays::of(&subject, window_days, old),
            OwnDays::of(&subject, now.window_days, new),
        );
        offline_days(&who, was.as_ref(), is.as_ref(), changes);
        seats(&who, seats_extra, now.seats_extra, changes);
        moves(&who, moves_per_year, now.moves_per_year, changes);
    }
    if changes.0.len() == before {
        let text = "Allowances are listed in another order";
        changes.add("allowance", Effect::Other, Starts::NextRequest, text);
    }
}

fn offline_days(who: &str, old: Option<&OwnDays>, new: Option<&OwnDays>, changes: &mut Changes) {
    let (effect, text) = match (old, new) {
        (Some(was), Some(is)) if was.days != is.days => (
            Effect::of_more(&was.days, &is.days),
            format!("{who} work offline for {is} instead of {}", was.days),
        ),
        (None, Some(is)) => (
            is.effect,
            format!("{who} work offline for {is}, whatever machines of their class do"),
        ),
        (Some(was), None) => (
            was.effect.turned(),
            format!(
                "{who} work offline for as long as machines of their class do, instead of {was}"
            ),
        ),
        _ => return,
    };
    changes.add("allowance.window_days", effect, Starts::NextRenewal, text);
}

/// The days offline that an allowance gives under rules.
pub(in crate::policy) struct OwnDays {
    days: u16,
    /// For virtual machines, where they get others.
    virtual_days: Option<u64>,
    /// What it is to have them, rather than those of the machine's class.
    effect: Effect,
}

impl OwnDays {
    /// `None` where the allowance says nothing of days.
    pub(in crate::policy) fn of(
        subject: &Subject,
        days: Option<u16>,
        rules: &Rules,
    ) -> Option<Self> {
        let days = days?;
        let allowance = Allowance {
            subject: subject.clone(),
            window_days: Some(days),
            seats_extra: None,
            moves_per_year: None,
        };
        let with = |allowances| Rules {
            allowances,
            ..rules.clone()
        };
        let (own, others) = (with(vec![allowance]), with(Vec::new()));
        let (mut gains, mut loses, mut virtual_days) = (false, false, None);
        for class in DeviceClass::ALL {
            let window = |rules: &Rules| {
                let terms = rules.lease_terms(class, None, &licensee(subject)).ok()?;
                Some(terms.window.as_secs() / (24 * 60 * 60))
            };
            let (Some(own), Some(others)) = (window(&own), window(&others)) else {
                continue;
            };
            gains |= own > others;
            loses |= own < others;
            if class == DeviceClass::Virtual && own != u64::from(days) {
                virtual_days = Some(own);
            }
        }
        let effect = match (gains, loses) {
            (true, false) => Effect::Gain,
            (false, true) => Effect::Loss,
            _ => Effect::Other,
        };
        Some(Self {
            days,
            virtual_days,
            effect,
        })
    }
}

impl fmt::Display for OwnDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&days(self.days.into()))?;
        match self.virtual_days {
            Some(other) => write!(f, " (virtual machines for {})", days(other)),
            None => Ok(()),
        }
    }
}

/// Somebody whom an allowance is for.
fn licensee(subject: &Subject) -> Licensee<'_> {
    let mut licensee = Licensee {
        segment: None,
        license: LicenseId::new([0; LicenseId::LEN]),
        user: None,
        standby: false,
    };
    match subject {
        Subject::Segment(segment) => licensee.segment = Some(segment),
        Subject::License(license) => licensee.license = *license,
        Subject::User(user) => licensee.user = Some(user),
    }
    licensee
}

fn seats(who: &str, old: Option<u32>, new: Option<u32>, changes: &mut Changes) {
    if old != new {
        let seats = |extra: Option<u32>| match extra {
            None => "no extra seat".to_owned(),
            Some(extra) => count(extra.into(), "extra seat"),
        };
        let text = format!("{who} have {} instead of {}", seats(new), seats(old));
        let effect = Effect::of_more(&old, &new);
        changes.add("allowance.seats_extra", effect, Starts::NextRequest, text);
    }
}

fn moves(who: &str, old: Option<u32>, new: Option<u32>, changes: &mut Changes) {
    if old == new {
        return;
    }
    let moves = |allowed: Option<u32>| match allowed {
        None => "as often as others".to_owned(),
        Some(allowed) => format!("{} a year", count(allowed.into(), "time")),
    };
    // How often others may is no rule of the product's.
    let effect = match (old, new) {
        (Some(was), Some(is)) => Effect::of_more(&was, &is),
        _ => Effect::Other,
    };
    let text = format!(
        "{who} may move from a lost machine {} instead of {}",
        moves(new),
        moves(old)
    );
    changes.add(
        "allowance.moves_per_year",
        effect,
        Starts::NextRequest,
        text,
    );
}

/// Whom an allowance is for, in the plural.
pub(in crate::policy) fn whose(subject: &Subject) -> String {
    match subject {
        Subject::Segment(segment) => format!("Licenses of the segment `{segment}`"),
        Subject::License(license) => format!("Machines of the license `{license}`"),
        Subject::User(user) => format!("Licenses of the user `{user}`"),
    }
}

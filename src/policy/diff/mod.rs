//! What changes for people when one version of the rules follows another, in plain words.
//!
//! [`diff`] looks at every field of [`Rules`] and says who gains or loses what, and from when on. What a change of tiers
//! or of `keep` comes to is not read off the keys: the features that are on are worked out under both rules, for every
//! edition and standing. Two rules that differ never come out as the same.
//!
//! May import the rest of `policy`. Must not know files, versions or who publishes.

mod customers;
mod demands;
mod features;
mod time;
mod vendor;
mod words;

#[cfg(test)]
mod tests;

use super::rules::{KeepRules, Rules};
use std::fmt;

pub(super) use customers::{OwnDays, kept_and_run, whose};
pub(super) use demands::{anomalies, described};
pub(super) use words::{class_of_machines, count, days, features_that, list_of_features};

/// One change between two rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The key that it follows from: `window_days.hardware`.
    pub key: String,
    /// Whether somebody gains or loses by it.
    pub effect: Effect,
    /// From when on it holds.
    pub starts: Starts,
    /// Who gains or loses what: a sentence without its end.
    pub text: String,
}

/// What a change is for those whom it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// They may do more, or for longer.
    Gain,
    /// They may do less, or not for as long.
    Loss,
    /// Neither: something is done or said in another way.
    Other,
}

/// From when on a change holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starts {
    /// For each machine from its next renewal on, which brings the new rules.
    NextRenewal,
    /// At the license service, with the next request that it answers.
    NextRequest,
}

/// Every change from `old` to `new`, in the order of the keys; empty exactly if they are equal.
pub fn diff(old: &Rules, new: &Rules) -> Vec<Change> {
    // Every field by its name, so that a new one can't be forgotten here.
    let Rules {
        enforcement,
        windows,
        tiers,
        keep,
        time,
        versions,
        state,
        support,
        pcr,
        step_up,
        wind_down_minutes,
        cold_standby,
        messages,
        allowances,
        valid_days,
    } = old;
    let mut changes = Changes::default();
    features::enforcement(*enforcement, new.enforcement, &mut changes);
    time::windows(*windows, new.windows, &mut changes);
    if *tiers != new.tiers || *keep != new.keep {
        features::kept(old, new, &mut changes);
    }
    time::time(time, &new.time, old, new, &mut changes);
    vendor::versions(versions, &new.versions, &mut changes);
    vendor::state(*state, new.state, &mut changes);
    vendor::support(support.as_deref(), new.support.as_deref(), &mut changes);
    vendor::messages(messages, &new.messages, &mut changes);
    demands::wind_down(*wind_down_minutes, new.wind_down_minutes, &mut changes);
    demands::pcr(pcr.as_ref(), new.pcr.as_ref(), &mut changes);
    demands::step_up(step_up.as_ref(), new.step_up.as_ref(), &mut changes);
    customers::cold_standby(*cold_standby, new.cold_standby, &mut changes);
    if *allowances != new.allowances {
        customers::allowances(old, new, &mut changes);
    }
    vendor::validity(*valid_days, new.valid_days, &mut changes);
    changes.0
}

/// What was found so far.
#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn add(
        &mut self,
        key: impl Into<String>,
        effect: Effect,
        starts: Starts,
        text: impl Into<String>,
    ) {
        self.0.push(Change {
            key: key.into(),
            effect,
            starts,
            text: text.into(),
        });
    }
}

impl Effect {
    /// The stable lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Effect::Gain => "gain",
            Effect::Loss => "loss",
            Effect::Other => "other",
        }
    }

    /// A loss where `new` is worse than `old`, a gain where it is better.
    fn of_worse<T: PartialOrd>(old: &T, new: &T) -> Self {
        if new > old {
            Effect::Loss
        } else if new < old {
            Effect::Gain
        } else {
            Effect::Other
        }
    }

    /// What the change the other way round is.
    const fn turned(self) -> Self {
        match self {
            Effect::Gain => Effect::Loss,
            Effect::Loss => Effect::Gain,
            Effect::Other => Effect::Other,
        }
    }

    /// A gain where `new` is more than `old`.
    fn of_more<T: PartialOrd>(old: &T, new: &T) -> Self {
        Self::of_worse(old, new).turned()
    }
}

impl Starts {
    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Starts::NextRenewal => "next_renewal",
            Starts::NextRequest => "next_request",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = match self.starts {
            Starts::NextRenewal => "from their next renewal on",
            Starts::NextRequest => "from the next request on",
        };
        write!(f, "{}, {from}.", self.text)
    }
}

/// What is kept in each standing that rules can speak of, with the key that says so.
fn kept_keys(keep: &KeepRules) -> [(&'static str, &super::rules::Keep); 5] {
    let KeepRules {
        offline_grace,
        limited,
        expired,
        suspended,
        revoked,
    } = keep;
    [
        ("keep.offline_grace", offline_grace),
        ("keep.limited", limited),
        ("keep.expired", expired),
        ("keep.suspended", suspended),
        ("keep.revoked", revoked),
    ]
}

//! Versions of the application, lost files, what people are told, and how long the rules are fresh.

use super::words::days;
use super::{Changes, Effect, Starts};
use crate::policy::rules::{LostState, StateRules, Words};
use crate::policy::{Language, Reason, Version};
use crate::token::VersionRange;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn versions(old: &VersionRange, new: &VersionRange, changes: &mut Changes) {
    if old == new {
        return;
    }
    let narrower =
        |ends: bool, kept: &Option<String>, other: &Option<String>| match (read(kept), read(other))
        {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(kept), Some(other)) if ends => !kept.is_at_most(&other),
            (Some(kept), Some(other)) => !kept.is_at_least(&other),
        };
    let loses = narrower(false, &old.min, &new.min) || narrower(true, &old.max, &new.max);
    let gains = narrower(false, &new.min, &old.min) || narrower(true, &new.max, &old.max);
    let effect = match (gains, loses) {
        (true, false) => Effect::Gain,
        (false, true) => Effect::Loss,
        _ => Effect::Other,
    };
    let key = if old.min != new.min {
        "versions.min"
    } else {
        "versions.max"
    };
    let text = format!(
        "Licenses cover {} of the application instead of {}; with any other, machines keep what they keep once the offline time is over",
        covered(new),
        covered(old)
    );
    changes.add(key, effect, Starts::NextRenewal, text);
}

fn read(version: &Option<String>) -> Option<Version> {
    version.as_deref()?.parse().ok()
}

fn covered(range: &VersionRange) -> String {
    match (&range.min, &range.max) {
        (None, None) => "all versions".to_owned(),
        (Some(min), None) => format!("versions from {min} on"),
        (None, Some(max)) => format!("versions up to {max}"),
        (Some(min), Some(max)) => format!("versions {min} to {max}"),
    }
}

pub(super) fn state(old: StateRules, new: StateRules, changes: &mut Changes) {
    let StateRules {
        missing,
        rolled_back,
    } = old;
    let files = [
        (
            "state.missing",
            "is missing or damaged",
            missing,
            new.missing,
        ),
        (
            "state.rolled_back",
            "was put back from an older copy",
            rolled_back,
            new.rolled_back,
        ),
    ];
    for (key, what, old, new) in files {
        if old != new {
            let text = format!(
                "Machines whose license file on disk {what} are {} until the next contact, instead of {}",
                leads_to(new),
                leads_to(old)
            );
            let effect = Effect::of_worse(&severity(old), &severity(new));
            changes.add(key, effect, Starts::NextRenewal, text);
        }
    }
}

fn leads_to(lost: LostState) -> &'static str {
    match lost {
        LostState::Tolerate => "let off where nothing speaks against it",
        LostState::OfflineGrace => "in the last part of the offline time",
        LostState::Limited => "treated as if the offline time were over",
        LostState::Suspended => "treated as suspended",
    }
}

fn severity(lost: LostState) -> u8 {
    match lost {
        LostState::Tolerate => 0,
        LostState::OfflineGrace => 1,
        LostState::Limited => 2,
        LostState::Suspended => 3,
    }
}

pub(super) fn support(old: Option<&str>, new: Option<&str>, changes: &mut Changes) {
    if old != new {
        let whom = |contact: Option<&str>| contact.unwrap_or("the vendor").to_owned();
        let text = format!(
            "People are told to contact {} instead of {}",
            whom(new),
            whom(old)
        );
        changes.add("support.contact", Effect::Other, Starts::NextRenewal, text);
    }
}

pub(super) fn messages(
    old: &BTreeMap<Language, BTreeMap<Reason, Words>>,
    new: &BTreeMap<Language, BTreeMap<Reason, Words>>,
    changes: &mut Changes,
) {
    let before = changes.0.len();
    let all = old.iter().chain(new);
    let places: BTreeSet<(Language, Reason)> = all
        .flat_map(|(language, words)| words.keys().map(|reason| (*language, *reason)))
        .collect();
    for (language, reason) in places {
        let was = old.get(&language).and_then(|words| words.get(&reason));
        let is = new.get(&language).and_then(|words| words.get(&reason));
        if was == is {
            continue;
        }
        let text = match is {
            Some(Words { message, .. }) => {
                format!("People read other words ({language}) for `{reason}`: {message:?}")
            }
            None => format!("People read the built-in words ({language}) for `{reason}` again"),
        };
        let key = format!("messages.{language}.{reason}");
        changes.add(key, Effect::Other, Starts::NextRenewal, text);
    }
    if old != new && changes.0.len() == before {
        let text = "A language is listed in another way; people read the same words";
        changes.add("messages", Effect::Other, Starts::NextRenewal, text);
    }
}

pub(super) fn validity(old: u16, new: u16, changes: &mut Changes) {
    if old != new {
        let text = format!(
            "Machines take these rules for fresh for {} instead of {}",
            days(new.into()),
            days(old.into())
        );
        changes.add("validity.days", Effect::Other, Starts::NextRenewal, text);
    }
}

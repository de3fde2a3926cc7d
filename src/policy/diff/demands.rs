//! What is demanded of machines: boots, firmware, recent contacts; and how running work ends.

use super::words::{and, count, days, features_that};
use super::{Changes, Effect, Starts};
use crate::policy::rules::{Anomaly, PcrApproval, PcrChange, PcrReference, PcrRule, StepUp};
use std::collections::BTreeSet;

pub(super) fn boot_budget(old: Option<u32>, new: Option<u32>, changes: &mut Changes) {
    if old == new {
        return;
    }
    let boots = |budget: Option<u32>| match budget {
        Some(boots) => count(boots.into(), "time"),
        None => "any number of times".to_owned(),
    };
    let text = format!(
        "Machines may boot {} between two contacts instead of {}",
        boots(new),
        boots(old)
    );
    let most = |budget: Option<u32>| budget.map_or(u64::MAX, u64::from);
    let effect = Effect::of_more(&most(old), &most(new));
    changes.add("time.boot_budget", effect, Starts::NextRenewal, text);
}

pub(super) fn wind_down(old: u16, new: u16, changes: &mut Changes) {
    if old != new {
        let text = format!(
            "Running work may finish for {} after its feature went off, instead of {old}",
            count(new.into(), "minute")
        );
        let effect = Effect::of_more(&old, &new);
        changes.add("wind_down.minutes", effect, Starts::NextRenewal, text);
    }
}

pub(super) fn pcr(old: Option<&PcrRule>, new: Option<&PcrRule>, changes: &mut Changes) {
    let (key, effect, text) = match (old, new) {
        (None, None) => return,
        (None, Some(rule)) => (
            "pcr",
            Effect::Loss,
            format!(
                "Machines are tied to their firmware and boot software: {}",
                described(rule)
            ),
        ),
        (Some(_), None) => (
            "pcr",
            Effect::Gain,
            "Machines are no longer tied to their firmware and boot software".to_owned(),
        ),
        (Some(old), Some(new)) => return pcr_details(old, new, changes),
    };
    changes.add(key, effect, Starts::NextRenewal, text);
}

fn pcr_details(old: &PcrRule, new: &PcrRule, changes: &mut Changes) {
    let PcrRule {
        pcrs,
        reference,
        on_change,
        approval,
    } = old;
    if *pcrs != new.pcrs {
        let effect = match (pcrs.is_subset(&new.pcrs), new.pcrs.is_subset(pcrs)) {
            (true, _) => Effect::Loss,
            (_, true) => Effect::Gain,
            _ => Effect::Other,
        };
        let text = format!(
            "Machines are compared in {} instead of {}",
            registers(&new.pcrs),
            registers(pcrs)
        );
        changes.add("pcr.pcrs", effect, Starts::NextRenewal, text);
    }
    match (reference, &new.reference) {
        (PcrReference::List(before), PcrReference::List(now)) => {
            let (before, now): (BTreeSet<_>, BTreeSet<_>) =
                (before.iter().collect(), now.iter().collect());
            let (added, removed) = ((&now - &before).len(), (&before - &now).len());
            if added > 0 {
                let states = count(added as u64, "more approved state");
                let text = format!("Machines in {states} go on without a word");
                changes.add("pcr.approved", Effect::Gain, Starts::NextRenewal, text);
            }
            if removed > 0 {
                let states = count(removed as u64, "state");
                let text = format!("Machines in {states} approved before no longer pass");
                changes.add("pcr.approved", Effect::Loss, Starts::NextRenewal, text);
            }
            if reference != &new.reference && added + removed == 0 {
                let text = "Approved states are listed in another order";
                changes.add("pcr.approved", Effect::Other, Starts::NextRenewal, text);
            }
        }
        (before, now) if before != now => {
            let text = format!(
                "Machines are compared with {} instead of {}",
                with(now),
                with(before)
            );
            changes.add("pcr.reference", Effect::Other, Starts::NextRenewal, text);
        }
        _ => {}
    }
    if *on_change != new.on_change {
        let effect = match new.on_change {
            PcrChange::Notice => Effect::Gain,
            PcrChange::Limited => Effect::Loss,
        };
        let text = format!(
            "Machines whose firmware or boot software changed {}",
            leads_to(new.on_change)
        );
        changes.add("pcr.on_change", effect, Starts::NextRenewal, text);
    }
    if *approval != new.approval {
        let (effect, text) = match new.approval {
            PcrApproval::Automatic => (
                Effect::Gain,
                "Machines whose firmware or boot software changed are approved again by asking for it",
            ),
            PcrApproval::Manual => (
                Effect::Loss,
                "Machines whose firmware or boot software changed wait until you approve each change",
            ),
        };
        changes.add("pcr.approval", effect, Starts::NextRequest, text);
    }
}

/// What a rule about firmware comes to.
pub(in crate::policy) fn described(rule: &PcrRule) -> String {
    format!(
        "{} are compared with {}, and where they differ, machines {}",
        registers(&rule.pcrs),
        with(&rule.reference),
        leads_to(rule.on_change)
    )
}

fn registers(pcrs: &BTreeSet<u8>) -> String {
    let numbers: Vec<_> = pcrs.iter().map(u8::to_string).collect();
    match numbers.as_slice() {
        [one] => format!("PCR {one}"),
        _ => format!("PCRs {}", and(numbers)),
    }
}

fn with(reference: &PcrReference) -> &'static str {
    match reference {
        PcrReference::Activation => "what you approved last",
        PcrReference::List(_) => "your list",
    }
}

fn leads_to(change: PcrChange) -> &'static str {
    match change {
        PcrChange::Notice => "only say so",
        PcrChange::Limited => {
            "are treated as if the offline time were over, until you approve the change"
        }
    }
}

pub(super) fn step_up(old: Option<&StepUp>, new: Option<&StepUp>, changes: &mut Changes) {
    if old == new {
        return;
    }
    let nothing = StepUp {
        features: BTreeSet::new(),
        after: BTreeSet::new(),
        ..StepUp::default()
    };
    let before = changes.0.len();
    let StepUp {
        features,
        contact_days,
        after,
    } = old.unwrap_or(&nothing);
    let now = new.unwrap_or(&nothing);
    let within = format!("a contact within {}", days(now.contact_days.into()));
    for (effect, more, verb, what) in [
        (
            Effect::Loss,
            &now.features - features,
            ("demands", "demand"),
            within.as_str(),
        ),
        (
            Effect::Gain,
            features - &now.features,
            ("no longer demands", "no longer demand"),
            "a recent contact",
        ),
    ] {
        if !more.is_empty() {
            let text = features_that(more.iter().map(String::as_str), verb);
            changes.add(
                "step_up.features",
                effect,
                Starts::NextRenewal,
                format!("{text} {what}"),
            );
        }
    }
    let stay = features & &now.features;
    if *contact_days != now.contact_days && !stay.is_empty() {
        let text = features_that(stay.iter().map(String::as_str), ("demands", "demand"));
        changes.add(
            "step_up.contact_days",
            Effect::of_more(contact_days, &now.contact_days),
            Starts::NextRenewal,
            format!("{text} {within} instead of {contact_days}"),
        );
    }
    for (effect, more, text) in [
        (
            Effect::Loss,
            &now.after - after,
            "have to connect before they go on",
        ),
        (
            Effect::Gain,
            after - &now.after,
            "no longer have to connect for it",
        ),
    ] {
        if !more.is_empty() {
            let text = format!("Machines {} {text}", anomalies(&more));
            changes.add("step_up.after", effect, Starts::NextRenewal, text);
        }
    }
    if changes.0.len() == before {
        let text = "Recent contacts are demanded in other words; nobody gains or loses by it";
        changes.add("step_up", Effect::Other, Starts::NextRenewal, text);
    }
}

/// Machines to which one of `anomalies` happened.
pub(in crate::policy) fn anomalies(anomalies: &BTreeSet<Anomaly>) -> String {
    let happened: Vec<_> = anomalies.iter().map(|anomaly| happened(*anomaly)).collect();
    happened.join(", or ")
}

fn happened(anomaly: Anomaly) -> &'static str {
    match anomaly {
        Anomaly::StateMissing => "whose license file on disk was lost",
        Anomaly::StateRolledBack => "whose license file on disk was put back from an older copy",
        Anomaly::PlatformChanged => "whose firmware or boot software changed",
        Anomaly::OsClock => "whose clock was set to a time that can't be true",
    }
}

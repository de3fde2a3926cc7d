//! Faults of rules that a product may go without.

use super::super::{Anomaly, PcrReference, PcrRule, Rules, StepUp};
use super::{Found, WINDOW_DAYS};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

const CONTACT_DAYS: RangeInclusive<u64> = 1..=3650;
const WIND_DOWN: RangeInclusive<u64> = 0..=10_080;
const VALID_DAYS: RangeInclusive<u64> = 1..=3650;

pub(super) fn faults(rules: &Rules, found: &mut Found) {
    if let Some(rule) = &rules.pcr {
        pcr(rule, found);
    }
    if let Some(step_up) = &rules.step_up {
        self::step_up(step_up, rules, found);
    }
    if let Some(standby) = &rules.cold_standby {
        found.range(
            "cold_standby.keep_days",
            standby.keep_days.into(),
            WINDOW_DAYS,
        );
        found.range(
            "cold_standby.run_days",
            standby.run_days.into(),
            WINDOW_DAYS,
        );
        if standby.run_days > standby.keep_days {
            let problem = format!(
                "is {}, and the lease ends after {} days however little the machine ran",
                standby.run_days, standby.keep_days
            );
            let advice = "choose no more than `cold_standby.keep_days`";
            found.add("cold_standby.run_days", problem, advice);
        }
    }
    found.range(
        "wind_down.minutes",
        rules.wind_down_minutes.into(),
        WIND_DOWN,
    );
    found.range("validity.days", rules.valid_days.into(), VALID_DAYS);
}

fn pcr(rule: &PcrRule, found: &mut Found) {
    if rule.pcrs.is_empty() {
        found.add(
            "pcr.pcrs",
            "selects no PCR",
            "list some of 0 to 15, for example [7] for the keys of Secure Boot, or remove the table",
        );
    }
    let refused: Vec<String> = rule
        .pcrs
        .iter()
        .filter(|&&pcr| pcr > PcrRule::HIGHEST)
        .map(u8::to_string)
        .collect();
    if !refused.is_empty() {
        found.add(
            "pcr.pcrs",
            format!(
                "selects {}, which say nothing of how the machine was started: software can set them again or they do not exist",
                refused.join(", ")
            ),
            format!("list some of 0 to {}", PcrRule::HIGHEST),
        );
    }
    if let PcrReference::List(approved) = &rule.reference {
        if approved.is_empty() {
            found.add(
                "pcr.approved",
                "lists no digest, so no machine would be approved",
                "list the digests of the approved machines, or set `reference = \"activation\"`",
            );
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = approved.iter().find(|digest| !seen.insert(**digest)) {
            found.add(
                "pcr.approved",
                format!("lists {twice} a second time"),
                "list it once",
            );
        }
    }
}

fn step_up(step_up: &StepUp, rules: &Rules, found: &mut Found) {
    if step_up.features.is_empty() && step_up.after.is_empty() {
        found.add(
            "step_up",
            "demands nothing",
            "name `features`, or in `after` what makes a contact due, or remove the table",
        );
    }
    found.range(
        "step_up.contact_days",
        step_up.contact_days.into(),
        CONTACT_DAYS,
    );
    if step_up.after.contains(&Anomaly::PlatformChanged) && rules.pcr.is_none() {
        found.add(
            "step_up.after",
            "names \"platform_changed\", and no [pcr] table says what the platform is",
            "add the table, or remove the word",
        );
    }
    let essential: BTreeSet<&String> = rules
        .tiers
        .first()
        .map(|tier| tier.features.iter().collect())
        .unwrap_or_default();
    for feature in &step_up.features {
        found.name("step_up.features", feature);
        if essential.contains(feature) {
            found.add(
                "step_up.features",
                format!(
                    "names {feature:?} of the essential tier, which stays on without a contact"
                ),
                "name features of other tiers only",
            );
        }
    }
}

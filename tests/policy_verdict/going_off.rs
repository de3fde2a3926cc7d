//! What goes off by the passing of time alone is announced, with its date and no other.

use crate::facts::{DAY, ISSUED, LICENSE_END, Machine, charge, lease, now, spend, utc};
use crate::random::{Facts, any_facts, any_machine};
use counterfoil::policy::{Enforcement, GoingOff, Keep, Reason, StepUp, decide};
use counterfoil::time::Charge;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

fn going(machine: &Machine) -> Vec<GoingOff> {
    decide(&machine.inputs(), &machine.rules).going_off
}

fn off(feature: &str, at: u64, reason: Reason) -> GoingOff {
    GoingOff {
        feature: feature.to_owned(),
        at: utc(at),
        reason,
    }
}

#[test]
fn features_go_off_with_the_lease_and_the_essential_ones_with_the_license() {
    let mut machine = Machine::new();
    machine.rules.keep.expired = Keep::Nothing;
    let mut inputs = machine.inputs();
    spend(&mut inputs, 0);
    let verdict = decide(&inputs, &machine.rules);
    let until = verdict.offline_until.expect("a lease").unix();
    assert_eq!(
        verdict.going_off,
        [
            off("edit", until, Reason::LeaseExpired),
            off("reports", until, Reason::LeaseExpired),
            off("export", LICENSE_END, Reason::LicenseExpired),
            off("open", LICENSE_END, Reason::LicenseExpired),
        ]
    );
}

#[test]
fn each_feature_is_announced_at_the_first_thing_that_ends_it() {
    let mut machine = Machine::new();
    machine.rules.keep.offline_grace = Keep::Tier("standard".to_owned());
    machine.rules.step_up = Some(StepUp {
        features: BTreeSet::from(["edit".to_owned()]),
        contact_days: 7,
        after: BTreeSet::new(),
    });
    let grace = decide(&machine.inputs(), &machine.rules).renew_by;
    let grace = grace.expect("grace comes").unix();
    assert_eq!(
        going(&machine),
        [
            off("edit", ISSUED + 7 * DAY, Reason::StepUpFeatures),
            off("reports", grace, Reason::OfflineGrace),
        ]
    );
}

#[test]
fn p3_a_budget_that_ends_first_gives_the_date() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    let budget_ms = inputs.charge.expect("the charge is there").budget_ms;
    inputs.charge = Ok(charge(budget_ms - DAY * 1000, budget_ms));
    let verdict = decide(&inputs, &machine.rules);
    let first = &verdict.going_off[0];
    assert_eq!(
        (Some(first.at), first.reason),
        (verdict.offline_until, Reason::BudgetSpent)
    );
}

#[test]
fn nothing_goes_off_in_advisory_mode_or_where_everything_is_kept() {
    let mut machine = Machine::new();
    machine.rules.enforcement = Enforcement::Advisory;
    assert_eq!(going(&machine), []);

    let mut machine = Machine::new();
    machine.rules.keep.limited = Keep::All;
    machine.rules.keep.expired = Keep::All;
    assert_eq!(going(&machine), []);
}

#[test]
fn what_is_off_is_not_announced_again() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    inputs.now.utc = lease(&inputs).expires_at.plus(Duration::from_secs(1));
    assert_eq!(decide(&inputs, &machine.rules).going_off, []);
    inputs.now = now(LICENSE_END + 1);
    assert_eq!(decide(&inputs, &machine.rules).going_off, []);
}

/// The same machine `seconds` later, always on, at the pace that dates are told for.
fn later(facts: &Facts, seconds: u64) -> Facts {
    let spent_ms = facts
        .lease
        .map_or(0, |lease| lease.pace.charge_of(u128::from(seconds) * 1000));
    let charge = facts.charge.map(|charge| Charge {
        spent_ms: charge.spent_ms.saturating_add(spent_ms),
        ..charge
    });
    Facts {
        now: facts.now.plus(Duration::from_secs(seconds)),
        charge,
        ..facts.clone()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p11_no_feature_goes_off_by_time_unannounced(
        facts in any_facts(),
        machine in any_machine(),
        seconds in prop_oneof![0..2 * DAY, 0..500 * DAY],
    ) {
        // Before its first moment a license gets better with time.
        prop_assume!(facts.license.is_ok_and(|grant| grant.not_before <= facts.now));
        let before = decide(&facts.inputs(&machine), &machine.rules);
        let after = later(&facts, seconds);
        let now = after.now;
        let after = decide(&after.inputs(&machine), &machine.rules);
        for feature in before.features.iter().filter(|feature| !after.features.contains(feature)) {
            let told = before.going_off.iter().any(|going| going.feature == *feature && going.at <= now);
            prop_assert!(told, "{feature} went off unannounced: {:?}", before.going_off);
        }
    }

    #[test]
    fn p11_what_is_announced_is_off_a_second_after_its_date(facts in any_facts(), machine in any_machine()) {
        prop_assume!(facts.now < utc(ISSUED + 10_000 * DAY));
        let verdict = decide(&facts.inputs(&machine), &machine.rules);
        prop_assert!(verdict.going_off.is_sorted_by_key(|going| going.at));
        for going in &verdict.going_off {
            prop_assert!(verdict.features.contains(&going.feature));
            let seconds = going.at.since(facts.now).as_secs() + 1;
            prop_assume!(going.at < utc(ISSUED + 20_000 * DAY));
            let then = decide(&later(&facts, seconds).inputs(&machine), &machine.rules);
            prop_assert!(!then.features.contains(&going.feature), "{going:?} is on at {seconds} s");
        }
    }
}

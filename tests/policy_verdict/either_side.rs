//! Each boundary of the standings from both sides, under any sound rules.

use crate::facts::{DAY, ISSUED, Machine, budget_ms, lease, now, promised_charge_ms, spend, utc};
use crate::policy_support::anyone;
use counterfoil::policy::{
    Inputs, Keep, PcrApproval, PcrReference, PcrRule, PlatformFact, Reason, Standing, StepUp,
    Windows, decide,
};
use counterfoil::token::{DeviceClass, UtcTime};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

const ACTIVE: (Standing, Reason) = (Standing::Active, Reason::Ok);
const RENEWAL_DUE: (Standing, Reason) = (Standing::RenewalDue, Reason::RenewalDue);
const GRACE_RUNS: (Standing, Reason) = (Standing::OfflineGrace, Reason::OfflineGrace);

/// A machine under rules of any times, with a license that has no end.
fn any_times() -> impl Strategy<Value = Machine> {
    (
        1u16..=3650,
        1u8..=90,
        1u8..=95,
        10u32..=3600,
        1u32..=1000,
        1u64..=86_400_000,
    )
        .prop_filter("the sum is at most 100", |times| times.1 + times.2 <= 100)
        .prop_map(|(days, grace, renew, recheck_s, restarts, loss_ms)| {
            let mut machine = Machine::new();
            let rules = &mut machine.rules;
            rules.windows = Windows::default().with(DeviceClass::Hardware, days);
            let time = &mut rules.time;
            (time.grace_percent, time.renew_after_percent) = (grace, renew);
            time.recheck_s = recheck_s;
            time.restarts_allowed = NonZeroU32::new(restarts).expect("at least one");
            time.unclean_loss_ms = loss_ms;
            machine
        })
}

/// As it is when the lease was just issued.
fn fresh(machine: &Machine) -> Inputs<'_> {
    let mut inputs = machine.inputs();
    inputs.now = now(ISSUED);
    let mut license = inputs.license.expect("there is a license");
    license.expires_at = None;
    inputs.license = Ok(license);
    spend(&mut inputs, 0);
    inputs
}

fn standing(machine: &Machine, inputs: &Inputs<'_>) -> (Standing, Reason) {
    let verdict = decide(inputs, &machine.rules);
    (verdict.standing, verdict.reason)
}

/// The standings on the last second before a date and at it.
fn around_date(machine: &Machine, at: UtcTime) -> [(Standing, Reason); 2] {
    let mut inputs = fresh(machine);
    [at.saturating_sub(Duration::from_secs(1)), at].map(|at| {
        inputs.now.utc = at;
        standing(machine, &inputs)
    })
}

/// The standings on the last millisecond before a charge and at it.
fn around_charge(machine: &Machine, at_ms: u64) -> [(Standing, Reason); 2] {
    let mut inputs = fresh(machine);
    [at_ms - 1, at_ms].map(|spent_ms| {
        spend(&mut inputs, spent_ms);
        standing(machine, &inputs)
    })
}

/// G in milliseconds.
fn grace_ms(machine: &Machine) -> u64 {
    let terms = machine
        .rules
        .lease_terms(DeviceClass::Hardware, None, &anyone())
        .expect("hardware is licensed");
    terms.window.as_secs() * 1000 * u64::from(machine.rules.time.grace_percent) / 100
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn renewal_begins_at_its_date_under_any_rules(machine in any_times()) {
        let at = lease(&fresh(&machine)).renew_after.at;
        prop_assert_eq!(around_date(&machine, at), [ACTIVE, RENEWAL_DUE]);
    }

    #[test]
    fn renewal_begins_at_its_charge_under_any_rules(machine in any_times()) {
        let at_ms = lease(&fresh(&machine)).renew_after.charge_ms;
        prop_assert_eq!(around_charge(&machine, at_ms), [ACTIVE, RENEWAL_DUE]);
    }

    #[test]
    fn grace_begins_g_before_the_leases_end_under_any_rules(machine in any_times()) {
        let grace = Duration::from_millis(grace_ms(&machine));
        let at = lease(&fresh(&machine)).expires_at.saturating_sub(grace);
        prop_assert_eq!(around_date(&machine, at), [RENEWAL_DUE, GRACE_RUNS]);
    }

    #[test]
    fn p1_grace_begins_g_before_the_budgets_end_at_the_budgets_rate_under_any_rules(machine in any_times()) {
        let at_ms = budget_ms(&fresh(&machine)) - promised_charge_ms(&machine, grace_ms(&machine));
        prop_assert_eq!(around_charge(&machine, at_ms), [RENEWAL_DUE, GRACE_RUNS]);
    }

    #[test]
    fn the_lease_ends_after_its_date_under_any_rules(machine in any_times()) {
        let at = lease(&fresh(&machine)).expires_at.plus(Duration::from_secs(1));
        prop_assert_eq!(around_date(&machine, at), [GRACE_RUNS, (Standing::Limited, Reason::LeaseExpired)]);
    }

    #[test]
    fn p1_the_lease_ends_after_its_budget_under_any_rules(machine in any_times()) {
        let at_ms = budget_ms(&fresh(&machine)) + 1;
        prop_assert_eq!(around_charge(&machine, at_ms), [GRACE_RUNS, (Standing::Limited, Reason::BudgetSpent)]);
    }

    #[test]
    fn the_license_ends_after_its_date_whatever_the_lease(machine in any_times(), days in 1u64..4000) {
        let mut inputs = fresh(&machine);
        let mut license = inputs.license.expect("there is a license");
        let end = utc(ISSUED + days * DAY);
        inputs.now.utc = end;
        let open = standing(&machine, &inputs);
        license.expires_at = Some(end);
        inputs.license = Ok(license);
        prop_assert_eq!(standing(&machine, &inputs), open);
        inputs.now.utc = end.plus(Duration::from_secs(1));
        prop_assert_eq!(standing(&machine, &inputs), (Standing::Expired, Reason::LicenseExpired));
    }

    #[test]
    fn boots_are_allowed_up_to_their_budget(boots in 1u32..=1_000_000) {
        let mut machine = Machine::new();
        machine.rules.time.boot_budget = Some(boots);
        let mut inputs = machine.inputs();
        for (resets, expected) in [(boots, ACTIVE), (boots + 1, (Standing::Limited, Reason::BootsSpent))] {
            let mut charge = inputs.charge.expect("the charge is there");
            charge.resets = resets;
            inputs.charge = Ok(charge);
            prop_assert_eq!(standing(&machine, &inputs), expected);
        }
    }

    #[test]
    fn a_step_up_feature_is_on_for_its_days_after_the_contact(mut machine in any_times(), contact_days in 1u16..=3650) {
        demand_contact(&mut machine, contact_days);
        let is_on = |inputs: &Inputs<'_>| decide(inputs, &machine.rules).features.contains(&"edit".to_owned());
        let mut inputs = fresh(&machine);
        // Away from the other boundaries, and a lease that began when the contact was.
        let mut endless = lease(&inputs);
        endless.expires_at = UtcTime::MAX;
        inputs.lease = Ok(endless);
        let last = endless.issued_at.plus(Duration::from_secs(u64::from(contact_days) * DAY));
        inputs.now.utc = last;
        prop_assert!(is_on(&inputs));
        inputs.now.utc = last.plus(Duration::from_secs(1));
        prop_assert!(!is_on(&inputs));
        let verdict = decide(&inputs, &machine.rules);
        prop_assert_eq!(verdict.step_up_features, ["edit"]);
        prop_assert!(verdict.notices.contains(&Reason::StepUpFeatures));
    }

    #[test]
    fn p1_a_step_up_feature_is_on_for_the_charge_of_its_days(mut machine in any_times(), contact_days in 1u16..=3650) {
        demand_contact(&mut machine, contact_days);
        let is_on = |inputs: &Inputs<'_>| decide(inputs, &machine.rules).features.contains(&"edit".to_owned());
        let mut inputs = fresh(&machine);
        let budget = budget_ms(&inputs);
        // As much as a lease of so many days would have.
        let mut shorter = machine.rules.clone();
        shorter.windows = Windows::default().with(DeviceClass::Hardware, contact_days);
        let of_days = shorter.lease_terms(DeviceClass::Hardware, None, &anyone()).expect("hardware is licensed").budget_ms;
        prop_assume!(of_days < budget);
        // Either is rounded up once.
        spend(&mut inputs, of_days - 1);
        prop_assert!(is_on(&inputs));
        spend(&mut inputs, of_days + 2);
        prop_assert!(!is_on(&inputs));
    }
}

/// Demands a contact for `edit`, which every standing but a signed "no" keeps.
fn demand_contact(machine: &mut Machine, contact_days: u16) {
    machine.rules.keep.limited = Keep::All;
    machine.rules.step_up = Some(StepUp {
        features: BTreeSet::from(["edit".to_owned()]),
        contact_days,
        after: BTreeSet::new(),
    });
}

#[test]
fn every_platform_fact_has_its_standing_only_where_the_rules_ask() {
    use counterfoil::policy::PcrChange::{Limited, Notice};
    let facts = [
        PlatformFact::Matches,
        PlatformFact::NotAsked,
        PlatformFact::NoReference,
        PlatformFact::Differs,
    ];
    let unapproved = (Standing::RenewalDue, Reason::PlatformUnapproved);
    let changed = (Standing::Limited, Reason::PlatformChanged);
    for (on_change, expected) in [
        (None, [ACTIVE; 4]),
        (Some(Notice), [ACTIVE, unapproved, unapproved, ACTIVE]),
        (Some(Limited), [ACTIVE, unapproved, unapproved, changed]),
    ] {
        let mut machine = Machine::new();
        machine.rules.pcr = on_change.map(|on_change| PcrRule {
            pcrs: BTreeSet::from([7]),
            reference: PcrReference::Activation,
            on_change,
            approval: PcrApproval::Manual,
        });
        let found = facts.map(|platform| {
            let mut inputs = machine.inputs();
            inputs.platform = platform;
            standing(&machine, &inputs)
        });
        assert_eq!(found, expected, "{on_change:?}");
    }
}

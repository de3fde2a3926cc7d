//! Each boundary of the standings, from both sides.

use crate::facts::{
    DAY, GRACE, ISSUED, LICENSE_END, Machine, budget_ms, lease, now, promised_charge_ms, spend, utc,
};
use counterfoil::policy::{Inputs, Reason, Standing, decide};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn standing(machine: &Machine, inputs: &Inputs<'_>) -> (Standing, Reason) {
    let verdict = decide(inputs, &machine.rules);
    (verdict.standing, verdict.reason)
}

const ACTIVE: (Standing, Reason) = (Standing::Active, Reason::Ok);
const RENEWAL_DUE: (Standing, Reason) = (Standing::RenewalDue, Reason::RenewalDue);
const GRACE_RUNS: (Standing, Reason) = (Standing::OfflineGrace, Reason::OfflineGrace);

#[test]
fn renewal_is_due_at_its_date_and_not_a_second_earlier() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    let at = lease(&inputs).renew_after.at;
    inputs.now.utc = at.saturating_sub(SECOND);
    assert_eq!(standing(&machine, &inputs), ACTIVE);
    inputs.now.utc = at;
    assert_eq!(standing(&machine, &inputs), RENEWAL_DUE);
}

#[test]
fn renewal_is_due_at_its_charge_and_not_a_millisecond_earlier() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    let at = lease(&inputs).renew_after.charge_ms;
    spend(&mut inputs, at - 1);
    assert_eq!(standing(&machine, &inputs), ACTIVE);
    spend(&mut inputs, at);
    assert_eq!(standing(&machine, &inputs), RENEWAL_DUE);
}

#[test]
fn grace_begins_g_before_the_leases_end() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    let begins = lease(&inputs).expires_at.saturating_sub(GRACE);
    inputs.now.utc = begins.saturating_sub(SECOND);
    assert_eq!(standing(&machine, &inputs), RENEWAL_DUE);
    inputs.now.utc = begins;
    assert_eq!(standing(&machine, &inputs), GRACE_RUNS);
}

#[test]
fn p1_grace_begins_within_the_budget_at_d_less_g_at_the_budgets_rate() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    let grace_ms = GRACE.as_secs() * 1000;
    let begins = budget_ms(&inputs) - promised_charge_ms(&machine, grace_ms);
    spend(&mut inputs, begins - 1);
    assert_eq!(standing(&machine, &inputs), RENEWAL_DUE);
    spend(&mut inputs, begins);
    assert_eq!(standing(&machine, &inputs), GRACE_RUNS);
}

#[test]
fn p1_the_budgets_last_millisecond_is_grace_and_the_next_is_limited() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    let budget = budget_ms(&inputs);
    spend(&mut inputs, budget);
    assert_eq!(standing(&machine, &inputs), GRACE_RUNS);
    spend(&mut inputs, budget + 1);
    assert_eq!(
        standing(&machine, &inputs),
        (Standing::Limited, Reason::BudgetSpent)
    );
    // As `time::charge` reports it.
    inputs.charge = Err(Reason::BudgetSpent);
    assert_eq!(
        standing(&machine, &inputs),
        (Standing::Limited, Reason::BudgetSpent)
    );
}

#[test]
fn the_leases_last_second_is_grace_and_the_next_is_limited() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    inputs.now.utc = lease(&inputs).expires_at;
    assert_eq!(standing(&machine, &inputs), GRACE_RUNS);
    inputs.now.utc = inputs.now.utc.plus(SECOND);
    assert_eq!(
        standing(&machine, &inputs),
        (Standing::Limited, Reason::LeaseExpired)
    );
}

#[test]
fn the_licenses_last_second_counts_and_the_next_is_expired() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    let mut renewed = lease(&inputs);
    renewed.expires_at = utc(LICENSE_END + 30 * DAY);
    renewed.renew_after.at = renewed.expires_at;
    inputs.lease = Ok(renewed);
    inputs.now = now(LICENSE_END);
    assert_eq!(standing(&machine, &inputs), ACTIVE);
    inputs.now = now(LICENSE_END + 1);
    assert_eq!(
        standing(&machine, &inputs),
        (Standing::Expired, Reason::LicenseExpired)
    );
}

#[test]
fn a_license_begins_at_its_first_second() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    inputs.now = now(ISSUED);
    assert_eq!(standing(&machine, &inputs), ACTIVE);
    inputs.now = now(ISSUED - 1);
    assert_eq!(
        standing(&machine, &inputs),
        (Standing::Limited, Reason::LicenseNotYetValid)
    );
}

#[test]
fn a_license_without_an_end_never_expires() {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    let mut license = inputs.license.expect("there is a license");
    license.expires_at = None;
    inputs.license = Ok(license);
    inputs.now = now(253_402_300_799);
    let verdict = decide(&inputs, &machine.rules);
    assert_eq!(
        (verdict.standing, verdict.expires),
        (Standing::Limited, None)
    );
}

#[test]
fn a_missing_state_is_tolerated_until_the_second_increment() {
    use counterfoil::policy::StateHealth;
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    inputs.state = StateHealth::Missing;
    let mut charge = inputs.charge.expect("the charge is there");
    let verdict = decide(&inputs, &machine.rules);
    assert_eq!(
        (verdict.standing, verdict.notices),
        (Standing::Active, vec![Reason::StateMissing])
    );

    charge.increments = 2;
    inputs.charge = Ok(charge);
    assert_eq!(
        standing(&machine, &inputs),
        (Standing::Limited, Reason::StateMissing)
    );
}

#[test]
fn no_grace_means_no_grace_standing() {
    let mut machine = Machine::new();
    machine.rules.time.grace_percent = 0;
    let mut inputs = machine.inputs();
    let end = lease(&inputs).expires_at;
    inputs.now.utc = end.saturating_sub(SECOND);
    assert_eq!(standing(&machine, &inputs), RENEWAL_DUE);
}

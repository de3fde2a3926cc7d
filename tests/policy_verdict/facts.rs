//! A machine on which everything is in order, to be spoiled by each test.

use crate::policy_support::{anyone, in_order, license};
use counterfoil::policy::{
    Inputs, LeaseFacts, LicenseFacts, Outcome, Reason, Rules, Verdict, decide,
};
use counterfoil::time::{Charge, Now, Source};
use counterfoil::token::{DeviceClass, UtcTime, VersionRange};
use std::collections::BTreeSet;
use std::time::Duration;

pub(crate) const DAY: u64 = 86_400;
/// When the lease was issued: 1 March 2026.
pub(crate) const ISSUED: u64 = 1_772_323_200;
/// The license ends after a year.
pub(crate) const LICENSE_END: u64 = ISSUED + 365 * DAY;

pub(crate) fn utc(seconds: u64) -> UtcTime {
    UtcTime::from_unix(seconds).expect("a date before the year 10000")
}

/// What outlives the inputs that borrow it.
pub(crate) struct Machine {
    pub(crate) rules: Rules,
    pub(crate) edition: String,
    pub(crate) features: BTreeSet<String>,
    pub(crate) versions: VersionRange,
}

impl Machine {
    /// A `standard` license with one feature of its own, `reports`, under the default rules.
    pub(crate) fn new() -> Self {
        Machine {
            rules: Rules::default(),
            edition: "standard".to_owned(),
            features: BTreeSet::from(["reports".to_owned()]),
            versions: VersionRange::default(),
        }
    }

    /// One day after the lease was issued.
    pub(crate) fn inputs(&self) -> Inputs<'_> {
        let terms = self
            .rules
            .lease_terms(DeviceClass::Hardware, None, &anyone())
            .expect("hardware is licensed");
        let issued = utc(ISSUED);
        let license = LicenseFacts {
            edition: &self.edition,
            features: &self.features,
            versions: &self.versions,
            expires_at: Some(utc(LICENSE_END)),
            ..license(issued)
        };
        let charge = Ok(charge(DAY * 1000, terms.budget_ms));
        Inputs {
            app_version: Some("2.1.0"),
            ..in_order(
                license,
                terms.lease_facts(issued),
                now(ISSUED + DAY),
                charge,
            )
        }
    }
}

pub(crate) fn now(seconds: u64) -> Now {
    Now {
        utc: utc(seconds),
        source: Source::OsClock,
        notice: None,
    }
}

pub(crate) fn charge(spent_ms: u64, budget_ms: u64) -> Charge {
    Charge {
        spent_ms,
        budget_ms,
        resets: 0,
        restarts: 0,
        increments: 1,
    }
}

pub(crate) fn lease(inputs: &Inputs<'_>) -> LeaseFacts {
    inputs.lease.expect("the lease is there")
}

pub(crate) fn budget_ms(inputs: &Inputs<'_>) -> u64 {
    inputs.charge.expect("the charge is there").budget_ms
}

pub(crate) fn spend(inputs: &mut Inputs<'_>, spent_ms: u64) {
    inputs.charge = Ok(charge(spent_ms, budget_ms(inputs)));
}

/// The charge of so many milliseconds of the machine that a window is promised to, rounded up: 7/6 of a day, one boot
/// (I and (S+1)·J) and ten sleeps (J) are a day's, and at least 7/6 · 1.1 of the day.
pub(crate) fn promised_charge_ms(machine: &Machine, ms: u64) -> u64 {
    const DAY_MS: u128 = DAY as u128 * 1000;
    let time = &machine.rules.time;
    let heartbeats = u128::from(time.restarts_allowed.get()) + 1 + 10;
    let events_ms =
        u128::from(time.unclean_loss_ms) + heartbeats * u128::from(time.recheck_s) * 1000;
    let day_ms = (DAY_MS + events_ms).max(DAY_MS * 11 / 10);
    let charge_ms = (u128::from(ms) * day_ms * 7).div_ceil(DAY_MS * 6);
    charge_ms.try_into().expect("some years")
}

/// G of the default rules: a quarter of 30 days.
pub(crate) const GRACE: Duration = Duration::from_secs(30 * DAY / 4);

/// The verdict on a machine in order that `spoil` spoils.
pub(crate) fn verdict_on(spoil: impl FnOnce(&mut Inputs<'_>)) -> Verdict {
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    spoil(&mut inputs);
    decide(&inputs, &machine.rules)
}

/// The failed checks' reasons, in their order.
pub(crate) fn failures(verdict: &Verdict) -> Vec<Reason> {
    let outcomes = verdict.checks.iter().map(|result| result.outcome);
    outcomes
        .filter_map(|outcome| match outcome {
            Outcome::Fail(reason) => Some(reason),
            _ => None,
        })
        .collect()
}

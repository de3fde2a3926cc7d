//! Rules that a product may go without: firmware, recent contacts, words of the vendor's own.

use crate::facts::{DAY, ISSUED, Machine, failures, now, spend, utc};
use counterfoil::policy::{
    Anomaly, Enforcement, Inputs, Keep, Language, PcrApproval, PcrChange, PcrReference, PcrRule,
    PlatformFact, Reason, Standing, StateHealth, StepUp, Verdict, Words, decide, to_remember,
};
use counterfoil::time::ClockNotice;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A machine whose rules demand a contact after `anomaly`, and look at the platform.
fn watchful(anomaly: Anomaly) -> Machine {
    let mut machine = Machine::new();
    machine.rules.pcr = Some(PcrRule {
        pcrs: BTreeSet::from([7]),
        reference: PcrReference::Activation,
        on_change: PcrChange::Notice,
        approval: PcrApproval::Manual,
    });
    machine.rules.step_up = Some(StepUp {
        after: BTreeSet::from([anomaly]),
        ..StepUp::default()
    });
    machine
}

fn verdict_on(machine: &Machine, spoil: impl FnOnce(&mut Inputs<'_>)) -> Verdict {
    let mut inputs = machine.inputs();
    inputs.platform = PlatformFact::Matches;
    spoil(&mut inputs);
    decide(&inputs, &machine.rules)
}

fn two_days_after_the_contact(inputs: &mut Inputs<'_>) {
    inputs.now = now(ISSUED + 2 * DAY);
}

fn spoil_with(inputs: &mut Inputs<'_>, anomaly: Anomaly) {
    match anomaly {
        Anomaly::StateMissing => inputs.state = StateHealth::Damaged,
        Anomaly::StateRolledBack => inputs.state = StateHealth::RolledBack,
        Anomaly::PlatformChanged => inputs.platform = PlatformFact::Differs,
        _ => inputs.now.notice = Some(ClockNotice::OsClockAhead),
    }
}

#[test]
fn each_anomaly_demands_a_contact_where_the_rules_name_it_and_only_there() {
    for named in Anomaly::ALL {
        let mut machine = watchful(named);
        // By itself it is tolerated.
        machine.rules.state.rolled_back = counterfoil::policy::LostState::OfflineGrace;
        for met in Anomaly::ALL {
            let verdict = verdict_on(&machine, |inputs| {
                two_days_after_the_contact(inputs);
                spoil_with(inputs, met);
            });
            let is_due = verdict.reason == Reason::StepUpDue;
            assert_eq!(is_due, named == met, "{named:?} named, {met:?} met");
            assert_eq!(verdict.standing >= Standing::Limited, named == met);
            assert!(verdict.features.contains(&"open".to_owned()));
        }
        let calm = verdict_on(&machine, two_days_after_the_contact);
        assert_eq!(calm.standing, Standing::Active, "{named:?}");
    }
}

#[test]
fn p3_a_contact_answers_for_a_wrong_clock_for_a_day_and_the_next_one_again() {
    let machine = watchful(Anomaly::OsClock);
    let reason_at = |at: u64, spent_ms: u64| {
        verdict_on(&machine, |inputs| {
            inputs.now = now(at);
            inputs.now.notice = Some(ClockNotice::OsClockAhead);
            spend(inputs, spent_ms);
        })
        .reason
    };
    assert_eq!(reason_at(ISSUED + DAY, 0), Reason::Ok);
    assert_eq!(reason_at(ISSUED + DAY + 1, 0), Reason::StepUpDue);
    // A clock that stands still does not hide the day.
    assert_eq!(reason_at(ISSUED, 2 * DAY * 1000), Reason::StepUpDue);
    let verdict = verdict_on(&machine, |inputs| {
        inputs.now.notice = Some(ClockNotice::OsClockBehindFloor);
    });
    let announced = verdict.going_off.iter().map(|going| going.reason);
    assert!(announced.eq([Reason::StepUpDue, Reason::StepUpDue]));
}

#[test]
fn an_anomaly_that_no_contact_answers_for_is_to_be_remembered_and_demands_one_when_it_is_over() {
    for named in Anomaly::ALL {
        let machine = watchful(named);
        for met in Anomaly::ALL {
            let facts = |inputs: &mut Inputs<'_>| {
                inputs.platform = PlatformFact::Matches;
                two_days_after_the_contact(inputs);
                spoil_with(inputs, met);
            };
            let mut inputs = machine.inputs();
            facts(&mut inputs);
            let told = to_remember(&inputs, &machine.rules);
            // The state remembers by itself what became of it.
            let passing = [Anomaly::PlatformChanged, Anomaly::OsClock].contains(&met);
            let expected = (passing && named == met).then_some(met);
            assert_eq!(told, expected.into_iter().collect(), "{named:?} {met:?}");
            // What is remembered is not told again, nor what an answer of this day stands for, nor at the lease's end.
            let silent = |change: fn(&mut Inputs<'_>)| {
                let mut inputs = machine.inputs();
                facts(&mut inputs);
                change(&mut inputs);
                assert_eq!(to_remember(&inputs, &machine.rules), BTreeSet::new());
            };
            silent(|inputs| inputs.remembered = Anomaly::ALL.into());
            silent(|inputs| inputs.now.utc = utc(ISSUED + DAY));
            silent(|inputs| inputs.charge = Err(Reason::BudgetSpent));
            silent(|inputs| inputs.lease = Err(Reason::LeaseMissing));
        }
        // Over, and remembered: until the next contact, however young the last one is.
        for met in Anomaly::ALL {
            let verdict = verdict_on(&machine, |inputs| {
                inputs.remembered = BTreeSet::from([met]);
            });
            let expected = match named == met {
                true => (Standing::Limited, Reason::StepUpDue),
                false => (Standing::Active, Reason::Ok),
            };
            assert_eq!((verdict.standing, verdict.reason), expected);
        }
    }
}

#[test]
fn a_platform_that_changed_is_told_with_what_to_do_and_takes_nothing_where_the_rule_says_notice() {
    let machine = watchful(Anomaly::OsClock);
    let verdict = verdict_on(&machine, |inputs| inputs.platform = PlatformFact::Differs);
    assert_eq!(
        (verdict.standing, verdict.notices),
        (Standing::Active, vec![Reason::PlatformChanged])
    );
    assert!(verdict.steps[0].contains("Connect to the internet"));
    assert_eq!(verdict.features.len(), 4);
}

#[test]
fn p11_a_platform_that_changed_leaves_the_essential_tier() {
    let mut machine = watchful(Anomaly::OsClock);
    machine.rules.pcr.as_mut().expect("a rule").on_change = PcrChange::Limited;
    let verdict = verdict_on(&machine, |inputs| inputs.platform = PlatformFact::Differs);
    assert_eq!(failures(&verdict), [Reason::PlatformChanged]);
    assert_eq!(verdict.features, ["export", "open"]);
}

#[test]
fn a_step_up_feature_that_is_off_is_named_with_what_to_do() {
    let mut machine = Machine::new();
    machine.rules.step_up = Some(StepUp {
        features: BTreeSet::from(["edit".to_owned(), "reports".to_owned()]),
        contact_days: 1,
        after: BTreeSet::new(),
    });
    let verdict = verdict_on(&machine, two_days_after_the_contact);
    assert_eq!(
        (verdict.standing, verdict.reason),
        (Standing::Active, Reason::Ok)
    );
    assert_eq!(verdict.features, ["export", "open"]);
    assert_eq!(verdict.tier.as_deref(), Some("essential"));
    assert_eq!(verdict.step_up_features, ["edit", "reports"]);
    assert_eq!(verdict.notices, [Reason::StepUpFeatures]);
    assert_eq!(
        verdict.steps,
        ["Connect to the internet to turn these features on again: edit, reports."]
    );
}

#[test]
fn advisory_mode_reports_a_missing_contact_and_leaves_its_features_on() {
    let mut machine = watchful(Anomaly::StateMissing);
    machine.rules.enforcement = Enforcement::Advisory;
    machine.rules.step_up.as_mut().expect("a rule").features = BTreeSet::from(["edit".to_owned()]);
    let verdict = verdict_on(&machine, |inputs| {
        inputs.now = now(ISSUED + 10 * DAY);
        inputs.state = StateHealth::Missing;
    });
    assert_eq!(
        (verdict.standing, verdict.reason),
        (Standing::Limited, Reason::StepUpDue)
    );
    assert_eq!(verdict.step_up_features, ["edit"]);
    assert_eq!(verdict.features.len(), 4);
}

#[test]
fn a_version_that_is_not_covered_leaves_the_essential_tier_until_the_license_is_renewed() {
    let mut machine = Machine::new();
    machine.versions.max = Some("2".to_owned());
    let after_the_update =
        |machine: &Machine| verdict_on(machine, |inputs| inputs.app_version = Some("3.0.0"));
    let verdict = after_the_update(&machine);
    assert_eq!(
        (verdict.standing, verdict.reason),
        (Standing::Limited, Reason::VersionNotAllowed)
    );
    assert_eq!(verdict.features, ["export", "open"]);
    assert!(verdict.steps[0].starts_with("Connect to the internet"));
    machine.versions.max = Some("3".to_owned());
    assert_eq!(after_the_update(&machine).standing, Standing::Active);
}

#[test]
fn the_verdict_speaks_the_language_that_it_is_asked_in_and_the_vendors_words_first() {
    let mut machine = Machine::new();
    let in_grace = |inputs: &mut Inputs<'_>| {
        inputs.now = now(ISSUED + 26 * DAY);
        inputs.language = Language::De;
    };
    let verdict = verdict_on(&machine, in_grace);
    assert_eq!(
        verdict.message,
        "Ihre Lizenz wurde seit einiger Zeit nicht erneuert."
    );
    assert_eq!(
        verdict.steps,
        [
            "Verbinden Sie den Computer bis zum 31. März 2026 mit dem Internet, um alle Funktionen zu behalten."
        ]
    );

    let words = Words {
        message: "Bitte online gehen, spätestens am {offline_until}.".to_owned(),
        step: None,
    };
    let german = BTreeMap::from([(Reason::OfflineGrace, words)]);
    machine.rules.messages = BTreeMap::from([(Language::De, german)]);
    let own = verdict_on(&machine, in_grace);
    assert_eq!(
        own.message,
        "Bitte online gehen, spätestens am 31. März 2026."
    );
    assert_eq!(own.steps, verdict.steps);
    let english = verdict_on(&machine, |inputs| inputs.now = now(ISSUED + 26 * DAY));
    assert_eq!(
        english.message,
        "Your license has not been refreshed for a while."
    );
}

#[test]
fn a_step_names_the_tier_that_is_to_be_lost() {
    let mut machine = Machine::new();
    let in_grace = |inputs: &mut Inputs<'_>| inputs.now = now(ISSUED + 26 * DAY);
    machine.features.clear();
    assert_eq!(
        verdict_on(&machine, in_grace).steps,
        ["Connect to the internet by 31 March 2026 to keep the standard features."]
    );
    // Nothing of it would be lost, or more than it.
    machine.rules.keep.limited = Keep::Tier("standard".to_owned());
    assert!(verdict_on(&machine, in_grace).steps[0].ends_with("to keep all features."));
    machine.rules.keep.limited = Keep::Tier("essential".to_owned());
    machine.features.insert("reports".to_owned());
    assert!(verdict_on(&machine, in_grace).steps[0].ends_with("to keep all features."));
}

#[test]
fn work_that_was_begun_may_go_on_for_as_long_as_the_rules_say() {
    let mut machine = Machine::new();
    let wind_down = |machine: &Machine| verdict_on(machine, |_| {}).wind_down;
    assert_eq!(wind_down(&machine), Duration::from_secs(30 * 60));
    machine.rules.wind_down_minutes = 0;
    assert_eq!(wind_down(&machine), Duration::ZERO);
}

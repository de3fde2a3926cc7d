//! P10, P11: each cause leads to its own standing and words, and the list of checks is always the same nine.

use crate::facts::{
    DAY, ISSUED, LICENSE_END, Machine, charge, failures, lease, now, promised_charge_ms, utc,
    verdict_on,
};
use counterfoil::policy::{
    Badge, Check, Inputs, ListedStatus, ManifestHealth, Outcome, Reason, Rules, Standing,
    StateHealth, StatusFact, Verdict, decide,
};
use counterfoil::time::{ChargeError, ClockNotice};

fn outcome(verdict: &Verdict, check: Check) -> Outcome {
    verdict.checks[check as usize].outcome
}

#[test]
fn a_machine_in_order_is_active_with_everything_it_bought() {
    let verdict = verdict_on(|_| {});
    assert_eq!(
        (verdict.standing, verdict.reason, verdict.badge),
        (Standing::Active, Reason::Ok, Badge::Ok)
    );
    assert_eq!(verdict.features, ["edit", "export", "open", "reports"]);
    assert_eq!(verdict.tier.as_deref(), Some("standard"));
    assert!(verdict.notices.is_empty() && verdict.steps.is_empty() && verdict.enforced);
    assert!(
        verdict
            .checks
            .iter()
            .all(|result| result.outcome == Outcome::Pass)
    );
    assert_eq!(verdict.expires, Some(utc(LICENSE_END)));
}

#[test]
fn p10_the_checks_stand_in_their_fixed_order() {
    let names = verdict_on(|_| {}).checks.map(|result| result.check.name());
    let fixed = [
        "signature",
        "claims",
        "device",
        "evidence",
        "counter",
        "time",
        "status",
        "version",
        "policy",
    ];
    assert_eq!(names, fixed);
}

/// Puts `reason` where a program that finds it would.
fn spoil_with(inputs: &mut Inputs<'_>, reason: Reason) {
    match reason.check() {
        Check::Signature => {
            inputs.license = Err(reason);
            inputs.lease = Err(reason);
        }
        Check::Claims => inputs.lease = Err(reason),
        Check::Device => inputs.device = Err(reason),
        Check::Evidence => inputs.evidence = Err(reason),
        Check::Counter => inputs.counter = Err(reason),
        _ => inputs.charge = Err(reason),
    }
}

#[test]
fn p11_every_cause_decides_alone_under_its_own_name() {
    for reason in Reason::all().filter(|reason| reason.standing() >= Standing::Limited) {
        let verdict = verdict_on(|inputs| spoil_with(inputs, reason));
        assert_eq!(
            (verdict.standing, verdict.reason),
            (reason.standing(), reason)
        );
        assert_eq!(outcome(&verdict, reason.check()), Outcome::Fail(reason));
        assert_eq!(failures(&verdict), [reason]);
        assert!(
            !verdict.message.is_empty() && !verdict.steps.is_empty(),
            "{reason}"
        );
    }
}

#[test]
fn p11_one_cause_that_takes_several_facts_away_is_counted_once() {
    let verdict = verdict_on(|inputs| {
        inputs.license = Err(Reason::TpmMissing);
        inputs.lease = Err(Reason::TpmMissing);
        inputs.device = Err(Reason::TpmMissing);
        inputs.evidence = Err(Reason::TpmMissing);
        inputs.counter = Err(Reason::TpmMissing);
        inputs.charge = Err(Reason::TpmMissing);
    });
    assert_eq!(
        (verdict.standing, verdict.reason),
        (Standing::Limited, Reason::TpmMissing)
    );
    assert_eq!(failures(&verdict), [Reason::TpmMissing]);
    assert_eq!(outcome(&verdict, Check::Time), Outcome::Skipped);
    assert_eq!(verdict.features, ["export", "open"]);
    assert_eq!(
        (verdict.renew_by, verdict.offline_until, verdict.charge),
        (None, None, None)
    );
}

#[test]
fn time_refusals_keep_their_own_causes() {
    let (anchor, found) = (2, 1);
    for (error, reason) in [
        (
            ChargeError::AnchorForeign { anchor, found },
            Reason::AnchorForeign,
        ),
        (
            ChargeError::RestartsBehind { anchor, found },
            Reason::RestartsBehind,
        ),
        (
            ChargeError::CounterBehind {
                anchor: 2,
                found: 1,
            },
            Reason::CounterBehind,
        ),
        (
            ChargeError::ClockBehindAnchor { behind_ms: 1 },
            Reason::ClockBehindAnchor,
        ),
        (
            ChargeError::BudgetSpent {
                spent_ms: 2,
                budget_ms: 1,
            },
            Reason::BudgetSpent,
        ),
    ] {
        let verdict = verdict_on(|inputs| inputs.charge = Err(error.into()));
        assert_eq!(
            (verdict.standing, verdict.reason),
            (Standing::Limited, reason)
        );
    }
}

#[test]
fn a_reason_that_blames_nothing_is_no_excuse_for_a_missing_fact() {
    for reason in [
        Reason::Ok,
        Reason::RenewalDue,
        Reason::ManifestStale,
        Reason::OsClockAhead,
    ] {
        let verdict = verdict_on(|inputs| inputs.charge = Err(reason));
        assert_eq!(verdict.standing, Standing::Limited, "{reason}");
    }
}

#[test]
fn the_worst_of_several_causes_decides_and_the_list_names_them_all() {
    let verdict = verdict_on(|inputs| {
        inputs.now = now(LICENSE_END + 1);
        inputs.status = StatusFact {
            status: ListedStatus::Revoked,
            stale: true,
        };
        inputs.state = StateHealth::RolledBack;
    });
    assert_eq!(
        (verdict.standing, verdict.reason),
        (Standing::Revoked, Reason::LicenseRevoked)
    );
    assert_eq!(
        failures(&verdict),
        [
            Reason::StateRolledBack,
            Reason::LicenseExpired,
            Reason::LicenseRevoked
        ]
    );
    assert_eq!(verdict.notices, [Reason::StatusStale]);
    assert!(verdict.features.is_empty());
}

#[test]
fn the_first_of_equally_bad_causes_decides() {
    let verdict = verdict_on(|inputs| {
        inputs.device = Err(Reason::TpmCleared);
        inputs.charge = Err(Reason::AnchorForeign);
    });
    assert_eq!(
        (verdict.standing, verdict.reason),
        (Standing::Limited, Reason::TpmCleared)
    );

    // Within one check too.
    let verdict = verdict_on(|inputs| {
        inputs.now = now(ISSUED + 40 * DAY);
        inputs.charge = Ok(charge(2, 1));
    });
    assert_eq!(
        (verdict.standing, verdict.reason),
        (Standing::Limited, Reason::BudgetSpent)
    );
}

#[test]
fn p6_another_machine_has_nothing() {
    for reason in [
        Reason::DeviceOther,
        Reason::StorageKeyOther,
        Reason::SeedOther,
        Reason::EvidenceInvalid,
    ] {
        let verdict = verdict_on(|inputs| spoil_with(inputs, reason));
        assert_eq!(
            (verdict.standing, verdict.features.len(), verdict.tier),
            (Standing::NotActivated, 0, None)
        );
    }
}

#[test]
fn a_signed_no_is_a_no_and_an_old_list_is_none() {
    let status = |status, stale| verdict_on(|inputs| inputs.status = StatusFact { status, stale });
    let suspended = status(ListedStatus::Suspended, false);
    assert_eq!(
        (suspended.standing, suspended.reason),
        (Standing::Suspended, Reason::LicenseSuspended)
    );
    assert_eq!(suspended.features, ["export", "open"]);
    // An old "no" still is one.
    assert_eq!(
        status(ListedStatus::Revoked, true).standing,
        Standing::Revoked
    );

    for verdict in [
        status(ListedStatus::Valid, true),
        status(ListedStatus::Unknown, false),
    ] {
        assert_eq!(
            (verdict.standing, verdict.reason),
            (Standing::RenewalDue, Reason::StatusStale)
        );
        assert_eq!(verdict.features.len(), 4);
    }
}

#[test]
fn a_manifest_past_its_date_goes_on_and_a_missing_one_is_limited() {
    let stale = verdict_on(|inputs| inputs.manifest = ManifestHealth::Stale);
    assert_eq!(
        (stale.standing, stale.notices),
        (Standing::Active, vec![Reason::ManifestStale])
    );

    let machine = Machine::new();
    let mut inputs = machine.inputs();
    inputs.manifest = ManifestHealth::Missing;
    let verdict = decide(&inputs, &Rules::without_manifest(vec!["view".to_owned()]));
    assert_eq!(
        (verdict.standing, verdict.reason),
        (Standing::Limited, Reason::ManifestMissing)
    );
    assert_eq!(verdict.features, ["view"]);
}

#[test]
fn notices_on_the_clock_decide_nothing() {
    for (notice, reason) in [
        (ClockNotice::OsClockAhead, Reason::OsClockAhead),
        (ClockNotice::OsClockBehindFloor, Reason::OsClockBehindFloor),
    ] {
        let verdict = verdict_on(|inputs| inputs.now.notice = Some(notice));
        assert_eq!(
            (verdict.standing, verdict.reason),
            (Standing::Active, Reason::Ok)
        );
        assert_eq!(verdict.notices, [reason]);
    }
}

#[test]
fn a_person_is_told_by_which_date_to_connect() {
    let due = verdict_on(|inputs| inputs.now.utc = lease(inputs).renew_after.at);
    assert!(
        due.steps[0].contains("by 24 March 2026."),
        "{:?}",
        due.steps
    );
    assert_eq!(due.badge, Badge::Renewing);

    let grace = verdict_on(|inputs| inputs.now = now(ISSUED + 26 * DAY));
    assert_eq!(
        grace.steps,
        ["Connect to the internet by 31 March 2026 to keep all features."]
    );
    assert_eq!(
        (grace.renew_by, grace.badge),
        (grace.offline_until, Badge::WillRetry)
    );

    let limited = verdict_on(|inputs| inputs.now = now(ISSUED + 40 * DAY));
    assert!(
        limited.message.contains("until 31 March 2026"),
        "{}",
        limited.message
    );
    assert_eq!((limited.renew_by, limited.badge), (None, Badge::NeedsYou));
}

#[test]
fn p3_the_date_a_person_is_told_counts_the_budget_as_the_promise_does() {
    // Half of the budget is spent within a day: less than the lease's date is left.
    let machine = Machine::new();
    let mut inputs = machine.inputs();
    let budget_ms = inputs.charge.expect("the charge is there").budget_ms;
    inputs.charge = Ok(charge(budget_ms / 2, budget_ms));
    let verdict = decide(&inputs, &machine.rules);
    let until = verdict.offline_until.expect("a lease").unix();
    let left = until - inputs.now.utc.unix();
    let left_ms = budget_ms - budget_ms / 2;
    assert!(promised_charge_ms(&machine, left * 1000) <= left_ms);
    assert!(promised_charge_ms(&machine, (left + 1) * 1000) > left_ms);
}

#[test]
fn the_documented_reasons_are_those_of_the_registry() {
    let page = include_str!("../../docs/verdict.md");
    let documented: Vec<String> = page
        .lines()
        .skip_while(|line| *line != "## Reasons")
        .filter(|line| line.starts_with("| ") && !line.starts_with("| number"))
        .map(|line| {
            line.split('|')
                .skip(1)
                .take(4)
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let registered: Vec<String> = Reason::all()
        .map(|reason| {
            format!(
                "{} `{reason}` {} {}",
                reason.code(),
                reason.check(),
                reason.standing()
            )
        })
        .collect();
    assert_eq!(documented, registered);
}

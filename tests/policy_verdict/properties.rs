//! Over random facts: no panic, the same verdict twice, and nothing gained by anything getting worse.

use crate::facts::{DAY, ISSUED, Machine, charge, now, utc};
use counterfoil::policy::{
    Check, Enforcement, Inputs, Keep, Language, LeaseFacts, LicenseFacts, ListedStatus, LostState,
    ManifestHealth, Outcome, PlatformFact, Reason, Rules, Standing, StateHealth, StatusFact,
    decide,
};
use counterfoil::time::{Charge, ClockNotice};
use counterfoil::token::{DeviceClass, RenewAfter};
use proptest::prelude::*;
use proptest::sample::select;

const END_OF_TIME: u64 = 253_402_300_799;

fn any_reason() -> impl Strategy<Value = Reason> {
    select(Reason::all().collect::<Vec<_>>())
}

/// `value`, or more rarely any reason.
fn or_reason<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Result<T, Reason>> {
    prop_oneof![5 => value.prop_map(Ok), 1 => any_reason().prop_map(Err)]
}

/// Around the lease mostly, anywhere sometimes.
fn any_date() -> impl Strategy<Value = u64> {
    prop_oneof![8 => ISSUED - DAY..ISSUED + 60 * DAY, 1 => 0..=END_OF_TIME]
}

/// The facts of a license without what it borrows.
#[derive(Debug, Clone, Copy)]
struct Grant {
    class: DeviceClass,
    not_before: u64,
    expires_at: Option<u64>,
}

#[derive(Debug, Clone)]
struct Facts {
    now: u64,
    notice: Option<ClockNotice>,
    license: Result<Grant, Reason>,
    lease: Result<LeaseFacts, Reason>,
    device: Result<(), Reason>,
    evidence: Result<(), Reason>,
    counter: Result<(), Reason>,
    charge: Result<Charge, Reason>,
    state: StateHealth,
    status: StatusFact,
    manifest: ManifestHealth,
    platform: PlatformFact,
    app_version: Option<&'static str>,
}

impl Facts {
    fn inputs<'a>(&self, machine: &'a Machine) -> Inputs<'a> {
        let license = self.license.map(|grant| LicenseFacts {
            edition: &machine.edition,
            features: &machine.features,
            versions: &machine.versions,
            class: grant.class,
            not_before: utc(grant.not_before),
            expires_at: grant.expires_at.map(utc),
        });
        let mut now = now(self.now);
        now.notice = self.notice;
        Inputs {
            now,
            license,
            lease: self.lease,
            device: self.device,
            evidence: self.evidence,
            counter: self.counter,
            charge: self.charge,
            state: self.state,
            status: self.status,
            manifest: self.manifest,
            platform: self.platform,
            app_version: self.app_version,
            language: Language::En,
        }
    }
}

const STATES: [StateHealth; 7] = [
    StateHealth::Current,
    StateHealth::Missing,
    StateHealth::RolledBack,
    StateHealth::Damaged,
    StateHealth::NewerFormat,
    StateHealth::Unwritable,
    StateHealth::Exposed,
];

fn any_facts() -> impl Strategy<Value = Facts> {
    let grant = (
        select(DeviceClass::ALL.to_vec()),
        any_date(),
        prop::option::of(any_date()),
    )
        .prop_map(|(class, not_before, expires_at)| Grant {
            class,
            not_before,
            expires_at,
        });
    let lease = (
        any_date(),
        any_date(),
        any::<u64>(),
        prop_oneof![Just(30 * DAY), any::<u64>()],
    )
        .prop_map(|(end, renew, charge_ms, window_s)| LeaseFacts {
            issued_at: utc(ISSUED),
            expires_at: utc(end),
            renew_after: RenewAfter {
                at: utc(renew),
                charge_ms,
            },
            window_s,
        });
    let charge =
        (any::<u64>(), any::<u64>(), 0u64..4).prop_map(|(spent_ms, budget_ms, increments)| {
            Charge {
                increments,
                ..charge(spent_ms, budget_ms)
            }
        });
    let status = (
        select(vec![
            ListedStatus::Unknown,
            ListedStatus::Valid,
            ListedStatus::Suspended,
            ListedStatus::Revoked,
        ]),
        any::<bool>(),
    )
        .prop_map(|(status, stale)| StatusFact { status, stale });
    let notice = select(vec![
        None,
        Some(ClockNotice::OsClockAhead),
        Some(ClockNotice::OsClockBehindFloor),
    ]);
    let manifest = select(vec![
        ManifestHealth::Current,
        ManifestHealth::Stale,
        ManifestHealth::Missing,
    ]);
    let version = select(vec![
        None,
        Some("1.9"),
        Some("2.0.1"),
        Some("3"),
        Some("nightly"),
    ]);
    (
        (any_date(), notice, or_reason(grant), or_reason(lease)),
        (
            or_reason(Just(())),
            or_reason(Just(())),
            or_reason(Just(())),
            or_reason(charge),
        ),
        (select(STATES.to_vec()), status, manifest, version),
    )
        .prop_map(
            |(
                (now, notice, license, lease),
                (device, evidence, counter, charge),
                (state, status, manifest, app_version),
            )| {
                Facts {
                    now,
                    notice,
                    license,
                    lease,
                    device,
                    evidence,
                    counter,
                    charge,
                    state,
                    status,
                    manifest,
                    platform: PlatformFact::NotAsked,
                    app_version,
                }
            },
        )
}

/// Rules that only differ in what the properties must hold for.
fn any_machine() -> impl Strategy<Value = Machine> {
    let state = select(vec![
        LostState::Tolerate,
        LostState::OfflineGrace,
        LostState::Limited,
        LostState::Suspended,
    ]);
    let rolled_back = select(vec![
        LostState::OfflineGrace,
        LostState::Limited,
        LostState::Suspended,
    ]);
    let keeps = prop::collection::vec(0usize..4, 5);
    (
        state,
        rolled_back,
        keeps,
        0u8..=60,
        any::<bool>(),
        select(vec!["standard", "essential", "campus"]),
    )
        .prop_map(
            |(missing, rolled_back, mut keeps, grace_percent, enforced, edition)| {
                // From the best standing to the worst: never more than before.
                keeps.sort_unstable_by(|a, b| b.cmp(a));
                // Limited never keeps nothing.
                for keep in &mut keeps[..2] {
                    *keep = (*keep).max(1);
                }
                let keep = |place: usize| match keeps[place] {
                    0 => Keep::Nothing,
                    1 => Keep::Tier("essential".to_owned()),
                    2 => Keep::Tier("standard".to_owned()),
                    _ => Keep::All,
                };
                let mut machine = Machine::new();
                machine.edition = edition.to_owned();
                machine.versions.min = Some("2".to_owned());
                let rules = &mut machine.rules;
                rules.state.missing = missing;
                rules.state.rolled_back = rolled_back;
                rules.time.grace_percent = grace_percent;
                rules.enforcement = if enforced {
                    Enforcement::On
                } else {
                    Enforcement::Advisory
                };
                rules.keep.offline_grace = keep(0);
                rules.keep.limited = keep(1);
                rules.keep.expired = keep(2);
                rules.keep.suspended = keep(3);
                rules.keep.revoked = keep(4);
                machine
            },
        )
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Machine")
            .field(&self.rules)
            .field(&self.edition)
            .finish()
    }
}

/// One thing gets worse.
#[derive(Debug, Clone)]
enum Worse {
    Later(u64),
    MoreCharge(u64),
    SmallerBudget(u64),
    EarlierEnd(u64),
    MoreIncrements,
    NoDevice(Reason),
    NoEvidence(Reason),
    NoCounter(Reason),
    NoCharge(Reason),
    NoLease(Reason),
    State(StateHealth),
    Suspended,
    Revoked,
    ListStale,
    OtherVersion,
    UnlicensedClass,
}

fn any_worse() -> impl Strategy<Value = Worse> {
    prop_oneof![
        (0..100 * DAY).prop_map(Worse::Later),
        any::<u64>().prop_map(Worse::MoreCharge),
        any::<u64>().prop_map(Worse::SmallerBudget),
        (0..100 * DAY).prop_map(Worse::EarlierEnd),
        Just(Worse::MoreIncrements),
        any_reason().prop_map(Worse::NoDevice),
        any_reason().prop_map(Worse::NoEvidence),
        any_reason().prop_map(Worse::NoCounter),
        any_reason().prop_map(Worse::NoCharge),
        any_reason().prop_map(Worse::NoLease),
        select(STATES[1..].to_vec()).prop_map(Worse::State),
        Just(Worse::Suspended),
        Just(Worse::Revoked),
        Just(Worse::ListStale),
        Just(Worse::OtherVersion),
        Just(Worse::UnlicensedClass),
    ]
}

/// Fails a fact that was there; what failed already stays as it was.
fn fail<T>(fact: &mut Result<T, Reason>, reason: Reason) {
    if fact.is_ok() {
        *fact = Err(reason);
    }
}

fn worsen(facts: &Facts, worse: &Worse) -> Facts {
    let mut facts = facts.clone();
    match *worse {
        // Before its first moment a license gets better with time.
        Worse::Later(by)
            if facts
                .license
                .is_ok_and(|grant| facts.now >= grant.not_before) =>
        {
            facts.now = (facts.now + by).min(END_OF_TIME);
        }
        Worse::Later(_) => {}
        Worse::MoreCharge(by) => {
            facts.charge = facts.charge.map(|charge| Charge {
                spent_ms: charge.spent_ms.saturating_add(by),
                ..charge
            });
        }
        Worse::SmallerBudget(by) => {
            facts.charge = facts.charge.map(|charge| Charge {
                budget_ms: charge.budget_ms.saturating_sub(by),
                ..charge
            });
        }
        Worse::EarlierEnd(by) => {
            facts.lease = facts.lease.map(|lease| LeaseFacts {
                expires_at: lease
                    .expires_at
                    .saturating_sub(std::time::Duration::from_secs(by)),
                ..lease
            });
        }
        Worse::MoreIncrements => {
            facts.charge = facts.charge.map(|charge| Charge {
                increments: charge.increments + 1,
                ..charge
            });
        }
        Worse::NoDevice(reason) => fail(&mut facts.device, reason),
        Worse::NoEvidence(reason) => fail(&mut facts.evidence, reason),
        Worse::NoCounter(reason) => fail(&mut facts.counter, reason),
        Worse::NoCharge(reason) => fail(&mut facts.charge, reason),
        Worse::NoLease(reason) => fail(&mut facts.lease, reason),
        Worse::State(health) if facts.state == StateHealth::Current => facts.state = health,
        Worse::State(_) => {}
        Worse::Suspended if facts.status.status == ListedStatus::Revoked => {}
        Worse::Suspended => facts.status.status = ListedStatus::Suspended,
        Worse::Revoked => facts.status.status = ListedStatus::Revoked,
        Worse::ListStale => facts.status.stale = true,
        Worse::OtherVersion => facts.app_version = Some("1.9"),
        Worse::UnlicensedClass => {
            facts.license = facts.license.map(|grant| Grant {
                class: DeviceClass::Test,
                ..grant
            });
        }
    }
    facts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn p10_any_facts_give_one_verdict_always_the_same(facts in any_facts(), machine in any_machine()) {
        let inputs = facts.inputs(&machine);
        let verdict = decide(&inputs, &machine.rules);
        prop_assert_eq!(&verdict, &decide(&inputs, &machine.rules));
        prop_assert_eq!(verdict.checks.map(|result| result.check), Check::ALL);
        prop_assert!(verdict.features.is_sorted());
        let unfilled = verdict.message.contains(['{', '}']);
        prop_assert!(!unfilled, "a blank was left unfilled");

        // A failed check is never behind a standing that keeps everything, but where the rules say so for lost state.
        let failed = verdict.checks.iter().any(|result| matches!(result.outcome, Outcome::Fail(_)));
        prop_assert!(!failed || verdict.standing >= Standing::OfflineGrace);
        let all_there = verdict.checks.iter().all(|result| result.outcome == Outcome::Pass);
        prop_assert!(all_there || verdict.standing >= Standing::RenewalDue);
    }

    #[test]
    fn p11_nothing_that_gets_worse_gives_a_better_standing_or_more_features(
        facts in any_facts(),
        machine in any_machine(),
        worse in prop::collection::vec(any_worse(), 1..4),
    ) {
        let before = decide(&facts.inputs(&machine), &machine.rules);
        let spoiled = worse.iter().fold(facts, |facts, worse| worsen(&facts, worse));
        let after = decide(&spoiled.inputs(&machine), &machine.rules);
        prop_assert!(after.standing >= before.standing, "{} became {}", before.standing, after.standing);
        prop_assert!(after.features.iter().all(|feature| before.features.contains(feature)));
    }

    #[test]
    fn without_a_license_no_more_than_the_essential_tier_is_on(
        facts in any_facts(),
        machine in any_machine(),
        reason in any_reason(),
    ) {
        let spoiled = Facts { license: Err(reason), ..facts };
        let verdict = decide(&spoiled.inputs(&machine), &machine.rules);
        prop_assert!(verdict.standing >= Standing::Limited);
        prop_assert!(verdict.features.iter().all(|feature| ["export", "open"].contains(&feature.as_str())));
    }

    #[test]
    fn what_the_rules_read_back_decides_the_same(facts in any_facts(), machine in any_machine()) {
        let Ok(read) = Rules::from_cbor(&machine.rules.to_cbor()) else {
            // Such a grace overlaps the renewal.
            prop_assert!(machine.rules.time.grace_percent > 50);
            return Ok(());
        };
        prop_assert_eq!(&read, &machine.rules);
        prop_assert_eq!(decide(&facts.inputs(&machine), &read), decide(&facts.inputs(&machine), &machine.rules));
    }
}

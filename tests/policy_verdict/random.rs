//! Random facts and rules: mostly of a machine that is nearly in order, sometimes of any.

use crate::facts::{DAY, ISSUED, Machine, charge, now, utc};
use counterfoil::policy::{
    Anomaly, Enforcement, Inputs, Keep, Language, LeaseFacts, LicenseFacts, ListedStatus,
    LostState, ManifestHealth, PcrApproval, PcrChange, PcrReference, PcrRule, PlatformFact, Reason,
    StateHealth, StatusFact, StepUp,
};
use counterfoil::time::{Charge, ClockNotice, Pace};
use counterfoil::token::{DeviceClass, RenewAfter, UtcTime};
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;

/// The budget of a lease of 30 days, about.
const BUDGET_MS: u64 = 39 * DAY * 1000;

/// The facts of a license without what it borrows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    pub(crate) class: DeviceClass,
    pub(crate) not_before: UtcTime,
    pub(crate) expires_at: Option<UtcTime>,
}

/// Inputs without what they borrow.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) now: UtcTime,
    pub(crate) notice: Option<ClockNotice>,
    pub(crate) license: Result<Grant, Reason>,
    pub(crate) lease: Result<LeaseFacts, Reason>,
    pub(crate) device: Result<(), Reason>,
    pub(crate) evidence: Result<(), Reason>,
    pub(crate) counter: Result<(), Reason>,
    pub(crate) charge: Result<Charge, Reason>,
    pub(crate) state: StateHealth,
    pub(crate) status: StatusFact,
    pub(crate) manifest: ManifestHealth,
    pub(crate) platform: PlatformFact,
    pub(crate) remembered: BTreeSet<Anomaly>,
    pub(crate) app_version: Option<&'static str>,
    pub(crate) language: Language,
}

impl Facts {
    pub(crate) fn inputs<'a>(&self, machine: &'a Machine) -> Inputs<'a> {
        let license = self.license.map(|grant| LicenseFacts {
            edition: &machine.edition,
            features: &machine.features,
            versions: &machine.versions,
            class: grant.class,
            not_before: grant.not_before,
            expires_at: grant.expires_at,
        });
        let mut now = now(self.now.unix());
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
            remembered: self.remembered.clone(),
            app_version: self.app_version,
            language: self.language,
        }
    }
}

pub(crate) fn any_reason() -> impl Strategy<Value = Reason> {
    select(Reason::all().collect::<Vec<_>>())
}

/// All ways in which a state file is found that are not good.
pub(crate) const LOST_STATES: [StateHealth; 6] = [
    StateHealth::Missing,
    StateHealth::RolledBack,
    StateHealth::Damaged,
    StateHealth::NewerFormat,
    StateHealth::Unwritable,
    StateHealth::Exposed,
];

/// `value`, or rarely any reason.
fn or_reason<T: fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Result<T, Reason>> {
    prop_oneof![12 => value.prop_map(Ok), 1 => any_reason().prop_map(Err)]
}

/// `usual`, or rarely one of `others`.
fn mostly<T: fmt::Debug + Clone + 'static>(
    usual: T,
    others: &[T],
) -> impl Strategy<Value = T> + use<T> {
    prop_oneof![6 => Just(usual), 1 => select(others.to_vec())]
}

/// Around the lease mostly, anywhere sometimes.
fn any_date() -> impl Strategy<Value = UtcTime> {
    let around = ISSUED - DAY..ISSUED + 60 * DAY;
    prop_oneof![12 => around, 1 => 0..=UtcTime::MAX.unix()].prop_map(utc)
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let later = (ISSUED + 20 * DAY..ISSUED + 400 * DAY).prop_map(utc);
    (
        mostly(DeviceClass::Hardware, &DeviceClass::ALL),
        prop_oneof![8 => Just(utc(ISSUED)), 1 => any_date()],
        prop_oneof![4 => later.prop_map(Some), 1 => any_date().prop_map(Some), 1 => Just(None)],
    )
        .prop_map(|(class, not_before, expires_at)| Grant {
            class,
            not_before,
            expires_at,
        })
}

fn any_lease() -> impl Strategy<Value = LeaseFacts> {
    (
        (ISSUED - 30 * DAY..ISSUED + 30 * DAY).prop_map(utc),
        any_date(),
        any_date(),
        prop_oneof![0..BUDGET_MS, any::<u64>()],
        prop_oneof![4 => Just(30 * DAY), 1 => any::<u64>()],
        any_pace(),
    )
        .prop_map(
            |(issued_at, expires_at, at, charge_ms, window_s, pace)| LeaseFacts {
                issued_at,
                expires_at,
                renew_after: RenewAfter { at, charge_ms },
                window_s,
                pace,
            },
        )
}

fn any_pace() -> impl Strategy<Value = Pace> {
    let usual = (1 << 22, 10, 300_000);
    let terms = prop_oneof![
        4 => Just(usual),
        1 => (0..=DAY * 1000, 1..=1000u32, 1..=DAY * 1000),
    ];
    terms.prop_map(|(loss_ms, restarts, heartbeat_ms)| {
        let restarts = NonZeroU32::new(restarts).expect("one at least");
        Pace::promised(loss_ms, restarts, heartbeat_ms)
    })
}

fn any_charge() -> impl Strategy<Value = Charge> {
    let spent = prop_oneof![12 => 0..BUDGET_MS * 11 / 10, 1 => any::<u64>()];
    let budget = prop_oneof![12 => Just(BUDGET_MS), 1 => any::<u64>()];
    (spent, budget, 0u32..8, 0u64..4).prop_map(|(spent_ms, budget_ms, resets, increments)| Charge {
        resets,
        increments,
        ..charge(spent_ms, budget_ms)
    })
}

fn any_status() -> impl Strategy<Value = StatusFact> {
    let entries = [
        ListedStatus::Unknown,
        ListedStatus::Suspended,
        ListedStatus::Revoked,
    ];
    (mostly(ListedStatus::Valid, &entries), any::<bool>())
        .prop_map(|(status, stale)| StatusFact { status, stale })
}

const PLATFORMS: [PlatformFact; 4] = [
    PlatformFact::NotAsked,
    PlatformFact::Matches,
    PlatformFact::Differs,
    PlatformFact::NoReference,
];

fn any_anomalies() -> impl Strategy<Value = BTreeSet<Anomaly>> {
    prop::collection::btree_set(select(Anomaly::ALL.to_vec()), 1..=2)
}

/// Facts of a validation.
pub(crate) fn any_facts() -> impl Strategy<Value = Facts> {
    let notices = [
        Some(ClockNotice::OsClockAhead),
        Some(ClockNotice::OsClockBehindFloor),
    ];
    let manifests = [ManifestHealth::Stale, ManifestHealth::Missing];
    let versions = [None, Some("1.9"), Some("3"), Some("nightly")];
    (
        (
            any_date(),
            mostly(None, &notices),
            or_reason(any_grant()),
            or_reason(any_lease()),
            or_reason(any_charge()),
        ),
        (
            or_reason(Just(())),
            or_reason(Just(())),
            or_reason(Just(())),
        ),
        (
            mostly(StateHealth::Current, &LOST_STATES),
            any_status(),
            mostly(ManifestHealth::Current, &manifests),
            select(PLATFORMS.to_vec()),
            prop_oneof![8 => Just(BTreeSet::new()), 1 => any_anomalies()],
            mostly(Some("2.0.1"), &versions),
            select(Language::ALL.to_vec()),
        ),
    )
        .prop_map(
            |(
                (now, notice, license, lease, charge),
                (device, evidence, counter),
                (state, status, manifest, platform, remembered, app_version, language),
            )| Facts {
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
                platform,
                remembered,
                app_version,
                language,
            },
        )
}

fn any_pcr_rule() -> impl Strategy<Value = Option<PcrRule>> {
    let rule = select(vec![PcrChange::Notice, PcrChange::Limited]).prop_map(|on_change| PcrRule {
        pcrs: BTreeSet::from([7]),
        reference: PcrReference::Activation,
        on_change,
        approval: PcrApproval::Manual,
    });
    prop::option::of(rule)
}

/// Step-up rules that are sound with and without a PCR rule.
fn any_step_up(pcr: bool) -> impl Strategy<Value = Option<StepUp>> {
    let anomalies = Anomaly::ALL
        .into_iter()
        .filter(move |anomaly| pcr || *anomaly != Anomaly::PlatformChanged)
        .collect::<Vec<_>>();
    let features = vec!["edit".to_owned(), "reports".to_owned(), "sync".to_owned()];
    let step_up = (
        prop::sample::subsequence(features, 1..=3),
        1u16..40,
        prop::sample::subsequence(anomalies.clone(), 0..=anomalies.len()),
    );
    prop::option::of(step_up.prop_map(|(features, contact_days, after)| StepUp {
        features: features.into_iter().collect(),
        contact_days,
        after: after.into_iter().collect(),
    }))
}

/// What keeps least, and what keeps most.
fn kept(extent: usize) -> Keep {
    match extent {
        0 => Keep::Nothing,
        1 => Keep::Tier("essential".to_owned()),
        2 => Keep::Tier("standard".to_owned()),
        _ => Keep::All,
    }
}

/// Sound rules, as far as they bear on a verdict, and a license of some edition.
pub(crate) fn any_machine() -> impl Strategy<Value = Machine> {
    let lost = [
        LostState::OfflineGrace,
        LostState::Limited,
        LostState::Suspended,
    ];
    let missing = [&[LostState::Tolerate], &lost[..]].concat();
    let optional = any_pcr_rule().prop_flat_map(|pcr| {
        let step_up = any_step_up(pcr.is_some());
        (Just(pcr), step_up, prop::option::of(1u32..6))
    });
    (
        (select(missing), select(lost.to_vec())),
        prop::collection::vec(0usize..4, 5),
        (0u8..=50, any::<bool>()),
        select(vec!["standard", "essential", "campus"]),
        optional,
    )
        .prop_map(
            |((missing, rolled_back), mut keeps, (grace_percent, on), edition, optional)| {
                // From the best standing to the worst: never more than before. Limited never keeps nothing.
                keeps.sort_unstable_by(|a, b| b.cmp(a));
                for extent in &mut keeps[..2] {
                    *extent = (*extent).max(1);
                }
                let mut machine = Machine::new();
                machine.edition = edition.to_owned();
                machine.versions.min = Some("2".to_owned());
                let rules = &mut machine.rules;
                rules.state.missing = missing;
                rules.state.rolled_back = rolled_back;
                rules.time.grace_percent = grace_percent;
                rules.enforcement = if on {
                    Enforcement::On
                } else {
                    Enforcement::Advisory
                };
                rules.keep.offline_grace = kept(keeps[0]);
                rules.keep.limited = kept(keeps[1]);
                rules.keep.expired = kept(keeps[2]);
                rules.keep.suspended = kept(keeps[3]);
                rules.keep.revoked = kept(keeps[4]);
                (rules.pcr, rules.step_up, rules.time.boot_budget) = optional;
                machine
            },
        )
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Machine")
            .field(&self.rules)
            .field(&self.edition)
            .finish()
    }
}

//! What makes facts worse, one dimension each.

use crate::facts::DAY;
use crate::random::{Facts, Grant, LOST_STATES, any_reason};
use counterfoil::policy::{
    Anomaly, LeaseFacts, ListedStatus, ManifestHealth, PlatformFact, Reason, StateHealth,
};
use counterfoil::time::{Charge, ClockNotice};
use counterfoil::token::{DeviceClass, RenewAfter};
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;

/// One thing gets worse.
#[derive(Debug, Clone)]
pub(crate) enum Worse {
    Later(u64),
    MoreCharge(u64),
    SmallerBudget(u64),
    MoreResets(u32),
    MoreIncrements,
    EarlierContact(u64),
    EarlierRenewal(u64),
    EarlierEnd(u64),
    EarlierEndOfLicense(u64),
    NoDevice(Reason),
    NoEvidence(Reason),
    NoCounter(Reason),
    NoCharge(Reason),
    NoLease(Reason),
    State(StateHealth),
    Listed(ListedStatus),
    ListStale,
    Manifest(ManifestHealth),
    Platform(PlatformFact),
    OsClock(ClockNotice),
    Remembered(Anomaly),
    OlderVersion,
    NoVersion,
    UnlicensedClass,
}

pub(crate) fn any_worse() -> impl Strategy<Value = Worse> {
    let seconds = || prop_oneof![0..2 * DAY, 0..100 * DAY];
    let ms = || prop_oneof![0..DAY * 1000, 0..50 * DAY * 1000, any::<u64>()];
    prop_oneof![
        4 => seconds().prop_map(Worse::Later),
        4 => ms().prop_map(Worse::MoreCharge),
        2 => ms().prop_map(Worse::SmallerBudget),
        1 => (1u32..10).prop_map(Worse::MoreResets),
        1 => Just(Worse::MoreIncrements),
        2 => seconds().prop_map(Worse::EarlierContact),
        1 => seconds().prop_map(Worse::EarlierRenewal),
        2 => seconds().prop_map(Worse::EarlierEnd),
        1 => (0..400 * DAY).prop_map(Worse::EarlierEndOfLicense),
        1 => any_reason().prop_map(Worse::NoDevice),
        1 => any_reason().prop_map(Worse::NoEvidence),
        1 => any_reason().prop_map(Worse::NoCounter),
        1 => any_reason().prop_map(Worse::NoCharge),
        1 => any_reason().prop_map(Worse::NoLease),
        2 => select(LOST_STATES.to_vec()).prop_map(Worse::State),
        1 => select(vec![ListedStatus::Unknown, ListedStatus::Suspended, ListedStatus::Revoked])
            .prop_map(Worse::Listed),
        1 => Just(Worse::ListStale),
        1 => select(vec![ManifestHealth::Stale, ManifestHealth::Missing])
            .prop_map(Worse::Manifest),
        2 => select(vec![PlatformFact::NotAsked, PlatformFact::NoReference, PlatformFact::Differs])
            .prop_map(Worse::Platform),
        2 => select(vec![ClockNotice::OsClockAhead, ClockNotice::OsClockBehindFloor])
            .prop_map(Worse::OsClock),
        2 => select(Anomaly::ALL.to_vec()).prop_map(Worse::Remembered),
        1 => Just(Worse::OlderVersion),
        1 => Just(Worse::NoVersion),
        1 => Just(Worse::UnlicensedClass),
    ]
}

/// Fails a fact that was there; what failed already stays as it was.
fn fail<T>(fact: &mut Result<T, Reason>, reason: Reason) {
    if fact.is_ok() {
        *fact = Err(reason);
    }
}

/// `facts` with one thing worse, or as they were where it was not better before.
pub(crate) fn worsen(facts: Facts, worse: &Worse) -> Facts {
    let mut facts = facts;
    match *worse {
        Worse::Later(by) => later(&mut facts, by),
        Worse::MoreCharge(by) => charged(&mut facts, |charge| {
            charge.spent_ms = charge.spent_ms.saturating_add(by);
        }),
        Worse::SmallerBudget(by) => charged(&mut facts, |charge| {
            charge.budget_ms = charge.budget_ms.saturating_sub(by);
        }),
        Worse::MoreResets(by) => charged(&mut facts, |charge| charge.resets += by),
        Worse::MoreIncrements => charged(&mut facts, |charge| charge.increments += 1),
        Worse::EarlierContact(by) => leased(&mut facts, |lease| {
            lease.issued_at = lease.issued_at.saturating_sub(Duration::from_secs(by));
        }),
        Worse::EarlierRenewal(by) => leased(&mut facts, |lease| {
            let RenewAfter { at, charge_ms } = lease.renew_after;
            lease.renew_after = RenewAfter {
                at: at.saturating_sub(Duration::from_secs(by)),
                charge_ms: charge_ms.saturating_sub(by * 1000),
            };
        }),
        Worse::EarlierEnd(by) => leased(&mut facts, |lease| {
            lease.expires_at = lease.expires_at.saturating_sub(Duration::from_secs(by));
        }),
        Worse::EarlierEndOfLicense(by) => {
            if let Ok(Grant { expires_at, .. }) = &mut facts.license {
                *expires_at = expires_at.map(|at| at.saturating_sub(Duration::from_secs(by)));
            }
        }
        Worse::NoDevice(reason) => fail(&mut facts.device, reason),
        Worse::NoEvidence(reason) => fail(&mut facts.evidence, reason),
        Worse::NoCounter(reason) => fail(&mut facts.counter, reason),
        Worse::NoCharge(reason) => fail(&mut facts.charge, reason),
        Worse::NoLease(reason) => fail(&mut facts.lease, reason),
        Worse::State(health) if facts.state == StateHealth::Current => facts.state = health,
        Worse::Listed(entry) if facts.status.status == ListedStatus::Valid => {
            facts.status.status = entry;
        }
        Worse::ListStale => facts.status.stale = true,
        Worse::Manifest(health) if facts.manifest == ManifestHealth::Current => {
            facts.manifest = health;
        }
        Worse::Platform(platform) if facts.platform == PlatformFact::Matches => {
            facts.platform = platform;
        }
        Worse::OsClock(notice) if facts.notice.is_none() => facts.notice = Some(notice),
        Worse::Remembered(anomaly) => {
            facts.remembered.insert(anomaly);
        }
        // What is allowed has a least version only.
        Worse::OlderVersion
            if facts
                .app_version
                .is_some_and(|version| version != "nightly") =>
        {
            facts.app_version = Some("1.9");
        }
        Worse::NoVersion => facts.app_version = None,
        Worse::UnlicensedClass => {
            if let Ok(grant) = &mut facts.license {
                grant.class = DeviceClass::Test;
            }
        }
        // It was no better before.
        Worse::State(_)
        | Worse::Listed(_)
        | Worse::Manifest(_)
        | Worse::Platform(_)
        | Worse::OsClock(_)
        | Worse::OlderVersion => {}
    }
    facts
}

/// Before its first moment a license gets better with time, and only then.
fn later(facts: &mut Facts, by: u64) {
    let not_before = facts.license.map(|grant| grant.not_before);
    if not_before.is_ok_and(|begins| facts.now < begins) {
        return;
    }
    facts.now = facts.now.plus(Duration::from_secs(by));
}

fn charged(facts: &mut Facts, change: impl FnOnce(&mut Charge)) {
    if let Ok(charge) = &mut facts.charge {
        change(charge);
    }
}

fn leased(facts: &mut Facts, change: impl FnOnce(&mut LeaseFacts)) {
    if let Ok(lease) = &mut facts.lease {
        change(lease);
    }
}

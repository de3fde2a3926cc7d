//! Single values: each refusal, the boundaries, and the ends of the number ranges.

use crate::machine::{START, limits, utc};
use counterfoil::evidence::ClockInfo;
use counterfoil::time::{
    BootClock, BootWitness, ChargeError, LastIncrement, Limits, Reading, Source, budget_ms, charge,
    floor, increment_due, now,
};
use counterfoil::token::{Anchor, UtcTime};
use proptest::prelude::*;
use std::num::NonZeroU32;
use std::time::Duration;

const ANCHOR_CLOCK_MS: u64 = 1_000_000;

fn anchor() -> Anchor {
    Anchor {
        utc: utc(START),
        clock_ms: ANCHOR_CLOCK_MS,
        reset_count: 5,
        restart_count: 3,
        activity: 7,
    }
}

fn reading(clock_ms: u64, reset_count: u32, restart_count: u32, activity: u64) -> Reading {
    Reading {
        clock: ClockInfo {
            clock_ms,
            reset_count,
            restart_count,
            safe: true,
        },
        activity,
    }
}

/// D large enough for every small case, I = 4096 ms, S = 2, J = 60 s.
fn small() -> Limits {
    limits(1_000_000_000, 4_096, 2, 60_000)
}

fn spent(reading: Reading) -> u64 {
    charge(&anchor(), &reading, &small())
        .expect("within the budget")
        .spent_ms
}

#[test]
fn the_anchors_own_reading_costs_nothing() {
    assert_eq!(spent(reading(ANCHOR_CLOCK_MS, 5, 3, 7)), 0);
}

#[test]
fn each_term_is_charged_at_the_slowest_rate_and_rounded_up() {
    assert_eq!(spent(reading(ANCHOR_CLOCK_MS + 1, 5, 3, 7)), 2);
    assert_eq!(spent(reading(ANCHOR_CLOCK_MS + 6, 5, 3, 7)), 7);
    // One restart: one heartbeat. More than S+1 of them count as S+1.
    assert_eq!(spent(reading(ANCHOR_CLOCK_MS, 5, 4, 7)), 70_000);
    assert_eq!(spent(reading(ANCHOR_CLOCK_MS, 5, 6, 7)), 210_000);
    assert_eq!(spent(reading(ANCHOR_CLOCK_MS, 5, u32::MAX, 7)), 210_000);
    // An increment: S+1 heartbeats. A Reset: those and I.
    assert_eq!(spent(reading(ANCHOR_CLOCK_MS, 5, 3, 8)), 210_000);
    assert_eq!(
        spent(reading(ANCHOR_CLOCK_MS, 6, 0, 7)),
        210_000 + (4_096 * 7_u64).div_ceil(6)
    );
    // After a Reset the anchor's restarts no longer count against those that show.
    assert_eq!(
        spent(reading(ANCHOR_CLOCK_MS, 6, 1, 7)),
        280_000 + (4_096 * 7_u64).div_ceil(6)
    );
}

#[test]
fn a_tpm_with_fewer_resets_is_not_the_anchors() {
    let refused = charge(&anchor(), &reading(u64::MAX, 4, 3, 7), &small());
    assert_eq!(
        refused,
        Err(ChargeError::AnchorForeign {
            anchor: 5,
            found: 4
        })
    );
}

#[test]
fn fewer_restarts_in_the_anchors_boot_are_refused() {
    let refused = charge(&anchor(), &reading(ANCHOR_CLOCK_MS, 5, 2, 7), &small());
    assert_eq!(
        refused,
        Err(ChargeError::RestartsBehind {
            anchor: 3,
            found: 2
        })
    );
}

#[test]
fn a_counter_behind_the_anchor_is_refused() {
    let refused = charge(&anchor(), &reading(ANCHOR_CLOCK_MS, 5, 3, 6), &small());
    assert_eq!(
        refused,
        Err(ChargeError::CounterBehind {
            anchor: 7,
            found: 6
        })
    );
}

#[test]
fn a_clock_behind_by_no_more_than_resets_explain_costs_nothing_and_one_more_is_refused() {
    let explained = 4_096 + 3 * 60_000;
    assert_eq!(spent(reading(ANCHOR_CLOCK_MS - explained, 6, 0, 7)), 0);
    let refused = charge(
        &anchor(),
        &reading(ANCHOR_CLOCK_MS - explained - 1, 6, 0, 7),
        &small(),
    );
    assert_eq!(
        refused,
        Err(ChargeError::ClockBehindAnchor { behind_ms: 1 })
    );
}

#[test]
fn a_clock_behind_the_anchor_without_a_reset_is_refused() {
    let refused = charge(&anchor(), &reading(ANCHOR_CLOCK_MS - 1, 5, 3, 7), &small());
    assert_eq!(
        refused,
        Err(ChargeError::ClockBehindAnchor { behind_ms: 1 })
    );
}

#[test]
fn p1_the_last_millisecond_of_the_budget_is_accepted_and_the_next_is_not() {
    let exact = limits(7_000, 4_096, 2, 60_000);
    let accepted = charge(
        &anchor(),
        &reading(ANCHOR_CLOCK_MS + 6_000, 5, 3, 7),
        &exact,
    )
    .expect("charge = D");
    assert_eq!((accepted.spent_ms, accepted.left_ms()), (7_000, 0));

    let one_less = Limits {
        budget_ms: 6_999,
        ..exact
    };
    let refused = charge(
        &anchor(),
        &reading(ANCHOR_CLOCK_MS + 6_000, 5, 3, 7),
        &one_less,
    );
    assert_eq!(
        refused,
        Err(ChargeError::BudgetSpent {
            spent_ms: 7_000,
            budget_ms: 6_999
        })
    );
}

#[test]
fn p1_a_clock_set_to_its_end_spends_the_budget() {
    let refused = charge(
        &anchor(),
        &reading(0xFFFE_0000_0000_0000, 5, 3, 7),
        &small(),
    );
    assert!(matches!(refused, Err(ChargeError::BudgetSpent { .. })));
    let widest = Limits {
        budget_ms: u64::MAX,
        unclean_loss_ms: u64::MAX,
        restarts_allowed: NonZeroU32::MAX,
        heartbeat_ms: u64::MAX,
    };
    let refused = charge(
        &anchor(),
        &reading(u64::MAX, u32::MAX, u32::MAX, u64::MAX),
        &widest,
    );
    assert_eq!(
        refused,
        Err(ChargeError::BudgetSpent {
            spent_ms: u64::MAX,
            budget_ms: u64::MAX
        })
    );
}

#[test]
fn the_budget_of_a_window_is_the_stated_formula() {
    let ten = NonZeroU32::new(10).expect("ten is not zero");
    let day = Duration::from_secs(86_400);
    // 7/6 · (1.1 · 1440 min + 10 s + 22 · 5 min)
    assert_eq!(
        budget_ms(day, 10_000, ten, 300_000),
        (7 * (95_040_000 + 10_000 + 6_600_000_u64)).div_ceil(6)
    );
    // 7/6 · (1440 min + 70 min (2^22 ms) + 21 · 5 min + 70 min + 22 · 5 min): a tenth is not enough.
    assert_eq!(
        budget_ms(day, 4_194_304, ten, 300_000),
        (7 * (86_400_000 + 4_194_304 + 6_300_000 + 4_194_304 + 6_600_000_u64)).div_ceil(6)
    );
    assert_eq!(
        budget_ms(Duration::MAX, u64::MAX, NonZeroU32::MAX, u64::MAX),
        u64::MAX
    );
    assert_eq!(budget_ms(Duration::ZERO, 0, ten, 0), 0);
}

#[test]
fn the_floor_of_an_endless_clock_is_the_last_date() {
    assert_eq!(
        floor(&anchor(), &reading(u64::MAX, 5, 3, 7), []),
        UtcTime::MAX
    );
}

#[test]
fn an_increment_is_due_after_s_uncovered_restarts() {
    let two = NonZeroU32::new(2).expect("two is not zero");
    let due = |restarts, last: Option<&LastIncrement>| {
        increment_due(&reading(0, 5, restarts, 7), last, two)
    };
    let covering = LastIncrement {
        activity: 7,
        reset_count: 5,
        restart_count: 10,
    };
    assert!(!due(2, None));
    assert!(due(3, None));
    assert!(!due(12, Some(&covering)));
    assert!(due(13, Some(&covering)));
    // What is about another counter value, another boot or a later restart covers nothing.
    assert!(due(
        12,
        Some(&LastIncrement {
            activity: 6,
            ..covering
        })
    ));
    assert!(due(
        12,
        Some(&LastIncrement {
            activity: 8,
            ..covering
        })
    ));
    assert!(due(
        12,
        Some(&LastIncrement {
            reset_count: 4,
            ..covering
        })
    ));
    assert!(due(
        12,
        Some(&LastIncrement {
            restart_count: 13,
            ..covering
        })
    ));
}

proptest! {
    #[test]
    fn nothing_overflows(
        clocks in any::<(u64, u64, u64)>(),
        resets in any::<(u32, u32)>(),
        restarts in any::<(u32, u32)>(),
        activity in any::<(u64, u64)>(),
        loss_and_heartbeat in any::<(u64, u64)>(),
        restarts_allowed in 1..=u32::MAX,
        boots in any::<(u64, u64, u64)>(),
        dates in (0u64..=253_402_300_799, 0u64..=253_402_300_799),
    ) {
        let anchor = Anchor {
            utc: utc(dates.0),
            clock_ms: clocks.0,
            reset_count: resets.0,
            restart_count: restarts.0,
            activity: activity.0,
        };
        let reading = reading(clocks.1, resets.1, restarts.1, activity.1);
        let limits = limits(clocks.2, loss_and_heartbeat.0, restarts_allowed, loss_and_heartbeat.1);
        if let Ok(charge) = charge(&anchor, &reading, &limits) {
            prop_assert!(charge.spent_ms <= limits.budget_ms);
        }
        let floor = floor(&anchor, &reading, []);
        let boot = BootClock { boot_id: [0; 16], elapsed_ms: boots.0 };
        let witness = BootWitness {
            applied: BootClock { boot_id: [0; 16], elapsed_ms: boots.1 },
            round_trip_ms: boots.2,
        };
        let judged = now(utc(dates.1), floor, &anchor, anchor.utc, boot, Some(&witness));
        prop_assert!(judged.utc >= floor);
        prop_assert!(judged.source != Source::OsClock || judged.utc == utc(dates.1));
    }
}

//! P2: the floor is never ahead of the true time, and evidence only moves it forward.

use crate::machine::{DAY_MS, FAMILIES_MS, FASTEST_RATE, Machine, SLOWEST_RATE, START, utc};
use counterfoil::evidence::ClockInfo;
use counterfoil::time::{Reading, anchored, carried, floor, floor_of_leases, proven_utc};
use counterfoil::token::Anchor;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Move {
    Run {
        ms: u64,
        rate: u64,
    },
    Off {
        ms: u64,
    },
    Sleep,
    Reboot,
    CutPower,
    /// An answer with a nonce's date is applied.
    Contact,
    /// An answer to a reading under the device's own nonce, issued after some days in transit.
    CarriedContact {
        transit_ms: u64,
    },
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        6 => (1..5 * DAY_MS, SLOWEST_RATE..=FASTEST_RATE).prop_map(|(ms, rate)| Move::Run { ms, rate }),
        1 => (1..5 * DAY_MS).prop_map(|ms| Move::Run { ms, rate: FASTEST_RATE }),
        2 => (1..60 * DAY_MS).prop_map(|ms| Move::Off { ms }),
        1 => Just(Move::Sleep),
        1 => Just(Move::Reboot),
        2 => Just(Move::CutPower),
        1 => Just(Move::Contact),
        2 => (0..20 * DAY_MS).prop_map(|transit_ms| Move::CarriedContact { transit_ms }),
    ]
}

proptest! {
    #[test]
    fn p2_the_floor_is_never_ahead_of_the_true_time(
        family in 0..FAMILIES_MS.len(),
        moves in prop::collection::vec(any_move(), 1..60),
    ) {
        let mut machine = Machine::new(FAMILIES_MS[family]);
        let mut anchor = anchored(machine.true_utc(), &machine.attest());
        let mut issued_at = anchor.utc;
        // Each contact brings the lease of one more license.
        let mut leases = vec![(anchor, issued_at)];
        for a_move in moves {
            match a_move {
                Move::Run { ms, rate } => { machine.rate = rate; machine.run(ms); }
                Move::Off { ms } => machine.stay_off(ms),
                Move::Sleep => machine.sleep(),
                Move::Reboot => machine.reboot(),
                Move::CutPower => machine.cycle_power(),
                Move::Contact => {
                    anchor = anchored(machine.true_utc(), &machine.attest());
                    issued_at = machine.true_utc();
                }
                Move::CarriedContact { transit_ms } => {
                    let asked = machine.attest();
                    machine.run(transit_ms);
                    anchor = carried(&anchor, &asked);
                    issued_at = machine.true_utc();
                }
            }
            if leases.last() != Some(&(anchor, issued_at)) {
                leases.push((anchor, issued_at));
            }
            let floor = floor(&anchor, &machine.peek(), [issued_at]);
            prop_assert!(floor <= machine.true_utc(), "the floor is {floor} at {}", machine.true_utc());
            let of_all = floor_of_leases(&leases, &machine.peek()).unwrap();
            prop_assert!(of_all <= machine.true_utc(), "of all it is {of_all} at {}", machine.true_utc());
            prop_assert!(of_all >= proven_utc(&anchor, &machine.peek()), "the newest counts");
        }
    }

    #[test]
    fn p2_more_evidence_never_lowers_the_floor(
        anchor_clock in any::<u64>(),
        anchor_utc in START - 1_000_000_000..START,
        clocks in (any::<u64>(), any::<u64>()),
        issued in prop::collection::vec(START - 1_000_000..START + 1_000_000, 1..5),
    ) {
        let reading = |clock_ms| Reading {
            clock: ClockInfo { clock_ms, reset_count: 0, restart_count: 0, safe: true },
            activity: 0,
        };
        let anchor = anchored(utc(anchor_utc), &reading(anchor_clock));
        let tokens: Vec<_> = issued.iter().map(|&seconds| utc(seconds)).collect();
        let (earlier, later) = (clocks.0.min(clocks.1), clocks.0.max(clocks.1));

        let few = floor(&anchor, &reading(earlier), tokens[1..].iter().copied());
        prop_assert!(few >= anchor.utc);
        prop_assert!(floor(&anchor, &reading(later), tokens[1..].iter().copied()) >= few);
        prop_assert!(floor(&anchor, &reading(earlier), tokens.iter().copied()) >= few);
        prop_assert!(tokens[1..].iter().all(|&token| few >= token));
    }
}

/// The TPM's clock is set forward by a year between two leases, of which the second one is by file and dated long before.
#[test]
fn p2_p3_a_contact_takes_back_a_clock_set_forward_for_all_leases_and_no_more_than_that() {
    let at = |clock_ms| Reading {
        clock: ClockInfo {
            clock_ms,
            reset_count: 0,
            restart_count: 0,
            safe: true,
        },
        activity: 0,
    };
    let day = |days: u64| utc(START + days * 86_400);
    let first = (anchored(day(0), &at(0)), day(0));
    let alone = floor_of_leases(&[first], &at(12 * DAY_MS)).unwrap();
    assert_eq!(alone, day(10), "5/6 of twelve days");
    for forward in [0, 365 * DAY_MS] {
        let second = (anchored(day(0), &at(12 * DAY_MS + forward)), day(12));
        let floor = |days| floor_of_leases(&[second, first], &at(days * DAY_MS + forward)).unwrap();
        let proven = if forward == 0 {
            [day(10), day(15)]
        } else {
            [day(12), day(17)]
        };
        assert_eq!([floor(12), floor(18)], proven);
    }
    assert_eq!(floor_of_leases(&[], &at(0)), None);
}

#[test]
fn p2_a_request_of_day_0_answered_on_day_10_never_runs_ahead() {
    for answered_with in [answered_at_the_nonces_date, answered_by_carrying_on] {
        let mut machine = Machine::new(FAMILIES_MS[4]);
        machine.rate = FASTEST_RATE;
        let before = anchored(machine.true_utc(), &machine.attest());
        machine.run(3 * DAY_MS);
        let nonce_issued = machine.true_utc();
        let asked = machine.attest();
        machine.run(10 * DAY_MS);

        let anchor = answered_with(&before, nonce_issued, &asked);
        let lease_issued = machine.true_utc();
        for _ in 0..30 {
            let floor = floor(&anchor, &machine.attest(), [lease_issued]);
            assert!(
                floor <= machine.true_utc(),
                "the floor is {floor} at {}",
                machine.true_utc()
            );
            assert!(floor >= lease_issued);
            machine.run(DAY_MS);
        }
    }
}

fn answered_at_the_nonces_date(
    _: &Anchor,
    nonce: counterfoil::token::UtcTime,
    asked: &Reading,
) -> Anchor {
    anchored(nonce, asked)
}

fn answered_by_carrying_on(
    before: &Anchor,
    _: counterfoil::token::UtcTime,
    asked: &Reading,
) -> Anchor {
    carried(before, asked)
}

#[test]
fn p2_an_anchor_dated_by_its_answer_would_run_ahead() {
    let mut machine = Machine::new(FAMILIES_MS[4]);
    let asked = machine.attest();
    machine.run(10 * DAY_MS);
    let wrong = anchored(machine.true_utc(), &asked);
    assert!(proven_utc(&wrong, &machine.attest()) > machine.true_utc());
}

#[test]
fn p2_a_cleared_tpm_proves_no_more_than_the_anchor() {
    let mut machine = Machine::new(FAMILIES_MS[0]);
    machine.run(DAY_MS);
    let anchor = anchored(machine.true_utc(), &machine.attest());
    let cleared = Machine::new(FAMILIES_MS[0]).attest();
    assert_eq!(proven_utc(&anchor, &cleared), anchor.utc);
}

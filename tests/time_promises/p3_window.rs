//! P3: nothing unauthenticated moves the floor, and the promised window is not shortened.

use crate::machine::{DAY_MS, FAMILIES_MS, MINUTE_MS, Machine, Program, START, limits, utc};
use counterfoil::time::{
    BootClock, BootWitness, ClockNotice, Limits, Now, Source, anchored, budget_ms, floor, now,
};
use counterfoil::token::{Anchor, UtcTime};
use proptest::prelude::*;
use std::num::NonZeroU32;
use std::time::Duration;

const HEARTBEAT_MS: u64 = 5 * MINUTE_MS;
const RESTARTS: u32 = 10;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn limits_for(window_days: u64, unclean_loss_ms: u64) -> Limits {
    let window = Duration::from_secs(window_days * DAY);
    let restarts_allowed = NonZeroU32::new(RESTARTS).expect("ten is not zero");
    let budget = budget_ms(window, unclean_loss_ms, restarts_allowed, HEARTBEAT_MS);
    limits(budget, unclean_loss_ms, RESTARTS, HEARTBEAT_MS)
}

/// A day: `boots` reboots and `sleeps` sleeps at even intervals from `phase_ms` on, a validation after each.
///
/// Returns the milliseconds of the day until the lease refused, if it did.
fn live_a_day(
    program: &mut Program,
    boots: u64,
    sleeps: u64,
    phase_ms: u64,
    uncleanly: bool,
) -> Option<u64> {
    let events = boots + sleeps;
    let mut at_ms = 0;
    for event in 0..events {
        let next_ms = (phase_ms + event * (DAY_MS / events)).min(DAY_MS);
        program.machine.run(next_ms - at_ms);
        at_ms = next_ms;
        let boots_now = event * boots / events < (event + 1) * boots / events;
        match (boots_now, uncleanly) {
            (true, true) => program.machine.cycle_power(),
            (true, false) => program.machine.reboot(),
            (false, _) => program.machine.sleep(),
        }
        if boots_now {
            program.end_process();
        }
        if program.validate().is_err() {
            return Some(at_ms);
        }
    }
    program.machine.run(DAY_MS - at_ms);
    program.validate().is_err().then_some(DAY_MS)
}

/// A day with its boot after the first `before` of ten sleeps that take no time; a validation after each.
///
/// Whether the lease held out.
fn live_a_day_in_order(program: &mut Program, before: usize, uncleanly: bool) -> bool {
    for event in 0..11 {
        program.machine.run(DAY_MS / 12);
        match (event == before, uncleanly) {
            (true, true) => program.machine.cycle_power(),
            (true, false) => program.machine.reboot(),
            (false, _) => program.machine.sleep(),
        }
        if event == before {
            program.end_process();
        }
        if program.validate().is_err() {
            return false;
        }
    }
    program.machine.run(DAY_MS / 12);
    program.validate().is_ok()
}

/// When in each day the boot is: at random; at the evening of one and the morning of the next, so that 20 sleeps are in
/// one boot and none in the next; or a sleep later each day, so that a boot has eleven.
fn any_order() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        prop::collection::vec(0..=10usize, 365),
        Just((0..365).map(|day| day % 2 * 10).collect()),
        (0..=10usize).prop_map(|first| (0..365).map(|day| (first + day) % 11).collect()),
    ]
}

/// The part of the window, in thousandths, that a machine always on works through.
fn share(window_days: u64, unclean_loss_ms: u64, boots: u64, sleeps: u64) -> u64 {
    let mut program = Program::activate(
        Machine::new(unclean_loss_ms),
        limits_for(window_days, unclean_loss_ms),
    );
    for day in 0..window_days {
        if let Some(at_ms) = live_a_day(&mut program, boots, sleeps, 0, false) {
            return (day * DAY_MS + at_ms) * 1000 / (window_days * DAY_MS);
        }
    }
    1000
}

proptest! {
    #[test]
    fn p3_one_boot_and_ten_sleeps_a_day_keep_the_whole_window(
        family in 0..FAMILIES_MS.len(),
        window_days in prop::sample::select(vec![1u64, 2, 7, 30, 60, 365]),
        phase_ms in 0..DAY_MS / 11,
        uncleanly in any::<bool>(),
        slept_before in 0u32..30,
    ) {
        let loss_ms = FAMILIES_MS[family];
        let mut machine = Machine::new(loss_ms);
        for _ in 0..slept_before {
            machine.run(MINUTE_MS);
            machine.sleep();
        }
        let mut program = Program::activate(machine, limits_for(window_days, loss_ms));
        for day in 0..window_days {
            let refused = live_a_day(&mut program, 1, 10, phase_ms, uncleanly);
            prop_assert_eq!(refused, None, "on day {} of {}", day, window_days);
        }
    }

    #[test]
    fn p3_the_order_of_boots_and_sleeps_takes_nothing_from_the_window(
        family in 0..FAMILIES_MS.len(),
        window_days in prop::sample::select(vec![1usize, 2, 7, 30, 60, 365]),
        (restarts, heartbeat_minutes) in prop_oneof![Just((10, 5)), (1u32..30, 1u64..=60)],
        order in any_order(),
        uncleanly in any::<bool>(),
    ) {
        let loss_ms = FAMILIES_MS[family];
        let window = Duration::from_secs(window_days as u64 * DAY);
        let restarts_allowed = NonZeroU32::new(restarts).expect("one at least");
        let heartbeat_ms = heartbeat_minutes * MINUTE_MS;
        let budget = budget_ms(window, loss_ms, restarts_allowed, heartbeat_ms);
        let limits = limits(budget, loss_ms, restarts, heartbeat_ms);
        let mut program = Program::activate(Machine::new(loss_ms), limits);
        for (day, &before) in order.iter().take(window_days).enumerate() {
            let lasts = live_a_day_in_order(&mut program, before, uncleanly);
            prop_assert!(lasts, "to day {} of {}", day, window_days);
        }
    }

    #[test]
    fn p3_no_os_clock_moves_the_floor(os_clock in 0u64..=253_402_300_799, ran_days in 0u64..400) {
        let fresh = Contact::with_utc(START);
        let mut machine = fresh.machine.clone();
        machine.run(ran_days * DAY_MS);
        let before = floor(&fresh.anchor, &machine.peek(), [fresh.lease_issued_at]);
        let judged = fresh.now_at(utc(os_clock), &machine);
        let after = floor(&fresh.anchor, &machine.peek(), [fresh.lease_issued_at]);
        prop_assert_eq!(before, after);
        prop_assert!(judged.utc >= before);
        prop_assert!(judged.utc <= utc(os_clock).max(before));
    }

    #[test]
    fn p3_the_ceiling_never_cuts_below_the_true_time(
        anchor_age in 0u64..400 * DAY,
        transit_ms in 0u64..40 * DAY_MS,
        vendor_part in 0u64..=100,
        elapsed_ms in 0u64..200 * DAY_MS,
        drift_per_thousand in 0u64..=9,
    ) {
        // The request leaves at START, with an anchor dated up to 400 days earlier; the vendor answers on the way.
        let issued = START + transit_ms / 1000 * vendor_part / 100;
        let contact = Contact {
            machine: Machine::new(FAMILIES_MS[0]),
            anchor: anchored(utc(START - anchor_age), &Machine::new(FAMILIES_MS[0]).attest()),
            lease_issued_at: utc(issued),
            witness: Some(BootWitness {
                applied: BootClock { boot_id: [1; 16], elapsed_ms: transit_ms },
                round_trip_ms: transit_ms,
            }),
        };
        let true_utc = utc(START + (transit_ms + elapsed_ms) / 1000);
        // The machine's own clock may run slow by most of a percent.
        let measured_ms = elapsed_ms - elapsed_ms * drift_per_thousand / 1000;
        let boot = BootClock { boot_id: [1; 16], elapsed_ms: transit_ms + measured_ms };
        let floor = contact.lease_issued_at;
        let judged = now(true_utc, floor, &contact.anchor, contact.lease_issued_at, boot, contact.witness.as_ref());
        prop_assert!(judged.utc >= true_utc, "{} at {true_utc}", judged.utc);
        prop_assert_eq!(judged.notice, None);
    }
}

#[test]
fn p3_twenty_boots_a_day_leave_the_stated_share() {
    assert_eq!(share(30, 4_194_304, 20, 0) / 10, 41);
    assert_eq!(share(30, 4_096, 20, 0) / 10, 62);
}

/// A lease that was applied, and what is remembered of it.
struct Contact {
    machine: Machine,
    anchor: Anchor,
    lease_issued_at: UtcTime,
    witness: Option<BootWitness>,
}

impl Contact {
    /// An answer that took ten seconds, to an anchor dated `anchor_utc`, in a boot that has run for an hour.
    fn with_utc(anchor_utc: u64) -> Self {
        let mut machine = Machine::new(FAMILIES_MS[4]);
        let anchor = anchored(utc(anchor_utc), &machine.attest());
        machine.run(10_000);
        Contact {
            lease_issued_at: machine.true_utc(),
            witness: Some(BootWitness {
                applied: BootClock {
                    boot_id: [1; 16],
                    elapsed_ms: HOUR * 1000 + machine.true_ms,
                },
                round_trip_ms: 10_000,
            }),
            machine,
            anchor,
        }
    }

    fn now_at(&self, os_clock: UtcTime, machine: &Machine) -> Now {
        let boot = BootClock {
            boot_id: [1; 16],
            elapsed_ms: HOUR * 1000 + machine.true_ms,
        };
        let floor = floor(&self.anchor, &machine.peek(), [self.lease_issued_at]);
        now(
            os_clock,
            floor,
            &self.anchor,
            self.lease_issued_at,
            boot,
            self.witness.as_ref(),
        )
    }
}

#[test]
fn p3_a_clock_that_stands_in_2099_is_ignored_for_the_whole_window() {
    let contact = Contact::with_utc(START);
    let mut machine = contact.machine.clone();
    for _ in 0..60 {
        let judged = contact.now_at(utc(4_083_955_200), &machine);
        assert_eq!(
            (judged.source, judged.notice),
            (Source::Floor, Some(ClockNotice::OsClockAhead))
        );
        assert!(judged.utc <= machine.true_utc());
        machine.run(DAY_MS);
    }
}

#[test]
fn p3_a_clock_in_1970_costs_nothing_and_is_mentioned() {
    let contact = Contact::with_utc(START);
    let mut machine = contact.machine.clone();
    machine.run(DAY_MS);
    let judged = contact.now_at(utc(0), &machine);
    assert_eq!(
        (judged.source, judged.notice),
        (Source::Floor, Some(ClockNotice::OsClockBehindFloor))
    );
    assert!(judged.utc <= machine.true_utc());
}

#[test]
fn p3_a_clock_ahead_by_months_is_held_to_what_can_have_passed_in_this_boot() {
    let contact = Contact::with_utc(START);
    let mut machine = contact.machine.clone();
    machine.run(10 * DAY_MS);
    let true_utc = machine.true_utc();
    let judged = contact.now_at(true_utc.plus(Duration::from_secs(100 * DAY)), &machine);
    assert_eq!(
        (judged.source, judged.notice),
        (Source::Ceiling, Some(ClockNotice::OsClockAhead))
    );
    // A hundredth of ten days, and an hour, and ten seconds.
    assert!(judged.utc <= true_utc.plus(Duration::from_secs(DAY / 10 + HOUR + 20)));
}

#[test]
fn p3_a_right_clock_is_believed_through_sleeps() {
    let contact = Contact::with_utc(START);
    let mut machine = contact.machine.clone();
    for _ in 0..50 {
        machine.sleep();
        machine.stay_off(2 * DAY_MS);
        let judged = contact.now_at(machine.true_utc(), &machine);
        assert_eq!(
            judged,
            Now {
                utc: machine.true_utc(),
                source: Source::OsClock,
                notice: None
            }
        );
    }
}

#[test]
fn p3_the_leases_own_date_counts_where_the_anchor_is_months_old() {
    // A first activation by file: the anchor bears the date of a trust bundle of 200 days ago.
    let contact = Contact::with_utc(START - 200 * DAY);
    let mut machine = contact.machine.clone();
    machine.run(DAY_MS);
    assert_eq!(
        contact.now_at(machine.true_utc(), &machine).utc,
        machine.true_utc()
    );

    // With the anchor's date alone a right clock would be cut back by all these days.
    let boot = BootClock {
        boot_id: [1; 16],
        elapsed_ms: HOUR * 1000 + machine.true_ms,
    };
    let alone = now(
        machine.true_utc(),
        contact.anchor.utc,
        &contact.anchor,
        contact.anchor.utc,
        boot,
        contact.witness.as_ref(),
    );
    assert!(
        alone.utc
            < machine
                .true_utc()
                .saturating_sub(Duration::from_secs(190 * DAY))
    );
}

#[test]
fn p3_another_boot_or_a_backward_clock_voids_the_ceiling() {
    let contact = Contact::with_utc(START);
    let os_clock = utc(START + 100 * DAY);
    for boot in [
        BootClock {
            boot_id: [2; 16],
            elapsed_ms: HOUR * 2000,
        },
        BootClock {
            boot_id: [1; 16],
            elapsed_ms: 0,
        },
    ] {
        let judged = now(
            os_clock,
            contact.lease_issued_at,
            &contact.anchor,
            contact.lease_issued_at,
            boot,
            contact.witness.as_ref(),
        );
        assert_eq!(
            judged,
            Now {
                utc: os_clock,
                source: Source::OsClock,
                notice: None
            }
        );
    }
}

#[test]
fn p3_a_clock_exactly_400_days_ahead_is_the_last_one_believed() {
    let contact = Contact {
        witness: None,
        ..Contact::with_utc(START)
    };
    let floor = floor(
        &contact.anchor,
        &contact.machine.peek(),
        [contact.lease_issued_at],
    );
    let last = floor.plus(Duration::from_secs(400 * DAY));
    assert_eq!(contact.now_at(last, &contact.machine).utc, last);
    assert_eq!(
        contact
            .now_at(last.plus(Duration::from_secs(1)), &contact.machine)
            .utc,
        floor
    );
}

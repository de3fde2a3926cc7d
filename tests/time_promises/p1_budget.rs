//! P1: between two vendor contacts, accepted powered-on time is at most D plus one heartbeat.

use crate::machine::{
    FAMILIES_MS, FASTEST_RATE, MINUTE_MS, Machine, Program, SLOWEST_RATE, limits,
};
use counterfoil::time::ChargeError;
use proptest::prelude::*;

/// What the machine's owner does.
#[derive(Debug, Clone)]
enum Move {
    /// Uses the software, validating at each heartbeat.
    Use {
        heartbeats: u64,
    },
    /// Uses what verdict there is without validating anew.
    UseCached {
        ms: u64,
    },
    SetRate {
        rate: u64,
    },
    /// Shutdown(CLEAR) and power off at once.
    Reboot,
    /// Power off without a word to the TPM.
    CutPower,
    /// Shutdown(CLEAR), use for up to I, power off: the clock returns to its value at the shutdown.
    ShutdownUseCut {
        heartbeats: u64,
    },
    /// Shutdown(STATE), use of the cached verdict, power off and on: a resume that hides the use.
    SleepAfterUse {
        ms: u64,
    },
    /// Many sleeps, a heartbeat of use hidden in each, which a later Reset would hide in turn.
    HideRestarts {
        sleeps: u32,
        with_the_most_useful_file: bool,
    },
    /// As many of them as need no increment.
    HideAllowedRestarts,
    /// Sleeps without use.
    Sleep {
        times: u32,
    },
    DeleteState,
    RestoreState {
        pick: usize,
    },
    /// A crash between writing the successor and the increment.
    CrashBeforeIncrement,
    EndProcess,
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (1u64..20).prop_map(|heartbeats| Move::Use { heartbeats }),
        2 => (1u64..10 * MINUTE_MS).prop_map(|ms| Move::UseCached { ms }),
        1 => (SLOWEST_RATE..=FASTEST_RATE).prop_map(|rate| Move::SetRate { rate }),
        1 => Just(Move::SetRate { rate: SLOWEST_RATE }),
        1 => Just(Move::Reboot),
        2 => Just(Move::CutPower),
        3 => (1u64..20).prop_map(|heartbeats| Move::ShutdownUseCut { heartbeats }),
        3 => (1u64..10 * MINUTE_MS).prop_map(|ms| Move::SleepAfterUse { ms }),
        3 => (1u32..40, any::<bool>()).prop_map(|(sleeps, with_the_most_useful_file)| {
            Move::HideRestarts { sleeps, with_the_most_useful_file }
        }),
        4 => Just(Move::HideAllowedRestarts),
        1 => (1u32..40).prop_map(|times| Move::Sleep { times }),
        1 => Just(Move::DeleteState),
        3 => any::<usize>().prop_map(|pick| Move::RestoreState { pick }),
        2 => Just(Move::CrashBeforeIncrement),
        1 => Just(Move::EndProcess),
    ]
}

/// Validates, and checks that what is charged is never less than what was accepted until now.
fn validate(program: &mut Program) -> Result<(), TestCaseError> {
    match program.validate() {
        // The attested clock is in whole milliseconds: one may be missing, at the slowest rate two.
        Ok(charge) => prop_assert!(
            program.accepted_ms <= charge.spent_ms + 2,
            "{} ms were accepted and {} charged",
            program.accepted_ms,
            charge.spent_ms
        ),
        Err(error) => prop_assert!(matches!(error, ChargeError::BudgetSpent { .. }), "{error}"),
    }
    Ok(())
}

fn use_for(program: &mut Program, heartbeats: u64) -> Result<(), TestCaseError> {
    for _ in 0..heartbeats {
        validate(program)?;
        program.run(program.limits.heartbeat_ms);
    }
    Ok(())
}

/// Uses the software for a heartbeat that the TPM's clock then does not show.
fn hide_a_heartbeat(program: &mut Program) -> Result<(), TestCaseError> {
    validate(program)?;
    program.machine.shutdown(true);
    program.run(program.limits.heartbeat_ms);
    program.machine.cycle_power();
    Ok(())
}

fn play(program: &mut Program, a_move: &Move) -> Result<(), TestCaseError> {
    match *a_move {
        Move::Use { heartbeats } => use_for(program, heartbeats)?,
        Move::UseCached { ms } => program.run(ms),
        Move::SetRate { rate } => program.machine.rate = rate,
        Move::Reboot => {
            program.end_process();
            program.machine.reboot();
        }
        Move::CutPower => {
            program.end_process();
            program.machine.cycle_power();
        }
        Move::ShutdownUseCut { heartbeats } => {
            program.machine.shutdown(false);
            use_for(program, heartbeats)?;
            program.end_process();
            program.machine.cycle_power();
        }
        Move::SleepAfterUse { ms } => {
            program.machine.shutdown(true);
            program.run(ms);
            program.machine.cycle_power();
        }
        Move::HideRestarts {
            sleeps,
            with_the_most_useful_file,
        } => {
            for _ in 0..sleeps {
                if with_the_most_useful_file {
                    program.restore_the_most_useful_file();
                }
                hide_a_heartbeat(program)?;
            }
        }
        Move::HideAllowedRestarts => {
            for _ in 0..program.limits.restarts_allowed.get() {
                hide_a_heartbeat(program)?;
            }
        }
        Move::Sleep { times } => (0..times).for_each(|_| program.machine.sleep()),
        Move::DeleteState => program.state_file = None,
        Move::RestoreState { pick } => {
            program.end_process();
            program.state_file = Some(program.written[pick % program.written.len()]);
        }
        Move::CrashBeforeIncrement => {
            program.end_process();
            program.prepare_successor();
        }
        Move::EndProcess => program.end_process(),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn p1_accepted_time_stays_within_budget_and_a_heartbeat(
        family in 0..FAMILIES_MS.len(),
        restarts_allowed in 1u32..=12,
        heartbeat_minutes in 1u64..=10,
        budget_hours in 1u64..=480,
        moves in prop::collection::vec(any_move(), 1..80),
    ) {
        let heartbeat_ms = heartbeat_minutes * MINUTE_MS;
        let limits = limits(budget_hours * 60 * MINUTE_MS, FAMILIES_MS[family], restarts_allowed, heartbeat_ms);
        let mut program = Program::activate(Machine::new(FAMILIES_MS[family]), limits);
        program.machine.rate = SLOWEST_RATE;
        for a_move in &moves {
            play(&mut program, a_move)?;
            prop_assert!(program.accepted_ms <= limits.budget_ms + limits.heartbeat_ms);
        }
        validate(&mut program)?;
    }
}

/// A program on the slowest clock with the smallest I, so that what the other terms charge shows.
fn program(budget_hours: u64) -> Program {
    let limits = limits(
        budget_hours * 60 * MINUTE_MS,
        FAMILIES_MS[0],
        10,
        5 * MINUTE_MS,
    );
    let mut program = Program::activate(Machine::new(FAMILIES_MS[0]), limits);
    program.machine.rate = SLOWEST_RATE;
    program
}

/// Repeats an attack until the budget is spent, and checks that it gained nothing.
fn until_spent(
    mut program: Program,
    mut attack: impl FnMut(&mut Program) -> Result<(), TestCaseError>,
) {
    for _ in 0..10_000 {
        attack(&mut program).expect("what was accepted is charged");
        if matches!(program.validate(), Err(ChargeError::BudgetSpent { .. })) {
            assert!(program.accepted_ms <= program.limits.budget_ms + program.limits.heartbeat_ms);
            return;
        }
    }
    panic!("the budget lasts for ever");
}

#[test]
fn p1_the_slowest_clock_gains_nothing() {
    until_spent(program(480), |program| use_for(program, 10));
}

#[test]
fn p1_shutdown_use_kill_cycles_pay_for_each_reset() {
    let loss_ms = FAMILIES_MS[4];
    let limits = limits(480 * 60 * MINUTE_MS, loss_ms, 10, 5 * MINUTE_MS);
    let mut program = Program::activate(Machine::new(loss_ms), limits);
    program.machine.rate = SLOWEST_RATE;
    until_spent(program, |program| {
        play(program, &Move::ShutdownUseCut { heartbeats: 13 })
    });
}

#[test]
fn p1_restarts_that_a_reset_hides_are_charged() {
    until_spent(program(48), |program| {
        play(program, &Move::HideAllowedRestarts)?;
        play(program, &Move::CutPower)
    });
}

#[test]
fn p1_restarts_that_a_reset_hides_are_charged_without_a_state_file() {
    until_spent(program(48), |program| {
        for _ in 0..100 {
            play(program, &Move::DeleteState)?;
            play(program, &Move::EndProcess)?;
            hide_a_heartbeat(program)?;
        }
        play(program, &Move::CutPower)
    });
}

#[test]
fn p1_a_successor_that_was_never_committed_covers_no_restarts() {
    until_spent(program(48), |program| {
        for _ in 0..50 {
            for _ in 0..program.limits.restarts_allowed.get() {
                program.restore_the_most_useful_file();
                hide_a_heartbeat(program)?;
            }
            play(program, &Move::CrashBeforeIncrement)?;
        }
        play(program, &Move::CutPower)
    });
}

#[test]
fn p1_a_fork_of_an_earlier_boot_covers_no_restarts() {
    let mut program = program(48);
    // Successors for one counter value, at ever more restarts, of which none is committed; then one is.
    for _ in 0..20 {
        play(&mut program, &Move::Sleep { times: 10 }).expect("sleeping is free");
        program.prepare_successor();
    }
    program.end_process();
    program.state_file = None;
    program.validate().expect("the budget is fresh");
    until_spent(program, |program| {
        play(program, &Move::CutPower)?;
        play(
            program,
            &Move::HideRestarts {
                sleeps: 200,
                with_the_most_useful_file: true,
            },
        )
    });
}

//! A model of a machine, its TPM and a program that validates a lease, without the parts that make no time.

use counterfoil::evidence::ClockInfo;
use counterfoil::time::{
    Charge, ChargeError, LastIncrement, Limits, Reading, anchored, charge, increment_due,
};
use counterfoil::token::{Anchor, UtcTime};
use std::num::NonZeroU32;

/// Clock units per millisecond: the slowest (6/7), the true and the fastest (6/5) rate are whole numbers of them.
pub(crate) const TRUE_RATE: u64 = 70;
pub(crate) const SLOWEST_RATE: u64 = 60;
pub(crate) const FASTEST_RATE: u64 = 84;

pub(crate) const MINUTE_MS: u64 = 60_000;
pub(crate) const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// Clock loss at an unclean stop, by TPM family, in milliseconds.
pub(crate) const FAMILIES_MS: [u64; 5] = [4_096, 10_000, 16_384, 524_288, 4_194_304];

/// The true time when a machine is switched on first.
pub(crate) const START: u64 = 1_800_000_000;

pub(crate) fn utc(seconds: u64) -> UtcTime {
    UtcTime::from_unix(seconds).expect("a date before the year 10000")
}

/// A TPM, powered, with a clock that is saved at each multiple of I and at each orderly shutdown.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// Milliseconds of true time since [`START`].
    pub(crate) true_ms: u64,
    /// Units that the clock advances per true millisecond.
    pub(crate) rate: u64,
    clock: u64,
    saved_clock: u64,
    may_resume: bool,
    reset_count: u32,
    restart_count: u32,
    activity: u64,
    unclean_loss_ms: u64,
}

impl Machine {
    pub(crate) fn new(unclean_loss_ms: u64) -> Self {
        Machine {
            true_ms: 0,
            rate: TRUE_RATE,
            clock: 0,
            saved_clock: 0,
            may_resume: false,
            reset_count: 0,
            restart_count: 0,
            activity: 1,
            unclean_loss_ms,
        }
    }

    pub(crate) fn true_utc(&self) -> UtcTime {
        utc(START + self.true_ms / 1000)
    }

    pub(crate) fn run(&mut self, ms: u64) {
        self.true_ms += ms;
        self.clock += ms * self.rate;
        // At its worst for the vendor: after Shutdown(STATE) nothing saves the clock until the TPM attests.
        if !self.may_resume {
            let unit = self.unclean_loss_ms * TRUE_RATE;
            self.saved_clock = self.saved_clock.max(self.clock / unit * unit);
        }
    }

    pub(crate) fn stay_off(&mut self, ms: u64) {
        self.true_ms += ms;
    }

    /// TPM2_Shutdown: the TPM goes on answering, whatever follows.
    pub(crate) fn shutdown(&mut self, keeping_state: bool) {
        self.saved_clock = self.clock;
        self.may_resume = keeping_state;
    }

    /// Power off and on again: a resume after Shutdown(STATE), else a Reset.
    pub(crate) fn cycle_power(&mut self) {
        self.clock = self.saved_clock;
        if std::mem::take(&mut self.may_resume) {
            self.restart_count += 1;
        } else {
            self.reset_count += 1;
            self.restart_count = 0;
        }
    }

    pub(crate) fn sleep(&mut self) {
        self.shutdown(true);
        self.cycle_power();
    }

    pub(crate) fn reboot(&mut self) {
        self.shutdown(false);
        self.cycle_power();
    }

    pub(crate) fn increment_activity(&mut self) {
        self.activity += 1;
    }

    /// A certified reading. Attesting after Shutdown(STATE) turns the resume into a Reset.
    pub(crate) fn attest(&mut self) -> Reading {
        self.may_resume = false;
        self.peek()
    }

    pub(crate) fn peek(&self) -> Reading {
        let clock_ms = self.clock / TRUE_RATE;
        let clock = ClockInfo {
            clock_ms,
            reset_count: self.reset_count,
            restart_count: self.restart_count,
            safe: true,
        };
        Reading {
            clock,
            activity: self.activity,
        }
    }
}

/// A program that holds a lease, and the disk it keeps its memory on.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) machine: Machine,
    pub(crate) anchor: Anchor,
    pub(crate) limits: Limits,
    /// The state file, which the machine's owner replaces at will.
    pub(crate) state_file: Option<LastIncrement>,
    /// Every state file that was ever written.
    pub(crate) written: Vec<LastIncrement>,
    memory: Option<LastIncrement>,
    verdict_until_ms: u64,
    /// Powered-on milliseconds for which a verdict was valid.
    pub(crate) accepted_ms: u64,
}

impl Program {
    /// Takes a lease from the vendor and applies it.
    pub(crate) fn activate(mut machine: Machine, limits: Limits) -> Self {
        let anchor = anchored(machine.true_utc(), &machine.attest());
        let mut program = Program {
            machine,
            anchor,
            limits,
            state_file: None,
            written: Vec::new(),
            memory: None,
            verdict_until_ms: 0,
            accepted_ms: 0,
        };
        program.increment();
        program
    }

    /// Time passes while the machine is on.
    pub(crate) fn run(&mut self, ms: u64) {
        let valid_ms = self.verdict_until_ms.saturating_sub(self.machine.true_ms);
        self.accepted_ms += ms.min(valid_ms);
        self.machine.run(ms);
    }

    /// The process ends, as at a reboot.
    pub(crate) fn end_process(&mut self) {
        self.memory = None;
        self.verdict_until_ms = 0;
    }

    /// Prepares the successor on disk, as before an increment that a crash then prevents.
    pub(crate) fn prepare_successor(&mut self) -> LastIncrement {
        let Reading { clock, activity } = self.machine.peek();
        let successor = LastIncrement {
            activity: activity + 1,
            reset_count: clock.reset_count,
            restart_count: clock.restart_count,
        };
        self.state_file = Some(successor);
        self.written.push(successor);
        successor
    }

    /// Puts whichever written file spares the program an increment in the place of the state file.
    pub(crate) fn restore_the_most_useful_file(&mut self) {
        self.end_process();
        let reading = self.machine.peek();
        let useful = |file: &&LastIncrement| {
            !increment_due(&reading, Some(file), self.limits.restarts_allowed)
        };
        if let Some(&file) = self.written.iter().find(useful) {
            self.state_file = Some(file);
        }
    }

    pub(crate) fn validate(&mut self) -> Result<Charge, ChargeError> {
        let drawn_ms = self.machine.true_ms;
        let mut reading = self.machine.attest();
        let last = self
            .memory
            .as_ref()
            .filter(|memory| memory.activity == reading.activity);
        if increment_due(
            &reading,
            last.or(self.state_file.as_ref()),
            self.limits.restarts_allowed,
        ) {
            self.increment();
            reading = self.machine.attest();
        }
        let charge = charge(&self.anchor, &reading, &self.limits)?;
        self.verdict_until_ms = drawn_ms + self.limits.heartbeat_ms;
        Ok(charge)
    }

    fn increment(&mut self) {
        self.memory = Some(self.prepare_successor());
        self.machine.increment_activity();
    }
}

pub(crate) fn limits(
    budget_ms: u64,
    unclean_loss_ms: u64,
    restarts_allowed: u32,
    heartbeat_ms: u64,
) -> Limits {
    let restarts_allowed = NonZeroU32::new(restarts_allowed).expect("S is at least one");
    Limits {
        budget_ms,
        unclean_loss_ms,
        restarts_allowed,
        heartbeat_ms,
    }
}

//! A process that validates, one step between any two reads, TPM answers, writes and increments.

use std::num::NonZeroU32;
use std::time::Duration;

use counterfoil::client::continuity::{Next, counting};
use counterfoil::time::{Limits, Reading};

use super::disk::{self, Counts, Loaded, Shown};
use super::{ChargeModel, Fault, TICK_MS, World};
use crate::rules::{Act, Moments};

/// A process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Process {
    /// Ticks for which its cached verdict still counts.
    pub verdict: u8,
    /// Where its validation is.
    pub pc: Pc,
}

/// Where a validation is. `age` is the number of ticks since its random was drawn, `base` the counter's value with which it
/// works, `counts` those in its state, and `compared` says that the counter was read once more before an increment.
#[allow(missing_docs, reason = "said once, above: age, base, counts, compared")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Pc {
    /// None is under way.
    #[default]
    Idle,
    /// It starts, or starts anew.
    Begun { age: u8 },
    /// It has read the counter.
    Counted { age: u8, base: u8 },
    /// It found a successor whose increment is due.
    Finishing {
        age: u8,
        base: u8,
        counts: Counts,
        compared: bool,
    },
    /// It has a state.
    Loaded {
        age: u8,
        base: u8,
        counts: Option<Counts>,
    },
    /// Only where counter and counts come from two moments: it has the counter's certified value.
    Certified {
        age: u8,
        base: u8,
        counts: Option<Counts>,
        activity: u8,
    },
    /// An increment is due and its state not yet written.
    Counting { age: u8, base: u8, counts: Counts },
    /// The successor is written.
    Incrementing { age: u8, base: u8, compared: bool },
    /// The TPM has given an answer on which the verdict is yes; the process has not got it yet.
    Answered { age: u8 },
}

/// A step of a process, or what the machine's owner does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Draws a random, reads the counter, looks for the state, is shown this, has the TPM attest, and gets the verdict: all at
    /// one moment (only where steps are coarse).
    Validate(Shown),
    /// Draws a random.
    Begin,
    /// Reads the counter, and is told this value.
    ReadCounter(u8),
    /// Looks for its state, and is shown this.
    Load(Shown),
    /// Has the counter certified (only where that and the attestation are two).
    Certify,
    /// Has the TPM attest, and verifies and judges the answer.
    Attest,
    /// Writes the successor.
    Write,
    /// Reads the counter before the increment, and finds (or is told) what it expects.
    Compare,
    /// Increments the counter.
    Increment,
    /// Gets the answer that was held back.
    Receive,
    /// Stops here: an error of disk or TPM, an unwritable folder.
    Abort,
    /// Ends, by a kill or a power cut.
    Kill,
    /// Takes a verdict that was stored (only where verdicts are).
    TakeStoredVerdict,
}

impl Process {
    pub(super) fn tick(&mut self, heartbeat_ticks: u8) {
        self.verdict = self.verdict.saturating_sub(1);
        let age = self.pc.age();
        self.pc.set_age(heartbeat_ticks.min(age + 1));
    }

    /// Leaves out what can make no difference any more, so that states that differ in nothing else are one.
    ///
    /// A counter value or a state that is no longer the counter's leads back to the start, by way of an attestation that
    /// shows it.
    pub(super) fn tidy(&mut self, activity: u8, false_answers: bool) {
        if false_answers {
            return;
        }
        self.pc = match self.pc {
            Pc::Counted { age, base } | Pc::Loaded { age, base, .. } if base < activity => {
                Pc::Begun { age }
            }
            Pc::Counting { base, .. } if base + 1 < activity => Pc::Idle,
            Pc::Finishing {
                base,
                compared: false,
                ..
            }
            | Pc::Incrementing {
                base,
                compared: false,
                ..
            } if base < activity => Pc::Idle,
            pc => pc,
        };
    }
}

impl Pc {
    fn age(&mut self) -> u8 {
        self.age_mut().map_or(0, |age| *age)
    }

    fn set_age(&mut self, ticks: u8) {
        if let Some(age) = self.age_mut() {
            *age = ticks;
        }
    }

    fn age_mut(&mut self) -> Option<&mut u8> {
        match self {
            Pc::Idle => None,
            Pc::Begun { age }
            | Pc::Counted { age, .. }
            | Pc::Finishing { age, .. }
            | Pc::Loaded { age, .. }
            | Pc::Certified { age, .. }
            | Pc::Counting { age, .. }
            | Pc::Incrementing { age, .. }
            | Pc::Answered { age } => Some(age),
        }
    }
}

impl ChargeModel {
    /// Calls `push` for each step that the process can make.
    pub(super) fn steps(&self, world: &World, index: usize, mut push: impl FnMut(Step)) {
        let process = &world.processes[index];
        let coarse = self.is_coarse(index);
        let tpm = &world.tpm;
        let compared = |base: u8| self.bounds.false_answers || tpm.activity == base;
        match process.pc {
            Pc::Idle if !coarse => push(Step::Begin),
            Pc::Idle if tpm.powered => {
                let shown = world.archive.shown(0, tpm.resets);
                shown.for_each(|shown| push(Step::Validate(shown)));
            }
            Pc::Begun { .. } if tpm.powered => {
                push(Step::ReadCounter(tpm.activity));
                if self.bounds.false_answers {
                    push(Step::ReadCounter(tpm.activity + 1));
                }
            }
            Pc::Counted { base, .. } => {
                let behind = tpm.activity.cast_signed() - base.cast_signed();
                let shown = world.archive.shown(behind, tpm.resets);
                shown.for_each(|shown| push(Step::Load(shown)));
            }
            Pc::Loaded { .. } if tpm.powered => push(match self.rules.moments {
                Moments::One => Step::Attest,
                Moments::Two => Step::Certify,
            }),
            Pc::Certified { .. } if tpm.powered => push(Step::Attest),
            Pc::Counting { .. } => push(Step::Write),
            Pc::Finishing {
                base,
                compared: false,
                ..
            }
            | Pc::Incrementing {
                base,
                compared: false,
                ..
            } if tpm.powered && compared(base) => push(Step::Compare),
            Pc::Finishing { compared: true, .. } | Pc::Incrementing { compared: true, .. }
                if tpm.powered =>
            {
                push(Step::Increment)
            }
            Pc::Answered { .. } => push(Step::Receive),
            _ => {}
        }
        if process.pc != Pc::Idle {
            push(Step::Abort);
        }
        if *process != Process::default() && !coarse {
            push(Step::Kill);
        }
        if self.rules.persisted_verdict && world.accepted > 0 {
            push(Step::TakeStoredVerdict);
        }
    }

    /// Makes a step.
    pub(super) fn step(&self, world: &mut World, index: usize, step: Step) {
        let pc = world.processes[index].pc;
        let next = match (step, pc) {
            (Step::Validate(shown), _) => {
                self.validate_at_once(world, index, shown);
                Pc::Idle
            }
            (Step::Begin, _) => Pc::Begun { age: 0 },
            (Step::ReadCounter(base), Pc::Begun { age }) => Pc::Counted { age, base },
            (Step::Load(shown), Pc::Counted { age, base }) => match disk::load(base, shown) {
                Loaded::Settled(counts) => Pc::Loaded { age, base, counts },
                Loaded::Unfinished(counts) => Pc::Finishing {
                    age,
                    base,
                    counts,
                    compared: false,
                },
            },
            (Step::Certify, Pc::Loaded { age, base, counts }) => Pc::Certified {
                age,
                base,
                counts,
                activity: world.tpm.activity,
            },
            (Step::Attest, Pc::Loaded { age, base, counts }) => {
                let reading = world.tpm.attest(self.bounds.unclean_loss_ms);
                self.judge(world, age, base, counts, reading)
            }
            (
                Step::Attest,
                Pc::Certified {
                    age,
                    base,
                    counts,
                    activity,
                },
            ) => {
                let reading = Reading {
                    activity: activity.into(),
                    ..world.tpm.attest(self.bounds.unclean_loss_ms)
                };
                self.judge(world, age, base, counts, reading)
            }
            (Step::Write, Pc::Counting { age, base, counts }) => {
                self.write(world, index, age, base, counts);
                Pc::Incrementing {
                    age,
                    base,
                    compared: false,
                }
            }
            (
                Step::Compare,
                Pc::Finishing {
                    age, base, counts, ..
                },
            ) => Pc::Finishing {
                age,
                base,
                counts,
                compared: true,
            },
            (Step::Compare, Pc::Incrementing { age, base, .. }) => Pc::Incrementing {
                age,
                base,
                compared: true,
            },
            // The new value is not read back: the caller attests it before it accepts anything.
            (
                Step::Increment,
                Pc::Finishing {
                    age, base, counts, ..
                },
            ) => {
                world.move_counter();
                Pc::Loaded {
                    age,
                    base: base + 1,
                    counts: Some(counts),
                }
            }
            (Step::Increment, Pc::Incrementing { age, .. }) => {
                world.move_counter();
                Pc::Begun { age }
            }
            (Step::Receive, Pc::Answered { age }) => {
                let process = &mut world.processes[index];
                process.verdict = process.verdict.max(self.verdict(age));
                Pc::Idle
            }
            (Step::Kill, _) => {
                world.processes[index].verdict = 0;
                Pc::Idle
            }
            (Step::TakeStoredVerdict, pc) => {
                world.processes[index].verdict = self.bounds.heartbeat_ticks;
                pc
            }
            _ => Pc::Idle,
        };
        world.processes[index].pc = next;
    }

    /// With coarse steps: all of a validation, to the successor on disk. The counter moves when its owner lets it.
    fn validate_at_once(&self, world: &mut World, index: usize, shown: Shown) {
        let base = world.tpm.activity;
        let Loaded::Settled(counts) = disk::load(base, shown) else {
            return world.move_counter();
        };
        let reading = world.tpm.attest(self.bounds.unclean_loss_ms);
        match self.judge(world, 0, base, counts, reading) {
            Pc::Counting { age, base, counts } => self.write(world, index, age, base, counts),
            Pc::Answered { age } => world.processes[index].verdict = self.verdict(age),
            _ => {}
        }
    }

    fn write(&self, world: &mut World, index: usize, age: u8, base: u8, counts: Counts) {
        let ahead = (base + 1).checked_sub(world.tpm.activity);
        world.archive.insert(ahead, counts, world.tpm.resets);
        if self.rules.act == Act::BeforeIncrement {
            world.processes[index].verdict = self.verdict(age);
        }
    }

    /// What the product makes of an attestation.
    fn judge(
        &self,
        world: &mut World,
        age: u8,
        base: u8,
        counts: Option<Counts>,
        reading: Reading,
    ) -> Pc {
        let state = disk::state(base, counts);
        let allowed = self.restarts_allowed();
        match (self.rules.next)(&reading, base.into(), &state, allowed) {
            Next::Again => return Pc::Begun { age },
            Next::Increment => {
                let counts = disk::counts(&counting(state, &reading.clock));
                return match counts {
                    Some(counts) => Pc::Counting { age, base, counts },
                    None => Pc::Idle,
                };
            }
            Next::Judge => {}
        }
        let limits = Limits {
            restarts_allowed: allowed,
            ..self.limits
        };
        let Ok(charge) = (self.rules.charge)(&self.anchor(world), &reading, &limits) else {
            return Pc::Idle;
        };
        let accepted_ms = u16::from(world.accepted) * TICK_MS;
        if charge.spent_ms < u64::from(accepted_ms) {
            world.fault = Some(Fault::Undercharged {
                spent_ms: u16::try_from(charge.spent_ms).unwrap_or(u16::MAX),
                accepted_ms,
            });
        } else if base != world.tpm.activity && self.rules.moments == Moments::One {
            world.fault = Some(Fault::OlderState);
        }
        Pc::Answered { age }
    }

    fn restarts_allowed(&self) -> NonZeroU32 {
        self.limits.restarts_allowed
    }

    /// Ticks for which a verdict counts that is had now, `age` ticks after its random was drawn.
    fn verdict(&self, age: u8) -> u8 {
        let tick = Duration::from_millis(TICK_MS.into());
        let now = tick * u32::from(age);
        let deadline = (self.rules.deadline)(Duration::ZERO, now, self.limits.heartbeat_ms);
        let left = deadline.saturating_sub(now).as_millis() / tick.as_millis();
        u8::try_from(left).unwrap_or(u8::MAX)
    }
}

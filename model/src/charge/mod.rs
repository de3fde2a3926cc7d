//! Time, counts and counter against processes: is what was accepted always charged?
//!
//! One lease, from its anchor on. The owner of the machine moves the TPM, shows each process whatever file was ever
//! written, and stops or ends each process between any two of its steps. Ghost variables hold what is true: for how long
//! some process had a verdict that counted.

mod disk;
mod process;
mod tpm;

use std::num::NonZeroU32;

use counterfoil::time::Limits;
use counterfoil::token::{Anchor, UtcTime};
use stateright::{Model, Property};

use crate::rules::Rules;

pub use disk::{Archive, Counts, Shown};
pub use process::{Pc, Process, Step};
pub use tpm::{Rate, Tpm};

/// True milliseconds in a tick. The TPM's clock shows 30 ms of them at its slowest, 42 at its fastest.
pub const TICK_MS: u16 = 35;

/// How far the model goes, and the terms of the lease in it.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Processes at once: one or two.
    pub processes: usize,
    /// How finely the steps of a process are told apart.
    pub grain: Grain,
    /// D, in ticks.
    pub budget_ticks: u16,
    /// I, in milliseconds of the TPM's clock.
    pub unclean_loss_ms: u16,
    /// S.
    pub restarts_allowed: u8,
    /// J, in ticks.
    pub heartbeat_ticks: u8,
    /// TPM Resets.
    pub resets: u8,
    /// TPM Restarts in one boot.
    pub restarts: u8,
    /// How far the activity counter goes above its value at the anchor; at most 3.
    pub increments: u8,
    /// Whether unauthenticated answers of the TPM (the plain reading of the counter) may be false.
    pub false_answers: bool,
    /// Whether the clock may run at its true rate and its fastest too, and not only at its slowest.
    pub rates: bool,
    /// Whether the clock may be set forward.
    pub clock_set: bool,
}

/// How finely the steps of a process are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// A step for each read, answer, write and increment, and for holding back an answer.
    Fine,
    /// A validation is one step, to its verdict or to the successor on disk. One process stands for any number: the latest
    /// verdict is the one that counts longest.
    Coarse,
    /// One process in fine steps, and any number of others in coarse ones.
    Mixed,
}

/// The model.
pub struct ChargeModel {
    rules: Rules,
    bounds: Bounds,
    limits: Limits,
}

/// A state of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct World {
    /// The TPM.
    pub tpm: Tpm,
    /// The clock and the restart count at the lease's anchor; reset count and counter are 0 there.
    pub anchored_at: (u16, u8),
    /// Every state file that was ever written and can still mean something.
    pub archive: Archive,
    /// The processes, in order.
    pub processes: [Process; 2],
    /// Ghost: ticks for which some process had a verdict that counted.
    pub accepted: u8,
    /// Ghost: what went wrong.
    pub fault: Option<Fault>,
}

/// A promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A verdict was given for a charge below what had been accepted.
    Undercharged {
        /// The charge, in milliseconds.
        spent_ms: u16,
        /// Accepted until then, in milliseconds.
        accepted_ms: u16,
    },
    /// A verdict rested on a state for another value of the counter than the attested one.
    OlderState,
}

/// A move of the machine's owner, or a step of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// A tick passes, with the clock at this rate.
    Tick(Rate),
    /// A tick passes while the TPM has no power and the processes run.
    TickWithoutTpm,
    /// TPM2_ClockSet: forward by what a tick shows at the slowest rate, while no time passes.
    ClockSet,
    /// TPM2_Shutdown(STATE). The TPM goes on answering, whatever follows.
    ShutdownState,
    /// TPM2_Shutdown(CLEAR), the same.
    ShutdownClear,
    /// The TPM loses power.
    PowerOff,
    /// The TPM gets power: a resume if that is possible, else a Reset.
    PowerOn,
    /// The counter's index is removed and made again with the same Name: its value goes on above. With coarse steps also
    /// any increment of a process.
    RecreateCounter,
    /// A step of the process with this index.
    Process(usize, Step),
}

impl World {
    fn move_counter(&mut self) {
        self.tpm.activity += 1;
        self.archive.counter_moved();
    }

    fn power_on(&mut self) {
        let boot = self.tpm.resets;
        self.tpm.power_on();
        if self.tpm.resets != boot {
            self.archive.boot_ended();
        }
    }
}

impl ChargeModel {
    fn is_coarse(&self, process: usize) -> bool {
        match self.bounds.grain {
            Grain::Fine => false,
            Grain::Coarse => true,
            Grain::Mixed => process > 0,
        }
    }

    /// The model of `rules` within `bounds`.
    pub fn new(rules: Rules, bounds: Bounds) -> Self {
        let restarts_allowed =
            NonZeroU32::new(bounds.restarts_allowed.into()).expect("the bounds allow a restart");
        let limits = Limits {
            budget_ms: u64::from(bounds.budget_ticks * TICK_MS),
            unclean_loss_ms: bounds.unclean_loss_ms.into(),
            restarts_allowed,
            heartbeat_ms: u64::from(u16::from(bounds.heartbeat_ticks) * TICK_MS),
        };
        Self {
            rules,
            bounds,
            limits,
        }
    }

    fn anchor(&self, world: &World) -> Anchor {
        let (clock, restarts) = world.anchored_at;
        Anchor {
            utc: UtcTime::EPOCH,
            clock_ms: clock.into(),
            reset_count: 0,
            restart_count: restarts.into(),
            activity: 0,
        }
    }

    /// The clock goes no further than to where the budget is spent by it alone.
    fn last_clock(&self, world: &World) -> u16 {
        world.anchored_at.0 + self.bounds.budget_ticks * 30 + self.bounds.unclean_loss_ms
    }

    fn tick(&self, world: &mut World) {
        if world.processes.iter().any(|process| process.verdict > 0) {
            world.accepted += 1;
        }
        for process in &mut world.processes {
            process.tick(self.bounds.heartbeat_ticks);
        }
    }
}

impl Model for ChargeModel {
    type State = World;
    type Action = Move;

    /// The anchor lies at each phase between two savings of the clock, at the start of a boot or after a sleep.
    fn init_states(&self) -> Vec<World> {
        let loss = self.bounds.unclean_loss_ms;
        let mut worlds = Vec::new();
        for clock in (0..loss).step_by(30).map(|phase| 2 * loss + phase + 30) {
            for restarts in 0..=1 {
                worlds.push(World {
                    tpm: Tpm::new(clock, loss, restarts),
                    anchored_at: (clock, restarts),
                    archive: Archive::default(),
                    processes: [Process::default(); 2],
                    accepted: 0,
                    fault: None,
                });
            }
        }
        worlds
    }

    fn actions(&self, world: &World, moves: &mut Vec<Move>) {
        if world.fault.is_some() {
            return;
        }
        let tpm = &world.tpm;
        if tpm.powered {
            moves.push(Move::Tick(Rate::Slowest));
            if self.bounds.rates {
                moves.extend([Move::Tick(Rate::True), Move::Tick(Rate::Fastest)]);
            }
            if self.bounds.clock_set {
                moves.push(Move::ClockSet);
            }
            moves.extend([
                Move::ShutdownState,
                Move::ShutdownClear,
                Move::PowerOff,
                Move::RecreateCounter,
            ]);
        } else {
            moves.extend([Move::PowerOn, Move::TickWithoutTpm]);
        }
        for index in 0..self.bounds.processes {
            // Two processes in the same state are one and the same choice.
            let alike = index > 0 && world.processes[index] == world.processes[index - 1];
            if alike && self.bounds.grain == Grain::Fine {
                continue;
            }
            self.steps(world, index, |step| moves.push(Move::Process(index, step)));
        }
    }

    fn next_state(&self, world: &World, a_move: Move) -> Option<World> {
        let mut next = *world;
        match a_move {
            Move::Tick(rate) => {
                next.tpm.run(rate, self.bounds.unclean_loss_ms);
                self.tick(&mut next);
            }
            Move::TickWithoutTpm => self.tick(&mut next),
            Move::ClockSet => next.tpm.run(Rate::Slowest, self.bounds.unclean_loss_ms),
            Move::ShutdownState => next.tpm.shutdown(true),
            Move::ShutdownClear => next.tpm.shutdown(false),
            Move::PowerOff => next.tpm.powered = false,
            Move::PowerOn => next.power_on(),
            Move::RecreateCounter => next.move_counter(),
            Move::Process(index, step) => self.step(&mut next, index, step),
        }
        for process in &mut next.processes {
            process.tidy(next.tpm.activity, self.bounds.false_answers);
        }
        if self.bounds.grain == Grain::Fine {
            next.processes[..self.bounds.processes].sort_unstable();
        }
        (next != *world).then_some(next)
    }

    fn within_boundary(&self, world: &World) -> bool {
        let tpm = &world.tpm;
        tpm.resets <= self.bounds.resets
            && tpm.restarts <= self.bounds.restarts
            && tpm.activity <= self.bounds.increments
            && tpm.clock <= self.last_clock(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "no file brings the charge below what was accepted",
                |_, world: &World| !matches!(world.fault, Some(Fault::Undercharged { .. })),
            ),
            Property::always(
                "P1: accepted is at most D and a heartbeat",
                |model: &Self, world: &World| {
                    let most = model.bounds.budget_ticks + u16::from(model.bounds.heartbeat_ticks);
                    u16::from(world.accepted) <= most
                },
            ),
            Property::always("P4: an older state is refused", |_, world: &World| {
                world.fault != Some(Fault::OlderState)
            }),
            Property::sometimes("the whole budget is used", |model: &Self, world: &World| {
                u16::from(world.accepted) >= model.bounds.budget_ticks
            }),
        ]
    }
}

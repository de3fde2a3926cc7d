//! The state files: what a cut of power leaves, and what an older file can do.
//!
//! One folder and one program that applies an answer, counts restarts and asks for a lease, in the steps in which the store
//! changes the disk. Power may fail before each step; what was not flushed is then there or not.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil::client::continuity::{after_loss, enter_lease, is_newer, is_superseded};
use counterfoil::store::{
    Content, Finding, Moment, PendingActivation, SeenLease, State, weigh, written_for,
};
use counterfoil::token::{Anchor, Digest, LicenseId, UtcTime};
use stateright::{Model, Property};

use crate::rules::{Act, Rules};

/// Who moves the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Power fails, nothing else.
    Honest,
    /// Before each start he lays out any files that were ever written, under any name.
    Hostile,
}

/// How far the model goes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Who moves the machine.
    pub owner: Owner,
    /// How far the activity counter goes.
    pub increments: u8,
    /// Answers of the vendor.
    pub answers: u8,
    /// Whether a hostile owner may keep a successor whose increment another successor made: the one thing that the counter
    /// alone can't tell (see `docs/model.md`).
    pub keeps_successors: bool,
}

/// The model.
pub struct CrashModel {
    rules: Rules,
    bounds: Bounds,
}

/// A state of the world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    counter: u8,
    /// What a program sees: by name, for which value a file was written, and what is in it.
    disk: BTreeMap<u8, (u8, File)>,
    /// What a cut of power is sure to leave.
    flushed: BTreeMap<u8, (u8, File)>,
    /// Sequence number of the lease in its file.
    lease: u8,
    step: Step,
    /// Every state file that was ever written.
    archive: BTreeSet<(u8, File)>,
    /// Requests that were ever made.
    requests: u8,
    /// Ghost: the newest lease that was ever made final.
    newest: u8,
    /// Ghost: the answers that were applied, a bit each.
    applied: u8,
    /// Ghost: what went wrong.
    fault: Option<Fault>,
}

/// What is in a state file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct File {
    /// Sequence number of the newest lease seen; 0 for none.
    seen: u8,
    /// The request that is under way; 0 for none.
    pending: u8,
    /// The lease is still to be written to its file.
    journal: bool,
}

/// Where the program is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// It is not running.
    Idle,
    /// The successor is to be written.
    Write(File),
    /// The successor is to be flushed.
    Flush(File),
    /// The counter is to be incremented.
    Increment(File),
    /// The change is final: the states before are to be removed.
    RemoveEarlier(File),
    /// The lease is to be written to its file.
    Install(File),
    /// The journal is to be emptied.
    EmptyJournal(File),
}

/// A promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A state was used that was written for another value than the counter's.
    OlderState,
    /// An answer was applied that had been applied before.
    AppliedTwice,
}

/// A move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The program starts and asks for a lease.
    Request,
    /// It starts and applies the answer to this request.
    Apply(u8),
    /// It starts and counts restarts.
    Count,
    /// It makes its next step.
    Go,
    /// Power fails. What was not flushed is lost, or not.
    Cut {
        /// It is lost.
        unflushed_lost: bool,
    },
    /// A file that was once written for a value is laid under a name.
    Restore {
        /// The name.
        name: u8,
        /// The value.
        value: u8,
        /// The file.
        file: File,
    },
}

const LICENSE: LicenseId = LicenseId::new([1; 8]);

fn request(number: u8) -> PendingActivation {
    PendingActivation {
        request_id: Digest::new([number; 32]),
        license_id: LICENSE,
        made: Moment {
            boot_id: [0; 16],
            boottime_ms: 0,
        },
        request: Vec::new(),
    }
}

impl File {
    /// The product's state.
    fn state(self) -> State {
        let mut state = State::default();
        if self.seen > 0 {
            let seen = SeenLease {
                sequence: self.seen.into(),
                applied: None,
            };
            state.leases.insert(LICENSE, seen);
        }
        if self.pending > 0 {
            state.add_pending(request(self.pending));
        }
        state
    }

    fn of(state: &State, journal: bool) -> Self {
        let seen = state.leases.get(&LICENSE).map_or(0, |seen| seen.sequence);
        Self {
            seen: u8::try_from(seen).unwrap_or(u8::MAX),
            pending: state
                .pending_for(LICENSE)
                .map_or(0, |pending| pending.request_id.as_bytes()[0]),
            journal,
        }
    }
}

impl World {
    fn find(&self) -> Finding<(u8, File), ()> {
        let read = |name: u64| {
            let file = u8::try_from(name)
                .ok()
                .and_then(|name| self.disk.get(&name));
            Ok::<_, std::convert::Infallible>(file.map(|(value, file)| {
                let value = u64::from(*value);
                if value == name {
                    return Content::Readable((u8::try_from(value).unwrap_or(0), *file));
                }
                written_for(name, |older| older == value).map_or(Content::Damaged, Content::Older)
            }))
        };
        let names = || {
            Ok(self
                .disk
                .keys()
                .rev()
                .map(|name| u64::from(*name))
                .collect())
        };
        let Ok(finding) = weigh(self.counter.into(), read, names);
        finding
    }

    /// What the program does first: finishes what was begun, or starts `work` on the state that it finds.
    fn start(&mut self, work: impl FnOnce(&mut Self, State) -> Step) {
        self.step = match self.find() {
            Finding::Successor((_, file)) => Step::Increment(file),
            Finding::Current((_, file)) if file.journal => Step::Install(file),
            Finding::Current((value, file)) => {
                if value != self.counter {
                    self.fault = Some(Fault::OlderState);
                }
                work(self, file.state())
            }
            Finding::Lost(lost) => work(self, after_loss(lost, self.counter.into())),
            Finding::Newer { .. } => Step::Idle,
        };
    }

    fn put(&mut self, value: u8, file: File) {
        self.disk.insert(value, (value, file));
        self.archive.insert((value, file));
    }

    /// The vendor answers each request with a lease of the next number.
    fn apply(&mut self, answer: u8, mut state: State) -> Step {
        let answers_it = state.take_pending(request(answer).request_id).is_some();
        if !answers_it || !is_newer(&state, LICENSE, answer.into()) {
            return Step::Idle;
        }
        enter_lease(&mut state, LICENSE, answer.into(), &ANCHOR, None);
        Step::Write(File::of(&state, true))
    }

    fn act(&mut self, file: File) {
        let answer = 1 << file.seen;
        if self.applied & answer != 0 {
            self.fault = Some(Fault::AppliedTwice);
        }
        self.applied |= answer;
        self.newest = self.newest.max(file.seen);
    }

    fn go(&mut self, act: Act, keeps_successors: bool) {
        let next = self.counter + 1;
        self.step = match self.step {
            Step::Idle => Step::Idle,
            Step::Write(file) => {
                self.put(next, file);
                Step::Flush(file)
            }
            Step::Flush(file) => {
                self.flushed = self.disk.clone();
                if act == Act::BeforeIncrement && file.journal {
                    self.act(file);
                }
                Step::Increment(file)
            }
            Step::Increment(file) => {
                self.disk.retain(|name, _| *name <= next);
                self.flushed = self.disk.clone();
                self.counter = next;
                if !keeps_successors {
                    let committed = (next, file);
                    self.archive
                        .retain(|written| written.0 != next || *written == committed);
                }
                if act == Act::AfterIncrement && file.journal {
                    self.act(file);
                }
                Step::RemoveEarlier(file)
            }
            Step::RemoveEarlier(file) => {
                let counter = self.counter;
                self.disk.retain(|name, _| *name >= counter);
                self.flushed = self.disk.clone();
                match file.journal {
                    true => Step::Install(file),
                    false => Step::Idle,
                }
            }
            Step::Install(file) => {
                self.lease = file.seen;
                Step::EmptyJournal(file)
            }
            Step::EmptyJournal(file) => {
                let file = File {
                    journal: false,
                    ..file
                };
                self.put(self.counter, file);
                self.flushed = self.disk.clone();
                Step::Idle
            }
        };
    }

    /// An honest start after a cut: whether it ends with the newest lease in force, without the vendor.
    fn recovers(&self, disk: &BTreeMap<u8, (u8, File)>, act: Act) -> bool {
        let mut world = Self {
            disk: disk.clone(),
            flushed: disk.clone(),
            step: Step::Idle,
            ..self.clone()
        };
        let mut current = None;
        for _ in 0..8 {
            world.start(|_, state| {
                current = Some(state);
                Step::Idle
            });
            if world.step == Step::Idle {
                break;
            }
            while world.step != Step::Idle {
                world.go(act, true);
            }
        }
        current.is_some_and(|state| {
            state.lost.is_none()
                && !is_superseded(&state, LICENSE, world.lease.into())
                && world.lease >= self.newest
        })
    }
}

const ANCHOR: Anchor = Anchor {
    utc: UtcTime::EPOCH,
    clock_ms: 0,
    reset_count: 0,
    restart_count: 0,
    activity: 0,
};

impl CrashModel {
    /// The model of `rules` within `bounds`.
    pub fn new(rules: Rules, bounds: Bounds) -> Self {
        Self { rules, bounds }
    }
}

impl Model for CrashModel {
    type State = World;
    type Action = Move;

    fn init_states(&self) -> Vec<World> {
        let first = File {
            seen: 0,
            pending: 0,
            journal: false,
        };
        let disk = BTreeMap::from([(1, (1, first))]);
        vec![World {
            counter: 1,
            flushed: disk.clone(),
            disk,
            lease: 0,
            step: Step::Idle,
            archive: BTreeSet::from([(1, first)]),
            requests: 0,
            newest: 0,
            applied: 0,
            fault: None,
        }]
    }

    fn actions(&self, world: &World, moves: &mut Vec<Move>) {
        if world.fault.is_some() {
            return;
        }
        if world.step != Step::Idle {
            moves.push(Move::Go);
            moves.extend([false, true].map(|unflushed_lost| Move::Cut { unflushed_lost }));
            return;
        }
        moves.push(Move::Count);
        moves.extend((1..=world.requests).map(Move::Apply));
        if world.requests < self.bounds.answers {
            moves.push(Move::Request);
        }
        if self.bounds.owner == Owner::Hostile {
            let names = [world.counter, world.counter + 1];
            for name in names
                .into_iter()
                .filter(|name| !world.disk.contains_key(name))
            {
                let files = world.archive.iter().copied();
                moves.extend(files.map(|(value, file)| Move::Restore { name, value, file }));
            }
        }
    }

    fn next_state(&self, world: &World, a_move: Move) -> Option<World> {
        let mut next = world.clone();
        match a_move {
            Move::Request => next.start(|world, mut state| {
                world.requests += 1;
                state.add_pending(request(world.requests));
                world.put(world.counter, File::of(&state, false));
                world.flushed = world.disk.clone();
                Step::Idle
            }),
            Move::Apply(answer) => next.start(|world, state| world.apply(answer, state)),
            Move::Count => next.start(|_, state| Step::Write(File::of(&state, false))),
            Move::Go => next.go(self.rules.act, self.bounds.keeps_successors),
            Move::Cut { unflushed_lost } => {
                next.step = Step::Idle;
                if unflushed_lost {
                    next.disk = next.flushed.clone();
                } else {
                    next.flushed = next.disk.clone();
                }
            }
            Move::Restore { name, value, file } => {
                next.disk.insert(name, (value, file));
                next.flushed = next.disk.clone();
            }
        }
        match self.bounds.owner {
            Owner::Honest => next.archive.clear(),
            // Before each start he lays out the disk anew.
            Owner::Hostile
                if next.step == Step::Idle && !matches!(a_move, Move::Restore { .. }) =>
            {
                next.disk.clear();
                next.flushed.clear();
            }
            Owner::Hostile => {}
        }
        (next != *world).then_some(next)
    }

    fn within_boundary(&self, world: &World) -> bool {
        world.counter <= self.bounds.increments
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "P5: after a cut at any step an honest start goes on with the newest lease",
                |model: &Self, world: &World| {
                    model.bounds.owner == Owner::Hostile
                        || world.recovers(&world.disk, model.rules.act)
                            && world.recovers(&world.flushed, model.rules.act)
                },
            ),
            Property::always("P4: an older state is refused", |_, world: &World| {
                world.fault != Some(Fault::OlderState)
            }),
            Property::always("P12: an answer is applied once", |_, world: &World| {
                world.fault != Some(Fault::AppliedTwice)
            }),
            Property::sometimes("all answers are applied", |model: &Self, world: &World| {
                world.newest == model.bounds.answers
            }),
        ]
    }
}

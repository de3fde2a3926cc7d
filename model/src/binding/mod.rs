//! Binding and epoch: can a license be used with anything but the chip, storage key, seed and counters that it was issued to?
//!
//! Two chips, and the vendor's stores on them. The owner clears chips, removes and defines indexes, seals again what he has
//! read, stands between program and TPM, and lays any file of any store beside any chip. Each attempt to validate is one
//! step: what happens between its parts is the business of the models `charge` and `crash`.

mod attempt;
mod chip;
mod verdict;

use std::collections::{BTreeSet, HashMap};
use std::sync::RwLock;

use counterfoil::policy::{Reason, Rules as Manifest, Standing, Terms, Windows};
use counterfoil::token::DeviceClass;
use stateright::{Model, Property};

use verdict::Facts;

use crate::policy_support::anyone;
use crate::rules::Rules;

pub use attempt::{Attempt, Blob, Keys};
pub use chip::{Chip, Clock, Index, Kind, Which};
pub use verdict::Point;

/// How far the model goes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Seeds that are ever sealed, those of the start included.
    pub seeds: usize,
    /// TPM2_Clear of the first chip.
    pub clears: u8,
    /// How far the counters of a chip go.
    pub highest: u8,
    /// Resets of the first chip.
    pub resets: u8,
    /// Restarts in a boot of it.
    pub restarts: u8,
    /// A program may be held between the opening of the seed and the attestation (see `docs/model.md`).
    pub holds: bool,
    /// The second chip has a license too, and its owner moves its indexes.
    pub second_license: bool,
}

/// The model.
pub struct BindingModel {
    rules: Rules,
    bounds: Bounds,
    manifest: Manifest,
    terms: Terms,
    /// Verdicts that were had: the same facts give the same one.
    standings: RwLock<HashMap<Facts, Standing>>,
    /// Refusals that were had, in the same way.
    refusals: RwLock<HashMap<(Seed, u8, Attempt), Option<Reason>>>,
}

/// A state of the world.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    /// The chips.
    pub chips: [Chip; 2],
    /// Every seed that an honest program ever sealed, with the license for it. Each is known to its owner.
    pub seeds: Vec<Seed>,
    /// Every state file that was ever written: of which seed, for which value.
    pub archive: BTreeSet<(u8, u8, File)>,
    /// A program that has opened this seed and is held, and whether J has passed since.
    pub held: Option<(u8, bool)>,
    /// Ghost: what went wrong.
    pub fault: Option<Fault>,
}

/// A seed as it was sealed, and the license that was issued for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed {
    /// The chip.
    pub chip: u8,
    /// How often it had been cleared.
    pub clears: u8,
    /// The store, with a store key of its own.
    pub store: u8,
    /// The epoch counter's value.
    pub epoch: u8,
    /// The anchor of its lease.
    pub anchor: Point,
    /// Ghost: it was released.
    pub released: bool,
}

/// A state file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct File {
    /// The counts at the last increment.
    pub counts: Option<(u8, u8)>,
    /// A loss: whether an older file was there, and at which value that was found.
    pub lost: Option<(bool, u8)>,
    /// Ghost: a state was lost since the last contact.
    pub truly_lost: bool,
}

/// A promise that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Accepted on another chip, or on none.
    OtherChip,
    /// Accepted after TPM2_Clear.
    Cleared,
    /// Accepted with a seed that the license does not name.
    OtherSeed,
    /// Accepted at another epoch than the license's.
    OtherEpoch,
    /// Accepted after a release.
    Released,
    /// Accepted with something else than the license's activity counter.
    OtherCounter,
    /// Accepted without its state, above k = 1.
    LossForgotten,
    /// A state that was missing changed the standing at k <= 1.
    LossCounted,
}

/// A move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// TPM2_Clear.
    Clear(u8),
    /// TPM2_ClockSet, as far as it goes.
    ClockSet(u8),
    /// The clock runs for as long as it had run at the first anchor.
    Run(u8),
    /// A Reset.
    Boot(u8),
    /// A resume.
    Sleep(u8),
    /// An index is removed.
    Undefine(u8, Which),
    /// It is removed, and one of this kind defined, of this value if its owner can choose that.
    Define(u8, Which, Kind, u8),
    /// A counter is incremented by the owner, who knows every store key.
    Increment(u8, Which),
    /// The vendor is asked for a license, or for a new lease, and the answer is applied.
    Activate(u8),
    /// The license for this seed is released; another license of the store goes on under the successor.
    Release(u8),
    /// A validation.
    Validate(Attempt),
    /// A program opens this seed and is held.
    Hold(u8),
    /// It is held for longer than J.
    Wait,
    /// It goes on, with this state.
    GoOn(Option<(u8, File)>),
}

impl World {
    fn at(&mut self, chip: u8) -> &mut Chip {
        &mut self.chips[usize::from(chip)]
    }
}

impl BindingModel {
    /// The model of `rules` within `bounds`.
    pub fn new(rules: Rules, bounds: Bounds) -> Self {
        let mut manifest = Manifest::default();
        manifest.windows = Windows::default().with(DeviceClass::Hardware, 3);
        let terms = manifest
            .lease_terms(DeviceClass::Hardware, None, &anyone())
            .expect("hardware is licensed");
        Self {
            rules,
            bounds,
            manifest,
            terms,
            standings: RwLock::default(),
            refusals: RwLock::default(),
        }
    }

    /// Whether the TPM itself opens the seed: its parent is there, and the epoch counter is that store's and at its value.
    fn unseals(&self, world: &World, chip: u8, seed: &Seed) -> bool {
        let tpm = &world.chips[usize::from(chip)];
        let counter = Index {
            kind: Kind::Counter { store: seed.store },
            value: seed.epoch,
        };
        seed.chip == chip
            && seed.clears == tpm.clears
            && (tpm.epoch == Some(counter) || !self.rules.seed_names_epoch)
    }

    /// The seed that an honest program on this chip uses.
    fn in_use(&self, world: &World, chip: u8) -> Option<u8> {
        let tpm = &world.chips[usize::from(chip)];
        let usable = |seed: &Seed| {
            let kind = Kind::Counter { store: seed.store };
            self.unseals(world, chip, seed) && tpm.activity.is_some_and(|index| index.kind == kind)
        };
        let newest = world.seeds.iter().rposition(usable)?;
        u8::try_from(newest).ok()
    }

    /// The state that an honest folder holds: the successor whose increment was not made, or that for the counter's value.
    fn newest_file(archive: &BTreeSet<(u8, u8, File)>, seed: u8, value: u8) -> Option<(u8, File)> {
        let of_value = |named: u8| {
            let mut files = archive.iter().rev();
            files.find_map(|(of, found, file)| {
                ((*of, *found) == (seed, named)).then_some((named, *file))
            })
        };
        of_value(value + 1).or_else(|| of_value(value))
    }

    /// Sets the store up if it is not, asks the vendor and applies the answer.
    fn activate(&self, world: &mut World, chip: u8) {
        let index = usize::from(chip);
        let seed = match self.in_use(world, chip) {
            Some(seed) => seed,
            None => {
                let store = u8::try_from(world.seeds.len()).unwrap_or(u8::MAX);
                let tpm = &mut world.chips[index];
                let epoch = tpm.define(Which::Epoch, store);
                tpm.define(Which::Activity, store);
                world.seeds.push(Seed {
                    chip,
                    clears: tpm.clears,
                    store,
                    epoch,
                    anchor: Point::of(tpm, 0),
                    released: false,
                });
                store
            }
        };
        let id = usize::from(seed);
        let store = world.seeds[id].store;
        let tpm = &mut world.chips[index];
        let Some(mut activity) = tpm.activity else {
            return;
        };
        let before = Self::newest_file(&world.archive, seed, activity.value);
        // What was begun is finished first.
        if before.is_some_and(|(value, _)| value > activity.value) {
            tpm.increment(Which::Activity, store);
            activity.value += 1;
        }
        let anchor = Point::of(tpm, activity.value);
        world.seeds[id].anchor = anchor;
        tpm.increment(Which::Activity, store);
        let file = File {
            counts: Some((anchor.resets, anchor.restarts)),
            lost: before.and_then(|(_, file)| file.lost),
            truly_lost: false,
        };
        world.archive.insert((seed, activity.value + 1, file));
    }

    /// First the successor and its state, then the counter. The vendor issues the other license for the successor before.
    fn release(&self, world: &mut World, seed: u8) {
        let old = world.seeds[usize::from(seed)];
        let tpm = &mut world.chips[usize::from(old.chip)];
        if !tpm.increment(Which::Epoch, old.store) {
            return;
        }
        let epoch = tpm.epoch.map_or(0, |index| index.value);
        let value = tpm.activity.map_or(0, |index| index.value);
        let successor = u8::try_from(world.seeds.len()).unwrap_or(u8::MAX);
        world.seeds[usize::from(seed)].released = true;
        world.seeds.push(Seed { epoch, ..old });
        if let Some((value, file)) = Self::newest_file(&world.archive, seed, value) {
            world.archive.insert((successor, value, file));
        }
    }

    /// Whether an honest program on this chip has a yes, after it has made what increments are due.
    fn accepts(&self, world: &World, chip: u8) -> bool {
        let Some(seed) = self.in_use(world, chip) else {
            return false;
        };
        let mut world = world.clone();
        let mut standing = None;
        for _ in 0..4 {
            let value = world.chips[usize::from(chip)].activity;
            let value = value.map_or(0, |index| index.value);
            let attempt = Attempt {
                chip,
                seed,
                keys: Keys::Own,
                blob: Blob::Original,
                shown: Self::newest_file(&world.archive, seed, value),
            };
            standing = standing.or(self.validate(&mut world, &attempt));
        }
        standing.is_some_and(|standing| standing < Standing::Limited)
    }

    fn owner_moves(&self, world: &World, chip: u8, moves: &mut Vec<Move>) {
        if chip == 0 {
            moves.extend([
                Move::Clear(chip),
                Move::ClockSet(chip),
                Move::Run(chip),
                Move::Boot(chip),
                Move::Sleep(chip),
            ]);
        }
        let tpm = &world.chips[usize::from(chip)];
        for which in [Which::Epoch, Which::Activity] {
            let index = match which {
                Which::Epoch => tpm.epoch,
                Which::Activity => tpm.activity,
            };
            if index.is_some() {
                moves.extend([Move::Undefine(chip, which), Move::Increment(chip, which)]);
            }
            let stores: BTreeSet<u8> = world.seeds.iter().map(|seed| seed.store).collect();
            let counters = stores.into_iter().map(|store| Kind::Counter { store });
            moves.extend(counters.map(|kind| Move::Define(chip, which, kind, 0)));
            let values: BTreeSet<u8> = match which {
                Which::Epoch => world.seeds.iter().map(|seed| seed.epoch).collect(),
                Which::Activity => world
                    .seeds
                    .iter()
                    .map(|seed| seed.anchor.activity + 1)
                    .collect(),
            };
            moves.extend(
                values
                    .into_iter()
                    .map(|value| Move::Define(chip, which, Kind::Memory, value)),
            );
        }
    }
}

impl Model for BindingModel {
    type State = World;
    type Action = Move;

    fn init_states(&self) -> Vec<World> {
        let mut world = World {
            chips: [Chip::NEW; 2],
            seeds: Vec::new(),
            archive: BTreeSet::new(),
            held: None,
            fault: None,
        };
        self.activate(&mut world, 0);
        if self.bounds.second_license {
            self.activate(&mut world, 1);
        }
        vec![world]
    }

    fn actions(&self, world: &World, moves: &mut Vec<Move>) {
        if world.fault.is_some() {
            return;
        }
        self.owner_moves(world, 0, moves);
        if self.bounds.second_license {
            self.owner_moves(world, 1, moves);
        }
        moves.push(Move::Activate(0));
        for seed in (0..).take(world.seeds.len()) {
            if self.in_use(world, world.seeds[usize::from(seed)].chip) == Some(seed) {
                moves.push(Move::Release(seed));
            }
        }
        match world.held {
            Some((seed, late)) => {
                let files = world.archive.iter().filter(|(of, _, _)| *of == seed);
                let files = files.map(|(_, value, file)| Some((*value, *file)));
                moves.extend(files.chain([None]).map(Move::GoOn));
                if !late {
                    moves.push(Move::Wait);
                }
            }
            None if self.bounds.holds => {
                moves.extend(self.in_use(world, 0).map(Move::Hold));
            }
            None => {}
        }
        self.attempts(world, |attempt| moves.push(Move::Validate(attempt)));
    }

    fn next_state(&self, world: &World, a_move: Move) -> Option<World> {
        let mut next = world.clone();
        match a_move {
            Move::Clear(chip) => next.at(chip).clear(),
            Move::ClockSet(chip) => next.at(chip).clock = Clock::End,
            Move::Run(chip) if next.at(chip).clock == Clock::Zero => {
                next.at(chip).clock = Clock::Running
            }
            Move::Run(_) => {}
            Move::Boot(chip) => {
                next.at(chip).resets += 1;
                next.at(chip).restarts = 0;
            }
            Move::Sleep(chip) => next.at(chip).restarts += 1,
            Move::Undefine(chip, which) => *next.at(chip).index(which) = None,
            Move::Define(chip, which, Kind::Counter { store }, _) => {
                next.at(chip).define(which, store);
            }
            Move::Define(chip, which, kind, value) => {
                *next.at(chip).index(which) = Some(Index { kind, value });
            }
            Move::Increment(chip, which) => {
                if let Some(Kind::Counter { store }) =
                    next.at(chip).index(which).map(|index| index.kind)
                {
                    next.at(chip).increment(which, store);
                }
            }
            Move::Activate(chip) => self.activate(&mut next, chip),
            Move::Release(seed) => self.release(&mut next, seed),
            Move::Validate(attempt) => {
                self.validate(&mut next, &attempt);
            }
            Move::Hold(seed) => next.held = Some((seed, false)),
            Move::Wait => next.held = next.held.map(|(seed, _)| (seed, true)),
            Move::GoOn(shown) => {
                if let Some((seed, late)) = next.held.take() {
                    self.go_on(&mut next, seed, late, shown);
                }
            }
        }
        (next != *world).then_some(next)
    }

    fn within_boundary(&self, world: &World) -> bool {
        let first = &world.chips[0];
        world.seeds.len() <= self.bounds.seeds
            && first.clears <= self.bounds.clears
            && first.resets <= self.bounds.resets
            && first.restarts <= self.bounds.restarts
            && world
                .chips
                .iter()
                .all(|chip| chip.highest <= self.bounds.highest)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn never(world: &World, fault: Fault) -> bool {
            world.fault != Some(fault)
        }
        vec![
            Property::always("P6: only with the chip of the license", |_, world| {
                never(world, Fault::OtherChip)
            }),
            Property::always("P6: never after TPM2_Clear", |_, world| {
                never(world, Fault::Cleared)
            }),
            Property::always("P6: only with the sealed seed", |_, world| {
                never(world, Fault::OtherSeed)
            }),
            Property::always("P6: only at the epoch of the license", |_, world| {
                never(world, Fault::OtherEpoch)
            }),
            Property::always("P8: never after a release", |_, world| {
                never(world, Fault::Released)
            }),
            Property::always("P6: only with the counter of the license", |_, world| {
                never(world, Fault::OtherCounter)
            }),
            Property::always(
                "P4: a lost state is Limited above k = 1, until a contact",
                |_, world| never(world, Fault::LossForgotten),
            ),
            Property::always("P3: a missing state takes nothing at k <= 1", |_, world| {
                never(world, Fault::LossCounted)
            }),
            Property::always(
                "P3: an activation brings an honest owner back",
                |model: &Self, world: &World| {
                    let mut world = world.clone();
                    world.fault.is_some() || {
                        model.activate(&mut world, 0);
                        model.accepts(&world, 0)
                    }
                },
            ),
            Property::sometimes(
                "a license goes on under the successor",
                |model: &Self, world: &World| {
                    world.seeds.iter().any(|seed| seed.released) && model.accepts(world, 0)
                },
            ),
        ]
    }
}

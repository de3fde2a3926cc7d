//! A validation with what the owner lays before the program, and what the product makes of it.

use std::time::Duration;

use std::sync::LazyLock;

use counterfoil::client::continuity::{Next, after_loss, counting};
use counterfoil::device::{CounterForm, Key, SealedBlob, StoreBinding};
use counterfoil::policy::{Reason, Standing, StateHealth};
use counterfoil::store::{Content, Finding, Loss, LossKind, ResetCounts, State, weigh};
use counterfoil::token::{Binding, Name, PublicKey, SigningKey, StoreId, VendorId};

use super::chip::{Object, Which, name};
use super::verdict::{Facts, Point, memory, restarts_allowed};
use super::{BindingModel, Fault, File, Index, Kind, Seed, World};

/// What the owner lays before a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The chip of the machine.
    pub chip: u8,
    /// The seed whose license and folder are there.
    pub seed: u8,
    /// Whose keys answer.
    pub keys: Keys,
    /// What is opened as the seed.
    pub blob: Blob,
    /// The state file, if any: for which value, and what is in it.
    pub shown: Option<(u8, File)>,
}

/// Whose keys answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Keys {
    /// The chip's.
    Own,
    /// A program's that stands before the chip: attestations are the chip's, the storage root key is not.
    Interposed,
    /// A program's that says whatever fits, with an attestation key of its own; what is sealed goes to the chip.
    ForgedAttestation,
    /// A program's: a TPM that is none.
    Fake,
}

/// What is opened as the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blob {
    /// What was sealed at first, or what passes for it where no chip opens it.
    Original,
    /// The same secret, sealed by the owner, for any epoch.
    Again,
}

static KEYS: LazyLock<[PublicKey; 8]> = LazyLock::new(|| {
    std::array::from_fn(|seed| {
        let mut scalar = [0; 32];
        scalar[31] = u8::try_from(seed).unwrap_or(0) + 1;
        let key = SigningKey::from_scalar(&scalar).expect("a scalar below the order");
        key.public().clone()
    })
});

impl Keys {
    fn storage_is_own(self) -> bool {
        matches!(self, Self::Own | Self::ForgedAttestation)
    }

    fn attests(self) -> bool {
        matches!(self, Self::Own | Self::Interposed)
    }
}

impl Seed {
    fn srk(&self) -> Name {
        name(Object::StorageRootKey, &[self.chip, self.clears])
    }

    /// What the license names: all of it was certified by the chip's attestation key when it was issued.
    fn bound(&self, id: u8) -> Binding {
        Binding {
            confirmation_key: KEYS[usize::from(id)].clone(),
            ak: name(Object::AttestationKey, &[self.chip]),
            srk: self.srk(),
            seed: name(Object::Seed, &[id]),
            epoch_index: Which::Epoch.counter_name(self.store),
            activity_index: Which::Activity.counter_name(self.store),
            epoch: self.epoch.into(),
            store: StoreId::new([self.store; 16]),
        }
    }
}

impl File {
    fn of(state: &State, truly_lost: bool) -> Self {
        let byte = |count: u64| u8::try_from(count).unwrap_or(u8::MAX);
        Self {
            counts: state.last_increment.map(|counts| {
                (
                    byte(counts.reset_count.into()),
                    byte(counts.restart_count.into()),
                )
            }),
            lost: state
                .lost
                .map(|loss| (loss.kind != LossKind::Missing, byte(loss.activity))),
            truly_lost,
        }
    }

    fn state(self) -> State {
        State {
            last_increment: self.counts.map(|(resets, restarts)| ResetCounts {
                reset_count: resets.into(),
                restart_count: restarts.into(),
            }),
            lost: self.lost.map(|(rolled_back, activity)| Loss {
                kind: match rolled_back {
                    true => LossKind::RolledBack,
                    false => LossKind::Missing,
                },
                activity: activity.into(),
            }),
            ..State::default()
        }
    }
}

impl BindingModel {
    /// Calls `push` for each attempt whose seed opens, which needs no state where the license is refused anyway.
    pub(super) fn attempts(&self, world: &World, mut push: impl FnMut(Attempt)) {
        let all = [
            Keys::Own,
            Keys::Interposed,
            Keys::ForgedAttestation,
            Keys::Fake,
        ];
        for seed in (0..).take(world.seeds.len()) {
            for (chip, keys) in [0, 1]
                .into_iter()
                .flat_map(|chip| all.map(|keys| (chip, keys)))
            {
                for blob in [Blob::Original, Blob::Again] {
                    let attempt = Attempt {
                        chip,
                        seed,
                        keys,
                        blob,
                        shown: None,
                    };
                    if !self.opens(world, &attempt) {
                        continue;
                    }
                    push(attempt);
                    if self.refusal(world, &attempt).is_none() {
                        let files = world.archive.iter().filter(|(of, _, _)| *of == seed);
                        files.for_each(|(_, value, file)| {
                            push(Attempt {
                                shown: Some((*value, *file)),
                                ..attempt
                            });
                        });
                    }
                }
            }
        }
    }

    /// Whether a seed is opened: by the chip, or by a program that was told the secret.
    fn opens(&self, world: &World, attempt: &Attempt) -> bool {
        let seed = &world.seeds[usize::from(attempt.seed)];
        match attempt.blob {
            Blob::Original if attempt.keys.storage_is_own() => {
                self.unseals(world, attempt.chip, seed)
            }
            _ => true,
        }
    }

    /// What the files of the binding say. Names of storage key and seed are proven by the session in which the seed is
    /// opened, that of the attestation key by the quote; of the rest the owner writes what the license wants to see.
    fn found(&self, world: &World, attempt: &Attempt) -> StoreBinding {
        let seed = &world.seeds[usize::from(attempt.seed)];
        let bound = seed.bound(attempt.seed);
        let chip = &world.chips[usize::from(attempt.chip)];
        let key = |name| Key {
            handle: None,
            public: Vec::new(),
            name,
        };
        let blob = |name| SealedBlob {
            public: Vec::new(),
            private: Vec::new(),
            name,
        };
        let forged = name(Object::Forged, &[]);
        let attestation_key = match attempt.keys.attests() {
            true => name(Object::AttestationKey, &[attempt.chip]),
            false => forged,
        };
        let storage_root_key = match attempt.keys.storage_is_own() {
            true => name(Object::StorageRootKey, &[attempt.chip, chip.clears]),
            false => forged,
        };
        let sealed = match attempt.blob {
            Blob::Original => bound.seed,
            Blob::Again => forged,
        };
        StoreBinding {
            vendor: VendorId::of_root(&bound.confirmation_key),
            slot: 0,
            store: bound.store,
            attestation_key: key(attestation_key),
            storage_root_key: key(storage_root_key),
            feature_parent: key(forged),
            epoch_index: Which::Epoch.public(seed.store),
            activity_index: Which::Activity.public(seed.store),
            epoch: bound.epoch,
            seed: blob(sealed),
            store_key: blob(forged),
            store_key_public: [0; 65],
            counter_form: CounterForm::Certified,
        }
    }

    /// Why the license is not for what was found, if it is not.
    fn refusal(&self, world: &World, attempt: &Attempt) -> Option<Reason> {
        let seed = world.seeds[usize::from(attempt.seed)];
        let clears = world.chips[usize::from(attempt.chip)].clears;
        let shown = None;
        let key = (seed, clears, Attempt { shown, ..*attempt });
        if let Some(refusal) = memory(self.refusals.read()).get(&key) {
            return *refusal;
        }
        let found = self.found(world, attempt);
        let bound = seed.bound(attempt.seed);
        let refusal = (self.rules.difference)(&bound, &found, &bound.confirmation_key);
        let refusal = refusal.map(Reason::from);
        memory(self.refusals.write()).insert(key, refusal);
        refusal
    }

    /// What was attested, and whether it passes for the license's counter.
    fn attested(&self, world: &World, attempt: &Attempt) -> Option<(Point, bool)> {
        let seed = &world.seeds[usize::from(attempt.seed)];
        if !attempt.keys.attests() {
            let activity = seed.anchor.activity + 1;
            let restarts = 0;
            let best = Point {
                activity,
                restarts,
                ..seed.anchor
            };
            return Some((best, true));
        }
        let chip = &world.chips[usize::from(attempt.chip)];
        let index = chip.activity?;
        let certified = index.name(Which::Activity);
        let passes = (self.rules.certifies)(&certified, &seed.bound(attempt.seed));
        Some((Point::of(chip, index.value), passes))
    }

    /// A validation, to its verdict; none if nothing was opened or attested, or if a state had to be written first.
    pub(super) fn validate(&self, world: &mut World, attempt: &Attempt) -> Option<Standing> {
        let opened = self.opens(world, attempt);
        let unbound = self.refusal(world, attempt);
        opened
            .then(|| self.judge(world, attempt, unbound))
            .flatten()
    }

    fn judge(
        &self,
        world: &mut World,
        attempt: &Attempt,
        unbound: Option<Reason>,
    ) -> Option<Standing> {
        let seed = world.seeds[usize::from(attempt.seed)];
        let (found, certified) = self.attested(world, attempt)?;
        let reading = found.reading();
        let base = reading.activity;
        let read = |named: u64| {
            let file = attempt
                .shown
                .filter(|(value, _)| u64::from(*value) == named);
            Ok::<_, std::convert::Infallible>(
                file.map(|(_, file)| Content::<File, ()>::Readable(file)),
            )
        };
        let names = || {
            let shown = attempt.shown.into_iter();
            Ok(shown.map(|(value, _)| value.into()).collect())
        };
        let Ok(finding) = weigh(base, read, names);
        let (state, truly_lost) = match finding {
            Finding::Current(file) => (file.state(), file.truly_lost),
            Finding::Successor(_) => {
                if attempt.keys.storage_is_own() && attempt.keys.attests() {
                    let chip = world.at(attempt.chip);
                    chip.increment(Which::Activity, seed.store);
                }
                return None;
            }
            Finding::Newer { .. } => return None,
            Finding::Lost(lost) => (after_loss(lost, base), true),
        };
        // An attestation that is not about the license's counter is none: nothing is counted on it.
        if unbound.is_none() && certified {
            let next = (self.rules.next)(&reading, base, &state, restarts_allowed());
            if next != Next::Judge {
                // The counter moves at the next start, or when its owner lets it.
                if next == Next::Increment && attempt.keys.attests() {
                    let file = File::of(&counting(state, &reading.clock), truly_lost);
                    world
                        .archive
                        .insert((attempt.seed, found.activity + 1, file));
                }
                return None;
            }
        }
        let facts = Facts {
            anchor: seed.anchor,
            found,
            unbound: unbound.or((!certified).then_some(Reason::CounterForeign)),
            health: (self.rules.health)(state.lost, Some(&seed.anchor.anchor()), false),
        };
        let standing = self.standing(facts);
        world.fault = self.fault(world, attempt, standing, truly_lost, found);
        let few = found.activity.saturating_sub(seed.anchor.activity) <= 1;
        if facts.health == StateHealth::Missing && few {
            let health = StateHealth::Current;
            if standing != self.standing(Facts { health, ..facts }) {
                world.fault = Some(Fault::LossCounted);
            }
        }
        Some(standing)
    }

    /// The rest of a validation whose seed was opened before, with the Names of then. Its verdict counts from the beginning of
    /// the validation; one within J of that is no fault.
    pub(super) fn go_on(&self, world: &mut World, seed: u8, late: bool, shown: Option<(u8, File)>) {
        let heartbeat_ms = self.terms.heartbeat_ms;
        let begun = Duration::ZERO;
        let had = match late {
            true => begun + 2 * Duration::from_millis(heartbeat_ms),
            false => begun,
        };
        if (self.rules.deadline)(begun, had, heartbeat_ms) <= had {
            return;
        }
        let attempt = Attempt {
            chip: 0,
            seed,
            keys: Keys::Own,
            blob: Blob::Original,
            shown,
        };
        self.judge(world, &attempt, None);
        if !late {
            world.fault = None;
        }
    }

    /// What the truth says of a verdict.
    fn fault(
        &self,
        world: &World,
        attempt: &Attempt,
        standing: Standing,
        truly_lost: bool,
        found: Point,
    ) -> Option<Fault> {
        if standing >= Standing::Limited {
            return None;
        }
        let seed = &world.seeds[usize::from(attempt.seed)];
        let chip = &world.chips[usize::from(attempt.chip)];
        let counter = Kind::Counter { store: seed.store };
        let is_at = |index: Option<Index>, value: u8| {
            index
                == Some(Index {
                    kind: counter,
                    value,
                })
        };
        let faults = [
            (
                seed.chip != attempt.chip || !attempt.keys.attests(),
                Fault::OtherChip,
            ),
            (seed.clears != chip.clears, Fault::Cleared),
            (seed.released, Fault::Released),
            (!is_at(chip.epoch, seed.epoch), Fault::OtherEpoch),
            (
                attempt.blob == Blob::Again || !attempt.keys.storage_is_own(),
                Fault::OtherSeed,
            ),
            (!is_at(chip.activity, found.activity), Fault::OtherCounter),
            (
                truly_lost && found.activity > seed.anchor.activity + 1,
                Fault::LossForgotten,
            ),
        ];
        faults
            .into_iter()
            .find_map(|(broken, fault)| broken.then_some(fault))
    }
}

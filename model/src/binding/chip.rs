//! A TPM as its owner sees it: hierarchies that he can clear, indexes that he can remove and define.

use counterfoil::evidence::public::{counter_name, counter_public};
use counterfoil::token::{Digest, Name};

/// A TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chip {
    /// How often it was cleared: another storage root key each time.
    pub clears: u8,
    /// Its clock.
    pub clock: Clock,
    /// resetCount.
    pub resets: u8,
    /// restartCount.
    pub restarts: u8,
    /// The highest value that any counter of it ever had. A new one starts above, after a Clear too.
    pub highest: u8,
    /// What is at the epoch counter's handle.
    pub epoch: Option<Index>,
    /// What is at the activity counter's handle.
    pub activity: Option<Index>,
}

/// What a TPM's clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clock {
    /// Nothing yet: after TPM2_Clear.
    Zero,
    /// As much as at the first anchor.
    Running,
    /// The most that ClockSet can set.
    End,
}

impl Clock {
    pub(super) const fn ms(self) -> u64 {
        match self {
            Self::Zero => 0,
            Self::Running => 3_600_000,
            Self::End => 0xFFFF_0000_0000_0000,
        }
    }
}

/// An NV index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Index {
    /// What its Name says.
    pub kind: Kind,
    /// Its value.
    pub value: u8,
}

/// What an index's Name says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A counter that only this store key moves.
    Counter {
        /// Of which store.
        store: u8,
    },
    /// Memory in which its owner writes what he likes.
    Memory,
}

/// Which of the two indexes of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    /// The epoch counter.
    Epoch,
    /// The activity counter.
    Activity,
}

impl Which {
    const fn handle(self) -> u32 {
        match self {
            Self::Epoch => 0x0180_0000,
            Self::Activity => 0x0180_0001,
        }
    }

    /// The public area of a store's counter.
    pub(super) fn public(self, store: u8) -> Vec<u8> {
        counter_public(self.handle(), &name(Object::StoreKey, &[store]))
    }

    /// Its Name.
    pub(super) fn counter_name(self, store: u8) -> Name {
        counter_name(self.handle(), &name(Object::StoreKey, &[store]))
    }
}

impl Chip {
    pub(super) const NEW: Self = Self {
        clears: 0,
        clock: Clock::Running,
        resets: 0,
        restarts: 0,
        highest: 0,
        epoch: None,
        activity: None,
    };

    pub(super) fn index(&mut self, which: Which) -> &mut Option<Index> {
        match which {
            Which::Epoch => &mut self.epoch,
            Which::Activity => &mut self.activity,
        }
    }

    /// Defines a store's counter in place of what is there, and increments it for the first time.
    pub(super) fn define(&mut self, which: Which, store: u8) -> u8 {
        self.highest += 1;
        let value = self.highest;
        *self.index(which) = Some(Index {
            kind: Kind::Counter { store },
            value,
        });
        value
    }

    /// Increments what is there, if it is the counter of `store`.
    pub(super) fn increment(&mut self, which: Which, store: u8) -> bool {
        let Some(index) = self.index(which) else {
            return false;
        };
        if index.kind != (Kind::Counter { store }) {
            return false;
        }
        index.value += 1;
        let value = index.value;
        self.highest = self.highest.max(value);
        true
    }

    /// Storage seed, clock, counts and indexes go; the endorsement primaries stay.
    pub(super) fn clear(&mut self) {
        *self = Self {
            clears: self.clears + 1,
            highest: self.highest,
            clock: Clock::Zero,
            ..Self::NEW
        };
    }
}

impl Index {
    pub(super) fn name(self, which: Which) -> Name {
        match self.kind {
            Kind::Counter { store } => which.counter_name(store),
            Kind::Memory => name(Object::Memory, &[]),
        }
    }
}

/// What has a Name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Object {
    AttestationKey = 1,
    StorageRootKey,
    Seed,
    StoreKey,
    Memory,
    /// A key or blob that the owner made himself.
    Forged,
}

/// A Name that nothing else has.
pub(super) fn name(object: Object, which: &[u8]) -> Name {
    let mut digest = [0; 32];
    digest[0] = object as u8;
    digest[1..=which.len()].copy_from_slice(which);
    Name::of_digest(&Digest::new(digest))
}

//! What the models ask the product to decide, and the same with one mistake in it.

use std::num::NonZeroU32;
use std::time::Duration;

use counterfoil::client::Difference;
use counterfoil::client::continuity::{self, Next};
use counterfoil::device::StoreBinding;
use counterfoil::policy::{Inputs, Rules as Manifest, Standing, StateHealth, Verdict, decide};
use counterfoil::store::{Loss, State};
use counterfoil::time::{self, Charge, ChargeError, Limits, Reading};
use counterfoil::token::{Anchor, Binding, Name, PublicKey, UtcTime};

/// The decisions of the product, as functions that a model calls.
///
/// [`Rules::production`] is the product; every other value has one mistake, which a model must find.
#[derive(Clone, Copy)]
pub struct Rules {
    /// What is charged at a reading.
    pub charge: fn(&Anchor, &Reading, &Limits) -> Result<Charge, ChargeError>,
    /// How a validation goes on with a state for a counter value.
    pub next: fn(&Reading, u64, &State, NonZeroU32) -> Next,
    /// Until when a verdict counts whose random was drawn at the first moment, and that was had at the second.
    pub deadline: fn(Duration, Duration, u64) -> Duration,
    /// The floor, from what a state remembers of the operating system's clock (production remembers nothing of it).
    pub floor: fn(&Anchor, &Reading, UtcTime, Option<UtcTime>) -> UtcTime,
    /// The verdict, with the standing before it.
    pub decide: fn(&Inputs<'_>, &Manifest, Standing) -> Verdict,
    /// In what a license's binding differs from the store's.
    pub difference: fn(&Binding, &StoreBinding, &PublicKey) -> Option<Difference>,
    /// How the state stands, from a loss that it remembers.
    pub health: fn(Option<Loss>, Option<&Anchor>, bool) -> StateHealth,
    /// Whether the certification of an index of this Name passes for that of the license's activity counter. The product
    /// verifies it with the Name in the license (`protocol::Evidence::verify`).
    pub certifies: fn(&Name, &Binding) -> bool,
    /// Whether the seed is sealed for one value of the epoch counter.
    pub seed_names_epoch: bool,
    /// When a change takes effect.
    pub act: Act,
    /// Where clock, counts and counter value come from.
    pub moments: Moments,
    /// Whether a verdict outlives the process and the boot that it was made in.
    pub persisted_verdict: bool,
}

/// When a change takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Once the successor is on disk and the counter has moved.
    AfterIncrement,
    /// Once the successor is on disk.
    BeforeIncrement,
}

/// Where clock, counts and counter value come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moments {
    /// All from one attestation.
    One,
    /// The counter's value first, clock and counts by another command later.
    Two,
}

impl Rules {
    /// What the product does.
    pub const fn production() -> Self {
        Self {
            charge: time::charge,
            next: |reading, base, state, allowed| {
                continuity::next(reading, base, state.last_increment, [allowed], false)
            },
            deadline: |drawn, _, heartbeat_ms| time::deadline(drawn, heartbeat_ms),
            floor: |anchor, reading, issued_at, _| time::floor(anchor, reading, [issued_at]),
            decide: |inputs, manifest, _| decide(inputs, manifest),
            difference: continuity::difference,
            health: continuity::state_health,
            certifies: |certified, bound| *certified == bound.activity_index,
            seed_names_epoch: true,
            act: Act::AfterIncrement,
            moments: Moments::One,
            persisted_verdict: false,
        }
    }
}

//! How much of a lease is spent, and what time it surely is.
//!
//! Two questions are answered here from what a vendor signed (the lease's anchor) and what the TPM attests now (a
//! [`Reading`]), and neither answer rests on the operating system's clock:
//!
//! - [`charge`]: how much powered-on time was used since the anchor, counted so that nothing done to clock, disk or
//!   power makes it less than the time for which the software was accepted;
//! - [`floor`]: the latest UTC time that has certainly passed.
//!
//! [`now`] then takes the operating system's clock where it is plausible, never below the floor. [`increment_due`]
//! says when the activity counter must be incremented before a validation may be accepted. [`budget_ms`] is the
//! vendor's side: the charge budget that a promised window needs; [`share_of_window`] says how much of it a machine gets that
//! boots more often than promised.
//!
//! May import `token` (anchors, UTC times) and `evidence` (attested clocks). Must not know where readings come from,
//! what a lease allows, or what a verdict is; reads no clock. All arithmetic is on 128-bit integers and saturates; no
//! input panics.
//!
//! `docs/time.md` explains the formulas and the assumptions about a TPM on which they rest.

mod anchor;
mod budget;
mod charge;
mod deadline;
mod floor;
mod increment;
mod now;
mod share;

pub use anchor::{anchored, carried};
pub use budget::{Pace, budget_ms};
pub use charge::{Charge, ChargeError, Limits, charge, continues};
pub use deadline::deadline;
pub use floor::{floor, floor_of_leases, proven_utc};
pub use increment::{LastIncrement, increment_due};
pub use now::{BootClock, BootWitness, ClockNotice, Now, Source, believed, now};
pub use share::{Usage, share_at_pace, share_of_window};

use crate::evidence::ClockInfo;

/// The TPM's clock and counts, and the activity counter, from *one* attestation.
///
/// Taking them from two moments would let a sleep fall between them: the counter's own certification carries both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The clock and counts that the TPM signed.
    pub clock: ClockInfo,
    /// The value of the store's activity counter in the same attestation.
    pub activity: u64,
}

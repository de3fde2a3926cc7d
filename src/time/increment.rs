//! When the activity counter must be incremented before a validation is accepted.

use super::Reading;
use std::num::NonZeroU32;

/// What the state file, or the running process, remembers of the last increment of the activity counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastIncrement {
    /// The value that the counter had afterwards, to which the state is bound.
    pub activity: u64,
    /// The TPM's reset count at that moment.
    pub reset_count: u32,
    /// The TPM's restart count at that moment.
    pub restart_count: u32,
}

/// Whether more than S restarts of the present boot are covered by no increment, so that one must come first.
///
/// A later Reset hides the restarts of a boot, and the charge then counts S+1 of them; without this rule more could have
/// been accepted. A memory that is not about the present counter value and the present boot counts for nothing, so
/// deleting, restoring or forking files only brings increments, which cost charge.
pub fn increment_due(
    reading: &Reading,
    last: Option<&LastIncrement>,
    restarts_allowed: NonZeroU32,
) -> bool {
    let restarts = reading.clock.restart_count;
    let covered = last
        .filter(|last| {
            last.activity == reading.activity && last.reset_count == reading.clock.reset_count
        })
        .filter(|last| last.restart_count <= restarts)
        .map_or(0, |last| last.restart_count);
    restarts - covered > restarts_allowed.get()
}

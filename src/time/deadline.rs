//! Until when a verdict may be used.

use std::time::Duration;

/// The moment from which on a verdict is no longer used: J after its random was drawn.
///
/// `drawn` is when the random that the attestation covers was drawn, in a clock that nobody can set and that counts
/// sleep; the deadline is in the same clock. Not when the answer came: whoever owns the machine can hold an answer back
/// for as long as he likes, and would win that time.
pub fn deadline(drawn: Duration, heartbeat_ms: u64) -> Duration {
    drawn.saturating_add(Duration::from_millis(heartbeat_ms))
}

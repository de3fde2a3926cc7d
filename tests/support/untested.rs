//! What this machine does not let a test do.

use std::io::Write as _;

/// Says that a test ends without having tried anything, and `why`.
///
/// On standard error itself: the test harness keeps what passing tests print. With the variable `COUNTERFOIL_TEST_ALL` set
/// the test fails instead, so that where all of them pass all of them ran.
#[track_caller]
pub(crate) fn untested(why: &str) {
    let place = std::panic::Location::caller();
    let must_run = std::env::var_os("COUNTERFOIL_TEST_ALL").is_some();
    assert!(!must_run, "not tested: {why}");
    let _ = writeln!(std::io::stderr(), "NOT TESTED: {place}: {why}");
}

//! The points of an operation, tried on several machines at a time.

use std::env;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::machine::{Image, Machine};
use crate::points::Kind;

/// Set, it has every point tried; else one in [`STRIDE`] is.
const LONG: &str = "COUNTERFOIL_TEST_LONG";
/// Odd, so that a command's sending and its answer, which alternate, both come up.
const STRIDE: usize = 5;

/// Lets the program run into its death at the points of `line`, each time on a machine as in `image`, and calls
/// `recovers` afterwards, which has to leave the same files as after a run to the end. Prints how many points there were.
pub fn kill_everywhere(name: &str, image: &Image, line: &str, recovers: impl Fn(&Machine) + Sync) {
    let start = Instant::now();
    let first = Machine::of(image);
    let points = first.watch(line);
    recovers(&first);
    let files = first.names();
    drop(first);
    let stride = if env::var_os(LONG).is_some() {
        1
    } else {
        STRIDE
    };
    let tried: Vec<_> = points.iter().step_by(stride).collect();
    let next = AtomicUsize::new(0);
    // Program, strace and TPM wait for each other: twice as many machines as processors, so that none is idle.
    let processors = thread::available_parallelism().map_or(2, usize::from);
    let machines = 2 * processors.min(4);
    thread::scope(|scope| {
        for _ in 0..machines {
            scope.spawn(|| {
                let machine = Machine::of(image);
                while let Some(point) = tried.get(next.fetch_add(1, Ordering::Relaxed)) {
                    machine.put_back(image);
                    machine.kill(line, point);
                    recovers(&machine);
                    machine.assert_flushed();
                    machine.assert_no_more_than(&files);
                }
            });
        }
    });
    let count = |kind| points.iter().filter(|point| point.kind == kind).count();
    let (disk, before, after) = (
        count(Kind::Disk),
        count(Kind::BeforeTpm),
        count(Kind::AfterTpm),
    );
    assert!(
        before > 5 && before == after,
        "{before} commands, {after} answers"
    );
    // Past the test harness, which keeps what passing tests print to itself.
    let _ = writeln!(
        std::io::stderr(),
        "kill -9 in {name}: {} of {} points ({disk} on the disk, {before} before and {after} after the TPM), {:.0} s",
        tried.len(),
        points.len(),
        start.elapsed().as_secs_f64()
    );
}

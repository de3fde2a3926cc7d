//! What a feature check costs while the last verdict holds.

use std::hint::black_box;

use crate::line::{count_with_goal, figure};
use crate::measure::{median, samples, time};
use crate::stage::{FEATURE, Machine, Vendor};

/// So many that the clock's own time does not count.
const CHECKS: u32 = 10_000;

pub(crate) fn print(vendor: &Vendor, machine: &Machine) {
    let app = machine.app(vendor);
    assert!(app.check(FEATURE), "there is nothing to measure");
    let median = median(samples(|| {
        time(|| (0..CHECKS).all(|_| app.check(black_box(FEATURE))))
    }));
    figure(
        "check.cached",
        median.as_secs_f64() * 1e9 / f64::from(CHECKS),
        "ns",
    );
    let allocations = allocation_counter::measure(|| {
        black_box(app.check(FEATURE));
    });
    let allocations = usize::try_from(allocations.count_total).unwrap();
    count_with_goal("check.cached.allocations", allocations, 0);
}

//! What a feature check costs while the last verdict holds, and what keeps it fresh.

use std::hint::black_box;

use counterfoil::client::Counterfoil;
use tpm_sim::Tpm;

use crate::client_support::{BEAT, Played};
use crate::line::{count, count_with_goal, figure, figure_with_goal};
use crate::measure::{median, samples, time};
use crate::stage::{FEATURE, Machine, Vendor};

/// So many that the clock's own time does not count.
const CHECKS: u32 = 10_000;
const CHECK_NS: f64 = 50.0;
const PROCESSES: usize = 8;
const BEATS: usize = 10;

pub(crate) fn print(vendor: &Vendor, machine: &Machine) {
    check(vendor, machine);
    heartbeat(vendor, machine);
}

fn check(vendor: &Vendor, machine: &Machine) {
    let app = machine.app(vendor);
    assert!(app.check(FEATURE), "there is nothing to measure");
    for (name, feature, on) in [("", FEATURE, true), (".off", "another", false)] {
        let median = median(samples(|| {
            time(|| (0..CHECKS).all(|_| app.check(black_box(feature)) == on))
        }));
        figure_with_goal(
            &format!("check.cached{name}"),
            median.as_secs_f64() * 1e9 / f64::from(CHECKS),
            "ns",
            CHECK_NS,
        );
    }
    let allocations = allocation_counter::measure(|| {
        black_box(app.check(FEATURE));
    });
    let allocations = usize::try_from(allocations.count_total).unwrap();
    count_with_goal("check.cached.allocations", allocations, 0);
}

/// What ten heartbeats cost the TPM, for one process and for several.
fn heartbeat(vendor: &Vendor, machine: &Machine) {
    let clock = Played::new();
    let app = || machine.app_with(vendor, |config| clock.clone().into(config));
    let mut apps: Vec<Counterfoil> = Vec::new();
    for processes in [1, PROCESSES] {
        while apps.len() < processes {
            apps.push(app());
        }
        beat(&apps);
        machine.tpm.take_counts();
        let of = format!("heartbeat.{processes}-processes");
        for _ in 0..BEATS {
            clock.advance(BEAT);
            beat(&apps);
        }
        print_costs(&of, &machine.tpm, processes);
    }
}

fn beat(apps: &[Counterfoil]) {
    for app in apps {
        app.beat();
    }
}

fn print_costs(of: &str, tpm: &Tpm, processes: usize) {
    let counts = tpm.take_counts();
    let per_beat = |commands: usize| commands as f64 / BEATS as f64;
    let all = counts.values().sum();
    figure(&format!("{of}.tpm-commands"), per_beat(all), "per beat");
    let quotes = counts.get("TPM2_Quote").copied().unwrap_or(0);
    count_with_goal(&format!("{of}.quotes-in-ten-beats"), quotes, BEATS);
    let sessions = counts.get("TPM2_StartAuthSession").copied().unwrap_or(0);
    count(&format!("{of}.salted-sessions-in-ten-beats"), sessions);
    assert!(quotes >= BEATS, "{processes} processes made no quotes");
}

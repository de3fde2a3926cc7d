//! A cold validation on TPMs as slow as families of real ones.

use std::time::Duration;

use tpm_sim::Family;

use crate::line::{figure, milliseconds};
use crate::measure::{median, time};
use crate::stage::{Machine, Vendor};

/// A TPM of silicon is so much slower than the rest that a few samples tell.
const SAMPLES: usize = 3;

pub(crate) fn print(vendor: &Vendor, machine: &Machine) {
    let app = machine.app(vendor);
    for family in Family::ALL {
        machine.tpm.set_family(Some(family));
        let samples: Vec<(Duration, Duration)> = (0..SAMPLES)
            .map(|_| {
                let seen = machine.tpm.commands().len();
                let wall = time(|| app.validate());
                let tpm = machine
                    .tpm
                    .commands_since(seen)
                    .iter()
                    .map(|command| command.took)
                    .sum();
                (wall, tpm)
            })
            .collect();
        let wall = median(samples.iter().map(|sample| sample.0));
        let tpm = median(samples.iter().map(|sample| sample.1));
        let share = tpm.as_secs_f64() / wall.as_secs_f64() * 100.0;
        figure(
            &format!("validation.wall.{}", family.name()),
            milliseconds(wall),
            "ms",
        );
        figure(
            &format!("validation.tpm-share.{}", family.name()),
            share,
            "percent",
        );
    }
    machine.tpm.set_family(None);
}

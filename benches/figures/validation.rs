//! Where the time of a cold validation goes.

use std::time::Duration;

use counterfoil::device::{Hardware as _, Secret, TssHardware};
use counterfoil::store::Seed;
use counterfoil::token::StoreId;

use crate::line::{count, figure, figure_with_goal, microseconds, milliseconds};
use crate::measure::{BareVerification, median, samples, time};
use crate::observed::Observed;
use crate::stage::{Machine, Vendor};
use crate::store;

/// What one validation of one license verifies a P-256 signature of.
const VERIFIED: [&str; 8] = [
    "binding file",
    "trust bundle",
    "license",
    "lease",
    "manifest",
    "status list",
    "quote",
    "counter",
];

const RATIO: f64 = 1.2;

struct Sample {
    wall: Duration,
    /// Behind the hardware trait.
    hardware: Duration,
    /// Between sending a command and having its answer, as the simulator sees it.
    tpm: Duration,
    verification: Duration,
}

pub(crate) fn print(vendor: &Vendor, machine: &Machine) {
    let observed = Observed::new(machine);
    let spent = observed.spent.clone();
    let app = observed.app(vendor, machine);
    let bare = BareVerification::new();
    let samples = samples(|| {
        let seen = machine.tpm.commands().len();
        spent.take();
        let wall = time(|| app.validate());
        Sample {
            wall,
            hardware: spent.take(),
            tpm: machine
                .tpm
                .commands_since(seen)
                .iter()
                .map(|command| command.took)
                .sum(),
            verification: bare.time(),
        }
    });

    let of = |part: fn(&Sample) -> Duration| median(samples.iter().map(part));
    let own = of(|sample| sample.wall.saturating_sub(sample.hardware));
    let verification = of(|sample| sample.verification);
    let ratio = own.as_secs_f64() / (verification.as_secs_f64() * VERIFIED.len() as f64);
    figure(
        "validation.wall",
        milliseconds(of(|sample| sample.wall)),
        "ms",
    );
    figure(
        "validation.tpm",
        milliseconds(of(|sample| sample.tpm)),
        "ms",
    );
    let transport = of(|sample| sample.hardware.saturating_sub(sample.tpm));
    figure(
        "validation.libtss2-and-transport",
        milliseconds(transport),
        "ms",
    );
    figure("validation.own", milliseconds(own), "ms");
    figure(
        "validation.own.binding-key",
        microseconds(binding_key()),
        "us",
    );
    let store = store::reading(machine).saturating_sub(verification);
    figure("validation.own.store", microseconds(store), "us");
    count("validation.verifications", VERIFIED.len());
    figure("verification.bare", microseconds(verification), "us");
    figure(
        "verification.bare.after-tpm",
        microseconds(after_tpm(machine, &bare)),
        "us",
    );
    figure_with_goal("validation.own-over-verifications", ratio, "ratio", RATIO);
}

/// A bare verification right after the TPM was used, when loading its library and letting go of it has displaced what was
/// in the processor's caches. A validation's first verifications come then.
fn after_tpm(machine: &Machine, bare: &BareVerification) -> Duration {
    let hardware = TssHardware::new(machine.tpm.tcti());
    median(samples(|| {
        hardware
            .open()
            .and_then(|mut tpm| tpm.describe())
            .expect("the simulator answers");
        bare.time()
    }))
}

/// Deriving the binding key from the seed, which every validation does.
fn binding_key() -> Duration {
    median(samples(|| {
        let seed = Seed::new(Secret::new([7; 32]));
        time(|| seed.binding_key(StoreId::new([9; 16])))
    }))
}

//! Ten years of a machine, in a moment: a model of its TPM, and a program that asks the library's own functions at every
//! heartbeat what to do.
//!
//! Time passes from event to event. Between two events only the TPM's clock moves, so a lease that is accepted at the last
//! heartbeat is accepted at those before it, and the one at which it first is not is found by halving.

mod client;
#[path = "../../time_promises/machine.rs"]
#[allow(dead_code, reason = "the tests of the promises use more of it")]
pub(crate) mod machine;
mod profile;
mod random;
pub(crate) mod tables;

pub(crate) use client::{Client, INCREMENT_BYTES, PROVISIONING_BYTES, Tally};
pub(crate) use profile::{
    DEVELOPER, KIOSK_ALWAYS_ON, LAPTOP, PROFILES, PROMISED, Profile, Step, UNEVEN,
};

use counterfoil::policy::{Licensee, Rules, Terms, Windows};
use counterfoil::token::{DeviceClass, LicenseId};
use machine::{DAY_MS, Machine};
use random::Random;

/// Days in ten years.
pub(crate) const TEN_YEARS: u64 = 3653;
/// What the PC Client Platform TPM Profile has a TPM endure in its life, and P13 allows the library in ten years.
pub(crate) const BUDGET_BYTES: u64 = 100_000;
/// The windows that are shown, in days.
pub(crate) const WINDOWS: [u16; 4] = [1, 7, 30, 60];

/// TPMs that lose as much of their clock at an unclean stop.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    /// Makers, as far as they are known.
    pub(crate) makers: &'static str,
    pub(crate) unclean_loss_ms: u64,
}

/// By the interval at which the clock is kept, as the TPMScan data set has it.
pub(crate) const FAMILIES: [Family; 5] = [
    Family {
        name: "4 s",
        makers: "AMD, older Intel",
        unclean_loss_ms: 4_096,
    },
    Family {
        name: "10 s",
        makers: "STMicroelectronics",
        unclean_loss_ms: 10_000,
    },
    Family {
        name: "16 s",
        makers: "Infineon, some models",
        unclean_loss_ms: 16_384,
    },
    Family {
        name: "9 min",
        makers: "Infineon, the others",
        unclean_loss_ms: 524_288,
    },
    Family {
        name: "70 min",
        makers: "Nuvoton, newer Intel, Pluton, and every model that is not listed",
        unclean_loss_ms: 4_194_304,
    },
];

/// I where a vendor lists no model.
pub(crate) fn unlisted_loss_ms() -> u64 {
    Rules::default().time.unclean_loss_ms
}

/// The default rules with another window, and I as the vendor lists it.
pub(crate) fn terms(window_days: u16, listed_loss_ms: u64) -> Terms {
    terms_of(Rules::default(), window_days, listed_loss_ms)
}

/// The terms of a lease under `rules` with another window and I.
pub(crate) fn terms_of(mut rules: Rules, window_days: u16, listed_loss_ms: u64) -> Terms {
    rules.windows = Windows::default().with(DeviceClass::Hardware, window_days);
    rules.time.unclean_loss_ms = listed_loss_ms;
    terms_for(&rules, DeviceClass::Hardware)
}

/// The terms of a lease of anyone, whose TPM is not listed.
pub(crate) fn terms_for(rules: &Rules, class: DeviceClass) -> Terms {
    let anyone = Licensee {
        segment: None,
        license: LicenseId::new([0; LicenseId::LEN]),
        user: None,
        standby: false,
    };
    rules
        .lease_terms(class, None, &anyone)
        .expect("the class is licensed")
}

/// What a machine of this kind comes to in `days`.
pub(crate) fn live(profile: &Profile, mut client: Client, days: u64) -> Tally {
    let mut random = Random::seeded(SEED);
    for day in 0..days {
        for step in profile.day(day, &mut random) {
            client.take(step);
        }
    }
    client.tally()
}

/// For how much of its window, in percent, a machine works that never has a network again; at most 999.
pub(crate) fn share(profile: &Profile, machine: Machine, terms: Terms) -> u64 {
    let window_ms = terms.window.as_millis() as u64;
    let mut random = Random::seeded(SEED);
    // By charge alone: the date, which ends the lease soon after its window, is left away.
    let mut client = Client::activate(machine, without_date(terms));
    for day in 0.. {
        for step in profile.day(day, &mut random) {
            if !matches!(step, Step::Network(_)) {
                client.take(step);
            }
            if let Some(ms) = client.worked_ms() {
                return (ms * 100 / window_ms).min(999);
            }
        }
        if day * DAY_MS > 10 * window_ms {
            return 999;
        }
    }
    unreachable!("the days do not end")
}

fn without_date(mut terms: Terms) -> Terms {
    terms.valid_for = std::time::Duration::from_secs(1 << 33);
    terms
}

const SEED: u64 = 0x0c0f_fee0;

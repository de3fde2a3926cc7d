//! Which models are run, and how far.

use crate::binding::{self, BindingModel};
use crate::charge::{self, ChargeModel, Grain};
use crate::crash::{self, CrashModel};
use crate::dates::{self, DatesModel};
use crate::explore::{Outcome, exhaust, find};
use crate::mistake::Mistake;
use crate::rules::Rules;

/// How far the models go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// As far as a test may take.
    Small,
    /// As far as some minutes allow.
    Full,
}

/// One search.
pub struct Run {
    /// What is searched.
    pub name: &'static str,
    /// Its bounds, for people.
    pub bounds: String,
    search: Box<dyn FnOnce() -> Outcome>,
}

impl Run {
    /// Makes the search.
    pub fn explore(self) -> Outcome {
        (self.search)()
    }
}

/// One slow tick of I, S = 1 and J = 1 tick: the least with which every term has a say.
const CHARGE: charge::Bounds = charge::Bounds {
    processes: 1,
    grain: Grain::Coarse,
    budget_ticks: 8,
    unclean_loss_ms: 30,
    restarts_allowed: 1,
    heartbeat_ticks: 1,
    resets: 1,
    restarts: 2,
    increments: 2,
    false_answers: false,
    rates: false,
    clock_set: false,
};

const MIXED: charge::Bounds = charge::Bounds {
    processes: 2,
    grain: Grain::Mixed,
    budget_ticks: 3,
    increments: 1,
    ..CHARGE
};

const CRASH: crash::Bounds = crash::Bounds {
    owner: crash::Owner::Honest,
    increments: 5,
    answers: 2,
    keeps_successors: false,
};

const DATES: dates::Bounds = dates::Bounds {
    owner: dates::Owner::Hostile,
    ticks: 2,
    resets: 1,
    contacts: 1,
};

const BINDING: binding::Bounds = binding::Bounds {
    seeds: 2,
    clears: 1,
    highest: 6,
    resets: 0,
    restarts: 0,
    holds: false,
    second_license: false,
};

/// The searches in which the product must keep every promise.
pub fn production(scale: Scale) -> Vec<Run> {
    let full = scale == Scale::Full;
    let charge_coarse = match full {
        false => charge::Bounds {
            clock_set: true,
            ..CHARGE
        },
        true => charge::Bounds {
            budget_ticks: 12,
            resets: 2,
            restarts: 3,
            increments: 2,
            clock_set: true,
            ..CHARGE
        },
    };
    let charge_mixed = match full {
        false => MIXED,
        true => charge::Bounds {
            budget_ticks: 6,
            ..MIXED
        },
    };
    let mut runs = vec![
        charge(
            "time, counts and counter; any number of processes",
            charge_coarse,
        ),
        charge(
            "one process stopped anywhere among any number of others",
            charge_mixed,
        ),
        crash("power cuts at every step", CRASH),
        crash(
            "every older file restored",
            crash::Bounds {
                owner: crash::Owner::Hostile,
                increments: if full { 5 } else { 3 },
                ..CRASH
            },
        ),
        dates(
            "dates with any clocks",
            match full {
                false => DATES,
                true => dates::Bounds {
                    ticks: 4,
                    resets: 2,
                    contacts: 2,
                    ..DATES
                },
            },
        ),
        binding("other seeds, storage keys, epochs and counters", BINDING),
    ];
    if full {
        runs.push(charge(
            "two heartbeats, a larger loss",
            charge::Bounds {
                budget_ticks: 14,
                unclean_loss_ms: 60,
                heartbeat_ticks: 2,
                resets: 2,
                increments: 2,
                ..CHARGE
            },
        ));
        runs.push(charge(
            "S = 2",
            charge::Bounds {
                budget_ticks: 12,
                restarts_allowed: 2,
                restarts: 4,
                ..CHARGE
            },
        ));
        runs.push(charge(
            "the clock at any rate",
            charge::Bounds {
                budget_ticks: 8,
                rates: true,
                ..CHARGE
            },
        ));
        runs.push(charge(
            "two processes step by step",
            charge::Bounds {
                grain: Grain::Fine,
                ..MIXED
            },
        ));
        runs.push(charge(
            "false answers to unauthenticated questions",
            charge::Bounds {
                processes: 1,
                grain: Grain::Fine,
                budget_ticks: 6,
                false_answers: true,
                ..MIXED
            },
        ));
        runs.push(binding(
            "more seeds, a Reset",
            binding::Bounds {
                seeds: 3,
                resets: 1,
                ..BINDING
            },
        ));
        runs.push(binding(
            "successors that were kept",
            binding::Bounds {
                highest: 5,
                restarts: 2,
                ..BINDING
            },
        ));
        runs.push(binding(
            "licenses on two chips",
            binding::Bounds {
                seeds: 3,
                highest: 4,
                second_license: true,
                ..BINDING
            },
        ));
        runs.push(dates("the promised window of an honest machine", HONEST));
    }
    runs
}

const HONEST: dates::Bounds = dates::Bounds {
    owner: dates::Owner::Honest,
    ticks: 45,
    resets: 0,
    contacts: 0,
};

/// The searches that must find a mistake.
pub fn mistakes() -> Vec<Run> {
    MISTAKES.map(|(mistake, name)| search(mistake, name)).into()
}

/// The search that must find this mistake.
pub fn mistaken(mistake: Mistake) -> Run {
    let name = MISTAKES.iter().find(|(known, _)| *known == mistake);
    search(mistake, name.map_or("", |(_, name)| name))
}

const MISTAKES: [(Mistake, &str); 19] = [
    (Mistake::NoChargePerReset, "no charge per reset"),
    (Mistake::LossAtTheClocksRate, "7/6 left off I"),
    (
        Mistake::ActBeforeIncrement,
        "act before the increment: a verdict",
    ),
    (
        Mistake::ApplyBeforeIncrement,
        "act before the increment: an answer",
    ),
    (
        Mistake::OsClockAsFloor,
        "the operating system's clock stored as a floor",
    ),
    (
        Mistake::StateWithoutResetCount,
        "a state without its resetCount",
    ),
    (Mistake::SInsteadOfSPlusOne, "S instead of S+1"),
    (Mistake::SIsZero, "S = 0"),
    (
        Mistake::DeadlineFromAnswer,
        "the deadline counted from the answer",
    ),
    (Mistake::TwoMoments, "counts and counter from two moments"),
    (Mistake::PersistedVerdict, "a persisted verdict"),
    (Mistake::GraceRenewsItself, "a grace that renews itself"),
    (
        Mistake::AttestationKeyNotCompared,
        "the attestation key's Name not compared",
    ),
    (
        Mistake::StorageKeyNotCompared,
        "the storage key's Name not compared",
    ),
    (Mistake::SeedNotCompared, "the seed's Name not compared"),
    (
        Mistake::EpochNotCompared,
        "the epoch neither sealed nor compared",
    ),
    (
        Mistake::CounterNotCompared,
        "the counter's Name not compared",
    ),
    (Mistake::LossForgotten, "a lost state forgotten"),
    (
        Mistake::LossCountedAtOnce,
        "a missing state is Limited at once",
    ),
];

fn search(mistake: Mistake, name: &'static str) -> Run {
    let charge = |bounds: charge::Bounds| {
        run(name, format!("{bounds:?}"), move || {
            find(ChargeModel::new(mistake.rules(), bounds))
        })
    };
    let dates = |bounds: dates::Bounds| {
        run(name, format!("{bounds:?}"), move || {
            find(DatesModel::new(mistake.rules(), bounds))
        })
    };
    match mistake {
        Mistake::LossAtTheClocksRate => charge(charge::Bounds {
            unclean_loss_ms: 90,
            increments: 1,
            ..CHARGE
        }),
        Mistake::StateWithoutResetCount => charge(charge::Bounds {
            budget_ticks: 9,
            resets: 2,
            restarts: 3,
            increments: 1,
            ..CHARGE
        }),
        Mistake::ActBeforeIncrement => charge(charge::Bounds {
            restarts: 3,
            increments: 1,
            ..CHARGE
        }),
        Mistake::DeadlineFromAnswer => charge(charge::Bounds {
            processes: 1,
            grain: Grain::Fine,
            ..MIXED
        }),
        Mistake::TwoMoments => charge(charge::Bounds {
            budget_ticks: 6,
            restarts: 3,
            ..MIXED
        }),
        Mistake::ApplyBeforeIncrement => {
            let bounds = crash::Bounds {
                owner: crash::Owner::Hostile,
                increments: 3,
                ..CRASH
            };
            run(name, format!("{bounds:?}"), move || {
                find(CrashModel::new(mistake.rules(), bounds))
            })
        }
        // A state for the value that the counter has after a Clear was written before, and not committed.
        Mistake::StorageKeyNotCompared => {
            let bounds = binding::Bounds {
                seeds: 1,
                highest: 4,
                restarts: 2,
                ..BINDING
            };
            run(name, format!("{bounds:?}"), move || {
                exhaust(BindingModel::new(mistake.rules(), bounds), THREADS)
            })
        }
        Mistake::AttestationKeyNotCompared
        | Mistake::SeedNotCompared
        | Mistake::EpochNotCompared
        | Mistake::CounterNotCompared
        | Mistake::LossForgotten
        | Mistake::LossCountedAtOnce => run(name, format!("{BINDING:?}"), move || {
            find(BindingModel::new(mistake.rules(), BINDING))
        }),
        Mistake::OsClockAsFloor => dates(DATES),
        Mistake::SIsZero | Mistake::GraceRenewsItself => dates(HONEST),
        _ => charge(CHARGE),
    }
}

fn charge(name: &'static str, bounds: charge::Bounds) -> Run {
    run(name, format!("{bounds:?}"), move || {
        exhaust(ChargeModel::new(Rules::production(), bounds), THREADS)
    })
}

fn crash(name: &'static str, bounds: crash::Bounds) -> Run {
    run(name, format!("{bounds:?}"), move || {
        exhaust(CrashModel::new(Rules::production(), bounds), THREADS)
    })
}

fn dates(name: &'static str, bounds: dates::Bounds) -> Run {
    run(name, format!("{bounds:?}"), move || {
        exhaust(DatesModel::new(Rules::production(), bounds), THREADS)
    })
}

fn binding(name: &'static str, bounds: binding::Bounds) -> Run {
    run(name, format!("{bounds:?}"), move || {
        exhaust(BindingModel::new(Rules::production(), bounds), THREADS)
    })
}

fn run(name: &'static str, bounds: String, search: impl FnOnce() -> Outcome + 'static) -> Run {
    Run {
        name,
        bounds,
        search: Box::new(search),
    }
}

const THREADS: usize = 2;

//! How people use machines, and the days that follow from it.

use super::machine::DAY_MS;
use super::random::Random;
use counterfoil::time::Usage;
use std::iter;
use std::time::Duration;

const HOUR_MS: u64 = DAY_MS / 24;

/// A kind of machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    /// In a person's words.
    pub(crate) about: &'static str,
    /// Hours a day for which it is on, sleep not counted.
    on_hours: u64,
    boots_per_week: u32,
    /// How many of a hundred boots follow a power cut or a crash of the system.
    cut_percent: u64,
    sleeps_per_day: u32,
    /// Suspends to disk.
    hibernations_per_day: u32,
    /// Once in so many days it has a network, for a whole day.
    days_per_contact: u64,
    order: Order,
}

/// When in the day things happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Boots first, then sleeps, at even intervals.
    Even,
    /// Anyhow.
    Random,
}

/// What happens to a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is on, and the application runs.
    On { ms: u64 },
    /// It sleeps in memory, and the TPM resumes.
    Sleep { ms: u64 },
    /// It sleeps on disk, and the TPM restarts.
    Hibernate { ms: u64 },
    /// It is shut down, stays off, and boots.
    Boot { off_ms: u64 },
    /// Its power is cut, it stays off, and boots.
    Cut { off_ms: u64 },
    /// It is cut off while the application is about to increment its counter, and boots.
    CutAtIncrement { off_ms: u64 },
    /// It has a network from here on, or has none.
    Network(bool),
}

const COMMON: Profile = Profile {
    name: "",
    about: "",
    on_hours: 24,
    boots_per_week: 7,
    cut_percent: 0,
    sleeps_per_day: 0,
    hibernations_per_day: 0,
    days_per_contact: 1,
    order: Order::Random,
};

/// What the window is promised to.
pub(crate) const PROMISED: Profile = Profile {
    name: "as promised",
    about: "always on, one boot and ten sleeps a day, evenly",
    sleeps_per_day: 10,
    order: Order::Even,
    ..COMMON
};

/// As promised on average only.
pub(crate) const UNEVEN: Profile = Profile {
    name: "as promised, unevenly",
    about: "the same in any order: some boots see twenty sleeps, some none",
    order: Order::Random,
    ..PROMISED
};

/// A laptop as the promise has it, but for the nights.
pub(crate) const LAPTOP: Profile = Profile {
    name: "laptop",
    about: "10 h a day, one boot (one in ten after a crash) and ten sleeps a day; online every other day",
    on_hours: 10,
    cut_percent: 10,
    sleeps_per_day: 10,
    days_per_contact: 2,
    ..COMMON
};

/// The machine that is warned about.
pub(crate) const DEVELOPER: Profile = Profile {
    name: "developer",
    about: "always on, twenty boots a day, two of them after crashes; always online",
    boots_per_week: 140,
    cut_percent: 10,
    ..COMMON
};

/// A kiosk that has no night.
pub(crate) const KIOSK_ALWAYS_ON: Profile = Profile {
    name: "kiosk, always on",
    about: "always on, four power cuts a day; online once a week",
    boots_per_week: 28,
    cut_percent: 100,
    days_per_contact: 7,
    ..COMMON
};

pub(crate) const PROFILES: [Profile; 10] = [
    PROMISED,
    UNEVEN,
    Profile {
        name: "desktop",
        about: "9 h a day, two boots (one in twenty after a power cut) and three sleeps a day; always online",
        on_hours: 9,
        boots_per_week: 14,
        cut_percent: 5,
        sleeps_per_day: 3,
        ..COMMON
    },
    LAPTOP,
    Profile {
        name: "laptop, seldom booted",
        about: "10 h a day, one boot a week, ten sleeps a day; online every other day",
        boots_per_week: 1,
        ..LAPTOP
    },
    Profile {
        name: "hibernating laptop",
        about: "10 h a day, one boot a week, eight hibernations and two sleeps a day; online every third day",
        on_hours: 10,
        boots_per_week: 1,
        sleeps_per_day: 2,
        hibernations_per_day: 8,
        days_per_contact: 3,
        ..COMMON
    },
    Profile {
        name: "server",
        about: "always on, one boot a week, every other one after a power cut; online once a week",
        boots_per_week: 1,
        cut_percent: 50,
        days_per_contact: 7,
        ..COMMON
    },
    Profile {
        name: "kiosk",
        about: "16 h a day, switched off at the plug every night and three more power cuts a day; online once a week",
        on_hours: 16,
        ..KIOSK_ALWAYS_ON
    },
    KIOSK_ALWAYS_ON,
    DEVELOPER,
];

impl Profile {
    /// A typical week, for [`counterfoil::time::share_of_window`].
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            span: Duration::from_millis(7 * DAY_MS),
            on: Duration::from_millis(7 * self.on_hours * HOUR_MS),
            boots: self.boots_per_week,
            sleeps: 7 * (self.sleeps_per_day + self.hibernations_per_day),
        }
    }

    /// What happens on the day with this number, from midnight to midnight.
    pub(crate) fn day(&self, day: u64, random: &mut Random) -> Vec<Step> {
        let mut breaks = self.breaks(day);
        let off_ms = DAY_MS - self.on_hours * HOUR_MS;
        let (on, off) = match self.order {
            Order::Even => (
                even(DAY_MS - off_ms, breaks.len() + 1),
                even(off_ms, breaks.len()),
            ),
            Order::Random => {
                random.shuffle(&mut breaks);
                (
                    random.split(DAY_MS - off_ms, breaks.len() + 1),
                    random.split(off_ms, breaks.len()),
                )
            }
        };
        let online = day.is_multiple_of(self.days_per_contact);
        let mut steps = vec![Step::Network(online), Step::On { ms: on[0] }];
        for ((kind, ms), &on_ms) in breaks.into_iter().zip(off).zip(&on[1..]) {
            steps.push(match kind {
                Break::Boot => self.boot(ms, random),
                Break::Sleep => Step::Sleep { ms },
                Break::Hibernation => Step::Hibernate { ms },
            });
            steps.push(Step::On { ms: on_ms });
        }
        steps
    }

    /// The day's breaks, boots first.
    fn breaks(&self, day: u64) -> Vec<Break> {
        let boots_until = |day: u64| u64::from(self.boots_per_week) * day / 7;
        let boots = boots_until(day + 1) - boots_until(day);
        [
            (Break::Boot, boots as usize),
            (Break::Sleep, self.sleeps_per_day as usize),
            (Break::Hibernation, self.hibernations_per_day as usize),
        ]
        .into_iter()
        .flat_map(|(kind, times)| iter::repeat_n(kind, times))
        .collect()
    }

    fn boot(&self, off_ms: u64, random: &mut Random) -> Step {
        match random.chance(self.cut_percent, 100) {
            true if random.chance(1, 10) => Step::CutAtIncrement { off_ms },
            true => Step::Cut { off_ms },
            false => Step::Boot { off_ms },
        }
    }

    /// Whether every boot follows an orderly shutdown.
    pub(crate) fn is_orderly(&self) -> bool {
        self.cut_percent == 0
    }
}

#[derive(Debug, Clone, Copy)]
enum Break {
    Boot,
    Sleep,
    Hibernation,
}

fn even(total: u64, pieces: usize) -> Vec<u64> {
    vec![total / pieces.max(1) as u64; pieces]
}

//! The verdict that feature checks read, and what is still allowed after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::clock::{Clock, Deadline, Moment};
use super::report::Report;
use super::status::Status;

/// A verdict, and the moment up to which it may be used. Never changed, but replaced.
pub(super) struct Cached {
    deadline: Deadline,
    /// The store has changed since: the next check asks anew.
    withdrawn: AtomicBool,
    on: Features,
    /// Whether it grants more than what stays on anyway, so that its deadline matters to the vendor.
    pub(super) grants: bool,
    pub(super) report: Arc<Report>,
    pub(super) status: Arc<Status>,
    /// Features that went off a short time ago, and until when work that had begun may go on.
    ending: Vec<Ending>,
}

struct Ending {
    feature: String,
    until: Moment,
}

impl Cached {
    /// A new verdict in place of `previous`. What was on and is off now winds down from the moment at which it went
    /// off: now, or when the previous verdict's time was over, if that was earlier.
    pub(super) fn new(
        report: Arc<Report>,
        status: Arc<Status>,
        deadline: Deadline,
        previous: Option<&Self>,
        clock: &dyn Clock,
    ) -> Self {
        let on = Features::of(&report);
        let ending = previous.map_or_else(Vec::new, |previous| previous.ending_without(&on, clock));
        Self {
            deadline,
            withdrawn: AtomicBool::new(false),
            on,
            grants: report.grants(),
            report,
            status,
            ending,
        }
    }

    /// The same verdict with another status.
    pub(super) fn with_status(&self, status: Arc<Status>, clock: &dyn Clock) -> Self {
        let report = Arc::clone(&self.report);
        Self::new(report, status, self.deadline, Some(self), clock)
    }

    /// Whether it may be used now. Usually reads one clock.
    pub(super) fn holds(&self, clock: &dyn Clock) -> bool {
        !self.is_withdrawn() && !self.deadline.has_come(clock)
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(Ordering::Acquire)
    }

    pub(super) fn withdraw(&self) {
        self.withdrawn.store(true, Ordering::Release);
    }

    /// How long it may still be used, at most.
    pub(super) fn left(&self, clock: &dyn Clock) -> Duration {
        self.deadline.end.left(clock)
    }

    /// Whether it turns the feature on. The caller knows that it may be used.
    pub(super) fn allows(&self, feature: &str) -> bool {
        self.on.find(feature).is_some()
    }

    /// Until when work with the feature may go on: it is on, it winds down, or neither.
    pub(super) fn work(&self, feature: &str, clock: &dyn Clock) -> Work {
        match self.on.find(feature) {
            Some(_) if !self.grants || self.holds(clock) => Work::On,
            Some(on) => Work::until(self.end_of(on, clock), clock),
            None => self
                .ending
                .iter()
                .find(|ending| ending.feature == feature)
                .map_or(Work::Off, |ending| Work::until(ending.until, clock)),
        }
    }

    fn ending_without(&self, on: &Features, clock: &dyn Clock) -> Vec<Ending> {
        let stopped = self.on.0.iter().map(|feature| Ending {
            feature: feature.name.to_string(),
            until: self.end_of(feature, clock),
        });
        let earlier = self.ending.iter().map(|ending| Ending {
            feature: ending.feature.clone(),
            until: ending.until,
        });
        stopped
            .chain(earlier)
            .filter(|ending| on.find(&ending.feature).is_none() && !ending.until.has_come(clock))
            .collect()
    }

    /// The end of the work with a feature that is on here, and off from now on.
    fn end_of(&self, feature: &Feature, clock: &dyn Clock) -> Moment {
        let off = Moment::now(clock);
        let off = if self.grants {
            off.or_before(self.deadline.end)
        } else {
            off
        };
        off.after(feature.wind_down)
    }
}

/// What work with a feature may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// The feature is on.
    On,
    /// It is off, and work that had begun may go on for so long.
    Ending(Duration),
    /// It is off.
    Off,
}

impl Work {
    fn until(end: Moment, clock: &dyn Clock) -> Self {
        match end.has_come(clock) {
            true => Self::Off,
            false => Self::Ending(end.left(clock)),
        }
    }
}

/// Features that are on, in the order of [`key`].
struct Features(Box<[Feature]>);

struct Feature {
    name: Box<str>,
    /// How long work with it may go on after it went off.
    wind_down: Duration,
}

impl Features {
    fn of(report: &Report) -> Self {
        let mut features: Vec<Feature> = Vec::new();
        for verdict in report.verdicts() {
            for name in &verdict.features {
                let wind_down = verdict.wind_down;
                match features.iter_mut().find(|known| *known.name == **name) {
                    Some(known) => known.wind_down = known.wind_down.max(wind_down),
                    None => features.push(Feature {
                        name: name.as_str().into(),
                        wind_down,
                    }),
                }
            }
        }
        features.sort_unstable_by(|a, b| key(&a.name).cmp(&key(&b.name)));
        Self(features.into())
    }

    fn find(&self, name: &str) -> Option<&Feature> {
        let found = self
            .0
            .binary_search_by(|feature| key(&feature.name).cmp(&key(name)));
        found.ok().map(|at| &self.0[at])
    }
}

/// By length first: most comparisons of a search then end before a character is looked at.
fn key(name: &str) -> (usize, &str) {
    (name.len(), name)
}

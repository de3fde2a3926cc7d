//! What a user experiences under rules: day by day without a network, and when something goes wrong.
//!
//! Nothing here is read off the keys. A machine as the promise describes it (always on, one boot and ten sleeps a day) is
//! led through simulated days: [`Rules::lease_terms`] makes its lease, `time::charge` charges it, and [`decide`] gives the
//! verdicts, as on a real machine.
//!
//! May import the rest of `policy`, `time`, and the type of an attested clock from `evidence`. Must not know files,
//! versions, or how an explanation is printed.

mod events;
mod facts;
mod notes;
mod pace;
mod usage;

pub use pace::pace_warnings;

#[cfg(test)]
mod tests;

use super::diff::{class_of_machines, list_of_features};
use super::rules::Rules;
use super::{Language, Reason, Standing, Verdict, decide};
use crate::token::{DeviceClass, UtcTime};
use facts::Situation;
use std::time::Duration;
use usage::{DAY, Machine};

/// What a user experiences under rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The machine classes that are licensed, each with its timeline.
    pub classes: Vec<ClassTimeline>,
    /// What follows from what can go wrong.
    pub events: Vec<Event>,
    /// What else the rules promise or demand, in sentences.
    pub notes: Vec<String>,
}

/// The time without network of one class of machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassTimeline {
    /// The class.
    pub class: DeviceClass,
    /// W: how long it is promised to work offline.
    pub window: Duration,
    /// What licenses of each edition experience.
    pub editions: Vec<EditionTimeline>,
}

/// The time without network of a license of one edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionTimeline {
    /// The edition.
    pub edition: String,
    /// The days 1, 5, 10 and 30, and every moment at which something changes.
    pub moments: Vec<Moment>,
}

/// One moment of a time without network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// How long after the last contact.
    pub after: Duration,
    /// The verdict at that moment.
    pub verdict: Verdict,
}

/// Something that can happen to a license or a machine, and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The stable snake_case name.
    pub name: &'static str,
    /// What happens, as a heading.
    pub title: &'static str,
    /// The verdict for each edition, on a machine of the first class that is licensed.
    pub editions: Vec<(String, Verdict)>,
}

/// There is nothing of that name in an explanation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotExplained {
    /// The class is not licensed.
    #[error("the rules license no {0} devices")]
    Class(DeviceClass),
    /// No tier has this name.
    #[error("no tier is called {edition}; the editions are {}", list_of_features(.known.iter().map(String::as_str)))]
    Edition {
        /// The edition that was asked for.
        edition: String,
        /// The editions that there are.
        known: Vec<String>,
    },
}

/// The days that are always shown.
const SHOWN_DAYS: [u32; 4] = [1, 5, 10, 30];

/// Explains `rules` for machines whose last contact is at `contact`, in the words that a user reads in `language`.
pub fn explain(rules: &Rules, contact: UtcTime, language: Language) -> Explanation {
    let situations: Vec<_> = DeviceClass::ALL
        .into_iter()
        .filter_map(|class| Situation::new(rules, class, contact, language))
        .collect();
    Explanation {
        classes: situations.iter().map(class_timeline).collect(),
        events: situations.first().map_or_else(Vec::new, events::events),
        notes: notes::notes(rules),
    }
}

fn class_timeline(situation: &Situation<'_>) -> ClassTimeline {
    let editions = situation
        .rules()
        .tiers
        .iter()
        .map(|tier| EditionTimeline {
            edition: tier.name.clone(),
            moments: moments(situation, &tier.name),
        })
        .collect();
    ClassTimeline {
        class: situation.class(),
        window: situation.terms().window,
        editions,
    }
}

/// What is looked at, until the last fixed day or well past the lease's end, whichever is later.
fn moments(situation: &Situation<'_>, edition: &str) -> Vec<Moment> {
    let terms = situation.terms();
    let end = (terms.valid_for + 2 * DAY).max(DAY * SHOWN_DAYS[SHOWN_DAYS.len() - 1]);
    // An hour is fine enough for people; for long windows a thousandth of them is.
    let step = (terms.window / 1000).max(HOUR);
    let mut machine = Machine::new(situation.contact(), *terms);
    let mut shown = SHOWN_DAYS.iter().map(|day| DAY * *day).peekable();
    let mut moments: Vec<Moment> = Vec::new();
    let mut at = Duration::ZERO;
    while at <= end {
        let inputs = situation.offline(edition, &mut machine, at);
        let verdict = decide(&inputs, situation.rules());
        let fixed = shown.next_if_eq(&at).is_some();
        let changed = moments
            .last()
            .is_none_or(|last| experience(&last.verdict) != experience(&verdict));
        if fixed || changed {
            moments.push(Moment { after: at, verdict });
        }
        let next = at + step;
        at = shown.peek().map_or(next, |day| next.min(*day));
    }
    moments
}

const HOUR: Duration = Duration::from_secs(60 * 60);

/// What a user notices of a verdict.
fn experience(verdict: &Verdict) -> (Standing, Reason, &[String]) {
    (verdict.standing, verdict.reason, &verdict.features)
}

impl Explanation {
    /// Leaves only the machines of `class`.
    ///
    /// # Errors
    /// When the rules license none.
    pub fn only_class(&mut self, class: DeviceClass) -> Result<(), NotExplained> {
        if self.classes.iter().all(|timeline| timeline.class != class) {
            return Err(NotExplained::Class(class));
        }
        self.classes.retain(|timeline| timeline.class == class);
        Ok(())
    }

    /// Leaves only the licenses of `edition`.
    ///
    /// # Errors
    /// When no tier has this name.
    pub fn only_edition(&mut self, edition: &str) -> Result<(), NotExplained> {
        // Every class has the same editions.
        let timelines = self.classes.iter().take(1);
        let timelines = timelines.flat_map(|class| &class.editions);
        let known: Vec<_> = timelines.map(|timeline| timeline.edition.clone()).collect();
        if !known.iter().any(|known| known == edition) {
            return Err(NotExplained::Edition {
                edition: edition.to_owned(),
                known,
            });
        }
        for class in &mut self.classes {
            class
                .editions
                .retain(|timeline| timeline.edition == edition);
        }
        for event in &mut self.events {
            event.editions.retain(|(known, _)| known == edition);
        }
        Ok(())
    }
}

impl ClassTimeline {
    /// The machines of the class, for a heading: `Machines with a TPM chip`.
    pub fn title(&self) -> &'static str {
        class_of_machines(self.class)
    }
}

//! One row: a condition, the facts that it stands for, and the tests that show it.

use crate::facts::Machine;
use counterfoil::policy::{Check, Inputs, Reason, Verdict, decide};

pub(crate) struct Row {
    /// What is the case, in words.
    pub(crate) condition: &'static str,
    /// The reason that the row is about: the decisive one or a notice.
    pub(crate) about: Reason,
    rules: fn(&mut Machine),
    facts: Facts,
    /// Tests that show it.
    pub(crate) tests: &'static [&'static str],
}

enum Facts {
    Changed(fn(&mut Inputs<'_>)),
    Missing,
}

impl Row {
    /// A machine in order whose facts `change`.
    pub(crate) fn new(
        about: Reason,
        condition: &'static str,
        change: fn(&mut Inputs<'_>),
        tests: &'static [&'static str],
    ) -> Self {
        Row {
            condition,
            about,
            rules: |_| {},
            facts: Facts::Changed(change),
            tests,
        }
    }

    /// A machine in order one of whose facts could not be had, for the reason that the row is about.
    pub(crate) fn missing(
        about: Reason,
        condition: &'static str,
        tests: &'static [&'static str],
    ) -> Self {
        Row {
            facts: Facts::Missing,
            ..Row::new(about, condition, |_| {}, tests)
        }
    }

    /// The same under other rules.
    pub(crate) fn under(self, rules: fn(&mut Machine)) -> Self {
        Row { rules, ..self }
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let mut machine = Machine::new();
        (self.rules)(&mut machine);
        let mut inputs = machine.inputs();
        match self.facts {
            Facts::Changed(change) => change(&mut inputs),
            Facts::Missing => take_away(&mut inputs, self.about),
        }
        decide(&inputs, &machine.rules)
    }
}

/// Puts `reason` where a program that finds it would.
fn take_away(inputs: &mut Inputs<'_>, reason: Reason) {
    match reason.check() {
        Check::Signature => {
            inputs.license = Err(reason);
            inputs.lease = Err(reason);
        }
        Check::Claims => inputs.lease = Err(reason),
        Check::Device => {
            inputs.device = Err(reason);
            inputs.evidence = Err(reason);
            inputs.counter = Err(reason);
            inputs.charge = Err(reason);
        }
        Check::Evidence => {
            inputs.evidence = Err(reason);
            inputs.counter = Err(reason);
            inputs.charge = Err(reason);
        }
        Check::Counter => {
            inputs.counter = Err(reason);
            inputs.charge = Err(reason);
        }
        _ => inputs.charge = Err(reason),
    }
}

//! What else rules promise or demand, which no single verdict shows.

use crate::policy::diff::{
    OwnDays, anomalies, count, days, described, features_that, kept_and_run, whose,
};
use crate::policy::rules::{Allowance, Enforcement, Rules};

/// A sentence for everything that the timelines and events do not show.
pub(super) fn notes(rules: &Rules) -> Vec<String> {
    let mut notes = Vec::new();
    if rules.enforcement == Enforcement::Advisory {
        notes.push("Nothing is turned off: what is said above is only reported.".to_owned());
    }
    if let Some(boots) = rules.time.boot_budget {
        notes.push(format!(
            "Machines may boot {} between two contacts.",
            count(boots.into(), "time")
        ));
    }
    notes.push(match rules.wind_down_minutes {
        0 => "Running work ends at once when its feature goes off.".to_owned(),
        minutes => {
            let minutes = count(minutes.into(), "minute");
            format!("Running work may finish for {minutes} after its feature went off.")
        }
    });
    if let Some(rule) = &rules.pcr {
        notes.push(format!("{}.", described(rule)));
    }
    if let Some(step_up) = &rules.step_up {
        if !step_up.features.is_empty() {
            let features = step_up.features.iter().map(String::as_str);
            let text = features_that(features, ("demands", "demand"));
            let within = days(step_up.contact_days.into());
            notes.push(format!("{text} a contact within {within}."));
        }
        if !step_up.after.is_empty() {
            let machines = anomalies(&step_up.after);
            notes.push(format!(
                "Machines {machines} have to connect before they go on."
            ));
        }
    }
    if let Some(standby) = rules.cold_standby {
        notes.push(format!(
            "Licenses for cold standby {}.",
            kept_and_run(standby)
        ));
    }
    let allowances = rules.allowances.iter();
    notes.extend(allowances.map(|one| allowance(one, rules)));
    if let Some(contact) = &rules.support {
        notes.push(format!("People are told to contact {contact}."));
    }
    notes.push(format!(
        "Machines take these rules for fresh for {} after their publication, and go on with them afterwards.",
        days(rules.valid_days.into())
    ));
    notes
}

fn allowance(allowance: &Allowance, rules: &Rules) -> String {
    let Allowance {
        subject,
        window_days,
        seats_extra,
        moves_per_year,
    } = allowance;
    let offline = OwnDays::of(subject, *window_days, rules)
        .map(|offline| format!("work offline for {offline}"));
    let seats = seats_extra.map(|seats| format!("have {}", count(seats.into(), "extra seat")));
    let moves = moves_per_year.map(|moves| {
        format!(
            "may move from a lost machine {} a year",
            count(moves.into(), "time")
        )
    });
    let all: Vec<_> = [offline, seats, moves].into_iter().flatten().collect();
    format!("{} {}.", whose(subject), all.join(" and "))
}

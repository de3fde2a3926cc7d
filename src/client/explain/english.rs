//! English.

use std::collections::BTreeSet;

use super::{Case, Facts, Section, Span, Stays, Topic, span};
use crate::policy::{Enforcement, Language};
use crate::token::UtcTime;

pub(super) fn general(names: &BTreeSet<String>) -> Vec<Section> {
    let mut sections = vec![
        section(
            Topic::Stored,
            vec![
                "On the disk: the license and the permission to run for a while, the vendor's rules and public keys, a list of \
                 blocked licenses, and what is needed to notice that old files were put back. All of it is encrypted."
                    .into(),
                "In the security chip of this computer: keys that never leave it, and two numbers that only go up.".into(),
                "A log of when the license changed, without any name. It is text that you can read, and stays on this computer."
                    .into(),
            ],
        ),
        section(
            Topic::Sent,
            vec![
                "Only a file that you make and pass on yourself, to activate or refresh the license. Nothing is sent at any other \
                 time, and nothing by itself."
                    .into(),
                "In it are the number of the license, the name of the product, the make of the security chip with its public keys \
                 and certificates, how often and for how long the chip has been running, a random number that stands for this \
                 installation, and the version of the software."
                    .into(),
                "Not in it: your name, the names of the computer, of its users and files, and what you do with the software.".into(),
            ],
        ),
    ];
    if !names.is_empty() {
        sections[1].text[2] = format!(
            "The certificates in it call this computer or its chip: {}. Whoever made them chose the name; on a virtual computer it can be \
             that of the computer or of its owner's project. Beside that not in it: your name, the names of the computer, of its users \
             and files, and what you do with the software.",
            names
                .iter()
                .map(|name| format!("\u{201c}{name}\u{201d}"))
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
    sections
}

pub(super) fn sections(facts: &Facts<'_>) -> Vec<Section> {
    vec![
        section(Topic::Renewal, renewal(facts)),
        section(Topic::Offline, offline(facts)),
        section(Topic::Ends, ends(facts)),
        section(Topic::Afterwards, afterwards(facts)),
    ]
}

fn section(topic: Topic, text: Vec<String>) -> Section {
    let heading = match topic {
        Topic::Stored => "What is stored on this computer?",
        Topic::Sent => "What is sent to the vendor, and when?",
        Topic::Renewal => "When is the license refreshed?",
        Topic::Offline => "How long does it work without a connection?",
        Topic::Ends => "What ends it?",
        Topic::Afterwards => "What happens then?",
    };
    Section {
        topic,
        heading,
        text,
    }
}

fn renewal(facts: &Facts<'_>) -> Vec<String> {
    match facts.lease {
        Some(lease) => vec![format!(
            "From {} on, or after {} of running, whichever comes first. Each time the period without a connection begins anew.",
            date(lease.renew_after.at),
            duration(lease.renew_after.charge_ms / 1000),
        )],
        None => vec!["A part of the license is missing on this computer: refresh it now.".into()],
    }
}

fn offline(facts: &Facts<'_>) -> Vec<String> {
    let Some(lease) = facts.lease else {
        return vec!["It is not known, since a part of the license is missing.".into()];
    };
    vec![
        format!(
            "{} from the last contact on {}, for a computer that is always on. Time in which it is off counts only as far as the \
             date {}, when the period is over at the latest.",
            capitalized(&duration(lease.window_s)),
            date(lease.issued_at),
            date(lease.expires_at),
        ),
        "Many restarts a day shorten it somewhat. Changing the clock neither shortens nor extends it.".into(),
    ]
}

fn ends(facts: &Facts<'_>) -> Vec<String> {
    let license = facts.license;
    let mut text = vec![match license.expires_at {
        Some(end) => format!("It ends on {}.", date(end)),
        None => "It has no last day.".to_owned(),
    }];
    text.push(
        "The vendor can suspend or withdraw it; this computer learns of that at the next contact."
            .into(),
    );
    text.push("Erasing the security chip or replacing the computer's main board ends it here; it can then be activated again.".into());
    if let Some(most) = &license.versions.max {
        text.push(format!("It covers versions of the software up to {most}."));
    }
    if let Some(rule) = &facts.rules.step_up
        && !rule.features.is_empty()
    {
        text.push(format!(
            "For {} the last contact must not be longer ago than {}.",
            list(rule.features.iter()),
            duration(u64::from(rule.contact_days) * 24 * 3600),
        ));
    }
    if facts.rules.pcr.is_some() {
        text.push(
            "It notices when the software with which this computer starts is changed, as by an update of its firmware.".into(),
        );
    }
    text
}

fn afterwards(facts: &Facts<'_>) -> Vec<String> {
    let rules = facts.rules;
    let mut text = Vec::new();
    if rules.enforcement == Enforcement::Advisory {
        text.push("You are told so, and everything stays on.".into());
    } else {
        for (cases, stays) in facts.cases() {
            let cases: Vec<_> = cases.into_iter().map(case).collect();
            let stays = match stays {
                Stays::Everything => "everything stays on".to_owned(),
                Stays::Nothing => "everything goes off".to_owned(),
                Stays::These(features) => format!("these stay on: {}", list(features.iter())),
            };
            text.push(capitalized(&format!("{}: {stays}.", cases.join(" or "))));
        }
        if rules.wind_down_minutes > 0 {
            text.push(format!(
                "Work that is under way may go on for {} minutes.",
                rules.wind_down_minutes
            ));
        }
    }
    text.push("Your files are not touched. Once the license is refreshed, everything that it grants is on again.".into());
    if let Some(support) = &rules.support {
        text.push(format!("Questions go to {support}."));
    }
    text
}

fn case(case: Case) -> &'static str {
    match case {
        Case::TimeUp => "after too long without a connection",
        Case::Expired => "after its last day",
        Case::Suspended => "while it is suspended",
        Case::Revoked => "once it was withdrawn",
    }
}

fn date(date: UtcTime) -> String {
    Language::En.day(date)
}

fn duration(seconds: u64) -> String {
    match span(seconds) {
        Span::Hours(1) => "1 hour".into(),
        Span::Hours(hours) => format!("{hours} hours"),
        Span::Days(days) => format!("{days} days"),
    }
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

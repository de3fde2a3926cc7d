//! German.

use std::collections::BTreeSet;

use super::{Case, Facts, Section, Span, Stays, Topic, span};
use crate::policy::{Enforcement, Language};
use crate::token::UtcTime;

pub(super) fn general(names: &BTreeSet<String>) -> Vec<Section> {
    let mut sections = vec![
        section(
            Topic::Stored,
            vec![
                "Auf der Festplatte: die Lizenz und die Erlaubnis, eine Zeit lang zu laufen, die Regeln und öffentlichen Schlüssel \
                 des Herstellers, eine Liste gesperrter Lizenzen und was nötig ist, um zurückgespielte alte Dateien zu bemerken. \
                 All das ist verschlüsselt."
                    .into(),
                "Im Sicherheitschip dieses Computers: Schlüssel, die ihn nie verlassen, und zwei Zahlen, die nur steigen.".into(),
                "Ein Protokoll darüber, wann sich an der Lizenz etwas geändert hat, ohne jeden Namen. Es ist lesbarer Text und bleibt \
                 auf diesem Computer."
                    .into(),
            ],
        ),
        section(
            Topic::Sent,
            vec![
                "Nur eine Datei, die Sie selbst erzeugen und weitergeben, um die Lizenz zu aktivieren oder aufzufrischen. Sonst wird \
                 nichts gesendet, und nichts von allein."
                    .into(),
                "Darin stehen die Nummer der Lizenz, der Name des Produkts, das Fabrikat des Sicherheitschips mit seinen \
                 öffentlichen Schlüsseln und Zertifikaten, wie oft und wie lange der Chip gelaufen ist, eine Zufallszahl, die für \
                 diese Installation steht, und die Version der Software."
                    .into(),
                "Nicht darin: Ihr Name, die Namen des Computers, seiner Benutzer und Dateien, und was Sie mit der Software tun.".into(),
            ],
        ),
    ];
    if !names.is_empty() {
        sections[1].text[2] = format!(
            "Die Zertifikate darin nennen diesen Computer oder seinen Chip: {}. Den Namen hat gewählt, wer sie ausgestellt hat; bei einem \
             virtuellen Computer kann es der des Computers oder des Projekts seines Besitzers sein. Sonst nicht darin: Ihr Name, die \
             Namen des Computers, seiner Benutzer und Dateien, und was Sie mit der Software tun.",
            names
                .iter()
                .map(|name| format!("\u{201e}{name}\u{201c}"))
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
        Topic::Stored => "Was wird auf diesem Computer gespeichert?",
        Topic::Sent => "Was wird an den Hersteller gesendet, und wann?",
        Topic::Renewal => "Wann wird die Lizenz aufgefrischt?",
        Topic::Offline => "Wie lange funktioniert sie ohne Verbindung?",
        Topic::Ends => "Was beendet sie?",
        Topic::Afterwards => "Was geschieht dann?",
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
            "Ab dem {} oder sobald der Computer {} gelaufen ist, je nachdem, was zuerst kommt. Jedes Mal beginnt die Zeit ohne Verbindung von vorn.",
            date(lease.renew_after.at),
            duration(lease.renew_after.charge_ms / 1000),
        )],
        None => vec![
            "Ein Teil der Lizenz fehlt auf diesem Computer: Frischen Sie sie jetzt auf.".into(),
        ],
    }
}

fn offline(facts: &Facts<'_>) -> Vec<String> {
    let Some(lease) = facts.lease else {
        return vec!["Das ist nicht bekannt, weil ein Teil der Lizenz fehlt.".into()];
    };
    vec![
        format!(
            "{} ab dem letzten Kontakt am {}, wenn der Computer immer eingeschaltet ist. Zeit, in der er aus ist, zählt nur bis zum \
             {}, an dem die Frist spätestens endet.",
            capitalized(&duration(lease.window_s)),
            date(lease.issued_at),
            date(lease.expires_at),
        ),
        "Viele Neustarts am Tag verkürzen sie etwas. Die Uhr zu verstellen verkürzt und verlängert sie nicht.".into(),
    ]
}

fn ends(facts: &Facts<'_>) -> Vec<String> {
    let license = facts.license;
    let mut text = vec![match license.expires_at {
        Some(end) => format!("Sie endet am {}.", date(end)),
        None => "Sie hat keinen letzten Tag.".to_owned(),
    }];
    text.push(
        "Der Hersteller kann sie aussetzen oder entziehen; dieser Computer erfährt das beim nächsten Kontakt.".into(),
    );
    text.push("Wird der Sicherheitschip gelöscht oder die Hauptplatine getauscht, so endet sie hier; sie lässt sich dann neu aktivieren.".into());
    if let Some(most) = &license.versions.max {
        text.push(format!("Sie gilt für Versionen der Software bis {most}."));
    }
    if let Some(rule) = &facts.rules.step_up
        && !rule.features.is_empty()
    {
        text.push(format!(
            "Für {} darf der letzte Kontakt höchstens {} zurückliegen.",
            list(rule.features.iter()),
            duration(u64::from(rule.contact_days) * 24 * 3600),
        ));
    }
    if facts.rules.pcr.is_some() {
        text.push(
            "Sie bemerkt, wenn sich die Software ändert, mit der dieser Computer startet, etwa durch eine neue Firmware.".into(),
        );
    }
    text
}

fn afterwards(facts: &Facts<'_>) -> Vec<String> {
    let rules = facts.rules;
    let mut text = Vec::new();
    if rules.enforcement == Enforcement::Advisory {
        text.push("Es wird Ihnen gesagt, und alles bleibt an.".into());
    } else {
        for (cases, stays) in facts.cases() {
            let cases: Vec<_> = cases.into_iter().map(case).collect();
            let stays = match stays {
                Stays::Everything => "alles bleibt an".to_owned(),
                Stays::Nothing => "alles geht aus".to_owned(),
                Stays::These(features) => format!("an bleiben: {}", list(features.iter())),
            };
            text.push(capitalized(&format!("{}: {stays}.", cases.join(" oder "))));
        }
        if rules.wind_down_minutes > 0 {
            text.push(format!(
                "Begonnene Arbeit darf noch {} Minuten weiterlaufen.",
                rules.wind_down_minutes
            ));
        }
    }
    text.push("Ihre Dateien bleiben unberührt. Sobald die Lizenz aufgefrischt ist, ist wieder alles an, was sie gewährt.".into());
    if let Some(support) = &rules.support {
        text.push(format!("Fragen beantwortet {support}."));
    }
    text
}

fn case(case: Case) -> &'static str {
    match case {
        Case::TimeUp => "nach zu langer Zeit ohne Verbindung",
        Case::Expired => "nach ihrem letzten Tag",
        Case::Suspended => "solange sie ausgesetzt ist",
        Case::Revoked => "wenn sie entzogen wurde",
    }
}

fn date(date: UtcTime) -> String {
    Language::De.day(date)
}

fn duration(seconds: u64) -> String {
    match span(seconds) {
        Span::Hours(1) => "1 Stunde".into(),
        Span::Hours(hours) => format!("{hours} Stunden"),
        Span::Days(days) => format!("{days} Tage"),
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

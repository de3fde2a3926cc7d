//! How an explanation of rules is printed.

use std::time::Duration;

use counterfoil::policy::{ClassTimeline, EditionTimeline, Event, Explanation, Moment, Verdict};
use serde_json::{Value, json};

const DAY: u64 = 24 * 60 * 60;

/// For people.
pub(crate) fn text(explained: &Explanation) -> String {
    let mut lines = vec![
        "Without a network, on a machine that is always on, boots once and sleeps ten times a day:"
            .to_owned(),
    ];
    for alike in classes_alike(&explained.classes) {
        let titles: Vec<_> = alike
            .iter()
            .map(|class| format!("{} ({})", class.title(), class.class))
            .collect();
        lines.push(String::new());
        lines.push(format!(
            "{}: {} offline",
            titles.join(", "),
            days(alike[0].window)
        ));
        for edition in &alike[0].editions {
            lines.push(format!("  edition {}", edition.edition));
            edition_lines(edition, &mut lines);
        }
    }
    if !explained.events.is_empty() {
        lines.push(String::new());
        lines.push("When something happens:".to_owned());
        for event in &explained.events {
            event_lines(event, &mut lines);
        }
    }
    if !explained.notes.is_empty() {
        lines.push(String::new());
        lines.push("Besides:".to_owned());
        lines.extend(explained.notes.iter().map(|note| format!("  {note}")));
    }
    lines.join("\n")
}

/// Classes whose users experience the same, together.
fn classes_alike(classes: &[ClassTimeline]) -> Vec<Vec<&ClassTimeline>> {
    let mut alike: Vec<Vec<&ClassTimeline>> = Vec::new();
    for class in classes {
        match alike
            .iter_mut()
            .find(|known| known[0].editions == class.editions)
        {
            Some(known) => known.push(class),
            None => alike.push(vec![class]),
        }
    }
    alike
}

fn edition_lines(edition: &EditionTimeline, lines: &mut Vec<String>) {
    let mut last: Option<&Verdict> = None;
    for Moment { after, verdict } in &edition.moments {
        let same =
            |last: &Verdict| last.standing == verdict.standing && last.features == verdict.features;
        let hours = after.as_secs() % DAY / 3600;
        if last.is_some_and(same) && hours != 0 {
            // Only the cause is another one.
            continue;
        }
        lines.push(format!(
            "    {:<10} {:<14} on: {}",
            moment(*after),
            verdict.standing,
            features(verdict)
        ));
        if last.is_none_or(|last| last.standing != verdict.standing) {
            lines.push(format!("               {}", words(verdict)));
        }
        last = Some(verdict);
    }
}

fn event_lines(event: &Event, lines: &mut Vec<String>) {
    lines.push(format!("  {}", event.title));
    let outcome = |verdict: &Verdict| {
        format!(
            "{} ({}), on: {}",
            verdict.standing,
            verdict.reason,
            features(verdict)
        )
    };
    let outcomes: Vec<_> = event
        .editions
        .iter()
        .map(|(_, verdict)| outcome(verdict))
        .collect();
    if outcomes.windows(2).all(|two| two[0] == two[1]) {
        lines.extend(outcomes.first().map(|outcome| format!("    {outcome}")));
    } else {
        let editions = event.editions.iter().zip(outcomes);
        lines.extend(
            editions.map(|((edition, _), outcome)| format!("    edition {edition}: {outcome}")),
        );
    }
    if let Some((_, verdict)) = event.editions.first() {
        lines.push(format!("    {}", words(verdict)));
    }
}

/// What the user reads.
fn words(verdict: &Verdict) -> String {
    let sentences: Vec<_> = [&verdict.message]
        .into_iter()
        .chain(&verdict.steps)
        .collect();
    let sentences: Vec<_> = sentences.into_iter().map(String::as_str).collect();
    format!("\"{}\"", sentences.join(" "))
}

fn features(verdict: &Verdict) -> String {
    match verdict.features.is_empty() {
        true => "nothing".to_owned(),
        false => verdict.features.join(", "),
    }
}

fn days(time: Duration) -> String {
    match time.as_secs() / DAY {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// `day 5`, `day 22 20h`.
fn moment(after: Duration) -> String {
    let (days, rest) = (after.as_secs() / DAY, after.as_secs() % DAY);
    match rest / 3600 {
        0 => format!("day {days}"),
        hours => format!("day {days} {hours}h"),
    }
}

/// For programs.
pub(crate) fn json(explained: &Explanation) -> Value {
    let classes: Vec<_> = explained.classes.iter().map(class_json).collect();
    let events: Vec<_> = explained.events.iter().map(event_json).collect();
    json!({ "classes": classes, "events": events, "notes": explained.notes })
}

fn class_json(timeline: &ClassTimeline) -> Value {
    let editions: Vec<_> = timeline
        .editions
        .iter()
        .map(|edition| {
            let moments: Vec<_> = edition
                .moments
                .iter()
                .map(|moment| {
                    let mut value = verdict_json(&moment.verdict);
                    value["after_hours"] = json!(moment.after.as_secs() / 3600);
                    value
                })
                .collect();
            json!({ "edition": edition.edition, "moments": moments })
        })
        .collect();
    json!({
        "class": timeline.class.name(),
        "window_days": timeline.window.as_secs() / DAY,
        "editions": editions,
    })
}

fn event_json(event: &Event) -> Value {
    let editions: Vec<_> = event
        .editions
        .iter()
        .map(|(edition, verdict)| {
            let mut value = verdict_json(verdict);
            value["edition"] = json!(edition);
            value
        })
        .collect();
    json!({ "name": event.name, "title": event.title, "editions": editions })
}

fn verdict_json(verdict: &Verdict) -> Value {
    json!({
        "standing": verdict.standing.name(),
        "reason": { "code": verdict.reason.code(), "name": verdict.reason.name() },
        "features": verdict.features,
        "badge": verdict.badge.name(),
        "message": verdict.message,
        "steps": verdict.steps,
    })
}

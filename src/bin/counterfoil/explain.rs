//! `explain`: what the license means for this computer, in the user's language.

use counterfoil::client::{Explanation, Section};
use counterfoil::policy::Reason;
use serde::Serialize;

use crate::args::Json;
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::output::printable;
use crate::{machine, output};

/// Tells what is stored and sent, and how long everything works. That no license could be opened is an error; what holds
/// without one is told all the same.
pub(crate) fn explain(settings: &Settings, Json { json }: Json) -> Result<Answer, Failure> {
    let machine = machine::open(settings)?;
    let explanation = machine.explain();
    match json {
        true => output::json(&Explained::of(&explanation))?,
        false => output::text(&text(&explanation))?,
    }
    if !explanation.licenses.is_empty() {
        return Ok(Answer::Yes);
    }
    match machine.support().failure {
        Some(failure) if failure.reason() != Reason::NotActivated => Err(Failure::error(failure)),
        _ => Ok(Answer::Yes),
    }
}

fn text(explanation: &Explanation) -> String {
    let mut text = String::new();
    for license in &explanation.licenses {
        text += &format!(
            "{} ({}), {}\n\n",
            printable(&license.product),
            printable(&license.edition),
            license.id
        );
        text.extend(license.sections.iter().map(paragraph));
    }
    text.extend(explanation.general.iter().map(paragraph));
    text
}

fn paragraph(section: &Section) -> String {
    let lines = section
        .text
        .iter()
        .map(|line| format!("  {}\n", printable(line)));
    [format!("{}\n", section.heading)]
        .into_iter()
        .chain(lines)
        .chain(["\n".to_owned()])
        .collect()
}

/// What `explain --json` prints.
#[derive(Debug, Serialize)]
struct Explained<'a> {
    schema: u32,
    language: &'static str,
    licenses: Vec<LicenseJson<'a>>,
    general: Vec<SectionJson<'a>>,
}

#[derive(Debug, Serialize)]
struct LicenseJson<'a> {
    id: String,
    product: &'a str,
    edition: &'a str,
    sections: Vec<SectionJson<'a>>,
}

#[derive(Debug, Serialize)]
struct SectionJson<'a> {
    topic: &'static str,
    heading: &'static str,
    text: &'a [String],
}

impl<'a> Explained<'a> {
    fn of(explanation: &'a Explanation) -> Self {
        Self {
            schema: 1,
            language: explanation.language.tag(),
            licenses: explanation
                .licenses
                .iter()
                .map(|license| LicenseJson {
                    id: license.id.to_string(),
                    product: &license.product,
                    edition: &license.edition,
                    sections: sections(&license.sections),
                })
                .collect(),
            general: sections(&explanation.general),
        }
    }
}

fn sections(sections: &[Section]) -> Vec<SectionJson<'_>> {
    sections
        .iter()
        .map(|section| SectionJson {
            topic: section.topic.name(),
            heading: section.heading,
            text: &section.text,
        })
        .collect()
}

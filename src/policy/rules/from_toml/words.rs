//! The vendor's own words, `[messages.LANGUAGE.REASON]`.

use super::super::Words;
use super::table::{Table, list, nearest};
use crate::policy::{Language, Reason};
use std::collections::BTreeMap;

pub(super) fn read(messages: Table<'_>) -> BTreeMap<Language, BTreeMap<Reason, Words>> {
    let mut read = BTreeMap::new();
    for (tag, reasons) in messages.named_tables() {
        let language = Language::ALL
            .into_iter()
            .find(|language| language.tag() == tag);
        match language {
            Some(language) => {
                read.insert(language, read_reasons(reasons));
            }
            None => reasons.refuse(
                "is no language that the software speaks",
                format!("choose from {}", list(&Language::ALL.map(Language::tag))),
            ),
        }
    }
    read
}

fn read_reasons(reasons: Table<'_>) -> BTreeMap<Reason, Words> {
    let mut read = BTreeMap::new();
    for (name, words) in reasons.named_tables() {
        match name.parse::<Reason>() {
            Ok(reason) => {
                read.insert(reason, read_words(words));
            }
            Err(_) => {
                let known: Vec<_> = Reason::all().map(Reason::name).collect();
                let advice = match nearest(name, &known) {
                    Some(similar) => format!("did you mean `{similar}`?"),
                    None => "choose the name of a reason, such as `offline_grace`".to_owned(),
                };
                words.refuse("is no reason", advice);
            }
        }
    }
    read
}

fn read_words(mut words: Table<'_>) -> Words {
    let read = Words {
        message: words.required_string("message").unwrap_or_default(),
        step: words.string("step"),
    };
    words.finish();
    read
}

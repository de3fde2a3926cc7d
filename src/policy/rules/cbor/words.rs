//! The vendor's own words as CBOR: a list of entries, so that a reader can leave out those of later languages and reasons.

use super::super::Words;
use crate::policy::{Language, Reason};
use crate::token::cbor::{CborError, FromCbor, MapReader, MapWriter, Value};
use std::collections::BTreeMap;

/// The entries; `None` where there are none.
pub(super) fn to_cbor(messages: &BTreeMap<Language, BTreeMap<Reason, Words>>) -> Option<Value> {
    let entries: Vec<Value> = messages
        .iter()
        .flat_map(|(language, reasons)| reasons.iter().map(move |entry| (language, entry)))
        .map(|(language, (reason, words))| {
            MapWriter::new()
                .put(2, language.tag())
                .put(4, reason.code())
                .put(6, &words.message)
                .put_some(8, words.step.as_ref())
                .into_value()
        })
        .collect();
    (!entries.is_empty()).then_some(Value::Array(entries))
}

/// Reads them back.
pub(super) fn from_cbor(
    entries: Option<Vec<Value>>,
) -> Result<BTreeMap<Language, BTreeMap<Reason, Words>>, CborError> {
    let mut messages: BTreeMap<Language, BTreeMap<Reason, Words>> = BTreeMap::new();
    for entry in entries.unwrap_or_default() {
        let mut entry = MapReader::from_cbor(entry, 21)?;
        let tag: String = entry.required(2)?;
        let code: u16 = entry.required(4)?;
        let words = Words {
            message: entry.required(6)?,
            step: entry.optional(8)?,
        };
        entry.finish()?;
        let language = Language::ALL
            .into_iter()
            .find(|language| language.tag() == tag);
        let reason = Reason::all().find(|reason| reason.code() == code);
        if let (Some(language), Some(reason)) = (language, reason) {
            messages.entry(language).or_default().insert(reason, words);
        }
    }
    Ok(messages)
}

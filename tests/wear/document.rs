//! `docs/wear.md` shows what the traces come to.
//!
//! The tables in it are generated: `UPDATE_REFERENCE=1 cargo test --all-features --test wear` writes them.

use crate::trace::tables;
use counterfoil::policy::Rules;
use std::path::Path;
use std::{env, fs};

const DOCUMENT: &str = "docs/wear.md";

#[test]
fn the_document_shows_what_the_traces_come_to() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let written = fs::read_to_string(&path).unwrap();
    let mut current = written.clone();
    for (name, table) in tables::all() {
        current = replaced(&current, name, &table);
    }
    if env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, &current).unwrap();
    } else {
        assert!(
            written == current,
            "{DOCUMENT} is out of date: run UPDATE_REFERENCE=1 cargo test --all-features --test wear"
        );
    }
}

/// The document with another table between the marks of this name.
fn replaced(document: &str, name: &str, table: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name} -->\n\n"),
        format!("\n<!-- end of {name} -->"),
    );
    let (before, rest) = document.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}{table}{end}{after}")
}

#[test]
fn the_documents_list_of_models_is_one_that_rules_accept() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let document = fs::read_to_string(path).unwrap();
    let (_, rest) = document.split_once("```toml\n").unwrap();
    let (list, _) = rest.split_once("```").unwrap();
    let rules = Rules::from_toml(&(Rules::default_toml("any") + list)).unwrap();
    assert!(!rules.time.tpms.is_empty());
}

//! `docs/edge-cases.md`: what each condition comes to, as `decide` says.
//!
//! `UPDATE_REFERENCE=1 cargo test --all-features --test edge_cases` writes it.

#[allow(dead_code, reason = "it serves other tests too")]
#[path = "../policy_verdict/facts.rs"]
mod facts;
mod found;
mod page;
#[path = "../policy_support/mod.rs"]
mod policy_support;
mod reasons;
mod row;
mod special;

use counterfoil::policy::Reason;
use row::Row;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn every_row() -> impl Iterator<Item = Row> {
    let groups = [reasons::groups(), special::groups()];
    groups.into_iter().flatten().flat_map(|(_, rows)| rows)
}

#[test]
fn the_page_says_what_the_code_decides() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/edge-cases.md");
    let page = page::page();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).expect("the page is there");
    assert_eq!(
        written, page,
        "docs/edge-cases.md is not current: UPDATE_REFERENCE=1 cargo test --all-features --test edge_cases"
    );
}

#[test]
fn every_row_comes_to_the_reason_that_it_is_about() {
    for row in every_row() {
        let verdict = row.verdict();
        assert!(
            verdict.reason == row.about || verdict.notices.contains(&row.about),
            "{:?} comes to {} with {:?}",
            row.condition,
            verdict.reason,
            verdict.notices
        );
    }
}

#[test]
fn every_reason_has_a_row_of_its_own() {
    let about: BTreeSet<Reason> = reasons::groups()
        .into_iter()
        .flat_map(|(_, rows)| rows)
        .map(|row| row.about)
        .collect();
    let missing: Vec<_> = Reason::all()
        .filter(|reason| !about.contains(reason))
        .collect();
    assert_eq!(missing, []);
}

#[test]
fn every_test_that_a_row_names_is_there() {
    let mut sources = String::new();
    read_sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"),
        &mut sources,
    );
    for row in every_row() {
        assert!(!row.tests.is_empty(), "{:?} is not tested", row.condition);
        for test in row.tests {
            assert!(
                sources.contains(&format!("fn {test}(")),
                "{:?} names {test}",
                row.condition
            );
        }
    }
}

fn read_sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).expect("sources are text"));
        }
    }
}

//! What the documents say of the tests is true.

use std::fs;
use std::path::Path;

/// The text of every Rust file below `folder`.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).expect("sources are text"));
        }
    }
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = String::new();
    sources(&root.join("tests"), &mut tests);
    sources(&root.join("src"), &mut tests);
    sources(&root.join("tpm-sim"), &mut tests);
    sources(&root.join("model"), &mut tests);
    let pages = [root.join("docs"), root.join("docs/decisions")];
    let pages = pages
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("the folder is there").flatten());
    let mut named = 0;
    for page in pages.filter(|page| {
        page.path()
            .extension()
            .is_some_and(|extension| extension == "md")
    }) {
        let text = fs::read_to_string(page.path()).expect("documents are text");
        for name in text.split('`').filter(|word| is_test_name(word)) {
            named += 1;
            assert!(
                tests.contains(&format!("fn {name}(")),
                "{} names {name}",
                page.path().display()
            );
        }
    }
    assert!(named > 20, "only {named} tests are named");
}

/// A test that cites a promise, `p4_…`, or that is a sentence.
fn is_test_name(word: &str) -> bool {
    if word.matches('_').count() >= 4
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    {
        return true;
    }
    let number = word
        .strip_prefix('p')
        .and_then(|rest| rest.split_once('_'))
        .map(|(number, _)| number);
    number.is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    })
}

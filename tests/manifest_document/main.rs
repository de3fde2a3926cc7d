//! The transcripts in `docs/manifest.md` are what the program prints.
//!
//! `TRYCMD=overwrite cargo test --all-features --test manifest_document` writes what it prints now.
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![cfg(all(feature = "server", feature = "cli"))]

use std::fs;
use std::path::Path;

#[test]
fn every_command_of_the_document_prints_what_it_says() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/manifest.md");
    let inputs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifest_document");
    // The commands make a service folder: a copy of the document runs beside a folder of its own.
    let sandbox = tempfile::tempdir().unwrap();
    let copy = sandbox.path().join("manifest.md");
    fs::copy(&document, &copy).unwrap();
    let folder = sandbox.path().join("manifest.in");
    fs::create_dir(&folder).unwrap();
    for input in ["cad.toml", "faulty.toml"] {
        fs::copy(inputs.join(input), folder.join(input)).unwrap();
    }
    trycmd::TestCases::new().case(&copy).run();
    if std::env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite") {
        fs::copy(&copy, &document).unwrap();
    }
}

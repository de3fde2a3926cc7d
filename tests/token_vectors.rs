//! The test vectors: the committed files are the generated ones, and each gives what its name says.

#[path = "support/vectors/mod.rs"]
mod vectors;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use counterfoil::protocol::{ActivationRequest, EvidenceFile, RequestError, SealedResponse};
use counterfoil::token::cose;
use vectors::{all, index, valid};

#[test]
fn each_file_is_accepted_or_refused_for_the_reason_in_its_name() {
    let mut wrong = Vec::new();
    for vector in all() {
        let found = vector.read().err();
        if found != vector.error {
            wrong.push(format!(
                "{}: {found:?}, expected {:?}",
                vector.path(),
                vector.error
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_messages_are_what_the_protocol_reads() {
    let request = ActivationRequest::open(&valid::request()).expect("it is a request");
    assert_eq!(request.body().slot, 0);
    let wrong_key = request.verify_mac(&[0; 32]);
    assert_eq!(wrong_key, Err(RequestError::LicenseKey));
    let evidence = cose::open(cose::Kind::Evidence, &valid::evidence()).expect("it is evidence");
    let evidence = EvidenceFile::decode(evidence.unverified_payload()).expect("it has its form");
    assert_eq!(evidence.tokens[0].license, valid::license());
    let response = SealedResponse::parse(&valid::response()).expect("it is a response");
    assert_eq!(response.request(), request.id());
}

#[test]
fn committed_vectors_are_the_generated_ones() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let generated = generated();
    if read(&committed) == generated {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vectors");
    let _ = fs::remove_dir_all(&folder);
    for (path, bytes) in &generated {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("is in a folder")).expect("can create a folder");
        fs::write(path, bytes).expect("can write a file");
    }
    panic!(
        "tests/vectors differs from what tests/support/vectors makes. To take the new files over:\n\
         rm -r tests/vectors/valid tests/vectors/invalid; cp -r {}/. tests/vectors",
        folder.display()
    );
}

#[test]
fn a_valid_file_is_identified_by_its_own_kind() {
    for vector in all().iter().filter(|vector| vector.error.is_none()) {
        assert_eq!(
            cose::identify(&vector.bytes),
            Ok(vector.kind),
            "{}",
            vector.path()
        );
    }
}

#[test]
fn no_two_files_share_a_name_and_every_kind_has_a_valid_one() {
    let all = all();
    assert_eq!(generated().len(), all.len() + 1);
    for kind in cose::Kind::ALL {
        assert!(
            all.iter()
                .any(|vector| vector.kind == kind && vector.error.is_none()),
            "{kind}"
        );
    }
}

fn generated() -> BTreeMap<String, Vec<u8>> {
    let index = serde_json::to_string_pretty(&index()).expect("is JSON") + "\n";
    let files = all()
        .into_iter()
        .map(|vector| (vector.path(), vector.bytes));
    files
        .chain([("index.json".to_owned(), index.into_bytes())])
        .collect()
}

/// All files below a folder.
fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            match path.is_dir() {
                // Not made by the generator: `tests/recorded_vectors.rs` reads it.
                true if path.ends_with("recorded") => {}
                true => open.push(path),
                false => {
                    let name = path
                        .strip_prefix(folder)
                        .expect("is below")
                        .to_string_lossy()
                        .into_owned();
                    files.insert(name, fs::read(&path).expect("can read a file"));
                }
            }
        }
    }
    files
}

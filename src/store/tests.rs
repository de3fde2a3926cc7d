//! What only a newer version of the program could have written.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::device::Secret;
use crate::token::StoreId;
use crate::token::cbor::{self, Limits, Value};
use crate::token::cose::Kind;

use super::{Folder, Loaded, Seed, State, StateError, Vault};

const STORE: StoreId = StoreId::new([1; 16]);

fn with_vault(path: &Path, act: impl FnOnce(&Vault<'_>)) {
    let folder = Folder::open_or_create(path).unwrap();
    let locked = folder.lock(Duration::from_secs(20)).unwrap();
    let key = Seed::new(Secret::new([1; 32])).state_key(STORE);
    act(&locked.create_generation(1).unwrap().unlock(key, STORE));
}

/// Writes a state for `activity` as a newer program would: with one field more, or another format number.
fn write_newer(vault: &Vault<'_>, activity: u64, key: i64, value: u64) {
    let Value::Map(mut fields) =
        cbor::decode(&State::default().encode(), Limits::size(4096)).unwrap()
    else {
        panic!("a state is a map");
    };
    fields.insert(key.into(), value.into());
    let payload = cbor::encode(&Value::Map(fields));
    let bytes = vault
        .seal(Kind::State, &activity.to_be_bytes(), &payload)
        .unwrap();
    vault
        .generation
        .dir
        .replace(&format!("state-{activity}"), &bytes)
        .unwrap();
}

#[test]
fn a_newer_format_is_named_and_left_untouched() {
    for activity in [5, 6] {
        let temp = TempDir::new().unwrap();
        let path = temp.path().join("state");
        with_vault(&path, |vault| {
            write_newer(vault, activity, 0, 2);
            let file = path.join(format!("epoch-1/state-{activity}"));
            let before = std::fs::read(&file).unwrap();
            match vault.load(5).unwrap() {
                Loaded::NewerFormat { path, error } => {
                    assert_eq!(path, file);
                    assert_eq!(error, StateError::NewerFormat { format: 2 });
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(std::fs::read(&file).unwrap(), before);
        });
    }
}

#[test]
fn an_unknown_field_is_ignored_if_odd_and_left_untouched_if_even() {
    let temp = TempDir::new().unwrap();
    with_vault(&temp.path().join("state"), |vault| {
        write_newer(vault, 5, 101, 1);
        assert!(
            matches!(vault.load(5).unwrap(), Loaded::Current(found) if found.state == State::default())
        );
        write_newer(vault, 5, 102, 1);
        assert!(matches!(
            vault.load(5).unwrap(),
            Loaded::NewerFormat {
                error: StateError::Malformed(_),
                ..
            }
        ));
    });
}

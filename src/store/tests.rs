//! What only a newer version of the program could have written.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::device::Secret;
use crate::token::cbor::{self, Limits, UnknownFields, Value};
use crate::token::cose::Kind;
use crate::token::{Digest, LicenseId, StoreId};

use super::{
    Artifact, Folder, Loaded, Moment, PendingActivation, Place, Seed, State, StateError, Vault,
};

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
        let Loaded::Current(found) = vault.load(5).unwrap() else {
            panic!("an odd field is ignored");
        };
        let known = State {
            unknown: UnknownFields::default(),
            ..found.state.clone()
        };
        assert_eq!(known, State::default());
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

/// An older version in between must not take from the newer one what that remembers.
#[test]
fn an_unknown_odd_field_outlives_every_way_of_writing_the_state() {
    let temp = TempDir::new().unwrap();
    with_vault(&temp.path().join("state"), |vault| {
        write_newer(vault, 5, 101, 77);
        let Loaded::Current(found) = vault.load(5).unwrap() else {
            panic!("an odd field is ignored");
        };
        assert_ne!(found.state.unknown, UnknownFields::default());
        let unknown = found.state.unknown.clone();
        let changed = State {
            bundle_sequence: 3,
            ..found.state
        };
        let saved = vault.save_in_place(found.base, changed).unwrap();
        let committed = vault
            .commit(saved.base, saved.state, || Ok::<_, ()>(()))
            .unwrap();
        drop(committed);
        let Loaded::Current(found) = vault.load(6).unwrap() else {
            panic!("the commit is done");
        };
        assert_eq!(found.state.bundle_sequence, 3);
        assert_eq!(found.state.unknown, unknown);
    });
}

/// A response of the largest size goes through the journal beside requests of the largest size.
#[test]
fn the_largest_response_fits_the_journal_beside_pending_requests() {
    let temp = TempDir::new().unwrap();
    with_vault(&temp.path().join("state"), |vault| {
        let Loaded::Missing(base) = vault.load(5).unwrap() else {
            panic!("a new folder is empty");
        };
        let mut state = State::default();
        for n in 0..8 {
            state.add_pending(PendingActivation {
                request_id: Digest::of(&[&[n]]),
                license_id: LicenseId::new([n; 8]),
                made: Moment {
                    boot_id: [n; 16],
                    boottime_ms: u64::MAX,
                },
                request: vec![n; Kind::ActivationRequest.size_limit()],
            });
        }
        state.to_install = vec![Artifact {
            place: Place::status_list("https://example.com/1"),
            bytes: vec![1; Kind::ActivationResponse.size_limit()],
        }];
        let mut current = vault.commit(base, state, || Ok::<_, ()>(())).unwrap();
        vault.install(&mut current).unwrap();
        assert_eq!(current.state.pending.len(), 8);
    });
}

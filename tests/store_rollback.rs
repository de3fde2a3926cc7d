//! What was put back, copied here, swapped or changed is recognized as what it is.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]

mod store_support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use counterfoil::store::{ArtifactFault, BindingError, Loaded, Place, ResetCounts, State};
use counterfoil::token::{SigningKey, Status, StoreId};

use store_support::*;

/// A state that differs for each `n`.
fn state(n: u64) -> State {
    State {
        bundle_sequence: n,
        ..State::default()
    }
}

/// A folder in which the states 1 to 5 were current one after the other, and a copy of each.
fn with_history() -> (Home, Counter, BTreeMap<u64, Vec<u8>>) {
    let (home, counter) = (Home::new(), Counter::at(1));
    home.start(&counter, state(1));
    let mut copies = BTreeMap::new();
    for n in 1..=5 {
        copies.insert(n, fs::read(home.state_file(n)).unwrap());
        if n < 5 {
            home.with(|vault| {
                let found = current(vault, n);
                vault
                    .commit(found.base, state(n + 1), || counter.increment())
                    .unwrap();
            });
        }
    }
    (home, counter, copies)
}

fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn one_state_file_is_left_after_each_commit() {
    let (home, _, _) = with_history();
    let names: Vec<_> = fs::read_dir(home.generation())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["state-5"]);
}

#[test]
fn p4_each_restored_state_file_is_refused() {
    for older in 1..5 {
        let (home, _, copies) = with_history();
        fs::remove_file(home.state_file(5)).unwrap();
        put(&home.state_file(older), &copies[&older]);
        home.with(|vault| match vault.load(5).unwrap() {
            Loaded::RolledBack { found, base } => assert_eq!((found, base.activity()), (older, 5)),
            other => panic!("{older}: {other:?}"),
        });
    }
}

#[test]
fn p4_an_older_state_file_under_the_current_name_is_refused() {
    for older in 1..5 {
        let (home, _, copies) = with_history();
        put(&home.state_file(5), &copies[&older]);
        home.with(|vault| match vault.load(5).unwrap() {
            Loaded::RolledBack { found, .. } => assert_eq!(found, older),
            other => panic!("{older}: {other:?}"),
        });
    }
}

#[test]
fn p4_an_older_state_file_beside_the_current_one_changes_nothing() {
    let (home, counter, copies) = with_history();
    for older in 1..5 {
        put(&home.state_file(older), &copies[&older]);
        // An older one that poses as the successor.
        put(&home.state_file(6), &copies[&older]);
    }
    home.with(|vault| {
        let found = current(vault, 5);
        assert_eq!(found.state, state(5));
        vault
            .commit(found.base, state(6), || counter.increment())
            .unwrap();
        assert_eq!(current(vault, 6).state, state(6));
    });
    assert!((1..=5).all(|older| !home.state_file(older).exists()));
}

#[test]
fn a_deleted_state_is_missing_and_a_fresh_one_goes_on() {
    let (home, counter, _) = with_history();
    fs::remove_file(home.state_file(5)).unwrap();
    home.with(|vault| {
        let Loaded::Missing(base) = vault.load(5).unwrap() else {
            panic!("the state is gone")
        };
        vault
            .commit(base, state(6), || counter.increment())
            .unwrap();
        assert_eq!(current(vault, 6).state, state(6));
    });
}

#[test]
fn p12_a_deleted_state_takes_its_pending_requests_with_it() {
    let (home, counter) = (Home::new(), Counter::at(1));
    home.start(
        &counter,
        State {
            pending: vec![pending(1)],
            ..State::default()
        },
    );
    fs::remove_file(home.state_file(1)).unwrap();
    home.with(|vault| {
        let Loaded::Missing(base) = vault.load(1).unwrap() else {
            panic!("the state is gone")
        };
        let mut fresh = vault.save_in_place(base, State::default()).unwrap().state;
        assert_eq!(fresh.take_pending(pending(1).request_id), None);
    });
}

#[test]
fn a_counter_behind_the_state_is_told_from_a_rollback_of_the_state() {
    let (home, _, _) = with_history();
    for behind in 1..=3 {
        home.with(|vault| match vault.load(behind).unwrap() {
            Loaded::CounterBehind { found: 5, base } => assert_eq!(base.activity(), behind),
            other => panic!("{behind}: {other:?}"),
        });
    }
}

#[test]
fn a_state_left_from_before_the_tpm_was_put_back_never_becomes_a_successor() {
    let (home, _, _) = with_history();
    let counter = Counter::at(3);
    home.with(|vault| {
        let start = base(vault.load(3).unwrap());
        let four = vault
            .commit(start, state(40), || counter.increment())
            .unwrap();
        assert_eq!(current(vault, 4).state, state(40));
        vault
            .commit(four.base, state(50), || counter.increment())
            .unwrap();
        assert_eq!(current(vault, 5).state, state(50));
    });
}

#[test]
fn p6_a_state_of_another_store_key_or_epoch_is_refused() {
    let (home, _, copies) = with_history();
    let elsewhere = [
        (2, STORE, EPOCH),
        (1, StoreId::new([1; 16]), EPOCH),
        (1, STORE, EPOCH + 1),
    ];
    for (seed, store, epoch) in elsewhere {
        let folder = home.folder();
        with_vault_of(&folder, seed, store, epoch, |_| ());
        let path = home.path().join(format!("epoch-{epoch}/state-5"));
        put(&path, &copies[&5]);
        with_vault_of(&folder, seed, store, epoch, |vault| {
            match vault.load(5).unwrap() {
                Loaded::Damaged { path: named, .. } => assert_eq!(named, path),
                other => panic!("{other:?}"),
            }
        });
    }
}

#[test]
fn any_flipped_bit_or_cut_of_the_state_is_refused() {
    let (home, _, copies) = with_history();
    let good = &copies[&5];
    home.with(|vault| {
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 1 << (at % 8);
            for changed in [&flipped[..], &good[..at]] {
                put(&home.state_file(5), changed);
                assert!(
                    matches!(vault.load(5).unwrap(), Loaded::Damaged { .. }),
                    "byte {at}"
                );
            }
        }
        put(&home.state_file(5), good);
        assert_eq!(current(vault, 5).state, state(5));
    });
}

/// Not a promise: what the activity counter cannot tell apart. See the threat model.
#[test]
fn p4_limit_a_successor_that_was_kept_passes_for_the_one_that_was_committed() {
    let (home, counter, copies) = with_history();
    home.with(|vault| {
        let found = current(vault, 5);
        let cut_off = vault.commit(found.base, state(60), || Err("the power went"));
        assert!(cut_off.is_err());
    });
    let kept = fs::read(home.state_file(6)).unwrap();
    fs::remove_file(home.state_file(6)).unwrap();
    put(&home.state_file(5), &copies[&5]);
    home.with(|vault| {
        let found = current(vault, 5);
        vault
            .commit(found.base, state(6), || counter.increment())
            .unwrap();
        assert_eq!(current(vault, 6).state, state(6));
    });
    put(&home.state_file(6), &kept);
    home.with(|vault| assert_eq!(current(vault, 6).state, state(60)));
    // The next commit makes both of them old for ever.
    home.with(|vault| {
        let found = current(vault, 6);
        vault
            .commit(found.base, state(7), || counter.increment())
            .unwrap();
    });
    put(&home.state_file(7), &kept);
    home.with(|vault| {
        assert!(matches!(
            vault.load(7),
            Ok(Loaded::RolledBack { found: 6, .. })
        ))
    });
}

#[test]
fn a_damaged_successor_does_not_hide_the_current_state() {
    let (home, _, _) = with_history();
    put(&home.state_file(6), b"never finished");
    home.with(|vault| assert_eq!(current(vault, 5).state, state(5)));
}

#[test]
fn state_survives_the_round_trip_with_every_field() {
    let (home, counter) = (Home::new(), Counter::at(1));
    let full = State {
        leases: [1, 2]
            .map(|n| {
                let applied = (n == 1).then_some(counterfoil::store::BootWitness {
                    applied: pending(1).made,
                    round_trip_ms: 1200,
                });
                (
                    license(n),
                    counterfoil::store::SeenLease {
                        sequence: u64::from(n) + 30,
                        applied,
                    },
                )
            })
            .into(),
        bundle_sequence: 4,
        status_lists: [(
            "https://example.com/1".to_owned(),
            "2026-01-02T03:04:05Z".parse().unwrap(),
        )]
        .into(),
        manifests: [(("editor".to_owned(), "stable".to_owned()), 12)].into(),
        issued_at_floor: Some("2026-01-02T03:04:06Z".parse().unwrap()),
        pending: vec![pending(1), pending(3)],
        answered: vec![pending(2).request_id],
        lost: Some(counterfoil::store::Loss {
            kind: counterfoil::store::LossKind::RolledBack,
            activity: 8,
        }),
        last_increment: Some(ResetCounts {
            reset_count: 5,
            restart_count: u32::MAX,
        }),
        to_install: answer(2, 9),
        log_head: Some(counterfoil::store::LogHead {
            digest: pending(1).request_id,
            entries: 77,
        }),
        anomalies: [
            ((license(1), "os_clock".to_owned()), 7),
            ((license(2), "of_a_later_version".to_owned()), 8),
        ]
        .into(),
        correction: Some(3),
        increment_proof: Some(vec![1, 2, 3]),
        statuses: [
            (license(1), Status::Suspended),
            (license(2), Status::Other(3)),
        ]
        .into(),
        unknown: counterfoil::token::cbor::UnknownFields::default(),
    };
    home.start(&counter, full.clone());
    home.with(|vault| assert_eq!(current(vault, 1).state, full));
}

#[test]
fn one_damaged_artifact_does_not_hide_the_others() {
    let home = Home::new();
    home.with(|vault| {
        let all: Vec<_> = [1, 2, 3].into_iter().flat_map(|n| answer(n, n)).collect();
        all.iter().for_each(|artifact| vault.write_artifact(artifact).unwrap());
        assert_eq!(vault.artifacts(None).tokens.len(), 9);
        let path = home.generation().join(Place::Lease(license(2)).to_string());
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 1 << (at % 8);
            put(&path, &flipped);
            let found = vault.artifacts(None);
            assert_eq!(found.tokens.len(), 8);
            assert!(!found.tokens.contains_key(&Place::Lease(license(2))));
            assert!(matches!(&found.faults[..], [ArtifactFault::NotAuthentic { path: named, .. }] if *named == path));
        }
    });
}

#[test]
fn artifacts_load_with_the_state_gone() {
    let (home, counter) = (Home::new(), Counter::at(1));
    home.start(&counter, State::default());
    home.with(|vault| {
        answer(1, 7)
            .iter()
            .for_each(|artifact| vault.write_artifact(artifact).unwrap())
    });
    fs::remove_file(home.state_file(1)).unwrap();
    home.with(|vault| {
        assert!(matches!(vault.load(1).unwrap(), Loaded::Missing(_)));
        let found = vault.artifacts(None);
        assert_eq!((found.tokens.len(), found.faults.len()), (5, 0));
    });
}

#[test]
fn artifacts_cannot_trade_places() {
    let home = Home::new();
    home.with(|vault| {
        for n in [1, 2] {
            answer(n, n)
                .iter()
                .for_each(|artifact| vault.write_artifact(artifact).unwrap());
        }
        let [one, two] =
            [1, 2].map(|n| home.generation().join(Place::Lease(license(n)).to_string()));
        fs::copy(&one, &two).unwrap();
        assert!(vault.read_artifact(Place::Lease(license(1))).is_ok());
        assert!(matches!(
            vault.read_artifact(Place::Lease(license(2))),
            Err(ArtifactFault::NotAuthentic { .. })
        ));
    });
}

#[test]
fn a_removed_artifact_is_gone_and_removing_it_again_is_no_error() {
    let home = Home::new();
    home.with(|vault| {
        answer(1, 1)
            .iter()
            .for_each(|artifact| vault.write_artifact(artifact).unwrap());
        for _ in 0..2 {
            vault.remove_artifact(Place::Lease(license(1))).unwrap();
            assert_eq!(vault.read_artifact(Place::Lease(license(1))).unwrap(), None);
        }
        assert_eq!(vault.artifacts(None).tokens.len(), 4);
    });
}

#[test]
fn artifacts_of_the_journal_count_before_their_files_are_written() {
    let home = Home::new();
    home.with(|vault| {
        answer(1, 1)
            .iter()
            .for_each(|artifact| vault.write_artifact(artifact).unwrap());
        let newer = State {
            to_install: answer(1, 2),
            ..State::default()
        };
        let found = vault.artifacts(Some(&newer));
        assert!(found.tokens.values().all(|token| token[0] == 2));
    });
}

#[test]
fn the_binding_survives_the_round_trip() {
    let home = Home::new();
    let locked_folder = home.folder();
    let locked = locked_folder.lock(WAIT).unwrap();
    let generation = locked.create_generation(EPOCH).unwrap();
    assert!(matches!(
        generation.binding(),
        Err(BindingError::Missing { .. })
    ));
    generation.write_binding(&binding(), &store_key()).unwrap();
    assert_eq!(generation.binding().unwrap(), binding());
}

#[test]
fn any_flipped_bit_or_cut_of_the_binding_is_named() {
    let home = Home::new();
    let folder = home.folder();
    let locked = folder.lock(WAIT).unwrap();
    let generation = locked.create_generation(EPOCH).unwrap();
    generation.write_binding(&binding(), &store_key()).unwrap();
    let path = home.generation().join("binding");
    let good = fs::read(&path).unwrap();
    for at in 0..good.len() {
        let mut flipped = good.clone();
        flipped[at] ^= 1 << (at % 8);
        for changed in [&flipped[..], &good[..at]] {
            put(&path, changed);
            let error = generation.binding().unwrap_err();
            assert!(
                matches!(&error, BindingError::Altered { path: named, .. } if *named == path),
                "byte {at}: {error}"
            );
        }
    }
}

#[test]
fn a_binding_is_written_with_its_own_store_key_and_epoch_only() {
    let home = Home::new();
    let folder = home.folder();
    let locked = folder.lock(WAIT).unwrap();
    let generation = locked.create_generation(EPOCH).unwrap();
    let other_key = SigningKey::from_scalar(&[4; 32]).unwrap();
    assert!(matches!(
        generation.write_binding(&binding(), &other_key),
        Err(BindingError::Altered { .. })
    ));
    let mut other_epoch = binding();
    other_epoch.epoch += 1;
    assert!(matches!(
        generation.write_binding(&other_epoch, &store_key()),
        Err(BindingError::OtherEpoch { .. })
    ));
}

#[test]
fn a_binding_of_another_generation_is_refused() {
    let home = Home::new();
    let folder = home.folder();
    let locked = folder.lock(WAIT).unwrap();
    locked
        .create_generation(EPOCH)
        .unwrap()
        .write_binding(&binding(), &store_key())
        .unwrap();
    let newer = locked.create_generation(EPOCH + 1).unwrap();
    fs::copy(
        home.generation().join("binding"),
        newer.path().join("binding"),
    )
    .unwrap();
    assert!(matches!(
        newer.binding(),
        Err(BindingError::OtherEpoch { found: EPOCH, .. })
    ));
}

//! A crash, a full disk or a lost answer of the TPM at any step leaves a folder from which the next start goes on.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]

mod store_support;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::sync::Arc;

use counterfoil::store::{
    AccessError, CommitError, DiskError, Loaded, Place, SaveError, SeenLease, State, Step, Vault,
};
use counterfoil::token::Digest;
use proptest::prelude::*;

use store_support::*;

/// Applies the answer to the pending request `n`, as activation does.
fn apply(vault: &Vault<'_>, counter: &Counter, n: u8, mark: u8) {
    let found = recover(vault, counter);
    let mut next = found.state;
    if next.take_pending(pending(n).request_id).is_none() {
        return;
    }
    next.leases.insert(
        license(n),
        SeenLease {
            sequence: mark.into(),
            applied: None,
        },
    );
    next.to_install = answer(n, mark);
    let mut committed = vault
        .commit(found.base, next, || counter.increment())
        .unwrap();
    vault.install(&mut committed).unwrap();
}

fn with_request() -> (Home, Counter) {
    let (home, counter) = (Home::new(), Counter::at(41));
    home.start(
        &counter,
        State {
            pending: vec![pending(1)],
            ..State::default()
        },
    );
    (home, counter)
}

/// Either nothing of the answer happened or all of it did.
fn assert_before_or_after(home: &Home, counter: &Counter) {
    let before = counter.value() == 41;
    home.with(|vault| {
        let found = recover(vault, counter);
        if before && counter.value() == 41 {
            assert_eq!(found.state.pending, [pending(1)]);
            assert!(vault.artifacts(Some(&found.state)).tokens.is_empty());
            return;
        }
        assert_eq!(counter.value(), 42);
        assert!(found.state.pending.is_empty() && found.state.to_install.is_empty());
        let artifacts = vault.artifacts(None);
        assert!(artifacts.faults.is_empty(), "{:?}", artifacts.faults);
        for artifact in answer(1, 2) {
            assert_eq!(artifacts.tokens[&artifact.place], artifact.bytes);
        }
    });
}

#[test]
fn p5_a_crash_at_any_step_of_applying_an_answer_is_recovered() {
    let mut crashes = 0;
    loop {
        let (home, counter) = with_request();
        let done =
            survive(|| home.watched(CrashAt::step(crashes), |vault| apply(vault, &counter, 1, 2)));
        assert_before_or_after(&home, &counter);
        if done.is_some() {
            break;
        }
        crashes += 1;
    }
    // Five artifacts and three states of five steps each, and what lies between.
    assert!(crashes > 40, "only {crashes} steps were tried");
}

#[test]
fn p5_a_second_crash_while_recovering_is_recovered() {
    for first in (0..).step_by(3) {
        let mut finished = false;
        for second in 0.. {
            let (home, counter) = with_request();
            finished = survive(|| {
                home.watched(CrashAt::step(first), |vault| apply(vault, &counter, 1, 2))
            })
            .is_some();
            let recovered = survive(|| {
                home.watched(CrashAt::step(second), |vault| {
                    drop(recover(vault, &counter))
                })
            });
            assert_before_or_after(&home, &counter);
            if recovered.is_some() {
                break;
            }
        }
        if finished {
            break;
        }
    }
}

#[test]
fn p5_an_increment_whose_answer_is_lost_is_found_done() {
    let (home, counter) = with_request();
    home.with(|vault| {
        let found = current(vault, 41);
        let lost = vault.commit(found.base, State::default(), || {
            let _ = counter.increment();
            Err("the TPM vanished")
        });
        assert!(matches!(
            lost,
            Err(CommitError::Increment("the TPM vanished"))
        ));
        assert_eq!(current(vault, 42).state, State::default());
    });
}

#[test]
fn p5_an_increment_that_never_happened_is_asked_for_again() {
    let (home, counter) = with_request();
    home.with(|vault| {
        let found = current(vault, 41);
        let refused = vault.commit(found.base, State::default(), || Err("no answer"));
        assert!(matches!(refused, Err(CommitError::Increment(_))));
        let Loaded::FinishIncrement(due) = vault.load(41).unwrap() else {
            panic!("the commit is not finished")
        };
        assert_eq!(*due.state(), State::default());
        vault.finish(due, || counter.increment()).unwrap();
        assert_eq!(current(vault, 42).state, State::default());
    });
}

#[test]
fn a_counter_that_another_moved_during_a_commit_is_found_a_rollback() {
    let (home, counter) = with_request();
    home.with(|vault| {
        let found = current(vault, 41);
        let twice = || {
            counter.increment()?;
            counter.increment()
        };
        vault.commit(found.base, State::default(), twice).unwrap();
        assert!(matches!(
            vault.load(counter.value()).unwrap(),
            Loaded::RolledBack { found: 42, .. }
        ));
    });
}

#[test]
fn the_successor_is_on_the_medium_before_the_counter_moves_and_the_old_state_goes_after() {
    let (home, counter) = with_request();
    let trace = Arc::new(Trace::default());
    home.watched(trace.clone(), |vault| {
        let found = current(vault, 41);
        vault
            .commit(found.base, State::default(), || counter.increment())
            .unwrap();
    });
    let steps = trace.take();
    let names: Vec<(Step, &str)> = steps
        .iter()
        .map(|(step, name)| (*step, name.as_str()))
        .collect();
    let generation = format!("epoch-{EPOCH}");
    let last = names.len() - 8;
    assert_eq!(
        names[last..],
        [
            (Step::Create, ".tmp-state-42"),
            (Step::Write, ".tmp-state-42"),
            (Step::SyncFile, ".tmp-state-42"),
            (Step::Rename, "state-42"),
            (Step::SyncFolder, &generation),
            (Step::Increment, &generation),
            (Step::Remove, "state-41"),
            (Step::SyncFolder, &generation),
        ]
    );
}

#[test]
fn a_disk_error_at_any_step_has_its_own_name_and_loses_nothing() {
    let kinds = [
        ErrorKind::StorageFull,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::PermissionDenied,
        ErrorKind::TimedOut,
    ];
    for (kind, lasting) in kinds
        .into_iter()
        .flat_map(|kind| [(kind, false), (kind, true)])
    {
        for n in 0.. {
            let (home, counter) = with_request();
            let fail = FailAt::step(n, kind, lasting);
            let error = home.watched(fail.clone(), |vault| {
                let found = current(vault, 41);
                let next = State {
                    to_install: answer(1, 2),
                    ..State::default()
                };
                match vault.commit(found.base, next, || counter.increment()) {
                    Ok(mut committed) => vault.install(&mut committed).err(),
                    Err(CommitError::Save(error)) => Some(error),
                    Err(other) => panic!("{other}"),
                }
            });
            if !fail.reached() {
                break;
            }
            match error {
                Some(SaveError::Access(AccessError::Disk(error))) => {
                    assert_names(&error, kind, &home)
                }
                // The old state could not be removed: that is for the next commit.
                None => assert_eq!(counter.value(), 42),
                Some(other) => panic!("{other}"),
            }
            assert_before_or_after(&home, &counter);
        }
    }
}

fn assert_names(error: &DiskError, kind: ErrorKind, home: &Home) {
    let (path, advice) = match error {
        DiskError::Full { path } if kind == ErrorKind::StorageFull => (path, "free space"),
        DiskError::ReadOnly { path } if kind == ErrorKind::ReadOnlyFilesystem => {
            (path, "find out why")
        }
        DiskError::Denied { path } if kind == ErrorKind::PermissionDenied => (path, "owner"),
        DiskError::Other { path, .. } if kind == ErrorKind::TimedOut => (path, "system log"),
        other => panic!("{kind:?} was taken for {other:?}"),
    };
    assert!(path.starts_with(home.path()));
    let text = error.to_string();
    assert!(
        text.contains(path.to_str().unwrap()) && text.contains(advice),
        "{text}"
    );
}

#[test]
fn what_a_crash_left_half_written_is_no_token_and_goes_with_the_next_write() {
    let (home, _) = with_request();
    home.with(|vault| vault.write_artifact(&answer(1, 1)[0]).unwrap());
    let leftovers =
        [".tmp-state-42", "licenses/.tmp-aa.license"].map(|name| home.generation().join(name));
    for leftover in &leftovers {
        fs::write(leftover, b"half").unwrap();
    }
    home.with(|vault| {
        let found = current(vault, 41);
        assert_eq!(vault.artifacts(Some(&found.state)).tokens.len(), 1);
        vault.save_in_place(found.base, found.state).unwrap();
    });
    assert!(leftovers.iter().all(|leftover| !leftover.exists()));
}

#[test]
fn a_state_from_before_the_tpm_was_put_back_succeeds_none_after_a_crash_either() {
    for n in 0.. {
        let (home, counter) = with_request();
        home.with(|vault| {
            for mark in 0..3 {
                let found = recover(vault, &counter);
                let next = State {
                    bundle_sequence: mark,
                    ..State::default()
                };
                vault
                    .commit(found.base, next, || counter.increment())
                    .unwrap();
            }
        });
        // The chip goes back two steps, the folder does not.
        let counter = Counter::at(counter.value() - 2);
        let done = survive(|| {
            home.watched(CrashAt::step(n), |vault| {
                let start = base(vault.load(counter.value()).unwrap());
                let next = State {
                    bundle_sequence: 9,
                    ..State::default()
                };
                vault.commit(start, next, || counter.increment()).unwrap();
            })
        });
        home.with(|vault| match vault.load(counter.value()).unwrap() {
            Loaded::CounterBehind { found: 44, .. } => assert_eq!(counter.value(), 42),
            Loaded::Current(_) | Loaded::FinishIncrement(_) => {
                assert_eq!(recover(vault, &counter).state.bundle_sequence, 9);
                assert_eq!(
                    (
                        recover(vault, &counter).state.bundle_sequence,
                        counter.value()
                    ),
                    (9, 43)
                );
            }
            other => panic!("{other:?}"),
        });
        if done.is_some() {
            break;
        }
    }
}

#[test]
fn p12_a_response_is_applied_once() {
    let (home, counter) = with_request();
    home.with(|vault| apply(vault, &counter, 1, 2));
    home.with(|vault| {
        apply(vault, &counter, 1, 3);
        assert_eq!(counter.value(), 42);
        assert_eq!(
            vault.read_artifact(Place::Bundle).unwrap().unwrap(),
            answer(1, 2)[3].bytes
        );
    });
}

#[derive(Debug, Clone)]
enum Op {
    /// A request is made.
    Request(u8),
    /// The answer to it comes, or comes again.
    Apply(u8, u8),
    /// The counter moves for another reason.
    Heartbeat,
    /// The program starts.
    Start,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        (0..4u8).prop_map(Op::Request),
        (0..4u8, any::<u8>()).prop_map(|(n, mark)| Op::Apply(n, mark)),
        Just(Op::Heartbeat),
        Just(Op::Start),
    ]
}

fn run(vault: &Vault<'_>, counter: &Counter, serial: u8, op: &Op) {
    match *op {
        Op::Request(n) => {
            let found = recover(vault, counter);
            let mut state = found.state;
            state.add_pending(request(n, serial));
            vault.save_in_place(found.base, state).unwrap();
        }
        Op::Apply(n, mark) => {
            let found = recover(vault, counter);
            let mut next = found.state;
            let Some(asked) = next.pending_for(license(n)).cloned() else {
                return;
            };
            next.take_pending(asked.request_id).unwrap();
            next.to_install = answer(n, mark);
            let mut committed = vault
                .commit(found.base, next, || counter.increment())
                .unwrap();
            vault.install(&mut committed).unwrap();
        }
        Op::Heartbeat => {
            let found = recover(vault, counter);
            vault
                .commit(found.base, found.state, || counter.increment())
                .unwrap();
        }
        Op::Start => drop(recover(vault, counter)),
    }
}

/// Each request is another one, also for the same license.
fn request(n: u8, serial: u8) -> counterfoil::store::PendingActivation {
    let mut made = pending(n);
    made.request_id = Digest::of(&[&[n, serial]]);
    made
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn p4_p5_p12_any_history_of_crashes_goes_on_and_revives_no_applied_request(
        history in prop::collection::vec((op(), prop::option::of(0..40usize)), 1..12)
    ) {
        let (home, counter) = (Home::new(), Counter::at(1));
        home.start(&counter, State::default());
        let mut applied = BTreeSet::new();
        let mut marks = [None; 4];
        for (serial, (op, crash)) in history.iter().enumerate() {
            let serial = u8::try_from(serial).unwrap();
            let before = home.with(|vault| recover(vault, &counter).state);
            let value = counter.value();
            let steps = crash.unwrap_or(usize::MAX);
            let _ = survive(|| home.watched(CrashAt::step(steps), |vault| run(vault, &counter, serial, op)));
            let after = home.with(|vault| recover(vault, &counter).state);
            if let Op::Apply(n, mark) = op && counter.value() > value {
                applied.insert(before.pending_for(license(*n)).unwrap().request_id);
                marks[usize::from(*n)] = Some(*mark);
            }
            prop_assert!(counter.value() <= value + 1);
            prop_assert!(after.pending.iter().all(|asked| !applied.contains(&asked.request_id)));
            let artifacts = home.with(|vault| vault.artifacts(Some(&after)));
            prop_assert!(artifacts.faults.is_empty());
            for (n, mark) in (0..).zip(marks) {
                let lease = artifacts.tokens.get(&Place::Lease(license(n)));
                prop_assert_eq!(lease.map(|bytes| bytes[0]), mark);
            }
        }
    }
}

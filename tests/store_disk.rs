//! Real file systems that are full or read-only. Mounting them takes root; elsewhere `store_crash` plays them.
#![cfg(feature = "client")]
#![allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]

mod store_support;
#[path = "support/untested.rs"]
mod untested;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use counterfoil::store::{AccessError, CommitError, DiskError, SaveError, State};

use store_support::*;
use untested::untested;

/// A small file system in memory, mounted over a folder until it is dropped.
struct Mount(PathBuf);

impl Mount {
    /// `None` where this user may not mount.
    #[track_caller]
    fn over(path: &Path) -> Option<Self> {
        if !mount(&["-t", "tmpfs", "-o", "size=64k,mode=0700", "none"], path) {
            untested("this user may not mount a file system");
            return None;
        }
        Some(Self(path.to_path_buf()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount(options: &[&str], path: &Path) -> bool {
    Command::new("mount")
        .args(options)
        .arg(path)
        .output()
        .is_ok_and(|output| output.status.success())
}

fn disk_error(error: SaveError) -> DiskError {
    match error {
        SaveError::Access(AccessError::Disk(error)) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn a_full_disk_is_named_and_loses_nothing() {
    let (home, counter) = (Home::new(), Counter::at(1));
    let Some(_mount) = Mount::over(&home.path()) else {
        return;
    };
    home.start(
        &counter,
        State {
            pending: vec![pending(1)],
            ..State::default()
        },
    );
    let filler = home.path().join("filler");
    fs::write(&filler, vec![0; 1 << 20]).unwrap_err();
    home.with(|vault| {
        let found = current(vault, 1);
        let next = State {
            to_install: answer(1, 2),
            ..State::default()
        };
        match vault
            .commit(found.base, next, || counter.increment())
            .unwrap_err()
        {
            CommitError::Save(error) => {
                assert!(matches!(disk_error(error), DiskError::Full { .. }))
            }
            other => panic!("{other}"),
        }
        assert_eq!(
            (counter.value(), current(vault, 1).state.pending),
            (1, vec![pending(1)])
        );
    });
    fs::remove_file(filler).unwrap();
    home.with(|vault| {
        let found = current(vault, 1);
        vault
            .commit(found.base, State::default(), || counter.increment())
            .unwrap();
        assert_eq!(current(vault, 2).state, State::default());
    });
}

#[test]
fn a_read_only_disk_can_be_read_with_its_journal() {
    let (home, counter) = (Home::new(), Counter::at(1));
    let Some(_mount) = Mount::over(&home.path()) else {
        return;
    };
    home.start(
        &counter,
        State {
            to_install: answer(1, 2),
            ..State::default()
        },
    );
    assert!(mount(&["-o", "remount,ro"], &home.path()));
    home.with(|vault| {
        let mut found = current(vault, 1);
        let error = vault.install(&mut found).unwrap_err();
        assert!(matches!(disk_error(error), DiskError::ReadOnly { .. }));
        assert_eq!(vault.artifacts(Some(&found.state)).tokens.len(), 5);
    });
}

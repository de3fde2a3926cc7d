use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::device::Secret;
use crate::store::{Folder, Seed, Vault};
use crate::token::StoreId;

const STORE: StoreId = StoreId::new([1; 16]);

/// A state folder with a log.
struct Home {
    temp: TempDir,
}

impl Home {
    fn new() -> Self {
        Self {
            temp: TempDir::new().unwrap(),
        }
    }

    /// A log with so many sealed entries.
    fn with(entries: u64) -> (Self, LogHead) {
        let home = Self::new();
        for n in 0..entries {
            home.append(&event(n), None);
        }
        let head = home.log(|log, _| log.head().unwrap().unwrap());
        (home, head)
    }

    fn path(&self) -> PathBuf {
        self.temp.path().join("state")
    }

    fn file(&self) -> PathBuf {
        self.path().join(CURRENT)
    }

    fn log<T>(&self, act: impl FnOnce(&Log<'_>, &Vault<'_>) -> T) -> T {
        let folder = Folder::open_or_create(&self.path()).unwrap();
        let locked = folder.lock(Duration::from_secs(20)).unwrap();
        let key = Seed::new(Secret::new([1; 32])).state_key(STORE);
        let vault = locked.create_generation(1).unwrap().unlock(key, STORE);
        act(&locked.log(), &vault)
    }

    fn append(&self, record: &Record, pinned: Option<LogHead>) -> LogHead {
        self.log(|log, vault| log.append(record, Some(&vault.log_key()), pinned).unwrap())
    }

    fn unsealed(&self, record: &Record) -> LogHead {
        self.log(|log, _| log.append(record, None, None).unwrap())
    }

    fn check(&self, pinned: Option<LogHead>) -> Found {
        self.log(|log, vault| verify(&log.read().unwrap(), Some(&vault.log_key()), pinned))
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn write(&self, lines: &[String]) {
        fs::write(self.file(), lines.join("\n") + "\n").unwrap();
    }
}

fn event(n: u64) -> Record {
    Record {
        time: "2027-01-01T00:00:00Z".into(),
        source: "os_clock".into(),
        event: "decided".into(),
        standing: Some(format!("standing {n}")),
        program: "0.1.0".into(),
        ..Record::default()
    }
}

/// Removes the file that another log wrote, and puts that one's content there.
fn replace(file: &Path, with: &Path) {
    fs::copy(with, file).unwrap();
}

#[test]
fn a_log_that_nobody_touched_is_intact_and_says_what_was_written() {
    let (home, head) = Home::with(5);
    let found = home.check(Some(head));
    assert!(found.is_intact(), "{found:?}");
    assert_eq!((found.entries, found.sealed, found.unsealed_end), (5, 5, 0));
    let entries: Vec<_> = home.log(|log, _| log.read().unwrap().entries().collect());
    for (entry, n) in entries.iter().zip(0..) {
        assert_eq!((entry.n, &entry.record), (n + 1, &event(n)));
    }
    assert_eq!(entries[0].log, Some(Mark::Started));
    assert_eq!(entries[1].log, None);
}

/// The digest can be recalculated with any other tool: it is that of the line before.
#[test]
fn each_entry_names_the_sha_256_of_the_line_before_it() {
    let (home, head) = Home::with(3);
    let lines = home.lines();
    for (before, line) in lines.iter().zip(&lines[1..]) {
        let digest = Digest::of(&[before.as_bytes()]);
        assert!(line.contains(&format!("\"prev\":\"{digest}\"")), "{line}");
    }
    assert_eq!(Digest::of(&[lines[2].as_bytes()]), head.digest);
}

#[test]
fn every_changed_byte_is_noticed() {
    let (home, head) = Home::with(3);
    let whole = fs::read(home.file()).unwrap();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(home.file(), &changed).unwrap();
        let found = home.check(Some(head));
        assert!(!found.is_intact(), "byte {at} of {}", whole.len());
    }
}

#[test]
fn a_line_removed_put_in_or_exchanged_is_noticed() {
    let (home, head) = Home::with(4);
    let lines = home.lines();
    for at in 0..lines.len() {
        let mut removed = lines.clone();
        removed.remove(at);
        home.write(&removed);
        assert!(!home.check(Some(head)).is_intact(), "line {at} removed");
        let mut twice = lines.clone();
        twice.insert(at, lines[at].clone());
        home.write(&twice);
        assert!(!home.check(Some(head)).is_intact(), "line {at} twice");
    }
    let mut exchanged = lines.clone();
    exchanged.swap(1, 2);
    home.write(&exchanged);
    assert!(!home.check(Some(head)).is_intact());
}

#[test]
fn a_log_cut_off_below_what_the_state_remembers_is_noticed_even_after_more_was_written() {
    let (home, head) = Home::with(4);
    let lines = home.lines();
    for left in 0..lines.len() {
        home.write(&lines[..left]);
        if left == 0 {
            fs::remove_file(home.file()).unwrap();
        }
        let found = home.check(Some(head));
        assert_eq!(found.faults, [Fault::CutOff { n: 4 }]);
        // The next entries say so, whatever the state remembers then.
        let new = home.append(&event(9), Some(head));
        assert_eq!(new.entries, 5);
        let new = home.append(&event(10), Some(new));
        let found = home.check(Some(new));
        assert!(
            found.faults.contains(&Fault::Altered { n: 5 }),
            "{left}: {found:?}"
        );
        assert!(!found.faults.contains(&Fault::Altered { n: 6 }));
    }
}

#[test]
fn a_log_of_another_store_in_place_of_this_one_is_noticed_even_after_more_was_written() {
    let (home, head) = Home::with(4);
    let other = Home::new();
    for n in 10..20 {
        other.unsealed(&event(n));
    }
    replace(&home.file(), &other.file());
    assert_eq!(home.check(Some(head)).faults, [Fault::Replaced { n: 4 }]);
    let new = home.append(&event(9), Some(head));
    home.append(&event(9), Some(head));
    let found = home.check(Some(new));
    assert_eq!(found.faults, [Fault::Altered { n: 11 }]);
}

#[test]
fn without_the_seed_nobody_writes_a_sealed_entry() {
    let (home, _) = Home::with(2);
    let forged = home.log(|log, _| {
        let key = Seed::new(Secret::new([2; 32])).state_key(STORE);
        let folder = Folder::open_or_create(&home.path().join("other")).unwrap();
        let locked = folder.lock(Duration::from_secs(20)).unwrap();
        let other = locked.create_generation(1).unwrap().unlock(key, STORE);
        log.append(&event(2), Some(&other.log_key()), None).unwrap()
    });
    let found = home.check(Some(forged));
    assert_eq!(found.faults, [Fault::Seal { n: 3 }]);
}

#[test]
fn entries_without_a_seal_are_counted_until_a_sealed_one_covers_them() {
    let (home, head) = Home::with(2);
    home.unsealed(&event(2));
    home.unsealed(&event(3));
    let found = home.check(Some(head));
    assert!(found.is_intact());
    assert_eq!((found.sealed, found.unsealed_end), (2, 2));
    let head = home.append(&event(4), Some(head));
    let found = home.check(Some(head));
    assert_eq!((found.entries, found.sealed, found.unsealed_end), (5, 3, 0));
}

/// P5: a crash leaves any part of the last line.
#[test]
fn p5_a_last_line_cut_off_anywhere_is_recognized_and_nothing_before_it_is_lost() {
    let (home, head) = Home::with(3);
    let before = fs::read(home.file()).unwrap();
    home.append(&event(3), Some(head));
    let after = fs::read(home.file()).unwrap();
    for end in before.len()..after.len() {
        fs::write(home.file(), &after[..end]).unwrap();
        let found = home.check(Some(head));
        assert!(found.is_intact(), "{end}: {found:?}");
        assert_eq!((found.entries, found.torn), (3, end > before.len()));

        let healed = home.append(&event(4), Some(head));
        let bytes = fs::read(home.file()).unwrap();
        assert_eq!(bytes[..before.len()], before);
        let found = home.check(Some(healed));
        assert!(found.is_intact() && !found.torn, "{end}: {found:?}");
        let last = home.log(|log, _| log.read().unwrap().entries().next_back().unwrap());
        assert_eq!(last.n, 4);
        assert_eq!(last.log, (end > before.len()).then_some(Mark::Healed));
    }
}

#[test]
fn the_log_is_turned_over_before_it_outgrows_its_limit_and_stays_verifiable() {
    let home = Home::new();
    let long = Record {
        notices: vec!["x".repeat(9_000)],
        ..event(0)
    };
    let mut head = None;
    for n in 1..=90 {
        head = Some(home.append(&long, head));
        let files = home.log(|log, _| log.read().unwrap());
        let size = |file: &Option<Vec<u8>>| file.as_ref().map_or(0, Vec::len);
        assert!(size(&files.current) <= FILE_LIMIT && size(&files.older) <= FILE_LIMIT);
        let found = home.check(head);
        assert!(found.is_intact(), "{n}: {found:?}");
        assert_eq!(found.last, Some(n));
    }
    let found = home.check(head);
    assert!(found.first > Some(1) && found.entries > 28, "{found:?}");
    // A crash between the two steps of turning over: the new file is not there yet.
    fs::rename(home.file(), home.path().join(OLDER)).unwrap();
    let head = home.append(&long, head);
    assert_eq!(head.entries, 91);
    assert!(home.check(Some(head)).is_intact());
}

#[test]
fn an_entry_that_was_dropped_long_ago_is_not_missed() {
    let (home, early) = Home::with(1);
    let long = Record {
        notices: vec!["x".repeat(60_000)],
        ..event(0)
    };
    for _ in 0..12 {
        home.append(&long, Some(early));
    }
    let found = home.check(Some(early));
    assert!(found.is_intact() && found.first > Some(1), "{found:?}");
    // Numbers that went on without a seal prove nothing of the kind.
    let other = Home::new();
    for _ in 0..12 {
        other.unsealed(&long);
    }
    assert_eq!(
        other
            .check(Some(LogHead {
                entries: 2,
                ..early
            }))
            .faults,
        [Fault::CutOff { n: 2 }]
    );
}

#[test]
fn whatever_stands_in_the_file_the_next_entry_is_written() {
    for content in [
        Vec::new(),
        b"\n".to_vec(),
        b"nonsense\n".to_vec(),
        vec![0; 5000],
        vec![b'\n'; 5000],
        vec![b'x'; FILE_LIMIT],
        vec![0xff; FILE_LIMIT + 1],
        b"{\"n\":18446744073709551615}\n".to_vec(),
    ] {
        let (home, head) = Home::with(2);
        fs::write(home.file(), &content).unwrap();
        let new = home.append(&event(3), Some(head));
        assert_eq!(new.entries, 3, "{} bytes", content.len());
        let found = home.check(Some(new));
        assert!(found.faults.contains(&Fault::Altered { n: 3 }), "{found:?}");
    }
}

#[test]
fn entries_dropped_from_the_front_are_missed_however_often_the_log_was_turned_over() {
    let (home, head) = Home::with(3);
    home.write(&home.lines()[1..]);
    let fault = Fault::Missing { from: 1, until: 2 };
    assert_eq!(home.check(Some(head)).faults, [fault]);

    let home = Home::new();
    let long = Record {
        notices: vec!["x".repeat(60_000)],
        ..event(0)
    };
    let mut head = None;
    for _ in 0..11 {
        head = Some(home.append(&long, head));
    }
    assert!(home.check(head).is_intact());
    let older = home.path().join(OLDER);
    let text = fs::read_to_string(&older).unwrap();
    fs::write(&older, text.split_once('\n').unwrap().1).unwrap();
    let fault = Fault::Missing { from: 5, until: 6 };
    assert_eq!(home.check(head).faults, [fault]);
    fs::remove_file(older).unwrap();
    let fault = Fault::Missing { from: 5, until: 9 };
    assert_eq!(home.check(head).faults, [fault]);
}

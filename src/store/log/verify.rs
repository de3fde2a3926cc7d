//! Whether the log is what the program wrote: every line an entry, each following the one before, sealed entries as they
//! were sealed, and the end not before what the state remembers.

use std::fmt;

use super::entry::{Entry, Mark, sealed_part};
use super::key::LogKey;
use super::{LogFiles, whole};
use crate::store::record::LogHead;
use crate::token::Digest;

/// What the log was found to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Entries that can be read.
    pub entries: u64,
    /// The number of the oldest of them.
    pub first: Option<u64>,
    /// The number of the newest of them.
    pub last: Option<u64>,
    /// Entries whose seal was verified.
    pub sealed: u64,
    /// Entries after the last verified seal: nothing vouches for them yet but the rights on the folder.
    pub unsealed_end: u64,
    /// Whether the last line was cut off, as a crash does; the next entry removes it.
    pub torn: bool,
    /// What is wrong, in the order of the lines.
    pub faults: Vec<Fault>,
}

impl Found {
    /// Whether nothing is wrong.
    pub fn is_intact(&self) -> bool {
        self.faults.is_empty()
    }
}

/// One thing that is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A line is no entry.
    Unreadable {
        /// Lines from the oldest, from 1.
        line: u64,
    },
    /// An entry does not follow the line before: that one was changed, or lines were removed or put in.
    Broken {
        /// The entry's number.
        n: u64,
    },
    /// The number is not the one after that of the entry before.
    Gap {
        /// The number before.
        before: u64,
        /// The number found.
        n: u64,
    },
    /// Entries that were dropped neither by the program nor long ago.
    Missing {
        /// The first of them.
        from: u64,
        /// The entry after them.
        until: u64,
    },
    /// The seal is not this store's: the entry was changed or made by another program.
    Seal {
        /// The entry's number.
        n: u64,
    },
    /// When this entry was written, the program found that the log was not as it had left it.
    Altered {
        /// The entry's number.
        n: u64,
    },
    /// The entry with which the log ended at the state's last commit is another one now.
    Replaced {
        /// Its number.
        n: u64,
    },
    /// That entry is not there any more: the log was cut off, or removed and begun anew.
    CutOff {
        /// Its number.
        n: u64,
    },
}

impl Fault {
    /// A name that stays, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::Broken { .. } => "broken",
            Self::Gap { .. } => "gap",
            Self::Missing { .. } => "missing",
            Self::Seal { .. } => "seal",
            Self::Altered { .. } => "altered",
            Self::Replaced { .. } => "replaced",
            Self::CutOff { .. } => "cut_off",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { line } => write!(f, "line {line} is no entry"),
            Self::Broken { n } => write!(
                f,
                "entry {n} does not follow the line before it: that one was changed, or lines were removed or put in"
            ),
            Self::Gap { before, n } => {
                write!(
                    f,
                    "entry {n} comes after entry {before}: entries are missing"
                )
            }
            Self::Missing { from, until } => {
                write!(
                    f,
                    "the entries from {from} on, before entry {until}, are missing"
                )
            }
            Self::Seal { n } => write!(f, "the seal of entry {n} is not this store's"),
            Self::Altered { n } => write!(
                f,
                "the program itself noted, at entry {n}, that the log before was not as it had left it"
            ),
            Self::Replaced { n } => {
                write!(
                    f,
                    "entry {n} is another one than that which the state remembers"
                )
            }
            Self::CutOff { n } => write!(
                f,
                "entry {n}, which the state remembers, is missing: the log was cut off or removed"
            ),
        }
    }
}

/// Checks a log, in this order for each line: that it is an entry; that it names the digest of the line before; that its
/// number is the next; that its seal verifies, if it was made under `key`; that the program noted nothing. Then that the
/// log holds the entry that the state has `pinned`, unless it was turned over since, as sealed entries then show.
///
/// Without a key no seal is checked. What came before the oldest entry, dropped when the log was turned over, cannot be
/// judged.
pub fn verify(files: &LogFiles, key: Option<&LogKey>, pinned: Option<LogHead>) -> Found {
    let mut found = Found::default();
    found.faults.extend(missing_front(files));
    let mut before: Option<(Digest, Option<u64>)> = None;
    let mut pin_seen = false;
    for (line, at) in files.lines().zip(1..) {
        let digest = Digest::of(&[line]);
        let number = match Entry::parse(line) {
            None => {
                found.faults.push(Fault::Unreadable { line: at });
                // The count goes on over it.
                before.and_then(|(_, number)| number?.checked_add(1))
            }
            Some(entry) => {
                found.check(&entry, line, before, key);
                pin_seen |= found.compare(&entry, digest, pinned);
                Some(entry.n)
            }
        };
        before = Some((digest, number));
    }
    found.torn = whole(files.current.as_deref().unwrap_or_default()).1 > 0;
    if let Some(pin) = pinned.filter(|_| !pin_seen) {
        let dropped = found.first.is_some_and(|first| first > pin.entries)
            && files.older.is_some()
            && found.faults.is_empty()
            && (key.is_none() || found.sealed > 0);
        if !dropped {
            found.faults.push(Fault::CutOff { n: pin.entries });
        }
    }
    found
}

/// Entries that are missing before the oldest: nothing was dropped before the log was turned over, and then the first
/// entry in the new file says with which number the older one begins.
fn missing_front(files: &LogFiles) -> Option<Fault> {
    let first = |file: &Option<Vec<u8>>| {
        let bytes = file.as_deref()?;
        whole(bytes).0.find_map(Entry::parse)
    };
    let current = first(&files.current);
    let until = first(&files.older).or_else(|| current.clone())?.n;
    let from = match current {
        Some(current) => current.oldest.unwrap_or(1),
        None => until,
    };
    (from < until).then_some(Fault::Missing { from, until })
}

impl Found {
    fn check(
        &mut self,
        entry: &Entry,
        line: &[u8],
        before: Option<(Digest, Option<u64>)>,
        key: Option<&LogKey>,
    ) {
        let n = entry.n;
        self.entries += 1;
        self.first.get_or_insert(n);
        self.last = Some(n);
        let follows = match before {
            Some((digest, _)) => entry.prev == digest,
            None => n > 1 || entry.prev == Digest::new([0; 32]),
        };
        if !follows {
            self.faults.push(Fault::Broken { n });
        }
        if let Some((_, Some(number))) = before
            && number.checked_add(1) != Some(n)
        {
            self.faults.push(Fault::Gap { before: number, n });
        }
        self.unsealed_end += 1;
        if let (Some(key), Some(epoch)) = (key, entry.epoch)
            && epoch == key.epoch()
        {
            match (sealed_part(line), &entry.seal) {
                (Some(part), Some(seal)) if key.verifies(part, seal) => {
                    self.sealed += 1;
                    self.unsealed_end = 0;
                }
                _ => self.faults.push(Fault::Seal { n }),
            }
        }
        if entry.log == Some(Mark::Altered) {
            self.faults.push(Fault::Altered { n });
        }
    }

    /// Whether the entry has the pinned one's number.
    fn compare(&mut self, entry: &Entry, digest: Digest, pinned: Option<LogHead>) -> bool {
        let Some(pin) = pinned.filter(|pin| pin.entries == entry.n) else {
            return false;
        };
        if digest != pin.digest {
            self.faults.push(Fault::Replaced { n: entry.n });
        }
        true
    }
}

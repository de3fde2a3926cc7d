//! A record, on this machine, of what was decided and what was odd: text that a person can read, chained so that nothing in
//! it can be changed, removed or put in unnoticed by someone without the store's seed.
//!
//! Knows lines, numbers and digests; what is worth an entry is for its caller. Nothing rests on it: no verdict reads it, and
//! a disk that takes no entry harms none. `docs/log.md` says what the chain can promise, and what it cannot.

mod entry;
mod key;
mod verify;

pub use entry::{Counts, Entry, LicenseLine, Mark, Record};
pub use key::LogKey;
pub use verify::{Fault, Found, verify};

use entry::Follows;

use super::dir::Dir;
use super::error::AccessError;
use super::folder::LockedFolder;
use super::record::LogHead;
use crate::token::Digest;

/// The entries written last.
pub(super) const CURRENT: &str = "log";
/// Those before, whole since the log was turned over.
pub(super) const OLDER: &str = "log.1";
/// The largest a file of the log gets, in bytes; there are two.
pub const FILE_LIMIT: usize = 256 * 1024;

/// The log of one state folder, while it is locked.
pub struct Log<'l> {
    dir: &'l Dir,
}

impl LockedFolder<'_> {
    /// The folder's log.
    pub fn log(&self) -> Log<'_> {
        Log { dir: self.dir() }
    }
}

/// The log's files as they lie on the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFiles {
    /// The older file, `log.1`, if the log was ever turned over.
    pub older: Option<Vec<u8>>,
    /// The file that is being written, `log`.
    pub current: Option<Vec<u8>>,
}

impl LogFiles {
    /// The entries that can be read, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Entry> {
        self.lines().filter_map(Entry::parse)
    }

    /// The whole lines, oldest first.
    fn lines(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        let older = self.older.as_deref().unwrap_or_default();
        let current = self.current.as_deref().unwrap_or_default();
        whole(older).0.chain(whole(current).0)
    }
}

impl Log<'_> {
    /// Reads the log.
    ///
    /// # Errors
    /// [`AccessError`] if a file is larger than the log ever gets, open to others, or cannot be read.
    pub fn read(&self) -> Result<LogFiles, AccessError> {
        Ok(LogFiles {
            older: self.dir.read(OLDER, FILE_LIMIT)?,
            current: self.dir.read(CURRENT, FILE_LIMIT)?,
        })
    }

    /// The newest entry that `which` picks. The older file is read only where the current one has none.
    ///
    /// # Errors
    /// As [`Log::read`].
    pub fn newest(&self, which: impl Fn(&Entry) -> bool) -> Result<Option<Entry>, AccessError> {
        for name in [CURRENT, OLDER] {
            let bytes = self.dir.read(name, FILE_LIMIT)?.unwrap_or_default();
            let mut entries = whole(&bytes).0.rev().filter_map(Entry::parse);
            if let Some(found) = entries.find(&which) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Where the log ends; `None` if there is no entry.
    ///
    /// # Errors
    /// As [`Log::read`].
    pub fn head(&self) -> Result<Option<LogHead>, AccessError> {
        Ok(self.read()?.end().map(|end| end.head))
    }

    /// Adds an entry, sealed where there is a `key`. `pinned` is where the log ended at the state's last commit: the entry
    /// says so if the log does not hold that any more.
    ///
    /// The entry is on the medium on return. A last line that a crash cut off goes, and with it nothing else. A file that is
    /// larger than any of the log's gives way to it.
    ///
    /// # Errors
    /// [`AccessError`]; the log then ends where it ended before.
    pub fn append(
        &self,
        record: &Record,
        key: Option<&LogKey>,
        pinned: Option<LogHead>,
    ) -> Result<LogHead, AccessError> {
        let removed = self.remove_oversized()?;
        let files = self.read()?;
        let (before, mut mark) = files.continues(pinned);
        if removed {
            mark = Some(Mark::Altered);
        }
        let mut place = Follows {
            before,
            mark,
            oldest: None,
        };
        let current = files.current.as_deref().unwrap_or_default();
        let mut size = current.len() - whole(current).1;
        if size == 0 {
            // Turned over, and cut short before the entry that was to follow.
            place.oldest = first_number(files.older.as_deref().unwrap_or_default());
        }
        let (mut line, mut head) = entry::line(record, place, key);
        if size + line.len() > FILE_LIMIT {
            place.oldest = first_number(current);
            (line, head) = entry::line(record, place, key);
            self.dir.rename(CURRENT, OLDER)?;
            size = 0;
        }
        self.dir.append(CURRENT, size as u64, &line)?;
        Ok(head)
    }
}

impl Log<'_> {
    /// Removes files that this program did not write, since it writes none so large. Whether there were any.
    fn remove_oversized(&self) -> Result<bool, AccessError> {
        let mut removed = false;
        for name in [CURRENT, OLDER] {
            match self.dir.read(name, FILE_LIMIT) {
                Err(AccessError::TooLarge { .. }) => {
                    self.dir.remove(name)?;
                    removed = true;
                }
                other => drop(other?),
            }
        }
        Ok(removed)
    }
}

/// The last whole line, and what it says of itself.
struct End {
    head: LogHead,
    readable: bool,
}

impl LogFiles {
    /// The end of the log. A last line that is no entry counts on from the one before.
    fn end(&self) -> Option<End> {
        let last = self.lines().next_back()?;
        let mut after = 0;
        let number = self.lines().rev().find_map(|line| {
            let found = Entry::parse(line).map(|entry| entry.n);
            after += u64::from(found.is_none());
            found
        });
        Some(End {
            head: LogHead {
                digest: Digest::of(&[last]),
                entries: number.map_or(0, |number| number.saturating_add(after)),
            },
            readable: after == 0,
        })
    }

    /// What the next entry follows, and what it has to say about that.
    fn continues(&self, pinned: Option<LogHead>) -> (Option<LogHead>, Option<Mark>) {
        let (_, torn) = whole(self.current.as_deref().unwrap_or_default());
        match (self.end(), pinned) {
            (None, None) => (None, Some(Mark::Started)),
            (None, Some(_)) => (pinned, Some(Mark::Altered)),
            (Some(end), Some(pin)) if end.head.entries < pin.entries => {
                (Some(pin), Some(Mark::Altered))
            }
            (Some(end), _) if !end.readable => (Some(end.head), Some(Mark::Altered)),
            (Some(end), Some(pin)) if self.contradicts(pin) => {
                (Some(end.head), Some(Mark::Altered))
            }
            (Some(end), _) => (Some(end.head), (torn > 0).then_some(Mark::Healed)),
        }
    }

    /// Whether the pinned entry was replaced or lies no more where the log has room for it, and no entry since says so.
    fn contradicts(&self, pin: LogHead) -> bool {
        let mut first = None;
        let mut replaced = true;
        for line in self.lines() {
            let Some(entry) = Entry::parse(line) else {
                continue;
            };
            first.get_or_insert(entry.n);
            if entry.n == pin.entries {
                replaced = Digest::of(&[line]) != pin.digest;
            }
            if entry.n > pin.entries && entry.log == Some(Mark::Altered) {
                return false;
            }
        }
        replaced && first.is_some_and(|first| first <= pin.entries)
    }
}

/// The number of the first entry in a file.
fn first_number(file: &[u8]) -> Option<u64> {
    whole(file).0.find_map(Entry::parse).map(|entry| entry.n)
}

/// The whole lines of a file without their ends, and how many bytes follow the last of them.
fn whole(bytes: &[u8]) -> (impl DoubleEndedIterator<Item = &[u8]>, usize) {
    let end = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let lines = bytes[..end]
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| &line[..line.len() - 1]);
    (lines, bytes.len() - end)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]
mod tests;

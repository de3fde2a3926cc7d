//! What a set of state files means for a value of the activity counter.
//!
//! Pure: how a file is read is an argument, so that whoever checks the protocol as a whole decides as the store does.

use super::record::LossKind;

/// How far below the activity counter an older file under the current name is recognized as what it is.
const RECOGNIZED_BACK: u64 = 1000;

/// What a state file holds, for the counter value that its name claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content<S, N> {
    /// A state for that value.
    Readable(S),
    /// A state for that value that a newer version of the program wrote; and what this one does not understand of it.
    Newer(N),
    /// An older state under a newer name: the value for which it was written.
    Older(u64),
    /// It does not open.
    Damaged,
}

/// What lies on the disk for a value of the activity counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding<S, N> {
    /// The current state.
    Current(S),
    /// The state for the next value: a commit was cut short before the counter moved.
    Successor(S),
    /// A file that is left untouched.
    Newer {
        /// The value in its name.
        named: u64,
        /// What is not understood.
        why: N,
    },
    /// No state that can be used.
    Lost(Lost),
}

/// Why there is no state that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// There is no state file.
    Missing,
    /// The newest state file is older than the counter.
    RolledBack {
        /// The value for which it was written.
        found: u64,
    },
    /// The newest state file is ahead of the counter by more than a commit can be.
    CounterBehind {
        /// The value for which it was written.
        found: u64,
    },
    /// A state file does not open.
    Damaged {
        /// The value in its name.
        named: u64,
    },
}

impl Lost {
    /// How it is remembered.
    pub fn kind(self) -> LossKind {
        match self {
            Self::Missing => LossKind::Missing,
            Self::RolledBack { .. } | Self::CounterBehind { .. } => LossKind::RolledBack,
            Self::Damaged { .. } => LossKind::Damaged,
        }
    }
}

/// What the files mean for `activity`, the value of the activity counter.
///
/// `read` tells what lies under the name for a value, `names` for which values there are names, highest first. The file
/// for the next value comes first: it exists only where a commit was under way, which is then finished.
///
/// # Errors
/// Those of `read` and `names`.
pub fn weigh<S, N, E>(
    activity: u64,
    mut read: impl FnMut(u64) -> Result<Option<Content<S, N>>, E>,
    names: impl FnOnce() -> Result<Vec<u64>, E>,
) -> Result<Finding<S, N>, E> {
    if let Some(next) = activity.checked_add(1) {
        match read(next)? {
            Some(Content::Readable(state)) => return Ok(Finding::Successor(state)),
            Some(Content::Newer(why)) => return Ok(Finding::Newer { named: next, why }),
            _ => {}
        }
    }
    Ok(match read(activity)? {
        Some(Content::Readable(state)) => Finding::Current(state),
        Some(Content::Newer(why)) => Finding::Newer {
            named: activity,
            why,
        },
        Some(Content::Older(found)) => Finding::Lost(Lost::RolledBack { found }),
        Some(Content::Damaged) => Finding::Lost(Lost::Damaged { named: activity }),
        None => Finding::Lost(search(activity, read, names()?)?),
    })
}

/// There is no file for `activity` nor a successor: tells a rollback from a loss.
fn search<S, N, E>(
    activity: u64,
    mut read: impl FnMut(u64) -> Result<Option<Content<S, N>>, E>,
    names: Vec<u64>,
) -> Result<Lost, E> {
    let mut damaged = None;
    for named in names {
        let found = match read(named)? {
            Some(Content::Damaged) => {
                damaged.get_or_insert(named);
                continue;
            }
            Some(Content::Older(found)) => found,
            Some(_) => named,
            None => continue,
        };
        return Ok(match found > activity {
            true => Lost::CounterBehind { found },
            false => Lost::RolledBack { found },
        });
    }
    Ok(damaged.map_or(Lost::Missing, |named| Lost::Damaged { named }))
}

/// The value below `named` for which the file under that name was written, if `opens` tells of one not too far back.
pub fn written_for(named: u64, opens: impl Fn(u64) -> bool) -> Option<u64> {
    (named.saturating_sub(RECOGNIZED_BACK)..named)
        .rev()
        .find(|older| opens(*older))
}

//! The disk: whatever file was ever written may lie on it at any moment.

use counterfoil::client::continuity::after_loss;
use counterfoil::store::{Content, Finding, Lost, ResetCounts, State, weigh};

/// What a state file remembers of the last increment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counts {
    /// resetCount.
    pub resets: u8,
    /// restartCount.
    pub restarts: u8,
}

/// What a process is shown when it looks for its state, out of all that was ever written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// No file, or only files for lower values.
    Nothing,
    /// A file for the counter's value.
    Current(Counts),
    /// A file for the next value.
    Successor(Counts),
}

/// The state files that were ever written and can still mean something.
///
/// Of the files for one value and one boot only the one with the highest restart count is kept: with a lower one a validation
/// goes as with this one or as with none. Files for lower values mean the same as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Archive {
    current: Written,
    successor: Written,
}

/// The files for one value: the restart count in the best of the present boot, and in the best of those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
struct Written {
    of_boot: Option<u8>,
    of_older: Option<u8>,
}

impl Archive {
    /// A file is written for the value that is `ahead` above the counter's; for lower ones it means nothing.
    pub(super) fn insert(&mut self, ahead: Option<u8>, counts: Counts, boot: u8) {
        let written = match ahead {
            Some(0) => &mut self.current,
            Some(1) => &mut self.successor,
            _ => return,
        };
        let place = match counts.resets == boot {
            true => &mut written.of_boot,
            false => &mut written.of_older,
        };
        *place = (*place).max(Some(counts.restarts));
    }

    /// The counter moves on.
    pub(super) fn counter_moved(&mut self) {
        self.current = std::mem::take(&mut self.successor);
    }

    /// The TPM is reset.
    pub(super) fn boot_ended(&mut self) {
        for written in [&mut self.current, &mut self.successor] {
            written.of_older = written.of_older.max(written.of_boot.take());
        }
    }

    /// What can be shown to a process that works with the value that is `behind` below the counter's, in this boot.
    pub(super) fn shown(self, behind: i8, boot: u8) -> impl Iterator<Item = Shown> {
        let (current, successor) = match behind {
            0 => (self.current, self.successor),
            1 => (Written::default(), self.current),
            -1 => (self.successor, Written::default()),
            _ => Default::default(),
        };
        let current = current.files(boot).map(Shown::Current);
        let successor = successor.files(boot).map(Shown::Successor);
        std::iter::once(Shown::Nothing)
            .chain(current)
            .chain(successor)
    }
}

impl Written {
    fn files(self, boot: u8) -> impl Iterator<Item = Counts> {
        let file =
            |resets: u8, restarts: Option<u8>| restarts.map(|restarts| Counts { resets, restarts });
        let older = boot.checked_sub(1);
        file(boot, self.of_boot)
            .into_iter()
            .chain(older.and_then(|older| file(older, self.of_older)))
    }
}

/// What the product makes of the shown files: a state for the value, or one whose increment is due.
pub(super) enum Loaded {
    Settled(Option<Counts>),
    Unfinished(Counts),
}

pub(super) fn load(value: u8, shown: Shown) -> Loaded {
    let read = |named: u64| {
        let file = match shown {
            Shown::Current(counts) if named == u64::from(value) => Some(counts),
            Shown::Successor(counts) if named == u64::from(value) + 1 => Some(counts),
            _ => None,
        };
        Ok::<_, std::convert::Infallible>(file.map(Content::<Counts, ()>::Readable))
    };
    let Ok(finding) = weigh(value.into(), read, || Ok(Vec::new()));
    match finding {
        Finding::Current(counts) => Loaded::Settled(Some(counts)),
        Finding::Successor(counts) => Loaded::Unfinished(counts),
        Finding::Newer { .. } | Finding::Lost(_) => Loaded::Settled(None),
    }
}

/// The product's state that remembers these counts.
pub(super) fn state(value: u8, counts: Option<Counts>) -> State {
    match counts {
        None => after_loss(Lost::Missing, value.into()),
        Some(counts) => State {
            last_increment: Some(ResetCounts {
                reset_count: counts.resets.into(),
                restart_count: counts.restarts.into(),
            }),
            ..State::default()
        },
    }
}

/// The counts that a state of the product remembers.
pub(super) fn counts(state: &State) -> Option<Counts> {
    let counts = state.last_increment?;
    Some(Counts {
        resets: u8::try_from(counts.reset_count).ok()?,
        restarts: u8::try_from(counts.restart_count).ok()?,
    })
}

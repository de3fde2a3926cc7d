//! The record of what clients asked of a TPM.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One command, as seen between the client and the TPM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    /// Counts the commands of this TPM's clients from 1, over power cycles too.
    pub number: usize,
    /// Name of the command as the specification writes it: `TPM2_Quote`.
    pub name: &'static str,
    /// Size of the command in bytes.
    pub sent: usize,
    /// What came back.
    pub outcome: Outcome,
    /// How long the client waited.
    pub took: Duration,
}

/// What came back for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A response from the TPM.
    Answered {
        /// Its response code.
        code: u32,
        /// Its size in bytes.
        received: usize,
    },
    /// A response code made up by a fault; the TPM never saw the command.
    Injected {
        /// The response code.
        code: u32,
    },
    /// Nothing: the connection broke.
    Lost {
        /// Whether the TPM had executed the command.
        executed: bool,
    },
}

impl fmt::Display for CommandRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CommandRecord {
            number,
            name,
            sent,
            outcome,
            took,
        } = self;
        write!(f, "{number:>5} {name:<32} {sent:>5} bytes -> ")?;
        match outcome {
            Outcome::Answered { code, received } => write!(f, "{code:#05x} {received:>5} bytes")?,
            Outcome::Injected { code } => write!(f, "{code:#05x} (injected)")?,
            Outcome::Lost { executed: true } => f.write_str("answer lost")?,
            Outcome::Lost { executed: false } => f.write_str("command lost")?,
        }
        write!(f, " in {:.1} ms", took.as_secs_f64() * 1000.0)
    }
}

/// All records of one TPM.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Records>);

#[derive(Debug, Default)]
struct Records {
    all: Vec<CommandRecord>,
    /// How many commands have begun, and how many of `all` were counted by `take_counts`.
    begun: usize,
    counted: usize,
}

impl Log {
    /// Numbers a command that has just arrived.
    pub(crate) fn begin(&self) -> usize {
        let mut records = self.lock();
        records.begun += 1;
        records.begun
    }

    pub(crate) fn push(&self, record: CommandRecord) {
        self.lock().all.push(record);
    }

    /// All records from `first` (an index) on.
    pub(crate) fn since(&self, first: usize) -> Vec<CommandRecord> {
        self.lock().all.get(first..).unwrap_or_default().to_vec()
    }

    pub(crate) fn take_counts(&self) -> BTreeMap<&'static str, usize> {
        let mut records = self.lock();
        let mut counts = BTreeMap::new();
        for record in &records.all[records.counted..] {
            *counts.entry(record.name).or_default() += 1;
        }
        records.counted = records.all.len();
        counts
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        // A panic elsewhere leaves a list of records no less valid.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

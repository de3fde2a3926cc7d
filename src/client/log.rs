//! What goes into the local log, and reading it again.
//!
//! A decision is written when it differs from the one written last, so that a validation that finds nothing new writes
//! nothing. Whatever keeps an entry from being written is no reason to fail.

use std::time::Duration;

use crate::policy::Reason;
use crate::store::log::{Counts, Entry, Found, LicenseLine, Log, Record, verify};
use crate::store::{Folder, LogHead, State};
use crate::time::{Now, Source};
use crate::token::LicenseId;

use super::failure::Failure;
use super::settle::settle;
use super::unlock::{UnlockError, Unlocked, unlock};
use super::validate::os_time;
use super::{Config, Counterfoil, LicenseReport, Report};

/// A verdict that differs from the one before.
const DECIDED: &str = "decided";
/// A request for a license was made.
pub(super) const REQUESTED: &str = "requested";
/// A vendor's answer was applied.
pub(super) const ACTIVATED: &str = "activated";

/// Licenses that one entry lists at most.
const LISTED: usize = 16;

/// The log, and what a check of it found.
#[derive(Debug)]
pub struct LogReport {
    /// The entries that can be read, oldest first.
    pub entries: Vec<Entry>,
    /// What the check found.
    pub found: Found,
    /// Why the entries' seals and the state's memory of the log could not be checked; none where they were.
    pub unchecked: Option<Failure>,
}

impl Counterfoil {
    /// Reads the local log and checks it: the chain itself, then, where the TPM opens the store, the seals and the entry
    /// that the state remembers.
    ///
    /// Blocks like [`Counterfoil::validate`].
    ///
    /// # Errors
    /// [`Failure`] if the folder or the log's files cannot be read.
    pub fn log(&self) -> Result<LogReport, Failure> {
        let config = self.config();
        let folder = Folder::open(&config.dir)?;
        let folder = folder.lock(config.patience)?;
        let files = folder.log().read()?;
        let opened = config
            .hardware
            .open()
            .map_err(Failure::from)
            .and_then(|mut tpm| {
                let unlocked = unlock(config, &folder, tpm.as_mut())?;
                let settled = settle(&unlocked.vault, tpm.as_mut(), &unlocked.binding)?;
                Ok((unlocked.vault.log_key(), settled.state.log_head))
            });
        let (found, unchecked) = match opened {
            Ok((key, pinned)) => (verify(&files, Some(&key), pinned), None),
            Err(failure) => (verify(&files, None, None), Some(failure)),
        };
        Ok(LogReport {
            entries: files.entries().collect(),
            found,
            unchecked,
        })
    }
}

/// Writes down what a validation came to, if that is news.
pub(super) fn decided(config: &Config, unlocked: &Unlocked<'_>, state: &State, report: &Report) {
    let record = of_report(report, latest(config, report));
    if is_news(&unlocked.log, &record) {
        let key = unlocked.vault.log_key();
        let _ = unlocked.log.append(&record, Some(&key), state.log_head);
    }
}

/// Writes down that a validation came to nothing, if that is news and the folder can be written at once. Without the seed
/// the entry is not sealed.
pub(super) fn failed(config: &Config, report: &Report) {
    if matches!(
        report.failure,
        None | Some(Failure::Unlock(
            UnlockError::OtherVendor { .. } | UnlockError::OtherSlot { .. }
        ))
    ) {
        return;
    }
    let Ok(folder) = Folder::open(&config.dir) else {
        return;
    };
    let Ok(folder) = folder.lock(Duration::ZERO) else {
        return;
    };
    let log = folder.log();
    let record = of_report(report, os_time(config));
    if is_news(&log, &record) {
        let _ = log.append(&record, None, None);
    }
}

/// Writes down something that was done about a license, and enters into `state` where the log then ends.
pub(super) fn wrote(
    config: &Config,
    unlocked: &Unlocked<'_>,
    state: &mut State,
    event: &str,
    license: LicenseId,
) {
    let record = Record {
        licenses: vec![LicenseLine {
            id: license.to_string(),
            standing: None,
            reason: None,
        }],
        ..record(event, os_time(config))
    };
    let key = unlocked.vault.log_key();
    if let Ok(head) = unlocked.log.append(&record, Some(&key), state.log_head) {
        state.log_head = Some(head);
    }
}

/// Where the log ends, to be remembered by the next state.
pub(super) fn head(unlocked: &Unlocked<'_>) -> Option<LogHead> {
    unlocked.log.head().ok().flatten()
}

/// Whether the log does not end with this decision already. After an activation a license that is in order is no news,
/// nor is it in an empty log that there is no license.
fn is_news(log: &Log<'_>, record: &Record) -> bool {
    let decides = |entry: &Entry| [DECIDED, ACTIVATED].contains(&entry.record.event.as_str());
    match log.newest(decides) {
        Ok(Some(last)) if last.record.event == DECIDED => !same(&last.record, record),
        Ok(Some(_)) => !in_order(record),
        Ok(None) => record.reason.as_deref() != Some(Reason::NotActivated.name()),
        // The next entry gives way to what is too large, and fails otherwise.
        Err(_) => true,
    }
}

fn same(a: &Record, b: &Record) -> bool {
    (&a.standing, &a.reason, &a.notices, &a.licenses, a.more)
        == (&b.standing, &b.reason, &b.notices, &b.licenses, b.more)
}

fn in_order(record: &Record) -> bool {
    let ok = |reason: &Option<String>| reason.as_deref() == Some(Reason::Ok.name());
    ok(&record.reason)
        && record.notices.is_empty()
        && record.more == 0
        && record.licenses.iter().all(|license| ok(&license.reason))
}

fn of_report(report: &Report, now: Now) -> Record {
    let verdict = &report.verdict;
    let listed = report.licenses.iter().take(LISTED);
    Record {
        standing: Some(verdict.standing.name().to_owned()),
        reason: Some(verdict.reason.name().to_owned()),
        notices: notices(report),
        licenses: listed.map(license_line).collect(),
        more: report.licenses.len().saturating_sub(LISTED) as u64,
        counts: report.evidence.as_ref().map(|evidence| Counts {
            activity: evidence.activity(),
            resets: evidence.clock().reset_count,
            restarts: evidence.clock().restart_count,
            clock_ms: evidence.clock().clock_ms,
        }),
        ..record(DECIDED, now)
    }
}

/// The latest time that a license was judged at.
fn latest(config: &Config, report: &Report) -> Now {
    let times = report.licenses.iter().map(|license| license.now);
    times
        .max_by_key(|now| now.utc)
        .unwrap_or_else(|| os_time(config))
}

/// What was remarkable about any of the licenses, each thing once.
fn notices(report: &Report) -> Vec<String> {
    let verdicts = report.licenses.iter().map(|license| &license.verdict);
    let mut names: Vec<_> = verdicts
        .chain([&report.verdict])
        .flat_map(|verdict| &verdict.notices)
        .map(|reason| reason.name().to_owned())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn license_line(report: &LicenseReport) -> LicenseLine {
    LicenseLine {
        id: report.id.to_string(),
        standing: Some(report.verdict.standing.name().to_owned()),
        reason: Some(report.verdict.reason.name().to_owned()),
    }
}

fn record(event: &str, now: Now) -> Record {
    let source = match now.source {
        Source::OsClock => "os_clock",
        Source::Floor => "floor",
        Source::Ceiling => "ceiling",
    };
    Record {
        time: now.utc.to_string(),
        source: source.to_owned(),
        event: event.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        ..Record::default()
    }
}

//! `log`: what was decided on this machine, and whether that record is whole.

use std::time::Duration;

use counterfoil::client::LogReport;
use counterfoil::store::Folder;
use counterfoil::store::log::{Entry, Fault, Found};
use serde::Serialize;

use crate::args::{Json, LogVerb};
use crate::config::Settings;
use crate::exit::{Answer, Failure};
use crate::machine;
use crate::output::{self, printable};

/// How long another process may hold the folder.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Shows the log, or checks it.
pub(crate) fn log(settings: &Settings, verb: &LogVerb) -> Result<Answer, Failure> {
    match verb {
        LogVerb::Show { json } => show(settings, *json),
        LogVerb::Verify { json } => verify(settings, *json),
    }
}

fn show(settings: &Settings, Json { json }: Json) -> Result<Answer, Failure> {
    let folder = Folder::open(&settings.dir).map_err(Failure::error)?;
    let folder = folder.lock(PATIENCE).map_err(Failure::error)?;
    let files = folder.log().read().map_err(Failure::error)?;
    let entries: Vec<_> = files.entries().collect();
    match json {
        true => output::json(&Shown { schema: 1, entries })?,
        false if entries.is_empty() => output::text("There is no entry yet.\n")?,
        false => output::text(&entries.iter().map(line).collect::<String>())?,
    }
    Ok(Answer::Yes)
}

fn verify(settings: &Settings, Json { json }: Json) -> Result<Answer, Failure> {
    let report = machine::open(settings)?.log().map_err(Failure::error)?;
    let checked = Checked::of(&report);
    match json {
        true => output::json(&checked)?,
        false => output::text(&checked.text())?,
    }
    match (checked.intact, &report.unchecked) {
        (Some(intact), _) => Ok(intact.into()),
        (None, Some(failure)) => Err(Failure::error(failure)),
        (None, None) => unreachable!("what was checked is intact or not"),
    }
}

/// What `log show --json` prints.
#[derive(Debug, Serialize)]
struct Shown {
    schema: u32,
    entries: Vec<Entry>,
}

fn line(entry: &Entry) -> String {
    let Entry { n, record, log, .. } = entry;
    let licenses = record.licenses.iter().map(|license| &*license.id);
    let licenses = licenses.collect::<Vec<_>>().join(", ");
    let what = match (&record.standing, &record.reason) {
        (Some(standing), Some(reason)) => format!("{standing}, because of {reason}"),
        _ => format!("license {licenses}"),
    };
    let notices = match record.notices.as_slice() {
        [] => String::new(),
        notices => format!("; also {}", notices.join(", ")),
    };
    let mark = match log {
        None => "",
        Some(counterfoil::store::log::Mark::Started) => "  (the first entry)",
        Some(counterfoil::store::log::Mark::Healed) => "  (after a line that a crash cut off)",
        _ => "  (THE LOG BEFORE WAS NOT AS IT HAD BEEN WRITTEN)",
    };
    let unsealed = match entry.seal {
        Some(_) => "",
        None => "  (not sealed)",
    };
    printable(&format!(
        "{n:>6}  {}  {:<9}  {what}{notices}{mark}{unsealed}",
        record.time, record.event
    )) + "\n"
}

/// What `log verify --json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    schema: u32,
    /// Null where nothing is wrong that could be seen, and not everything could be checked.
    intact: Option<bool>,
    entries: u64,
    first: Option<u64>,
    last: Option<u64>,
    sealed: u64,
    unsealed_end: u64,
    torn: bool,
    faults: Vec<FaultJson>,
    unchecked: Option<String>,
}

#[derive(Debug, Serialize)]
struct FaultJson {
    name: &'static str,
    text: String,
}

impl Checked {
    pub(crate) fn of(
        LogReport {
            found, unchecked, ..
        }: &LogReport,
    ) -> Self {
        let Found {
            entries,
            first,
            last,
            sealed,
            unsealed_end,
            torn,
            faults,
        } = found;
        Self {
            schema: 1,
            intact: match (found.is_intact(), unchecked) {
                (true, Some(_)) => None,
                (intact, _) => Some(intact),
            },
            entries: *entries,
            first: *first,
            last: *last,
            sealed: *sealed,
            unsealed_end: *unsealed_end,
            torn: *torn,
            faults: faults.iter().map(FaultJson::from).collect(),
            unchecked: unchecked.as_ref().map(ToString::to_string),
        }
    }

    fn text(&self) -> String {
        let mut text = match self.intact {
            Some(true) => format!("The log is intact: {}.\n", self.range()),
            Some(false) => "The log is not what this program wrote:\n".to_owned(),
            None => format!(
                "The lines follow each other: {}. Their seals, and whether the newest are all there, could not be checked.\n",
                self.range()
            ),
        };
        for fault in &self.faults {
            text += &format!("- {}\n", fault.text);
        }
        if self.torn {
            text += "The last line was cut off, as a crash does it: it does not count, and the next entry takes its place.\n";
        }
        if self.intact == Some(true) && self.unsealed_end > 0 {
            text += &format!(
                "{} at the end without a seal, from moments in which the licenses could not be opened; the next sealed entry \
                 covers them.\n",
                plural_are(self.unsealed_end)
            );
        }
        if self.intact == Some(false) {
            text += "\nLicenses are not affected, and the log goes on. If nobody edited or put back files of the state folder, \
                     keep its files log and log.1 and show them to whoever looks after this machine.\n";
        }
        text
    }

    fn range(&self) -> String {
        match (self.first, self.last) {
            (Some(first), Some(last)) if self.entries == 1 => {
                debug_assert_eq!(first, last);
                format!("1 entry, number {last}")
            }
            (Some(first), Some(last)) => {
                format!("{} entries, number {first} to {last}", self.entries)
            }
            _ => "there is no entry yet".to_owned(),
        }
    }
}

fn plural_are(entries: u64) -> String {
    match entries {
        1 => "There is 1 entry".to_owned(),
        more => format!("There are {more} entries"),
    }
}

impl From<&Fault> for FaultJson {
    fn from(fault: &Fault) -> Self {
        Self {
            name: fault.name(),
            text: fault.to_string(),
        }
    }
}

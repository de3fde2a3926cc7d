//! One entry: a line of JSON, and what a caller puts into it.

use serde::{Deserialize, Serialize};

use super::key::LogKey;
use crate::store::record::LogHead;
use crate::token::Digest;

/// What the caller says: an event and the circumstances, in words and numbers that name no person, machine or path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When, RFC 3339 in UTC.
    pub time: String,
    /// What gave the time: `os_clock`, `floor` or `ceiling`.
    pub source: String,
    /// What happened.
    pub event: String,
    /// The standing decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
    /// The name of the decisive reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What else was remarkable, by the reasons' names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    /// The licenses that the event is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseLine>,
    /// How many further licenses there are, where not all are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
    /// The TPM's counts, where it attested them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// The program's version.
    pub program: String,
}

/// One license in a [`Record`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseLine {
    /// Its id.
    pub id: String,
    /// Its standing, where one was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
    /// The name of the decisive reason, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the TPM attested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The activity counter.
    pub activity: u64,
    /// TPM Resets since the last Clear.
    pub resets: u32,
    /// TPM Restarts and Resumes since the last Reset.
    pub restarts: u32,
    /// The TPM's clock, in milliseconds.
    pub clock_ms: u64,
}

/// What the program has to say about the log itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Mark {
    /// It is the first entry of all.
    Started,
    /// A line that a crash had cut off stood before this entry, and was removed.
    Healed,
    /// What stands, or stood, before this entry is not what was written there.
    Altered,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number; the first entry of all has 1.
    pub n: u64,
    /// SHA-256 of the line before, without its end; zeros before the first.
    #[serde(with = "hex")]
    pub prev: Digest,
    /// What the caller said.
    #[serde(flatten)]
    pub record: Record,
    /// What there was to say about the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Mark>,
    /// In the first entry since the log was turned over: the number of the first entry in the older file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<u64>,
    /// The epoch whose key sealed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// HMAC-SHA256 over everything before it in the line.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "some_hex")]
    pub seal: Option<Digest>,
}

impl Entry {
    /// Reads a line, without its end. Fields of a newer version are ignored.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Follows {
    /// The entry before.
    pub(super) before: Option<LogHead>,
    pub(super) mark: Option<Mark>,
    pub(super) oldest: Option<u64>,
}

/// A line at its place, end included, and where the log ends with it.
pub(super) fn line(
    record: &Record,
    Follows {
        before,
        mark,
        oldest,
    }: Follows,
    key: Option<&LogKey>,
) -> (Vec<u8>, LogHead) {
    let entry = Entry {
        n: before.map_or(1, |head| head.entries.saturating_add(1)),
        prev: before.map_or(Digest::new([0; 32]), |head| head.digest),
        record: record.clone(),
        log: mark,
        oldest,
        epoch: key.map(LogKey::epoch),
        seal: None,
    };
    let mut line = serde_json::to_vec(&entry).expect("an entry is made of strings and numbers");
    if let Some(key) = key {
        line.pop();
        let seal = key.seal(&line);
        line.extend_from_slice(format!("{SEAL}{seal}\"}}").as_bytes());
    }
    let head = LogHead {
        digest: Digest::of(&[&line]),
        entries: entry.n,
    };
    line.push(b'\n');
    (line, head)
}

/// What a line's seal covers; `None` if it has none.
pub(super) fn sealed_part(line: &[u8]) -> Option<&[u8]> {
    const HEX: usize = 64;
    let part = line.len().checked_sub(SEAL.len() + HEX + 2)?;
    line[part..]
        .starts_with(SEAL.as_bytes())
        .then_some(&line[..part])
}

const SEAL: &str = ",\"seal\":\"";

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A digest as hexadecimal digits.
mod hex {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::token::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Digest, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// The same, where there is one.
mod some_hex {
    use serde::{Deserializer, Serializer};

    use super::hex;
    use crate::token::Digest;

    pub(super) fn serialize<S: Serializer>(
        digest: &Option<Digest>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match digest {
            Some(digest) => hex::serialize(digest, to),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(
        from: D,
    ) -> Result<Option<Digest>, D::Error> {
        hex::deserialize(from).map(Some)
    }
}

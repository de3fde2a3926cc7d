//! Where the processes of one machine meet, so that one attestation serves them all: the folder `heartbeat`.
//!
//! A process leaves the random that it drew for its next verdict ([`Ask`]); whoever has the TPM attest next has it attest
//! all of them, and leaves the evidence for the others. Nothing here is secret and nothing is trusted: a random serves its
//! own process alone, which remembers it, and evidence is verified by each reader. So nothing is flushed either; what a
//! crash takes costs one more attestation.

use super::dir::Dir;
use super::error::{AccessError, DiskError};
use super::folder::LockedFolder;
use crate::token::cbor::{self, CborError, Limits, MapReader, MapWriter};
use crate::token::cose::Kind;

pub(super) const FOLDER: &str = "heartbeat";
const EVIDENCE: &str = "evidence";
const ASK: &str = "ask-";
const FORMAT: u64 = 1;
const ASK_LIMIT: usize = 256;
/// How many files of other processes are looked at. More than that are nobody's processes.
const FILES_READ: usize = 1024;

/// The folder `heartbeat` of a locked store.
pub struct Rendezvous<'l> {
    dir: Dir,
    /// Nothing is read here while another process writes.
    _locked: &'l LockedFolder<'l>,
}

/// A random that a process wants to see attested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The random.
    pub nonce: [u8; 32],
    /// The boot in which it was drawn.
    pub boot_id: [u8; 16],
    /// When it was drawn, in milliseconds of that boot's suspend-counting clock.
    pub boottime_ms: u64,
}

impl LockedFolder<'_> {
    /// Opens the folder where processes meet, making it first if there is none.
    ///
    /// # Errors
    /// [`AccessError`], as for the store's other folders.
    pub fn rendezvous(&self) -> Result<Rendezvous<'_>, AccessError> {
        Ok(Rendezvous {
            dir: self.dir().make_folder(FOLDER)?,
            _locked: self,
        })
    }

    /// Removes the folder where processes meet; it is no error if there is none.
    ///
    /// # Errors
    /// [`AccessError`], as for the store's other folders.
    pub fn remove_rendezvous(&self) -> Result<(), AccessError> {
        self.dir().remove_folder(FOLDER)
    }
}

impl Rendezvous<'_> {
    /// Leaves what the process `id` asks for, in place of what it asked for before.
    ///
    /// # Errors
    /// [`DiskError`]; the process then is not served by others.
    pub fn leave_ask(&self, id: [u8; 16], ask: &Ask) -> Result<(), DiskError> {
        self.dir.put(&ask_name(id), &ask.encode())
    }

    /// Takes back what the process `id` asked for.
    ///
    /// # Errors
    /// [`DiskError`].
    pub fn withdraw_ask(&self, id: [u8; 16]) -> Result<(), DiskError> {
        self.dir.remove(&ask_name(id))
    }

    /// What the processes ask for, oldest first, as far as it is `wanted`; the rest is removed: left by processes that
    /// are gone, or not readable, or whose writer was killed.
    ///
    /// # Errors
    /// [`DiskError`] if the folder cannot be listed.
    pub fn asks(&self, wanted: impl Fn(&Ask) -> bool) -> Result<Vec<Ask>, DiskError> {
        self.dir.clean();
        let names = self.dir.names()?;
        let mut asks = Vec::new();
        for name in names
            .iter()
            .filter(|name| name.starts_with(ASK))
            .take(FILES_READ)
        {
            match self.read_ask(name).filter(&wanted) {
                Some(ask) => asks.push(ask),
                None => drop(self.dir.remove(name)),
            }
        }
        asks.sort_unstable_by_key(|ask| ask.boottime_ms);
        Ok(asks)
    }

    /// Leaves evidence for the others, in place of older one.
    ///
    /// # Errors
    /// [`DiskError`]; the others then ask the TPM themselves.
    pub fn leave_evidence(&self, evidence: &[u8]) -> Result<(), DiskError> {
        self.dir.put(EVIDENCE, evidence)
    }

    /// The evidence that was left last, by whomever; `None` if there is none that can be read.
    pub fn evidence(&self) -> Option<Vec<u8>> {
        self.dir
            .read(EVIDENCE, Kind::Evidence.size_limit())
            .ok()
            .flatten()
    }

    fn read_ask(&self, name: &str) -> Option<Ask> {
        let bytes = self.dir.read(name, ASK_LIMIT).ok()??;
        Ask::decode(&bytes).ok()
    }
}

impl Ask {
    fn encode(&self) -> Vec<u8> {
        MapWriter::new()
            .put(0, FORMAT)
            .put(2, self.boot_id)
            .put(4, self.boottime_ms)
            .put(6, self.nonce)
            .encode()
    }

    fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        let mut map = MapReader::new(cbor::decode(bytes, Limits::size(ASK_LIMIT))?)?;
        let _: u64 = map.required(0)?;
        let ask = Self {
            boot_id: map.required(2)?,
            boottime_ms: map.required(4)?,
            nonce: map.required(6)?,
        };
        map.finish()?;
        Ok(ask)
    }
}

fn ask_name(id: [u8; 16]) -> String {
    format!("{ASK}{:032x}", u128::from_be_bytes(id))
}

/// Whether a file of this name in the folder is the store's.
pub(super) fn is_own_name(name: &str) -> bool {
    let id = |digits| u128::from_str_radix(digits, 16).ok();
    let asker = name.strip_prefix(ASK).and_then(id);
    name == EVIDENCE || asker.is_some_and(|id| ask_name(id.to_be_bytes()) == name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;
    use crate::store::Folder;

    fn ask(n: u8) -> Ask {
        Ask {
            nonce: [n; 32],
            boot_id: [9; 16],
            boottime_ms: 1000 - u64::from(n),
        }
    }

    fn with(act: impl FnOnce(&Rendezvous<'_>, &std::path::Path)) {
        let temp = TempDir::new().unwrap();
        let path = temp.path().join("state");
        let folder = Folder::open_or_create(&path).unwrap();
        let locked = folder.lock(Duration::from_secs(20)).unwrap();
        act(&locked.rendezvous().unwrap(), &path.join(FOLDER));
    }

    #[test]
    fn what_processes_ask_for_is_found_oldest_first_and_taken_back() {
        with(|rendezvous, _| {
            for n in 1..=3 {
                rendezvous.leave_ask([n; 16], &ask(n)).unwrap();
            }
            rendezvous.leave_ask([2; 16], &ask(4)).unwrap();
            assert_eq!(rendezvous.asks(|_| true).unwrap(), [ask(4), ask(3), ask(1)]);
            rendezvous.withdraw_ask([3; 16]).unwrap();
            assert_eq!(rendezvous.asks(|_| true).unwrap(), [ask(4), ask(1)]);
        });
    }

    #[test]
    fn what_is_not_wanted_or_no_ask_is_swept() {
        with(|rendezvous, path| {
            for n in 1..=3 {
                rendezvous.leave_ask([n; 16], &ask(n)).unwrap();
            }
            std::fs::write(path.join("ask-junk"), b"junk").unwrap();
            std::fs::write(path.join("ask-large"), [0; ASK_LIMIT + 1]).unwrap();
            symlink("/etc/passwd", path.join("ask-link")).unwrap();
            let asks = rendezvous.asks(|ask| ask.nonce[0] != 2).unwrap();
            assert_eq!(asks, [ask(3), ask(1)]);
            assert_eq!(std::fs::read_dir(path).unwrap().count(), 2);
            assert!(std::fs::read("/etc/passwd").is_ok());
        });
    }

    #[test]
    fn evidence_that_cannot_be_read_is_none() {
        with(|rendezvous, path| {
            assert_eq!(rendezvous.evidence(), None);
            rendezvous.leave_evidence(b"evidence").unwrap();
            assert_eq!(rendezvous.evidence().unwrap(), b"evidence");
            let file = path.join(EVIDENCE);
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
            assert_eq!(rendezvous.evidence(), None);
            rendezvous.leave_evidence(b"again").unwrap();
            assert_eq!(rendezvous.evidence().unwrap(), b"again");
            let large = vec![0; Kind::Evidence.size_limit() + 1];
            rendezvous.leave_evidence(&large).unwrap();
            assert_eq!(rendezvous.evidence(), None);
        });
    }
}

//! Which paths in a state folder are the store's own; `docs/state.md` lists them.

use super::folder::numbered;
use super::place::{FOLDERS, Place};
use super::{binding, endorsement, folder, load, lock, log, rendezvous};

/// Whether the store keeps a file or folder at `path`, which is relative to the state folder.
///
/// False for every other name, among them those of files that are not complete yet.
pub fn is_own_path(path: &str) -> bool {
    match path.split_once('/') {
        None => {
            [lock::NAME, log::CURRENT, log::OLDER, rendezvous::FOLDER].contains(&path)
                || endorsement::is_own_name(path)
                || numbered(path, folder::PREFIX).is_some()
        }
        Some((rendezvous::FOLDER, name)) => rendezvous::is_own_name(name),
        Some((generation, name)) => {
            numbered(generation, folder::PREFIX).is_some() && is_in_generation(name)
        }
    }
}

fn is_in_generation(path: &str) -> bool {
    path == binding::NAME
        || FOLDERS.contains(&path)
        || numbered(path, load::PREFIX).is_some()
        || path.parse::<Place>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_path_is_the_stores() {
        for path in [
            "",
            ".",
            "alice.txt",
            "log.2",
            "lock/alice",
            "epoch-alice",
            "epoch-03",
            "epoch-3/",
            "epoch-3/alice/x",
            "epoch-3/state-alice",
            "epoch-3/.tmp-state-1",
            "epoch-3/licenses/alice.lease",
            "epoch-3/lock",
            "heartbeat/",
            "heartbeat/alice",
            "heartbeat/ask-alice",
            "heartbeat/ask-0123456789ABCDEF0123456789ABCDEF",
            "heartbeat/evidence/alice",
            "binding",
        ] {
            assert!(!is_own_path(path), "{path}");
        }
    }
}

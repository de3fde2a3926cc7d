//! The state folder from outside: nothing in it is decrypted, followed or changed, and any mess is listed as what it is.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use counterfoil::store::is_own_path;
use counterfoil::token::Digest;
use serde_json::{Value, json};

/// Entries listed at most, and how deep.
const MOST: usize = 500;
const DEEPEST: usize = 3;
/// Larger files are none of the store's.
const LARGEST: u64 = 4 << 20;

/// What lies in `dir`, sorted.
pub(super) fn list(dir: &Path) -> Value {
    let mut found = Vec::new();
    match fs::symlink_metadata(dir) {
        Ok(metadata) => {
            found.push(entry(".", dir, &metadata));
            if metadata.is_dir() {
                walk(dir, "", 0, &mut found);
            }
        }
        Err(error) => return json!({"error": error.kind().to_string()}),
    }
    json!(found)
}

fn walk(dir: &Path, prefix: &str, depth: usize, found: &mut Vec<Value>) {
    let mut paths: Vec<_> = match fs::read_dir(dir) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) => {
            found.push(json!({"path": shown(prefix), "error": error.kind().to_string()}));
            return;
        }
    };
    paths.sort();
    for path in paths {
        if found.len() >= MOST {
            return;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let relative = match prefix.is_empty() {
            true => name.into_owned(),
            false => format!("{prefix}/{name}"),
        };
        match fs::symlink_metadata(&path) {
            Ok(metadata) => {
                found.push(entry(&relative, &path, &metadata));
                if metadata.is_dir() && depth < DEEPEST {
                    walk(&path, &relative, depth + 1, found);
                }
            }
            Err(error) => {
                found.push(json!({"path": shown(&relative), "error": error.kind().to_string()}));
            }
        }
    }
}

fn entry(relative: &str, path: &Path, metadata: &Metadata) -> Value {
    let kind = metadata.file_type();
    let kind = if kind.is_dir() {
        "folder"
    } else if kind.is_file() {
        "file"
    } else if kind.is_symlink() {
        "link"
    } else {
        "other"
    };
    let digest = (metadata.is_file() && metadata.len() <= LARGEST)
        .then(|| fs::read(path).ok())
        .flatten()
        .map(|bytes| Digest::of(&[&bytes]).to_string());
    json!({
        "path": shown(relative),
        "kind": kind,
        "mode": format!("{:04o}", metadata.mode() & 0o7777),
        "own": metadata.uid() == rustix::process::geteuid().as_raw(),
        "size": metadata.len(),
        "sha256": digest,
    })
}

/// A path, if it is one at which the store keeps something: any other name may be a person's.
fn shown(relative: &str) -> String {
    let depth = relative.matches('/').count();
    if relative == "." || is_own_path(relative) {
        relative.to_owned()
    } else if relative.contains(".tmp-") {
        format!("(half-written file, depth {depth})")
    } else {
        format!("(not the store's, depth {depth})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_the_store_gives_are_shown() {
        for name in [
            ".",
            "log.1",
            "heartbeat/evidence",
            "epoch-3/licenses/0123456789abcdef.lease",
        ] {
            assert_eq!(shown(name), name);
        }
        assert_eq!(shown("alice.txt"), "(not the store's, depth 0)");
        assert_eq!(shown("epoch-3/alice/x"), "(not the store's, depth 2)");
        assert_eq!(shown("epoch-3/.tmp-alice"), "(half-written file, depth 1)");
    }
}

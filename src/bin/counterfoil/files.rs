//! Files that the command line names: read whole and with a limit, written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::exit::Failure;

/// Standard input, in place of a file.
const STDIN: &str = "-";

/// Whether a name stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// Reads a file of at most `limit` bytes; `what` names it in the message.
pub(crate) fn read(what: &str, path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = if is_stdin(path) {
        read_limited(io::stdin().lock(), limit)
    } else {
        File::open(path).and_then(|file| read_limited(file, limit))
    };
    let bytes = bytes.map_err(|error| {
        Failure::Error(format!(
            "{what} {} cannot be read ({error}): check the path and the rights",
            path.display()
        ))
    })?;
    if bytes.len() > limit {
        return Err(Failure::Error(format!(
            "{what} {} is larger than the {limit} bytes that it may have: it is another file",
            path.display()
        )));
    }
    Ok(bytes)
}

/// Like [`read`], for text.
pub(crate) fn read_text(
    what: &str,
    path: &Path,
    limit: usize,
) -> Result<Zeroizing<String>, Failure> {
    let bytes = read(what, path, limit)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err(Failure::Error(format!(
            "{what} {} is no text: it is another file",
            path.display()
        ))),
    }
}

/// Writes a file in one step: where that fails, what was there before is still there.
pub(crate) fn write(what: &str, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let temporary = beside(path);
    let written = write_and_rename(&temporary, path, bytes);
    if written.is_err() {
        // What cannot be removed was not made.
        let _ = std::fs::remove_file(&temporary);
    }
    written.map_err(|error| {
        Failure::Error(format!(
            "{what} {} cannot be written ({error}): name a folder that this user may write to",
            path.display()
        ))
    })
}

fn read_limited(from: impl Read, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    // One byte more, to see that there is more; reserved at once, since a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
    from.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    name.into()
}

fn write_and_rename(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(temporary, path)
}

//! Files that the command line names: read whole and with a limit, written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
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

/// Writes a file in one step: where that fails, what was there before is still there. On return it is on the medium, with
/// its name.
///
/// The unfinished file has a name of its own beside it, always the same, so that the next run goes on with what one that
/// was killed left.
pub(crate) fn write(what: &str, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_and_rename(&beside(path), path, bytes).map_err(|error| {
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
    name.push(".tmp");
    name.into()
}

fn write_and_rename(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = open_alone(temporary)?;
    let written = file
        .set_len(0)
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(temporary, path));
    if written.is_err() {
        // What cannot be removed is for the next run.
        let _ = std::fs::remove_file(temporary);
    }
    written.and_then(|()| sync_folder_of(path))
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match File::open(folder) {
        Ok(folder) => folder.sync_all(),
        // One that may be written to but not read cannot be flushed by this user.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens the unfinished file, after a run that writes it at the same time.
fn open_alone(temporary: &Path) -> io::Result<File> {
    loop {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(temporary)?;
        file.lock()?;
        // Whoever was waited for has given it another name, and there is a new one to open.
        let (opened, found) = (file.metadata()?, std::fs::metadata(temporary));
        if found.is_ok_and(|found| (found.dev(), found.ino()) == (opened.dev(), opened.ino())) {
            return Ok(file);
        }
    }
}

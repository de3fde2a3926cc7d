//! Files that the command line names: read whole and with a limit, written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::exit::Failure;
use crate::output::shown_path;
use crate::protected::protected;

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
            shown_path(path)
        ))
    })?;
    if bytes.len() > limit {
        return Err(Failure::Error(format!(
            "{what} {} is larger than the {limit} bytes that it may have: it is another file",
            shown_path(path)
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
            shown_path(path)
        ))),
    }
}

/// Writes a file in one step: where that fails, what was there before is still there. On return it is on the medium, with
/// its name. Only a file is replaced: what a device, a pipe or a symbolic link stands for is not this program's to remove.
///
/// The unfinished file has a random name beside it, so that it is nobody else's; a run that is killed leaves it there.
pub(crate) fn write(what: &str, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    may_write(what, path, None)?;
    write_and_rename(path, bytes).map_err(|error| {
        Failure::Error(format!(
            "{what} {} cannot be written ({error}): name a folder that this user may write to",
            shown_path(path)
        ))
    })
}

/// Refuses a place where no file of `what` may go, before anything is done: one where something else than a file is, and one
/// that holds a machine's state, here in `state` or elsewhere, or a vendor's keys.
pub(crate) fn may_write(what: &str, path: &Path, state: Option<&Path>) -> Result<(), Failure> {
    let refused = |why: String| {
        Err(Failure::Error(format!(
            "{what} {} cannot be written {why}",
            shown_path(path)
        )))
    };
    if let Some(other) = other_than_a_file(path) {
        return refused(format!("(it is {other}, not a file): name a file"));
    }
    match protected(path, None, state) {
        Some(protected) => refused(format!("there: {}", protected.reason())),
        None => Ok(()),
    }
}

fn read_limited(from: impl Read, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    // One byte more, to see that there is more; reserved at once, since a vector that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
    from.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What lies there, with its article, where that is no regular file.
fn other_than_a_file(path: &Path) -> Option<&'static str> {
    // What cannot be looked at cannot be replaced either, and the attempt says why.
    let kind = std::fs::symlink_metadata(path).ok()?.file_type();
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("a folder")
    } else if kind.is_symlink() {
        Some("a symbolic link")
    } else if kind.is_fifo() {
        Some("a pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}

fn write_and_rename(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = beside(path)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(&temporary)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // What cannot be removed stays behind; the first error is the one to tell.
        let _ = std::fs::remove_file(&temporary);
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

/// A name beside `path` that no other file has.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}.tmp", u64::from_be_bytes(random)));
    Ok(name.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test panics where it fails")]
mod tests {
    use std::fs;
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use tempfile::TempDir;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn complaint(path: &Path) -> String {
        match write("the file", path, b"new").unwrap_err() {
            Failure::Error(text) | Failure::Usage(text) => text,
        }
    }

    #[test]
    fn what_is_no_file_is_named_and_stays() {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        let node = |name, kind, device| mknodat(CWD, at(name), kind, Mode::RUSR, device);
        fs::write(at("file"), "old").unwrap();
        fs::create_dir(at("folder")).unwrap();
        std::os::unix::fs::symlink("file", at("link")).unwrap();
        std::os::unix::fs::symlink("nothing", at("loose-link")).unwrap();
        let _listener = UnixListener::bind(at("socket")).unwrap();
        node("pipe", FileType::Fifo, 0).unwrap();
        let mut cases = vec![
            ("folder", "a folder"),
            ("link", "a symbolic link"),
            ("loose-link", "a symbolic link"),
            ("socket", "a socket"),
            ("pipe", "a pipe"),
        ];
        // Root alone may make a device.
        if node(
            "device",
            FileType::CharacterDevice,
            rustix::fs::makedev(1, 3),
        )
        .is_ok()
        {
            cases.push(("device", "a device"));
        }

        let before = names(folder.path());
        for (name, is) in cases {
            let kind = fs::symlink_metadata(at(name)).unwrap().file_type();
            let text = complaint(&at(name));
            assert!(
                text.ends_with(&format!("(it is {is}, not a file): name a file")),
                "{text}"
            );
            assert_eq!(fs::symlink_metadata(at(name)).unwrap().file_type(), kind);
        }
        assert_eq!(names(folder.path()), before);
        assert_eq!(fs::read(at("file")).unwrap(), b"old");
    }

    #[test]
    fn a_file_is_replaced_and_none_beside_it_is_touched() {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "old").unwrap();
        fs::write(at("file.tmp"), "somebody's").unwrap();
        write("the file", &at("file"), b"new").unwrap();
        write("the file", &at("other"), b"new").unwrap();
        assert_eq!(names(folder.path()), ["file", "file.tmp", "other"]);
        assert_eq!(fs::read(at("file")).unwrap(), b"new");
        assert_eq!(fs::read(at("file.tmp")).unwrap(), b"somebody's");
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_behind() {
        let folder = TempDir::new().unwrap();
        let target = folder.path().join("folder");
        fs::create_dir(&target).unwrap();
        write_and_rename(&target, b"new").unwrap_err();
        assert_eq!(names(folder.path()), ["folder"]);
        complaint(&folder.path().join("nowhere/file"));
        assert_eq!(names(folder.path()), ["folder"]);
    }
}

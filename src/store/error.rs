//! Why the disk refused, in terms of what a person can do.

use std::io;
use std::path::{Path, PathBuf};

/// An operation of the operating system on a file failed. Files are replaced as a whole or not at all, so what was
/// stored before is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// No space, no inode or no quota is left.
    #[error(
        "no space is left to write {path}: free space on that file system or raise the quota, then try again; \
         what was stored before is unchanged"
    )]
    Full {
        /// What was to be written.
        path: PathBuf,
    },
    /// The file system is mounted read-only.
    #[error(
        "{path} cannot be written because its file system is read-only: remount it writable \
         or keep the state folder on a writable volume"
    )]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
    },
    /// The operating system denies access.
    #[error(
        "access to {path} was denied: run the program as the owner of the state folder, \
         and see that no security module or parent folder forbids it"
    )]
    Denied {
        /// What was to be used.
        path: PathBuf,
    },
    /// Anything else that the operating system reports.
    #[error(
        "{path} could not be used ({source}): check the disk and the system log, then try again"
    )]
    Other {
        /// What was to be used.
        path: PathBuf,
        /// The operating system's own error.
        source: io::Error,
    },
}

impl DiskError {
    pub(super) fn new(path: &Path, source: impl Into<io::Error>) -> Self {
        let (path, source) = (path.to_path_buf(), source.into());
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::Full { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::PermissionDenied => Self::Denied { path },
            _ => Self::Other { path, source },
        }
    }
}

/// A folder or file is not as the store made it, so it is not used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// There is no such folder.
    #[error(
        "there is no state folder {path}: provision this machine first, or name the folder that it was provisioned in"
    )]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// A symbolic link stands in place of a folder or file.
    #[error(
        "{path} is a symbolic link, which the store never follows: put the real folder or file in its place"
    )]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// A folder stands for a file, a file for a folder, or something that is neither.
    #[error("{path} is not a {wanted}: move it away")]
    WrongKind {
        /// What was found.
        path: PathBuf,
        /// What should be there, `folder` or `regular file`.
        wanted: &'static str,
    },
    /// The owner is not the user that runs the program.
    #[error(
        "{path} belongs to user {owner} but the program runs as user {user}: run it as user {owner}, \
         or hand the whole state folder over with `chown -R {user} FOLDER`"
    )]
    ForeignOwner {
        /// The folder or file.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
        /// The effective user id of the program.
        user: u32,
    },
    /// Others than the owner have rights.
    #[error("{path} {}", close(path, *mode, *fix))]
    WideMode {
        /// The folder or file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The permission bits it should have; none for a folder that holds something else than a store, whose bits are
        /// not this program's to choose.
        fix: Option<u32>,
    },
    /// A file is larger than anything the store writes in its place.
    #[error(
        "{path} is larger than the {limit} bytes that such a file may have: it was not written by this program; move it away"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size in bytes.
        limit: usize,
    },
    /// The operating system failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// What to do about a folder or file that is open to others.
fn close(path: &Path, mode: u32, fix: Option<u32>) -> String {
    match fix {
        Some(fix) => format!(
            "has mode {mode:04o}, which opens it to other users: run `chmod {fix:o} {}`",
            path.display()
        ),
        None => "is no state folder and is open to others: name a folder of its own".to_owned(),
    }
}

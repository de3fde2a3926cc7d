//! Why the disk refused, in terms of what a person can do.

use std::io;
use std::path::{Path, PathBuf};

use crate::advice;

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
        "{path} cannot be written because its file system is read-only: find out why (the system does so with a disk that \
         fails), or move the state folder to a writable volume"
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
        "there is no state folder {path}: name the folder that this machine was provisioned in, whose volume may not be \
         mounted, or provision this machine if it never was"
    )]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// A symbolic link stands in place of a folder or file.
    #[error(
        "{path} is a symbolic link, which the store never follows: name the folder itself, or where the link is inside the \
         store, put back what it stands for"
    )]
    SymbolicLink {
        /// The link.
        path: PathBuf,
    },
    /// A folder stands for a file, a file for a folder, or something that is neither.
    #[error(
        "{path} is not a {wanted}: name the store's own folder, or where this is inside it, find out what was put there \
         before you move it away"
    )]
    WrongKind {
        /// What was found.
        path: PathBuf,
        /// What should be there, `folder` or `regular file`.
        wanted: &'static str,
    },
    /// The state folder's owner is not the user that runs the program.
    #[error(
        "{path} belongs to user {owner} but the program runs as user {user}: {}",
        advice::run_as(*owner, *user)
    )]
    ForeignOwner {
        /// The state folder.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
        /// The effective user id of the program.
        user: u32,
    },
    /// Something in the state folder has another owner than the folder.
    #[error(
        "{path} belongs to user {owner}, and the state folder that it is in to user {user}: find out who put it there, such \
         as a backup that was restored by another user, and have an administrator give it back to user {user}"
    )]
    ForeignPart {
        /// The folder or file.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
        /// The state folder's owner, the effective user id of the program.
        user: u32,
    },
    /// A folder without a store, which others use too; its owner and mode are not this program's to choose.
    #[error(
        "{path} holds no store, and other users may use it: name the store's folder, or one that does not exist yet, which \
         the program makes for itself alone"
    )]
    NotAStore {
        /// The folder.
        path: PathBuf,
    },
    /// Others than the owner have rights.
    #[error("{path} has mode {mode:04o}, which opens it to other users: {}", close(path, *fix))]
    WideMode {
        /// The folder or file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The permission bits it should have; none where it is not the store's alone, so that its bits are not this
        /// program's to choose.
        fix: Option<u32>,
    },
    /// A file is larger than anything the store writes in its place.
    #[error(
        "{path} is larger than the {limit} bytes that such a file may have, so that this program did not write it: find out \
         what it is before you move it away"
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
fn close(path: &Path, fix: Option<u32>) -> String {
    match (fix, advice::argument(path)) {
        (Some(fix), Some(path)) => format!("run `chmod {fix:o} {path}`"),
        (Some(_), None) => "close it to all but its owner".to_owned(),
        (None, _) => {
            "it is not the store's alone, so leave its mode, and move the store to a folder of its own".to_owned()
        }
    }
}

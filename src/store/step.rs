//! The steps by which the store changes the disk, each announced before it happens.
//!
//! A test that stops at the n-th step, for every n, has tried every point at which a crash can leave the folder.

use std::io;
use std::path::Path;

/// One change of the disk, or the increment of the activity counter between two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// A folder is made.
    MakeFolder,
    /// A temporary file is created beside the file that it will replace.
    Create,
    /// The temporary file gets its content.
    Write,
    /// The content is flushed to the medium.
    SyncFile,
    /// The temporary file takes the place of the file.
    Rename,
    /// The folder's entries are flushed to the medium.
    SyncFolder,
    /// A file is removed.
    Remove,
    /// A file is opened, to cut off what a crash left of its last line and to add one.
    Append,
    /// The activity counter is about to be incremented.
    Increment,
}

/// Told of each [`Step`] before it happens.
///
/// It is for tests and tracing: a returned error takes the place of the step's own result, so that a full disk can
/// be played; a test harness that runs the store in a process of its own may end that process here.
pub trait Watch: Send + Sync {
    /// `step` is about to happen to `path`.
    ///
    /// # Errors
    /// The error that the step shall fail with instead of happening.
    fn before(&self, step: Step, path: &Path) -> io::Result<()>;
}

/// Lets every step happen.
#[derive(Debug)]
pub(super) struct Unwatched;

impl Watch for Unwatched {
    fn before(&self, _: Step, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

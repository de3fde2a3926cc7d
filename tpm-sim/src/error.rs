//! What can go wrong with a simulated TPM.

use std::io;
use std::path::PathBuf;

/// Why a simulated TPM could not be made, started or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no swtpm to run.
    #[error("can't run `{program}`: {source}; install the package `swtpm`")]
    NoSwtpm {
        /// What was to be run.
        program: &'static str,
        /// Why it could not be.
        source: io::Error,
    },
    /// swtpm ended, or its connection broke, while it was needed.
    #[error("swtpm stopped while {doing}: {source}; its log is {log}")]
    SwtpmStopped {
        /// What the simulator was doing.
        doing: &'static str,
        /// How that was noticed.
        source: io::Error,
        /// Where swtpm wrote what happened to it.
        log: PathBuf,
    },
    /// The TPM answered one of the simulator's own commands with an error.
    #[error("the TPM refused {command} with response code {code:#x}")]
    Refused {
        /// The command's name.
        command: &'static str,
        /// The TPM's response code.
        code: u32,
    },
    /// The TPM or swtpm answered something that can't be read.
    #[error("the answer to {0} can't be read; is this swtpm 0.7 or newer?")]
    Unreadable(&'static str),
    /// swtpm refused a command on its control channel.
    #[error("swtpm refused the control command {command} with result {result:#x}")]
    Control {
        /// The control command.
        command: &'static str,
        /// swtpm's result code.
        result: u32,
    },
    /// The operation needs a TPM that is switched on.
    #[error("the TPM is {0}; switch it on first")]
    NotRunning(&'static str),
    /// A file or folder could not be used.
    #[error("{doing} {path}: {source}")]
    File {
        /// What was to be done.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// Another simulator runs a TPM in this folder.
    #[error("{0} is in use by another simulated TPM; stop that one or use another folder")]
    InUse(PathBuf),
    /// A Unix socket's path must be shorter than 108 bytes.
    #[error(
        "the socket path {0} is longer than the {max} bytes a Unix socket allows; use a shorter folder",
        max = crate::proxy::MAX_SOCKET_PATH
    )]
    PathTooLong(PathBuf),
    /// The shared cache of provisioned chips belongs to someone else.
    #[error("{0} belongs to another user or is open to others; remove it, or set TMPDIR")]
    ForeignCache(PathBuf),
    /// A certificate or key of the EK authority could not be made.
    #[error("the EK authority could not make {what}: {reason}")]
    Authority {
        /// What was to be made.
        what: &'static str,
        /// Why it failed.
        reason: String,
    },
    /// The TPM was left with objects or sessions loaded.
    #[error("{0}")]
    Leak(#[from] crate::leak::Leak),
}

impl Error {
    /// For use in `map_err` on file operations.
    pub(crate) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File {
            doing,
            path,
            source,
        }
    }

    /// For use in `map_err` on the many error types of certificate making.
    pub(crate) fn authority<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Error {
        move |error| Error::Authority {
            what,
            reason: error.to_string(),
        }
    }
}

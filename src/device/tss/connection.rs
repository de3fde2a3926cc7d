//! One connection to a TPM: opening it, sending commands through it, repeating those that the TPM asks to repeat.

use super::code::Refusal;
use super::kept;
use super::progress::Progress;
use crate::device::{DeviceError, Key};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{major, minor};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::{Context, TctiNameConf};

/// Pauses between repetitions: about two seconds in all. A TPM that limits NV writes lets one through per second or so.
const PAUSES_MS: [u64; 8] = [5, 20, 50, 100, 200, 400, 600, 800];

/// Lets go of an object or a session.
pub(super) const FLUSH: &str = "TPM2_FlushContext";

/// An open TPM.
///
/// Dropping it flushes what a failed operation left loaded, and closes the connection.
pub(super) struct Connection {
    tcti: String,
    /// None only while it is renewed.
    context: Option<Context>,
    progress: Arc<Progress>,
    /// Keys that are not at their handles and created at each use, by handle, with their templates.
    displaced: Vec<(u32, Vec<u8>)>,
}

impl Connection {
    pub(super) fn open(tcti: &str, progress: Arc<Progress>) -> Result<Self, DeviceError> {
        Ok(Self {
            tcti: tcti.to_owned(),
            context: Some(open(tcti)?),
            progress,
            displaced: Vec::new(),
        })
    }

    /// Opens the TPM anew: libtss2 remembers the Names of what it held, and refuses what stands there now.
    pub(super) fn renew(&mut self) -> Result<(), DeviceError> {
        // The old connection first, for a TPM may serve one client only.
        self.context = None;
        if !self.progress.begin("the connection") {
            return Err(DeviceError::Vanished);
        }
        self.context = Some(open(&self.tcti)?);
        Ok(())
    }

    /// From now on `key` is created from `template` at each use.
    pub(super) fn displace(&mut self, key: &Key, template: Vec<u8>) {
        self.displaced
            .extend(key.handle.map(|handle| (handle, template)));
    }

    pub(super) fn is_displaced(&self, key: &Key) -> bool {
        self.template_of(key).is_some()
    }

    /// The template of a key that is not at its handle.
    pub(super) fn template_of(&self, key: &Key) -> Option<&[u8]> {
        let mut displaced = self.displaced.iter();
        let found = displaced.find(|(handle, _)| Some(*handle) == key.handle)?;
        Some(&found.1)
    }

    /// Sends a command under these sessions, in their order; again after a pause where the TPM asks for that.
    pub(super) fn call<T>(
        &mut self,
        command: &'static str,
        sessions: &[AuthSession],
        mut send: impl FnMut(&mut Context) -> tss_esapi::Result<T>,
    ) -> Result<T, Refusal> {
        let at = |index: usize| sessions.get(index).copied();
        let sessions = (at(0), at(1), at(2));
        let mut pauses = PAUSES_MS.iter();
        loop {
            let Some(context) = &mut self.context else {
                return Err(Refusal::closed(command));
            };
            // What nobody waits for any more is not done: but what was loaded is flushed.
            if !self.progress.begin(command) && command != FLUSH {
                return Err(Refusal::closed(command));
            }
            kept::take();
            let result = context.execute_with_sessions(sessions, &mut send);
            self.progress.begin(command);
            let refusal = match result {
                Ok(answer) => return Ok(answer),
                Err(error) => Refusal::new(command, error),
            };
            match pauses.next() {
                Some(&pause) if refusal.may_pass() => sleep(Duration::from_millis(pause)),
                _ => return Err(refusal),
            }
        }
    }

    /// Does something with libtss2 that sends no command.
    pub(super) fn local<T>(
        &mut self,
        what: &'static str,
        act: impl FnOnce(&mut Context) -> tss_esapi::Result<T>,
    ) -> Result<T, Refusal> {
        let context = self.context.as_mut().ok_or(Refusal::closed(what))?;
        act(context).map_err(|error| Refusal::new(what, error))
    }
}

fn open(tcti: &str) -> Result<Context, DeviceError> {
    let unknown = |_| DeviceError::UnknownConnection {
        tcti: tcti.to_owned(),
    };
    let name = TctiNameConf::from_str(tcti).map_err(unknown)?;
    Context::new(name).map_err(|error| match Refusal::new("opening", error) {
        refusal if refusal.lacks_module() => DeviceError::NoModule {
            tcti: tcti.to_owned(),
        },
        _ => why_not_open(tcti),
    })
}

/// libtss2 says only that a connection failed: looks for the cause in the file that the connection's name names.
fn why_not_open(tcti: &str) -> DeviceError {
    let (kind, rest) = tcti.split_once(':').unwrap_or((tcti, ""));
    let tried = match kind {
        "device" => {
            let path = if rest.is_empty() { "/dev/tpm0" } else { rest };
            if is_another_device(Path::new(path)) {
                return DeviceError::NotATpm {
                    tcti: tcti.to_owned(),
                };
            }
            File::options().read(true).write(true).open(path).map(drop)
        }
        _ => match rest.split(',').find_map(|part| part.strip_prefix("path=")) {
            Some(path) => UnixStream::connect(path).map(drop),
            None => Ok(()),
        },
    };
    not_open_by(tried.err().map(|error| error.kind()), tcti)
}

/// Whether something lies at `path` that the kernel does not know as a TPM. The kernel lists those by number.
fn is_another_device(path: &Path) -> bool {
    let Ok(found) = path.metadata() else {
        return false;
    };
    if !found.file_type().is_char_device() {
        return true;
    }
    let number = format!("{}:{}", major(found.rdev()), minor(found.rdev()));
    let classes = ["/sys/class/tpm", "/sys/class/tpmrm"].map(std::fs::read_dir);
    let mut known = classes.into_iter().flatten().flatten().flatten();
    // Where there is no such list a TPM can be there all the same.
    let listed = Path::new("/sys/class").exists();
    listed
        && !known.any(|tpm| {
            std::fs::read_to_string(tpm.path().join("dev")).is_ok_and(|dev| dev.trim() == number)
        })
}

fn not_open_by(kind: Option<ErrorKind>, tcti: &str) -> DeviceError {
    let tcti = tcti.to_owned();
    match kind {
        Some(ErrorKind::PermissionDenied) => DeviceError::NoPermission { tcti },
        Some(ErrorKind::ResourceBusy) => DeviceError::Busy { tcti },
        _ => DeviceError::NoTpm { tcti },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCTI: &str = "device:/dev/tpmrm0";

    #[test]
    fn a_device_file_that_cannot_be_opened_says_why() {
        let tcti = TCTI.to_owned();
        for (kind, error) in [
            (
                ErrorKind::PermissionDenied,
                DeviceError::NoPermission { tcti: tcti.clone() },
            ),
            (
                ErrorKind::ResourceBusy,
                DeviceError::Busy { tcti: tcti.clone() },
            ),
            (
                ErrorKind::NotFound,
                DeviceError::NoTpm { tcti: tcti.clone() },
            ),
            (ErrorKind::ConnectionRefused, DeviceError::NoTpm { tcti }),
        ] {
            assert_eq!(not_open_by(Some(kind), TCTI), error);
        }
    }
}

//! One swtpm process and the two private connections to it: TPM commands and control.
//!
//! swtpm gets both as already open sockets and leaves none in the file system. It ends by itself
//! when the command connection closes, so that it can't outlive a test process that was killed.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::error::Error;
use crate::wire::{self, StartupType};

/// File in a state folder with the TPM's non-volatile state.
pub(crate) const NV_FILE: &str = "tpm2-00.permall";
/// File in a state folder with the state of a TPM stored while it ran.
pub(crate) const VOLATILE_FILE: &str = "tpm2-00.volatilestate";

const SHELL: &str = "/bin/bash";
/// swtpm refuses descriptors 0 to 2 as sockets, and only a shell can renumber them without unsafe code. It also closes
/// whatever else it inherited: libtss2 opens its sockets for every child to inherit, and a client's connection that swtpm
/// held would never end. `exec` keeps the process id.
const EXECUTE: &str = r#"
for fd in /proc/self/fd/*; do
    fd=${fd##*/}
    [[ $fd -le 2 ]] || { exec {fd}>&-; } 2>/dev/null
done
exec swtpm "$@" 3<&0 4<&1 </dev/null >&2"#;

/// Commands of swtpm's control channel (`swtpm/tpm_ioctl.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Control {
    /// `CMD_INIT`: power on, with the flags 0.
    Init = 0x02,
    /// `CMD_STORE_VOLATILE`: write the volatile state to a file.
    StoreVolatile = 0x0A,
}

impl Control {
    fn name(self) -> &'static str {
        match self {
            Control::Init => "CMD_INIT",
            Control::StoreVolatile => "CMD_STORE_VOLATILE",
        }
    }
}

/// What every swtpm is started with. From 0.8 on it makes a Shutdown of its own before a reset and at its end, which real
/// chips do not have, unless it is told not to.
fn flags() -> &'static str {
    static SHUTS_DOWN: OnceLock<bool> = OnceLock::new();
    let shuts_down = SHUTS_DOWN.get_or_init(|| {
        let capabilities = Command::new("swtpm")
            .args(["socket", "--tpm2", "--print-capabilities"])
            .output();
        let option = b"flags-opt-disable-auto-shutdown";
        capabilities.is_ok_and(|output| {
            output
                .stdout
                .windows(option.len())
                .any(|window| window == option)
        })
    });
    match shuts_down {
        true => "not-need-init,disable-auto-shutdown",
        false => "not-need-init",
    }
}

/// A running swtpm. Dropping it is pulling the plug: SIGKILL, and the process is reaped.
#[derive(Debug)]
pub(crate) struct Swtpm {
    child: Child,
    data: UnixStream,
    control: UnixStream,
    log: PathBuf,
}

impl Swtpm {
    /// Starts swtpm on the state in `state_dir`, powered on but before `TPM2_Startup`.
    pub(crate) fn spawn(state_dir: &Path, log: &Path) -> Result<Swtpm, Error> {
        let (data, swtpm_data) = UnixStream::pair().map_err(Error::file("opening", "a socket"))?;
        let (control, swtpm_control) =
            UnixStream::pair().map_err(Error::file("opening", "a socket"))?;
        let log_file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .map_err(Error::file("opening", log))?;
        let child = Command::new(SHELL)
            .args(["-c", EXECUTE])
            .args([
                "swtpm",
                "socket",
                "--tpm2",
                "--fd",
                "3",
                "--ctrl",
                "type=unixio,clientfd=4",
            ])
            .args(["--flags", flags(), "--locality", "allow-set-locality"])
            .arg("--tpmstate")
            .arg(format!("dir={}", state_dir.display()))
            // Ctrl-C in a terminal is for the simulator, which then shuts the TPM down.
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(swtpm_data)))
            .stdout(Stdio::from(OwnedFd::from(swtpm_control)))
            .stderr(log_file)
            .spawn()
            .map_err(|source| Error::NoSwtpm {
                program: SHELL,
                source,
            })?;
        let mut swtpm = Swtpm {
            child,
            data,
            control,
            log: log.to_owned(),
        };
        swtpm.await_ready()?;
        Ok(swtpm)
    }

    /// swtpm answers on its control channel only when the TPM is up.
    fn await_ready(&mut self) -> Result<(), Error> {
        const CMD_GET_CAPABILITY: [u8; 4] = [0, 0, 0, 1];
        match self.raw_control(&CMD_GET_CAPABILITY) {
            Ok(_) => Ok(()),
            Err(source) => {
                // The shell's status for a program it could not find.
                let missing = self
                    .child
                    .wait()
                    .is_ok_and(|status| status.code() == Some(127));
                Err(if missing {
                    Error::NoSwtpm {
                        program: "swtpm",
                        source: io::ErrorKind::NotFound.into(),
                    }
                } else {
                    self.stopped("starting", source)
                })
            }
        }
    }

    /// Process id, for messages and for tests that look whether it is gone.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// One TPM command and its response.
    pub(crate) fn transact(&mut self, command: &[u8]) -> Result<Vec<u8>, Error> {
        self.data
            .write_all(command)
            .and_then(|()| read_message(&mut self.data))
            .and_then(|response| response.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()))
            .map_err(|source| {
                self.stopped(crate::commands::name(wire::command_code(command)), source)
            })
    }

    /// Sends one of the simulator's own commands, which must succeed.
    pub(crate) fn run(&mut self, command: wire::Command) -> Result<Vec<u8>, Error> {
        let command = command.into_bytes();
        let response = self.transact(&command)?;
        match wire::response_code(&response) {
            0 => Ok(response),
            code => Err(Error::Refused {
                command: crate::commands::name(wire::command_code(&command)),
                code,
            }),
        }
    }

    /// What firmware sends first.
    pub(crate) fn startup(&mut self, kind: StartupType) -> Result<(), Error> {
        self.run(wire::startup(kind)).map(drop)
    }

    /// `_TPM_Init`: the TPM's power or its reset line was cycled; the process stays.
    pub(crate) fn init(&mut self) -> Result<(), Error> {
        self.control(Control::Init, &[0; 4])
    }

    /// Writes [`VOLATILE_FILE`].
    pub(crate) fn store_volatile(&mut self) -> Result<(), Error> {
        self.control(Control::StoreVolatile, &[])
    }

    fn control(&mut self, command: Control, parameters: &[u8]) -> Result<(), Error> {
        let mut message = (command as u32).to_be_bytes().to_vec();
        message.extend(parameters);
        let response = self
            .raw_control(&message)
            .map_err(|source| self.stopped(command.name(), source))?;
        match wire::be_u32(&response, 0) {
            Some(0) => Ok(()),
            Some(result) => Err(Error::Control {
                command: command.name(),
                result,
            }),
            None => Err(Error::Unreadable(command.name())),
        }
    }

    /// A control message as it is and whatever comes back: swtpm writes each answer at once.
    pub(crate) fn raw_control(&mut self, message: &[u8]) -> io::Result<Vec<u8>> {
        self.control.write_all(message)?;
        let mut response = vec![0; 4096];
        let len = self.control.read(&mut response)?;
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        response.truncate(len);
        Ok(response)
    }

    fn stopped(&self, doing: &'static str, source: io::Error) -> Error {
        Error::SwtpmStopped {
            doing,
            source,
            log: self.log.clone(),
        }
    }
}

impl Drop for Swtpm {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads one TPM command or response; `None` where the peer closed between two messages.
///
/// # Errors
/// The connection's, and [`io::ErrorKind::InvalidData`] for a size no TPM message has.
pub(crate) fn read_message(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    const MAX_MESSAGE_LEN: usize = 65_536;
    let mut header = [0; 10];
    let first = loop {
        match from.read(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if first == 0 {
        return Ok(None);
    }
    from.read_exact(&mut header[first..])?;
    let len = wire::message_len(header);
    if !(header.len()..=MAX_MESSAGE_LEN).contains(&len) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; len];
    message[..header.len()].copy_from_slice(&header);
    from.read_exact(&mut message[header.len()..])?;
    Ok(Some(message))
}

//! The two sockets that clients use, `tpm.sock` and `tpm.sock.ctrl`, where the swtpm TCTI of
//! tpm2-tss (`swtpm:path=…/tpm.sock`) expects them.
//!
//! A TPM serves one client at a time. Another one's connection is accepted and waits for its turn,
//! as a blocking open of `/dev/tpm0` would; after a while it is closed, so that a client that waits
//! for itself fails instead of hanging. (The swtpm TCTI connects anew for each command, so that its
//! clients take turns command by command.)
//!
//! A TPM without power or that vanished has no sockets: they are renamed out of the way.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fs, mem};

use crate::chip::Chip;
use crate::error::Error;
use crate::process;

/// The most bytes a socket's path can have (`sun_path` with its terminating zero is 108).
pub(crate) const MAX_SOCKET_PATH: usize = 107;

/// The sockets of one TPM. Dropping it closes them.
#[derive(Debug)]
pub(crate) struct Front {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// The listening sockets once more. As streams they can be shut down, which ends a wait for
    /// clients even where the folder is gone.
    listening: Vec<UnixStream>,
}

#[derive(Debug)]
struct Shared {
    chip: Arc<Chip>,
    doors: [Door; 2],
    patience: Duration,
    closed: AtomicBool,
    clients: Mutex<Clients>,
    /// Held while the sockets are renamed, so that the last to do it knows the latest state.
    renaming: Mutex<()>,
    turn_passed: Condvar,
}

#[derive(Debug, Default)]
struct Clients {
    next_id: u64,
    connected: HashMap<u64, UnixStream>,
    /// Whether a client has its turn on the command socket.
    busy: bool,
}

/// One socket.
#[derive(Debug)]
struct Door {
    path: PathBuf,
    /// Its path while clients are not to find it.
    hidden: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Commands,
    Control,
}

impl Front {
    /// Opens the sockets in `dir`, hidden until [`Front::update`].
    pub(crate) fn open(dir: &Path, chip: Arc<Chip>, patience: Duration) -> Result<Front, Error> {
        let doors = [Door::new(dir, "tpm.sock"), Door::new(dir, "tpm.sock.ctrl")];
        let listeners = doors
            .iter()
            .map(Door::bind)
            .collect::<Result<Vec<_>, Error>>()?;
        let listening = listeners
            .iter()
            .map(|listener| Ok(UnixStream::from(OwnedFd::from(listener.try_clone()?))))
            .collect::<io::Result<Vec<_>>>()
            .map_err(Error::file("listening in", dir))?;
        let shared = Arc::new(Shared {
            chip,
            doors,
            patience,
            closed: AtomicBool::new(false),
            clients: Mutex::default(),
            renaming: Mutex::default(),
            turn_passed: Condvar::new(),
        });
        let threads = listeners
            .into_iter()
            .zip([Channel::Commands, Channel::Control])
            .map(|(listener, channel)| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || accept(&shared, &listener, channel))
            })
            .collect();
        Ok(Front {
            shared,
            threads,
            listening,
        })
    }

    /// Shows the sockets, or hides them and breaks all connections, as the TPM's power has it.
    pub(crate) fn update(&self) {
        self.shared.update();
    }

    /// Breaks the connections of all clients.
    pub(crate) fn cut(&self) {
        self.shared.cut();
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        for socket in &self.listening {
            // Can't fail on an open socket.
            let _ = socket.shutdown(Shutdown::Both);
        }
        self.shared.cut();
        self.shared.turn_passed.notify_all();
        for thread in mem::take(&mut self.threads) {
            // It ends by itself; a panic in it has been reported.
            let _ = thread.join();
        }
        for door in &self.shared.doors {
            let _ = fs::remove_file(&door.path);
            let _ = fs::remove_file(&door.hidden);
        }
    }
}

impl Door {
    fn new(dir: &Path, name: &str) -> Door {
        Door {
            path: dir.join(name),
            hidden: dir.join(format!("{name}.off")),
        }
    }

    fn bind(&self) -> Result<UnixListener, Error> {
        if self.hidden.as_os_str().len() > MAX_SOCKET_PATH {
            return Err(Error::PathTooLong(self.hidden.clone()));
        }
        for stale in [&self.path, &self.hidden] {
            match fs::remove_file(stale) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::File {
                        doing: "removing",
                        path: stale.clone(),
                        source,
                    });
                }
                _ => {}
            }
        }
        UnixListener::bind(&self.hidden).map_err(Error::file("creating the socket", &self.hidden))
    }
}

impl Shared {
    fn update(&self) {
        let _renaming = self.renaming.lock().unwrap_or_else(PoisonError::into_inner);
        let reachable = self.chip.is_reachable();
        for door in &self.doors {
            // Fails where the socket has its right name already.
            let _ = if reachable {
                fs::rename(&door.hidden, &door.path)
            } else {
                fs::rename(&door.path, &door.hidden)
            };
        }
        if !reachable {
            // In this order a client that was cut off does not find the socket again.
            self.cut();
        }
    }

    fn cut(&self) {
        for client in self.lock().connected.values() {
            // Fails where the client has gone already.
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    /// Keeps a client's stream for [`Shared::cut`].
    fn register(&self, stream: &UnixStream) -> io::Result<u64> {
        let copy = stream.try_clone()?;
        let mut clients = self.lock();
        clients.next_id += 1;
        let id = clients.next_id;
        clients.connected.insert(id, copy);
        Ok(id)
    }

    fn lock(&self) -> MutexGuard<'_, Clients> {
        // Nothing in it is ever half done.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}

fn accept(shared: &Arc<Shared>, listener: &UnixListener, channel: Channel) {
    for stream in listener.incoming() {
        if shared.is_closed() {
            return;
        }
        let Ok(stream) = stream else {
            // Out of file descriptors, perhaps; clients wait meanwhile.
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            let Ok(id) = shared.register(&stream) else {
                return;
            };
            // Else it came too late to be cut off with the others.
            if shared.chip.is_reachable() {
                match channel {
                    Channel::Commands => serve_commands(&shared, stream),
                    Channel::Control => serve_control(&shared, stream),
                }
            }
            shared.lock().connected.remove(&id);
        });
    }
}

fn serve_commands(shared: &Shared, mut stream: UnixStream) {
    let Some(_turn) = Turn::take(shared) else {
        return;
    };
    while let Ok(Some(command)) = process::read_message(&mut stream) {
        let Some(response) = shared.chip.execute(&command) else {
            // The TPM may have lost its power, or vanished.
            shared.update();
            return;
        };
        if stream.write_all(&response).is_err() {
            return;
        }
    }
}

/// Passes on what a TPM's users may do on the control channel.
fn serve_control(shared: &Shared, mut stream: UnixStream) {
    /// CMD_GET_CAPABILITY, CMD_INIT, CMD_GET_TPMESTABLISHED, CMD_SET_LOCALITY, CMD_CANCEL_TPM_CMD.
    const ALLOWED: [u32; 5] = [0x01, 0x02, 0x04, 0x05, 0x09];
    const TPM_BAD_ORDINAL: u32 = 0x0A;
    let mut buffer = [0; 64];
    while let Ok(len @ 4..) = stream.read(&mut buffer) {
        let message = &buffer[..len];
        let command = u32::from_be_bytes([message[0], message[1], message[2], message[3]]);
        let response = if ALLOWED.contains(&command) {
            shared.chip.control(message)
        } else {
            Some(TPM_BAD_ORDINAL.to_be_bytes().to_vec())
        };
        let Some(response) = response else { return };
        if stream.write_all(&response).is_err() {
            return;
        }
    }
}

/// A client's turn on the command socket. Dropping it passes the turn on.
struct Turn<'a>(&'a Shared);

impl Turn<'_> {
    fn take(shared: &Shared) -> Option<Turn<'_>> {
        let waits = |clients: &mut Clients| clients.busy && !shared.is_closed();
        let (mut clients, _) = shared
            .turn_passed
            .wait_timeout_while(shared.lock(), shared.patience, waits)
            .unwrap_or_else(PoisonError::into_inner);
        if clients.busy || shared.is_closed() {
            return None;
        }
        clients.busy = true;
        Some(Turn(shared))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().busy = false;
        self.0.turn_passed.notify_one();
    }
}

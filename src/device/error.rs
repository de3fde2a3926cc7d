//! What can go wrong at a TPM, by cause, each with what a person can do about it.

use super::response_code;
use crate::evidence::Hierarchy;
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// Why a TPM could not be opened or did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The connection's name is not one.
    #[error(
        "\"{tcti}\" names no TPM connection: use for example device:/dev/tpmrm0 or swtpm:path=/run/tpm.sock"
    )]
    UnknownConnection {
        /// The name as given.
        tcti: String,
    },
    /// No device file, no socket, or nobody who listens there.
    #[error("there is no TPM at {tcti}: {}", find_it(tcti))]
    NoTpm {
        /// The connection's name.
        tcti: String,
    },
    /// There is a file, which is no TPM's.
    #[error("{tcti} is no TPM: name the device file of one, which is usually device:/dev/tpmrm0")]
    NotATpm {
        /// The connection's name.
        tcti: String,
    },
    /// The connection is of a kind that libtss2 has no module for on this machine.
    #[error(
        "libtss2 cannot open the connection {tcti}: install its module libtss2-tcti-{}, or use another connection such \
         as device:/dev/tpmrm0",
        kind(tcti)
    )]
    NoModule {
        /// The connection's name.
        tcti: String,
    },
    /// The device file may not be opened by this user.
    #[error(
        "this user may not open the TPM at {tcti}: add the user to the group of those who may (usually `tss`), or run as \
         the user that the application runs as"
    )]
    NoPermission {
        /// The connection's name.
        tcti: String,
    },
    /// Another program holds the device.
    #[error(
        "another program holds the TPM at {tcti}: use the kernel's resource manager, device:/dev/tpmrm0, which serves \
         several at once"
    )]
    Busy {
        /// The connection's name.
        tcti: String,
    },
    /// The connection broke while a command was under way.
    #[error(
        "the TPM stopped answering in the middle of a command: try again; if it stays away, restart the machine"
    )]
    Vanished,
    /// It did not answer in time.
    #[error(
        "the TPM did not answer within {} s ({command}): try again; if it stays so, see whether another program holds \
         it, and restart the machine", waited.as_secs_f32()
    )]
    NoAnswer {
        /// The command, or what else was under way.
        command: &'static str,
        /// The deadline.
        waited: Duration,
    },
    /// It has left earlier commands of this program unanswered, which still wait.
    #[error(
        "the TPM has not answered what this program asked it before (waiting: {commands}), and is not asked again so soon: see \
         whether another program holds it, and restart the machine"
    )]
    Unanswered {
        /// How many.
        commands: usize,
    },
    /// The TPM was reset and waits for TPM2_Startup.
    #[error(
        "the TPM was reset and has not been started: restart the machine (or send TPM2_Startup to the simulator)"
    )]
    NotStarted,
    /// Sessions or objects of this operation are gone: the TPM was reset, or the machine slept.
    #[error("the TPM was reset or the machine slept in the middle of an operation: try again")]
    Interrupted,
    /// It kept asking to try later.
    #[error("the TPM is busy and kept asking to try later: try again in a minute")]
    KeepsRetrying,
    /// It limits writes to its NV memory at present.
    #[error(
        "the TPM limits writes to its memory for now, to save wear: try again in a few minutes"
    )]
    NvRate,
    /// The dictionary-attack lockout is on.
    #[error(
        "the TPM is locked out after failed authorizations of some program: wait until it recovers (`doctor` shows how \
         long), or have its administrator reset the lockout"
    )]
    LockedOut,
    /// No room for another object or session.
    #[error(
        "the TPM has no room for another {0}: other programs left theirs behind; use the kernel's resource manager, \
         device:/dev/tpmrm0, or restart the machine"
    )]
    OutOfMemory(Memory),
    /// A hierarchy has an auth value, which is needed here and was not given.
    #[error(
        "the TPM's {name} hierarchy has a password: repeat this command with --{name}-auth-file FILE (an application \
         hands the password over in `Auths`)", name = word(*.0)
    )]
    AuthNeeded(Hierarchy),
    /// The auth value given for a hierarchy is not its own.
    #[error(
        "the password given for the TPM's {} hierarchy does not fit: ask whoever set it for the right one, and repeat \
         this with it", word(*.0)
    )]
    WrongAuth(Hierarchy),
    /// A hierarchy has got an auth value since the store was made, for an operation that takes none.
    #[error(
        "the TPM's {} hierarchy was given a password after this store was made, and this TPM would need it at each use: \
         have its administrator take that password away", word(*.0)
    )]
    AuthAtEachUse(Hierarchy),
    /// A hierarchy is switched off.
    #[error(
        "the TPM's {} hierarchy is switched off: restart the machine, and if it stays off switch it on in the firmware's \
         settings, without clearing the TPM", word(*.0)
    )]
    HierarchyOff(Hierarchy),
    /// The NV indexes that the platform's firmware made are switched off (phEnableNV), so that they are listed and not there.
    #[error(
        "the firmware has switched off NV indexes of the TPM (phEnableNV): restart the machine, and if they stay off look \
         for the TPM in the firmware's settings"
    )]
    NvOff,
    /// The TPM lacks a command, or the resource manager before it knows none of that name.
    #[error(
        "the TPM, or the resource manager before it, has no command {0} (TPM_RC_COMMAND_CODE): it cannot be used for licensing before it has; \
         update the TPM's firmware or the system"
    )]
    Unsupported(&'static str),
    /// An object of the store is not there.
    #[error("{object} is gone from the TPM: {}", bring_back(*.0), object = .0)]
    Missing(Object),
    /// Something else is where an object of the store was.
    #[error(
        "{0} is not the one of this store, for the TPM was cleared or replaced, or the folder is another machine's: \
         activate again"
    )]
    Foreign(Object),
    /// A counter was defined and not counted up yet: setting up was cut short, and nothing depends on it.
    #[error("setting up was cut short: run `provision` or `activate` once more")]
    Unfinished,
    /// What the store kept of its binding contradicts itself.
    #[error(
        "what the store keeps about this TPM was changed or damaged: put this folder back from a backup, or run \
         `provision --replace`, which ends its licenses, and activate again"
    )]
    BadBinding,
    /// The TPM is in failure mode.
    #[error("the TPM failed its self-test: restart the machine; if it stays so the TPM is broken")]
    Failed,
    /// A command was refused for a reason that should not occur, and that proves nothing about what the store has in the TPM.
    #[error(
        "the TPM refused {command} with code 0x{code:x}{}: restart the machine, and if that does not help report this code",
        named(*.code)
    )]
    Refused {
        /// The command.
        command: &'static str,
        /// The TSS2_RC.
        code: u32,
    },
    /// The same, most likely, with a code that libtss2's binding does not hand on, such as those of the kernel's resource
    /// manager; see
    /// [`keep_return_codes`](crate::device::keep_return_codes).
    #[error(
        "the TPM, or the resource manager before it, answered {command} in a way that its library does not know, most likely \
         with a refusal: restart the machine, and if that does not help look for the code in the application's log, and report it"
    )]
    RefusedUntold {
        /// The command.
        command: &'static str,
    },
    /// An answer makes no sense, or fails the authentication of the session that protects it.
    #[error(
        "the TPM's answer to {0} makes no sense or was changed on its way: look for what stands between this program and \
         the TPM, and report this"
    )]
    Malformed(&'static str),
}

/// Why provisioning or deprovisioning failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// The TPM itself.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// An NV index of this store's is taken by something that is not a counter of this project's.
    #[error(
        "the TPM's NV index 0x{handle:08x} is in use by someone else: choose another slot, or find out whose it is \
         (tpm2_nvreadpublic 0x{handle:08x}) and have its owner free it"
    )]
    IndexInUse {
        /// The NV index.
        handle: u32,
    },
    /// A persistent handle of this store's holds a key that is not this project's.
    #[error(
        "the TPM's persistent handle 0x{handle:08x} holds a foreign key: choose another slot, or find out whose it is \
         (tpm2_readpublic -c 0x{handle:08x}) and have its owner free it"
    )]
    HandleInUse {
        /// The persistent handle.
        handle: u32,
    },
    /// There is a store of this vendor and slot, of which the folder holds nothing.
    #[error(
        "this TPM already has a store of this vendor in this slot, and it is not in this folder; nothing was changed: name the \
         folder that it is in (--dir), or choose another slot (--slot), or add --replace, which ends every license in that \
         store for good"
    )]
    PlaceTaken,
    /// The store in the TPM was made anew since, from another folder, or its epoch moved on.
    #[error(
        "the licenses in this folder have ended already: the TPM's store of this vendor and slot was made anew from another \
         folder, or moved on; nothing was changed: name the folder that is in use (--dir), or choose another slot (--slot), or \
         add --replace, which ends every license in the store that the TPM has now for good"
    )]
    Superseded,
    /// The store's counters are there, and its secrets do not open.
    #[error(
        "the TPM has this folder's counters, and does not open the store's secrets ({0}); nothing was changed: put this folder \
         back from a backup, or add --replace, which makes the store anew and ends its licenses for good"
    )]
    Closed(Closed),
    /// No NV memory for the counters.
    #[error(
        "the TPM has no room for the two counters: find out whose NV indexes it has (tpm2_getcap handles-nv-index), and have their \
         owners free what they no longer use; what is removed is lost, with the licenses or disks that depend on it"
    )]
    NoNvSpace,
    /// No room to make keys persistent, and a hierarchy's password would be needed at each use.
    #[error(
        "the TPM has no room for persistent keys, and the {} hierarchy has a password, which would be needed at each \
         use: find out whose objects it has (tpm2_getcap handles-persistent), and have their owners free what they no longer use; \
         what is removed may be lost, with the disks or keys that depend on it", word(*.0)
    )]
    NoPersistentSpace(Hierarchy),
    /// Counters can be certified in the audited form only, for which the endorsement password would be needed at each use.
    #[error(
        "this TPM certifies counters only with the endorsement hierarchy's password, which would be needed at each use: \
         it can be used for licensing once that password is empty"
    )]
    AuditNeedsAuth,
    /// The operating system gave no random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
}

/// Why the secrets of a store do not open although its counters are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Closed {
    /// A key cannot be made again.
    #[error("the TPM no longer makes {0} again")]
    Key(Object),
    /// A sealed object is not the storage root key's, or was changed.
    #[error("what is sealed in it was changed or is not this TPM's")]
    Secret,
}

/// Why a secret was not opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnsealError {
    /// The TPM itself.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The epoch counter has moved on: the store was released, or provisioned anew.
    #[error(
        "this binding was for epoch {sealed}, and the TPM is at {found}: its licenses have ended; activate again, with --replace if no other \
         folder is in use"
    )]
    EpochMoved {
        /// The epoch that the secret was sealed for.
        sealed: u64,
        /// The epoch counter's value.
        found: u64,
    },
    /// The storage root key did not make this blob, or the blob was changed.
    #[error(
        "the sealed secret is not this TPM's or was changed: put this folder back from a backup, or run `provision --replace`, \
         which ends its licenses, and activate again"
    )]
    ForeignBlob,
}

/// Why a counter was not moved.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IncrementError {
    /// The TPM itself.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The store key could not be opened.
    #[error("the store key cannot be opened: {0}")]
    StoreKey(#[source] UnsealError),
    /// The counter is not where the caller thought.
    #[error(
        "the counter stands at {found}, not at {expected}: another process moved it; try again"
    )]
    Moved {
        /// What the caller expected.
        expected: u64,
        /// The value found.
        found: u64,
    },
    /// The TPM did not accept the store key's signature.
    #[error("the TPM does not accept this store's key for the counter: run `provision`")]
    NotAuthorized,
}

/// Why a credential was not opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ActivateError {
    /// The TPM itself.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// It was made for another TPM or another attestation key, or was changed.
    #[error(
        "the answer was made for another machine, or was changed on the way: make a new request, and send that to the \
         vendor"
    )]
    NotForThisTpm,
    /// The secret inside has not the 32 bytes that this project's vendors send.
    #[error(
        "the answer holds a secret of {0} bytes instead of 32, so it is not from this software: ask the vendor for \
         another one"
    )]
    WrongSize(usize),
}

/// Memory of a TPM that can run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Memory {
    /// For transient objects.
    Object,
    /// For sessions.
    Session,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Object => "object",
            Self::Session => "session",
        })
    }
}

/// An object of a store inside the TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Object {
    /// The attestation key.
    AttestationKey,
    /// The storage root key.
    StorageRootKey,
    /// The feature parent.
    FeatureParent,
    /// The epoch counter.
    EpochIndex,
    /// The activity counter.
    ActivityIndex,
    /// The endorsement key.
    EndorsementKey,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AttestationKey => "the attestation key",
            Self::StorageRootKey => "the storage root key",
            Self::FeatureParent => "the feature parent key",
            Self::EpochIndex => "the epoch counter",
            Self::ActivityIndex => "the activity counter",
            Self::EndorsementKey => "the endorsement key",
        })
    }
}

/// A connection's kind, which is how libtss2 calls the module for it.
fn kind(tcti: &str) -> &str {
    tcti.split(':').next().unwrap_or(tcti)
}

/// What to do where nothing answers at a connection.
fn find_it(tcti: &str) -> &'static str {
    match kind(tcti) {
        "device" => {
            "switch it on in the firmware's settings (it may be called PTT, fTPM or security device) without clearing it, or \
             pass it through to this virtual machine or container"
        }
        "swtpm" | "mssim" => "start the simulator",
        _ => {
            "start the service that this connection leads to, or use the TPM itself, device:/dev/tpmrm0"
        }
    }
}

/// What to do where an object of the store is gone: a key can be made again, and a counter's value cannot.
fn bring_back(object: Object) -> &'static str {
    match object {
        Object::EpochIndex | Object::ActivityIndex => "activate again",
        _ => "run `provision`",
    }
}

/// A return code's name in brackets, where it has one.
fn named(code: u32) -> String {
    response_code::name(code).map_or_else(String::new, |name| format!(" ({name})"))
}

fn word(hierarchy: Hierarchy) -> &'static str {
    match hierarchy {
        Hierarchy::Owner => "owner",
        Hierarchy::Endorsement => "endorsement",
    }
}

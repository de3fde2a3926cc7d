//! TPM 2.0 commands as bytes: just those that a manufacturer, firmware and this simulator itself
//! send.
//!
//! Layouts are those of the TPM 2.0 Library specification, part 3; structures those of part 2.
//! Every command that needs an authorization uses a password session with an empty password, which
//! is what a TPM fresh from the factory has.

use crate::commands;

/// `TPM_RH_OWNER`.
pub(crate) const RH_OWNER: u32 = 0x4000_0001;
/// `TPM_RH_ENDORSEMENT`.
pub(crate) const RH_ENDORSEMENT: u32 = 0x4000_000B;
/// `TPM_RH_PLATFORM`.
pub(crate) const RH_PLATFORM: u32 = 0x4000_000C;

const ST_NO_SESSIONS: u16 = 0x8001;
const ST_SESSIONS: u16 = 0x8002;
const ALG_SHA256: u16 = 0x000B;
const RS_PW: u32 = 0x4000_0009;
const HEADER_LEN: usize = 10;

/// The argument of `TPM2_Startup` and `TPM2_Shutdown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum StartupType {
    /// `TPM_SU_CLEAR`: state is not, or need not be, kept.
    Clear = 0,
    /// `TPM_SU_STATE`: state is to be, or was, kept over a loss of power.
    State = 1,
}

/// A command under construction.
pub(crate) struct Command(Vec<u8>);

impl Command {
    fn new(tag: u16, code: u32) -> Command {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend(tag.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(code.to_be_bytes());
        Command(bytes)
    }

    fn plain(code: u32) -> Command {
        Command::new(ST_NO_SESSIONS, code)
    }

    /// A command with these handles, the first of which is authorized by an empty password.
    fn authorized(code: u32, handles: &[u32]) -> Command {
        let mut command = Command::new(ST_SESSIONS, code);
        for handle in handles {
            command = command.u32(*handle);
        }
        // authorizationSize, sessionHandle, nonce, sessionAttributes (continueSession), hmac
        command.u32(9).u32(RS_PW).u16(0).u8(1).u16(0)
    }

    fn u8(mut self, value: u8) -> Command {
        self.0.push(value);
        self
    }

    fn u16(mut self, value: u16) -> Command {
        self.0.extend(value.to_be_bytes());
        self
    }

    fn u32(mut self, value: u32) -> Command {
        self.0.extend(value.to_be_bytes());
        self
    }

    fn sized(mut self, bytes: &[u8]) -> Command {
        let len = u16::try_from(bytes.len()).expect("the simulator's own buffers are short");
        self.0.extend(len.to_be_bytes());
        self.0.extend(bytes);
        self
    }

    /// The bytes to send, with the size filled in.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        let len = u32::try_from(self.0.len()).expect("the simulator's own commands are short");
        self.0[2..6].copy_from_slice(&len.to_be_bytes());
        self.0
    }
}

/// `TPM2_Startup`.
pub(crate) fn startup(kind: StartupType) -> Command {
    Command::plain(commands::STARTUP).u16(kind as u16)
}

/// `TPM2_Shutdown`.
pub(crate) fn shutdown(kind: StartupType) -> Command {
    Command::plain(commands::SHUTDOWN).u16(kind as u16)
}

/// `TPM2_ReadClock`.
pub(crate) fn read_clock() -> Command {
    Command::plain(commands::READ_CLOCK)
}

/// `TPM2_GetCapability`.
pub(crate) fn capability(capability: u32, property: u32, count: u32) -> Command {
    Command::plain(commands::GET_CAPABILITY)
        .u32(capability)
        .u32(property)
        .u32(count)
}

/// `TPM2_Clear` by the platform.
pub(crate) fn clear() -> Command {
    Command::authorized(commands::CLEAR, &[RH_PLATFORM])
}

/// `TPM2_ClearControl` by the platform.
pub(crate) fn clear_control(disable: bool) -> Command {
    Command::authorized(commands::CLEAR_CONTROL, &[RH_PLATFORM]).u8(disable.into())
}

/// `TPM2_CreatePrimary` of `template` (a TPMT_PUBLIC) with no auth value, outside data or PCRs.
pub(crate) fn create_primary(hierarchy: u32, template: &[u8]) -> Command {
    // TPM2B_SENSITIVE_CREATE: empty userAuth and data.
    Command::authorized(commands::CREATE_PRIMARY, &[hierarchy])
        .sized(&[0; 4])
        .sized(template)
        .u16(0)
        .u32(0)
}

/// `TPM2_EvictControl` by the owner: makes `object` persistent.
pub(crate) fn evict_control(object: u32, persistent: u32) -> Command {
    Command::authorized(commands::EVICT_CONTROL, &[RH_OWNER, object]).u32(persistent)
}

/// `TPM2_FlushContext`.
pub(crate) fn flush_context(handle: u32) -> Command {
    Command::plain(commands::FLUSH_CONTEXT).u32(handle)
}

/// `TPM2_NV_DefineSpace` by the platform, with an empty auth value and policy.
pub(crate) fn nv_define(index: u32, attributes: u32, size: u16) -> Command {
    let public = Command(Vec::new())
        .u32(index)
        .u16(ALG_SHA256)
        .u32(attributes)
        .u16(0)
        .u16(size);
    Command::authorized(commands::NV_DEFINE_SPACE, &[RH_PLATFORM])
        .u16(0)
        .sized(&public.0)
}

/// `TPM2_NV_Write` by the platform.
pub(crate) fn nv_write(index: u32, data: &[u8], offset: u16) -> Command {
    Command::authorized(commands::NV_WRITE, &[RH_PLATFORM, index])
        .sized(data)
        .u16(offset)
}

/// `TPM2_PCR_Extend` of the SHA-256 bank.
pub(crate) fn pcr_extend(pcr: u8, digest: &[u8; 32]) -> Command {
    let mut command = Command::authorized(commands::PCR_EXTEND, &[pcr.into()])
        .u32(1)
        .u16(ALG_SHA256);
    command.0.extend(digest);
    command
}

/// The command code of a command, 0 if it is too short to have one.
pub(crate) fn command_code(command: &[u8]) -> u32 {
    be_u32(command, 6).unwrap_or(0)
}

/// The response code of a response, `TPM_RC_FAILURE` if it is too short to have one.
pub(crate) fn response_code(response: &[u8]) -> u32 {
    const RC_FAILURE: u32 = 0x101;
    be_u32(response, 6).unwrap_or(RC_FAILURE)
}

/// The whole size that a header announces.
pub(crate) fn message_len(header: [u8; HEADER_LEN]) -> usize {
    u32::from_be_bytes([header[2], header[3], header[4], header[5]]) as usize
}

/// A response that is nothing but a return code.
pub(crate) fn error_response(code: u32) -> Vec<u8> {
    let mut response = Command::plain(code);
    response.0[2..6].copy_from_slice(&(HEADER_LEN as u32).to_be_bytes());
    response.0
}

/// Big-endian integer at `offset`.
pub(crate) fn be_u32(bytes: &[u8], offset: usize) -> Option<u32> {
    let end = offset.checked_add(4)?;
    bytes
        .get(offset..end)?
        .try_into()
        .ok()
        .map(u32::from_be_bytes)
}

/// Big-endian integer at `offset`.
pub(crate) fn be_u16(bytes: &[u8], offset: usize) -> Option<u16> {
    let end = offset.checked_add(2)?;
    bytes
        .get(offset..end)?
        .try_into()
        .ok()
        .map(u16::from_be_bytes)
}

/// Size-prefixed bytes at `offset`.
pub(crate) fn sized_at(bytes: &[u8], offset: usize) -> Option<&[u8]> {
    let len = usize::from(be_u16(bytes, offset)?);
    let start = offset.checked_add(2)?;
    bytes.get(start..start.checked_add(len)?)
}

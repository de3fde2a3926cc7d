//! Lets the Clock of a simulated TPM survive a power cut as silicon's does.
//!
//! A TPM writes its Clock to NV at least every `TPM_PT_CLOCK_UPDATE` milliseconds, so that an
//! unclean loss of power takes back no more than that. libtpms announces 4096 ms, but does not
//! write for the sake of Clock alone: Clock falls back to the last command that happened to write
//! NV, which may be the last boot. The simulator therefore makes libtpms write at each boundary.
//!
//! The command that does so is `TPM2_ClearControl` by the platform with the value it has already. It
//! always writes, changes nothing, is not DA-protected, and leaves an orderly shutdown orderly.
//! Only the exclusiveness of an audit session would end with it; hence it waits while one is used.

use std::time::Duration;

use crate::commands;
use crate::error::Error;
use crate::process::Swtpm;
use crate::wire;

/// `TPM_PT_CLOCK_UPDATE` of libtpms.
pub const CLOCK_UPDATE: Duration = Duration::from_millis(CLOCK_UPDATE_MS);
const CLOCK_UPDATE_MS: u64 = 4096;

/// Knows up to which boundary Clock was written.
#[derive(Debug)]
pub(crate) struct ClockKeeper {
    written_interval: u64,
    audit_in_use: bool,
}

impl ClockKeeper {
    /// For a TPM that has just booted, which writes NV.
    pub(crate) fn new(tpm: &mut Swtpm) -> Result<ClockKeeper, Error> {
        Ok(ClockKeeper {
            written_interval: clock_ms(tpm)? / CLOCK_UPDATE_MS,
            audit_in_use: false,
        })
    }

    /// Takes note of a client's command.
    pub(crate) fn saw(&mut self, command: &[u8]) {
        match wire::command_code(command) {
            commands::GET_SESSION_AUDIT_DIGEST | commands::FLUSH_CONTEXT => {
                self.audit_in_use = false;
            }
            _ if uses_audit_session(command) => self.audit_in_use = true,
            _ => {}
        }
    }

    /// Whether the next boundary may now be nearer than it was.
    pub(crate) fn is_misled_by(command: &[u8]) -> bool {
        wire::command_code(command) == commands::CLOCK_SET
    }

    /// Writes where a boundary was passed since the last write, unless a client is in the middle of
    /// an audit session. Returns the time to the next boundary at the fastest rate a TPM's owner
    /// can set.
    pub(crate) fn keep_unless_audited(&mut self, tpm: &mut Swtpm) -> Result<Duration, Error> {
        if self.audit_in_use {
            const SOON: Duration = Duration::from_millis(50);
            return Ok(SOON);
        }
        let clock_ms = self.keep(tpm)?;
        let remaining = CLOCK_UPDATE_MS - clock_ms % CLOCK_UPDATE_MS;
        Ok(Duration::from_millis(remaining * 5 / 6 + 1))
    }

    /// Writes where a boundary was passed since the last write. Returns Clock.
    pub(crate) fn keep(&mut self, tpm: &mut Swtpm) -> Result<u64, Error> {
        let clock_ms = clock_ms(tpm)?;
        let interval = clock_ms / CLOCK_UPDATE_MS;
        if interval != self.written_interval {
            let disabled = clear_is_disabled(tpm)?;
            tpm.run(wire::clear_control(disabled))?;
            self.written_interval = interval;
        }
        Ok(clock_ms)
    }
}

fn clock_ms(tpm: &mut Swtpm) -> Result<u64, Error> {
    // header, TPMS_TIME_INFO.time, TPMS_TIME_INFO.clockInfo.clock
    const CLOCK_AT: usize = 18;
    let response = tpm.run(wire::read_clock())?;
    wire::be_u32(&response, CLOCK_AT)
        .zip(wire::be_u32(&response, CLOCK_AT + 4))
        .map(|(high, low)| u64::from(high) << 32 | u64::from(low))
        .ok_or(Error::Unreadable("TPM2_ReadClock"))
}

/// TPMA_PERMANENT.disableClear.
fn clear_is_disabled(tpm: &mut Swtpm) -> Result<bool, Error> {
    const CAP_TPM_PROPERTIES: u32 = 6;
    const PT_PERMANENT: u32 = 0x200;
    const DISABLE_CLEAR: u32 = 1 << 8;
    // header, moreData, capability, count, property, value
    const VALUE_AT: usize = 23;
    let response = tpm.run(wire::capability(CAP_TPM_PROPERTIES, PT_PERMANENT, 1))?;
    wire::be_u32(&response, VALUE_AT)
        .map(|value| value & DISABLE_CLEAR != 0)
        .ok_or(Error::Unreadable("TPM2_GetCapability"))
}

/// Whether one of the command's sessions has the attribute `audit`.
fn uses_audit_session(command: &[u8]) -> bool {
    const ST_SESSIONS: u16 = 0x8002;
    const AUDIT: u8 = 0x80;
    if wire::be_u16(command, 0) != Some(ST_SESSIONS) {
        return false;
    }
    // Where the sessions begin depends on the number of handles, at most three. A wrong guess does
    // not read as a list of sessions that ends where its size says.
    (0..=3).any(|handles| {
        session_attributes(command, 10 + 4 * handles)
            .is_some_and(|attributes| attributes.iter().any(|attribute| attribute & AUDIT != 0))
    })
}

/// The attributes of each session in the authorization area at `offset`, if there is one there.
fn session_attributes(command: &[u8], offset: usize) -> Option<Vec<u8>> {
    let len = usize::try_from(wire::be_u32(command, offset)?).ok()?;
    let area = command.get(offset + 4..offset.checked_add(4)?.checked_add(len)?)?;
    let mut attributes = Vec::new();
    let mut at = 0;
    while at < area.len() {
        // sessionHandle, nonce, sessionAttributes, hmac
        let nonce = wire::sized_at(area, at + 4)?;
        at += 6 + nonce.len();
        attributes.push(*area.get(at)?);
        let hmac = wire::sized_at(area, at + 1)?;
        at += 3 + hmac.len();
    }
    (!attributes.is_empty()).then_some(attributes)
}

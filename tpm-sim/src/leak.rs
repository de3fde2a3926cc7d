//! What clients left behind in a TPM.
//!
//! TPMs have room for three objects and three sessions. A client that forgets one works in a test
//! and fails in the field, so that each test ends with this check.

use std::fmt;

use crate::error::Error;
use crate::process::Swtpm;
use crate::wire;

/// Objects and sessions that no client flushed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leak {
    /// Handles of transient objects (0x80......).
    pub objects: Vec<u32>,
    /// Handles of loaded sessions (0x02...... or 0x03......).
    pub loaded_sessions: Vec<u32>,
    /// Handles of sessions whose context was saved and that are still active.
    pub saved_sessions: Vec<u32>,
}

impl Leak {
    pub(crate) fn is_empty(&self) -> bool {
        self == &Leak::default()
    }
}

impl std::error::Error for Leak {}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("left in the TPM; flush on every path:")?;
        let kinds = [
            ("transient object", &self.objects),
            ("loaded session", &self.loaded_sessions),
            ("saved session", &self.saved_sessions),
        ];
        for (kind, handle) in kinds
            .iter()
            .flat_map(|(kind, list)| list.iter().map(move |handle| (kind, handle)))
        {
            write!(f, " {kind} {handle:#010x};")?;
        }
        Ok(())
    }
}

/// Asks the TPM what it holds.
pub(crate) fn look(tpm: &mut Swtpm) -> Result<Leak, Error> {
    Ok(Leak {
        objects: handles(tpm, 0x8000_0000)?,
        loaded_sessions: handles(tpm, 0x0200_0000)?,
        saved_sessions: handles(tpm, 0x0300_0000)?,
    })
}

/// Flushes what the TPM holds of clients.
pub(crate) fn flush(tpm: &mut Swtpm) -> Result<(), Error> {
    let Leak {
        objects,
        loaded_sessions,
        saved_sessions,
    } = look(tpm)?;
    for handle in [objects, loaded_sessions, saved_sessions].concat() {
        tpm.run(wire::flush_context(handle))?;
    }
    Ok(())
}

/// Handles of one type, by `TPM2_GetCapability(TPM_CAP_HANDLES)`.
fn handles(tpm: &mut Swtpm, first: u32) -> Result<Vec<u32>, Error> {
    const CAP_HANDLES: u32 = 1;
    const MOST: u32 = 64;
    // header, moreData, capability, count, handles
    const COUNT_AT: usize = 15;
    let response = tpm.run(wire::capability(CAP_HANDLES, first, MOST))?;
    let unreadable = || Error::Unreadable("TPM2_GetCapability");
    let count = wire::be_u32(&response, COUNT_AT)
        .ok_or_else(unreadable)?
        .min(MOST);
    (1..=count as usize)
        .map(|place| wire::be_u32(&response, COUNT_AT + 4 * place).ok_or_else(unreadable))
        .collect()
}

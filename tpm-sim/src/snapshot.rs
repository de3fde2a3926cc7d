//! The state of a TPM, copied.

use std::fs;
use std::path::Path;

use crate::error::Error;
use crate::process::{NV_FILE, VOLATILE_FILE};

/// A TPM's state at one moment. Only simulated and virtual TPMs can be copied; a test that restores
/// one stands for the hypervisor's administrator, or asserts that a copy is the same chip.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub(crate) nv: Vec<u8>,
    pub(crate) volatile: Option<Vec<u8>>,
}

impl Snapshot {
    /// Whether it holds also what a TPM loses with its power.
    pub fn is_running(&self) -> bool {
        self.volatile.is_some()
    }

    pub(crate) fn write_to(&self, state_dir: &Path) -> Result<(), Error> {
        let nv = state_dir.join(NV_FILE);
        fs::write(&nv, &self.nv).map_err(Error::file("writing", nv))?;
        let Some(volatile) = &self.volatile else {
            return Ok(());
        };
        let path = state_dir.join(VOLATILE_FILE);
        fs::write(&path, volatile).map_err(Error::file("writing", path))
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("nv_len", &self.nv.len())
            .field("running", &self.is_running())
            .finish_non_exhaustive()
    }
}

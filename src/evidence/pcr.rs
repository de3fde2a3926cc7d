//! Values of PCRs and what a quote says about them.

use super::algorithm::{HashAlgorithm, sha256};
use super::wire::{Put, Reader, WireError};
use std::collections::BTreeMap;

/// The number of PCRs of a PC Client TPM.
const PCRS: u8 = 24;

/// Values of PCRs of the SHA-256 bank, as a device reported them: true once a quote's digest
/// agreed.
///
/// Empty by default: a quote that is about no PCR.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PcrValues(BTreeMap<u8, [u8; 32]>);

impl PcrValues {
    /// No PCR.
    pub fn none() -> Self {
        Self::default()
    }

    /// These values by PCR number; none if a number is above 23.
    pub fn new(values: impl IntoIterator<Item = (u8, [u8; 32])>) -> Option<Self> {
        let values: BTreeMap<_, _> = values.into_iter().collect();
        values.keys().all(|&pcr| pcr < PCRS).then_some(Self(values))
    }

    /// The value of a PCR.
    pub fn value(&self, pcr: u8) -> Option<&[u8; 32]> {
        self.0.get(&pcr)
    }

    /// The digest over the values in the order of their numbers, as PolicyPCR and Quote calculate
    /// it.
    pub fn digest(&self) -> [u8; 32] {
        let values: Vec<&[u8]> = self.0.values().map(|value| &value[..]).collect();
        sha256(&values)
    }

    /// The selection as a TPML_PCR_SELECTION.
    pub fn selection(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(10);
        if self.0.is_empty() {
            bytes.put_u32(0);
        } else {
            bytes.put_u32(1);
            bytes.put_u16(HashAlgorithm::Sha256.id());
            bytes.push(PCRS / 8);
            bytes.extend_from_slice(&self.mask().to_le_bytes()[..3]);
        }
        bytes
    }

    pub(crate) fn mask(&self) -> u32 {
        self.0.keys().fold(0, |mask, &pcr| mask | 1 << pcr)
    }
}

/// Which PCRs a quote is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PcrSelection {
    /// Bit n stands for PCR n of the SHA-256 bank.
    pub(crate) sha256: u32,
    /// Whether PCRs of another bank are selected.
    pub(crate) others: bool,
}

impl PcrSelection {
    /// Reads a TPML_PCR_SELECTION. A bank without a selected PCR counts as absent; a bank named
    /// twice is refused.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let count = reader.u32()?;
        if count > 16 {
            return Err(WireError::Field("pcrSelect"));
        }
        let mut banks = Vec::with_capacity(count as usize);
        let mut selection = Self {
            sha256: 0,
            others: false,
        };
        for _ in 0..count {
            let bank = reader.u16()?;
            if banks.contains(&bank) {
                return Err(WireError::Field("pcrSelect"));
            }
            banks.push(bank);
            let len = reader.u8()?;
            if len > 4 {
                return Err(WireError::Field("pcrSelect"));
            }
            let mut mask = [0; 4];
            mask[..usize::from(len)].copy_from_slice(reader.take(usize::from(len))?);
            let mask = u32::from_le_bytes(mask);
            if bank == HashAlgorithm::Sha256.id() {
                selection.sha256 = mask;
            } else {
                selection.others |= mask != 0;
            }
        }
        Ok(selection)
    }
}

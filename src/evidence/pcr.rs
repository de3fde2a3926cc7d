//! Values of PCRs and what a quote says about them.

use super::algorithm::{HashAlgorithm, sha256};
use super::attest::Attested;
use super::wire::{Reader, WireError};
use crate::token::{Digest, PcrSelection};
use std::collections::BTreeMap;

/// Values of PCRs of the SHA-256 bank, as a device reported them: true once a quote's digest
/// agreed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PcrValues(BTreeMap<u8, [u8; 32]>);

impl PcrValues {
    /// These values by PCR number; none if a number is above 15.
    pub fn new(values: impl IntoIterator<Item = (u8, [u8; 32])>) -> Option<Self> {
        let values: BTreeMap<_, _> = values.into_iter().collect();
        PcrSelection::new(values.keys().copied()).map(|_| Self(values))
    }

    /// The value of a PCR.
    pub fn value(&self, pcr: u8) -> Option<&[u8; 32]> {
        self.0.get(&pcr)
    }

    /// The PCRs that there are values of.
    pub fn pcrs(&self) -> PcrSelection {
        PcrSelection::new(self.0.keys().copied()).expect("no number is above 15")
    }

    /// The digest over all values in the order of their numbers, as TPM2_Quote calculates it.
    pub fn digest(&self) -> [u8; 32] {
        let values: Vec<&[u8]> = self.0.values().map(|value| &value[..]).collect();
        sha256(&values)
    }

    /// The digest that a quote over `pcrs` shows while they have these values; none if the value of
    /// one is not here.
    pub fn digest_of(&self, pcrs: PcrSelection) -> Option<Digest> {
        let values = pcrs.iter().map(|pcr| Some(&self.value(pcr)?[..]));
        Some(Digest::new(sha256(&values.collect::<Option<Vec<_>>>()?)))
    }
}

/// A quote over PCRs 0 to 15 with the values that they had: not yet trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformQuote {
    /// The quote.
    pub quote: Attested,
    /// The values, by number.
    pub values: [[u8; 32]; PcrSelection::PCRS as usize],
}

impl PlatformQuote {
    /// The values, which are true once the quote was verified over them.
    pub fn values(&self) -> PcrValues {
        PcrValues((0..).zip(self.values).collect())
    }
}

/// Which PCRs a quote says it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuotedSelection {
    /// Bit n stands for PCR n of the SHA-256 bank.
    sha256: u32,
    /// Whether PCRs of another bank are selected.
    others: bool,
}

impl QuotedSelection {
    /// Whether it is of exactly these PCRs of the SHA-256 bank.
    pub(crate) fn is(self, pcrs: PcrSelection) -> bool {
        !self.others && self.sha256 == u32::from(pcrs.bits())
    }

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

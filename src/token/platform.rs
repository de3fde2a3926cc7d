//! What a machine measured of its start: the PCRs that a product's rules watch, and what of it a vendor approved.

use std::collections::BTreeSet;
use std::fmt;

use serde_cbor::Value;

use super::cbor::{CborError, FromCbor, MapReader, MapWriter, ToCbor};
use super::claims::{ClaimsError, invalid};
use super::id::Digest;
use super::lease::Lease;

/// A set of PCRs out of 0 to 15, of the SHA-256 bank: those that nothing but a restart of the machine resets.
///
/// The others are not for judging a machine: 16 and 21 to 23 can be reset by whoever may use the TPM, and 17 to 20 belong to
/// a dynamic launch, which most machines never make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PcrSelection(u16);

impl PcrSelection {
    /// The number of PCRs to choose from.
    pub const PCRS: u8 = 16;
    /// No PCR.
    pub const NONE: Self = Self(0);
    /// All of them.
    pub const ALL: Self = Self(u16::MAX);

    /// These PCRs; none if a number is above 15.
    pub fn new(pcrs: impl IntoIterator<Item = u8>) -> Option<Self> {
        pcrs.into_iter().try_fold(Self::NONE, |chosen, pcr| {
            (pcr < Self::PCRS).then(|| Self(chosen.0 | 1 << pcr))
        })
    }

    /// PCR n where bit n is set.
    pub fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// The PCRs, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..Self::PCRS).filter(move |pcr| self.0 & 1 << pcr != 0)
    }

    /// Bit n stands for PCR n.
    pub fn bits(self) -> u16 {
        self.0
    }
}

impl fmt::Display for PcrSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        for (place, pcr) in self.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{pcr}")?;
        }
        Ok(())
    }
}

impl ToCbor for PcrSelection {
    fn to_cbor(&self) -> Value {
        self.0.to_cbor()
    }
}

impl FromCbor for PcrSelection {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        Ok(Self(u16::from_cbor(value, key)?))
    }
}

/// The selections that the quotes of one attestation are over, one quote each: every one that a lease asks for, in their
/// order; that of no PCR where none asks.
///
/// A quote shows one digest over all of its PCRs, so leases that watch different ones can't share a quote. Those that watch
/// none take any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selections(Vec<PcrSelection>);

impl Selections {
    /// Those that these leases ask for.
    pub fn of<'l>(leases: impl IntoIterator<Item = &'l Lease>) -> Self {
        let named = leases.into_iter().filter_map(|lease| lease.platform);
        Self::over(named.map(|platform| platform.pcrs))
    }

    /// These, each once.
    pub fn over(selections: impl IntoIterator<Item = PcrSelection>) -> Self {
        let asked: BTreeSet<_> = selections.into_iter().collect();
        let mut asked: Vec<_> = asked.into_iter().collect();
        if asked.len() > 1 {
            asked.retain(|pcrs| !pcrs.is_empty());
        }
        match asked.is_empty() {
            true => Self::none(),
            false => Self(asked),
        }
    }

    /// One quote over no PCR.
    pub fn none() -> Self {
        Self(vec![PcrSelection::NONE])
    }

    /// The selections; never empty.
    pub fn as_slice(&self) -> &[PcrSelection] {
        &self.0
    }
}

/// What a lease says about its machine's platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// The PCRs that every quote about this lease is over.
    pub pcrs: PcrSelection,
    /// The digest that a quote over them showed when the vendor approved the machine; `None` where the rules list what is
    /// approved.
    pub reference: Option<Digest>,
}

impl Platform {
    pub(super) fn check(&self) -> Result<(), ClaimsError> {
        match self.pcrs.is_empty() {
            true => invalid("platform", "names no PCR"),
            false => Ok(()),
        }
    }
}

impl ToCbor for Platform {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.pcrs)
            .put_some(4, self.reference)
            .into_value()
    }
}

impl FromCbor for Platform {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let platform = Self {
            pcrs: map.required(2)?,
            reference: map.optional(4)?,
        };
        map.finish()?;
        Ok(platform)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_names_its_pcrs_in_order() {
        let chosen = PcrSelection::new([7, 0, 2, 7]).expect("all below 16");
        assert_eq!(chosen.iter().collect::<Vec<_>>(), [0, 2, 7]);
        assert_eq!(chosen.bits(), 0b1000_0101);
        assert_eq!(chosen.to_string(), "0, 2, 7");
        assert_eq!(PcrSelection::NONE.to_string(), "none");
        assert_eq!(PcrSelection::new(0..16), Some(PcrSelection::ALL));
    }

    #[test]
    fn every_selection_is_quoted_once_and_none_only_alone() {
        let pcrs = |pcrs: &[u8]| PcrSelection::new(pcrs.iter().copied()).expect("all below 16");
        let over = |selections: &[PcrSelection]| {
            let selections = Selections::over(selections.iter().copied());
            selections.as_slice().to_vec()
        };
        let (a, b) = (pcrs(&[0, 7]), pcrs(&[4]));
        assert_eq!(over(&[]), [PcrSelection::NONE]);
        assert_eq!(over(&[PcrSelection::NONE]), [PcrSelection::NONE]);
        assert_eq!(over(&[a, PcrSelection::NONE, a]), [a]);
        assert_eq!(over(&[a, b]), over(&[b, a, b]));
        assert_eq!(over(&[a, b]).len(), 2);
    }

    #[test]
    fn pcrs_that_software_can_reset_are_no_choice() {
        for pcr in [16, 17, 23, 255] {
            assert_eq!(PcrSelection::new([0, pcr]), None, "{pcr}");
        }
    }
}

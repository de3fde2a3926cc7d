//! The entries of a status list: small numbers, packed and compressed.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde_cbor::Value;

use super::{StatusList, members, take_member, text_map};
use crate::token::cbor::{CborError, FromCbor};
use crate::token::claims::{self, ClaimsError, invalid};

/// Numbers of 1, 2, 4 or 8 bits, the first in the lowest bits of the first byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entries {
    bits: u8,
    packed: Vec<u8>,
}

impl Entries {
    /// What our own lists have.
    const BITS: u8 = 2;

    pub(super) fn of_valid(length: usize) -> Self {
        let per_byte = usize::from(8 / Self::BITS);
        Self {
            bits: Self::BITS,
            packed: vec![0; length.div_ceil(per_byte)],
        }
    }

    pub(super) fn capacity(&self) -> u64 {
        self.packed.len() as u64 * u64::from(8 / self.bits)
    }

    pub(super) fn at(&self, index: u64) -> Option<u8> {
        let (byte, shift) = self.place(index)?;
        self.packed
            .get(byte)
            .map(|packed| packed >> shift & self.mask())
    }

    pub(super) fn set(&mut self, index: u64, number: u8) -> Result<(), ClaimsError> {
        if number > self.mask() {
            return invalid("status", "does not fit the list");
        }
        let Some((byte, shift)) = self
            .place(index)
            .filter(|(byte, _)| *byte < StatusList::INFLATED_LIMIT)
        else {
            return invalid("index", "lies beyond the longest list");
        };
        if byte >= self.packed.len() {
            self.packed.resize(byte + 1, 0);
        }
        self.packed[byte] = self.packed[byte] & !(self.mask() << shift) | number << shift;
        Ok(())
    }

    /// Byte and shift of an entry.
    fn place(&self, index: u64) -> Option<(usize, u64)> {
        let per_byte = u64::from(8 / self.bits);
        let byte = usize::try_from(index / per_byte).ok()?;
        Some((byte, index % per_byte * u64::from(self.bits)))
    }

    fn mask(&self) -> u8 {
        0xff >> (8 - self.bits)
    }

    pub(super) fn to_cbor(&self) -> Value {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        let deflated = encoder
            .write_all(&self.packed)
            .and_then(|()| encoder.finish());
        let deflated = deflated.expect("writing to memory does not fail");
        text_map([("lst", Value::Bytes(deflated)), ("bits", self.bits.into())])
    }

    pub(super) fn from_cbor(value: Value) -> Result<Self, ClaimsError> {
        let key = claims::STATUS_LIST;
        let mut members = members(value, key)?;
        let bits = u8::from_cbor(take_member(&mut members, "bits", key)?, key)?;
        if !matches!(bits, 1 | 2 | 4 | 8) {
            return Err(CborError::OutOfRange { key }.into());
        }
        let deflated: Vec<u8> = FromCbor::from_cbor(take_member(&mut members, "lst", key)?, key)?;
        let packed = inflate(&deflated)?;
        Ok(Self { bits, packed })
    }
}

/// Inflates one whole zlib stream (RFC 1950) of bounded size.
fn inflate(deflated: &[u8]) -> Result<Vec<u8>, ClaimsError> {
    let limit = StatusList::INFLATED_LIMIT;
    let mut decoder = ZlibDecoder::new(deflated);
    let mut packed = Vec::new();
    let read = (&mut decoder)
        .take(limit as u64 + 1)
        .read_to_end(&mut packed);
    if packed.len() > limit {
        return invalid("status_list", "inflates to more than is allowed");
    }
    if read.is_err() || decoder.total_in() != deflated.len() as u64 {
        return invalid("status_list", "is not one zlib stream");
    }
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(bits: u8, packed: &[u8]) -> Entries {
        Entries {
            bits,
            packed: packed.to_vec(),
        }
    }

    #[test]
    fn the_draft_s_examples_are_read() {
        // draft-ietf-oauth-status-list section 4.1: 16 tokens of 1 bit, 12 of 2 bits.
        let one = entries(1, &[0xb9, 0xa3]);
        let read: Vec<_> = (0..16).map(|index| one.at(index).unwrap()).collect();
        assert_eq!(read, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]);
        let two = entries(2, &[0xc9, 0x44, 0xf9]);
        let read: Vec<_> = (0..12).map(|index| two.at(index).unwrap()).collect();
        assert_eq!(read, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
        assert_eq!(two.at(12), None);
    }

    #[test]
    fn setting_one_entry_leaves_the_others() {
        let mut list = Entries::of_valid(3);
        list.set(1, 2).unwrap();
        list.set(6, 1).unwrap();
        list.set(1, 1).unwrap();
        let read: Vec<_> = (0..8).map(|index| list.at(index).unwrap()).collect();
        assert_eq!(read, [0, 1, 0, 0, 0, 0, 1, 0]);
        assert!(list.set(0, 4).is_err());
        assert!(list.set(u64::MAX, 1).is_err());
    }

    #[test]
    fn a_deflate_bomb_is_refused() {
        let bomb = Entries::of_valid(4 * StatusList::INFLATED_LIMIT + 1);
        let problem = "inflates to more than is allowed";
        assert_eq!(
            Entries::from_cbor(bomb.to_cbor()),
            Err(ClaimsError::Invalid {
                field: "status_list",
                problem
            })
        );
        let longest = Entries::of_valid(4 * StatusList::INFLATED_LIMIT);
        assert_eq!(Entries::from_cbor(longest.to_cbor()), Ok(longest));
    }

    #[test]
    fn a_cut_or_extended_zlib_stream_is_refused() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&[0xc9; 40]).unwrap();
        let whole = encoder.finish().unwrap();
        assert_eq!(inflate(&whole).unwrap(), [0xc9; 40]);
        assert!(inflate(&whole[..whole.len() - 1]).is_err());
        assert!(inflate(&[&whole[..], &[0]].concat()).is_err());
        assert!(inflate(&[]).is_err());
    }
}

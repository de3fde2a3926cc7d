//! Reading and writing the TPM's wire format: big-endian integers and buffers with a 16-bit size.

use thiserror::Error;

/// Why bytes are not the TPM structure that they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WireError {
    /// The structure goes on where the bytes end.
    #[error("the structure is cut short")]
    Truncated,
    /// Bytes follow the structure.
    #[error("bytes follow the structure")]
    TrailingBytes,
    /// A field has a value that its type forbids, or that this program does not know.
    #[error("the field {0} has an unknown or forbidden value")]
    Field(&'static str),
}

/// Takes TPM structures from the front of a byte string, borrowing from it.
#[derive(Clone)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], WireError> {
        let (front, rest) = self.0.split_at_checked(len).ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(front)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (front, rest) = self.0.split_first_chunk().ok_or(WireError::Truncated)?;
        self.0 = rest;
        Ok(*front)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, WireError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// A TPMI_YES_NO.
    pub(crate) fn yes_no(&mut self, field: &'static str) -> Result<bool, WireError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(WireError::Field(field)),
        }
    }

    /// A TPM2B: its contents, which may be at most `max` bytes long.
    pub(crate) fn sized(&mut self, max: usize, field: &'static str) -> Result<&'a [u8], WireError> {
        let len = usize::from(self.u16()?);
        if len > max {
            return Err(WireError::Field(field));
        }
        self.take(len)
    }

    pub(crate) fn finish(self) -> Result<(), WireError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(WireError::TrailingBytes)
        }
    }
}

/// Appends TPM structures to a byte string.
pub(crate) trait Put {
    fn put_u16(&mut self, value: u16);
    fn put_u32(&mut self, value: u32);
    /// A TPM2B of `bytes`, which must be shorter than 64 KiB.
    fn put_sized(&mut self, bytes: &[u8]);
}

impl Put for Vec<u8> {
    fn put_u16(&mut self, value: u16) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    fn put_u32(&mut self, value: u32) {
        self.extend_from_slice(&value.to_be_bytes());
    }

    fn put_sized(&mut self, bytes: &[u8]) {
        let len = u16::try_from(bytes.len()).expect("every TPM structure is shorter than 64 KiB");
        self.put_u16(len);
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_big_endian() {
        let mut reader = Reader::new(&[0x01, 0x00, 0x02, 0, 0, 0, 3]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(2));
        assert_eq!(reader.u32(), Ok(3));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_buffer_that_says_more_than_there_is_is_refused() {
        assert_eq!(
            Reader::new(&[0, 3, 1, 2]).sized(64, "x"),
            Err(WireError::Truncated)
        );
        assert_eq!(Reader::new(&[0, 2, 1, 2]).sized(64, "x"), Ok(&[1, 2][..]));
    }

    #[test]
    fn a_buffer_longer_than_its_type_allows_is_refused() {
        assert_eq!(
            Reader::new(&[0, 2, 1, 2]).sized(1, "x"),
            Err(WireError::Field("x"))
        );
    }

    #[test]
    fn bytes_after_the_end_are_refused() {
        assert_eq!(Reader::new(&[0]).finish(), Err(WireError::TrailingBytes));
    }

    #[test]
    fn a_boolean_is_zero_or_one() {
        assert_eq!(
            Reader::new(&[2]).yes_no("safe"),
            Err(WireError::Field("safe"))
        );
    }
}

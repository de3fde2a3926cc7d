//! A look at the structure of CBOR before anything decodes it: no allocation, no recursion.

use super::{CborError, Limits};

/// Checks size, depth, lengths and the types used, and returns the number of items.
///
/// With a `tag` the value must start with it and may hold `null` (as COSE does); no other tag is
/// accepted.
pub(super) fn scan(bytes: &[u8], limits: Limits, tag: Option<u64>) -> Result<usize, CborError> {
    if bytes.len() > limits.size {
        return Err(CborError::TooLarge {
            size: bytes.len(),
            limit: limits.size,
        });
    }
    let mut input = Input(bytes);
    if let Some(tag) = tag
        && input.head()? != (6, tag)
    {
        return Err(CborError::Tag);
    }
    let mut items = 0;
    // How many items each open array or map still wants; the first level is the value itself.
    let mut open = vec![1u64];
    while let Some(wanted) = open.last_mut() {
        if *wanted == 0 {
            open.pop();
            continue;
        }
        *wanted -= 1;
        items += 1;
        let children = match input.head()? {
            (0 | 1, _) => continue,
            (2 | 3, length) => {
                input.skip(length)?;
                continue;
            }
            (4, length) => length,
            (5, length) => length.checked_mul(2).ok_or(CborError::Truncated)?,
            (6, _) => return Err(CborError::Tag),
            (_, 20 | 21) => continue,
            (_, 22) if tag.is_some() => continue,
            _ => return Err(CborError::Unsupported),
        };
        if open.len() > limits.depth {
            return Err(CborError::TooDeep {
                limit: limits.depth,
            });
        }
        // Every item takes a byte at least: a length beyond that is a lie.
        if children > input.0.len() as u64 {
            return Err(CborError::Truncated);
        }
        open.push(children);
    }
    match input.0 {
        [] => Ok(items),
        _ => Err(CborError::TrailingBytes),
    }
}

struct Input<'a>(&'a [u8]);

impl Input<'_> {
    /// Major type and argument of the next item (RFC 8949 section 3).
    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let initial = self.take(1)?[0];
        let major = initial >> 5;
        let argument = match initial & 0x1f {
            small @ 0..=23 => u64::from(small),
            24..=27 if major == 7 => return Err(CborError::Unsupported),
            size @ 24..=27 => {
                let bytes = self.take(1 << (size - 24))?;
                bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
            }
            31 => return Err(CborError::IndefiniteLength),
            _ => return Err(CborError::Malformed),
        };
        Ok((major, argument))
    }

    fn skip(&mut self, length: u64) -> Result<(), CborError> {
        self.take(usize::try_from(length).map_err(|_| CborError::Truncated)?)
            .map(drop)
    }

    fn take(&mut self, length: usize) -> Result<&[u8], CborError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or(CborError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }
}

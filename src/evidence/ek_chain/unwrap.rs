//! Certificates out of NV memory, where makers pad and wrap them.

use crate::evidence::wire::{Reader, WireError};
use thiserror::Error;

/// Bytes that hold no certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the bytes are not certificates in DER, padded or wrapped as TPMs store them")]
pub struct UnwrapError;

/// Tag of TCG_PCCLIENT_STORED_CERT.
const STORED_CERTIFICATE: u16 = 0x1001;
/// Tag of TCG_FULL_CERT, inside the other.
const FULL_CERTIFICATE: u16 = 0x1002;

/// Takes apart what an NV index holds: certificates one after the other, each in DER, each possibly
/// behind the header of the TCG's PC Client specification (`1001`, type, length, perhaps `1002`),
/// with 0x00 and 0xff as padding between and after them.
///
/// Returns the bytes of each; whether they are certificates is not looked at.
pub fn unwrap_certificates(stored: &[u8]) -> Result<Vec<&[u8]>, UnwrapError> {
    let mut certificates = Vec::new();
    let mut rest = skip_padding(stored);
    while !rest.is_empty() {
        let (certificate, behind) = if rest[0] == 0x10 {
            unwrap_header(rest).map_err(|_| UnwrapError)?
        } else {
            split_der(rest).ok_or(UnwrapError)?
        };
        certificates.push(certificate);
        rest = skip_padding(behind);
    }
    Ok(certificates)
}

fn skip_padding(bytes: &[u8]) -> &[u8] {
    let padding = bytes
        .iter()
        .take_while(|byte| matches!(byte, 0x00 | 0xff))
        .count();
    &bytes[padding..]
}

fn unwrap_header(stored: &[u8]) -> Result<(&[u8], &[u8]), WireError> {
    let mut reader = Reader::new(stored);
    if reader.u16()? != STORED_CERTIFICATE || reader.u8()? != 0 {
        return Err(WireError::Field("tag"));
    }
    let inside = reader.sized(usize::from(u16::MAX), "certSize")?;
    let certificate = inside
        .strip_prefix(&FULL_CERTIFICATE.to_be_bytes())
        .unwrap_or(inside);
    match split_der(certificate) {
        Some((certificate, padding)) if skip_padding(padding).is_empty() => {
            Ok((certificate, reader.rest()))
        }
        _ => Err(WireError::Field("cert")),
    }
}

/// The first DER sequence, and what follows it.
fn split_der(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, len) = match *bytes {
        [0x30, len @ 0..=0x7f, ..] => (2, usize::from(len)),
        [0x30, 0x81, len, ..] => (3, usize::from(len)),
        [0x30, 0x82, high, low, ..] => (4, usize::from(u16::from_be_bytes([high, low]))),
        _ => return None,
    };
    bytes.split_at_checked(header + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: [u8; 4] = [0x30, 0x02, 0x05, 0x00];
    const TWO: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x07];

    #[test]
    fn a_bare_certificate_stays_as_it_is() {
        assert_eq!(unwrap_certificates(&ONE), Ok(vec![&ONE[..]]));
    }

    #[test]
    fn padding_is_cut_off() {
        for padding in [0x00, 0xff] {
            let padded = [&ONE[..], &[padding; 9]].concat();
            assert_eq!(unwrap_certificates(&padded), Ok(vec![&ONE[..]]));
        }
        assert_eq!(unwrap_certificates(&[0xff; 9]), Ok(vec![]));
    }

    #[test]
    fn other_bytes_behind_a_certificate_are_refused() {
        assert_eq!(
            unwrap_certificates(&[&ONE[..], &[7]].concat()),
            Err(UnwrapError)
        );
    }

    #[test]
    fn a_header_is_taken_off() {
        let short = [&[0x10, 0x01, 0x00, 0x00, 0x04][..], &ONE, &[0xff; 3]].concat();
        assert_eq!(unwrap_certificates(&short), Ok(vec![&ONE[..]]));
        let full = [&[0x10, 0x01, 0x00, 0x00, 0x06, 0x10, 0x02][..], &ONE].concat();
        assert_eq!(unwrap_certificates(&full), Ok(vec![&ONE[..]]));
    }

    #[test]
    fn a_header_of_another_type_or_length_is_refused() {
        for header in [
            [0x10, 0x01, 0x01, 0x00, 0x04],
            [0x10, 0x01, 0x00, 0x00, 0x05],
        ] {
            assert_eq!(
                unwrap_certificates(&[&header[..], &ONE].concat()),
                Err(UnwrapError)
            );
        }
    }

    #[test]
    fn several_certificates_are_told_apart() {
        let both = [&ONE[..], &[0; 3], &TWO].concat();
        assert_eq!(unwrap_certificates(&both), Ok(vec![&ONE[..], &TWO[..]]));
    }

    #[test]
    fn a_certificate_that_is_cut_short_is_refused() {
        assert_eq!(unwrap_certificates(&TWO[..4]), Err(UnwrapError));
    }
}

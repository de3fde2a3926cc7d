//! Certificates out of NV memory, where makers pad and wrap them, and spread one over several indexes.

/// More certificates than any chain has, of which the useful ones may be the last.
const MAX_CERTIFICATES: usize = 64;

/// Finds the certificates in what NV memory holds: whatever is built like one, in DER, wherever it begins. Padding, the headers
/// of the TCG's PC Client specification (`1001`, type, length, perhaps `1002`) and bytes that are nothing at all are passed
/// over; at most the first 64 are given.
///
/// Returns the bytes of each; whether they are certificates that can be read is not looked at.
pub fn unwrap_certificates(stored: &[u8]) -> Vec<&[u8]> {
    let mut certificates = Vec::new();
    let mut rest = stored;
    while certificates.len() < MAX_CERTIFICATES {
        let Some(start) = rest.iter().position(|byte| *byte == SEQUENCE) else {
            break;
        };
        rest = &rest[start..];
        match split_certificate(rest) {
            Some((certificate, behind)) => {
                certificates.push(certificate);
                rest = behind;
            }
            None => rest = &rest[1..],
        }
    }
    certificates
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

/// The certificate with which `bytes` begin, and what follows it: a sequence of exactly a sequence, a sequence and a bit
/// string. Takes the same short time for any bytes.
pub(crate) fn split_certificate(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (whole, behind) = split_element(bytes, SEQUENCE)?;
    let (_, rest) = split_element(whole, SEQUENCE)?;
    let (_, rest) = split_element(rest, SEQUENCE)?;
    let (_, rest) = split_element(rest, BIT_STRING)?;
    rest.is_empty()
        .then(|| bytes.split_at(bytes.len() - behind.len()))
}

/// The content of the element of this tag with which `bytes` begin, and what follows it.
pub(crate) fn split_element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (len, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let len = len
                .iter()
                .fold(0_u64, |len, byte| len << 8 | u64::from(*byte));
            (usize::try_from(len).ok()?, rest)
        }
        _ => return None,
    };
    match found == tag {
        true => rest.split_at_checked(len),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Built like certificates, and as small as can be.
    const ONE: [u8; 9] = [0x30, 0x07, 0x30, 0x00, 0x30, 0x00, 0x03, 0x01, 0x00];
    const TWO: [u8; 11] = [
        0x30, 0x09, 0x30, 0x02, 0x05, 0x00, 0x30, 0x00, 0x03, 0x01, 0x00,
    ];

    #[test]
    fn a_bare_certificate_stays_as_it_is() {
        assert_eq!(unwrap_certificates(&ONE), [&ONE[..]]);
    }

    #[test]
    fn padding_and_other_bytes_are_passed_over() {
        for padding in [&[0x00; 9][..], &[0xff; 9], b"\r\n", &[7], &[0x30, 0x82]] {
            let padded = [padding, &ONE[..], padding].concat();
            assert_eq!(unwrap_certificates(&padded), [&ONE[..]]);
        }
        assert!(unwrap_certificates(&[0xff; 9]).is_empty());
    }

    #[test]
    fn a_header_is_taken_off() {
        // Its length may look like the beginning of a sequence.
        for header in [
            &[0x10, 0x01, 0x00, 0x00, 0x09][..],
            &[0x10, 0x01, 0x00, 0x00, 0x0b, 0x10, 0x02],
            &[0x10, 0x01, 0x00, 0x00, 0x30, 0x10, 0x02],
        ] {
            let wrapped = [header, &ONE, &[0xff; 3]].concat();
            assert_eq!(unwrap_certificates(&wrapped), [&ONE[..]]);
        }
    }

    #[test]
    fn several_certificates_are_told_apart() {
        let both = [&ONE[..], &[0; 3], &TWO].concat();
        assert_eq!(unwrap_certificates(&both), [&ONE[..], &TWO[..]]);
    }

    #[test]
    fn a_certificate_that_is_cut_short_hides_none_behind_it() {
        assert!(unwrap_certificates(&TWO[..8]).is_empty());
        let both = [&TWO[..8], &ONE].concat();
        assert_eq!(unwrap_certificates(&both), [&ONE[..]]);
    }

    #[test]
    fn no_more_than_any_chain_has_are_given() {
        assert_eq!(
            unwrap_certificates(&ONE.repeat(100)).len(),
            MAX_CERTIFICATES
        );
    }
}

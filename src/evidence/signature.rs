//! TPMT_SIGNATURE of ECDSA on P-256 with SHA-256 (TPM 2.0 Part 2, 11.3.4).

use super::algorithm::{ALG_ECDSA, HashAlgorithm};
use super::wire::{Reader, WireError};
use p256::FieldBytes;
use p256::ecdsa::Signature;

/// Parses a TPMT_SIGNATURE.
///
/// A TPM writes both integers without leading zeros or with them: shorter ones are padded on the
/// left, longer ones refused, and zero and what is not below the group's order as well. The upper
/// half of s is accepted, as TPMs do not normalize.
pub(crate) fn parse_signature(bytes: &[u8]) -> Result<Signature, WireError> {
    let mut reader = Reader::new(bytes);
    if reader.u16()? != ALG_ECDSA {
        return Err(WireError::Field("sigAlg"));
    }
    if HashAlgorithm::read(&mut reader, "hash")? != HashAlgorithm::Sha256 {
        return Err(WireError::Field("hash"));
    }
    let r = read_integer(&mut reader, "signatureR")?;
    let s = read_integer(&mut reader, "signatureS")?;
    reader.finish()?;
    Signature::from_scalars(r, s).map_err(|_| WireError::Field("signatureR or signatureS"))
}

fn read_integer(reader: &mut Reader<'_>, field: &'static str) -> Result<FieldBytes, WireError> {
    let bytes = reader.sized(32, field)?;
    let mut padded = FieldBytes::default();
    padded[32 - bytes.len()..].copy_from_slice(bytes);
    Ok(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(r: &[u8], s: &[u8]) -> Vec<u8> {
        use crate::evidence::wire::Put;
        let mut bytes = vec![0x00, 0x18, 0x00, 0x0b];
        bytes.put_sized(r);
        bytes.put_sized(s);
        bytes
    }

    #[test]
    fn shorter_integers_are_padded_on_the_left() {
        let mut r = [0; 32];
        r[31] = 5;
        assert_eq!(
            parse_signature(&encode(&[5], &[9])),
            parse_signature(&encode(&r, &[0, 9]))
        );
        assert!(parse_signature(&encode(&[5], &[9])).is_ok());
    }

    #[test]
    fn longer_integers_are_refused_even_with_leading_zeros() {
        let mut long = [0; 33];
        long[32] = 5;
        assert_eq!(
            parse_signature(&encode(&long, &[9])),
            Err(WireError::Field("signatureR"))
        );
        assert_eq!(
            parse_signature(&encode(&[9], &long)),
            Err(WireError::Field("signatureS"))
        );
    }

    #[test]
    fn zero_and_integers_not_below_the_order_are_refused() {
        const ANY: Result<Signature, WireError> = Err(WireError::Field("signatureR or signatureS"));
        assert_eq!(parse_signature(&encode(&[], &[9])), ANY);
        assert_eq!(parse_signature(&encode(&[9], &[0])), ANY);
        assert_eq!(parse_signature(&encode(&[0xff; 32], &[9])), ANY);
        assert_eq!(parse_signature(&encode(&[9], &[0xff; 32])), ANY);
    }

    #[test]
    fn other_algorithms_are_refused() {
        let mut bytes = encode(&[5], &[9]);
        bytes[1] = 0x14;
        assert_eq!(parse_signature(&bytes), Err(WireError::Field("sigAlg")));
        let mut bytes = encode(&[5], &[9]);
        bytes[3] = 0x0c;
        assert_eq!(parse_signature(&bytes), Err(WireError::Field("hash")));
        bytes[3] = 0x04;
        assert_eq!(parse_signature(&bytes), Err(WireError::Field("hash")));
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = encode(&[5], &[9]);
        bytes.push(0);
        assert_eq!(parse_signature(&bytes), Err(WireError::TrailingBytes));
    }
}

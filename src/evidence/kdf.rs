//! The TPM's key derivation functions (TPM 2.0 Part 1, 11.4.10).

use super::algorithm::HashAlgorithm;
use zeroize::Zeroizing;

/// KDFa, the counter mode of SP 800-108: `bits` from `key`, a label without its final zero, and two
/// contexts.
///
/// `bits` is a multiple of eight.
pub(crate) fn kdf_a(
    hash: HashAlgorithm,
    key: &[u8],
    label: &str,
    context_u: &[u8],
    context_v: &[u8],
    bits: u32,
) -> Zeroizing<Vec<u8>> {
    expand(hash, bits, |counter| {
        hash.hmac(
            key,
            &[
                counter,
                label.as_bytes(),
                &[0],
                context_u,
                context_v,
                &bits.to_be_bytes(),
            ],
        )
    })
}

/// KDFe, the concatenation function of SP 800-56A: `bits` from the shared coordinate `z`, a label
/// without its final zero, and the first coordinates of both public points.
///
/// `bits` is a multiple of eight.
pub(crate) fn kdf_e(
    hash: HashAlgorithm,
    z: &[u8],
    label: &str,
    party_u: &[u8],
    party_v: &[u8],
    bits: u32,
) -> Zeroizing<Vec<u8>> {
    expand(hash, bits, |counter| {
        hash.digest(&[counter, z, label.as_bytes(), &[0], party_u, party_v])
    })
}

fn expand(hash: HashAlgorithm, bits: u32, block: impl Fn(&[u8]) -> Vec<u8>) -> Zeroizing<Vec<u8>> {
    let len = bits as usize / 8;
    // Room for the last block as a whole, so that no copy of the key stays behind in freed memory.
    let mut key = Zeroizing::new(Vec::with_capacity(len + hash.digest_len()));
    for counter in 1_u32.. {
        if key.len() >= len {
            break;
        }
        key.extend_from_slice(&Zeroizing::new(block(&counter.to_be_bytes())));
    }
    key.truncate(len);
    key
}

//! The fingerprint of ROCA keys.
//!
//! Infineon's generator made primes of the form k·M + (65537^a mod M), M the product of the first
//! primes, so a modulus is a power of 65537 modulo each small prime (Nemec, Sys, Svenda, Klinec,
//! Matyas: "The Return of Coppersmith's Attack", CCS 2017, section 2.3). Another modulus passes for
//! such a one with a probability of about 2^-27.

use rsa::BoxedUint;
use rsa::traits::PublicKeyParts as _;

/// The primes from 3 to 167, over which M of keys up to 960 bits runs; longer keys' M holds them
/// all.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether the key's modulus has the fingerprint.
pub(crate) fn has_fingerprint(key: &rsa::PublicKey) -> bool {
    modulus_has_fingerprint(&BoxedUint::clone(key.n()).to_be_bytes())
}

fn modulus_has_fingerprint(modulus: &[u8]) -> bool {
    PRIMES
        .iter()
        .all(|&prime| is_power_of_65537(remainder(modulus, prime), prime))
}

fn remainder(modulus: &[u8], prime: u32) -> u32 {
    modulus.iter().fold(0, |remainder, &byte| {
        (remainder << 8 | u32::from(byte)) % prime
    })
}

fn is_power_of_65537(residue: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == residue {
            return true;
        }
        power = power * (65537 % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_65537_have_the_fingerprint() {
        for power in 0..4 {
            assert!(modulus_has_fingerprint(&65537_u64.pow(power).to_be_bytes()));
        }
    }

    #[test]
    fn other_numbers_have_not() {
        for number in [65537_u64 + 2, 65537_u64.pow(3) + 2, 11 * 13, 0] {
            assert!(!modulus_has_fingerprint(&number.to_be_bytes()));
        }
    }

    /// 65537 generates the subgroups {1, 10} modulo 11 and {1, 3, 4, 9, 10, 12} modulo 13, as the
    /// published detector lists them.
    #[test]
    fn the_subgroups_are_the_published_ones() {
        let subgroup = |prime| -> Vec<u32> {
            (0..prime)
                .filter(|&residue| is_power_of_65537(residue, prime))
                .collect()
        };
        assert_eq!(subgroup(11), [1, 10]);
        assert_eq!(subgroup(13), [1, 3, 4, 9, 10, 12]);
        assert_eq!(subgroup(3), [1, 2]);
    }
}

//! The fingerprint of ROCA keys.
//!
//! Infineon's generator made primes of the form k·M + (65537^a mod M), M the product of the first primes, so a modulus is
//! a power of 65537 modulo each small prime (Nemec, Sys, Svenda, Klinec, Matyas: "The Return of Coppersmith's Attack",
//! CCS 2017, section 2.3). Another modulus passes for such a one with a probability of about 2^-27.

use rsa::BoxedUint;
use rsa::traits::PublicKeyParts as _;

/// The primes from 3 to 167, over which M of keys up to 960 bits runs; longer keys' M holds them all.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether the key's modulus has the fingerprint.
pub(crate) fn has_fingerprint(key: &rsa::RsaPublicKey) -> bool {
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

    /// A number that is 65537 to the power of 4711 modulo every prime of the list, by the Chinese remainder theorem.
    fn flawed_modulus() -> u128 {
        // The first twenty primes' product fits into 128 bits; 65537^4711 itself is a power modulo all of them.
        let product: u128 = PRIMES[..20]
            .iter()
            .map(|&prime| u128::from(prime))
            .product();
        let mut power: u128 = 1;
        for _ in 0..4711 {
            power = (0..17)
                .fold((power, 0), |(double, sum), bit| {
                    let sum = if 65537 >> bit & 1 == 1 {
                        (sum + double) % product
                    } else {
                        sum
                    };
                    (double * 2 % product, sum)
                })
                .1;
        }
        power
    }

    #[test]
    fn a_power_of_65537_has_the_fingerprint() {
        let modulus = flawed_modulus();
        for prime in &PRIMES[..20] {
            assert!(is_power_of_65537(
                (modulus % u128::from(*prime)) as u32,
                *prime
            ));
        }
        assert!(modulus_has_fingerprint(&65537_u32.to_be_bytes()));
        assert!(modulus_has_fingerprint(&65537_u64.pow(3).to_be_bytes()));
    }

    #[test]
    fn the_power_plus_two_has_not() {
        assert!(!modulus_has_fingerprint(&65539_u32.to_be_bytes()));
        assert!(!modulus_has_fingerprint(
            &(65537_u64.pow(3) + 2).to_be_bytes()
        ));
    }
}

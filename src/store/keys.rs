//! What the sealed seed becomes: a key that signs for this binding, and a key under which its files lie.

use std::fmt;

use hkdf::Hkdf;
use p256::NistP256;
use p256::elliptic_curve::Curve;
use p256::elliptic_curve::bigint::{NonZero, U256, U384};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::device::Secret;
use crate::token::{SigningKey, StoreId};

/// The binding seed, 32 secret bytes that the TPM opens at one value of the epoch counter only.
pub struct Seed(Secret);

impl Seed {
    /// Takes the secret that the TPM unsealed as the seed.
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// The key that signs requests and evidence for this binding; every token names its public half in `cnf`.
    ///
    /// FIPS 186-5 appendix A.2.1 over 48 bytes of HKDF-SHA256 output: the modular bias is below 2^-128.
    pub fn binding_key(&self, store: StoreId) -> BindingKey {
        let mut wide = Zeroizing::new([0; 48]);
        self.expand(store, b"counterfoil/v1/binding-key", &mut *wide);
        let order_less_one = NistP256::ORDER.as_ref().wrapping_sub(&U256::ONE);
        let modulus = NonZero::new(order_less_one).expect("the group order is not 1");
        let wide = Zeroizing::new(U384::from_be_slice(&*wide));
        let scalar = Zeroizing::new(wide.rem(&modulus).wrapping_add(&U256::ONE));
        let bytes = Zeroizing::new(<[u8; 32]>::from(scalar.to_be_bytes()));
        BindingKey(
            SigningKey::from_scalar(&bytes)
                .expect("the scalar lies between 1 and the order less one"),
        )
    }

    /// The key under which everything in the generation but the binding is encrypted.
    pub fn state_key(&self, store: StoreId) -> StateKey {
        let mut key = StateKey([0; 32]);
        self.expand(store, b"counterfoil/v1/state-key", &mut key.0);
        key
    }

    fn expand(&self, store: StoreId, info: &[u8], output: &mut [u8]) {
        Hkdf::<Sha256>::new(Some(store.as_bytes()), self.0.as_bytes())
            .expand(info, output)
            .expect("HKDF-SHA256 gives up to 8160 bytes");
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// Signs for one binding. Overwritten in memory when dropped.
pub struct BindingKey(SigningKey);

impl BindingKey {
    /// The key as the signature code takes it.
    pub fn signing_key(&self) -> &SigningKey {
        &self.0
    }
}

impl fmt::Debug for BindingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BindingKey(..)")
    }
}

/// Encrypts what one generation holds. Overwritten in memory when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct StateKey([u8; 32]);

impl StateKey {
    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreId = StoreId::new([0x22; 16]);

    fn seed() -> Seed {
        Seed::new(Secret::new([0x11; 32]))
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Calculated with Python's `hmac` and `hashlib`, by RFC 5869 and FIPS 186-5 appendix A.2.1.
    #[test]
    fn the_schedule_matches_an_independent_calculation() {
        assert_eq!(
            hex(&*seed().binding_key(STORE).signing_key().to_scalar()),
            "43f680f621b7366d1cb2acf0a07e9a8d26231ce146fc492e6778d90946ae1c46"
        );
        assert_eq!(
            hex(seed().state_key(STORE).as_bytes()),
            "37be83622a92c3222ff94af8163da7a06c08baa0e687699e84bc9e9ecd6006b4"
        );
    }

    #[test]
    fn each_store_has_its_own_keys() {
        let other = StoreId::new([0x23; 16]);
        let scalar = |store| hex(&*seed().binding_key(store).signing_key().to_scalar());
        assert_ne!(scalar(STORE), scalar(other));
        assert_ne!(
            seed().state_key(STORE).as_bytes(),
            seed().state_key(other).as_bytes()
        );
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let shown = format!(
            "{:?} {:?} {:?}",
            seed(),
            seed().binding_key(STORE),
            seed().state_key(STORE)
        );
        assert_eq!(shown, "Seed(..) BindingKey(..) StateKey(..)");
    }
}

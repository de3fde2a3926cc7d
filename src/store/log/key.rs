//! The key that only a program with the store's seed has.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::store::vault::Vault;
use crate::token::Digest;

/// Seals entries of the log. Overwritten in memory when dropped.
pub struct LogKey {
    key: Zeroizing<[u8; 32]>,
    epoch: u64,
}

impl Vault<'_> {
    /// The key for entries written in this generation: HKDF-SHA256 over the state key.
    pub fn log_key(&self) -> LogKey {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, self.key().as_bytes())
            .expand(b"counterfoil/v1/log-key", &mut *key)
            .expect("HKDF-SHA256 gives up to 8160 bytes");
        LogKey {
            key,
            epoch: self.generation.epoch(),
        }
    }
}

impl LogKey {
    /// The epoch of the generation it belongs to.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn seal(&self, line: &[u8]) -> Digest {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&*self.key).expect("HMAC takes keys of any length");
        mac.update(line);
        Digest::new(mac.finalize().into_bytes().into())
    }

    pub(super) fn verifies(&self, line: &[u8], seal: &Digest) -> bool {
        self.seal(line).as_bytes().ct_eq(seal.as_bytes()).into()
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogKey(..)")
    }
}

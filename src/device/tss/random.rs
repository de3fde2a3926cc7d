//! Randomness for secrets: the operating system's and the TPM's mixed, so that one good source is enough.

use super::connection::Connection;
use crate::device::{ProvisionError, Secret};
use p256::ecdsa::SigningKey;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// 32 random bytes: SHA-256 over a label, 32 bytes of the operating system and 32 of the TPM.
pub(super) fn secret(connection: &mut Connection) -> Result<Secret, ProvisionError> {
    let mut system = Zeroizing::new([0; 32]);
    getrandom::fill(&mut system[..]).map_err(|_| ProvisionError::NoRandomness)?;
    let tpm = connection.call("TPM2_GetRandom", &[], |context| context.get_random(32))?;
    let mut mixed = Zeroizing::new([0; 32]);
    Sha256::new()
        .chain_update(b"counterfoil/v1/random")
        .chain_update(&system[..])
        .chain_update(tpm.as_bytes())
        .finalize_into((&mut *mixed).into());
    Ok(Secret::new(*mixed))
}

/// A random P-256 key, with its private scalar as it is sealed.
pub(super) fn signing_key(
    connection: &mut Connection,
) -> Result<(SigningKey, Secret), ProvisionError> {
    loop {
        let scalar = secret(connection)?;
        // All but one of 2^32 values are scalars below the group's order.
        if let Ok(key) = SigningKey::from_slice(scalar.as_bytes()) {
            return Ok((key, scalar));
        }
    }
}

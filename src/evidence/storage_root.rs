//! The rule for a storage root key.

use super::public::{ObjectAttributes, Parameters, Public, Scheme};
use thiserror::Error;

/// Why a public area is not one of a storage root key that binds to a chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StorageRootError {
    /// It is not an RSA or ECC parent named with SHA-256.
    #[error("the storage key is not an RSA or elliptic-curve parent named with SHA-256")]
    Kind,
    /// An attribute is missing.
    #[error("the storage key lacks the attribute {0}")]
    Lacks(&'static str),
    /// The key signs too.
    #[error("the storage key must not sign")]
    Signs,
}

/// Checks that a public area is one of a storage root key: whatever is sealed under such a key
/// opens in one TPM only.
///
/// 1. It is an RSA or ECC key, named with SHA-256, with a cipher for its children and no scheme.
/// 2. It is restricted and 3. decrypts, 4. and does not sign.
/// 5. It is fixedTPM and 6. fixedParent, and 7. has sensitiveDataOrigin.
///
/// The caller has established by a certification that the key lives in the enrolled TPM. That its
/// auth value is empty does not show in the public area.
pub fn check_storage_root(public: &Public) -> Result<(), StorageRootError> {
    if public.name().is_none()
        || !matches!(
            public.parameters(),
            Parameters::Rsa {
                aes_bits: Some(_),
                scheme: Scheme::Null,
                ..
            } | Parameters::Ecc {
                aes_bits: Some(_),
                scheme: Scheme::Null,
                ..
            }
        )
    {
        return Err(StorageRootError::Kind);
    }
    if let Some(text) = public
        .attributes()
        .lacking((ObjectAttributes::DECRYPT, "decrypt"))
    {
        return Err(StorageRootError::Lacks(text));
    }
    if public.attributes().contains(ObjectAttributes::SIGN) {
        return Err(StorageRootError::Signs);
    }
    Ok(())
}

//! Software licenses bound to a TPM 2.0.

#[cfg(feature = "client")]
pub mod store;
pub mod token;

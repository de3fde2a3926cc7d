//! Software licenses bound to a TPM 2.0.

#[cfg(feature = "server")]
pub mod server;
pub mod token;

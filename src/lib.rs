//! Software licenses bound to a TPM 2.0.

#[cfg(any(feature = "device", feature = "client"))]
pub mod device;
pub mod evidence;
pub mod token;

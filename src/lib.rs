//! Software licenses bound to a TPM 2.0.

#[cfg(any(feature = "client", feature = "device"))]
pub mod device;
pub mod evidence;
pub mod protocol;
#[cfg(feature = "client")]
pub mod store;
pub mod token;

//! Software licenses bound to a TPM 2.0.

#[cfg(feature = "client")]
pub mod client;
#[cfg(any(feature = "client", feature = "device"))]
pub mod device;
pub mod evidence;
pub mod policy;
pub mod protocol;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "client")]
pub mod store;
pub mod time;
pub mod token;

//! The rules: as CBOR for devices, as TOML for people.

mod cbor;
#[cfg(feature = "server")]
mod faults;
#[cfg(feature = "server")]
mod full;
#[path = "../policy_support/mod.rs"]
mod policy_support;
mod terms;
#[cfg(feature = "server")]
mod toml;
#[cfg(feature = "server")]
mod warnings;

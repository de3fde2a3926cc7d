//! The rules: as CBOR for devices, as TOML for people.

mod cbor;
#[cfg(feature = "server")]
mod faults;
#[cfg(feature = "server")]
mod full;
mod terms;
#[cfg(feature = "server")]
mod toml;
#[cfg(feature = "server")]
mod warnings;

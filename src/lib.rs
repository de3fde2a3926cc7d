//! Software licenses bound to a TPM 2.0: they work offline, survive outages, and can be neither copied nor rewound.
//!
//! An application embeds [`client`]:
//!
//! ```no_run
//! # #[cfg(all(feature = "client", feature = "device"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use counterfoil::client::{Config, Counterfoil};
//! use counterfoil::device::TssHardware;
//! use counterfoil::token::TrustAnchor;
//!
//! let trust = TrustAnchor::from_pem(&std::fs::read_to_string("vendor-root.pem")?)?;
//! let tpm = TssHardware::new("device:/dev/tpmrm0");
//! let licenses = Counterfoil::open(Config::shared(trust, Box::new(tpm)));
//! if licenses.check("export") {
//!     // the feature is on
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "client", feature = "device")))]
//! # fn main() {}
//! ```
//!
//! A vendor issues licenses with `server`. Everything else is what the two have in common, and pure: [`token`] (what is
//! signed), [`evidence`] (what a TPM says of itself), [`time`] (what was used), [`policy`] (what that means), and
//! [`protocol`] (messages). An import only ever points to a module that stands before the importing one in this list:
//! `token`, `evidence`, `time`, `policy`, `protocol`, `device`, `store`, then `client` and `server`, which know nothing of
//! each other.
//!
//! Features: `client` (activation and validation), `device` (the TPM, through libtss2), `server` (the vendor's side, no
//! libtss2), `cli` (the programs). The default is all but `server`.

#[cfg(any(feature = "client", feature = "server"))]
mod advice;
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

//! The license service: a vendor's keys, its memory, and the answers that machines get.
//!
//! Everything that a verb of `counterfoil-server` does is here, one file per idea; the program reads options, the clock
//! and the random source, and prints. What reaches the database is `async`, so that a network service can use it as it
//! is; a program waits for it with [`blocking`].
//!
//! - [`folder`], [`keys`], [`storage`]: what lies on the disk.
//! - [`service`]: all of that, opened and checked.
//! - [`root`], [`proposal`]: the vendor root, which may live on another machine, and what it is asked to sign.
//! - [`audit`]: what was done, append-only.
//!
//! May import `token`, `evidence`, `time`, `policy` and `protocol`. Must not know a TPM, a device's store, or a
//! network; takes time and randomness as arguments.

pub mod audit;
pub mod folder;
pub mod keys;
pub mod proposal;
pub mod root;
pub mod service;
pub mod storage;

pub use service::{OpenError, RootPlace, Service, TrustError};

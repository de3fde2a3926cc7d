//! The license service: a vendor's keys, its memory, and the answers that machines get.
//!
//! Everything that a verb of `counterfoil-server` does is here, one file per idea; the program reads options, the clock
//! and the random source, and prints. What reaches the database is `async`, so that a network service can use it as it
//! is; a program waits for it with [`blocking`].
//!
//! - [`folder`], [`keys`], [`storage`]: what lies on the disk.
//! - [`service`]: all of that, opened and checked. [`bundle`]: the trust bundle in force.
//! - [`root`], [`proposal`]: the vendor root, which may live on another machine, and what it is asked to sign.
//! - [`roots`]: whom the vendor trusts to vouch for TPMs.
//! - [`product`], [`manifest`], [`license`], [`seat`]: what is sold, by which rules, and to which machines.
//! - [`enroll`], `entitle`, [`issue`], [`answer`]: from a machine's request to its license. Each takes what only the one
//!   before can make. [`refusal`] says why a machine gets none. `contact` takes note of what a request shows of the past.
//! - [`platform`]: whether what the machine measured of its start is approved, where the rules ask for that.
//! - [`evidence`]: what a machine's evidence proves.
//! - [`audit`]: what was done, append-only. [`clock`]: which dates may be signed.
//!
//! May import `token`, `evidence`, `time`, `policy` and `protocol`. Must not know a TPM, a device's store, or a
//! network; takes time and randomness as arguments.

pub mod answer;
pub mod audit;
pub mod bundle;
pub mod clock;
mod contact;
pub mod enroll;
mod entitle;
pub mod evidence;
pub mod folder;
pub mod issue;
pub mod keys;
pub mod license;
mod lock;
mod makers;
pub mod manifest;
pub mod platform;
pub mod product;
pub mod proposal;
pub mod refusal;
pub mod root;
pub mod roots;
pub mod seat;
pub mod service;
pub mod storage;

use std::future::Future;
use std::io;

pub use service::{OpenError, RootPlace, Service, TrustError};

/// Waits for one operation of the service, on a runtime of its own in this thread.
///
/// # Errors
/// When the system gives no runtime (it is out of file descriptors).
pub fn blocking<T>(operation: impl Future<Output = T>) -> io::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(operation))
}

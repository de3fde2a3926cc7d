//! Ten years of licensing: what it writes into the TPM (P13), what it charges, and whether the window lasts (P3).
//!
//! [`trace`] lives them in a moment; [`reality`] holds it against a simulated TPM.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
#![cfg(all(feature = "client", feature = "device", feature = "server"))]

mod document;
mod promises;
mod reality;
mod trace;

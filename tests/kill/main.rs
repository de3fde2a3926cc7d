//! P5, P12: `kill -9` at every step at which the program changes the disk or talks to the TPM.
//!
//! For each operation the program `counterfoil` runs once under strace, which lists those steps; then, for each of them,
//! machine and TPM are put back as they were, and the program runs again into a SIGKILL at the entry of that very system
//! call. Killed before the next step is killed after this one; for a command to the TPM there is a point before it is sent
//! and one while its answer is awaited. What the next runs make of it, and what the library then says of the license, is the
//! test.
//!
//! `make test-long` sets `COUNTERFOIL_TEST_LONG` and has every step tried; else one in five is.
#![cfg(all(
    feature = "client",
    feature = "device",
    feature = "server",
    feature = "cli"
))]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![allow(unreachable_pub, reason = "a test program is no library")]

#[path = "../device_support/mod.rs"]
mod device_support;
mod everywhere;
mod machine;
mod operations;
mod points;
#[path = "../attack/stage.rs"]
#[allow(dead_code, reason = "the attacks use the rest")]
mod stage;
mod strace;

//! The program `tpm-sim`.
fn main() {}

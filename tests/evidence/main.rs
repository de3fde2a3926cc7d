//! The evidence that a TPM gives about itself: every check flipped alone, and independent peers.

#![allow(clippy::unwrap_used, reason = "a panic fails the test")]

mod attest_bodies;
mod attest_frame;
mod attest_scene;
mod ek_certificate;
mod ek_file;
mod ek_path;
mod ek_scene;
mod ek_trust;
mod peer_evidence;
mod peer_policies;
mod peer_scene;
mod pki;
mod public_areas;
mod recorded;
mod robustness;
mod software_tpm;
mod tpm2_tools;
mod tpm_commands;

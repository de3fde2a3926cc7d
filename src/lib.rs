//! Software licenses bound to a TPM 2.0.

pub mod evidence;
pub mod token;

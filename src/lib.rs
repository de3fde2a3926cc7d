//! Software licenses bound to a TPM 2.0.

pub mod evidence;
pub mod policy;
pub mod time;
pub mod token;

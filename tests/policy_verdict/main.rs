//! What the verdict promises: boundaries, one true cause, and nothing gained by anything getting worse.

mod boundaries;
mod causes;
mod either_side;
mod facts;
mod going_off;
mod optional;
#[path = "../policy_support/mod.rs"]
mod policy_support;
mod properties;
mod random;
mod rules;
mod worse;

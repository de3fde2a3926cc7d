//! Models of the protocol by which Counterfoil measures time, counts and keeps its state, for a model checker.
//!
//! What the product decides is not written here a second time: the models call the product's own functions. Here is the world
//! around them: a TPM, a disk, processes that stop between any two steps, and an owner of the machine who does what he
//! can. `docs/model.md` explains what is modeled and what is not.

pub mod binding;
pub mod charge;
pub mod crash;
pub mod dates;
pub mod explore;
pub mod mistake;
#[path = "../../tests/policy_support/mod.rs"]
mod policy_support;
pub mod rules;
pub mod runs;

//! What the verdict promises: boundaries, one true cause, and nothing gained by anything getting worse.

mod boundaries;
mod causes;
mod facts;
mod properties;

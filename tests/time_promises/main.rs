//! What the time rules promise, against a small model of a machine whose owner is hostile.

mod edges;
mod machine;
mod p1_budget;
mod p2_floor;
mod p3_window;

//! The project's figures, one to a line: `name value unit goal ok`.
//!
//! A goal is the largest value that is good; `-` stands where there is none. A figure beyond its goal is printed with `no`
//! and fails nothing, since a busy machine says little about a program. What the figures mean is in `docs/performance.md`.
#![allow(
    clippy::unwrap_used,
    reason = "a panic ends the measurement, as it should"
)]

mod cached;
#[path = "../../tests/client_support/mod.rs"]
mod client_support;
mod commands;
mod line;
mod measure;
mod observed;
mod service;
mod silicon;
#[path = "../../tests/attack/stage.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests use more of it")]
mod stage;
mod store;
mod validation;
mod verification;

fn main() {
    line::heading();
    commands::print();
    let (vendor, machine, _) = stage::licensed();
    validation::print(&vendor, &machine);
    verification::print(&vendor, &machine);
    cached::print(&vendor, &machine);
    silicon::print(&vendor, &machine);
    service::print();
}

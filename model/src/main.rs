//! Visits every state of every model within its full bounds and prints what that came to.

use std::process::ExitCode;

use counterfoil_model::runs::{Scale, mistakes, production};

fn main() -> ExitCode {
    let mut holds = true;
    println!("The product, every state within the bounds:\n");
    for run in production(Scale::Full) {
        println!("{}\n  {}", run.name, run.bounds);
        let outcome = run.explore();
        holds &= outcome.holds();
        println!("  {outcome}\n");
    }
    println!("With a mistake, until a promise is broken:\n");
    for run in mistakes() {
        println!("{}\n  {}", run.name, run.bounds);
        let outcome = run.explore();
        holds &= !outcome.broken.is_empty();
        println!("  {outcome}\n");
    }
    match holds {
        true => ExitCode::SUCCESS,
        false => {
            println!("FAILED: see above.");
            ExitCode::FAILURE
        }
    }
}

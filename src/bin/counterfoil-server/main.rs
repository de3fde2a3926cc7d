//! The vendor's program. It reads options, the clock and the random source, calls the library, and prints.

mod arguments;
mod clock;
mod manifests;
mod print;
#[path = "../protected/mod.rs"]
mod protected;
mod requests;
#[path = "../terminal/mod.rs"]
mod terminal;
mod timeline;
mod trust;
mod verbs;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use arguments::Arguments;

/// How a verb ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Done.
    Yes,
    /// A request or evidence was refused, or nothing was signed.
    No,
    /// Something on this side is wrong.
    Error,
}

/// Exit code of a wrong command line (EX_USAGE of sysexits).
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where standard error is closed there is nobody to tell.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(USAGE),
            };
        }
    };
    let outcome = match counterfoil::server::blocking(verbs::run(arguments)) {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            print::complain(&format!(
                "error: {}",
                terminal::printable(&error.to_string())
            ));
            Outcome::Error
        }
        Err(error) => {
            print::complain(&format!("error: the program can't start: {error}"));
            Outcome::Error
        }
    };
    match outcome {
        Outcome::Yes => ExitCode::SUCCESS,
        Outcome::No => ExitCode::from(1),
        Outcome::Error => ExitCode::from(2),
    }
}

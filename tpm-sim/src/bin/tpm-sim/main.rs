//! `tpm-sim`: a simulated TPM by hand.
//!
//! `start` runs one in the foreground; the other verbs act on a running one through the socket
//! `control.sock` in its folder.

mod args;
mod remote;
mod start;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Verb};

/// Exit status for a wrong command line (`EX_USAGE` of sysexits.h).
const USAGE: u8 = 64;
/// Exit status for what could not be done.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Fails only where there is nobody to read it.
            let _ = error.print();
            return if error.use_stderr() {
                USAGE.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let result = match args.verb {
        Verb::Start(options) => start::run(&options),
        Verb::Remote(verb) => remote::ask(&verb),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tpm-sim: {error}");
            FAILED.into()
        }
    }
}

//! The device side of Counterfoil on the command line: a thin user of the library.
//!
//! [`args`] says what can be typed, [`config`] where settings come from, [`exit`] how it ends; then a file for each group
//! of verbs. Decides nothing that the library decides, and is the one place where the environment is read.

mod activate;
mod args;
mod bundle;
mod config;
mod doctor;
mod exit;
mod explain;
mod files;
mod inspect;
mod log;
mod machine;
mod output;
#[path = "../protected/mod.rs"]
mod protected;
mod provision;
mod quiet;
mod requests;
mod status;
#[path = "../terminal/mod.rs"]
mod terminal;
mod wrong;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Arguments, Verb};
use config::Settings;
use exit::{Answer, Failure};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::of_clap(&error),
    };
    match run(arguments) {
        Ok(answer) => answer.into(),
        Err(failure) => failure.report(),
    }
}

fn run(Arguments { options, verb }: Arguments) -> Result<Answer, Failure> {
    match verb {
        Verb::Inspect { file, json } => inspect::inspect(&file, json),
        Verb::Completions { shell } => completions(shell),
        with_tpm => {
            quiet::silence_tss2();
            counterfoil::device::keep_return_codes();
            run_with_tpm(&Settings::load(options)?, with_tpm)
        }
    }
}

fn run_with_tpm(settings: &Settings, verb: Verb) -> Result<Answer, Failure> {
    match verb {
        Verb::Doctor { bundle, json } => doctor::doctor(settings, bundle.as_deref(), json),
        Verb::Explain { json } => explain::explain(settings, json),
        Verb::Log { verb } => log::log(settings, &verb),
        Verb::Provision {
            ek_certificate,
            replace,
            auths,
            json,
        } => provision::provision(settings, ek_certificate.as_deref(), replace, &auths, json),
        Verb::Deprovision {
            yes,
            other_store,
            auths,
        } => provision::deprovision(settings, yes, other_store, &auths),
        Verb::Requests { verb } => requests::requests(settings, &verb),
        Verb::Activate(activate) => activate::activate(settings, &activate),
        Verb::Status { json } => status::status(settings, json),
        Verb::Check { feature, json } => status::check(settings, &feature, json),
        Verb::Evidence {
            nonce,
            output,
            cmw,
            json,
        } => status::evidence(settings, nonce, &output, cmw, json),
        Verb::Inspect { .. } | Verb::Completions { .. } => {
            unreachable!("these need no TPM and were run before")
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "counterfoil", &mut script);
    output::text(&String::from_utf8_lossy(&script))?;
    Ok(Answer::Yes)
}

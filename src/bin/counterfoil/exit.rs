//! How the program ends: the exit codes, and what goes to standard error.

use std::fmt::Display;
use std::process::ExitCode;

use clap::error::ErrorKind;
use counterfoil::policy::Reason;

use crate::output::printable_lines;

/// What a verb came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Yes, or done.
    Yes,
    /// No: a feature is off, a check failed.
    No,
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl From<Answer> for ExitCode {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Yes => ExitCode::SUCCESS,
            Answer::No => ExitCode::from(1),
        }
    }
}

/// Why a verb came to nothing. The text names the cause and the next step.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something does not work.
    Error(String),
    /// The command line asks for nothing that can be done.
    Usage(String),
}

impl Failure {
    /// It does not work, for the reason that `error` gives.
    pub(crate) fn error(error: impl Display) -> Self {
        Self::Error(error.to_string())
    }

    /// The same, with the cause's name in the registry of reasons, where it has one.
    pub(crate) fn because(reason: Option<Reason>, error: &dyn Display) -> Self {
        match reason {
            Some(reason) => Self::Error(format!("{error} ({reason})")),
            None => Self::error(error),
        }
    }

    /// Not a sensible command.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// The cause and the next step.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Error(text) | Self::Usage(text) => text,
        }
    }

    /// Prints the text and gives the code.
    pub(crate) fn report(&self) -> ExitCode {
        let (text, code) = match self {
            Self::Error(text) => (text, 2),
            Self::Usage(text) => (text, USAGE),
        };
        eprintln!("error: {}", printable_lines(text));
        ExitCode::from(code)
    }
}

/// Prints what clap has to say instead of running: help and version, which were asked for, or what is wrong with the
/// command line.
pub(crate) fn of_clap(error: &clap::Error) -> ExitCode {
    // Where nobody reads there is nobody to tell.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(USAGE),
    }
}

/// EX_USAGE of sysexits.h.
const USAGE: u8 = 64;

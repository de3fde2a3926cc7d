//! Keeps libtss2 from writing its own log to standard error.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// libtss2 reads this once, at its first log line.
const VARIABLE: &str = "TSS2_LOG";

/// Starts the program over with libtss2's log switched off, unless the user has said how it shall be.
///
/// libtss2 logs every command that a TPM refuses, also those whose refusal is an answer. Its one switch is an environment
/// variable, and to change the environment of a running process is unsafe: so this replaces the process, before it has
/// read anything. Where that fails the program goes on, with the noise.
pub(crate) fn silence_tss2() {
    if env::var_os(VARIABLE).is_some() {
        return;
    }
    let Ok(program) = env::current_exe() else {
        return;
    };
    let mut arguments = env::args_os();
    let name = arguments.next().unwrap_or_else(|| program.clone().into());
    let _ = Command::new(program)
        .arg0(name)
        .args(arguments)
        .env(VARIABLE, "all+none")
        .exec();
}

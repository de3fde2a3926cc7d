//! The verbs that act on a running TPM: both ends of its control socket.
//!
//! A request is one line. The answer begins with a line `ok` or `error TEXT`; the rest is to be
//! printed.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::Duration;

use tpm_sim::{Fault, Tpm, Wake, When, commands};

use crate::args::{Remote, Running};

/// The control socket of the TPM in a folder.
pub(crate) fn socket(dir: &Path) -> PathBuf {
    dir.join("control.sock")
}

/// Sends a verb to a running TPM and prints the answer.
pub(crate) fn ask(verb: &Remote) -> Result<(), Box<dyn Error>> {
    let (Running { dir }, request) = request(verb);
    let mut stream = UnixStream::connect(socket(dir)).map_err(|error| {
        let dir = dir.display();
        format!("no TPM runs in {dir} ({error}); start it with `tpm-sim start --dir {dir}`")
    })?;
    writeln!(stream, "{request}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (first, rest) = answer.split_once('\n').ok_or("the TPM's simulator ended")?;
    match first.strip_prefix("error ") {
        Some(error) => Err(error.into()),
        None => {
            print!("{rest}");
            Ok(())
        }
    }
}

/// Serves verbs, one after the other, as long as there is the TPM.
pub(crate) fn serve(listener: &UnixListener, tpm: &Weak<Tpm>) {
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { continue };
        let Some(tpm) = tpm.upgrade() else { return };
        let mut request = String::new();
        if BufReader::new(&stream).read_line(&mut request).is_err() {
            continue;
        }
        let answer = match execute(request.trim_end(), &tpm) {
            Ok(text) => format!("ok\n{text}"),
            Err(error) => format!("error {error}\n"),
        };
        // Fails where the one who asked has gone.
        let _ = stream.write_all(answer.as_bytes());
    }
}

/// The folder and the line for a verb.
fn request(verb: &Remote) -> (&Running, String) {
    let (running, line) = match verb {
        Remote::Status(running) => (running, "status"),
        Remote::PowerCut(running) => (running, "power-cut"),
        Remote::PowerOff(running) => (running, "power-off"),
        Remote::PowerOn(running) => (running, "power-on"),
        Remote::Reboot(running) => (running, "reboot"),
        Remote::Reset(running) => (running, "reset"),
        Remote::Suspend(running) => (running, "suspend"),
        Remote::Resume(running) => (running, "resume"),
        Remote::Hibernate(running) => (running, "hibernate"),
        Remote::Clear(running) => (running, "clear"),
        Remote::Log(running) => (running, "log"),
        Remote::Counts(running) => (running, "counts"),
        Remote::Fault(fault) => {
            let command = fault.command.as_deref().unwrap_or("any");
            return (
                &fault.running,
                format!("fault {} {} {command}", fault.fault, fault.at),
            );
        }
    };
    (running, line.to_owned())
}

/// Does what a line says and returns what to print.
fn execute(request: &str, tpm: &Tpm) -> Result<String, Box<dyn Error>> {
    let words: Vec<_> = request.split(' ').collect();
    match words.as_slice() {
        ["status"] => Ok(match tpm.pid() {
            Some(pid) => format!("on, swtpm is process {pid}\n"),
            None => "without power\n".to_owned(),
        }),
        ["power-cut"] => done(tpm.power_cut()),
        ["power-off"] => {
            tpm.power_off();
            Ok(String::new())
        }
        ["power-on"] => done(tpm.power_on()),
        ["reboot"] => done(tpm.reboot()),
        ["reset"] => done(tpm.reset()),
        ["suspend"] => done(tpm.suspend()),
        ["resume"] => Ok(match tpm.resume()? {
            Wake::Resumed => "resumed\n".to_owned(),
            Wake::Reset => "the TPM refused to resume and was reset\n".to_owned(),
        }),
        ["hibernate"] => done(tpm.hibernate()),
        ["clear"] => done(tpm.clear()),
        ["log"] => Ok(tpm
            .commands()
            .iter()
            .map(|record| format!("{record}\n"))
            .collect()),
        ["counts"] => {
            let mut text = String::new();
            for (name, count) in tpm.take_counts() {
                writeln!(text, "{count:>5} {name}")?;
            }
            Ok(text)
        }
        ["fault", fault, at, command] => arm(tpm, fault, at.parse()?, command),
        _ => Err(format!("this simulator does not know `{request}`").into()),
    }
}

fn done(result: Result<(), tpm_sim::Error>) -> Result<String, Box<dyn Error>> {
    result?;
    Ok(String::new())
}

fn arm(tpm: &Tpm, fault: &str, at: usize, command: &str) -> Result<String, Box<dyn Error>> {
    let fault = parse_fault(fault)?;
    if command == "any" {
        tpm.faults().at(at, fault);
    } else if commands::code(command).is_some() {
        tpm.faults().at_command(command, at, fault);
    } else {
        return Err(format!("no TPM 2.0 command is called {command}").into());
    }
    Ok(String::new())
}

fn parse_fault(text: &str) -> Result<Fault, Box<dyn Error>> {
    Ok(match text {
        "drop" => Fault::Drop(When::Before),
        "drop-after" => Fault::Drop(When::After),
        "power-off" => Fault::PowerOff(When::Before),
        "power-off-after" => Fault::PowerOff(When::After),
        "vanish" => Fault::Vanish(When::Before),
        "vanish-after" => Fault::Vanish(When::After),
        "reset" => Fault::Reset(When::Before),
        "reset-after" => Fault::Reset(When::After),
        _ => {
            let unknown = || format!("{text} is no fault; `tpm-sim fault --help` lists them");
            let (kind, value) = text.split_once('=').ok_or_else(unknown)?;
            match kind {
                "code" => Fault::ReturnCode(parse_code(value).ok_or_else(unknown)?),
                "delay" => Fault::Delay(Duration::from_millis(value.parse()?)),
                _ => return Err(unknown().into()),
            }
        }
    })
}

/// A response code, hexadecimal as the specification writes it or decimal.
fn parse_code(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

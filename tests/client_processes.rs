//! Real processes of one machine share what its TPM attests: n of them cost as many quotes as one.
//!
//! The test starts itself as the processes and tells them, over their standard input, how much time passed and when to beat.
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![allow(unreachable_pub, reason = "a test program is no library")]

#[path = "client_support/mod.rs"]
mod client_support;
#[path = "attack/stage.rs"]
#[allow(dead_code, reason = "the attacks use more of it")]
mod stage;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use client_support::{BEAT, Played, quotes};
use counterfoil::client::{Config, Counterfoil};
use counterfoil::device::TssHardware;
use counterfoil::token::TrustAnchor;
use stage::{Machine, Vendor, licensed};

const FEATURE: &str = "edit";
const PROCESSES: u32 = 4;
const ROUNDS: u32 = 12;
/// How often each process looks at its clock per beat.
const LOOKS: u32 = 4;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["process", tcti, dir, root, ns] => process(tcti, dir.as_ref(), root, ns.parse().unwrap()),
        // Whatever the test runner says: there is one test.
        _ => n_processes_cost_as_many_quotes_as_one(),
    }
}

/// A process: beats whenever it is told how many nanoseconds went by, and says whether the feature is on.
fn process(tcti: &str, dir: &Path, root: &str, ns: u64) {
    let clock = Played::at(ns);
    let trust = TrustAnchor::from_pem(root).unwrap();
    let mut config = Config::new(dir, trust, Box::new(TssHardware::new(tcti)));
    clock.clone().into(&mut config);
    let app = Counterfoil::open(config);
    for line in std::io::stdin().lines() {
        let past: u64 = line.unwrap().parse().unwrap();
        clock.advance(Duration::from_nanos(past));
        app.beat();
        println!("{:?}", app.try_check(FEATURE));
    }
}

struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(vendor: &Vendor, machine: &Machine, clock: &Played) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["process", &machine.tpm.tcti()])
            .arg(machine.dir())
            .arg(vendor.service().anchor().root().to_pem())
            .arg(clock.ns().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Lets time pass and the process beat; others may beat at the same moment.
    fn tell(&mut self, past: Duration) {
        writeln!(self.input.as_ref().unwrap(), "{}", past.as_nanos()).unwrap();
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It ends with its input.
        self.input = None;
        let _ = self.child.wait();
    }
}

fn n_processes_cost_as_many_quotes_as_one() {
    let (vendor, machine, _) = licensed();
    let clock = Played::new();
    let mut cost = Vec::new();
    let mut processes: Vec<Process> = Vec::new();
    for number in [1, PROCESSES] {
        while processes.len() < number as usize {
            processes.push(Process::start(&vendor, &machine, &clock));
        }
        // Each makes a verdict of its own when it starts.
        everyone_beats(&mut processes, Duration::ZERO);
        quotes(&machine.tpm);
        for _ in 0..ROUNDS * LOOKS {
            clock.advance(BEAT / LOOKS);
            everyone_beats(&mut processes, BEAT / LOOKS);
        }
        cost.push(quotes(&machine.tpm));
    }
    assert_eq!(cost[0], ROUNDS as usize);
    assert!(
        cost[1] <= cost[0] + 1,
        "{PROCESSES} processes: {} quotes, one: {}",
        cost[1],
        cost[0]
    );

    // One that is killed leaves the others alone.
    let mut killed = processes.remove(0);
    killed.child.kill().unwrap();
    drop(killed);
    for _ in 0..3 * LOOKS {
        everyone_beats(&mut processes, BEAT / LOOKS);
    }
    println!(
        "test n_processes_cost_as_many_quotes_as_one ... ok ({} and {} quotes)",
        cost[0], cost[1]
    );
}

/// All at once: the folder's lock puts them into some order.
fn everyone_beats(processes: &mut [Process], past: Duration) {
    for process in &mut *processes {
        process.tell(past);
    }
    for process in &mut *processes {
        assert_eq!(process.answer(), "Some(true)\n");
    }
}

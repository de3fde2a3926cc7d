//! What clients see of a TPM: their commands, faults around them, and the time they take.

use std::thread;
use std::time::Instant;

use super::{Bench, Chip, Power};
use crate::clock::ClockKeeper;
use crate::commands;
use crate::fault::{Fault, When};
use crate::log::{CommandRecord, Outcome};
use crate::wire::{self, StartupType};

impl Chip {
    /// Runs a client's command. `None` means that the client's connection is to be closed.
    pub(crate) fn execute(&self, command: &[u8]) -> Option<Vec<u8>> {
        let start = Instant::now();
        let code = wire::command_code(command);
        let number = self.log.begin();
        let faults = self.faults.strike(code);
        let (outcome, response) = match self.transact(command, &faults) {
            Transaction {
                answer: Some((response, cuts)),
                outcome,
            } => {
                let delivered = self.take_time(command, start, &faults, cuts);
                if delivered {
                    (outcome, Some(response))
                } else {
                    let executed = matches!(outcome, Outcome::Answered { .. });
                    (Outcome::Lost { executed }, None)
                }
            }
            Transaction {
                answer: None,
                outcome,
            } => (outcome, None),
        };
        let name = commands::name(code);
        let took = start.elapsed();
        self.log.push(CommandRecord {
            number,
            name,
            sent: command.len(),
            outcome,
            took,
        });
        response
    }

    /// A client's message on the control channel. `None` means that there is no TPM.
    pub(crate) fn control(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut bench = self.lock_awake();
        match &mut bench.power {
            Power::On(running) => running.swtpm.raw_control(message).ok(),
            Power::Asleep | Power::Off => None,
        }
    }

    /// The TPM's part of a command, with the faults around it.
    fn transact(&self, command: &[u8], faults: &[Fault]) -> Transaction {
        let mut bench = self.lock_awake();
        if !bench.is_reachable() {
            return Transaction::lost(false);
        }
        for fault in faults {
            if let Fault::ReturnCode(code) = fault {
                let answer = Some((wire::error_response(*code), bench.cuts));
                return Transaction {
                    answer,
                    outcome: Outcome::Injected { code: *code },
                };
            }
            if self.strike(&mut bench, fault, When::Before) {
                return Transaction::lost(false);
            }
        }
        let Power::On(running) = &mut bench.power else {
            return Transaction::lost(false);
        };
        let Ok(response) = running.swtpm.transact(command) else {
            bench.power = Power::Off;
            return Transaction::lost(false);
        };
        running.clock.saw(command);
        if ClockKeeper::is_misled_by(command) {
            self.changed.notify_all();
        }
        for fault in faults {
            if self.strike(&mut bench, fault, When::After) {
                return Transaction::lost(true);
            }
        }
        let outcome = Outcome::Answered {
            code: wire::response_code(&response),
            received: response.len(),
        };
        Transaction {
            answer: Some((response, bench.cuts)),
            outcome,
        }
    }

    /// Lets a fault strike if now is its time. Returns whether the client is cut off by it.
    fn strike(&self, bench: &mut Bench, fault: &Fault, now: When) -> bool {
        match fault {
            Fault::Drop(when) if *when == now => true,
            Fault::PowerOff(when) if *when == now => {
                self.cut_power(bench);
                true
            }
            Fault::Vanish(when) if *when == now => {
                bench.present = false;
                bench.cuts += 1;
                true
            }
            // A reset that fails leaves the TPM off.
            Fault::Reset(when) if *when == now => self.init(bench, StartupType::Clear).is_err(),
            _ => false,
        }
    }

    /// Waits as long as the command takes, without holding up anybody but this client. Returns
    /// whether the client is still connected to the same TPM afterwards.
    fn take_time(&self, command: &[u8], start: Instant, faults: &[Fault], cuts: u64) -> bool {
        let family = self.lock().family;
        if let Some(family) = family {
            thread::sleep(family.duration(command).saturating_sub(start.elapsed()));
        }
        for fault in faults {
            match fault {
                Fault::Delay(delay) => thread::sleep(*delay),
                Fault::Hold(gate) => gate.pass(|| self.lock().cuts != cuts),
                _ => {}
            }
        }
        self.lock().cuts == cuts
    }
}

/// What became of a command on the TPM's side.
struct Transaction {
    /// The response, and the count of cuts when it was made.
    answer: Option<(Vec<u8>, u64)>,
    outcome: Outcome,
}

impl Transaction {
    fn lost(executed: bool) -> Transaction {
        Transaction {
            answer: None,
            outcome: Outcome::Lost { executed },
        }
    }
}

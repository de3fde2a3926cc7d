//! Faults: what a test lets go wrong between a client and its TPM.
//!
//! A fault waits for a command, by its place or by its name and place, and strikes once.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::commands;

/// Whether a fault strikes before the TPM executes the command or after, before the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The TPM never sees the command.
    Before,
    /// The TPM executes the command; the client does not learn it.
    After,
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The TPM answers with this response code without executing the command: `0x922` is
    /// TPM_RC_RETRY, `0x921` TPM_RC_LOCKOUT, `0x920` TPM_RC_NV_RATE, `0x902`
    /// TPM_RC_OBJECT_MEMORY.
    ReturnCode(u32),
    /// The connection breaks; the TPM goes on.
    Drop(When),
    /// The answer comes this much later.
    Delay(Duration),
    /// The answer is held back until the test lets it go.
    Hold(Gate),
    /// swtpm is killed and the TPM stays off, as when the machine's power fails. Clients find no
    /// TPM until [`Tpm::power_on`](crate::Tpm::power_on).
    PowerOff(When),
    /// The TPM can't be reached any more, but stays powered: an unplugged module, an unloaded
    /// driver. Clients find no TPM until [`Tpm::reappear`](crate::Tpm::reappear).
    Vanish(When),
    /// The TPM is reset (`_TPM_Init` without Shutdown, then `TPM2_Startup(CLEAR)`) under the
    /// client, whose connection stays: its objects and sessions are gone.
    Reset(When),
}

/// Arms faults on one TPM.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Armed>>>);

#[derive(Debug)]
struct Armed {
    /// Counted are commands of this code, or all.
    code: Option<u32>,
    /// Commands still to come, with the one to strike.
    remaining: usize,
    fault: Fault,
}

impl Faults {
    /// Lets `fault` strike the `n`-th command that arrives from now on, counted from 1.
    pub fn at(&self, n: usize, fault: Fault) {
        self.lock().push(Armed {
            code: None,
            remaining: n,
            fault,
        });
    }

    /// Lets `fault` strike the `n`-th command of this name (`TPM2_Quote` or `Quote`) that arrives
    /// from now on, counted from 1.
    ///
    /// # Panics
    /// Where no command has this name, since such a fault would never strike.
    pub fn at_command(&self, name: &str, n: usize, fault: Fault) {
        let Some(code) = commands::code(name) else {
            panic!("no TPM 2.0 command is called {name}");
        };
        self.lock().push(Armed {
            code: Some(code),
            remaining: n,
            fault,
        });
    }

    /// Disarms all faults that have not struck.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// How many faults have not struck yet.
    pub fn armed(&self) -> usize {
        self.lock().len()
    }

    /// Counts a command down and returns what strikes it, in the order of arming.
    pub(crate) fn strike(&self, code: u32) -> Vec<Fault> {
        let mut armed = self.lock();
        for fault in armed
            .iter_mut()
            .filter(|armed| armed.code.is_none_or(|own| own == code))
        {
            fault.remaining = fault.remaining.saturating_sub(1);
        }
        armed
            .extract_if(.., |armed| armed.remaining == 0)
            .map(|armed| armed.fault)
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        // A panic elsewhere leaves a list of faults no less valid.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds an answer back until it is opened. Clones are the same gate.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Debug, Default)]
struct GateState {
    reached: bool,
    open: bool,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Gate {
        Gate::default()
    }

    /// Lets the answer go, now or as soon as it is there.
    pub fn open(&self) {
        self.lock().open = true;
        self.0.1.notify_all();
    }

    /// Waits at most this long until an answer stands at the gate. Returns whether one does.
    pub fn await_reached(&self, at_most: Duration) -> bool {
        let wait = self
            .0
            .1
            .wait_timeout_while(self.lock(), at_most, |state| !state.reached);
        wait.unwrap_or_else(PoisonError::into_inner).0.reached
    }

    /// Waits as an answer; `cut_off` says whether its connection is gone.
    pub(crate) fn pass(&self, cut_off: impl Fn() -> bool) {
        const LOOK_AGAIN: Duration = Duration::from_millis(5);
        let mut state = self.lock();
        state.reached = true;
        self.0.1.notify_all();
        while !state.open && !cut_off() {
            let wait = self.0.1.wait_timeout(state, LOOK_AGAIN);
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, GateState> {
        // The two flags are valid in every combination.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

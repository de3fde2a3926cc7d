//! A program that lives by the library's own functions, and what it costs.

use super::machine::Machine;
use super::profile::Step;
use counterfoil::policy::Terms;
use counterfoil::time::{
    Charge, ChargeError, LastIncrement, Limits, Reading, anchored, charge, floor, increment_due,
};
use counterfoil::token::{Anchor, UtcTime};

/// What an increment of a counter writes: TPM2_NV_Increment of an index of 8 bytes.
pub(crate) const INCREMENT_BYTES: u64 = 8;
/// What setting up a store writes into the TPM: two counters, and up to three persistent keys.
pub(crate) const PROVISIONING_BYTES: u64 = 8_192;
/// What a TPM writes by itself at the first attestation after a sleep: that its state is no longer that of an orderly
/// shutdown. Where firmware starts the machine, its measurements have done so before.
pub(crate) const ORDERLY_BYTES: u64 = 2;

/// What a life of a machine came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Milliseconds for which the machine was on.
    pub(crate) on_ms: u64,
    /// Milliseconds of it with a verdict that gives everything.
    pub(crate) accepted_ms: u64,
    /// What all leases together were charged, in milliseconds.
    pub(crate) charged_ms: u64,
    pub(crate) validations: u64,
    pub(crate) leases: u64,
    /// Increments because of many restarts.
    pub(crate) restart_increments: u64,
    /// Increments that a crash had prepared.
    pub(crate) finished_increments: u64,
    /// First attestations after a sleep in memory.
    pub(crate) resumes: u64,
}

impl Tally {
    /// NV writes by the library: one store, one increment for each lease, and those that restarts and crashes demand.
    pub(crate) fn nv_bytes(&self) -> u64 {
        PROVISIONING_BYTES + INCREMENT_BYTES * self.increments()
    }

    pub(crate) fn increments(&self) -> u64 {
        self.leases + self.restart_increments + self.finished_increments
    }

    /// What the TPM writes by itself because it was asked at all.
    pub(crate) fn own_bytes(&self) -> u64 {
        ORDERLY_BYTES * self.resumes
    }

    /// Charge in percent of the time for which the machine was on.
    pub(crate) fn overcharge(&self) -> u64 {
        self.charged_ms * 100 / self.on_ms.max(1)
    }
}

/// An application with a license, on a machine.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    machine: Machine,
    terms: Terms,
    lease: Lease,
    /// What the state file remembers.
    state: LastIncrement,
    /// A crash came between writing the state's successor and the increment.
    prepared: bool,
    online: bool,
    resumed: bool,
    /// Whether heartbeats at which nothing changes are leapt over.
    leaps: bool,
    tally: Tally,
    /// When the lease was first refused, in true milliseconds.
    refused_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Lease {
    anchor: Anchor,
    issued_at: UtcTime,
    /// True milliseconds at the anchor.
    anchor_ms: u64,
    /// Powered-on milliseconds with a verdict since the anchor.
    accepted_ms: u64,
}

/// How a lease stands at a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stands {
    Well,
    ToBeRenewed,
    Refused,
}

impl Client {
    pub(crate) fn activate(mut machine: Machine, terms: Terms) -> Self {
        let reading = machine.attest();
        let lease = Lease::at(&machine, &reading);
        let mut client = Client {
            machine,
            terms,
            lease,
            state: LastIncrement {
                activity: reading.activity,
                reset_count: 0,
                restart_count: 0,
            },
            prepared: false,
            online: false,
            resumed: false,
            leaps: true,
            tally: Tally::default(),
            refused_ms: None,
        };
        client.renew();
        client
    }

    /// The same program, which takes every single heartbeat.
    pub(crate) fn walking(self) -> Self {
        Client {
            leaps: false,
            ..self
        }
    }

    /// How long the lease worked, in milliseconds of calendar time since its anchor, once it is refused.
    pub(crate) fn worked_ms(&self) -> Option<u64> {
        self.refused_ms.map(|ms| ms - self.lease.anchor_ms)
    }

    /// The TPM's clock.
    pub(crate) fn clock_ms(&self) -> u64 {
        self.machine.peek().clock.clock_ms
    }

    /// What the present lease was charged, unless it is refused.
    pub(crate) fn charged(&self) -> Option<Charge> {
        self.charge(&self.machine.peek()).ok()
    }

    /// The machine is on, and the program does not run.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.machine.run(ms);
    }

    /// What it came to, the present lease included.
    pub(crate) fn tally(mut self) -> Tally {
        self.settle_account();
        self.tally
    }

    pub(crate) fn take(&mut self, step: Step) {
        match step {
            Step::On { ms } => self.run(ms),
            Step::Network(online) => self.online = online,
            Step::Sleep { ms } => {
                self.machine.sleep();
                self.machine.stay_off(ms);
                self.resumed = true;
            }
            Step::Hibernate { ms } => {
                self.machine.sleep();
                self.machine.stay_off(ms);
            }
            Step::Boot { off_ms } => {
                self.machine.reboot();
                self.machine.stay_off(off_ms);
            }
            Step::Cut { off_ms } => {
                self.machine.cycle_power();
                self.machine.stay_off(off_ms);
            }
            Step::CutAtIncrement { off_ms } => {
                self.prepared = true;
                self.machine.cycle_power();
                self.machine.stay_off(off_ms);
            }
        }
    }

    /// The machine is on, and the program validates at once and at each heartbeat.
    fn run(&mut self, ms: u64) {
        let heartbeat_ms = self.terms.heartbeat_ms;
        let mut left_ms = ms;
        self.tally.on_ms += ms;
        loop {
            let stands = self.validate();
            // Until something else is to be done than to validate again.
            let heartbeats = left_ms / heartbeat_ms;
            let calm = self.heartbeats_until_change(stands, heartbeats);
            let span_ms = calm.map_or(left_ms, |calm| calm * heartbeat_ms);
            if stands != Stands::Refused {
                self.lease.accepted_ms += span_ms;
                self.tally.accepted_ms += span_ms;
            }
            self.tally.validations += calm.map_or(heartbeats, |calm| calm - 1);
            self.machine.run(span_ms);
            left_ms -= span_ms;
            if calm.is_none() {
                return;
            }
        }
    }

    /// The first of the next `heartbeats` heartbeats at which the lease no longer stands as it does; from 1 on.
    fn heartbeats_until_change(&self, stands: Stands, heartbeats: u64) -> Option<u64> {
        // Whoever has no network can do nothing for a lease that should be renewed.
        let matters = |at: Stands| match self.online {
            true => at > stands,
            false => at == Stands::Refused && stands != Stands::Refused,
        };
        let changed = |heartbeat: u64| {
            let mut then = self.machine.clone();
            then.run(heartbeat * self.terms.heartbeat_ms);
            matters(self.stands(&then))
        };
        if !self.leaps && heartbeats > 0 {
            return Some(1);
        }
        if heartbeats == 0 || !changed(heartbeats) {
            return None;
        }
        let (mut calm, mut changes) = (0, heartbeats);
        while changes - calm > 1 {
            let between = calm + (changes - calm) / 2;
            match changed(between) {
                true => changes = between,
                false => calm = between,
            }
        }
        Some(changes)
    }

    /// One validation, as the library makes it, and a renewal where it is time for one and there is a network.
    pub(crate) fn validate(&mut self) -> Stands {
        self.tally.validations += 1;
        self.tally.resumes += u64::from(std::mem::take(&mut self.resumed));
        let mut reading = self.machine.attest();
        if std::mem::take(&mut self.prepared) {
            reading = self.increment(&reading);
            self.tally.finished_increments += 1;
        }
        if increment_due(&reading, Some(&self.state), self.terms.restarts_allowed) {
            reading = self.increment(&reading);
            self.tally.restart_increments += 1;
        }
        self.check_promises(&reading);
        let stands = self.stands(&self.machine);
        if stands > Stands::Well && self.online {
            self.settle_account();
            self.renew();
            return self.stands(&self.machine);
        }
        if stands == Stands::Refused && self.refused_ms.is_none() {
            self.refused_ms = Some(self.machine.true_ms);
        }
        stands
    }

    fn stands(&self, machine: &Machine) -> Stands {
        let reading = machine.peek();
        let now = machine.true_utc().max(self.floor(&reading));
        let since = now.since(self.lease.issued_at);
        match self.charge(&reading) {
            Ok(_) if since > self.terms.valid_for => Stands::Refused,
            Ok(charge)
                if charge.spent_ms >= self.terms.renew_charge_ms
                    || since >= self.terms.renew_after =>
            {
                Stands::ToBeRenewed
            }
            Ok(_) => Stands::Well,
            Err(_) => Stands::Refused,
        }
    }

    fn charge(&self, reading: &Reading) -> Result<Charge, ChargeError> {
        let limits = Limits {
            budget_ms: self.terms.budget_ms,
            unclean_loss_ms: self.terms.unclean_loss_ms,
            restarts_allowed: self.terms.restarts_allowed,
            heartbeat_ms: self.terms.heartbeat_ms,
        };
        charge(&self.lease.anchor, reading, &limits)
    }

    fn floor(&self, reading: &Reading) -> UtcTime {
        floor(&self.lease.anchor, reading, [self.lease.issued_at])
    }

    /// P1 and P2, at every validation that is not skipped.
    fn check_promises(&self, reading: &Reading) {
        let spent_ms = match self.charge(reading) {
            Ok(charge) => charge.spent_ms,
            Err(ChargeError::BudgetSpent { spent_ms, .. }) => spent_ms,
            Err(error) => panic!("an honest machine is refused: {error}"),
        };
        let accepted_ms = self.lease.accepted_ms;
        assert!(
            accepted_ms <= spent_ms,
            "P1: {accepted_ms} ms were accepted and {spent_ms} ms charged"
        );
        let bound_ms = self.terms.budget_ms + self.terms.heartbeat_ms;
        assert!(
            accepted_ms <= bound_ms,
            "P1: {accepted_ms} ms of {bound_ms}"
        );
        let (floor, now) = (self.floor(reading), self.machine.true_utc());
        assert!(floor <= now, "P2: the floor is {floor} at {now}");
    }

    fn increment(&mut self, reading: &Reading) -> Reading {
        self.machine.increment_activity();
        let incremented = self.machine.attest();
        self.state = LastIncrement {
            activity: incremented.activity,
            reset_count: reading.clock.reset_count,
            restart_count: reading.clock.restart_count,
        };
        incremented
    }

    /// Asks the vendor and applies the answer.
    fn renew(&mut self) {
        let reading = self.machine.attest();
        self.lease = Lease::at(&self.machine, &reading);
        self.increment(&reading);
        self.tally.leases += 1;
        self.refused_ms = None;
    }

    /// Books what the present lease was charged.
    fn settle_account(&mut self) {
        self.tally.charged_ms += match self.charge(&self.machine.peek()) {
            Ok(charge) => charge.spent_ms,
            Err(ChargeError::BudgetSpent { spent_ms, .. }) => spent_ms,
            Err(error) => panic!("an honest machine is refused: {error}"),
        };
    }
}

impl Lease {
    /// What the vendor answers to a reading that covers the vendor's nonce.
    fn at(machine: &Machine, reading: &Reading) -> Self {
        Lease {
            anchor: anchored(machine.true_utc(), reading),
            issued_at: machine.true_utc(),
            anchor_ms: machine.true_ms,
            accepted_ms: 0,
        }
    }
}

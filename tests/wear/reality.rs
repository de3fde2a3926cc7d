//! The traces and a simulated TPM come to the same, command by command and millisecond by millisecond.

#[path = "../attack/stage.rs"]
#[allow(dead_code, unreachable_pub, reason = "the attacks use more of it")]
mod stage;

use crate::trace::machine::Machine as ModelMachine;
use crate::trace::{Client, INCREMENT_BYTES, PROVISIONING_BYTES, Step};
use counterfoil::client::{Counterfoil, Report};
use counterfoil::device::Auths;
use counterfoil::policy::Terms;
use counterfoil::token::Lease;
use stage::{Machine, Vendor};
use std::fs;
use std::num::NonZeroU32;
use std::time::Duration;
use tpm_sim::commands::writes_nv;
use tpm_sim::{CommandRecord, Tpm};

/// A machine with a license, and the model of both.
struct Pair {
    machine: Machine,
    app: Counterfoil,
    model: Client,
    /// The TPM's clock at the last validation.
    clock_ms: u64,
}

impl Pair {
    fn activated() -> Self {
        let (_, machine, app) = stage::licensed();
        let report = app.validate();
        let lease = report.licenses[0].lease.as_ref().unwrap();
        let mut model = ModelMachine::new(tpm_sim::CLOCK_UPDATE.as_millis() as u64);
        model.run(lease.anchor.clock_ms);
        let mut pair = Pair {
            model: Client::activate(model, terms(lease)),
            clock_ms: lease.anchor.clock_ms,
            machine,
            app,
        };
        pair.compare(&report);
        pair
    }

    /// Something happens to the machine, and the application validates before it and after it.
    fn after(&mut self, step: Step) {
        self.validate();
        let tpm = &self.machine.tpm;
        match step {
            Step::Sleep { .. } => {
                tpm.suspend().unwrap();
                tpm.resume().unwrap();
            }
            Step::Hibernate { .. } => tpm.hibernate().unwrap(),
            Step::Boot { .. } => tpm.reboot().unwrap(),
            Step::Cut { .. } => tpm.power_cut().unwrap(),
            other => panic!("{other:?} is not tried here"),
        }
        self.model.take(step);
        if let Step::Cut { .. } = step {
            // What the clock may have lost, the model has lost.
            self.clock_ms = self.model.clock_ms();
        }
        self.validate();
    }

    fn validate(&mut self) {
        let seen = self.machine.tpm.commands().len();
        let report = self.app.validate();
        let increments = self.compare(&report);
        let written = writes(&self.machine.tpm.commands_since(seen));
        assert_eq!(written, vec!["TPM2_NV_Increment"; increments as usize]);
    }

    /// Lets the model validate at the same moment, and compares. Increments that it made.
    fn compare(&mut self, report: &Report) -> u64 {
        let clock_ms = report.evidence.as_ref().unwrap().clock().clock_ms;
        let passed_ms = clock_ms
            .checked_sub(self.clock_ms)
            .expect("the TPM's clock lost more than its model's");
        self.clock_ms = clock_ms;
        self.model.pass(passed_ms);
        let before = self.model.clone().tally().increments();
        self.model.validate();
        assert_eq!(report.verdict.charge, self.model.charged());
        self.model.clone().tally().increments() - before
    }
}

fn terms(lease: &Lease) -> Terms {
    Terms {
        window: Duration::from_secs(lease.window_s),
        valid_for: lease.expires_at.since(lease.issued_at),
        budget_ms: lease.budget_ms,
        unclean_loss_ms: lease.unclean_loss_ms,
        restarts_allowed: NonZeroU32::new(lease.restarts_allowed).unwrap(),
        heartbeat_ms: lease.heartbeat_ms,
        renew_after: lease.renew_after.at.since(lease.issued_at),
        renew_charge_ms: lease.renew_after.charge_ms,
    }
}

/// The commands that write NV because a client asks for it.
fn writes(commands: &[CommandRecord]) -> Vec<&'static str> {
    let names = commands.iter().map(|command| command.name);
    names.filter(|name| writes_nv(name)).collect()
}

fn stored(tpm: &Tpm) -> u64 {
    fs::metadata(tpm.state_dir().join("tpm2-00.permall"))
        .unwrap()
        .len()
}

#[test]
fn a_simulated_tpm_counts_charges_and_increments_as_the_trace_does() {
    const OFF: u64 = 0;
    let mut pair = Pair::activated();
    // Twelve sleeps are more than a boot has free; a boot forgets them, and so does a power cut.
    let sleeps = |times| vec![Step::Sleep { ms: OFF }; times];
    let trace = [
        sleeps(12),
        vec![Step::Hibernate { ms: OFF }; 11],
        vec![Step::Boot { off_ms: OFF }],
        sleeps(3),
        vec![Step::Cut { off_ms: OFF }],
        sleeps(10),
        vec![Step::Boot { off_ms: OFF }, Step::Cut { off_ms: OFF }],
        vec![Step::Cut { off_ms: OFF }],
        sleeps(1),
    ];
    for step in trace.concat() {
        pair.after(step);
    }
    let tally = pair.model.tally();
    assert_eq!((tally.leases, tally.restart_increments), (1, 2));
}

#[test]
fn p13_validations_write_nothing_and_applying_an_answer_one_increment() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let (app, auths) = (machine.app(&vendor), Auths::default());
    app.provision(&auths).unwrap();
    let requested = app.request_activation(&vendor.sell(1), &auths).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();

    let seen = machine.tpm.commands().len();
    app.apply_response(&answer.response, &auths).unwrap();
    assert_eq!(
        writes(&machine.tpm.commands_since(seen)),
        ["TPM2_NV_Increment"]
    );

    let seen = machine.tpm.commands().len();
    for _ in 0..20 {
        assert!(app.validate().failure.is_none());
    }
    assert_eq!(writes(&machine.tpm.commands_since(seen)), [""; 0]);
}

#[test]
fn p13_setting_up_a_store_writes_no_more_than_is_counted() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    // What the simulator keeps for itself is written by the first command.
    machine.tpm.reboot().unwrap();
    let before = stored(&machine.tpm);
    let seen = machine.tpm.commands().len();
    machine.app(&vendor).provision(&Auths::default()).unwrap();
    let written = writes(&machine.tpm.commands_since(seen));
    let increments = written.iter().filter(|name| **name == "TPM2_NV_Increment");
    let bytes = stored(&machine.tpm) - before + INCREMENT_BYTES * increments.count() as u64;
    assert!(bytes > 0);
    assert!(bytes <= PROVISIONING_BYTES, "{bytes} bytes by {written:?}");
}

//! P1, measured: the time that power cycles, sleeps and files put back let somebody use is never more than what is charged.

use counterfoil::client::{Counterfoil, Report};
use counterfoil::policy::Standing;
use tss_esapi::constants::StartupType;

use crate::device_support::context;
use crate::stage::{Machine, copy, licensed, reason, spent, state_file};

fn clock(report: &Report) -> u64 {
    report.evidence.as_ref().unwrap().clock().clock_ms
}

/// Validates until the TPM's clock has moved on by this much; how much it did.
fn use_for(app: &Counterfoil, from: u64, at_least_ms: u64) -> u64 {
    loop {
        let report = app.validate();
        assert_eq!(reason(&report), "ok");
        let used = clock(&report) - from;
        if used >= at_least_ms {
            return used;
        }
    }
}

/// Root sends the Shutdown himself, so that the TPM's clock returns to it at the power cut, and uses the license between.
#[test]
fn p1_shutdown_use_kill_cycles_use_no_more_than_they_are_charged() {
    const CYCLES: u32 = 5;
    const NONCE: [u8; 32] = [0x45; 32];
    let (vendor, machine, app) = licensed();
    let evidence = app.evidence(NONCE).unwrap();
    let proof = vendor.service().verify_evidence(&evidence, &NONCE).unwrap();
    let lease = &proof.licenses[0].lease;
    // The most that a cycle hides: what the clock forgets, and the verdict that was cached when the power went.
    let hidden = (lease.unclean_loss_ms + lease.heartbeat_ms) * 7 / 6;
    let first = app.validate();
    let mut used = 0;
    let mut last = spent(&first);
    for _ in 0..CYCLES {
        let begun = clock(&app.validate());
        let mut context = context(&machine.tpm);
        context.shutdown(StartupType::Clear).unwrap();
        drop(context);
        let of_this_cycle = use_for(&app, begun, 40);
        machine.tpm.power_cut().unwrap();
        used += of_this_cycle;
        let now = spent(&app.validate());
        assert!(now - last >= hidden.max(of_this_cycle), "{} ms", now - last);
        last = now;
    }
    let report = app.validate();
    assert_eq!(report.verdict.charge.unwrap().resets, CYCLES);
    let charged = spent(&report) - spent(&first);
    assert!(
        charged >= used.max(u64::from(CYCLES) * hidden),
        "{charged} ms"
    );
}

/// What root does to the state between two sleeps.
type Meddling = fn(&Machine, &[u8]);

fn put_back_the_oldest(machine: &Machine, oldest: &[u8]) {
    std::fs::write(state_file(machine), oldest).unwrap();
}

/// Each sleep hides the verdict that was cached before it, and a reset hides the sleeps.
fn sleeps_hidden_by_a_reset(meddle: Meddling) {
    const SLEEPS: usize = 26;
    let (_vendor, machine, app) = licensed();
    let oldest = std::fs::read(state_file(&machine)).unwrap();
    let first = app.validate();
    let heartbeat = first.licenses[0].heartbeat_ms;
    let mut accepted = 0;
    for _ in 0..2 {
        for _ in 0..SLEEPS {
            let report = app.validate();
            match reason(&report) {
                "ok" => accepted += heartbeat,
                "state_missing" | "state_rolled_back" => {
                    assert_eq!(report.verdict.standing, Standing::Limited);
                }
                other => panic!("{other}"),
            }
            machine.tpm.suspend().unwrap();
            machine.tpm.resume().unwrap();
            meddle(&machine, &oldest);
        }
        machine.tpm.reboot().unwrap();
        let report = app.validate();
        let charged = spent(&report) - spent(&first);
        assert!(charged >= accepted, "{charged} ms for {accepted}");
    }
    assert!(accepted > 0);
}

#[test]
fn p1_sleeps_behind_a_reset_use_no_more_than_they_are_charged() {
    sleeps_hidden_by_a_reset(|_, _| {});
}

#[test]
fn p1_sleeps_behind_a_reset_with_the_oldest_state_put_back_each_time_gain_nothing() {
    sleeps_hidden_by_a_reset(put_back_the_oldest);
}

#[test]
fn p1_sleeps_behind_a_reset_with_the_state_removed_each_time_gain_nothing() {
    sleeps_hidden_by_a_reset(|machine, _| {
        for state in crate::stage::files(&machine.dir(), "state-") {
            std::fs::remove_file(state).unwrap();
        }
    });
}

#[test]
fn p1_sleeps_behind_a_reset_with_two_forks_of_the_folder_by_turns_gain_nothing() {
    sleeps_hidden_by_a_reset(|machine, _| {
        let [dir, fork, aside] =
            ["state", "fork", "aside"].map(|it| machine.dir().with_file_name(it));
        if !fork.exists() {
            copy(&dir, &fork);
        }
        for (from, to) in [(&dir, &aside), (&fork, &dir), (&aside, &fork)] {
            std::fs::rename(from, to).unwrap();
        }
    });
}

//! P1, P12: a state that root wrote, with the key that the seed gives, lowers no charge.

use std::time::Duration;

use counterfoil::client::Report;
use counterfoil::device::{Auths, Counter, Hardware as _, SecretKind};
use counterfoil::store::{Current, Folder, Loaded, ResetCounts, Seed, State};

use crate::device_support::context;
use crate::forgery::binding;
use crate::stage::{Machine, licensed, reason, spent};

/// Root opens the seed, as anybody who may use the TPM can, and writes the state that suits him for the counter as it stands.
fn forge(machine: &Machine, change: impl FnOnce(&mut State)) {
    let binding = binding(machine);
    let hardware = machine.hardware();
    let mut tpm = hardware.open().unwrap();
    let seed = tpm.unseal(&binding, SecretKind::Seed).unwrap();
    let activity = tpm.read_counter(&binding, Counter::Activity).unwrap();
    drop(tpm);
    let folder = Folder::open(&machine.dir()).unwrap();
    let folder = folder.lock(Duration::from_secs(20)).unwrap();
    let key = Seed::new(seed).state_key(binding.store);
    let generation = folder.generation(binding.epoch).unwrap();
    let vault = generation.unlock(key, binding.store);
    let Loaded::Current(Current {
        base, mut state, ..
    }) = vault.load(activity).unwrap()
    else {
        panic!("there is a state");
    };
    change(&mut state);
    vault.save_in_place(base, state).unwrap();
}

#[test]
fn p1_sleeps_behind_a_reset_with_a_state_that_root_wrote_gain_nothing() {
    const SLEEPS: u64 = 60;
    let (_vendor, machine, app) = licensed();
    let first = app.validate();
    let mut accepted = 0;
    for _ in 0..SLEEPS {
        assert_eq!(reason(&app.validate()), "ok");
        accepted += first.licenses[0].heartbeat_ms;
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
        let mut context = context(&machine.tpm);
        let clock = *context.read_clock().unwrap().clock_info();
        drop(context);
        forge(&machine, |state| {
            state.last_increment = Some(ResetCounts {
                reset_count: clock.reset_count(),
                restart_count: clock.restart_count(),
            });
        });
    }
    machine.tpm.reboot().unwrap();
    let charged = spent(&app.validate()) - spent(&first);
    assert!(charged >= accepted, "{charged} ms for {accepted}");
}

/// Root keeps the statement of an earlier increment, and shows it with the present counts.
#[test]
fn p1_the_statement_of_an_earlier_increment_proves_no_later_one() {
    let (_vendor, machine, app) = licensed();
    let sleep = |times: u32| {
        for _ in 0..times {
            machine.tpm.suspend().unwrap();
            machine.tpm.resume().unwrap();
        }
    };
    let activity = || app.validate().evidence.unwrap().activity();
    let before = activity();
    sleep(11);
    assert_eq!(activity(), before + 1, "eleven sleeps demand an increment");
    let mut proof = None;
    forge(&machine, |state| proof = state.increment_proof.clone());
    assert!(proof.is_some());
    sleep(10);
    assert_eq!(activity(), before + 1, "ten more do not");
    sleep(1);
    forge(&machine, |state| {
        state.last_increment = state.last_increment.map(|counts| ResetCounts {
            restart_count: counts.restart_count + 11,
            ..counts
        });
    });
    assert_eq!(activity(), before + 2, "whatever the state says");
    sleep(11);
    forge(&machine, |state| state.increment_proof = proof);
    assert_eq!(activity(), before + 3);
}

/// With the key from the seed root brings a pending request back. What the response then brings is what was there.
#[test]
fn p12_limit_a_state_that_root_wrote_lets_a_response_apply_again_and_gains_nothing() {
    let (vendor, machine, app) = licensed();
    let key = vendor.sell(1);
    let requested = app.request_activation(&key, &Auths::default()).unwrap();
    let mut before = State::default();
    forge(&machine, |state| before = state.clone());
    let answer = vendor.answer(&requested.request).unwrap();
    let apply = || app.apply_response(&answer.response, &Auths::default());
    let of_key = |report: Report| {
        let license = report.licenses.into_iter().find(|it| it.id == key.id());
        let license = license.unwrap();
        let spent = license.verdict.charge.unwrap().spent_ms;
        (license.lease.unwrap().bytes().to_vec(), spent)
    };
    apply().unwrap();
    machine.tpm.reboot().unwrap();
    let (lease, spent) = of_key(app.validate());
    assert!(apply().is_err());

    forge(&machine, |state| *state = before);
    apply().unwrap();
    let (again, spent_again) = of_key(app.validate());
    assert_eq!(again, lease);
    assert!(spent_again >= spent, "{spent_again} after {spent} ms");
}

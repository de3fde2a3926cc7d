//! P1, P3: the TPM's own clock, set, slowed and speeded by the TPM's owner. He ends a window early, never lengthens it, and
//! the next contact repairs what a TPM allows to be repaired: the clock itself never goes back but by a clear.

use std::time::Duration;

use counterfoil::client::Report;
use counterfoil::policy::Standing;
use tss_esapi::constants::ClockAdjust;
use tss_esapi::handles::AuthHandle;
use tss_esapi::interface_types::session_handles::AuthSession;

use crate::clocks::set_tpm_clock;
use crate::device_support::context;
use crate::stage::{Machine, licensed, licensed_by_key, reason, spent};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// The last value that TPM2_ClockSet takes is below it.
const END: u64 = 0xFFFF_0000_0000_0000;

fn clock(report: &Report) -> u64 {
    report.evidence.as_ref().unwrap().clock().clock_ms
}

fn adjust(machine: &Machine, rate: ClockAdjust, times: u32) {
    let mut context = context(&machine.tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    for _ in 0..times {
        context.clock_rate_adjust(AuthHandle::Owner, rate).unwrap();
    }
}

#[test]
fn p1_p3_a_clock_set_forward_ends_the_window_and_the_next_contact_repairs_it() {
    for days in [40, 400, 40_000] {
        let (vendor, machine, app, key) = licensed_by_key();
        set_tpm_clock(&machine, clock(&app.validate()) + days * DAY_MS);
        let report = app.validate();
        assert_eq!(report.verdict.standing, Standing::Limited, "{days} days");
        machine.activate(&vendor, &key);
        let report = app.validate();
        assert_eq!(reason(&report), "ok", "{days} days");
        // The new lease is anchored at the clock as it is now: what was set counts no more.
        assert!(spent(&report) < DAY_MS);
        // And it is charged as any other.
        set_tpm_clock(&machine, clock(&report) + 40 * DAY_MS);
        assert_eq!(app.validate().verdict.standing, Standing::Limited);
    }
}

#[test]
fn p1_p3_a_clock_at_its_very_end_ends_the_window_for_now_and_the_next_contact_repairs_it() {
    let (vendor, machine, app, key) = licensed_by_key();
    set_tpm_clock(&machine, END - DAY_MS);
    let report = app.validate();
    assert_eq!(report.verdict.standing, Standing::Limited);
    assert!(matches!(reason(&report), "budget_spent" | "lease_expired"));
    machine.activate(&vendor, &key);
    assert_eq!(reason(&app.validate()), "ok");
    for power_cut in [false, true] {
        match power_cut {
            true => machine.tpm.power_cut().unwrap(),
            false => machine.tpm.reboot().unwrap(),
        }
        assert_eq!(reason(&app.validate()), "ok");
    }
    // As near to the end as the TPM lets it be set: the clock goes on from there for nine thousand years.
    set_tpm_clock(&machine, END - 1);
    let before = app.validate();
    assert_eq!(reason(&before), "ok", "a day is charged");
    let after = app.validate();
    assert!(clock(&after) >= clock(&before) && spent(&after) >= spent(&before));
}

#[test]
fn p1_a_clock_slowed_as_far_as_it_goes_is_charged_at_its_slowest_rate() {
    at_any_rate_is_charged_as_slowest(ClockAdjust::CoarseSlower);
}

#[test]
fn p1_a_clock_speeded_as_far_as_it_goes_ends_the_window_early() {
    at_any_rate_is_charged_as_slowest(ClockAdjust::CoarseFaster);
}

fn at_any_rate_is_charged_as_slowest(rate: ClockAdjust) {
    let (_vendor, machine, app) = licensed();
    adjust(&machine, rate, 40);
    let first = app.validate();
    let mut last = app.validate();
    while clock(&last) < clock(&first) + 50 {
        std::thread::sleep(Duration::from_millis(5));
        last = app.validate();
    }
    let (shown, charged) = (clock(&last) - clock(&first), spent(&last) - spent(&first));
    assert!(charged + 1 >= shown * 7 / 6, "{charged} ms for {shown}");
    assert_eq!(reason(&last), "ok");
}

#[test]
fn p1_a_clock_set_forward_step_by_step_never_lengthens_a_window() {
    let (_vendor, machine, app) = licensed();
    let mut until = app.validate().verdict.offline_until.unwrap();
    for _ in 0..5 {
        set_tpm_clock(&machine, clock(&app.validate()) + 3 * DAY_MS);
        let later = app.validate().verdict.offline_until.unwrap();
        assert!(later <= until, "{later} after {until}");
        until = later;
    }
}

#[test]
fn p2_a_clock_proves_no_more_time_than_a_clock_at_its_fastest_rate_needs() {
    const NONCE: [u8; 32] = [0x44; 32];
    let (vendor, machine, app) = licensed();
    let proven = || {
        let evidence = app.evidence(NONCE).unwrap();
        let proof = vendor.service().verify_evidence(&evidence, &NONCE).unwrap();
        let utc = proof.licenses[0].proven_utc.unix();
        (proof.reading.clock.clock_ms, utc)
    };
    let (clock_before, utc_before) = proven();
    set_tpm_clock(&machine, clock_before + 6 * DAY_MS);
    let (clock_after, utc_after) = proven();
    let fastest = (clock_after - clock_before) / 1000 * 5 / 6;
    let believed = utc_after - utc_before;
    assert!(
        believed.abs_diff(fastest) <= 1,
        "{believed} s for {fastest} s"
    );
}

//! P1, P2, P3: whatever clocks and power do, time goes on being charged, and nobody is locked out by a lie.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil::client::{Clock, Counterfoil, Report, SystemClock, Uptime};
use counterfoil::policy::Standing;
use counterfoil::token::UtcTime;
use tpm_sim::Wake;
use tss_esapi::constants::ClockAdjust;
use tss_esapi::handles::AuthHandle;
use tss_esapi::interface_types::session_handles::AuthSession;

use crate::device_support::context;
use crate::stage::{FEATURE, Machine, Vendor, copy, licensed, now, reason, spent};

pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An operating system's clock that says what the test wants.
#[derive(Clone)]
pub struct Lying {
    time: Arc<Mutex<UtcTime>>,
    /// The boot is another than the one in which the license came.
    rebooted: bool,
}

impl Lying {
    pub fn at(time: UtcTime) -> Self {
        Self {
            time: Arc::new(Mutex::new(time)),
            rebooted: false,
        }
    }

    pub fn after_reboot(time: UtcTime) -> Self {
        Self {
            rebooted: true,
            ..Self::at(time)
        }
    }

    pub fn set(&self, time: UtcTime) {
        *self.time.lock().unwrap() = time;
    }
}

impl Clock for Lying {
    fn os_time(&self) -> UtcTime {
        *self.time.lock().unwrap()
    }

    fn uptime(&self) -> Uptime {
        let mut uptime = SystemClock.uptime();
        if self.rebooted {
            uptime.boot_id = uptime.boot_id.map(|byte| !byte);
        }
        uptime
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
}

pub fn with_clock(machine: &Machine, vendor: &Vendor, clock: &Lying) -> Counterfoil {
    let clock = clock.clone();
    machine.app_with(vendor, |config| config.clock = Box::new(clock))
}

pub fn set_tpm_clock(machine: &Machine, ms: u64) {
    let mut context = context(&machine.tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    context.clock_set(AuthHandle::Owner, ms).unwrap();
}

#[test]
fn p2_p3_an_operating_systems_clock_in_1970_or_2099_changes_nothing() {
    let (vendor, machine, honest) = licensed();
    let clock = Lying::at(now());
    let app = with_clock(&machine, &vendor, &clock);
    let mut last = spent(&honest.validate());
    let day = |text: &str| text.parse().unwrap();
    for time in [
        day("1970-01-01T00:00:00Z"),
        day("2099-12-31T23:59:59Z"),
        day("2000-01-01T00:00:00Z"),
        UtcTime::MAX,
    ] {
        clock.set(time);
        let report = app.validate();
        assert_eq!(reason(&report), "ok", "{time}");
        assert!(
            spent(&report) >= last,
            "time went on being charged at {time}"
        );
        last = spent(&report);
    }
    assert_eq!(reason(&honest.validate()), "ok");
}

#[test]
fn p2_a_license_that_ended_is_not_revived_by_a_clock_set_back() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    // The license ends in a minute; the TPM then sees a day go by.
    let key = vendor.sell_until(now().plus(Duration::from_secs(60)));
    machine.activate(&vendor, &key);
    let clock = Lying::at(now());
    let app = with_clock(&machine, &vendor, &clock);
    assert_ne!(reason(&app.validate()), "license_expired");
    let clock_ms = app.validate().evidence.unwrap().clock().clock_ms;
    set_tpm_clock(&machine, clock_ms + DAY.as_millis() as u64);
    for time in [now(), UtcTime::from_unix(0).unwrap()] {
        clock.set(time);
        assert_eq!(reason(&app.validate()), "license_expired", "{time}");
    }
}

#[test]
fn p3_a_clock_that_stands_in_2099_at_the_activation_is_no_obstacle() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let clock = Lying::at("2099-06-01T00:00:00Z".parse().unwrap());
    let app = with_clock(&machine, &vendor, &clock);
    let requested = app
        .request_activation(&vendor.sell(1), &Default::default())
        .unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Default::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
    machine.tpm.reboot().unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p1_each_boot_and_each_power_cut_is_charged() {
    let (_vendor, machine, app) = licensed();
    let mut last = app.validate().verdict.charge.unwrap();
    for cut in [false, true, true, false] {
        match cut {
            true => machine.tpm.power_cut().unwrap(),
            false => machine.tpm.reboot().unwrap(),
        }
        let charge = app.validate().verdict.charge.unwrap();
        assert_eq!(charge.resets, last.resets + 1);
        assert!(charge.spent_ms > last.spent_ms);
        last = charge;
    }
}

#[test]
fn p1_using_the_tpm_after_its_shutdown_costs_a_reset_each_time() {
    let (_vendor, machine, app) = licensed();
    let mut last = spent(&app.validate());
    for _ in 0..3 {
        // Root sends the Shutdown himself, goes on using the license, and cuts the power.
        let mut context = context(&machine.tpm);
        context
            .shutdown(tss_esapi::constants::StartupType::Clear)
            .unwrap();
        drop(context);
        assert_eq!(reason(&app.validate()), "ok");
        machine.tpm.power_cut().unwrap();
        let report = app.validate();
        assert_eq!(reason(&report), "ok");
        assert!(spent(&report) > last);
        last = spent(&report);
    }
}

#[test]
fn p1_sleeps_that_a_reset_hides_were_charged_before() {
    let (_vendor, machine, app) = licensed();
    let mut last = spent(&app.validate());
    for _ in 0..2 {
        for _ in 0..3 {
            machine.tpm.suspend().unwrap();
            assert_eq!(machine.tpm.resume().unwrap(), Wake::Resumed);
            let now = spent(&app.validate());
            assert!(now >= last);
            last = now;
        }
        machine.tpm.reboot().unwrap();
        let now = spent(&app.validate());
        assert!(now >= last, "the reset took nothing back: {now} < {last}");
        last = now;
    }
}

#[test]
fn p1_many_sleeps_move_the_activity_counter_and_the_state_survives() {
    let (_vendor, machine, app) = licensed();
    let increments = |report: &Report| report.verdict.charge.unwrap().increments;
    let before = increments(&app.validate());
    for _ in 0..12 {
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
    }
    let report = app.validate();
    assert_eq!(reason(&report), "ok", "{:?}", report.failure);
    assert_eq!(increments(&report), before + 1);
    // Once, not at each validation.
    let again = app.validate();
    assert_eq!(increments(&again), before + 1);
    assert_eq!(reason(&again), "ok");
    machine.tpm.reboot().unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p1_a_tpm_clock_set_forward_and_many_boots_spend_the_budget() {
    let (vendor, machine, app) = licensed();
    let report = app.validate();
    let clock = report.evidence.unwrap().clock().clock_ms;
    let budget = report.verdict.charge.unwrap().budget_ms;
    let mut last = report.verdict.charge.unwrap().spent_ms;
    for tenth in [2, 5, 9] {
        set_tpm_clock(&machine, clock + budget / 10 * 6 / 7 * tenth);
        let report = app.validate();
        assert!(
            report.verdict.standing <= Standing::OfflineGrace,
            "{}",
            reason(&report)
        );
        assert!(spent(&report) > last);
        last = spent(&report);
    }
    let spent_by_boots = (0..200).find(|_| {
        machine.tpm.reboot().unwrap();
        reason(&app.validate()) == "budget_spent"
    });
    assert!(spent_by_boots.is_some(), "{}", reason(&app.validate()));
    assert_eq!(app.validate().verdict.standing, Standing::Limited);

    // The next contact repairs it.
    let key = vendor.sell(1);
    let requested = app.request_activation(&key, &Default::default()).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Default::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p1_a_tpm_clock_set_to_the_end_of_time_ends_the_window_and_does_not_overflow() {
    let (_vendor, machine, app) = licensed();
    set_tpm_clock(&machine, 0xFFFE_FFFF_FFFF_FFFF);
    let report = app.validate();
    assert!(
        matches!(reason(&report), "budget_spent" | "lease_expired"),
        "{}",
        reason(&report)
    );
    assert_eq!(report.verdict.standing, Standing::Limited);
}

#[test]
fn p1_a_slowed_tpm_clock_is_charged_at_its_slowest_rate() {
    let (_vendor, machine, app) = licensed();
    let mut context = context(&machine.tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    context
        .clock_rate_adjust(AuthHandle::Owner, ClockAdjust::CoarseSlower)
        .unwrap();
    drop(context);
    let first = app.validate();
    std::thread::sleep(Duration::from_millis(300));
    let second = app.validate();
    let shown = second.evidence.as_ref().unwrap().clock().clock_ms
        - first.evidence.as_ref().unwrap().clock().clock_ms;
    let charged = spent(&second) - spent(&first);
    assert!(charged + 1 >= shown * 7 / 6, "{charged} for {shown}");
}

/// A machine on which every look at the clock finds an hour gone by: root holds the TPM's answers back.
#[derive(Default)]
struct HeldBack(AtomicU64);

impl Clock for HeldBack {
    fn os_time(&self) -> UtcTime {
        now()
    }

    fn uptime(&self) -> Uptime {
        SystemClock.uptime()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(3600 * self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[test]
fn p1_an_answer_that_was_held_back_serves_no_check() {
    // Not of the essential tier.
    const BOUGHT: &str = "edit";
    let (vendor, machine, prompt) = licensed();
    let quotes = || {
        machine
            .tpm
            .take_counts()
            .get("TPM2_Quote")
            .copied()
            .unwrap_or(0)
    };
    quotes();
    assert!(prompt.check(BOUGHT) && prompt.check(BOUGHT));
    assert_eq!(quotes(), 1, "one validation serves a heartbeat");
    let app = machine.app_with(&vendor, |config| config.clock = Box::<HeldBack>::default());
    assert!(!app.check(BOUGHT) && !app.check(BOUGHT));
    assert_eq!(app.current().verdict.reason.name(), "answer_late");
    assert!(quotes() > 0, "it was asked for");
    let report = app.validate();
    assert_eq!(report.verdict.reason.name(), "answer_late");
    assert!(!report.allows(BOUGHT));
}

#[test]
fn p11_a_license_that_is_off_does_not_keep_the_tpm_busy() {
    let (vendor, licensed, _app) = licensed();
    let other = Machine::new();
    copy(&licensed.dir(), &other.dir());
    let app = other.app(&vendor);
    assert!(!app.check(FEATURE));
    other.tpm.take_counts();
    assert!(!app.check(FEATURE));
    assert_eq!(other.tpm.take_counts().values().sum::<usize>(), 0);
}

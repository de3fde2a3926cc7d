//! P2, P3: every wrong clock that an operating system can show, through the library and, with libfaketime, at the program.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use counterfoil::client::{Clock, Counterfoil, SystemClock, Uptime};
use counterfoil::device::Auths;
use counterfoil::policy::Standing;
use counterfoil::token::UtcTime;

use crate::clocks::set_tpm_clock;
use crate::stage::{FEATURE, Machine, Vendor, licensed, now, reason, spent};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A machine in its n-th boot since the license came, with a clock that says what root wants.
#[derive(Clone, Copy)]
struct InBoot {
    boot: u8,
    time: UtcTime,
}

impl Clock for InBoot {
    fn os_time(&self) -> UtcTime {
        self.time
    }

    fn uptime(&self) -> Uptime {
        match self.boot {
            0 => SystemClock.uptime(),
            boot => Uptime {
                boot_id: [boot; 16],
                elapsed: Duration::from_secs(30),
            },
        }
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
}

fn app(machine: &Machine, vendor: &Vendor, boot: u8, time: UtcTime) -> Counterfoil {
    machine.app_with(vendor, |config| {
        config.clock = Box::new(InBoot { boot, time })
    })
}

fn day(text: &str) -> UtcTime {
    format!("{text}T03:04:05Z").parse().unwrap()
}

#[test]
fn p3_a_clock_left_in_2099_for_good_takes_no_day_of_the_window() {
    let (vendor, machine, honest) = licensed();
    let wrong = app(&machine, &vendor, 1, day("2099-12-31"));
    let start = honest.validate().evidence.unwrap().clock().clock_ms;
    let mut graces = 0;
    for days in (1..40).step_by(2) {
        set_tpm_clock(&machine, start + days * DAY.as_millis() as u64);
        let (theirs, true_one) = (wrong.validate(), honest.validate());
        assert_eq!(
            theirs.verdict.standing, true_one.verdict.standing,
            "day {days}"
        );
        graces += usize::from(theirs.verdict.standing == Standing::OfflineGrace);
    }
    assert!(graces > 0, "the window was seen to its end");
    assert_eq!(honest.validate().verdict.standing, Standing::Limited);
}

#[test]
fn p3_a_clock_set_to_2099_and_back_leaves_no_trace() {
    let (vendor, machine, honest) = licensed();
    for boot in [0, 1] {
        for time in ["2099-12-31", "2040-01-01", "1970-01-01", "9998-12-31"] {
            let wrong = app(&machine, &vendor, boot, day(time));
            assert_eq!(reason(&wrong.validate()), "ok", "{time}");
            let report = honest.validate();
            assert_eq!(reason(&report), "ok", "after {time}");
            assert!(
                report.verdict.notices.is_empty(),
                "{:?}",
                report.verdict.notices
            );
        }
    }
}

/// Two months ahead is what a machine looks like that was off for two months: it cannot be told, and nothing of it stays.
#[test]
fn p3_a_clock_two_months_ahead_in_another_boot_counts_while_it_stands_and_not_a_moment_longer() {
    let (vendor, machine, honest) = licensed();
    let ahead = now().plus(60 * DAY);
    assert_eq!(reason(&app(&machine, &vendor, 0, ahead).validate()), "ok");
    let elsewhere = app(&machine, &vendor, 1, ahead).validate();
    assert_eq!(reason(&elsewhere), "lease_expired");
    assert_eq!(elsewhere.verdict.standing, Standing::Limited);
    assert_eq!(reason(&honest.validate()), "ok");
    assert_eq!(reason(&app(&machine, &vendor, 1, now()).validate()), "ok");
}

#[test]
fn p3_summer_time_zones_and_a_clock_kept_in_local_time_take_nothing() {
    let (vendor, machine, honest) = licensed();
    let true_one = honest.validate();
    for boot in [0, 1] {
        for hours in [1, 2, 5, 9, 12, 14] {
            for time in [now().plus(hours * HOUR), now().saturating_sub(hours * HOUR)] {
                let report = app(&machine, &vendor, boot, time).validate();
                assert_eq!(reason(&report), "ok", "{time}");
                assert!(report.allows(FEATURE));
                assert_eq!(report.verdict.expires, true_one.verdict.expires);
            }
        }
    }
}

#[test]
fn p2_p3_a_dead_battery_shows_the_firmwares_build_date_at_each_boot_and_takes_nothing() {
    let (vendor, machine, honest) = licensed();
    let mut last = spent(&honest.validate());
    for boot in 1..4 {
        machine.tpm.power_cut().unwrap();
        let report = app(&machine, &vendor, boot, day("2018-05-01")).validate();
        assert_eq!(reason(&report), "ok");
        assert!(spent(&report) > last, "the boot is charged");
        last = spent(&report);
    }
    assert_eq!(reason(&honest.validate()), "ok");
}

#[test]
fn p3_a_request_made_under_a_wrong_clock_leads_to_a_license_that_stands_under_the_right_one() {
    for time in ["1970-01-01", "2099-12-31"] {
        let (vendor, machine) = (Vendor::new(), Machine::new());
        vendor.trust(&machine.tpm);
        let wrong = app(&machine, &vendor, 0, day(time));
        let requested = wrong
            .request_activation(&vendor.sell(1), &Auths::default())
            .unwrap();
        let answer = vendor.answer(&requested.request).unwrap();
        wrong
            .apply_response(&answer.response, &Auths::default())
            .unwrap();
        for report in [wrong.validate(), machine.app(&vendor).validate()] {
            assert_eq!(reason(&report), "ok", "{time}");
        }
    }
}

/// Runs the program as under `faketime`, which sets its clock and no other.
#[cfg(feature = "cli")]
fn status_at(machine: &Machine, root: &Path, time: &str, zone: &str) -> Output {
    Command::new("faketime")
        .args(["-f", time, env!("CARGO_BIN_EXE_counterfoil")])
        .args(["--tcti", &machine.tpm.tcti(), "--dir"])
        .arg(machine.dir())
        .arg("--trust")
        .arg(root)
        .args(["status", "--json"])
        .env("TZ", zone)
        // The kernel's other clocks are not for a user to set.
        .env("DONT_FAKE_MONOTONIC", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .output()
        .expect("faketime is installed (Debian: `apt-get install faketime`, or run scripts/setup)")
}

#[cfg(feature = "cli")]
#[test]
fn p3_the_program_says_active_at_any_time_and_in_any_zone_that_it_is_shown() {
    let (vendor, machine, _app) = licensed();
    let root = machine.dir().with_file_name("root.pem");
    std::fs::write(&root, vendor.service().anchor().root().to_pem()).unwrap();
    for (time, zone) in [
        ("+0", "UTC"),
        ("@2099-12-31 23:59:59", "UTC"),
        ("@1970-01-02 00:00:01", "UTC"),
        ("@2018-05-01 12:00:00", "Europe/Berlin"),
        ("+1h", "America/New_York"),
        ("-1h", "Australia/Lord_Howe"),
        ("+14h", "Pacific/Kiritimati"),
        ("-12h", "Etc/GMT+12"),
        ("+0", "no such zone"),
    ] {
        let output = status_at(&machine, &root, time, zone);
        assert_eq!(output.status.code(), Some(0), "{time} {zone}: {output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(r#""standing": "active""#), "{time}: {said}");
    }
    // A clock that nobody would show shows that the program is shown it.
    let far = status_at(&machine, &root, "@2099-12-31 23:59:59", "UTC");
    assert!(String::from_utf8_lossy(&far.stdout).contains("os_clock_ahead"));
}

//! P3, P4, P11: a contact that the rules demand after something unusual is demanded until it comes.

use counterfoil::client::{Counterfoil, Report};
use counterfoil::device::Auths;
use counterfoil::policy::{Reason, Rules, Standing};
use counterfoil::token::{LicenseKey, UtcTime};
use tpm_sim::Fault;

use crate::clocks::{DAY, Lying, set_tpm_clock, with_clock};
use crate::stage::{Machine, PRODUCT, Vendor, copy, memory, now, put_back, reason};

const RC_NV_SPACE: u32 = 0x14b;

/// A machine whose vendor demands a contact after a clock that is far off.
struct Scene {
    vendor: Vendor,
    machine: Machine,
    clock: Lying,
    app: Counterfoil,
    key: LicenseKey,
}

impl Scene {
    /// Licensed, and used for two days.
    fn new() -> Self {
        let (vendor, machine) = (Vendor::new(), Machine::new());
        let rules =
            Rules::default_toml(PRODUCT).replace("[window_days]", "[window_days]\ntest = 30");
        vendor.publish(&format!("{rules}\n[step_up]\nafter = [\"os_clock\"]\n"));
        vendor.trust(&machine.tpm);
        let key = vendor.sell(1);
        machine.activate(&vendor, &key);
        let clock = Lying::after_reboot(now());
        let app = with_clock(&machine, &vendor, &clock);
        let scene = Self {
            vendor,
            machine,
            clock,
            app,
            key,
        };
        scene.two_days_later();
        scene
    }

    fn two_days_later(&self) {
        let clock_ms = self.app.validate().evidence.unwrap().clock().clock_ms;
        set_tpm_clock(&self.machine, clock_ms + 2 * DAY.as_millis() as u64);
        self.clock.set(now().plus(2 * DAY));
        assert_eq!(reason(&self.app.validate()), "ok");
    }

    /// A validation while the clock stands far below the floor.
    fn turned_back(&self) -> Report {
        self.clock.set(UtcTime::from_unix(0).unwrap());
        let report = self.app.validate();
        self.clock.set(now().plus(2 * DAY));
        report
    }

    fn activity(&self) -> u64 {
        self.app.validate().evidence.unwrap().activity()
    }

    fn request(&self) -> Vec<u8> {
        let requested = self.app.request_activation(&self.key, &Auths::default());
        requested.unwrap().request
    }

    /// An answer that the vendor gives two days after the first.
    fn apply_answer_to(&self, request: &[u8]) {
        let answer = self.vendor.answer_at(request, now().plus(2 * DAY)).unwrap();
        let applied = self.app.apply_response(&answer.response, &Auths::default());
        applied.unwrap();
    }

    fn assert_due(&self, report: &Report) {
        assert_eq!(reason(report), "step_up_due", "{report:#?}");
        assert_eq!(report.verdict.standing, Standing::Limited);
    }
}

#[test]
fn p4_a_clock_that_was_turned_back_is_remembered_until_the_next_contact() {
    let scene = Scene::new();
    let before = scene.activity();
    scene.assert_due(&scene.turned_back());
    // It is right again, and remembered; once is enough.
    for _ in 0..3 {
        scene.assert_due(&scene.app.validate());
    }
    scene.assert_due(&scene.turned_back());
    assert_eq!(scene.activity(), before + 1);
    // A program that starts anew knows it too.
    let anew = with_clock(&scene.machine, &scene.vendor, &scene.clock);
    scene.assert_due(&anew.validate());

    scene.apply_answer_to(&scene.request());
    let report = scene.app.validate();
    assert_eq!(
        (reason(&report), &report.verdict.notices[..]),
        ("ok", &[][..])
    );
    // For a day the contact answers for a clock that is wrong.
    let report = scene.turned_back();
    assert_eq!(reason(&report), "ok");
    assert_eq!(report.verdict.notices, [Reason::OsClockBehindFloor]);
    assert_eq!(reason(&scene.app.validate()), "ok");
}

#[test]
fn p4_no_older_file_makes_a_clock_that_was_turned_back_forgotten() {
    let scene = Scene::new();
    let (dir, copied) = (scene.machine.dir(), memory());
    let older = copied.path().join("older");
    copy(&dir, &older);
    scene.assert_due(&scene.turned_back());
    put_back(&older, &dir);
    let report = scene.app.validate();
    assert_eq!(report.verdict.standing, Standing::Limited, "{report:#?}");
    assert_eq!(reason(&report), "state_rolled_back");
}

#[test]
fn p4_an_answer_to_a_request_from_before_does_not_answer_for_a_clock_turned_back() {
    let scene = Scene::new();
    let request = scene.request();
    scene.assert_due(&scene.turned_back());
    scene.apply_answer_to(&request);
    scene.assert_due(&scene.app.validate());
    scene.apply_answer_to(&scene.request());
    assert_eq!(reason(&scene.app.validate()), "ok");
}

#[test]
fn p5_an_increment_that_the_tpm_refused_is_finished_and_no_anomaly_forgotten() {
    let scene = Scene::new();
    let faults = scene.machine.tpm.faults();
    // Refused, and refused again when the same validation finishes what it left on disk.
    for nth in [1, 2] {
        faults.at_command("TPM2_NV_Increment", nth, Fault::ReturnCode(RC_NV_SPACE));
    }
    let report = scene.turned_back();
    assert_eq!(faults.armed(), 0, "it was tried twice");
    assert_eq!(report.verdict.standing, Standing::Limited, "{report:#?}");
    // The clock is right again, and the successor on disk is finished.
    scene.assert_due(&scene.app.validate());
}

#[test]
fn p3_a_clock_turned_back_leaves_no_trace_where_the_rules_name_none() {
    let (vendor, machine, _) = crate::stage::licensed();
    let clock = Lying::at(now());
    let app = with_clock(&machine, &vendor, &clock);
    let clock_ms = app.validate().evidence.unwrap().clock().clock_ms;
    set_tpm_clock(&machine, clock_ms + 2 * DAY.as_millis() as u64);
    let before = app.validate().evidence.unwrap().activity();
    clock.set(UtcTime::from_unix(0).unwrap());
    assert_eq!(reason(&app.validate()), "ok");
    assert_eq!(app.validate().evidence.unwrap().activity(), before);
}

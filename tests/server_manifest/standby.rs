//! Cold standby: a machine that is kept off keeps its days, and is charged for those that it runs.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil::client::{Clock, Counterfoil, SystemClock, Uptime};
use counterfoil::policy::Reason;
use counterfoil::server::license::{Particulars, Terms};
use counterfoil::token::{LicenseKey, UtcTime};
use tss_esapi::handles::AuthHandle;
use tss_esapi::interface_types::session_handles::AuthSession;

use crate::device_support::context;
use crate::server_support::random;
use crate::stage::{Machine, PRODUCT, Vendor, now, reason, wait};
use crate::{publish, rules_with};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A machine's clocks: what the operating system says, and which boot it is.
#[derive(Clone)]
pub(crate) struct Clocks(Arc<Mutex<(UtcTime, u8)>>);

impl Clocks {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new((now(), 0))))
    }

    /// The machine is switched on again after having been off.
    pub(crate) fn pass(&self, off: Duration) {
        let (time, boot) = &mut *self.0.lock().unwrap();
        *time = time.plus(off);
        *boot += 1;
    }
}

impl Clock for Clocks {
    fn os_time(&self) -> UtcTime {
        self.0.lock().unwrap().0
    }

    fn uptime(&self) -> Uptime {
        let boot = self.0.lock().unwrap().1;
        Uptime {
            boot_id: [boot; 16],
            ..SystemClock.uptime()
        }
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
}

fn sell(vendor: &Vendor, standby: bool) -> LicenseKey {
    let terms = Terms {
        product: PRODUCT.parse().unwrap(),
        edition: "standard".to_owned(),
        features: [].into(),
        seats: 1,
        expires_at: None,
    };
    let particulars = Particulars {
        standby,
        ..Particulars::default()
    };
    let service = vendor.service();
    wait(service.create_license(&terms, particulars, now(), &mut random()))
        .unwrap()
        .1
}

/// A machine with a license under rules that keep a standby machine 365 days and let it run 14.
fn licensed(standby: bool) -> (Machine, Clocks, Counterfoil) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let rules = rules_with("", "");
    publish(
        &vendor,
        &format!("{rules}\n[cold_standby]\nkeep_days = 365\nrun_days = 14\n"),
    )
    .unwrap();
    machine.activate(&vendor, &sell(&vendor, standby));
    let clocks = Clocks::new();
    let app = machine.app_with(&vendor, |config| config.clock = Box::new(clocks.clone()));
    (machine, clocks, app)
}

/// Switches the machine off, and on again later.
fn keep_off(machine: &mut Machine, clocks: &Clocks, off: Duration) {
    machine.tpm.reboot().unwrap();
    clocks.pass(off);
}

/// The machine runs for so long: its TPM's clock advances by that.
fn run(machine: &Machine, app: &Counterfoil, ran: Duration) {
    let clock_ms = app.validate().evidence.unwrap().clock().clock_ms;
    let ran_ms = u64::try_from(ran.as_millis()).unwrap();
    let mut context = context(&machine.tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    context
        .clock_set(AuthHandle::Owner, clock_ms + ran_ms)
        .unwrap();
}

#[test]
fn p3_a_standby_machine_that_was_off_for_long_still_runs() {
    let (mut machine, clocks, app) = licensed(true);
    assert_eq!(reason(&app.validate()), "ok");
    let before = app.validate().verdict.charge.unwrap().spent_ms;
    keep_off(&mut machine, &clocks, DAY * 150);
    let report = app.validate();
    assert_eq!(reason(&report), "ok", "{report:#?}");
    // The months cost what one boot costs.
    let spent = report.verdict.charge.unwrap().spent_ms - before;
    assert!(Duration::from_millis(spent) < DAY / 2, "{spent} ms");
}

#[test]
fn another_machine_that_was_off_as_long_has_to_connect() {
    let (mut machine, clocks, app) = licensed(false);
    keep_off(&mut machine, &clocks, DAY * 150);
    assert_eq!(app.validate().verdict.reason, Reason::LeaseExpired);
}

#[test]
fn p1_a_standby_machine_runs_for_the_days_that_it_was_given_and_no_longer() {
    let (mut machine, clocks, app) = licensed(true);
    keep_off(&mut machine, &clocks, DAY * 150);
    run(&machine, &app, DAY * 13);
    clocks.pass(DAY * 13);
    let report = app.validate();
    assert_ne!(report.verdict.standing.name(), "limited", "{report:#?}");
    run(&machine, &app, DAY * 4);
    clocks.pass(DAY * 4);
    let report = app.validate();
    assert_eq!(report.verdict.reason, Reason::BudgetSpent, "{report:#?}");
}

#[test]
fn a_standby_lease_ends_by_its_own_date_too() {
    let (mut machine, clocks, app) = licensed(true);
    keep_off(&mut machine, &clocks, DAY * 380);
    assert_eq!(app.validate().verdict.reason, Reason::LeaseExpired);
}

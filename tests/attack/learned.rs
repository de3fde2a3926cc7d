//! P2, P3, P4, P11: what a machine has learned it does not unlearn, and what it has lost costs no more than that.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use counterfoil::client::{Clock, Counterfoil, Report, Uptime};
use counterfoil::device::Auths;
use counterfoil::policy::{Outcome, Reason, Rules, Standing};
use counterfoil::server::license::{Particulars, Terms};
use counterfoil::token::{LicenseKey, UtcTime};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::clocks::{DAY, Lying, set_tpm_clock, with_clock};
use crate::stage::{Machine, PRODUCT, Vendor, files, licensed, licensed_by_key, now, reason, wait};

const MINUTE: Duration = Duration::from_secs(60);

/// What the vendor's desk will do to a license, in its database: no verb does yet.
fn set_state(vendor: &Vendor, key: &LicenseKey, state: &'static str) {
    let database = vendor.service().folder().database();
    wait(async {
        let mut database = SqliteConnectOptions::new()
            .filename(database)
            .connect()
            .await
            .unwrap();
        let done = sqlx::query("UPDATE licenses SET state = $1 WHERE id = $2")
            .bind(state)
            .bind(&key.id().as_bytes()[..])
            .execute(&mut database)
            .await
            .unwrap();
        assert_eq!(done.rows_affected(), 1);
    });
}

/// How one license of a report stands.
fn standing_of(report: &Report, key: &LicenseKey) -> Standing {
    let mut all = report.licenses.iter();
    all.find(|license| license.id == key.id())
        .unwrap()
        .verdict
        .standing
}

fn features_of(report: &Report, key: &LicenseKey) -> Vec<String> {
    let mut all = report.licenses.iter();
    let license = all.find(|license| license.id == key.id()).unwrap();
    license.verdict.features.clone()
}

fn the_file(machine: &Machine, extension: &str) -> PathBuf {
    let mut found = files(&machine.dir(), "");
    found.retain(|path| path.extension().is_some_and(|found| found == extension));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn request(app: &Counterfoil, key: &LicenseKey) -> Vec<u8> {
    let requested = app.request_activation(key, &Auths::default());
    requested.unwrap().request
}

/// A machine with a license that ends in so many days, and an application whose clock the owner sets.
fn ending_in(days: u32) -> (Vendor, Machine, LicenseKey, Lying) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let key = vendor.sell_until(now().plus(DAY * days));
    machine.activate(&vendor, &key);
    (vendor, machine, key, Lying::after_reboot(now()))
}

/// The TPM's clock advances, as it does while the machine is on.
fn run_for(machine: &Machine, app: &Counterfoil, time: Duration) {
    let clock_ms = app.validate().evidence.unwrap().clock().clock_ms;
    set_tpm_clock(machine, clock_ms + time.as_millis() as u64);
}

fn answer_on(vendor: &Vendor, app: &Counterfoil, key: &LicenseKey, days: u32) {
    let at = now().plus(DAY * days);
    let answer = vendor.answer_at(&request(app, key), at).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
}

/// The application with a store of its own on the same chip.
fn in_slot(vendor: &Vendor, machine: &Machine, clock: &Lying, slot: u32) -> Counterfoil {
    let clock = clock.clone();
    machine.app_with(vendor, |config| {
        config.clock = Box::new(clock);
        config.slot = slot;
        config.dir = config.dir.with_file_name(format!("slot-{slot}"));
    })
}

/// Each way to a store whose last lease is another's, or nobody's.
#[test]
fn p2_no_new_store_slot_or_license_brings_an_earlier_anchor() {
    type Way = fn(&Vendor, &Machine, Counterfoil, &LicenseKey, &Lying) -> Counterfoil;
    let ways: [(&str, Way); 3] = [
        ("deprovision", |vendor, _, app, key, _| {
            app.deprovision(&Auths::default()).unwrap();
            answer_on(vendor, &app, key, 15);
            app
        }),
        ("a new slot", |vendor, machine, _, key, clock| {
            let app = in_slot(vendor, machine, clock, 1);
            answer_on(vendor, &app, key, 15);
            app
        }),
        (
            "another slot in between",
            |vendor, machine, app, key, clock| {
                answer_on(vendor, &in_slot(vendor, machine, clock, 2), key, 15);
                answer_on(vendor, &app, key, 15);
                app
            },
        ),
    ];
    for (name, way) in ways {
        let (vendor, machine, key, clock) = ending_in(22);
        let app = with_clock(&machine, &vendor, &clock);
        run_for(&machine, &app, 15 * DAY);
        clock.set(now().plus(15 * DAY));
        let app = way(&vendor, &machine, app, &key, &clock);
        assert!(
            app.validate().verdict.standing <= Standing::OfflineGrace,
            "{name}"
        );
        clock.set(now().plus(15 * DAY + MINUTE));
        run_for(&machine, &app, 15 * DAY);
        assert_eq!(reason(&app.validate()), "license_expired", "{name}");
    }
}

/// A cleared TPM counts from zero: what it shows then does not go on from what it showed before, and a high count of before
/// the Clear that comes late is nobody's ground.
#[test]
fn p3_a_cleared_tpm_begins_a_line_of_its_own() {
    let (vendor, machine, key, clock) = ending_in(365);
    let app = with_clock(&machine, &vendor, &clock);
    run_for(&machine, &app, 20 * DAY);
    answer_on(&vendor, &app, &key, 20);
    // A request of before the Clear, which comes late.
    let late = request(&app, &vendor.sell(1));
    machine.tpm.clear().unwrap();
    let app = machine.app_with(&vendor, |config| {
        let clock = clock.clone();
        config.clock = Box::new(clock);
        config.dir = config.dir.with_file_name("cleared");
    });
    answer_on(&vendor, &app, &key, 21);
    let anchor = |app: &Counterfoil| {
        let report = app.validate();
        let lease = report.licenses[0].lease.clone().unwrap();
        lease.anchor.utc
    };
    let first = anchor(&app);
    assert!(
        first < now().plus(DAY),
        "nothing proves a later time: {first}"
    );
    vendor.answer_at(&late, now().plus(22 * DAY)).unwrap();
    answer_on(&vendor, &app, &key, 23);
    assert!(anchor(&app) < now().plus(DAY), "{}", anchor(&app));
}

/// docs/time.md: more evidence never lowers the floor.
#[test]
fn p2_another_contact_does_not_let_a_clock_that_is_set_back_outlive_the_license() {
    for contacts in [0, 1] {
        let (vendor, machine, key, clock) = ending_in(22);
        let app = with_clock(&machine, &vendor, &clock);
        run_for(&machine, &app, 15 * DAY);
        clock.set(now().plus(15 * DAY));
        if contacts > 0 {
            answer_on(&vendor, &app, &key, 15);
        }
        assert!(app.validate().verdict.standing <= Standing::OfflineGrace);
        // The operating system's clock stands still from now on, the machine runs for two weeks more.
        clock.set(now().plus(15 * DAY + MINUTE));
        run_for(&machine, &app, 15 * DAY);
        let report = app.validate();
        assert_eq!(
            reason(&report),
            "license_expired",
            "after {contacts} contacts"
        );
    }
}

#[test]
fn p2_a_tpm_clock_set_forward_before_a_contact_brings_no_earlier_anchor() {
    let (vendor, machine, key, clock) = ending_in(22);
    let app = with_clock(&machine, &vendor, &clock);
    run_for(&machine, &app, 15 * DAY);
    run_for(&machine, &app, 365 * DAY);
    answer_on(&vendor, &app, &key, 15);
    clock.set(now().plus(15 * DAY + MINUTE));
    assert!(app.validate().verdict.standing <= Standing::OfflineGrace);
    run_for(&machine, &app, 15 * DAY);
    assert_eq!(reason(&app.validate()), "license_expired");
}

#[test]
fn p2_no_license_is_judged_at_an_earlier_time_than_the_lease_of_another_one_proves() {
    let (vendor, machine, key, clock) = ending_in(10);
    let app = with_clock(&machine, &vendor, &clock);
    // Off for eight days; then a second license is made and activated.
    let day_8 = now().plus(8 * DAY);
    clock.set(day_8.plus(MINUTE));
    let terms = Terms {
        product: PRODUCT.parse().unwrap(),
        edition: "standard".into(),
        features: [].into(),
        seats: 1,
        expires_at: None,
    };
    let mut random = UnwrapErr(SysRng);
    let created =
        vendor
            .service()
            .create_license(&terms, Particulars::default(), day_8, &mut random);
    let second = wait(created).unwrap().1;
    answer_on(&vendor, &app, &second, 8);
    // On for four days, under a clock that stands.
    run_for(&machine, &app, 4 * DAY);
    let report = app.validate();
    let judged = |key: &LicenseKey| {
        let mut all = report.licenses.iter();
        all.find(|license| license.id == key.id()).unwrap().now.utc
    };
    assert!(judged(&second) > now().plus(11 * DAY));
    assert_eq!(
        judged(&key),
        judged(&second),
        "on one machine it is one time"
    );
}

/// docs/time.md: a clock more than 400 days above the floor is ignored; the license's own date of issue is a floor.
#[test]
fn p3_p11_a_clock_in_2099_does_not_end_a_license_whose_lease_was_lost() {
    let (vendor, machine, _key, clock) = ending_in(365);
    fs::remove_file(the_file(&machine, "lease")).unwrap();
    let app = with_clock(&machine, &vendor, &clock);
    assert_eq!(reason(&app.validate()), "lease_missing");
    for time in ["2099-06-01T00:00:00Z", "1970-01-01T00:00:00Z"] {
        clock.set(time.parse().unwrap());
        let report = app.validate();
        assert_eq!(reason(&report), "lease_missing", "{time}: {report:#?}");
    }
}

/// A machine's clocks, of which the owner sets one and the test moves the other on.
#[derive(Clone)]
struct Later {
    os: Lying,
    by_s: Arc<AtomicU64>,
}

impl Clock for Later {
    fn os_time(&self) -> UtcTime {
        self.os.os_time()
    }

    fn uptime(&self) -> Uptime {
        self.os.uptime()
    }

    fn monotonic(&self) -> Duration {
        self.os.monotonic() + Duration::from_secs(self.by_s.load(Ordering::Relaxed))
    }
}

#[test]
fn p3_p11_a_clock_in_2099_does_not_end_a_license_while_the_tpm_is_away() {
    let (vendor, machine, _key, os) = ending_in(365);
    let by_s = Arc::default();
    let clock = Later { os, by_s };
    let app = machine.app_with(&vendor, |config| config.clock = Box::new(clock.clone()));
    assert!(app.check("export"));
    clock.os.set("2099-06-01T00:00:00Z".parse().unwrap());
    clock.by_s.store(301, Ordering::Relaxed);
    machine.tpm.power_off();
    let report = app.current();
    assert_eq!(reason(&report), "tpm_missing", "{}", report.verdict.message);
    machine.tpm.power_on().unwrap();
}

/// Nothing but the lease is gone: the rules are there, and the state that the store began with was never lost.
#[test]
fn p11_a_lost_lease_is_not_called_a_lost_state_too() {
    let (_vendor, machine, app) = licensed();
    fs::remove_file(the_file(&machine, "lease")).unwrap();
    let checks = app.validate().licenses[0].verdict.checks;
    let outcomes = checks.map(|found| found.outcome);
    let wrong = Outcome::Fail(Reason::StateMissing);
    assert!(!outcomes.contains(&wrong), "{outcomes:?}");
}

/// docs/verdict.md: limited keeps at least the essential tier, and files that were lost lead to limited.
#[test]
fn p11_a_lost_lease_leaves_the_essential_tier_on() {
    let (_vendor, machine, app) = licensed();
    fs::remove_file(the_file(&machine, "lease")).unwrap();
    let report = app.validate();
    assert_eq!(report.verdict.standing, Standing::Limited);
    assert_eq!(report.verdict.features, ["export", "open"]);
}

/// docs/state.md: learning a suspension must survive whatever is done to the disk.
#[test]
fn p4_a_revocation_that_was_learned_is_not_unlearned_by_removing_the_status_list() {
    let (vendor, machine, app, key) = licensed_by_key();
    let list = the_file(&machine, "statuslist");
    let before = fs::read(&list).unwrap();
    // The list of an earlier second is an older one.
    std::thread::sleep(Duration::from_millis(1100));
    set_state(&vendor, &key, "revoked");
    machine.activate(&vendor, &vendor.sell(1));
    assert_eq!(standing_of(&app.validate(), &key), Standing::Revoked);

    fs::write(&list, before).unwrap();
    let put_back = standing_of(&app.validate(), &key);
    fs::remove_file(&list).unwrap();
    let removed = standing_of(&app.validate(), &key);
    assert!(
        put_back >= Standing::Limited && removed >= Standing::Limited,
        "older list put back: {put_back}; list removed: {removed}"
    );
}

/// docs/threat-model.md: an older manifest put back is not used.
#[test]
fn p4_an_older_manifest_put_back_is_not_used_though_an_older_lease_names_it() {
    let (vendor, machine, app, key) = licensed_by_key();
    let manifest = the_file(&machine, "manifest");
    let older = fs::read(&manifest).unwrap();
    let rules = Rules::default_toml(PRODUCT).replace("[window_days]", "[window_days]\ntest = 30");
    let narrower = rules.replace("features = [\"edit\"]", "features = [\"print\"]");
    assert_ne!(narrower, rules);
    vendor.publish(&narrower);
    machine.activate(&vendor, &vendor.sell(1));
    let edits = |report: &Report| features_of(report, &key).contains(&"edit".to_owned());
    assert!(!edits(&app.validate()), "the newer rules are in force");

    fs::write(&manifest, older).unwrap();
    let report = app.validate();
    assert!(!edits(&report), "{:?}", features_of(&report, &key));
}

#[test]
fn p11_a_request_for_the_wrong_product_can_be_made_anew_for_the_right_one() {
    let (vendor, machine, _app) = licensed();
    let key = vendor.sell(1);
    let mistyped = machine.app_with(&vendor, |config| config.product = Some("studoi".into()));
    assert!(vendor.answer(&request(&mistyped, &key)).is_err());
    let answered = vendor.answer(&request(&machine.app(&vendor), &key));
    assert!(answered.is_ok(), "{:?}", answered.map(drop));
}

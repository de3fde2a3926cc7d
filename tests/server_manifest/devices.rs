//! Versions on machines: taken with the next answer, gone back to by a new version, never replaced by an older file.

use std::fs;
use std::time::Duration;

use counterfoil::client::{Counterfoil, Report};
use counterfoil::device::Auths;
use counterfoil::policy::{Reason, Standing};
use counterfoil::token::LicenseKey;

use crate::stage::{FEATURE, Machine, PRODUCT, Vendor, files, reason, wait};
use crate::standby::Clocks;
use crate::{publish, roll_back, rules_with};

/// The features that are on.
fn on(report: &Report) -> Vec<&str> {
    report.verdict.features.iter().map(String::as_str).collect()
}

/// A vendor, and a machine with an activated license.
fn licensed() -> (Vendor, Machine, LicenseKey, Counterfoil) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let key = vendor.sell(1);
    let app = machine.activate(&vendor, &key);
    (vendor, machine, key, app)
}

/// Rules in which the edition `standard` has `print` too.
fn with_print() -> String {
    rules_with("features = [\"edit\"]", "features = [\"edit\", \"print\"]")
}

#[test]
fn a_machine_takes_new_rules_with_the_next_answer_and_goes_on_with_its_own_until_then() {
    let (vendor, machine, key, app) = licensed();
    assert_eq!(on(&app.validate()), ["edit", "export", "open"]);
    let published = publish(&vendor, &with_print()).unwrap();
    assert_eq!(published.published.record.version, 2);
    assert_eq!(on(&app.validate()), ["edit", "export", "open"]);
    let app = machine.activate(&vendor, &key);
    assert_eq!(on(&app.validate()), ["edit", "export", "open", "print"]);
}

#[test]
fn going_back_is_a_new_version_that_machines_take() {
    let (vendor, machine, key, _) = licensed();
    publish(&vendor, &with_print()).unwrap();
    let app = machine.activate(&vendor, &key);
    assert!(on(&app.validate()).contains(&"print"));
    let back = roll_back(&vendor, 1).unwrap().published.record;
    assert_eq!((back.version, back.copy_of), (3, Some(1)));
    assert!(on(&app.validate()).contains(&"print"));
    let app = machine.activate(&vendor, &key);
    assert_eq!(on(&app.validate()), ["edit", "export", "open"]);
}

#[test]
fn p4_an_older_manifest_put_back_on_the_disk_is_not_used() {
    let (vendor, machine, key, _) = licensed();
    let file = |machine: &Machine| {
        let mut found = files(&machine.dir(), "");
        found.retain(|path| path.extension().is_some_and(|kind| kind == "manifest"));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    };
    let older = fs::read(file(&machine)).unwrap();
    publish(&vendor, &with_print()).unwrap();
    let app = machine.activate(&vendor, &key);
    let newer = fs::read(file(&machine)).unwrap();
    fs::write(file(&machine), older).unwrap();
    let report = app.validate();
    assert_eq!(report.verdict.reason, Reason::ManifestMissing);
    assert_eq!(report.verdict.standing, Standing::Limited);
    assert!(!app.check(FEATURE), "{:?}", on(&report));
    // Nothing is lost by it.
    fs::write(file(&machine), newer).unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p4_an_answer_from_before_newer_rules_does_not_bring_the_older_ones_back() {
    let (vendor, _machine, _, app) = licensed();
    let request = |app: &Counterfoil| {
        let requested = app.request_activation(&vendor.sell(1), &Auths::default());
        requested.unwrap().request
    };
    let (first, second) = (request(&app), request(&app));
    let older = vendor.answer(&first).unwrap().response;
    publish(&vendor, &with_print()).unwrap();
    let newer = vendor.answer(&second).unwrap().response;
    for response in [newer, older] {
        app.apply_response(&response, &Auths::default()).unwrap();
        let report = app.validate();
        for license in &report.licenses {
            assert_eq!(license.verdict.reason, Reason::Ok, "{report:#?}");
            assert!(on(&report).contains(&"print"), "{report:#?}");
        }
    }
    assert_eq!(app.validate().licenses.len(), 3);
}

#[test]
fn rules_past_their_date_go_on_and_say_so() {
    let (vendor, machine, key, _) = licensed();
    publish(&vendor, &rules_with("days = 730", "days = 10")).unwrap();
    machine.activate(&vendor, &key);
    let clocks = Clocks::new();
    let app = machine.app_with(&vendor, |config| config.clock = Box::new(clocks.clone()));
    let stale = |report: &Report| report.verdict.notices.contains(&Reason::ManifestStale);
    let report = app.validate();
    assert!(!stale(&report), "{report:#?}");
    clocks.pass(Duration::from_secs(12 * 86_400));
    let report = app.validate();
    assert_eq!(reason(&report), "ok", "{report:#?}");
    assert!(stale(&report), "{report:#?}");
    assert_eq!(on(&report), ["edit", "export", "open"]);
}

/// Has every version lose its text, or hold another one.
fn replace_texts(vendor: &Vendor, text: Option<&str>) {
    wait(async {
        let database = vendor.service().folder().database();
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let replace = sqlx::query("UPDATE manifests SET source = $1").bind(text);
        replace.execute(&pool).await.unwrap();
        pool.close().await;
    });
}

#[test]
fn a_version_whose_text_is_missing_or_has_faults_by_now_goes_on_serving() {
    for text in [None, Some("demand = \"of a newer program\"")] {
        let (vendor, machine, key, _) = licensed();
        publish(&vendor, &with_print()).unwrap();
        replace_texts(&vendor, text);
        let app = machine.activate(&vendor, &key);
        assert_eq!(on(&app.validate()), ["edit", "export", "open", "print"]);
        assert!(publish(&vendor, &with_print()).unwrap_err().is_refusal());
        let back = roll_back(&vendor, 1).unwrap().published;
        assert_eq!((back.record.version, back.record.source), (3, None));
        let app = machine.activate(&vendor, &key);
        assert_eq!(on(&app.validate()), ["edit", "export", "open"]);
        assert_eq!(
            publish(&vendor, &with_print())
                .unwrap()
                .published
                .record
                .version,
            4
        );
    }
}

#[test]
fn faulty_and_unchanged_rules_are_refused_and_change_nothing() {
    let (vendor, _machine, _, app) = licensed();
    let faulty = publish(&vendor, "enforcement = \"maybe\"").unwrap_err();
    assert!(faulty.is_refusal(), "{faulty}");
    let comment = rules_with("[support]", "# Another comment.\n[support]");
    let unchanged = publish(&vendor, &comment).unwrap_err();
    assert!(unchanged.is_refusal(), "{unchanged}");
    assert!(roll_back(&vendor, 1).unwrap_err().is_refusal());
    let unknown = roll_back(&vendor, 7).unwrap_err().to_string();
    assert!(unknown.contains("the newest is 1"), "{unknown}");
    let product = PRODUCT.parse().unwrap();
    let all = wait(vendor.service().manifests(&product)).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(reason(&app.validate()), "ok");
}

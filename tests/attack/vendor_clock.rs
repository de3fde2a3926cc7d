//! P2, P3: a vendor's service whose clock was wrong, and the machines that got its answers.

use std::time::Duration;

use counterfoil::client::Counterfoil;
use counterfoil::device::Auths;
use counterfoil::server::TrustError;
use counterfoil::server::answer::{Answer, AnswerError};
use counterfoil::server::clock::ClockError;
use counterfoil::token::{LicenseKey, UtcTime};

use crate::clocks::{DAY, Lying, with_clock};
use crate::stage::{Machine, Vendor, now, wait};

const YEARS: Duration = Duration::from_secs(5 * 365 * 24 * 60 * 60);

fn answer_at(vendor: &Vendor, app: &Counterfoil, key: &LicenseKey, at: UtcTime) -> Answer {
    let requested = app.request_activation(key, &Auths::default()).unwrap();
    vendor.answer_at(&requested.request, at).unwrap()
}

fn apply(app: &Counterfoil, answer: &Answer) {
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
}

fn reasons(app: &Counterfoil) -> Vec<&'static str> {
    let report = app.validate();
    let licenses = report.licenses.iter();
    licenses
        .map(|license| license.verdict.reason.name())
        .collect()
}

/// A machine with a license, and with another that the service answered for with a clock five years ahead.
fn misled() -> (Vendor, Machine, Counterfoil) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let app = machine.activate(&vendor, &vendor.sell(1));
    assert_eq!(reasons(&app), ["ok"]);
    let wrong = answer_at(&vendor, &app, &vendor.sell(1), now().plus(YEARS));
    apply(&app, &wrong);
    (vendor, machine, app)
}

#[test]
fn p3_one_answer_with_a_date_of_the_future_is_repaired_by_the_next_contact() {
    let (vendor, _machine, app) = misled();
    assert!(
        reasons(&app).contains(&"lease_expired"),
        "{:?}",
        reasons(&app)
    );

    // The service, its clock set right again, signs nothing until somebody says which date was wrong.
    let key = vendor.sell(1);
    let request = app
        .request_activation(&key, &Auths::default())
        .unwrap()
        .request;
    let refused = vendor.answer(&request);
    assert!(
        matches!(
            refused,
            Err(AnswerError::Trust(TrustError::Clock(
                ClockError::Behind { .. }
            )))
        ),
        "{refused:?}"
    );
    let correction = wait(vendor.service().correct_clock(now())).unwrap();
    assert_eq!(correction.number, 1);
    apply(&app, &vendor.answer(&request).unwrap());
    assert_eq!(
        reasons(&app),
        ["ok"; 3],
        "all of them, by one answer for a third"
    );
    assert!(app.validate().licenses[0].now.utc < now().plus(DAY));
    let again = wait(vendor.service().correct_clock(now()));
    assert!(
        matches!(again, Err(ClockError::NothingToCorrect { .. })),
        "{again:?}"
    );
}

#[test]
fn p2_a_correction_that_was_held_back_takes_back_no_later_date() {
    let (vendor, machine, app) = misled();
    let at = now().plus(Duration::from_secs(1));
    wait(vendor.service().correct_clock(at)).unwrap();
    let held_back = answer_at(&vendor, &app, &vendor.sell(1), at);
    // Long after the wrong dates are past, too.
    for later in [at.plus(20 * DAY), at.plus(YEARS).plus(DAY)] {
        apply(&app, &answer_at(&vendor, &app, &vendor.sell(1), later));
        let clock = Lying::after_reboot(at);
        let app = with_clock(&machine, &vendor, &clock);
        assert!(app.validate().licenses[0].now.utc >= later);
    }
    apply(&app, &held_back);
    let app = with_clock(&machine, &vendor, &Lying::after_reboot(at));
    assert!(app.validate().licenses[0].now.utc >= at.plus(YEARS));
}

/// A license and rules that were made in the service's future are no date for any machine afterwards.
#[test]
fn p3_what_was_made_with_a_date_of_the_future_serves_after_the_correction() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let future = now().plus(YEARS);
    let key = vendor.sell_at(future);
    let rules = counterfoil::policy::Rules::default_toml(crate::stage::PRODUCT)
        .replace("[window_days]", "[window_days]\ntest = 29");
    vendor.publish_at(&rules, future);
    wait(vendor.service().correct_clock(now())).unwrap();
    let app = machine.activate(&vendor, &key);
    assert_eq!(reasons(&app), ["ok"]);
    let report = app.validate();
    let license = report.licenses[0].license.as_ref().unwrap();
    let lease = report.licenses[0].lease.as_ref().unwrap();
    for date in [
        license.not_before,
        license.issued_at,
        lease.anchor.utc,
        report.licenses[0].now.utc,
    ] {
        assert!(date < now().plus(DAY), "{date}");
    }
}

//! What comes of the rules for one lease.

use crate::policy_support::{in_order, license};
use counterfoil::policy::{
    Allowance, Allowed, ColdStandby, Licensee, Reason, Rules, Standing, Subject, Terms, decide,
};
use counterfoil::time::{Charge, Now, Source};
use counterfoil::token::{DeviceClass, LicenseId, UtcTime};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn licensee<'a>(segment: Option<&'a str>, license: u8, user: Option<&'a str>) -> Licensee<'a> {
    Licensee {
        segment,
        license: LicenseId::new([license; 8]),
        user,
        standby: false,
    }
}

fn allowance(subject: Subject, window: u16, seats: Option<u32>, moves: Option<u32>) -> Allowance {
    Allowance {
        subject,
        window_days: (window > 0).then_some(window),
        seats_extra: seats,
        moves_per_year: moves,
    }
}

fn generous() -> Rules {
    let mut rules = Rules::default();
    rules.allowances = vec![
        allowance(Subject::User("ada".to_owned()), 0, Some(1), None),
        allowance(Subject::License(LicenseId::new([7; 8])), 90, Some(2), None),
        allowance(
            Subject::Segment("university".to_owned()),
            120,
            Some(3),
            Some(4),
        ),
    ];
    rules
}

fn days(rules: &Rules, class: DeviceClass, licensee: &Licensee<'_>) -> u64 {
    let terms = rules.lease_terms(class, None, licensee);
    terms.expect("the class is licensed").window.as_secs() / 86_400
}

#[test]
fn the_most_specific_allowance_counts_for_each_value() {
    let rules = generous();
    let allowed = |segment, license, user| {
        let Allowed {
            window_days,
            seats_extra,
            moves_per_year,
        } = rules.allowed(&licensee(segment, license, user));
        (window_days, seats_extra, moves_per_year)
    };
    let university = Some("university");
    assert_eq!(allowed(None, 1, None), (None, None, None));
    assert_eq!(allowed(university, 1, None), (Some(120), Some(3), Some(4)));
    assert_eq!(allowed(university, 7, None), (Some(90), Some(2), Some(4)));
    assert_eq!(
        allowed(university, 7, Some("ada")),
        (Some(90), Some(1), Some(4))
    );
    assert_eq!(allowed(Some("school"), 1, Some("bob")), (None, None, None));
}

#[test]
fn an_allowance_lengthens_no_virtual_machines_window_and_licenses_no_class() {
    let rules = generous();
    let university = licensee(Some("university"), 1, None);
    assert_eq!(days(&rules, DeviceClass::Hardware, &university), 120);
    assert_eq!(days(&rules, DeviceClass::Registered, &university), 120);
    assert_eq!(days(&rules, DeviceClass::Virtual, &university), 1);
    let anyone = licensee(None, 1, None);
    assert_eq!(days(&rules, DeviceClass::Hardware, &anyone), 30);
    let mut shorter = rules.clone();
    shorter.windows = shorter.windows.with(DeviceClass::Virtual, 150);
    assert_eq!(days(&shorter, DeviceClass::Virtual, &university), 120);
    assert!(
        rules
            .lease_terms(DeviceClass::Test, None, &university)
            .is_err()
    );
}

fn standby_terms() -> (Rules, Terms) {
    let mut rules = generous();
    rules.cold_standby = Some(ColdStandby {
        keep_days: 365,
        run_days: 14,
    });
    let licensee = Licensee {
        standby: true,
        ..licensee(Some("university"), 7, None)
    };
    let terms = rules.lease_terms(DeviceClass::Hardware, None, &licensee);
    let terms = terms.expect("hardware is licensed");
    (rules, terms)
}

#[test]
fn cold_standby_keeps_by_date_and_is_charged_for_what_it_runs() {
    let (rules, terms) = standby_terms();
    let mut fortnight = Rules::default();
    fortnight.windows = fortnight.windows.with(DeviceClass::Hardware, 14);
    let usual = fortnight
        .lease_terms(DeviceClass::Hardware, None, &licensee(None, 1, None))
        .expect("hardware is licensed");
    assert_eq!(
        (terms.window, terms.budget_ms),
        (usual.window, usual.budget_ms)
    );
    assert!(terms.valid_for >= 365 * DAY);
    assert_eq!(terms.renew_after, 365 * DAY / 2);
    assert_eq!(terms.renew_charge_ms, usual.renew_charge_ms);

    // Only licenses for cold standby have such leases, and only where the rules say so.
    let others = licensee(None, 1, None);
    assert_eq!(days(&rules, DeviceClass::Hardware, &others), 30);
    let standby = Licensee {
        standby: true,
        ..others
    };
    assert_eq!(days(&generous(), DeviceClass::Hardware, &standby), 30);
}

/// The verdict on a machine in cold standby, so long after its contact and after running so long.
fn standing(kept: Duration, run: Duration) -> (Standing, Reason) {
    let (rules, terms) = standby_terms();
    let issued_at = UtcTime::from_unix(1_772_323_200).expect("1 March 2026");
    let lease = terms.lease_facts(issued_at);
    let now = Now {
        utc: issued_at.plus(kept),
        source: Source::OsClock,
        notice: None,
    };
    let charge = Ok(Charge {
        spent_ms: lease.pace.charge_of(run.as_millis()),
        budget_ms: terms.budget_ms,
        resets: 1,
        restarts: 0,
        increments: 1,
    });
    let inputs = in_order(license(issued_at), lease, now, charge);
    let verdict = decide(&inputs, &rules);
    (verdict.standing, verdict.reason)
}

#[test]
fn p1_a_machine_in_cold_standby_works_after_months_off_and_no_longer_than_its_days() {
    assert_eq!(standing(150 * DAY, DAY).0, Standing::Active);
    assert_eq!(standing(300 * DAY, DAY).0, Standing::RenewalDue);
    assert_eq!(standing(367 * DAY, DAY).0, Standing::OfflineGrace);
    assert_eq!(standing(150 * DAY, 14 * DAY).0, Standing::OfflineGrace);
    let run_out = (Standing::Limited, Reason::BudgetSpent);
    assert_eq!(standing(150 * DAY, 15 * DAY), run_out);
    let over = (Standing::Limited, Reason::LeaseExpired);
    assert_eq!(standing(371 * DAY, DAY), over);
}

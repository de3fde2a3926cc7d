//! What some customers get that others do not: by segment, license and user, at the next lease.

use std::time::Duration;

use counterfoil::server::answer::{Answer, AnswerError};
use counterfoil::server::license::{Particulars, Terms};
use counterfoil::server::refusal::{Entitlement, Refusal};
use counterfoil::token::LicenseKey;

use crate::server_support::{DAY, Machine, PRODUCT, Vendor, random, wait};

/// Sells a license for one machine to somebody.
fn sell(vendor: &Vendor, segment: Option<&str>, user: Option<&str>) -> LicenseKey {
    let terms = Terms {
        product: PRODUCT.parse().unwrap(),
        edition: "standard".to_owned(),
        features: [].into(),
        seats: 1,
        expires_at: None,
    };
    let label = |text: &str| text.parse().unwrap();
    let particulars = Particulars {
        segment: segment.map(label),
        user: user.map(label),
        standby: false,
    };
    let (service, now) = (&vendor.service, vendor.now);
    wait(service.create_license(&terms, particulars, now, &mut random()))
        .unwrap()
        .1
}

/// Adds allowances to the rules in force.
fn allow(vendor: &Vendor, allowances: &str) {
    let product = PRODUCT.parse().unwrap();
    let newest = wait(vendor.service.manifest(&product, None)).unwrap();
    let source = format!("{}\n{allowances}", newest.record.source.unwrap());
    wait(
        vendor
            .service
            .publish_manifest(&product, &source, &vendor.issuer, vendor.now),
    )
    .unwrap();
}

/// For how many whole days the lease of an answer was promised to work offline.
fn window_days(vendor: &Vendor, answer: &Answer) -> u64 {
    let valid_for = answer.lease_expires_at.since(vendor.now);
    // A lease lasts a hundredth and 15 hours longer by date than it promises.
    (valid_for - Duration::from_secs(15 * 3600)).as_secs() * 100 / 101 / DAY.as_secs()
}

#[test]
fn the_most_specific_allowance_gives_the_window_of_the_next_lease() {
    let vendor = Vendor::new();
    let machine = Machine::new(vendor.service.vendor());
    let somebody = sell(&vendor, None, None);
    let school = sell(&vendor, Some("schools"), None);
    let licensed = sell(&vendor, Some("schools"), None);
    let user = sell(&vendor, Some("schools"), Some("customer-1042"));
    let days = |license: &LicenseKey| {
        let answer = vendor.answer(&machine.request(license)).unwrap();
        window_days(&vendor, &answer)
    };
    assert_eq!(days(&school), 30);
    allow(
        &vendor,
        &format!(
            "[[allowance]]\nsegment = \"schools\"\nwindow_days = 60\n\
             [[allowance]]\nlicense = \"{}\"\nwindow_days = 90\n\
             [[allowance]]\nuser = \"customer-1042\"\nwindow_days = 120\n",
            licensed.id()
        ),
    );
    assert_eq!(
        [days(&somebody), days(&school), days(&licensed), days(&user)],
        [30, 60, 90, 120]
    );
}

#[test]
fn extra_seats_count_at_the_next_activation() {
    let vendor = Vendor::new();
    let machines = [(); 3].map(|()| Machine::new(vendor.service.vendor()));
    let license = sell(&vendor, Some("schools"), None);
    let activate = |machine: &Machine| vendor.answer(&machine.request(&license));
    let refused_for = |answer: Result<Answer, AnswerError>| match answer {
        Err(AnswerError::Refused(Refusal::Entitlement(Entitlement::NoSeat { seats, .. }))) => seats,
        other => panic!("no seat, not {other:?}"),
    };
    activate(&machines[0]).unwrap();
    assert_eq!(refused_for(activate(&machines[1])), 1);
    allow(
        &vendor,
        "[[allowance]]\nsegment = \"schools\"\nseats_extra = 1\n",
    );
    activate(&machines[1]).unwrap();
    assert_eq!(refused_for(activate(&machines[2])), 2);
}

#[test]
fn p14_no_token_names_a_segment_or_a_user() {
    let vendor = Vendor::new();
    let machine = Machine::new(vendor.service.vendor());
    allow(
        &vendor,
        "[[allowance]]\nsegment = \"schools\"\nwindow_days = 60\n\
         [[allowance]]\nuser = \"customer-1042\"\nwindow_days = 90\n",
    );
    let license = sell(&vendor, Some("schools"), Some("customer-1042"));
    let answer = vendor.answer(&machine.request(&license)).unwrap();
    assert_eq!(window_days(&vendor, &answer), 90);
    let response = machine.open(&answer.response).unwrap();
    let mut tokens = response.status_lists.clone();
    tokens.extend([
        response.license,
        response.lease,
        response.manifest,
        response.trust_bundle,
    ]);
    let names =
        |token: &[u8], name: &str| token.windows(name.len()).any(|at| at == name.as_bytes());
    assert!(tokens.iter().any(|token| names(token, "essential")));
    for name in ["schools", "customer-1042"] {
        assert!(tokens.iter().all(|token| !names(token, name)), "{name}");
    }
}

//! A machine asks for a license and gets one, by file.
#![cfg(all(feature = "server", feature = "device"))]

mod server_support;

use std::time::Duration;

use counterfoil::protocol::ActivationResponse;
use counterfoil::server::answer::AnswerError;
use counterfoil::server::refusal::{Entitlement, Refusal};
use counterfoil::server::{Service, audit};
use counterfoil::token::{
    DeviceClass, Digest, KeyPurpose, Lease, License, LicenseKey, Manifest, Status, StatusList,
    TrustBundle, Verified, VerifiedBundle,
};
use server_support::{DAY, Machine, PRODUCT, Vendor, random, wait};
use tpm_sim::TpmSpec;

/// A vendor, a machine and a license for it.
fn one_seat() -> (Vendor, Machine, LicenseKey) {
    let vendor = Vendor::new();
    let machine = Machine::new(vendor.service.vendor());
    let license = vendor.license(1);
    (vendor, machine, license)
}

/// What the machine verifies with the public root alone.
fn verified(
    vendor: &Vendor,
    response: &ActivationResponse,
) -> (VerifiedBundle, Verified<License>, Verified<Lease>) {
    let bundle =
        TrustBundle::verify(&response.trust_bundle, vendor.service.anchor()).expect("the root's");
    let license = License::verify(&response.license, &bundle).expect("a license");
    let lease = Lease::verify(&response.lease, &bundle).expect("a lease");
    lease.belongs_to(&license).expect("one pair");
    (bundle, license, lease)
}

#[test]
fn p6_an_activation_binds_the_license_to_the_machine_that_asked() {
    let (vendor, machine, key) = one_seat();
    let request = machine.request(&key);
    let answer = vendor.answer(&request).expect("an answer");
    assert!(!answer.repeated);
    assert_eq!(answer.class, DeviceClass::Test);

    let response = machine.open(&answer.response).expect("the TPM opens it");
    assert_eq!(response.request, answer.request);
    let (bundle, license, lease) = verified(&vendor, &response);
    assert_eq!(license.license_id, key.id());
    assert_eq!(license.product, PRODUCT);
    let (bound, store) = (&license.binding, &machine.binding);
    assert_eq!(bound.ak, store.attestation_key.name);
    assert_eq!(bound.srk, store.storage_root_key.name);
    assert_eq!(bound.seed, store.seed.name);
    assert_eq!(bound.epoch, store.epoch);
    assert_eq!(bound.store, store.store);
    assert_eq!(bound.confirmation_key, *machine.binding_key.public());
    assert!(license.bytes().len() <= 1024 && lease.bytes().len() <= 1024);

    let manifest = Manifest::verify(&response.manifest, &bundle).expect("a manifest");
    assert_eq!(manifest.reference(), lease.manifest);
    let status = StatusList::verify(&response.status_lists[0], &bundle).expect("a status list");
    assert_eq!(status.uri, license.status.list);
    assert_eq!(status.status(license.status.index), Some(Status::Valid));
    assert_eq!(vendor.seats_taken(&key), 1);
}

#[test]
fn p6_another_machine_cannot_open_the_response() {
    let (vendor, machine, key) = one_seat();
    let answer = vendor.answer(&machine.request(&key)).expect("an answer");
    let other = Machine::new(vendor.service.vendor());
    assert!(other.open(&answer.response).is_none());
}

#[test]
fn the_same_request_again_yields_the_same_seat_and_the_same_tokens() {
    let (vendor, machine, key) = one_seat();
    let request = machine.request(&key);
    let first = vendor.answer(&request).expect("an answer");
    let again = vendor
        .answer_at(&request, vendor.now.plus(DAY))
        .expect("the answer again");
    assert!(again.repeated);
    assert_eq!(again.status_index, first.status_index);
    let late = vendor.answer_at(&request, vendor.now.plus(300 * DAY));
    assert!(late.expect("the answer long after").repeated);
    assert_eq!(vendor.seats_taken(&key), 1);
    let (first, again) = (
        machine.open(&first.response).expect("opens"),
        machine.open(&again.response).expect("opens"),
    );
    assert_eq!(first.license, again.license);
    assert_eq!(first.lease, again.lease);
    assert_eq!(first.manifest, again.manifest);
}

#[test]
fn another_request_of_the_same_store_keeps_seat_and_license_and_supersedes_the_lease() {
    let (vendor, machine, key) = one_seat();
    let first = vendor.answer(&machine.request(&key)).expect("an answer");
    let second = vendor.answer(&machine.request(&key)).expect("an answer");
    assert!(!second.repeated);
    assert_eq!(vendor.seats_taken(&key), 1);
    let (_, license, lease) = verified(&vendor, &machine.open(&first.response).expect("opens"));
    let (_, license_again, newer) =
        verified(&vendor, &machine.open(&second.response).expect("opens"));
    assert_eq!(license.digest(), license_again.digest());
    assert!(newer.sequence > lease.sequence);
}

/// What was issued after a backup, the service that was restored from it does not know.
#[test]
fn p5_a_lease_is_numbered_above_all_earlier_ones_and_not_below_its_time() {
    let (vendor, mut machine, key) = one_seat();
    let mut last = 0;
    let number_at = |machine: &Machine, days: u32, last: &mut u64| {
        let at = vendor.now.plus(days * DAY);
        let answer = vendor.answer_at(&machine.request(&key), at);
        let response = machine.open(&answer.expect("an answer").response);
        let (_, _, lease) = verified(&vendor, &response.expect("opens"));
        assert!(lease.sequence > *last && lease.sequence >= at.unix());
        assert!(lease.bytes().len() <= 1024);
        *last = lease.sequence;
    };
    // Two in one second, and a clock that was ahead and was corrected.
    for days in [0, 9, 9] {
        number_at(&machine, days, &mut last);
    }
    let earlier = vendor.now.plus(3 * DAY);
    let refused = vendor.answer_at(&machine.request(&key), earlier);
    assert!(matches!(refused, Err(AnswerError::Trust(_))), "{refused:?}");
    wait(vendor.service.correct_clock(earlier)).expect("there is a later date");
    number_at(&machine, 3, &mut last);
    // Another store of the machine shares its seat.
    machine.second_store();
    number_at(&machine, 4, &mut last);
    number_at(&machine, 30, &mut last);
}

#[test]
fn two_stores_of_one_chip_share_a_seat() {
    let (vendor, mut machine, key) = one_seat();
    let first = vendor.answer(&machine.request(&key)).expect("an answer");
    machine.second_store();
    let second = vendor.answer(&machine.request(&key)).expect("an answer");
    assert_eq!(first.status_index, second.status_index);
    let (_, license, _) = verified(&vendor, &machine.open(&second.response).expect("opens"));
    assert_eq!(license.binding.store, machine.binding.store);
    let overview = wait(vendor.service.license(key.id())).expect("a license");
    assert_eq!(overview.seats.len(), 1);
    assert_eq!(overview.seats[0].bindings.len(), 2);
}

#[test]
fn a_second_machine_needs_a_second_seat() {
    let (vendor, machine, key) = one_seat();
    vendor.answer(&machine.request(&key)).expect("an answer");
    let other = Machine::new(vendor.service.vendor());
    let refusal = vendor.refusal(&other.request(&key));
    let Refusal::Entitlement(Entitlement::NoSeat { seats: 1, pending }) = &refusal else {
        panic!("{refusal:?}");
    };
    let pending = pending.expect("nobody has shown that the answer arrived");
    assert_eq!(
        (pending.count, pending.since),
        (1, vendor.now.plus(Duration::from_secs(60)))
    );
    let advice = format!("seat free {}", key.id());
    assert!(refusal.to_string().contains(&advice), "{refusal}");
    assert!(
        !refusal.to_device().contains("seat free"),
        "that is for the vendor"
    );

    let for_two = vendor.license(2);
    let first = vendor
        .answer(&machine.request(&for_two))
        .expect("an answer");
    let second = vendor.answer(&other.request(&for_two)).expect("an answer");
    assert_ne!(first.status_index, second.status_index);
    assert_eq!(vendor.seats_taken(&for_two), 2);
}

#[test]
fn several_licenses_share_a_store() {
    let (vendor, machine, key) = one_seat();
    let other = vendor.license(1);
    let first = machine
        .open(
            &vendor
                .answer(&machine.request(&key))
                .expect("an answer")
                .response,
        )
        .expect("opens");
    let second = machine
        .open(
            &vendor
                .answer(&machine.request(&other))
                .expect("an answer")
                .response,
        )
        .expect("opens");
    let ((_, first, _), (_, second, _)) = (verified(&vendor, &first), verified(&vendor, &second));
    assert_eq!(first.binding, second.binding);
    assert_ne!(first.license_id, second.license_id);
    assert_ne!(first.status.index, second.status.index);
}

#[test]
fn what_a_machine_could_use_to_try_keys_is_one_answer() {
    let (vendor, machine, key) = one_seat();
    let unknown = LicenseKey::new(counterfoil::token::LicenseId::new([1; 8]), [2; 16]);
    let wrong = LicenseKey::new(key.id(), [3; 16]);
    let mut for_another = machine.body(key.id());
    for_another.product = "cam".to_owned();
    let other = Machine::new(vendor.service.vendor());
    vendor.answer(&other.request(&key)).expect("an answer");

    let refusals = [
        (machine.request(&unknown), "UnknownLicense"),
        (machine.request(&wrong), "WrongSecret"),
        (machine.request_for(&for_another, &key), "OtherProduct"),
        (machine.request(&key), "NoSeat"),
    ]
    .map(|(request, cause)| {
        let refusal = vendor.refusal(&request);
        assert!(format!("{refusal:?}").contains(cause), "{refusal:?}");
        refusal
    });
    let told: Vec<String> = refusals.iter().map(Refusal::to_device).collect();
    assert!(told.iter().all(|text| *text == told[0]), "{told:?}");
    let causes: std::collections::BTreeSet<String> =
        refusals.iter().map(ToString::to_string).collect();
    assert_eq!(causes.len(), 4, "the operator sees each cause");
    assert_eq!(vendor.seats_taken(&key), 1);
}

#[test]
fn a_license_that_ended_or_is_not_for_this_class_is_refused() {
    let (vendor, machine, _) = one_seat();
    let short = vendor.license_until(1, Some(vendor.now.plus(DAY)));
    let request = machine.request(&short);
    let late = vendor.answer_at(&request, vendor.now.plus(DAY));
    let ended = Entitlement::Ended(vendor.now.plus(DAY));
    assert!(matches!(late, Err(AnswerError::Refused(Refusal::Entitlement(why))) if why == ended));

    let strict = Vendor::trusting_nobody(&[]);
    let machine = Machine::new(strict.service.vendor());
    let pem = machine.tpm.ek_root_pem().expect("a root");
    wait(
        strict
            .service
            .add_ek_roots(pem.as_bytes(), DeviceClass::Test, strict.now),
    )
    .expect("a root");
    let refusal = strict.refusal(&machine.request(&strict.license(1)));
    assert!(
        matches!(refusal, Refusal::Entitlement(Entitlement::Class(_))),
        "{refusal:?}"
    );
}

#[test]
fn a_tpm_that_nobody_vouches_for_is_refused_until_an_admin_does() {
    let vendor = Vendor::trusting_nobody(&[]);
    let machine = Machine::with(
        TpmSpec::default().without_certificate(),
        vendor.service.vendor(),
    );
    let key = vendor.license(1);
    let request = machine.request(&key);
    assert!(matches!(vendor.refusal(&request), Refusal::Enroll(_)));
    assert_eq!(vendor.seats_taken(&key), 0);

    let ek = counterfoil::evidence::EndorsementKey::from_public(&machine.endorsement.public)
        .expect("a key")
        .hash();
    wait(
        vendor
            .service
            .allow_ek(ek, "the one in the lab", vendor.now),
    )
    .expect("allowed");
    let answer = vendor.answer(&request).expect("an answer");
    assert_eq!(answer.class, DeviceClass::Registered);
    assert!(machine.open(&answer.response).is_some());
}

#[test]
fn a_root_that_was_removed_vouches_for_nobody() {
    let (vendor, machine, key) = one_seat();
    let root = wait(vendor.service.ek_roots()).expect("roots")[0].fingerprint;
    wait(vendor.service.remove_ek_root(root, vendor.now)).expect("removed");
    assert!(matches!(
        vendor.refusal(&machine.request(&key)),
        Refusal::Enroll(_)
    ));
}

#[test]
fn p8_an_epoch_that_was_released_is_refused() {
    let (vendor, machine, key) = one_seat();
    let request = machine.request(&key);
    let ek = vendor.answer(&request).expect("an answer").ek;
    let epoch = machine.binding.epoch;
    vendor.record_release(ek, epoch);
    let released = Refusal::Entitlement(Entitlement::EpochReleased {
        epoch,
        released: epoch,
    });
    assert_eq!(
        vendor.refusal(&request),
        released,
        "an answered request too"
    );
    assert_eq!(vendor.refusal(&machine.request(&key)), released);
}

#[test]
fn a_new_activation_is_pending() {
    let (vendor, machine, key) = one_seat();
    vendor.answer(&machine.request(&key)).expect("an answer");
    let overview = wait(vendor.service.license(key.id())).expect("a license");
    assert_eq!(overview.seats[0].bindings[0].status.name(), "pending");
}

#[test]
fn an_application_that_names_no_product_gets_a_license_for_any() {
    let (vendor, machine, key) = one_seat();
    let mut body = machine.body(key.id());
    body.product = String::new();
    let answer = vendor.answer(&machine.request_for(&body, &key));
    assert_eq!(answer.expect("an answer").product, PRODUCT);
}

#[test]
fn what_is_known_of_a_license_does_not_show_what_proves_possession_of_its_key() {
    let vendor = Vendor::trusting_nobody(&[]);
    let key = vendor.license(1);
    let mac_key = format!("{:?}", *key.mac_key());
    let inner = mac_key.trim_matches(['[', ']']);
    let overview = wait(vendor.service.license(key.id())).expect("a license");
    let licenses = wait(vendor.service.licenses()).expect("a list");
    let shown = format!("{overview:?} {licenses:?}");
    assert!(
        shown.contains(&format!("{:?}", key.id())) && !shown.contains(inner),
        "{shown}"
    );
}

#[test]
fn p2_the_anchor_never_lies_ahead_of_the_quote() {
    let (mut vendor, machine, key) = one_seat();
    let mut body = machine.body(key.id());
    body.trust_bundle = Some(vendor.service.bundle().expect("a bundle").digest());
    let request = machine.request_for(&body, &key);

    // While the file travels for ten days the vendor signs a new bundle.
    let late = vendor.now.plus(10 * DAY);
    add_product(&mut vendor, "cam", late);
    let answer = vendor
        .answer_at(&request, late.plus(DAY))
        .expect("an answer");
    let (_, _, lease) = verified(&vendor, &machine.open(&answer.response).expect("opens"));
    assert_eq!(
        lease.anchor.utc, vendor.now,
        "the license's own date, which is that of the bundle named, too"
    );
    assert_eq!(lease.issued_at, late.plus(DAY));
}

#[test]
fn p2_a_bundle_named_in_the_request_proves_a_later_time_than_the_license() {
    let (mut vendor, machine, key) = one_seat();
    let later = vendor.now.plus(5 * DAY);
    add_product(&mut vendor, "cam", later);
    let named = vendor.service.bundle().expect("a bundle").digest();
    let mut body = machine.body(key.id());
    // A bundle that nobody signed proves nothing.
    for (named, proven) in [(Digest::new([9; 32]), vendor.now), (named, later)] {
        body.trust_bundle = Some(named);
        let answer = vendor
            .answer_at(&machine.request_for(&body, &key), later.plus(DAY))
            .expect("an answer");
        let (_, _, lease) = verified(&vendor, &machine.open(&answer.response).expect("opens"));
        assert_eq!(lease.anchor.utc, proven);
    }
}

#[test]
fn answers_outlive_the_program() {
    let (vendor, machine, key) = one_seat();
    let request = machine.request(&key);
    let first = vendor.answer(&request).expect("an answer");
    let reopened = wait(Service::open(&vendor.path())).expect("it opens");
    let again = wait(reopened.answer(
        &request,
        &vendor.issuer,
        vendor.now.plus(DAY),
        &mut random(),
    ))
    .expect("an answer");
    assert!(again.repeated);
    assert_eq!(again.status_index, first.status_index);
}

#[test]
fn every_answer_stands_in_the_audit_log() {
    let (vendor, machine, key) = one_seat();
    let request = machine.request(&key);
    vendor.answer(&request).expect("an answer");
    vendor.answer(&request).expect("the answer again");
    let log = wait(async {
        let mut transaction = vendor.service.storage().read().await.expect("reads");
        audit::verify(&mut transaction)
            .await
            .expect("an unbroken chain");
        transaction.audit_log().await.expect("a log")
    });
    assert_eq!(
        log.iter()
            .filter(|entry| entry.event == "activated")
            .count(),
        1
    );
}

fn add_product(vendor: &mut Vendor, name: &str, now: counterfoil::token::UtcTime) {
    let product = name.parse().expect("a name");
    let issuer = vendor.service.issuer_key(None).expect("a key");
    let before = vendor.service.bundle().expect("a bundle").sequence;
    wait(
        vendor
            .service
            .add_product(&product, &[], &issuer, None, now, &mut random()),
    )
    .expect("a product");
    let bundle = vendor.service.bundle().expect("a bundle");
    assert_eq!(bundle.sequence, before + 1);
    assert_eq!(bundle.issued_at, now);
    assert!(
        bundle
            .keys
            .iter()
            .any(|key| key.purpose == KeyPurpose::Policy && key.product.as_deref() == Some(name))
    );
}

//! P5, P11: what went wrong on the vendor's side can be mended, and each machine is served again without a person's work.

use std::time::Duration;

use counterfoil::client::Counterfoil;
use counterfoil::device::Auths;
use counterfoil::policy::Rules;
use counterfoil::server::answer::{Answer, AnswerError};
use counterfoil::server::folder::write_private;
use counterfoil::server::keys::{Issuer, Key};
use counterfoil::server::manifest::ManifestError;
use counterfoil::server::proposal::Proposal;
use counterfoil::server::root::RootFolder;
use counterfoil::server::storage::BindingStatus;
use counterfoil::server::{Service, TrustError};
use counterfoil::token::{BundleKey, DeviceClass, IssuerError, KeyPurpose, LicenseKey};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

use crate::stage::{Machine, PRODUCT, Vendor, copy, licensed_by_key, memory, now, reason, wait};

fn request(app: &Counterfoil, key: &LicenseKey) -> Vec<u8> {
    let requested = app.request_activation(key, &Auths::default());
    requested.unwrap().request
}

/// What the service answers in a minute.
fn answer(service: &Service, request: &[u8]) -> Result<Answer, AnswerError> {
    let issuer = service.issuer_key(None).unwrap();
    let soon = now().plus(Duration::from_secs(60));
    wait(service.answer(request, &issuer, soon, &mut UnwrapErr(SysRng)))
}

#[test]
fn p11_another_trust_bundle_of_the_number_that_is_held_is_refused_and_takes_nothing() {
    let (mut vendor, machine, _app, key) = licensed_by_key();
    let app = machine.app(&vendor);
    // A backup that is put into operation beside the service: both add a product, and so sign one number twice.
    let twin = memory();
    let folder = twin.path().join("server");
    copy(
        vendor.service().folder().bundle().parent().unwrap(),
        &folder,
    );
    let mut twin = wait(Service::open(&folder)).unwrap();
    vendor.offer("one", &Rules::default_toml("one"));
    let (two, issuer) = ("two".parse().unwrap(), twin.issuer_key(None).unwrap());
    let random = &mut UnwrapErr(SysRng);
    wait(twin.add_product(&two, &[], &issuer, None, now(), random)).unwrap();
    let number = vendor.service().bundle().unwrap().sequence;
    assert_eq!(twin.bundle().unwrap().sequence, number);

    let ours = answer(vendor.service(), &request(&app, &key)).unwrap();
    app.apply_response(&ours.response, &Auths::default())
        .unwrap();
    let theirs = answer(&twin, &request(&app, &key)).unwrap();
    let refused = app.apply_response(&theirs.response, &Auths::default());
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains(&format!("has number {number}")),
        "{refused}"
    );
    assert_eq!(reason(&app.validate()), "ok");
    // The one that is held comes again with each answer.
    let again = answer(vendor.service(), &request(&app, &key)).unwrap();
    app.apply_response(&again.response, &Auths::default())
        .unwrap();
}

/// The service whose issuer key was withdrawn as of an hour ago, and which has a new one.
fn with_a_new_issuer(vendor: &Vendor) -> Service {
    with_a_new_issuer_for(vendor, None)
}

/// The same; the new one may sign for one product alone, if one is named.
fn with_a_new_issuer_for(vendor: &Vendor, product: Option<&str>) -> Service {
    let service = vendor.service();
    let (folder, bundle) = (service.folder(), service.bundle().unwrap());
    let hour = Duration::from_secs(3600);
    let key = Key::<Issuer>::create(&folder.issuer_key(), None, &mut UnwrapErr(SysRng)).unwrap();
    let proposal = Proposal::after(bundle).with(BundleKey {
        key: key.public().clone(),
        purpose: KeyPurpose::Issuer,
        product: product.map(str::to_owned),
        not_before: now().saturating_sub(hour),
        not_after: now().plus(1000 * hour),
        cut_off: None,
    });
    // As a person does it who edits the proposal.
    let withdrawn = format!(
        "purpose = \"issuer\"\ncut_off = \"{}\"",
        now().saturating_sub(hour)
    );
    let text = proposal
        .to_toml()
        .replacen("purpose = \"issuer\"", &withdrawn, 1);
    let proposal = Proposal::from_toml(&text).unwrap();
    let root = RootFolder::open(&folder.local_root()).unwrap();
    let signed = root.sign(&proposal, None, now()).unwrap();
    write_private(&folder.bundle(), &signed).unwrap();
    let dir = folder.bundle().parent().unwrap().to_owned();
    wait(Service::open(&dir)).unwrap()
}

fn backup(vendor: &Vendor) -> TempDir {
    let folder = memory();
    let bundle = vendor.service().folder().bundle();
    copy(bundle.parent().unwrap(), &folder.path().join("server"));
    folder
}

#[test]
fn p11_rules_that_a_withdrawn_issuer_signed_are_not_called_a_damaged_database() {
    let (vendor, _machine, app, key) = licensed_by_key();
    let service = with_a_new_issuer(&vendor);
    let answer = answer(&service, &request(&app, &key)).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

/// docs/edge-cases.md tells the person to connect, to receive a new license file.
#[test]
fn p11_a_license_that_a_withdrawn_issuer_signed_is_had_anew_with_the_next_answer() {
    let (vendor, _machine, app, key) = licensed_by_key();
    let service = with_a_new_issuer(&vendor);
    let issuer = service.issuer_key(None).unwrap();
    // The rules too were signed by the withdrawn key: the vendor publishes others.
    let rules = Rules::default_toml(PRODUCT).replace("[window_days]", "[window_days]\ntest = 31");
    let product = PRODUCT.parse().unwrap();
    wait(service.publish_manifest(&product, &rules, &issuer, now())).unwrap();
    let answer = answer(&service, &request(&app, &key)).unwrap();
    let applied = app.apply_response(&answer.response, &Auths::default());
    assert!(applied.is_ok(), "{}", applied.unwrap_err());
    assert_eq!(reason(&app.validate()), "ok");
}

/// How often an event stands in the audit log.
fn audited(service: &Service, event: &str) -> usize {
    wait(async {
        let mut transaction = service.storage().read().await.unwrap();
        let log = transaction.audit_log().await.unwrap();
        log.iter().filter(|entry| entry.event == event).count()
    })
}

#[test]
fn p11_what_a_withdrawn_issuer_signed_is_signed_anew_once_and_says_the_same() {
    let (vendor, _machine, app, key) = licensed_by_key();
    let service = with_a_new_issuer(&vendor);
    let product = PRODUCT.parse().unwrap();
    let before = wait(service.manifest(&product, None)).unwrap();
    for _ in 0..2 {
        let answer = answer(&service, &request(&app, &key)).unwrap();
        app.apply_response(&answer.response, &Auths::default())
            .unwrap();
    }
    let manifests = wait(service.manifests(&product)).unwrap();
    let [_, anew] = &manifests[..] else {
        panic!("{manifests:?}");
    };
    assert_eq!(
        (anew.record.version, anew.record.copy_of),
        (2, Some(1)),
        "a version is never changed"
    );
    assert_eq!(anew.rules, before.rules);
    let seats = wait(service.license(key.id())).unwrap().seats;
    let [seat] = &seats[..] else {
        panic!("{seats:?}");
    };
    let [old, new] = &seat.bindings[..] else {
        panic!("{seat:?}");
    };
    assert_eq!(old.binding, new.binding);
    assert_ne!(old.token_id, new.token_id);
    assert_eq!(
        [old.status, new.status],
        [BindingStatus::Superseded, BindingStatus::Confirmed],
        "the second request shows that the first new one arrived"
    );
    for event in ["manifest_signed_anew", "license_signed_anew"] {
        assert_eq!(audited(&service, event), 1, "{event}");
    }
}

#[test]
fn p12_a_request_answered_before_the_issuer_was_withdrawn_gets_the_same_seat_and_works_once() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let (key, app) = (vendor.sell(1), machine.app(&vendor));
    let request = request(&app, &key);
    let first = vendor.answer(&request).unwrap();
    let service = with_a_new_issuer(&vendor);
    let [anew, again] = [(), ()].map(|()| answer(&service, &request).unwrap());
    assert_eq!(
        [anew.status_index, again.status_index],
        [first.status_index; 2]
    );
    assert!(!anew.repeated && again.repeated);
    let apply = |answer: &Answer| app.apply_response(&answer.response, &Auths::default());
    apply(&anew).unwrap();
    assert_eq!(reason(&app.validate()), "ok");
    apply(&again).unwrap_err();
    apply(&first).unwrap_err();
}

/// Machines refuse the status list of such a key, which is about all products.
#[test]
fn p11_an_issuer_for_one_product_alone_is_named_and_issues_nothing() {
    let (vendor, _machine, app, key) = licensed_by_key();
    let service = with_a_new_issuer_for(&vendor, Some(PRODUCT));
    let refused = answer(&service, &request(&app, &key));
    assert!(
        matches!(
            refused,
            Err(AnswerError::Trust(TrustError::Issuer(
                IssuerError::WrongProduct { .. }
            )))
        ),
        "{refused:?}"
    );
    assert_eq!(audited(&service, "license_signed_anew"), 0);
}

/// The first programs kept no text of the rules.
#[test]
fn p11_rules_without_a_text_that_a_withdrawn_issuer_signed_are_signed_anew_or_published_again() {
    let (vendor, _machine, app, key) = licensed_by_key();
    let database = vendor.service().folder().database();
    wait(async {
        let options = SqliteConnectOptions::new().filename(database);
        let mut database = options.connect().await.unwrap();
        let done = sqlx::query("UPDATE manifests SET source = NULL");
        done.execute(&mut database).await.unwrap();
    });
    let service = with_a_new_issuer(&vendor);
    let issuer = service.issuer_key(None).unwrap();
    let product = PRODUCT.parse().unwrap();
    let rules = Rules::default_toml(PRODUCT).replace("[window_days]", "[window_days]\ntest = 30");
    // They are not in force any more, so the same may be published again.
    wait(service.publish_manifest(&product, &rules, &issuer, now())).unwrap();
    let again = wait(service.publish_manifest(&product, &rules, &issuer, now()));
    assert!(
        matches!(again, Err(ManifestError::Unchanged { .. })),
        "{again:?}"
    );
    answer(&service, &request(&app, &key)).unwrap();
    assert_eq!(audited(&service, "manifest_signed_anew"), 0);
}

#[test]
fn p11_a_machine_whose_class_was_corrected_is_licensed_as_what_it_is() {
    let (vendor, machine, _app, key) = licensed_by_key();
    let root = machine.tpm.ek_root_pem().unwrap();
    let hardware = DeviceClass::Hardware;
    wait(
        vendor
            .service()
            .add_ek_roots(root.as_bytes(), hardware, now()),
    )
    .unwrap();
    // Simulators are licensed no longer.
    vendor.publish(&Rules::default_toml(PRODUCT));
    let app = machine.activate(&vendor, &key);
    assert_eq!(reason(&app.validate()), "ok");
    let seats = wait(vendor.service().license(key.id())).unwrap().seats;
    assert_eq!(seats.len(), 1, "it is the same machine");
    assert_eq!(seats[0].device.class, hardware);
}

#[test]
fn p12_the_same_request_after_its_machines_class_was_corrected_gets_the_same_seat() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let (key, app) = (vendor.sell(1), machine.app(&vendor));
    let request = request(&app, &key);
    let first = vendor.answer(&request).unwrap();
    let root = machine.tpm.ek_root_pem().unwrap();
    let correct =
        |class| wait(vendor.service().add_ek_roots(root.as_bytes(), class, now())).unwrap();
    correct(DeviceClass::Hardware);
    let [anew, again] = [(), ()].map(|()| vendor.answer(&request).unwrap());
    assert_eq!(
        [anew.status_index, again.status_index],
        [first.status_index; 2]
    );
    assert_eq!(anew.class, DeviceClass::Hardware);
    assert!(!anew.repeated && again.repeated);

    correct(DeviceClass::Virtual);
    vendor.publish(&Rules::default_toml(PRODUCT).replace("virtual = 1\n", ""));
    assert!(matches!(
        vendor.answer(&request),
        Err(AnswerError::Refused(_))
    ));
}

/// Error messages of the service tell the vendor to restore its database from a backup.
#[test]
fn p5_a_machine_is_served_again_by_a_service_that_was_restored_from_a_backup() {
    let (vendor, machine, app, key) = licensed_by_key();
    let backup = backup(&vendor);
    // Renewals that the backup does not know of.
    for _ in 0..3 {
        machine.activate(&vendor, &key);
    }
    let restored = wait(Service::open(&backup.path().join("server"))).unwrap();
    let answer = answer(&restored, &request(&app, &key)).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

/// The backup knows the license, and no machine that has it.
#[test]
fn p5_a_machine_that_the_backup_does_not_know_is_served_by_the_restored_service() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let key = vendor.sell(1);
    let backup = backup(&vendor);
    let app = machine.activate(&vendor, &key);
    let restored = wait(Service::open(&backup.path().join("server"))).unwrap();
    let answer = answer(&restored, &request(&app, &key)).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

//! Several endorsement keys of one chip, certificates that ended, and ones that were fetched from the maker.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use counterfoil::client::{Counterfoil, EkCertificateError};
use counterfoil::device::{Auths, Endorsement, EndorsementTemplate, Hardware};
use counterfoil::evidence::{EkHash, EndorsementKey, Expired};
use counterfoil::policy::Language;
use counterfoil::protocol::ActivationRequest;
use counterfoil::server::answer::AnswerError;
use counterfoil::server::roots::RootTerms;
use counterfoil::token::DeviceClass;
use tpm_sim::{AuthoritySpec, CertificateSpec, TpmSpec};

use crate::relay::Relay;
use crate::stage::{Machine, Vendor, now, reason, wait};

fn endorsements(machine: &Machine) -> Vec<Endorsement> {
    let hardware = machine.hardware();
    let mut tpm = hardware.open().unwrap();
    tpm.endorsement(&Default::default()).unwrap()
}

fn hash(key: &Endorsement) -> EkHash {
    EndorsementKey::from_public(&key.public).unwrap().hash()
}

/// The application on a machine that shows these keys.
fn app_showing(machine: &Machine, vendor: &Vendor, shown: Vec<Endorsement>) -> Counterfoil {
    machine.app_with(vendor, |config| {
        config.hardware = Box::new(Relay::new(machine.hardware()).showing_all(shown));
    })
}

fn refused(vendor: &Vendor, request: &[u8]) -> String {
    match vendor.answer(request) {
        Err(AnswerError::Refused(refusal)) => refusal.to_string(),
        Err(other) => panic!("another error: {other}"),
        Ok(answer) => panic!("answered, for {}", answer.ek),
    }
}

/// Keys of which all but one have a certificate that leads nowhere.
fn with_one_good(machine: &Machine, good: EndorsementTemplate) -> Vec<Endorsement> {
    let mut keys = endorsements(machine);
    for key in keys.iter_mut().filter(|key| key.template != good) {
        key.certificates = vec![b"of another maker, or none".to_vec()];
    }
    keys
}

#[test]
fn a_chip_with_one_good_chain_is_licensed_under_that_key_whichever_it_is() {
    for good in EndorsementTemplate::ALL {
        let (vendor, machine) = (Vendor::new(), Machine::new());
        vendor.trust(&machine.tpm);
        let keys = with_one_good(&machine, good);
        let expected = keys.iter().find(|key| key.template == good).map(hash);
        let app = app_showing(&machine, &vendor, keys);
        let requested = app
            .request_activation(&vendor.sell(1), &Auths::default())
            .unwrap();
        let answer = vendor.answer(&requested.request).unwrap();
        assert_eq!(Some(answer.ek), expected, "{good:?}");
        assert_eq!(answer.class, DeviceClass::Test);
        app.apply_response(&answer.response, &Auths::default())
            .unwrap();
        assert_eq!(reason(&app.validate()), "ok", "{good:?}");
    }
}

#[test]
fn a_key_on_record_is_taken_before_others_and_one_with_a_chain_before_an_allowed_one() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let key = vendor.sell(1);
    let answer = |shown| {
        let app = app_showing(&machine, &vendor, shown);
        let requested = app.request_activation(&key, &Auths::default()).unwrap();
        let answer = vendor.answer(&requested.request).unwrap();
        app.apply_response(&answer.response, &Auths::default())
            .unwrap();
        answer
    };
    let keys = endorsements(&machine);
    // An admin's word is the last that counts.
    wait(vendor.service().allow_ek(hash(&keys[0]), "", now())).unwrap();
    let shown = with_one_good(&machine, keys[1].template);
    let first = answer(shown);
    assert_eq!((first.ek, first.class), (hash(&keys[1]), DeviceClass::Test));
    // Now that all are good, the one that is known stays the one.
    assert_eq!(answer(keys.clone()).ek, hash(&keys[1]));
}

#[test]
fn a_refusal_says_of_each_key_why_and_how_to_vouch_for_it() {
    let another = AuthoritySpec::named("another maker");
    let machine = Machine::with(TpmSpec::default().authority(another));
    let vendor = Vendor::new();
    vendor.trust(&Machine::new().tpm);
    let keys = endorsements(&machine);
    let requested = machine
        .app(&vendor)
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let request = ActivationRequest::open(&requested.request).unwrap();
    assert_eq!(request.body().endorsements().count(), keys.len());
    let why = refused(&vendor, &requested.request);
    for key in &keys {
        assert!(why.contains(&format!("ek allow {}", hash(key))), "{why}");
    }
    assert!(why.contains("RSA-2048") && why.contains("P-384"), "{why}");
}

#[test]
fn a_chip_whose_certificate_ended_is_licensed_with_a_notice_unless_the_rule_refuses_new_ones() {
    let ended = CertificateSpec {
        expired: true,
        ..CertificateSpec::default()
    };
    let vendor = Vendor::new();
    let on_record = Machine::with(TpmSpec::default().certificate(ended.clone()));
    let root = on_record.tpm.ek_root_pem().unwrap();
    let pin = |expired| {
        let terms = RootTerms {
            class: Some(DeviceClass::Test),
            expired,
        };
        wait(vendor.service().add_ek_roots(root.as_bytes(), terms, now())).unwrap()
    };
    pin(None);
    let key = vendor.sell(2);
    let request = |machine: &Machine| {
        machine
            .app(&vendor)
            .request_activation(&key, &Auths::default())
            .unwrap()
            .request
    };
    let first = request(&on_record);
    let answer = vendor.answer(&first).unwrap();
    let end = answer.certificate_expired.unwrap();
    assert_eq!(end.to_string(), "2021-01-01T00:00:00Z");

    pin(Some(Expired::Refuse));
    let new = Machine::with(TpmSpec::default().certificate(ended));
    assert_eq!(new.tpm.ek_root_pem().unwrap(), root, "one maker");
    let why = refused(&vendor, &request(&new));
    assert!(why.contains("expired on 2021-01-01"), "{why}");
    assert!(vendor.answer(&first).unwrap().repeated);
    on_record
        .app(&vendor)
        .apply_response(&answer.response, &Auths::default())
        .unwrap();
    let again = request(&on_record);
    assert!(vendor.answer(&again).unwrap().certificate_expired.is_some());
}

#[test]
fn a_certificate_that_was_fetched_from_the_maker_goes_into_the_next_request() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let genuine = endorsements(&machine);
    let bare: Vec<_> = genuine
        .iter()
        .map(|key| Endorsement {
            certificates: Vec::new(),
            ..key.clone()
        })
        .collect();
    // The chip shows one key, and the certificate is for another.
    let app = app_showing(&machine, &vendor, bare[..1].to_vec());
    let key = vendor.sell(1);
    let request = || app.request_activation(&key, &Auths::default()).unwrap();
    let without = request();
    let why = refused(&vendor, &without.request);
    assert!(why.contains("no endorsement certificate"), "{why}");

    let keep = |file: &[u8]| app.keep_endorsement_certificate(file, &Auths::default());
    let rsa = genuine
        .iter()
        .find(|key| key.template == EndorsementTemplate::L1)
        .unwrap();
    let foreign = endorsements(&Machine::new());
    let foreign = foreign
        .iter()
        .find(|key| key.template == EndorsementTemplate::L1)
        .unwrap();
    let refused = keep(&foreign.certificates[0]).unwrap_err();
    assert!(
        matches!(refused, EkCertificateError::OtherKey { certificate, own }
            if certificate == hash(foreign) && own == Some(hash(rsa))),
        "{refused}"
    );
    let root = machine.tpm.ek_root_pem().unwrap();
    assert!(matches!(
        keep(root.as_bytes()),
        Err(EkCertificateError::IsAuthority)
    ));
    assert!(matches!(
        keep(b"hello"),
        Err(EkCertificateError::NoCertificate)
    ));
    assert_eq!(request(), with_repeated(&without), "nothing was kept");

    let with_line_end = [&rsa.certificates[0][..], b"\n"].concat();
    assert_eq!(keep(&with_line_end).unwrap().key, hash(rsa));
    let with = request();
    assert!(!with.repeated);
    let answer = vendor.answer(&with.request).unwrap();
    assert_eq!((answer.ek, answer.class), (hash(rsa), DeviceClass::Test));
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

fn with_repeated(requested: &counterfoil::client::Requested) -> counterfoil::client::Requested {
    counterfoil::client::Requested {
        repeated: true,
        ..requested.clone()
    }
}

#[test]
fn p14_the_name_that_a_certificate_gives_the_machine_is_shown_before_it_is_sent() {
    const NAME: &str = "accounting-vm-17";
    let (vendor, machine) = (Vendor::new(), Machine::new());
    let app = machine.app(&vendor);
    app.provision(&Auths::default()).unwrap();
    let named = machine.dir().join("endorsement-p256.crt");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:P-256", "-nodes", "-outform", "DER"])
        .args(["-subj", &format!("/CN={NAME}"), "-keyout", "/dev/null"])
        .arg("-out")
        .arg(&named)
        .output()
        .unwrap();
    assert!(made.status.success());
    fs::set_permissions(&named, fs::Permissions::from_mode(0o600)).unwrap();
    for language in [Language::En, Language::De] {
        let app = machine.app_with(&vendor, |config| config.language = language);
        let told: Vec<_> = app
            .explain()
            .general
            .into_iter()
            .flat_map(|section| section.text)
            .collect();
        assert!(told.concat().contains(NAME), "{told:?}");
    }

    let certificate = fs::read(&named).unwrap();
    let shown: Vec<_> = endorsements(&machine)
        .into_iter()
        .map(|key| Endorsement {
            certificates: vec![certificate.clone()],
            ..key
        })
        .collect();
    let requested = app_showing(&machine, &vendor, shown)
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    let file = machine.dir().with_file_name("machine.request");
    fs::write(&file, &requested.request).unwrap();
    let inspected = Command::new(env!("CARGO_BIN_EXE_counterfoil"))
        .env_clear()
        .arg("inspect")
        .arg(&file)
        .output()
        .unwrap();
    let text = String::from_utf8(inspected.stdout).unwrap();
    assert!(
        text.contains(&format!("names the machine  CN={NAME}")),
        "{text}"
    );
}

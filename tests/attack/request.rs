//! P6, P14: what a vendor refuses to answer.

use counterfoil::device::{Auths, Hardware as _, SecretKind};
use counterfoil::evidence::EndorsementKey;
use counterfoil::protocol::{ActivationBody, ActivationRequest, Proofs};
use counterfoil::server::answer::AnswerError;
use counterfoil::store::Seed;
use counterfoil::token::{LicenseKey, SigningKey, StoreId};
use tpm_sim::{AuthoritySpec, EkKind, TpmSpec};

use crate::forgery::binding;
use crate::stage::{Machine, Vendor, now, reason, wait};

fn refusal(answer: Result<counterfoil::server::answer::Answer, AnswerError>) -> String {
    match answer {
        Err(AnswerError::Refused(refusal)) => refusal.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

/// A vendor, a machine that it trusts, a license key and the machine's request for it.
struct Scene {
    vendor: Vendor,
    machine: Machine,
    key: LicenseKey,
    request: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        Self::with(Machine::new())
    }

    fn with(machine: Machine) -> Self {
        let vendor = Vendor::new();
        vendor.trust(&machine.tpm);
        let key = vendor.sell(1);
        let request = request(&machine, &vendor, &key);
        Self {
            vendor,
            machine,
            key,
            request,
        }
    }

    /// The request with another body or other proofs, signed again as root can: with the binding key from the seed.
    fn forged(&self, change: impl FnOnce(&mut ActivationBody, &mut Proofs)) -> Vec<u8> {
        let request = ActivationRequest::open(&self.request).unwrap();
        let (mut body, mut proofs) = (request.body().clone(), request.proofs().clone());
        change(&mut body, &mut proofs);
        let store = binding(&self.machine);
        let seed = self
            .machine
            .hardware()
            .open()
            .unwrap()
            .unseal(&store, SecretKind::Seed)
            .unwrap();
        let key = Seed::new(seed).binding_key(store.store);
        ActivationRequest::sign(
            &body.encode(),
            &proofs,
            &self.key.mac_key(),
            key.signing_key(),
        )
        .unwrap()
    }
}

fn request(machine: &Machine, vendor: &Vendor, key: &LicenseKey) -> Vec<u8> {
    machine
        .app(vendor)
        .request_activation(key, &Auths::default())
        .unwrap()
        .request
}

#[test]
fn p6_a_request_with_one_bit_changed_anywhere_is_refused() {
    let scene = Scene::new();
    for at in (0..scene.request.len()).step_by(7) {
        let mut changed = scene.request.clone();
        changed[at] ^= 1 << (at % 8);
        let answer = scene.vendor.answer(&changed);
        assert!(
            matches!(
                answer,
                Err(AnswerError::Refused(_) | AnswerError::NotAFile(_) | AnswerError::OtherKind(_))
            ),
            "byte {at}: {answer:?}"
        );
    }
    assert!(scene.vendor.answer(&scene.request).is_ok());
}

#[test]
fn p6_a_request_cut_off_or_followed_by_more_is_refused() {
    let scene = Scene::new();
    for len in (0..scene.request.len()).step_by(97) {
        assert!(
            scene.vendor.answer(&scene.request[..len]).is_err(),
            "{len} bytes"
        );
    }
    let longer = [&scene.request[..], &[0]].concat();
    assert!(scene.vendor.answer(&longer).is_err());
    assert!(scene.vendor.answer(&vec![0x9f; 1 << 20]).is_err());
    assert!(scene.vendor.answer(&vec![0x81; 60_000]).is_err());
}

#[test]
fn p6_a_body_that_the_tpm_did_not_attest_is_refused() {
    let scene = Scene::new();
    let other = Scene::new();
    let theirs = ActivationRequest::open(&other.request).unwrap();
    type Change<'a> = Box<dyn Fn(&mut ActivationBody, &mut Proofs) + 'a>;
    let changes: Vec<(&str, Change<'_>)> = vec![
        ("nonce", Box::new(|body, _| body.nonce[0] ^= 1)),
        (
            "store id",
            Box::new(|body, _| body.store = StoreId::new([3; 16])),
        ),
        ("slot", Box::new(|body, _| body.slot = 1)),
        ("epoch", Box::new(|body, _| body.epoch += 1)),
        ("product", Box::new(|body, _| body.product.push('2'))),
        (
            "attestation key",
            Box::new(|body, _| body.ak_public = theirs.body().ak_public.clone()),
        ),
        (
            "storage root",
            Box::new(|body, _| body.srk_public = theirs.body().srk_public.clone()),
        ),
        (
            "feature parent",
            Box::new(|body, _| body.feature_parent_public = body.srk_public.clone()),
        ),
        (
            "seed",
            Box::new(|body, _| body.seed_public = theirs.body().seed_public.clone()),
        ),
        (
            "store key",
            Box::new(|body, _| body.store_key = theirs.body().store_key.clone()),
        ),
        (
            "epoch index",
            Box::new(|body, _| body.epoch_index = theirs.body().epoch_index.clone()),
        ),
        (
            "counters exchanged",
            Box::new(|body, _| std::mem::swap(&mut body.epoch_index, &mut body.activity_index)),
        ),
        (
            "proofs exchanged",
            Box::new(|_, proofs| std::mem::swap(&mut proofs.epoch, &mut proofs.activity)),
        ),
        (
            "another's seed proof",
            Box::new(|_, proofs| proofs.seed = theirs.proofs().seed.clone()),
        ),
        (
            "another's quote",
            Box::new(|_, proofs| proofs.quote = theirs.proofs().quote.clone()),
        ),
        (
            "a certification as quote",
            Box::new(|_, proofs| proofs.quote = proofs.seed.clone()),
        ),
    ];
    for (what, change) in changes {
        let forged = scene.forged(|body, proofs| change(body, proofs));
        refusal_of(&scene.vendor, &forged, what);
    }
    assert!(scene.vendor.answer(&scene.forged(|_, _| {})).is_ok());
}

fn refusal_of(vendor: &Vendor, request: &[u8], what: &str) {
    let answer = vendor.answer(request);
    assert!(
        matches!(answer, Err(AnswerError::Refused(_))),
        "{what}: {answer:?}"
    );
}

#[test]
fn p6_a_request_signed_by_another_key_is_refused() {
    let scene = Scene::new();
    let request = ActivationRequest::open(&scene.request).unwrap();
    let stranger = SigningKey::from_scalar(&[0x42; 32]).unwrap();
    let signed = ActivationRequest::sign(
        &request.body().encode(),
        request.proofs(),
        &scene.key.mac_key(),
        &stranger,
    )
    .unwrap();
    refusal_of(&scene.vendor, &signed, "stranger's signature");

    // Nor does it help to name that key: the TPM attested the body with the other one.
    let mut body = request.body().clone();
    body.binding_key = stranger.public().clone();
    let signed = ActivationRequest::sign(
        &body.encode(),
        request.proofs(),
        &scene.key.mac_key(),
        &stranger,
    )
    .unwrap();
    refusal_of(&scene.vendor, &signed, "stranger's binding key");
}

#[test]
fn p6_without_the_license_keys_secret_there_is_no_license() {
    let scene = Scene::new();
    let body = ActivationRequest::open(&scene.request).unwrap();
    let store = binding(&scene.machine);
    let seed = scene
        .machine
        .hardware()
        .open()
        .unwrap()
        .unseal(&store, SecretKind::Seed)
        .unwrap();
    let key = Seed::new(seed).binding_key(store.store);
    let guessed = ActivationRequest::sign(
        &body.body().encode(),
        body.proofs(),
        &[0; 32],
        key.signing_key(),
    )
    .unwrap();
    let Err(AnswerError::Refused(refused)) = scene.vendor.answer(&guessed) else {
        panic!("answered")
    };
    // What the machine hears is the same for a license that does not exist.
    let nobody = Vendor::new().sell(1);
    let scene2 = request(&scene.machine, &scene.vendor, &nobody);
    let Err(AnswerError::Refused(unknown)) = scene.vendor.answer(&scene2) else {
        panic!("answered")
    };
    assert_ne!(refused, unknown);
    assert_eq!(refused.to_device(), unknown.to_device());
}

#[test]
fn p6_a_fake_tpm_of_an_unknown_maker_is_refused() {
    let (vendor, fake) = (
        Vendor::new(),
        Machine::with(TpmSpec::default().authority(AuthoritySpec::named("another maker"))),
    );
    vendor.trust(&Machine::new().tpm);
    let request = request(&fake, &vendor, &vendor.sell(1));
    let refused = refusal(vendor.answer(&request));
    assert!(refused.contains("not trusted"), "{refused}");
}

#[test]
fn p6_an_endorsement_key_without_certificate_needs_an_admin_who_vouches() {
    let (vendor, machine) = (
        Vendor::new(),
        Machine::with(TpmSpec::default().without_certificate()),
    );
    vendor.trust(&Machine::new().tpm);
    let key = vendor.sell(1);
    let app = machine.app(&vendor);
    let requested = app.request_activation(&key, &Auths::default()).unwrap();
    let refused = refusal(vendor.answer(&requested.request));
    let body = ActivationRequest::open(&requested.request).unwrap();
    let ek = EndorsementKey::from_public(&body.body().ek_public)
        .unwrap()
        .hash();
    assert!(refused.contains("certificate"), "{refused}");
    wait(vendor.service().allow_ek(ek, "our own laboratory", now())).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    assert_eq!(answer.class, counterfoil::token::DeviceClass::Registered);
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p6_the_certificate_of_another_tpm_is_refused() {
    let scene = Scene::new();
    let other = Scene::new();
    let theirs = ActivationRequest::open(&other.request).unwrap();
    let forged =
        scene.forged(|body, _| body.ek_certificates = theirs.body().ek_certificates.clone());
    refusal_of(&scene.vendor, &forged, "another's certificate");
}

/// A software "TPM" that shows a genuine chip's endorsement key: its attestation key is not in that chip.
#[test]
fn p6_the_endorsement_key_of_another_tpm_gets_an_answer_that_nobody_can_open() {
    let (vendor, genuine, fake) = (Vendor::new(), Machine::new(), Machine::new());
    vendor.trust(&genuine.tpm);
    let endorsement = genuine
        .hardware()
        .open()
        .unwrap()
        .endorsement(&Default::default())
        .unwrap();
    let key = vendor.sell(1);
    let borrowed = endorsement.into_iter().next().unwrap();
    let app = fake.app_with(&vendor, |config| {
        config.hardware = Box::new(crate::relay::Relay::new(fake.hardware()).showing(borrowed));
    });
    let requested = app.request_activation(&key, &Auths::default()).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    for app in [&app, &fake.app(&vendor), &genuine.app(&vendor)] {
        assert!(
            app.apply_response(&answer.response, &Auths::default())
                .is_err()
        );
        assert_ne!(reason(&app.validate()), "ok");
    }
    // The chip itself does not open it either: the answer names the other one's attestation key.
    let sealed = counterfoil::protocol::SealedResponse::parse(&answer.response).unwrap();
    let own = genuine.app(&vendor);
    own.request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    for template in counterfoil::device::EndorsementTemplate::ALL {
        let opened = genuine.hardware().open().unwrap().activate_credential(
            &binding(&genuine),
            template,
            sealed.credential(),
            &Default::default(),
        );
        assert!(opened.is_err());
    }
}

#[test]
fn p12_the_same_request_again_yields_the_same_seat_and_tokens() {
    let scene = Scene::new();
    let first = scene.vendor.answer(&scene.request).unwrap();
    let again = scene.vendor.answer(&scene.request).unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!(first.status_index, again.status_index);
    let app = scene.machine.app(&scene.vendor);
    app.apply_response(&again.response, &Auths::default())
        .unwrap();
    assert!(
        app.apply_response(&first.response, &Auths::default())
            .is_err()
    );
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn another_machine_gets_no_seat_that_is_taken() {
    let scene = Scene::new();
    scene.vendor.answer(&scene.request).unwrap();
    let other = Machine::new();
    let refused = refusal(
        scene
            .vendor
            .answer(&request(&other, &scene.vendor, &scene.key)),
    );
    assert!(refused.contains("seats"), "{refused}");
}

#[test]
fn every_kind_of_endorsement_key_is_licensed() {
    for kind in EkKind::ALL {
        let scene = Scene::with(Machine::with(TpmSpec::default().eks([kind])));
        let app = scene.machine.app(&scene.vendor);
        let answer = scene.vendor.answer(&scene.request).unwrap();
        app.apply_response(&answer.response, &Auths::default())
            .unwrap();
        assert_eq!(reason(&app.validate()), "ok", "{kind:?}");
    }
}

#[test]
fn p14_a_request_names_neither_host_nor_user_nor_folder() {
    let scene = Scene::new();
    let answer = scene.vendor.answer(&scene.request).unwrap();
    let app = scene.machine.app(&scene.vendor);
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    let evidence = app.evidence([9; 32]).unwrap();

    let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .unwrap()
        .trim()
        .to_owned();
    let machine_id = std::fs::read_to_string("/etc/machine-id")
        .unwrap_or_default()
        .trim()
        .to_owned();
    let folder = scene.machine.dir().display().to_string();
    let mut names = vec![host, machine_id, folder];
    names.extend(
        ["USER", "LOGNAME", "HOME"]
            .iter()
            .filter_map(|name| std::env::var(name).ok()),
    );
    for name in names.iter().filter(|name| name.len() >= 3) {
        for (what, bytes) in [("request", &scene.request), ("evidence", &evidence)] {
            let found = bytes
                .windows(name.len())
                .any(|window| window == name.as_bytes());
            assert!(!found, "the {what} holds {name}");
        }
    }
}

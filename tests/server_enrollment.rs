//! Whatever a machine makes up in its request is refused, by the check that is there for it, and changes nothing.
#![cfg(all(feature = "server", feature = "device"))]

mod server_support;

use counterfoil::evidence::{PolicyDigest, epoch_policy, public};
use counterfoil::protocol::{ActivationBody, NonceSource, Proofs};
use counterfoil::server::answer::AnswerError;
use counterfoil::server::refusal::Refusal;
use counterfoil::token::{LicenseKey, Name, PublicKey, SigningKey, VendorId};
use server_support::{Machine, Vendor};

struct Scene {
    vendor: Vendor,
    machine: Machine,
    key: LicenseKey,
}

impl Scene {
    fn new() -> Self {
        let vendor = Vendor::new();
        let machine = Machine::new(vendor.service.vendor());
        let key = vendor.license(1);
        Self {
            vendor,
            machine,
            key,
        }
    }

    fn body(&self) -> ActivationBody {
        self.machine.body(self.key.id())
    }

    /// The refusal of a body that the adversary changed and had his TPM and all his keys sign.
    fn refusal_of(&self, change: impl FnOnce(&mut ActivationBody)) -> Refusal {
        let mut body = self.body();
        change(&mut body);
        self.refused(&self.machine.request_for(&body, &self.key))
    }

    /// The refusal of an honest body with proofs that the adversary changed.
    fn refusal_with(&self, change: impl FnOnce(&mut Proofs)) -> Refusal {
        let body = self.body();
        let mut proofs = self.machine.proofs(&body);
        change(&mut proofs);
        self.refused(&self.machine.sign(&body, &proofs, &self.key))
    }

    fn refused(&self, request: &[u8]) -> Refusal {
        let refusal = self.vendor.refusal(request);
        assert_eq!(self.vendor.seats_taken(&self.key), 0, "{refusal}");
        refusal
    }
}

#[test]
fn p7_no_byte_of_a_request_can_be_changed() {
    let scene = Scene::new();
    let request = scene.machine.request(&scene.key);
    for position in (0..request.len()).step_by(11).chain([request.len() - 1]) {
        let mut changed = request.clone();
        changed[position] ^= 1;
        let result = scene.vendor.answer(&changed);
        let refused = matches!(
            result,
            Err(AnswerError::Refused(_) | AnswerError::NotAFile(_) | AnswerError::OtherKind(_))
        );
        assert!(refused, "byte {position}: {result:?}");
    }
    assert_eq!(scene.vendor.seats_taken(&scene.key), 0);
    scene
        .vendor
        .answer(&request)
        .expect("the request itself is good");
}

#[test]
fn a_request_that_is_cut_or_continued_is_refused() {
    let scene = Scene::new();
    let request = scene.machine.request(&scene.key);
    let longer = [&request[..], &[0]].concat();
    for bytes in [&request[..request.len() - 1], &request[..40], &[], &longer] {
        assert!(matches!(
            scene.vendor.answer(bytes),
            Err(AnswerError::NotAFile(_) | AnswerError::Refused(_))
        ));
    }
}

#[test]
fn a_request_for_another_vendor_is_refused() {
    let scene = Scene::new();
    let refusal = scene.refusal_of(|body| body.vendor = VendorId::new([7; 16]));
    assert!(
        matches!(refusal, Refusal::OtherVendor { .. }),
        "{refusal:?}"
    );
}

#[test]
fn a_nonce_that_the_service_never_drew_is_refused() {
    let scene = Scene::new();
    let refusal = scene.refusal_of(|body| body.nonce_source = NonceSource::Vendor);
    assert_eq!(refusal, Refusal::UnknownNonce);
}

#[test]
fn p6_the_certificate_of_another_tpm_is_refused() {
    let scene = Scene::new();
    let other = Machine::new(scene.vendor.service.vendor());
    let refusal =
        scene.refusal_of(|body| body.ek_certificates = other.endorsement.certificates.clone());
    assert!(matches!(refusal, Refusal::Enroll(_)), "{refusal:?}");
}

#[test]
fn p6_with_the_whole_endorsement_of_another_tpm_nobody_can_open_the_response() {
    let scene = Scene::new();
    let other = Machine::new(scene.vendor.service.vendor());
    let mut body = scene.body();
    body.ek_public = other.endorsement.public.clone();
    body.ek_certificates = other.endorsement.certificates.clone();
    let request = scene.machine.request_for(&body, &scene.key);
    let answer = scene
        .vendor
        .answer(&request)
        .expect("public keys and certificates are no secret");
    assert!(scene.machine.open(&answer.response).is_none());
    assert!(other.open(&answer.response).is_none());
}

#[test]
fn p6_the_attestation_key_of_another_tpm_is_refused() {
    let scene = Scene::new();
    let other = Machine::new(scene.vendor.service.vendor());
    let refusal =
        scene.refusal_of(|body| body.ak_public = other.binding.attestation_key.public.clone());
    assert!(
        matches!(
            refusal,
            Refusal::Certification {
                object: "storage root key",
                ..
            }
        ),
        "{refusal:?}"
    );
}

#[test]
fn p6_a_seed_without_the_epoch_policy_is_refused() {
    let scene = Scene::new();
    let refusal = scene.refusal_of(|body| body.seed_public = sealed(&PolicyDigest::EMPTY));
    assert!(
        matches!(
            refusal,
            Refusal::Object {
                object: "sealed seed",
                ..
            }
        ),
        "{refusal:?}"
    );
}

#[test]
fn p6_a_seed_that_the_tpm_did_not_certify_is_refused() {
    let scene = Scene::new();
    let refusal = scene.refusal_of(|body| {
        let index = public::counter_name(
            counterfoil::evidence::handles::Handles::new(body.vendor, body.slot).epoch_index,
            &key_name(&body.store_key),
        );
        body.seed_public = sealed(&epoch_policy(&index, body.epoch));
    });
    assert!(
        matches!(
            refusal,
            Refusal::Certification {
                object: "sealed seed",
                ..
            }
        ),
        "{refusal:?}"
    );
}

#[test]
fn p8_another_epoch_than_the_seeds_is_refused() {
    let scene = Scene::new();
    let refusal = scene.refusal_of(|body| body.epoch += 1);
    assert!(
        matches!(
            refusal,
            Refusal::Object {
                object: "sealed seed",
                ..
            }
        ),
        "{refusal:?}"
    );
}

#[test]
fn counters_at_other_handles_or_under_another_key_are_refused() {
    let scene = Scene::new();
    let other_slot = scene.refusal_of(|body| body.slot = 1);
    let other_key = scene.refusal_of(|body| {
        body.store_key = SigningKey::from_scalar(&[5; 32])
            .expect("a scalar")
            .public()
            .clone();
    });
    let epoch_twice = scene.refusal_of(|body| body.activity_index = body.epoch_index.clone());
    assert_eq!(other_slot, Refusal::CounterArea { counter: "epoch" });
    assert_eq!(other_key, Refusal::CounterArea { counter: "epoch" });
    assert_eq!(
        epoch_twice,
        Refusal::CounterArea {
            counter: "activity"
        }
    );
}

#[test]
fn p6_a_storage_root_key_that_could_leave_the_chip_is_refused() {
    let scene = Scene::new();
    // fixedTPM is bit 1 of the attributes, the last byte of the four behind type and nameAlg.
    let refusal = scene.refusal_of(|body| body.srk_public[7] ^= 0b10);
    assert!(matches!(refusal, Refusal::StorageRoot(_)), "{refusal:?}");
}

#[test]
fn p9_a_feature_parent_whose_children_could_be_rewrapped_is_refused() {
    let scene = Scene::new();
    let user_with_auth = scene.refusal_of(|body| body.feature_parent_public[7] ^= 0b100_0000);
    let other_policy = scene.refusal_of(|body| body.feature_parent_public[12] ^= 1);
    let not_certified = scene.refusal_of(|body| {
        let last = body.feature_parent_public.len() - 1;
        body.feature_parent_public[last] ^= 1;
    });
    assert!(
        matches!(
            user_with_auth,
            Refusal::Object {
                object: "feature parent",
                ..
            }
        ),
        "{user_with_auth:?}"
    );
    assert!(
        matches!(
            other_policy,
            Refusal::Object {
                object: "feature parent",
                ..
            }
        ),
        "{other_policy:?}"
    );
    assert!(
        matches!(
            not_certified,
            Refusal::Certification {
                object: "feature parent",
                ..
            }
        ),
        "{not_certified:?}"
    );
}

#[test]
fn p7_proofs_about_another_request_are_refused() {
    let scene = Scene::new();
    let stale = scene.machine.proofs(&scene.body());
    let srk = scene.refusal_with(|proofs| proofs.srk = stale.srk.clone());
    let parent = scene.refusal_with(|proofs| proofs.feature_parent = stale.feature_parent.clone());
    let seed = scene.refusal_with(|proofs| proofs.seed = stale.seed.clone());
    let quote = scene.refusal_with(|proofs| proofs.quote = stale.quote.clone());
    let epoch = scene.refusal_with(|proofs| proofs.epoch = stale.epoch.clone());
    let activity = scene.refusal_with(|proofs| proofs.activity = stale.activity.clone());
    assert!(
        matches!(
            srk,
            Refusal::Certification {
                object: "storage root key",
                ..
            }
        ),
        "{srk:?}"
    );
    assert!(
        matches!(
            parent,
            Refusal::Certification {
                object: "feature parent",
                ..
            }
        ),
        "{parent:?}"
    );
    assert!(
        matches!(
            seed,
            Refusal::Certification {
                object: "sealed seed",
                ..
            }
        ),
        "{seed:?}"
    );
    assert!(matches!(quote, Refusal::Quote(_)), "{quote:?}");
    assert!(
        matches!(
            epoch,
            Refusal::Counter {
                counter: "epoch",
                ..
            }
        ),
        "{epoch:?}"
    );
    assert!(
        matches!(
            activity,
            Refusal::Counter {
                counter: "activity",
                ..
            }
        ),
        "{activity:?}"
    );
}

#[test]
fn p7_one_counter_does_not_stand_for_the_other() {
    let scene = Scene::new();
    let refusal = scene.refusal_with(|proofs| proofs.epoch = proofs.activity.clone());
    assert!(
        matches!(
            refusal,
            Refusal::Counter {
                counter: "epoch",
                ..
            }
        ),
        "{refusal:?}"
    );
}

#[test]
fn p7_counters_attested_before_the_quote_or_before_a_reboot_are_refused() {
    let scene = Scene::new();
    let body = scene.body();
    let early = scene.machine.proofs(&body);
    let late = scene.machine.proofs(&body);
    let turned = Proofs {
        quote: late.quote,
        ..early.clone()
    };
    let refusal = scene.refused(&scene.machine.sign(&body, &turned, &scene.key));
    assert!(
        matches!(refusal, Refusal::OtherMoment { .. }),
        "{refusal:?}"
    );

    scene.machine.tpm.reboot().expect("it reboots");
    let rebooted = scene.machine.proofs(&body);
    let mixed = Proofs {
        epoch: rebooted.epoch,
        activity: rebooted.activity,
        ..early
    };
    let refusal = scene.refused(&scene.machine.sign(&body, &mixed, &scene.key));
    assert!(
        matches!(refusal, Refusal::OtherMoment { .. }),
        "{refusal:?}"
    );
}

/// A sealed object's public area as the TPM fills it in, with some secret in it.
fn sealed(policy: &PolicyDigest) -> Vec<u8> {
    let mut area = public::sealed_template(policy);
    area.truncate(area.len() - 2);
    area.extend([0, 32]);
    area.extend([0x11; 32]);
    area
}

fn key_name(key: &PublicKey) -> Name {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key.sec1()).expect("a point");
    public::Public::parse(&public::verification_key_public(&key))
        .expect("an area")
        .name()
        .expect("a Name")
}

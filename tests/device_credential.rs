//! Endorsement keys are found with their certificates, and open what was made for them and this store's attestation key.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use counterfoil::device::{
    ActivateError, AuthValue, DeviceError, Endorsement, EndorsementTemplate, Hardware as _, Secret,
    StoreBinding,
};
use counterfoil::evidence::public::{ek_p384_template, ek_rsa2048_template};
use counterfoil::evidence::{
    Credential, EkTrust, EndorsementKey, Hierarchy, enroll, make_credential,
};
use counterfoil::token::{DeviceClass, UtcTime};
use device_support::{context, define_readable, evict, handles, hardware, provisioned, set_auth};
use tpm_sim::{EkKind, Tpm, TpmSpec};
use tss_esapi::handles::AuthHandle;
use tss_esapi::interface_types::reserved_handles::Hierarchy as TssHierarchy;
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::Public;
use tss_esapi::traits::{Marshall as _, UnMarshall as _};

const SECRET: [u8; 32] = [0x42; 32];

#[test]
fn p6_each_endorsement_key_enrolls_and_opens_its_credential() {
    let (tpm, binding) = provisioned();
    let keys = endorsement(&tpm);
    assert_eq!(
        keys.iter().map(|key| key.template).collect::<Vec<_>>(),
        EndorsementTemplate::ALL
    );
    let mut trust = EkTrust::default();
    trust
        .roots
        .add(tpm.ek_root_pem().unwrap().as_bytes(), DeviceClass::Test)
        .unwrap();
    for key in keys {
        let ak = &binding.attestation_key.public;
        let enrolled = enroll(&key.public, &key.certificates, ak, &trust, today()).unwrap();
        let credential = enrolled
            .credential(&SECRET, &mut getrandom::SysRng)
            .unwrap();
        let opened = activate(&tpm, &binding, &key, &credential);
        assert_eq!(opened, Ok(Secret::new(SECRET)), "{:?}", key.template);
    }
}

#[test]
fn p6_a_credential_for_another_tpm_does_not_open() {
    let (tpm, binding) = provisioned();
    let other = device_support::tpm();
    for (key, others) in endorsement(&tpm).iter().zip(endorsement(&other)) {
        let credential = credential(&others, &binding, &SECRET);
        let result = activate(&tpm, &binding, key, &credential);
        assert_eq!(
            result,
            Err(ActivateError::NotForThisTpm),
            "{:?}",
            key.template
        );
    }
}

#[test]
fn p6_a_credential_for_another_attestation_key_does_not_open() {
    let (tpm, binding) = provisioned();
    let (_other, others) = provisioned();
    for key in endorsement(&tpm) {
        let credential = credential(&key, &others, &SECRET);
        let result = activate(&tpm, &binding, &key, &credential);
        assert_eq!(
            result,
            Err(ActivateError::NotForThisTpm),
            "{:?}",
            key.template
        );
    }
}

#[test]
fn a_changed_credential_does_not_open() {
    let (tpm, binding) = provisioned();
    for key in endorsement(&tpm) {
        let right = credential(&key, &binding, &SECRET);
        for changed in [
            Credential {
                id_object: flip(&right.id_object),
                ..right.clone()
            },
            Credential {
                encrypted_secret: flip(&right.encrypted_secret),
                ..right.clone()
            },
            Credential {
                id_object: right.id_object[..20].to_vec(),
                ..right.clone()
            },
            Credential {
                encrypted_secret: vec![1; 5000],
                ..right.clone()
            },
        ] {
            let result = activate(&tpm, &binding, &key, &changed);
            assert_eq!(
                result,
                Err(ActivateError::NotForThisTpm),
                "{:?}",
                key.template
            );
        }
    }
}

#[test]
fn a_secret_of_another_size_is_refused() {
    let (tpm, binding) = provisioned();
    let key = &endorsement(&tpm)[0];
    let credential = credential(key, &binding, &SECRET[..16]);
    let result = activate(&tpm, &binding, key, &credential);
    assert_eq!(result, Err(ActivateError::WrongSize(16)));
}

#[test]
fn an_endorsement_key_without_handle_is_created_from_its_template() {
    let (tpm, binding) = provisioned();
    let persistent = endorsement(&tpm);
    for handle in handles(&tpm, 0x8101_0000)
        .into_iter()
        .filter(|&handle| handle < 0x8102_0000)
    {
        evict(&tpm, handle);
    }
    let created = endorsement(&tpm);
    assert_eq!(created, persistent);
    for key in created {
        let credential = credential(&key, &binding, &SECRET);
        assert_eq!(
            activate(&tpm, &binding, &key, &credential),
            Ok(Secret::new(SECRET))
        );
    }
}

#[test]
fn a_tpm_without_certificates_shows_its_keys_all_the_same() {
    let tpm = Tpm::start(TpmSpec::default().without_certificate()).unwrap();
    let keys = endorsement(&tpm);
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| key.certificates.is_empty()));
}

#[test]
fn a_certified_key_comes_first() {
    let tpm = Tpm::start(TpmSpec::default().eks([EkKind::Rsa2048])).unwrap();
    persist_uncertified_p384(&tpm);
    let keys = endorsement(&tpm);
    let templates: Vec<_> = keys.iter().map(|key| key.template).collect();
    assert_eq!(
        templates,
        [EndorsementTemplate::L1, EndorsementTemplate::H3]
    );
    assert!(!keys[0].certificates.is_empty() && keys[1].certificates.is_empty());
}

#[test]
fn a_bare_tpm_makes_a_key_for_the_look() {
    let tpm = Tpm::start(TpmSpec::default().eks([])).unwrap();
    let keys = endorsement(&tpm);
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].template, EndorsementTemplate::L2);
}

#[test]
fn a_certificate_of_another_key_is_not_shown() {
    let tpm = Tpm::start(TpmSpec::default().eks([EkKind::P256])).unwrap();
    let other = Tpm::start(TpmSpec::default().eks([EkKind::Rsa2048])).unwrap();
    let foreign = endorsement(&other)[0].certificates[0].clone();
    define_readable(&tpm, 0x01c0_0002, &foreign);
    let keys = endorsement(&tpm);
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].template, EndorsementTemplate::L2);
}

#[test]
fn a_nonce_takes_part_in_the_template() {
    let tpm = Tpm::start(TpmSpec::default().eks([])).unwrap();
    let nonce = [0xa5; 20];
    let mut template = ek_rsa2048_template();
    let start = template.len() - 256;
    template[start..start + nonce.len()].copy_from_slice(&nonce);
    let public = primary(&tpm, &template);
    // The device looks for the key in the certificate and leaves the rest to the vendor.
    let certificate = [b"certificate of ", &public[public.len() - 256..]].concat();
    define_readable(&tpm, 0x01c0_0002, &certificate);
    define_readable(&tpm, 0x01c0_0003, &nonce);
    let keys = endorsement(&tpm);
    assert_eq!(keys[0].public, public);
    assert_eq!(keys[0].certificates, [certificate]);
}

#[test]
fn an_endorsement_password_is_asked_for_and_used() {
    let (tpm, binding) = provisioned();
    let keys = endorsement(&tpm);
    set_auth(&tpm, AuthHandle::Endorsement, b"endorser's");
    let auth = AuthValue::new(b"endorser's".into());
    for key in keys {
        let credential = credential(&key, &binding, &SECRET);
        let without = activate(&tpm, &binding, &key, &credential);
        if key.template == EndorsementTemplate::H3 {
            assert_eq!(without, Ok(Secret::new(SECRET)));
        } else {
            let needed = DeviceError::AuthNeeded(Hierarchy::Endorsement);
            assert_eq!(without, Err(needed.into()));
        }
        let hardware = hardware(&tpm);
        let mut open = hardware.open().unwrap();
        let with = open.activate_credential(&binding, key.template, &credential, &auth);
        assert_eq!(with, Ok(Secret::new(SECRET)));
    }
}

fn today() -> UtcTime {
    UtcTime::from_unix(1_800_000_000).unwrap()
}

fn endorsement(tpm: &Tpm) -> Vec<Endorsement> {
    hardware(tpm)
        .open()
        .unwrap()
        .endorsement(&AuthValue::empty())
        .unwrap()
}

fn activate(
    tpm: &Tpm,
    binding: &StoreBinding,
    key: &Endorsement,
    credential: &Credential,
) -> Result<Secret, ActivateError> {
    let hardware = hardware(tpm);
    let mut open = hardware.open().unwrap();
    open.activate_credential(binding, key.template, credential, &AuthValue::empty())
}

fn credential(key: &Endorsement, binding: &StoreBinding, secret: &[u8]) -> Credential {
    let ek = EndorsementKey::from_public(&key.public).unwrap();
    make_credential(
        &ek,
        &binding.attestation_key.name,
        secret,
        &mut getrandom::SysRng,
    )
    .unwrap()
}

fn flip(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

fn primary(tpm: &Tpm, template: &[u8]) -> Vec<u8> {
    let mut context = context(tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    let template = Public::unmarshall(template).unwrap();
    let hierarchy = TssHierarchy::Endorsement;
    let created = context
        .create_primary(hierarchy, template, None, None, None, None)
        .unwrap();
    created.out_public.marshall().unwrap()
}

fn persist_uncertified_p384(tpm: &Tpm) {
    let handle = 0x8101_0016;
    device_support::persist(tpm, TssHierarchy::Endorsement, &ek_p384_template(), handle);
}

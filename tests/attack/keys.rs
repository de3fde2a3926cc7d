//! P6: keys that are not what they should be: a storage key whose private half is known, a second one, an attestation key of
//! another hierarchy. Refused where they are found, and by the vendor where a patched program sends them nonetheless.

use counterfoil::device::{Auths, Key, SecretKind, StoreBinding};
use counterfoil::evidence::handles::SHARED_SRK;
use counterfoil::evidence::public::{ak_template, srk_template};
use counterfoil::evidence::{Name, Public};
use counterfoil::server::answer::AnswerError;
use p256::ecdsa::SigningKey;
use tss_esapi::handles::{ObjectHandle, PersistentTpmHandle, TpmHandle};
use tss_esapi::interface_types::data_handles::Persistent;
use tss_esapi::interface_types::reserved_handles::{Hierarchy, Provision};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{
    EncryptedSecret, Private, Public as TssPublic, SymmetricDefinitionObject,
};
use tss_esapi::traits::{Marshall as _, UnMarshall as _};

use crate::device_support::{context, persist};
use crate::forgery::{binding, rewrite_binding, seal_under, with_own_policy};
use crate::stage::{Machine, Vendor, licensed, reason};

/// A handle where nobody else keeps a key.
const FREE: u32 = 0x8100_7777;

fn trusted() -> (Vendor, Machine) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    (vendor, machine)
}

fn name(public: &[u8]) -> Name {
    Public::parse(public).unwrap().name().unwrap()
}

fn key_at(machine: &Machine, handle: u32) -> Key {
    let mut context = context(&machine.tpm);
    let object = context
        .tr_from_tpm_public(TpmHandle::try_from(handle).unwrap())
        .unwrap();
    let (public, _, _) = context.read_public(object.into()).unwrap();
    let public = public.marshall().unwrap();
    Key {
        handle: Some(handle),
        name: name(&public),
        public,
    }
}

/// The public area of a storage key as the template makes it, but for what an imported one cannot have, with this point.
fn imported_public(private: &SigningKey) -> Vec<u8> {
    const ATTRIBUTES: std::ops::Range<usize> = 4..8;
    const NO_POINT: usize = 4;
    // userWithAuth, noDA, restricted, decrypt: neither fixedTPM nor fixedParent nor sensitiveDataOrigin.
    const KNOWN: u32 = 0x0003_0440;
    let mut public = srk_template();
    public[ATTRIBUTES].copy_from_slice(&KNOWN.to_be_bytes());
    public.truncate(public.len() - NO_POINT);
    let point = private.verifying_key().to_sec1_point(false);
    for coordinate in point.as_bytes()[1..].chunks(32) {
        public.extend(32_u16.to_be_bytes());
        public.extend(coordinate);
    }
    public
}

/// A TPM2B_SENSITIVE, unprotected, as TPM2_Import takes it from whoever knows the key.
fn imported_private(private: &SigningKey) -> Vec<u8> {
    const ECC: u16 = 0x0023;
    let mut sensitive = ECC.to_be_bytes().to_vec();
    sensitive.extend([0, 0]);
    sensitive.extend(32_u16.to_be_bytes());
    sensitive.extend([0x5a; 32]);
    sensitive.extend(32_u16.to_be_bytes());
    sensitive.extend(private.to_bytes());
    let size = u16::try_from(sensitive.len()).unwrap();
    [&size.to_be_bytes()[..], &sensitive].concat()
}

/// Imports a storage key whose private half root knows, and makes it persistent.
fn persist_known(machine: &Machine, handle: u32) {
    let private = SigningKey::from_slice(&[0x33; 32]).unwrap();
    let public = TssPublic::unmarshall(&imported_public(&private)).unwrap();
    let mut context = context(&machine.tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    let parent = context
        .create_primary(
            Hierarchy::Owner,
            TssPublic::unmarshall(&srk_template()).unwrap(),
            None,
            None,
            None,
            None,
        )
        .unwrap()
        .key_handle;
    let wrapped = context
        .import(
            parent.into(),
            None,
            public.clone(),
            Private::try_from(imported_private(&private)).unwrap(),
            EncryptedSecret::try_from(Vec::new()).unwrap(),
            SymmetricDefinitionObject::Null,
        )
        .unwrap();
    let loaded = context.load(parent, wrapped, public).unwrap();
    context
        .evict_control(
            Provision::Owner,
            ObjectHandle::from(loaded),
            Persistent::from(PersistentTpmHandle::new(handle).unwrap()),
        )
        .unwrap();
    context.flush_context(loaded.into()).unwrap();
    context.flush_context(parent.into()).unwrap();
}

/// Gives the store another storage key, with its secrets sealed under it, as a patched program can.
fn move_under(machine: &Machine, handle: u32, template: &[u8]) {
    let seal = |which| seal_under(machine, which, template, handle);
    let (seed, store_key) = (seal(SecretKind::Seed), seal(SecretKind::StoreKey));
    let key = key_at(machine, handle);
    rewrite_binding(machine, |binding: &mut StoreBinding| {
        binding.storage_root_key = key;
        binding.seed = seed;
        binding.store_key = store_key;
    });
}

/// What the vendor says to a request that the store as it is makes.
fn refusal(vendor: &Vendor, machine: &Machine) -> String {
    let request = machine
        .app(vendor)
        .request_activation(&vendor.sell(1), &Auths::default())
        .unwrap();
    match vendor.answer(&request.request) {
        Err(AnswerError::Refused(refusal)) => refusal.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn p6_a_storage_key_with_a_known_private_half_at_the_shared_handle_is_not_used() {
    let (vendor, machine) = trusted();
    persist_known(&machine, SHARED_SRK);
    let app = machine.activate(&vendor, &vendor.sell(1));
    assert_eq!(reason(&app.validate()), "ok");
    assert_ne!(
        binding(&machine).storage_root_key.handle,
        Some(SHARED_SRK),
        "the store made one of its own"
    );
}

#[test]
fn p6_a_storage_key_with_a_known_private_half_is_refused_by_the_vendor_and_by_the_device() {
    let (vendor, machine, app) = licensed();
    persist_known(&machine, FREE);
    // What is below a key that can leave can leave too: the TPM demands that the template says so.
    let mut template = with_own_policy(&machine);
    const FIXED_TPM: u8 = 1 << 1;
    template[7] &= !FIXED_TPM;
    move_under(&machine, FREE, &template);
    let report = app.validate();
    assert_eq!(reason(&report), "storage_key_other", "{:?}", report.failure);
    let refused = refusal(&vendor, &machine);
    assert!(refused.contains("storage key lacks"), "{refused}");
}

#[test]
fn p6_a_storage_key_of_another_hierarchy_is_refused_by_the_vendor() {
    let (vendor, machine, _app) = licensed();
    // Right in every other respect; TPM2_Clear would not end it.
    persist(&machine.tpm, Hierarchy::Endorsement, &srk_template(), FREE);
    move_under(&machine, FREE, &with_own_policy(&machine));
    let refused = refusal(&vendor, &machine);
    assert!(
        refused.contains("storage root key is not a primary object of the owner hierarchy"),
        "{refused}"
    );
}

#[test]
fn p6_a_seed_sealed_under_another_storage_key_of_the_same_chip_is_refused() {
    let (_vendor, machine, app) = licensed();
    // Genuine in every respect, and not the one that the license names.
    let mut another = srk_template();
    another.truncate(another.len() - 4);
    another.extend(32_u16.to_be_bytes());
    another.extend([7; 32]);
    another.extend([0, 0]);
    persist(&machine.tpm, Hierarchy::Owner, &another, FREE);
    move_under(&machine, FREE, &with_own_policy(&machine));
    assert_eq!(reason(&app.validate()), "storage_key_other");
}

/// An attestation key of the owner hierarchy would show masked counts, and go with a clear.
#[test]
fn p6_p7_an_attestation_key_of_another_hierarchy_is_refused_by_the_device_and_by_the_vendor() {
    let (vendor, machine, app) = licensed();
    let template = ak_template(binding(&machine).vendor);
    persist(&machine.tpm, Hierarchy::Owner, &template, FREE);
    let key = key_at(&machine, FREE);
    rewrite_binding(&machine, |binding| binding.attestation_key = key);
    let report = app.validate();
    assert!(
        matches!(reason(&report), "device_other" | "evidence_invalid"),
        "{}",
        reason(&report)
    );
    let refused = refusal(&vendor, &machine);
    assert!(refused.contains("attestation key"), "{refused}");
}

//! What the tests of `device` share: a store, a simulated TPM of one's own, and how a verifier looks at results.
#![allow(dead_code, reason = "each test program uses its part")]

use counterfoil::device::{
    Auths, Hardware, Outcome, Place, Plan, Provisioned, StoreBinding, TssHardware,
};
use counterfoil::evidence::{AttestationKey, Name, NvPublic as ParsedIndex};
use counterfoil::token::{StoreId, VendorId};
use tpm_sim::{Tpm, TpmSpec};
use tss_esapi::attributes::NvIndexAttributes;
use tss_esapi::constants::CapabilityType;
use tss_esapi::handles::{AuthHandle, NvIndexTpmHandle, PersistentTpmHandle, TpmHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::data_handles::Persistent;
use tss_esapi::interface_types::reserved_handles::{Hierarchy, NvAuth, Provision};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{Auth, CapabilityData, MaxNvBuffer, NvPublic, Public};
use tss_esapi::traits::{Marshall as _, UnMarshall as _};

/// Data to certify: what a caller would hash from a nonce and a message.
pub(crate) const QUALIFYING: [u8; 32] = [0x5a; 32];

pub(crate) fn vendor() -> VendorId {
    VendorId::new([7; 16])
}

pub(crate) fn store() -> StoreId {
    StoreId::new([9; 16])
}

pub(crate) fn place() -> Place {
    Place {
        vendor: vendor(),
        slot: 0,
    }
}

/// A TPM with all kinds of endorsement keys, certified.
pub(crate) fn tpm() -> Tpm {
    Tpm::start(TpmSpec::default()).expect("swtpm is installed")
}

pub(crate) fn hardware(tpm: &Tpm) -> TssHardware {
    TssHardware::new(tpm.tcti())
}

pub(crate) fn plan<'a>() -> Plan<'a> {
    Plan {
        place: place(),
        store: store(),
        auths: Auths::default(),
        existing: None,
        counter_form: None,
        replace: false,
        keep_first: false,
    }
}

pub(crate) fn provision(tpm: &Tpm) -> Provisioned {
    hardware(tpm)
        .open()
        .expect("it opens")
        .provision(&plan())
        .expect("it provisions")
}

/// A store on a fresh TPM.
pub(crate) fn provisioned() -> (Tpm, StoreBinding) {
    let tpm = tpm();
    let provisioned = provision(&tpm);
    assert_eq!(provisioned.outcome, Outcome::Created);
    (tpm, provisioned.binding)
}

pub(crate) fn attestation_key(binding: &StoreBinding) -> AttestationKey {
    AttestationKey::from_public(&binding.attestation_key.public).expect("an attestation key")
}

pub(crate) fn index_name(public: &[u8]) -> Name {
    ParsedIndex::parse(public)
        .expect("an index")
        .name()
        .expect("named with SHA-256")
}

/// The handles in use from `first` on, of its kind.
pub(crate) fn handles(tpm: &Tpm, first: u32) -> Vec<u32> {
    let mut context = context(tpm);
    let data = context.get_capability(CapabilityType::Handles, first, 254);
    match data.expect("the TPM lists handles").0 {
        CapabilityData::Handles(list) => list.into_inner().into_iter().map(u32::from).collect(),
        other => panic!("handles, not {other:?}"),
    }
}

/// libtss2 without anything of the project's, for an attacker's or a bystander's part.
pub(crate) fn context(tpm: &Tpm) -> tss_esapi::Context {
    let tcti = tpm.tcti().parse().expect("a TCTI name");
    tss_esapi::Context::new(tcti).expect("the TPM opens")
}

/// Creates a primary key and gives it a persistent handle.
pub(crate) fn persist(tpm: &Tpm, hierarchy: Hierarchy, template: &[u8], handle: u32) {
    persist_in(tpm, hierarchy, template, handle, None);
}

/// The same for an owner primary with an auth value.
pub(crate) fn persist_with_auth(tpm: &Tpm, template: &[u8], handle: u32, auth: &[u8]) {
    let auth = Auth::try_from(auth.to_vec()).expect("an auth value");
    persist_in(tpm, Hierarchy::Owner, template, handle, Some(auth));
}

fn persist_in(tpm: &Tpm, hierarchy: Hierarchy, template: &[u8], handle: u32, auth: Option<Auth>) {
    let mut context = context(tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    let template = Public::unmarshall(template).expect("a template");
    let key = context
        .create_primary(hierarchy, template, auth, None, None, None)
        .expect("it is created")
        .key_handle;
    let handle = PersistentTpmHandle::new(handle).expect("a persistent handle");
    context
        .evict_control(Provision::Owner, key.into(), Persistent::from(handle))
        .expect("there is room");
}

/// Takes a persistent handle from its key.
pub(crate) fn evict(tpm: &Tpm, handle: u32) {
    let mut context = context(tpm);
    let key = context.tr_from_tpm_public(TpmHandle::try_from(handle).expect("a handle"));
    context.set_sessions((Some(AuthSession::Password), None, None));
    let handle = PersistentTpmHandle::new(handle).expect("a persistent handle");
    context
        .evict_control(
            Provision::Owner,
            key.expect("it is there"),
            Persistent::from(handle),
        )
        .expect("the owner may");
}

/// The public area of the key at a persistent handle.
pub(crate) fn public_at(tpm: &Tpm, handle: u32) -> Vec<u8> {
    let mut context = context(tpm);
    let key = context.tr_from_tpm_public(TpmHandle::try_from(handle).expect("a handle"));
    let (public, _, _) = context
        .read_public(key.expect("it is there").into())
        .expect("it is shown");
    public.marshall().expect("a public area")
}

/// Removes an NV index, as the owner can.
pub(crate) fn undefine(tpm: &Tpm, handle: u32) {
    let mut context = context(tpm);
    let index = context.tr_from_tpm_public(TpmHandle::try_from(handle).expect("a handle"));
    context.set_sessions((Some(AuthSession::Password), None, None));
    context
        .nv_undefine_space(Provision::Owner, index.expect("it is there").into())
        .expect("the owner may");
}

/// Defines an ordinary NV index of eight bytes, as another program would.
pub(crate) fn define_ordinary(tpm: &Tpm, handle: u32) {
    let mut context = context(tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    let attributes = NvIndexAttributes::builder()
        .with_owner_write(true)
        .with_owner_read(true)
        .build()
        .expect("attributes");
    let public = NvPublic::builder()
        .with_nv_index(NvIndexTpmHandle::new(handle).expect("an index"))
        .with_index_name_algorithm(HashingAlgorithm::Sha256)
        .with_index_attributes(attributes)
        .with_data_area_size(8)
        .build()
        .expect("a public area");
    context
        .nv_define_space(Provision::Owner, None, public)
        .expect("there is room");
}

/// Sets a hierarchy's auth value.
pub(crate) fn set_auth(tpm: &Tpm, hierarchy: AuthHandle, auth: &[u8]) {
    let mut context = context(tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    let auth = Auth::try_from(auth.to_vec()).expect("an auth value");
    context
        .hierarchy_change_auth(hierarchy, auth)
        .expect("it had none");
}

/// Defines an NV index that everyone can read, and writes `contents`.
pub(crate) fn define_readable(tpm: &Tpm, handle: u32, contents: &[u8]) {
    let mut context = context(tpm);
    context.set_sessions((Some(AuthSession::Password), None, None));
    let attributes = NvIndexAttributes::builder()
        .with_owner_write(true)
        .with_auth_read(true)
        .with_no_da(true)
        .build()
        .expect("attributes");
    let public = NvPublic::builder()
        .with_nv_index(NvIndexTpmHandle::new(handle).expect("an index"))
        .with_index_name_algorithm(HashingAlgorithm::Sha256)
        .with_index_attributes(attributes)
        .with_data_area_size(contents.len())
        .build()
        .expect("a public area");
    let index = context
        .nv_define_space(Provision::Owner, None, public)
        .expect("there is room");
    for (part, offset) in contents.chunks(512).zip((0..).step_by(512)) {
        let part = MaxNvBuffer::try_from(part.to_vec()).expect("a part");
        context
            .nv_write(NvAuth::Owner, index, part, offset)
            .expect("the owner may");
    }
}

//! What the tests of `device` share: a store, a simulated TPM of one's own, and how a verifier looks at results.
#![allow(dead_code, reason = "each test program uses its part")]

use counterfoil::device::{
    Auths, Hardware, Outcome, Place, Plan, Provisioned, StoreBinding, TssHardware,
};
use counterfoil::evidence::{AttestationKey, Name, NvPublic};
use counterfoil::token::{StoreId, VendorId};
use tpm_sim::{Tpm, TpmSpec};

/// Data to certify: what a caller would hash from a nonce and a message.
pub const QUALIFYING: [u8; 32] = [0x5a; 32];

pub fn vendor() -> VendorId {
    VendorId::new([7; 16])
}

pub fn store() -> StoreId {
    StoreId::new([9; 16])
}

pub fn place() -> Place {
    Place { vendor: vendor(), slot: 0 }
}

/// A TPM with an RSA-2048 EK only, which is what most tests need.
pub fn tpm() -> Tpm {
    Tpm::start(TpmSpec::default()).expect("swtpm is installed")
}

pub fn hardware(tpm: &Tpm) -> TssHardware {
    TssHardware::new(tpm.tcti())
}

pub fn plan<'a>() -> Plan<'a> {
    Plan {
        place: place(),
        store: store(),
        auths: Auths::default(),
        existing: None,
        counter_form: None,
    }
}

pub fn provision(tpm: &Tpm) -> Provisioned {
    hardware(tpm).open().expect("it opens").provision(&plan()).expect("it provisions")
}

/// A store on a fresh TPM.
pub fn provisioned() -> (Tpm, StoreBinding) {
    let tpm = tpm();
    let provisioned = provision(&tpm);
    assert_eq!(provisioned.outcome, Outcome::Created);
    (tpm, provisioned.binding)
}

pub fn attestation_key(binding: &StoreBinding) -> AttestationKey {
    AttestationKey::from_public(&binding.attestation_key.public).expect("an attestation key")
}

pub fn index_name(public: &[u8]) -> Name {
    NvPublic::parse(public).expect("an index").name().expect("named with SHA-256")
}

/// Handles of NV indexes and persistent objects, as tpm-independent numbers.
pub fn handles(tpm: &Tpm, first: u32) -> Vec<u32> {
    use tss_esapi::constants::CapabilityType;
    use tss_esapi::structures::CapabilityData;
    let mut context = context(tpm);
    let data = context.get_capability(CapabilityType::Handles, first, 254);
    match data.expect("the TPM lists handles").0 {
        CapabilityData::Handles(list) => list.into_inner().into_iter().map(u32::from).collect(),
        other => panic!("handles, not {other:?}"),
    }
}

/// libtss2 without anything of the project's, for an attacker's or a bystander's part.
pub fn context(tpm: &Tpm) -> tss_esapi::Context {
    let tcti = tpm.tcti().parse().expect("a TCTI name");
    tss_esapi::Context::new(tcti).expect("the TPM opens")
}

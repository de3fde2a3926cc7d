//! The public areas that this project creates objects with, as the bytes of a TPMT_PUBLIC.

use super::ObjectAttributes;
use crate::evidence::algorithm::{
    ALG_AES, ALG_CFB, ALG_ECC, ALG_ECDSA, ALG_KEYEDHASH, ALG_NULL, ALG_RSA, Curve, HashAlgorithm,
    sha256,
};
use crate::evidence::policy::{PolicyDigest, feature_parent_policy};
use crate::evidence::wire::Put;
use crate::token::VendorId;
use p256::ecdsa::VerifyingKey;

/// Objects that stay in one TPM, under one parent, and whose secret the TPM made.
const BORN_HERE: ObjectAttributes = ObjectAttributes::FIXED_TPM
    .and(ObjectAttributes::FIXED_PARENT)
    .and(ObjectAttributes::SENSITIVE_DATA_ORIGIN);

/// Keys that protect other objects.
const STORAGE: ObjectAttributes = BORN_HERE
    .and(ObjectAttributes::RESTRICTED)
    .and(ObjectAttributes::DECRYPT);

const ENDORSEMENT: ObjectAttributes = STORAGE.and(ObjectAttributes::ADMIN_WITH_POLICY);

/// PolicyA of the EK credential profile with SHA-384 does not exist; template H-3 takes PolicyB:
/// PolicySecret of the endorsement hierarchy or what the index 0x01c07f02 authorizes.
const POLICY_B_SHA384: [u8; 48] = [
    0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc, 0xf5, 0xfd, 0x3a, 0x1a,
    0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4, 0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4, 0x19, 0xca,
    0xcb, 0x47, 0xba, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12,
];

/// The attestation key's template: an endorsement primary on P-256 that signs nothing but what the
/// TPM itself writes.
///
/// Its auth value is empty and outside the lockout. `unique` makes each vendor's key on one chip
/// another one.
pub fn ak_template(vendor: VendorId) -> Vec<u8> {
    let attributes = BORN_HERE
        .and(ObjectAttributes::USER_WITH_AUTH)
        .and(ObjectAttributes::RESTRICTED)
        .and(ObjectAttributes::SIGN)
        .and(ObjectAttributes::NO_DA);
    let mut public = head(ALG_ECC, HashAlgorithm::Sha256, attributes, &[]);
    public.put_u16(ALG_NULL);
    put_ecdsa_sha256(&mut public);
    put_curve(&mut public, Curve::P256);
    public.put_sized(&sha256(&[b"counterfoil/v1/ak", vendor.as_bytes()]));
    public.put_sized(&[]);
    public
}

/// EK template L-1 of the TCG EK Credential Profile: RSA-2048.
pub fn ek_rsa2048_template() -> Vec<u8> {
    let policy = PolicyDigest::EMPTY.secret(&ENDORSEMENT_HANDLE, &[]);
    let mut public = head(
        ALG_RSA,
        HashAlgorithm::Sha256,
        ENDORSEMENT,
        policy.as_bytes(),
    );
    put_aes_cfb(&mut public, 128);
    public.put_u16(ALG_NULL);
    public.put_u16(2048);
    public.put_u32(0);
    public.put_sized(&[0; 256]);
    public
}

/// EK template L-2: P-256.
pub fn ek_p256_template() -> Vec<u8> {
    let policy = PolicyDigest::EMPTY.secret(&ENDORSEMENT_HANDLE, &[]);
    let mut public = head(
        ALG_ECC,
        HashAlgorithm::Sha256,
        ENDORSEMENT,
        policy.as_bytes(),
    );
    put_ecc_storage(&mut public, Curve::P256, 128);
    public.put_sized(&[0; 32]);
    public.put_sized(&[0; 32]);
    public
}

/// EK template H-3: P-384 with SHA-384 and AES-256.
pub fn ek_p384_template() -> Vec<u8> {
    let attributes = ENDORSEMENT.and(ObjectAttributes::USER_WITH_AUTH);
    let mut public = head(ALG_ECC, HashAlgorithm::Sha384, attributes, &POLICY_B_SHA384);
    put_ecc_storage(&mut public, Curve::P384, 256);
    public.put_sized(&[]);
    public.put_sized(&[]);
    public
}

/// A storage root key of the project's own, an owner primary on P-256 with empty auth value, for
/// machines whose persistent one breaks
/// [`check_storage_root`](crate::evidence::check_storage_root).
pub fn srk_template() -> Vec<u8> {
    let attributes = STORAGE
        .and(ObjectAttributes::USER_WITH_AUTH)
        .and(ObjectAttributes::NO_DA);
    let mut public = head(ALG_ECC, HashAlgorithm::Sha256, attributes, &[]);
    put_ecc_storage(&mut public, Curve::P256, 128);
    public.put_sized(&[]);
    public.put_sized(&[]);
    public
}

/// The feature parent's template: an owner primary that imports and loads, and does nothing else
/// for anyone.
///
/// With userWithAuth set its (empty) auth value would let TPM2_Rewrap hand a vendor's blob to a
/// software key.
pub fn feature_parent_template() -> Vec<u8> {
    let attributes = STORAGE.and(ObjectAttributes::NO_DA);
    let policy = feature_parent_policy();
    let mut public = head(
        ALG_ECC,
        HashAlgorithm::Sha256,
        attributes,
        policy.as_bytes(),
    );
    put_ecc_storage(&mut public, Curve::P256, 128);
    public.put_sized(&[]);
    public.put_sized(&[]);
    public
}

/// The template of an object that seals data under `policy` and opens by nothing else.
pub fn sealed_template(policy: &PolicyDigest) -> Vec<u8> {
    let attributes = ObjectAttributes::FIXED_TPM
        .and(ObjectAttributes::FIXED_PARENT)
        .and(ObjectAttributes::NO_DA);
    let mut public = head(
        ALG_KEYEDHASH,
        HashAlgorithm::Sha256,
        attributes,
        policy.as_bytes(),
    );
    public.put_u16(ALG_NULL);
    public.put_sized(&[]);
    public
}

/// The public area under which a software key on P-256 is loaded for PolicySigned and
/// PolicyAuthorize; its Name stands in those policies.
pub fn verification_key_public(key: &VerifyingKey) -> Vec<u8> {
    let mut public = head(ALG_ECC, HashAlgorithm::Sha256, ObjectAttributes::SIGN, &[]);
    public.put_u16(ALG_NULL);
    put_ecdsa_sha256(&mut public);
    put_curve(&mut public, Curve::P256);
    let point = key.to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    public.put_sized(x);
    public.put_sized(y);
    public
}

const ENDORSEMENT_HANDLE: [u8; 4] = crate::evidence::name::Hierarchy::Endorsement
    .handle()
    .to_be_bytes();

fn head(kind: u16, name: HashAlgorithm, attributes: ObjectAttributes, policy: &[u8]) -> Vec<u8> {
    let mut public = Vec::with_capacity(320);
    public.put_u16(kind);
    public.put_u16(name.id());
    public.put_u32(attributes.bits());
    public.put_sized(policy);
    public
}

fn put_aes_cfb(public: &mut Vec<u8>, bits: u16) {
    public.put_u16(ALG_AES);
    public.put_u16(bits);
    public.put_u16(ALG_CFB);
}

fn put_ecdsa_sha256(public: &mut Vec<u8>) {
    public.put_u16(ALG_ECDSA);
    public.put_u16(HashAlgorithm::Sha256.id());
}

/// The curve, and no key derivation scheme.
fn put_curve(public: &mut Vec<u8>, curve: Curve) {
    public.put_u16(curve.id());
    public.put_u16(ALG_NULL);
}

/// The parameters of a restricted decryption key on `curve`.
fn put_ecc_storage(public: &mut Vec<u8>, curve: Curve, aes_bits: u16) {
    put_aes_cfb(public, aes_bits);
    public.put_u16(ALG_NULL);
    put_curve(public, curve);
}

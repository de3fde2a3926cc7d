//! PolicySigned under a software key, as the store itself satisfies it and as root can.

use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest as _, Sha256};
use tss_esapi::Context;
use tss_esapi::attributes::SessionAttributes;
use tss_esapi::constants::SessionType;
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::reserved_handles::Hierarchy;
use tss_esapi::interface_types::session_handles::PolicySession;
use tss_esapi::structures::{
    Digest, EccParameter, EccSignature, Nonce, Public, Signature as TssSignature,
    SymmetricDefinition,
};
use tss_esapi::traits::UnMarshall as _;

use counterfoil::evidence::public::verification_key_public;

/// A session in which `key` has signed the TPM's nonce.
pub fn satisfy(context: &mut Context, key: &SigningKey) -> PolicySession {
    context.clear_sessions();
    let session = context
        .start_auth_session(
            None,
            None,
            None,
            SessionType::Policy,
            SymmetricDefinition::AES_128_CFB,
            HashingAlgorithm::Sha256,
        )
        .unwrap()
        .unwrap();
    let (attributes, mask) = SessionAttributes::builder()
        .with_continue_session(true)
        .build();
    context
        .tr_sess_set_attributes(session, attributes, mask)
        .unwrap();
    let nonce = context.tr_sess_get_nonce_tpm(session).unwrap();
    let session = PolicySession::try_from(session).unwrap();
    let public = Public::unmarshall(&verification_key_public(key.verifying_key())).unwrap();
    let loaded = context
        .load_external(None, public, Hierarchy::Null)
        .unwrap();
    context
        .policy_signed(
            session,
            loaded.into(),
            nonce.clone(),
            Digest::default(),
            Nonce::default(),
            None,
            sign(key, &nonce),
        )
        .unwrap();
    context.flush_context(loaded.into()).unwrap();
    session
}

fn sign(key: &SigningKey, nonce: &Nonce) -> TssSignature {
    let signed = Sha256::new()
        .chain_update(nonce.as_bytes())
        .chain_update([0; 4])
        .finalize();
    let signature: Signature = key.sign_prehash(&signed).unwrap();
    let (r, s) = signature.split_bytes();
    let parameter = |bytes: &[u8]| EccParameter::try_from(bytes.to_vec()).unwrap();
    let signature = EccSignature::create(HashingAlgorithm::Sha256, parameter(&r), parameter(&s));
    TssSignature::EcDsa(signature.unwrap())
}

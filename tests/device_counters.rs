//! Counters move with the store key's fresh signature and by nothing else.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use counterfoil::device::{
    Counter, DeviceError, Hardware as _, IncrementError, Object, Place, Plan, SecretKind,
    StoreBinding, UnsealError,
};
use counterfoil::evidence::public::verification_key_public;
use counterfoil::token::StoreId;
use device_support::{context, hardware, place, plan, provisioned};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest as _, Sha256};
use tpm_sim::Tpm;
use tss_esapi::Context;
use tss_esapi::constants::SessionType;
use tss_esapi::handles::{KeyHandle, NvIndexHandle, TpmHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::reserved_handles::{Hierarchy, NvAuth};
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{
    Digest, EccParameter, EccSignature, Nonce, Public, Signature as TssSignature,
    SymmetricDefinition,
};
use tss_esapi::traits::UnMarshall as _;

const AUTH_UNAVAILABLE: u32 = 0x12f;
const NV_AUTHORIZATION: u32 = 0x149;
const SIGNATURE_OF_PARAMETER_5: u32 = 0x5db;

#[test]
fn the_index_password_moves_no_counter() {
    let (tpm, binding) = provisioned();
    let code = with_index(&tpm, &binding, |context, index| {
        context.execute_with_session(Some(AuthSession::Password), |context| {
            context.nv_increment(NvAuth::NvIndex(index), index)
        })
    });
    assert_eq!(code, Err(AUTH_UNAVAILABLE));
}

#[test]
fn the_owner_moves_no_counter() {
    let (tpm, binding) = provisioned();
    let code = with_index(&tpm, &binding, |context, index| {
        context.execute_with_session(Some(AuthSession::Password), |context| {
            context.nv_increment(NvAuth::Owner, index)
        })
    });
    assert_eq!(code, Err(NV_AUTHORIZATION));
}

#[test]
fn a_signature_is_good_for_one_session_only() {
    let (tpm, binding) = provisioned();
    let store_key = store_key(&tpm, &binding);
    let code = with_index(&tpm, &binding, |context, index| {
        let key = load(context, &store_key);
        let first = policy_session(context);
        let nonce = context.tr_sess_get_nonce_tpm(first.into())?;
        let signature = sign(&store_key, &nonce);
        policy_signed(context, first, key, nonce.clone(), signature.clone())?;
        context.execute_with_session(Some(first.into()), |context| {
            context.nv_increment(NvAuth::NvIndex(index), index)
        })?;
        let second = policy_session(context);
        let own_nonce = context.tr_sess_get_nonce_tpm(second.into())?;
        policy_signed(context, second, key, own_nonce, signature)
    });
    assert_eq!(code, Err(SIGNATURE_OF_PARAMETER_5));
}

#[test]
fn a_store_key_moves_no_other_stores_counter() {
    let (tpm, binding) = provisioned();
    let other = Plan {
        place: Place { slot: 1, ..place() },
        store: StoreId::new([1; 16]),
        ..plan()
    };
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let other = open.provision(&other).unwrap().binding;
    let mixed = StoreBinding {
        activity_index: other.activity_index,
        ..binding
    };
    let value = open.read_counter(&mixed, Counter::Activity).unwrap();
    let result = open.increment(&mixed, Counter::Activity, value);
    assert_eq!(result, Err(IncrementError::NotAuthorized));
    assert_eq!(open.read_counter(&mixed, Counter::Activity), Ok(value));
}

#[test]
fn an_unexpected_value_is_not_moved() {
    let (tpm, binding) = provisioned();
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let found = open.read_counter(&binding, Counter::Activity).unwrap();
    for expected in [found - 1, found + 1] {
        let result = open.increment(&binding, Counter::Activity, expected);
        assert_eq!(result, Err(IncrementError::Moved { expected, found }));
    }
    assert_eq!(open.read_counter(&binding, Counter::Activity), Ok(found));
}

#[test]
fn p8_no_counter_moves_for_a_closed_epoch() {
    let (tpm, binding) = provisioned();
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let activity = open.read_counter(&binding, Counter::Activity).unwrap();
    let (sealed, found) = (binding.epoch, binding.epoch + 1);
    open.increment(&binding, Counter::Epoch, sealed).unwrap();
    let result = open.increment(&binding, Counter::Activity, activity);
    let closed = UnsealError::EpochMoved { sealed, found };
    assert_eq!(result, Err(IncrementError::StoreKey(closed)));
}

#[test]
fn a_counter_that_is_gone_is_named() {
    let (tpm, binding) = provisioned();
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    open.deprovision(&place(), &Default::default()).unwrap();
    assert_eq!(
        open.read_counter(&binding, Counter::Activity),
        Err(DeviceError::Missing(Object::ActivityIndex))
    );
}

/// Runs `run` on the activity counter as another program would, and returns the TPM's code.
fn with_index<T>(
    tpm: &Tpm,
    binding: &StoreBinding,
    run: impl FnOnce(&mut Context, NvIndexHandle) -> tss_esapi::Result<T>,
) -> Result<(), u32> {
    let mut context = context(tpm);
    let handle = u32::from_be_bytes(binding.activity_index[..4].try_into().unwrap());
    let index = context
        .tr_from_tpm_public(TpmHandle::try_from(handle).unwrap())
        .unwrap();
    match run(&mut context, NvIndexHandle::from(index)) {
        Ok(_) => Ok(()),
        Err(tss_esapi::Error::TssError(code)) => Err(code.into()),
        Err(error) => panic!("{error}"),
    }
}

fn store_key(tpm: &Tpm, binding: &StoreBinding) -> SigningKey {
    let secret = hardware(tpm)
        .open()
        .unwrap()
        .unseal(binding, SecretKind::StoreKey)
        .unwrap();
    SigningKey::from_slice(secret.as_bytes()).unwrap()
}

fn load(context: &mut Context, key: &SigningKey) -> KeyHandle {
    let public = Public::unmarshall(&verification_key_public(key.verifying_key())).unwrap();
    context
        .load_external(None, public, Hierarchy::Null)
        .unwrap()
}

fn policy_session(context: &mut Context) -> PolicySession {
    let session = context.start_auth_session(
        None,
        None,
        None,
        SessionType::Policy,
        SymmetricDefinition::AES_128_CFB,
        HashingAlgorithm::Sha256,
    );
    let session = session.unwrap().unwrap();
    let (attributes, mask) = tss_esapi::attributes::SessionAttributes::builder()
        .with_continue_session(true)
        .build();
    context
        .tr_sess_set_attributes(session, attributes, mask)
        .unwrap();
    PolicySession::try_from(session).unwrap()
}

fn sign(key: &SigningKey, nonce: &Nonce) -> TssSignature {
    let hash = Sha256::new()
        .chain_update(nonce.as_bytes())
        .chain_update([0; 4])
        .finalize();
    let signature: Signature = key.sign_prehash(&hash).unwrap();
    let (r, s) = signature.split_bytes();
    let parameter = |bytes: &[u8]| EccParameter::try_from(bytes.to_vec()).unwrap();
    let signature = EccSignature::create(HashingAlgorithm::Sha256, parameter(&r), parameter(&s));
    TssSignature::EcDsa(signature.unwrap())
}

fn policy_signed(
    context: &mut Context,
    session: PolicySession,
    key: KeyHandle,
    nonce: Nonce,
    signature: TssSignature,
) -> tss_esapi::Result<()> {
    let (cp_hash, reference) = (Digest::default(), Nonce::default());
    context
        .policy_signed(
            session,
            key.into(),
            nonce,
            cp_hash,
            reference,
            None,
            signature,
        )
        .map(drop)
}

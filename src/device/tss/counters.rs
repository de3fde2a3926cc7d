//! The two counters: reading, and moving on with the store key's signature over the TPM's nonce.

use super::check::{cause, index_public};
use super::code::Refusal;
use super::connection::Connection;
use super::object::tss_public;
use super::seal::unseal;
use super::session::EMPTY_AUTH;
use crate::device::{Counter, DeviceError, IncrementError, SecretKind, StoreBinding, UnsealError};
use crate::evidence::public::verification_key_public;
use crate::evidence::{NvPublic, Public, counter_policy};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest as _, Sha256};
use tss_esapi::handles::{KeyHandle, NvIndexHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::reserved_handles::{Hierarchy, NvAuth};
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{Digest, EccParameter, EccSignature, Nonce, Signature as TssSignature};

/// See [`Tpm::read_counter`](crate::device::Tpm::read_counter). One command.
pub(super) fn read(
    connection: &mut Connection,
    binding: &StoreBinding,
    counter: Counter,
) -> Result<u64, DeviceError> {
    let index = connection.hold_index(&index_public(binding, counter)?)?;
    read_index(connection, index, None)
        .map_err(|refusal| cause(connection, binding, &[], &[counter], refusal))
}

/// Reads a counter with its empty auth value, within an audit session if one is given.
pub(super) fn read_index(
    connection: &mut Connection,
    index: NvIndexHandle,
    audit: Option<AuthSession>,
) -> Result<u64, Refusal> {
    const COMMAND: &str = "TPM2_NV_Read";
    let sessions: Vec<AuthSession> = [EMPTY_AUTH].into_iter().chain(audit).collect();
    let value = connection.call(COMMAND, &sessions, |context| {
        context.nv_read(NvAuth::NvIndex(index), index, 8, 0)
    })?;
    let value = <[u8; 8]>::try_from(value.as_bytes());
    value
        .map(u64::from_be_bytes)
        .map_err(|_| Refusal::malformed(COMMAND))
}

/// See [`Tpm::increment`](crate::device::Tpm::increment).
pub(super) fn increment(
    connection: &mut Connection,
    binding: &StoreBinding,
    counter: Counter,
    expected: u64,
) -> Result<(), IncrementError> {
    let found = read(connection, binding, counter)?;
    if found != expected {
        return Err(IncrementError::Moved { expected, found });
    }
    let secret =
        unseal(connection, binding, SecretKind::StoreKey).map_err(|error| match error {
            UnsealError::Device(error) => IncrementError::Device(error),
            error => IncrementError::StoreKey(error),
        })?;
    let store_key = SigningKey::from_slice(secret.as_bytes())
        .map_err(|_| DeviceError::Malformed("TPM2_Unseal"))?;
    let index = index_public(binding, counter)?;
    if !moves(&store_key, &index) {
        return Err(IncrementError::NotAuthorized);
    }
    let index = connection.hold_index(&index)?;
    step(connection, index, &store_key)
        .map_err(|refusal| cause(connection, binding, &[], &[counter], refusal).into())
}

/// Whether the counter's policy names this store key.
fn moves(store_key: &SigningKey, index: &NvPublic) -> bool {
    let public = verification_key_public(store_key.verifying_key());
    let name = Public::parse(&public).ok().and_then(|public| public.name());
    name.is_some_and(|name| index.auth_policy() == counter_policy(&name).as_bytes().as_slice())
}

/// Increments a counter once: StartAuthSession, LoadExternal, PolicySigned, NV_Increment, two FlushContext.
pub(super) fn step(
    connection: &mut Connection,
    index: NvIndexHandle,
    store_key: &SigningKey,
) -> Result<(), Refusal> {
    let public = verification_key_public(store_key.verifying_key());
    let public = tss_public("TPM2_LoadExternal", &public)?;
    connection.with_policy(|connection, session| {
        let verifier = connection.call("TPM2_LoadExternal", &[], |context| {
            context.load_external(None, public.clone(), Hierarchy::Null)
        })?;
        connection.flushing(verifier.into(), |connection| {
            sign_policy(connection, session, verifier, store_key)
        })?;
        connection.call("TPM2_NV_Increment", &[session.into()], |context| {
            context.nv_increment(NvAuth::NvIndex(index), index)
        })
    })
}

/// PolicySigned over the session's nonce alone: the signature is good for this session and no other
/// (TPM 2.0 Part 3, 23.3).
fn sign_policy(
    connection: &mut Connection,
    session: PolicySession,
    verifier: KeyHandle,
    store_key: &SigningKey,
) -> Result<(), Refusal> {
    const COMMAND: &str = "TPM2_PolicySigned";
    const EXPIRATION: [u8; 4] = [0; 4];
    let nonce = connection.local("Esys_TRSess_GetNonceTPM", |context| {
        context.tr_sess_get_nonce_tpm(session.into())
    })?;
    let hash = Sha256::new()
        .chain_update(nonce.as_bytes())
        .chain_update(EXPIRATION)
        .finalize();
    let signature: Signature = store_key
        .sign_prehash(&hash)
        .map_err(|_| Refusal::malformed(COMMAND))?;
    let (r, s) = signature.split_bytes();
    connection.call(COMMAND, &[], |context| {
        let signature = TssSignature::EcDsa(EccSignature::create(
            HashingAlgorithm::Sha256,
            EccParameter::try_from(r.to_vec())?,
            EccParameter::try_from(s.to_vec())?,
        )?);
        let (cp_hash, policy_ref) = (Digest::default(), Nonce::default());
        context
            .policy_signed(
                session,
                verifier.into(),
                nonce.clone(),
                cp_hash,
                policy_ref,
                None,
                signature,
            )
            .map(drop)
    })
}

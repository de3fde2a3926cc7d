//! Sealing the store's secrets to an epoch, and opening them.

use super::check::{cause, index_public};
use super::code::{Failure, LOAD, POLICY, Refusal};
use super::connection::Connection;
use super::counters;
use super::object::{Role, tss_public};
use super::session::EMPTY_AUTH;
use crate::device::{
    Counter, DeviceError, SealedBlob, Secret, SecretKind, StoreBinding, UnsealError,
};
use crate::evidence::public::sealed_template;
use crate::evidence::{PolicyDigest, Public, epoch_policy};
use tss_esapi::handles::KeyHandle;
use tss_esapi::interface_types::ArithmeticComparison;
use tss_esapi::interface_types::reserved_handles::NvAuth;
use tss_esapi::structures::{Digest, Private, SensitiveData};
use tss_esapi::traits::Marshall as _;

const POLICY_NV: &str = "TPM2_PolicyNV";

/// Seals a secret under the storage root key, to be opened by this policy and nothing else.
pub(super) fn seal(
    connection: &mut Connection,
    parent: KeyHandle,
    secret: &Secret,
    policy: &PolicyDigest,
) -> Result<SealedBlob, DeviceError> {
    const COMMAND: &str = "TPM2_Create";
    let template = tss_public(COMMAND, &sealed_template(policy))?;
    let created = connection.with_encryption(parent, |connection, encryption| {
        connection.call(COMMAND, &[EMPTY_AUTH, encryption], |context| {
            let data = SensitiveData::try_from(secret.as_bytes().to_vec())?;
            context.create(parent, template.clone(), None, Some(data), None, None)
        })
    })?;
    let public = created
        .out_public
        .marshall()
        .map_err(|_| Refusal::malformed(COMMAND))?;
    let name = Public::parse(&public)
        .ok()
        .and_then(|public| public.name())
        .ok_or(DeviceError::Malformed(COMMAND))?;
    Ok(SealedBlob {
        public,
        private: created.out_private.as_bytes().to_vec(),
        name,
    })
}

/// Loads a sealed object for `run`, and flushes it after.
///
/// The object's Name is the one of the binding, which callers compare with a license's: a binding that pairs the Name of
/// one object with the contents of another is refused.
pub(super) fn with_sealed<T, E: From<Refusal> + From<DeviceError>>(
    connection: &mut Connection,
    parent: KeyHandle,
    blob: &SealedBlob,
    run: impl FnOnce(&mut Connection, KeyHandle) -> Result<T, E>,
) -> Result<T, E> {
    let name = Public::parse(&blob.public)
        .map_err(|_| DeviceError::BadBinding)?
        .name();
    if name != Some(blob.name) {
        return Err(DeviceError::BadBinding.into());
    }
    let public = tss_public(LOAD, &blob.public)?;
    let private = Private::try_from(blob.private.clone()).map_err(|_| DeviceError::BadBinding)?;
    let object = connection.call(LOAD, &[EMPTY_AUTH], |context| {
        context.load(parent, private.clone(), public.clone())
    })?;
    connection.flushing(object.into(), |connection| run(connection, object))
}

/// Opens one of the store's secrets; see [`Tpm::unseal`](crate::device::Tpm::unseal).
///
/// Six commands with persistent keys: StartAuthSession, PolicyNV, Load, Unseal and two FlushContext.
pub(super) fn unseal(
    connection: &mut Connection,
    binding: &StoreBinding,
    which: SecretKind,
) -> Result<Secret, UnsealError> {
    let blob = match which {
        SecretKind::Seed => &binding.seed,
        SecretKind::StoreKey => &binding.store_key,
    };
    if !is_sealed_for_epoch(binding, blob)? {
        return Err(UnsealError::ForeignBlob);
    }
    let result: Result<SensitiveData, Failure> =
        connection.with_key(binding, Role::StorageRootKey, |connection, parent| {
            connection.with_encrypting_policy(parent, |connection, session| {
                let index = connection.hold_index(&index_public(binding, Counter::Epoch)?)?;
                connection.call(POLICY_NV, &[EMPTY_AUTH], |context| {
                    let epoch = Digest::try_from(binding.epoch.to_be_bytes().to_vec())?;
                    let equal = ArithmeticComparison::Eq;
                    context.policy_nv(session, NvAuth::NvIndex(index), index, epoch, 0, equal)
                })?;
                with_sealed(connection, parent, blob, |connection, object| {
                    let data = connection.call("TPM2_Unseal", &[session.into()], |context| {
                        context.unseal(object.into())
                    })?;
                    Ok(data)
                })
            })
        });
    let data = result.map_err(|failure| match failure {
        Failure::Device(error) => error.into(),
        Failure::Refusal(refusal) => why_closed(connection, binding, refusal),
    })?;
    Secret::from_slice(data.as_bytes()).ok_or(UnsealError::ForeignBlob)
}

/// Whether a sealed object is one that this store made for its epoch, as far as that can be told without the TPM: it opens by
/// the policy that this program satisfies, and by nothing else.
fn is_sealed_for_epoch(binding: &StoreBinding, blob: &SealedBlob) -> Result<bool, DeviceError> {
    let index = index_public(binding, Counter::Epoch)?;
    let index = index.name().ok_or(DeviceError::BadBinding)?;
    let policy = epoch_policy(&index, binding.epoch);
    let opens_so = Public::parse(&blob.public)
        .is_ok_and(|public| public.auth_policy() == policy.as_bytes().as_slice());
    Ok(opens_so && Private::try_from(blob.private.clone()).is_ok())
}

/// Only what proves it is told as an object that was replaced, or an epoch that moved on.
fn why_closed(
    connection: &mut Connection,
    binding: &StoreBinding,
    refusal: Refusal,
) -> UnsealError {
    let keys = [Role::StorageRootKey];
    let error = cause(connection, binding, &keys, &[Counter::Epoch], refusal);
    match error {
        DeviceError::Refused { .. } if refusal.command == POLICY_NV && refusal.is(POLICY) => {
            match counters::read(connection, binding, Counter::Epoch) {
                Ok(found) if found != binding.epoch => UnsealError::EpochMoved {
                    sealed: binding.epoch,
                    found,
                },
                Ok(_) => error.into(),
                Err(error) => error.into(),
            }
        }
        DeviceError::Refused { .. } if refusal.shows_foreign_object() => UnsealError::ForeignBlob,
        error => error.into(),
    }
}

//! Finding out, after a command failed, whether the store's objects are still in this TPM.
//!
//! Only then: while all goes well no command is spent on looking.

use super::code::{Refusal, is_name_mismatch};
use super::connection::Connection;
use super::object::Role;
use super::place::is_unwritten;
use crate::device::{Counter, DeviceError, Object, StoreBinding};
use crate::evidence::NvPublic;

/// The cause of a refusal: what is wrong with the TPM as a whole, else the first of `keys` and `counters` that is not
/// there or not the store's, else the refusal itself.
pub(super) fn cause(
    connection: &mut Connection,
    binding: &StoreBinding,
    keys: &[Role],
    counters: &[Counter],
    refusal: Refusal,
) -> DeviceError {
    if refusal.is_general() {
        return refusal.into();
    }
    check(connection, binding, keys, counters)
        .err()
        .unwrap_or(refusal.into())
}

/// That the store's persistent keys and its counters are where the binding says.
pub(super) fn check(
    connection: &mut Connection,
    binding: &StoreBinding,
    keys: &[Role],
    counters: &[Counter],
) -> Result<(), DeviceError> {
    for role in keys {
        let key = role.key(binding);
        if let Some(handle) = key.handle {
            compare(connection, handle, &key.public, role.object())?;
        }
    }
    for &counter in counters {
        let public = index_public(binding, counter)?;
        compare(
            connection,
            public.handle(),
            public.as_bytes(),
            object(counter),
        )?;
    }
    Ok(())
}

/// Whether the store's attestation key is at its persistent handle.
pub(super) fn holds_attestation_key(
    connection: &mut Connection,
    binding: &StoreBinding,
) -> Result<bool, DeviceError> {
    if binding.attestation_key.handle.is_none() {
        return Ok(false);
    }
    match check(connection, binding, &[Role::AttestationKey], &[]) {
        Ok(()) => Ok(true),
        Err(DeviceError::Missing(_) | DeviceError::Foreign(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn compare(
    connection: &mut Connection,
    handle: u32,
    public: &[u8],
    object: Object,
) -> Result<(), DeviceError> {
    match connection.look(handle) {
        Ok(None) => Err(DeviceError::Missing(object)),
        Ok(Some(found)) if is_unwritten(&found.public, public) => Err(DeviceError::Unfinished),
        Ok(Some(found)) if found.public != public => Err(DeviceError::Foreign(object)),
        Ok(Some(_)) => Ok(()),
        // Under a handle that it holds already libtss2 compares Names itself.
        Err(error) if is_name_mismatch(&error) => Err(DeviceError::Foreign(object)),
        Err(error) => Err(error),
    }
}

/// A counter's public area.
pub(super) fn index_public(
    binding: &StoreBinding,
    counter: Counter,
) -> Result<NvPublic, DeviceError> {
    let bytes = match counter {
        Counter::Epoch => &binding.epoch_index,
        Counter::Activity => &binding.activity_index,
    };
    NvPublic::parse(bytes).map_err(|_| DeviceError::BadBinding)
}

pub(super) fn object(counter: Counter) -> Object {
    match counter {
        Counter::Epoch => Object::EpochIndex,
        Counter::Activity => Object::ActivityIndex,
    }
}

//! Putting back keys of a store that other software took from their places.
//!
//! A primary key is a function of its hierarchy's seed and its template: created again it is the same, and everything
//! below it opens. Nothing else at its handle is touched; where the handle is taken, or may not be written, the key is
//! created anew at each use.

use super::code::Failure;
use super::connection::Connection;
use super::object::Role;
use super::persist::{auth, persist};
use crate::device::{
    ActivateError, Auths, DeviceError, IncrementError, Object, StoreBinding, UnsealError,
};
use crate::evidence::Public;
use crate::token::VendorId;

pub(super) const ROLES: [Role; 3] = [
    Role::AttestationKey,
    Role::StorageRootKey,
    Role::FeatureParent,
];

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PutBack {
    /// It is at its handle.
    InPlace,
    /// It is created at each use, for as long as the connection lasts: its handle is another's, or could not be written
    /// for this reason.
    AtEachUse(Option<DeviceError>),
    /// The TPM does not make it any more.
    Lost,
}

/// Runs an operation of a store; where it fails because a key is not at its place, puts that back and runs it again.
///
/// Costs no command while the keys are where they should be. An operation looks for its keys before it changes anything.
pub(super) fn healing<T, E: AboutDevice>(
    connection: &mut Connection,
    binding: &StoreBinding,
    run: impl Fn(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    let mut result = run(connection);
    for _ in ROLES {
        let lost = result.as_ref().err().and_then(lost_key);
        let Some(role) = lost.filter(|role| !connection.is_displaced(role.key(binding))) else {
            return result;
        };
        match put_back(connection, role, binding, &Auths::default()) {
            Ok(PutBack::InPlace | PutBack::AtEachUse(_)) => result = run(connection),
            // What was said first is the cause.
            Ok(PutBack::Lost) | Err(_) => return result,
        }
    }
    result
}

/// Creates the store's key for `role` again, and gives it its handle if nothing else has it.
pub(super) fn put_back(
    connection: &mut Connection,
    role: Role,
    binding: &StoreBinding,
    auths: &Auths,
) -> Result<PutBack, DeviceError> {
    let key = role.key(binding);
    let Some(handle) = key.handle else {
        return Ok(PutBack::AtEachUse(None));
    };
    // What libtss2 remembers of the handle is not what stands there.
    connection.renew()?;
    for template in templates(role, &key.public, binding.vendor) {
        let auth = auth(auths, role.hierarchy());
        let primary = connection.create_primary(role.hierarchy(), auth, &template)?;
        let object = primary.handle.into();
        let made = connection.flushing(object, |connection| {
            if primary.name != Some(key.name) {
                return Ok::<_, DeviceError>(None);
            }
            Ok(Some(match connection.look(handle)? {
                Some(found) if found.public == key.public => PutBack::InPlace,
                Some(_) => PutBack::AtEachUse(None),
                None => match persist(connection, object, handle, auths) {
                    Ok(()) => PutBack::InPlace,
                    Err(Failure::Device(error)) => PutBack::AtEachUse(Some(error)),
                    Err(Failure::Refusal(_)) => PutBack::AtEachUse(None),
                },
            }))
        })?;
        match made {
            Some(PutBack::AtEachUse(why)) => {
                connection.displace(key, template);
                return Ok(PutBack::AtEachUse(why));
            }
            Some(done) => return Ok(done),
            None => {}
        }
    }
    Ok(PutBack::Lost)
}

/// The templates that can have made a key. The machine's shared storage root key need not come from this project's.
fn templates(role: Role, public: &[u8], vendor: VendorId) -> Vec<Vec<u8>> {
    let mut templates = vec![role.template(vendor)];
    if let Ok(public) = Public::parse(public)
        && role == Role::StorageRootKey
    {
        templates.retain(|own| public.is_made_from(own));
        for usual in public.usual_templates() {
            if !templates.contains(&usual) {
                templates.push(usual);
            }
        }
    }
    templates
}

/// An error that may be about an object of the store.
pub(super) trait AboutDevice {
    fn device(&self) -> Option<&DeviceError>;
}

fn lost_key(error: &impl AboutDevice) -> Option<Role> {
    let (DeviceError::Missing(object) | DeviceError::Foreign(object)) = error.device()? else {
        return None;
    };
    match object {
        Object::AttestationKey => Some(Role::AttestationKey),
        Object::StorageRootKey => Some(Role::StorageRootKey),
        Object::FeatureParent => Some(Role::FeatureParent),
        _ => None,
    }
}

impl AboutDevice for DeviceError {
    fn device(&self) -> Option<&DeviceError> {
        Some(self)
    }
}

impl AboutDevice for UnsealError {
    fn device(&self) -> Option<&DeviceError> {
        match self {
            Self::Device(error) => Some(error),
            _ => None,
        }
    }
}

impl AboutDevice for IncrementError {
    fn device(&self) -> Option<&DeviceError> {
        match self {
            Self::Device(error) => Some(error),
            _ => None,
        }
    }
}

impl AboutDevice for ActivateError {
    fn device(&self) -> Option<&DeviceError> {
        match self {
            Self::Device(error) => Some(error),
            _ => None,
        }
    }
}

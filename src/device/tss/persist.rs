//! The store's primary keys and their persistent places.

use super::attest::certify;
use super::code::{Failure, NV_SPACE, Refusal};
use super::connection::Connection;
use super::object::{Found, Role};
use crate::device::{AuthValue, Auths, DeviceError, Key, Place, ProvisionError};
use crate::evidence::handles::{Handles, SHARED_SRK};
use crate::evidence::{
    AttestationKey, Hierarchy, ObjectAttributes, Public, check_storage_root, verify_certify,
};
use tss_esapi::handles::{ObjectHandle, PersistentTpmHandle};
use tss_esapi::interface_types::data_handles::Persistent;
use tss_esapi::interface_types::reserved_handles::Provision;

/// Which persistent handle is for which of the store's own keys.
pub(super) fn own_places(handles: &Handles) -> [(Role, u32); 3] {
    [
        (Role::AttestationKey, handles.ak),
        (Role::FeatureParent, handles.feature_parent),
        (Role::StorageRootKey, handles.own_srk),
    ]
}

/// Makes sure of one of the store's own keys: created from its template, at its place if the TPM has room.
pub(super) fn ensure(
    connection: &mut Connection,
    role: Role,
    handle: u32,
    place: &Place,
    auths: &Auths,
) -> Result<Key, ProvisionError> {
    let template = role.template(place.vendor);
    let auth = auth(auths, role.hierarchy());
    let primary = connection.create_primary(role.hierarchy(), auth, &template)?;
    let (object, public) = (primary.handle.into(), primary.public);
    connection.flushing(object, |connection| {
        let name = primary
            .name
            .ok_or(DeviceError::Malformed("TPM2_CreatePrimary"))?;
        let key = |handle| Key {
            handle,
            public: public.clone(),
            name,
        };
        match connection.look(handle)? {
            Some(found) if found.public == public => return Ok(key(Some(handle))),
            // Ours by its template, but of a seed that the TPM has no more.
            Some(found) if found.is_made_from(&template) => {
                remove(connection, handle, found, auths)?;
            }
            Some(_) => return Err(ProvisionError::HandleInUse { handle }),
            None => {}
        }
        match persist(connection, object, handle, auths) {
            Ok(()) => Ok(key(Some(handle))),
            Err(Failure::Refusal(refusal)) if refusal.is(NV_SPACE) && auth.is_empty() => {
                Ok(key(None))
            }
            Err(Failure::Refusal(refusal)) if refusal.is(NV_SPACE) => {
                Err(ProvisionError::NoPersistentSpace(role.hierarchy()))
            }
            Err(failure) => Err(DeviceError::from(failure).into()),
        }
    })
}

/// The storage root key: the machine's shared one if it fits, else one of the project's own.
pub(super) fn storage_root_key(
    connection: &mut Connection,
    attestation_key: &Key,
    handles: &Handles,
    place: &Place,
    auths: &Auths,
) -> Result<Key, ProvisionError> {
    if let Some(found) = connection.look(SHARED_SRK)?
        && let Some(key) = shared(&found)
        && is_owner_primary(connection, attestation_key, &found, &key, place)?
    {
        return Ok(key);
    }
    ensure(
        connection,
        Role::StorageRootKey,
        handles.own_srk,
        place,
        auths,
    )
}

/// The shared key, if its public area follows the rule and a failed try of an auth value costs nothing.
fn shared(found: &Found) -> Option<Key> {
    let public = Public::parse(&found.public).ok()?;
    check_storage_root(&public).ok()?;
    let name = public.name()?;
    public
        .attributes()
        .contains(ObjectAttributes::NO_DA)
        .then(|| Key {
            handle: Some(SHARED_SRK),
            public: found.public.clone(),
            name,
        })
}

/// Whether the shared key is an owner primary with an empty auth value: it is if it can be certified so.
fn is_owner_primary(
    connection: &mut Connection,
    attestation_key: &Key,
    found: &Found,
    key: &Key,
    place: &Place,
) -> Result<bool, DeviceError> {
    // Nobody but this function sees the proof: it needs no nonce.
    const NOTHING: [u8; 32] = [0; 32];
    let certified = connection.with_role(
        Role::AttestationKey,
        attestation_key,
        place.vendor,
        |connection, ak| certify(connection, ak, found.handle, &NOTHING).map_err(Failure::from),
    );
    let attested = match certified {
        Ok(attested) => attested,
        Err(Failure::Refusal(refusal)) if !refusal.is_general() => return Ok(false),
        Err(failure) => return Err(failure.into()),
    };
    let Ok(ak) = AttestationKey::from_public(&attestation_key.public) else {
        return Ok(false);
    };
    Ok(verify_certify(&ak, &attested, &key.name, &NOTHING)
        .is_ok_and(|object| object.is_primary_of(Hierarchy::Owner)))
}

/// Removes a persistent key.
pub(super) fn remove(
    connection: &mut Connection,
    handle: u32,
    found: Found,
    auths: &Auths,
) -> Result<(), DeviceError> {
    Ok(persist(connection, found.handle, handle, auths)?)
}

/// TPM2_EvictControl: gives a transient object the persistent handle, or takes it from a persistent one.
pub(super) fn persist(
    connection: &mut Connection,
    object: ObjectHandle,
    handle: u32,
    auths: &Auths,
) -> Result<(), Failure> {
    const COMMAND: &str = "TPM2_EvictControl";
    connection.with_hierarchy(Hierarchy::Owner, &auths.owner, |connection, session| {
        let result = connection.call(COMMAND, &[session], |context| {
            let persistent = Persistent::from(PersistentTpmHandle::new(handle)?);
            context
                .evict_control(Provision::Owner, object, persistent)
                .map(drop)
        });
        result.map_err(
            |refusal: Refusal| match refusal.by(Hierarchy::Owner, &auths.owner) {
                DeviceError::Refused { .. } => Failure::Refusal(refusal),
                error => Failure::Device(error),
            },
        )
    })
}

pub(super) fn auth(auths: &Auths, hierarchy: Hierarchy) -> &AuthValue {
    match hierarchy {
        Hierarchy::Owner => &auths.owner,
        Hierarchy::Endorsement => &auths.endorsement,
    }
}

//! Opening a credential with an endorsement key (TPM 2.0 Part 1, section 24).

use super::check::{cause, check};
use super::code::{ACTIVATE_CREDENTIAL, FAILURE, Failure, Refusal};
use super::connection::Connection;
use super::endorsement::{opens_with_auth, with_endorsement_key};
use super::object::Role;
use super::session::EMPTY_AUTH;
use crate::device::{
    ActivateError, AuthValue, DeviceError, EndorsementTemplate, Secret, StoreBinding,
};
use crate::evidence::{Credential, Hierarchy};
use tss_esapi::handles::{AuthHandle, KeyHandle};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{Digest, EncryptedSecret, IdObject, Nonce};

/// See [`Tpm::activate_credential`](crate::device::Tpm::activate_credential).
pub(super) fn activate(
    connection: &mut Connection,
    binding: &StoreBinding,
    template: EndorsementTemplate,
    credential: &Credential,
    endorsement_auth: &AuthValue,
) -> Result<Secret, ActivateError> {
    // More bytes than the structures hold.
    let parts = Parts::new(credential).ok_or(ActivateError::NotForThisTpm)?;
    let result = with_endorsement_key(connection, template, endorsement_auth, |connection, ek| {
        connection.with_key(binding, Role::AttestationKey, |connection, ak| {
            connection.with_key(binding, Role::StorageRootKey, |connection, salt| {
                let keys = Keys { ek, ak, salt };
                open(connection, keys, template, &parts, endorsement_auth)
            })
        })
    });
    let bytes = result.map_err(|failure| match failure {
        Failure::Device(error) => error.into(),
        Failure::Refusal(refusal) => why_closed(connection, binding, refusal),
    })?;
    Secret::from_slice(bytes.as_bytes()).ok_or(ActivateError::WrongSize(bytes.len()))
}

struct Parts {
    blob: IdObject,
    secret: EncryptedSecret,
}

impl Parts {
    fn new(credential: &Credential) -> Option<Self> {
        Some(Self {
            blob: IdObject::try_from(credential.id_object.clone()).ok()?,
            secret: EncryptedSecret::try_from(credential.encrypted_secret.clone()).ok()?,
        })
    }
}

struct Keys {
    ek: KeyHandle,
    ak: KeyHandle,
    salt: KeyHandle,
}

fn open(
    connection: &mut Connection,
    Keys { ek, ak, salt }: Keys,
    template: EndorsementTemplate,
    parts: &Parts,
    endorsement_auth: &AuthValue,
) -> Result<Digest, Failure> {
    connection.with_encryption(salt, |connection, encryption| {
        let activate = |connection: &mut Connection, ek_session: AuthSession| {
            let sessions = [EMPTY_AUTH, ek_session, encryption];
            connection.call(ACTIVATE_CREDENTIAL, &sessions, |context| {
                context.activate_credential(ak, ek, parts.blob.clone(), parts.secret.clone())
            })
        };
        if opens_with_auth(template) {
            return Ok(activate(connection, EMPTY_AUTH)?);
        }
        connection.with_policy(|connection, session| {
            let hierarchy = Hierarchy::Endorsement;
            connection.with_hierarchy(hierarchy, endorsement_auth, |connection, owner| {
                connection
                    .call("TPM2_PolicySecret", &[owner], |context| {
                        let (none, no_hash) = (Nonce::default(), Digest::default());
                        let endorsement = AuthHandle::Endorsement;
                        context.policy_secret(
                            session,
                            endorsement,
                            none.clone(),
                            no_hash,
                            none,
                            None,
                        )
                    })
                    .map_err(|refusal| Failure::Device(refusal.by(hierarchy, endorsement_auth)))
            })?;
            Ok(activate(connection, session.into())?)
        })
    })
}

fn why_closed(
    connection: &mut Connection,
    binding: &StoreBinding,
    refusal: Refusal,
) -> ActivateError {
    let keys = [Role::AttestationKey, Role::StorageRootKey];
    // libtpms says "failure" where an RSA key does not open what was encrypted to another one; a TPM that really failed
    // refuses the next command too.
    if refusal.is(FAILURE) {
        return match check(connection, binding, &keys, &[]) {
            Ok(()) => ActivateError::NotForThisTpm,
            Err(error) => error.into(),
        };
    }
    match cause(connection, binding, &keys, &[], refusal) {
        DeviceError::Refused { .. } if refusal.shows_foreign_credential() => {
            ActivateError::NotForThisTpm
        }
        error => error.into(),
    }
}

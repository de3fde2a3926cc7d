//! Sessions, each ended on every path (TPM 2.0 Part 1, sections 17 to 19).
//!
//! A session that carries a secret is salted to a key whose Name was checked, and encrypts parameters with AES-128-CFB:
//! what goes over the bus opens nowhere but in that key's TPM. The other ones authorize commands that carry none.

use super::code::Refusal;
use super::connection::{Connection, FLUSH};
use crate::device::AuthValue;
use crate::evidence::Hierarchy;
use tss_esapi::attributes::SessionAttributes;
use tss_esapi::constants::SessionType;
use tss_esapi::handles::{AuthHandle, KeyHandle, ObjectHandle, SessionHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{Auth, SymmetricDefinition};

/// The session that stands for an empty auth value. Nothing secret goes over the bus.
pub(super) const EMPTY_AUTH: AuthSession = AuthSession::Password;

impl Connection {
    /// An HMAC session, salted to `key`, that encrypts the first parameter of what is sent and answered.
    ///
    /// The caller has checked `key`'s Name.
    pub(super) fn with_encryption<T, E: From<Refusal>>(
        &mut self,
        key: KeyHandle,
        run: impl FnOnce(&mut Self, AuthSession) -> Result<T, E>,
    ) -> Result<T, E> {
        let both = SessionAttributes::builder()
            .with_decrypt(true)
            .with_encrypt(true);
        let session = self.start(Some(key), SessionType::Hmac)?;
        self.ending(session, |connection| {
            connection.set_attributes(session, both)?;
            run(connection, session)
        })
    }

    /// A policy session, salted to `key`, that encrypts answers.
    ///
    /// The caller has checked `key`'s Name.
    pub(super) fn with_encrypting_policy<T, E: From<Refusal>>(
        &mut self,
        key: KeyHandle,
        run: impl FnOnce(&mut Self, PolicySession) -> Result<T, E>,
    ) -> Result<T, E> {
        let answers = SessionAttributes::builder().with_encrypt(true);
        let session = self.start(Some(key), SessionType::Policy)?;
        self.ending(session, |connection| {
            connection.set_attributes(session, answers)?;
            run(connection, policy(session)?)
        })
    }

    /// A policy session for commands that carry no secret.
    pub(super) fn with_policy<T, E: From<Refusal>>(
        &mut self,
        run: impl FnOnce(&mut Self, PolicySession) -> Result<T, E>,
    ) -> Result<T, E> {
        let session = self.start(None, SessionType::Policy)?;
        self.ending(session, |connection| run(connection, policy(session)?))
    }

    /// An audit session: the TPM keeps a digest of the commands that name it.
    pub(super) fn with_audit<T, E: From<Refusal>>(
        &mut self,
        run: impl FnOnce(&mut Self, AuthSession) -> Result<T, E>,
    ) -> Result<T, E> {
        let audit = SessionAttributes::builder().with_audit(true);
        let session = self.start(None, SessionType::Hmac)?;
        self.ending(session, |connection| {
            connection.set_attributes(session, audit)?;
            run(connection, session)
        })
    }

    /// What authorizes commands in the name of a hierarchy: for a set auth value an HMAC session, so that the value
    /// itself never goes over the bus.
    pub(super) fn with_hierarchy<T, E: From<Refusal>>(
        &mut self,
        hierarchy: Hierarchy,
        auth: &AuthValue,
        run: impl FnOnce(&mut Self, AuthSession) -> Result<T, E>,
    ) -> Result<T, E> {
        if auth.is_empty() {
            return run(self, EMPTY_AUTH);
        }
        let object = ObjectHandle::from(auth_handle(hierarchy));
        self.local("Esys_TR_SetAuth", |context| {
            context.tr_set_auth(object, Auth::try_from(auth.as_bytes().to_vec())?)
        })?;
        let result = match self.start(None, SessionType::Hmac) {
            Ok(session) => self.ending(session, |connection| run(connection, session)),
            Err(refusal) => Err(refusal.into()),
        };
        self.local("Esys_TR_SetAuth", |context| {
            context.tr_set_auth(object, Auth::default())
        })?;
        result
    }

    fn start(
        &mut self,
        salt: Option<KeyHandle>,
        kind: SessionType,
    ) -> Result<AuthSession, Refusal> {
        const COMMAND: &str = "TPM2_StartAuthSession";
        self.call(COMMAND, &[], |context| {
            context.start_auth_session(
                salt,
                None,
                None,
                kind,
                SymmetricDefinition::AES_128_CFB,
                HashingAlgorithm::Sha256,
            )
        })?
        .ok_or(Refusal::malformed(COMMAND))
    }

    fn set_attributes(
        &mut self,
        session: AuthSession,
        attributes: tss_esapi::attributes::SessionAttributesBuilder,
    ) -> Result<(), Refusal> {
        let (attributes, mask) = attributes.with_continue_session(true).build();
        self.local("Esys_TRSess_SetAttributes", |context| {
            context.tr_sess_set_attributes(session, attributes, mask)
        })
    }

    fn ending<T, E: From<Refusal>>(
        &mut self,
        session: AuthSession,
        run: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.flushing(SessionHandle::from(session).into(), run)
    }

    /// Flushes an object or session after `run`, whether it succeeds or fails.
    pub(super) fn flushing<T, E: From<Refusal>>(
        &mut self,
        handle: ObjectHandle,
        run: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let result = run(self);
        let flushed = self.call(FLUSH, &[], |context| context.flush_context(handle));
        let value = result?;
        flushed?;
        Ok(value)
    }
}

fn auth_handle(hierarchy: Hierarchy) -> AuthHandle {
    match hierarchy {
        Hierarchy::Owner => AuthHandle::Owner,
        Hierarchy::Endorsement => AuthHandle::Endorsement,
    }
}

fn policy(session: AuthSession) -> Result<PolicySession, Refusal> {
    PolicySession::try_from(session).map_err(|error| Refusal::new("TPM2_StartAuthSession", error))
}

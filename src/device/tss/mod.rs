//! The TPM through libtss2 (tss-esapi's ESAPI context).
//!
//! One file per idea: `connection` opens and repeats, `code` says what return codes mean, `session` and `object` take hold
//! of things and let go of them on every path, the rest are the operations. None of tss-esapi's own abstractions is
//! used: its "encrypted" sessions are neither salted nor bound. Knows TPM structures only as far as commands need them;
//! their meaning is `evidence`'s.
//!
//! libtss2 itself logs failed commands to the standard error stream unless the process was started with
//! `TSS2_LOG=all+none`.

mod attest;
mod capability;
mod check;
mod code;
mod connection;
mod counters;
mod credential;
mod endorsement;
mod object;
mod pcr;
mod persist;
mod provision;
mod random;
mod seal;
mod session;

use super::{
    ActivateError, Attestation, AuthValue, Auths, Counter, Description, DeviceError, Endorsement,
    EndorsementTemplate, Enrollment, Hardware, IncrementError, Place, Plan, ProvisionError,
    Provisioned, Secret, SecretKind, StoreBinding, Tpm, UnsealError,
};
use crate::evidence::Credential;
use crate::token::Selections;
use connection::Connection;
use object::Role;

/// A TPM behind a TCTI of libtss2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TssHardware {
    tcti: String,
}

impl TssHardware {
    /// The TPM that a TCTI name names, for example `device:/dev/tpmrm0` or `swtpm:path=/run/tpm.sock`. Opens nothing yet.
    pub fn new(tcti: impl Into<String>) -> Self {
        Self { tcti: tcti.into() }
    }

    /// The connection's name.
    pub fn tcti(&self) -> &str {
        &self.tcti
    }
}

impl Hardware for TssHardware {
    fn open(&self) -> Result<Box<dyn Tpm + '_>, DeviceError> {
        Ok(Box::new(Connection::open(&self.tcti)?))
    }
}

impl Tpm for Connection {
    fn describe(&mut self) -> Result<Description, DeviceError> {
        capability::describe(self)
    }

    fn endorsement(
        &mut self,
        endorsement_auth: &AuthValue,
    ) -> Result<Vec<Endorsement>, DeviceError> {
        endorsement::list(self, endorsement_auth)
    }

    fn provision(&mut self, plan: &Plan<'_>) -> Result<Provisioned, ProvisionError> {
        provision::provision(self, plan)
    }

    fn deprovision(&mut self, place: &Place, auths: &Auths) -> Result<(), ProvisionError> {
        provision::deprovision(self, place, auths)
    }

    fn enroll(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
    ) -> Result<Enrollment, DeviceError> {
        attest::enroll(self, binding, qualifying)
    }

    fn activate_credential(
        &mut self,
        binding: &StoreBinding,
        endorsement_key: EndorsementTemplate,
        credential: &Credential,
        endorsement_auth: &AuthValue,
    ) -> Result<Secret, ActivateError> {
        credential::activate(self, binding, endorsement_key, credential, endorsement_auth)
    }

    fn recognizes(
        &mut self,
        binding: &StoreBinding,
        endorsement_auth: &AuthValue,
    ) -> Result<bool, DeviceError> {
        let primary = self.create_primary(
            Role::AttestationKey.hierarchy(),
            endorsement_auth,
            &Role::AttestationKey.template(binding.vendor),
        );
        match primary {
            Ok(primary) => self.flushing(primary.handle.into(), |_| {
                Ok(primary.name == Some(binding.attestation_key.name))
            }),
            // A clear takes the password away, and where there is one provisioning made the key persistent.
            Err(DeviceError::AuthNeeded(_)) => check::holds_attestation_key(self, binding),
            Err(error) => Err(error),
        }
    }

    fn unseal(&mut self, binding: &StoreBinding, which: SecretKind) -> Result<Secret, UnsealError> {
        seal::unseal(self, binding, which)
    }

    fn attest(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
        selections: &Selections,
    ) -> Result<Attestation, DeviceError> {
        attest::attest(self, binding, qualifying, selections)
    }

    fn read_counter(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
    ) -> Result<u64, DeviceError> {
        counters::read(self, binding, counter)
    }

    fn increment(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
        expected: u64,
    ) -> Result<(), IncrementError> {
        counters::increment(self, binding, counter, expected)
    }
}

//! Hardware that lies: a program between the application and the TPM, or a patched driver.

use counterfoil::device::{
    ActivateError, Attestation, AuthValue, Auths, Counter, Description, DeviceError, Endorsement,
    EndorsementTemplate, Enrollment, Hardware, IncrementError, Occupant, Place, Plan,
    ProvisionError, Provisioned, Secret, SecretKind, StoreBinding, Tpm, TssHardware, UnsealError,
};
use counterfoil::evidence::Credential;
use counterfoil::token::Selections;

/// What the relay says in place of the TPM behind it.
#[derive(Default)]
struct Lies {
    endorsement: Option<Vec<Endorsement>>,
    attestation: Option<Attestation>,
    seed: Option<Secret>,
    activity: Option<u64>,
    selections: Option<Selections>,
}

/// Stands before a TPM, or before none.
pub struct Relay {
    real: TssHardware,
    lies: Lies,
}

impl Relay {
    pub fn new(real: TssHardware) -> Self {
        Self {
            real,
            lies: Lies::default(),
        }
    }

    /// Shows another chip's endorsement key.
    pub fn showing(self, endorsement: Endorsement) -> Self {
        self.showing_all(vec![endorsement])
    }

    /// Shows these endorsement keys.
    pub fn showing_all(mut self, endorsements: Vec<Endorsement>) -> Self {
        self.lies.endorsement = Some(endorsements);
        self
    }

    /// Answers with a recorded attestation.
    pub fn replaying(mut self, attestation: Attestation) -> Self {
        self.lies.attestation = Some(attestation);
        self
    }

    /// Answers with a seed that root read before.
    pub fn opening(mut self, seed: Secret) -> Self {
        self.lies.seed = Some(seed);
        self
    }

    /// Says that the activity counter stands where it does not.
    pub fn counting(mut self, activity: u64) -> Self {
        self.lies.activity = Some(activity);
        self
    }

    /// Quotes over other PCRs than it is asked for.
    pub fn quoting(mut self, selections: Selections) -> Self {
        self.lies.selections = Some(selections);
        self
    }
}

impl Hardware for Relay {
    fn open(&self) -> Result<Box<dyn Tpm + '_>, DeviceError> {
        Ok(Box::new(Between {
            tpm: self.real.open()?,
            lies: &self.lies,
        }))
    }
}

struct Between<'a> {
    tpm: Box<dyn Tpm + 'a>,
    lies: &'a Lies,
}

impl Tpm for Between<'_> {
    fn describe(&mut self) -> Result<Description, DeviceError> {
        self.tpm.describe()
    }

    fn endorsement(&mut self, auth: &AuthValue) -> Result<Vec<Endorsement>, DeviceError> {
        match &self.lies.endorsement {
            Some(shown) => Ok(shown.clone()),
            None => self.tpm.endorsement(auth),
        }
    }

    fn endorsement_key(
        &mut self,
        template: EndorsementTemplate,
        auth: &AuthValue,
    ) -> Result<Option<Endorsement>, DeviceError> {
        self.tpm.endorsement_key(template, auth)
    }

    fn endorsement_certificates(&mut self) -> Result<Vec<Vec<u8>>, DeviceError> {
        self.tpm.endorsement_certificates()
    }

    fn provision(&mut self, plan: &Plan<'_>) -> Result<Provisioned, ProvisionError> {
        self.tpm.provision(plan)
    }

    fn occupant(
        &mut self,
        place: &Place,
        binding: Option<&StoreBinding>,
    ) -> Result<Occupant, DeviceError> {
        self.tpm.occupant(place, binding)
    }

    fn deprovision(&mut self, place: &Place, auths: &Auths) -> Result<(), ProvisionError> {
        self.tpm.deprovision(place, auths)
    }

    fn enroll(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
    ) -> Result<Enrollment, DeviceError> {
        self.tpm.enroll(binding, qualifying)
    }

    fn activate_credential(
        &mut self,
        binding: &StoreBinding,
        template: EndorsementTemplate,
        credential: &Credential,
        auth: &AuthValue,
    ) -> Result<Secret, ActivateError> {
        self.tpm
            .activate_credential(binding, template, credential, auth)
    }

    fn recognizes(
        &mut self,
        binding: &StoreBinding,
        endorsement_auth: &AuthValue,
    ) -> Result<bool, DeviceError> {
        self.tpm.recognizes(binding, endorsement_auth)
    }

    fn unseal(&mut self, binding: &StoreBinding, which: SecretKind) -> Result<Secret, UnsealError> {
        match (&self.lies.seed, which) {
            (Some(seed), SecretKind::Seed) => Ok(seed.clone()),
            _ => self.tpm.unseal(binding, which),
        }
    }

    fn attest(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
        selections: &Selections,
    ) -> Result<Attestation, DeviceError> {
        if let Some(recorded) = &self.lies.attestation {
            return Ok(recorded.clone());
        }
        let selections = self.lies.selections.as_ref().unwrap_or(selections);
        self.tpm.attest(binding, qualifying, selections)
    }

    fn read_counter(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
    ) -> Result<u64, DeviceError> {
        match (self.lies.activity, counter) {
            (Some(value), Counter::Activity) => Ok(value),
            _ => self.tpm.read_counter(binding, counter),
        }
    }

    fn increment(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
        expected: u64,
    ) -> Result<(), IncrementError> {
        self.tpm.increment(binding, counter, expected)
    }
}

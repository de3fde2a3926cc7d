//! A TPM whose every use is timed, for telling the library's own time from the TPM's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use counterfoil::client::{Config, Counterfoil};
use counterfoil::device::{
    ActivateError, Attestation, AuthValue, Auths, Counter, CounterForm, Description, DeviceError,
    Endorsement, EndorsementTemplate, Enrollment, Hardware, IncrementError, Occupant, Place, Plan,
    ProvisionError, Provisioned, Secret, SecretKind, StoreBinding, Tpm, TssHardware, UnsealError,
};
use counterfoil::evidence::Credential;
use counterfoil::token::Selections;

use crate::stage::{Machine, PRODUCT, Vendor};

/// Time spent behind the hardware trait: in libtss2, on the way to the TPM, and in the TPM.
#[derive(Clone, Default)]
pub(crate) struct Spent(Arc<AtomicU64>);

impl Spent {
    /// The time since the last call.
    pub(crate) fn take(&self) -> Duration {
        Duration::from_nanos(self.0.swap(0, Ordering::Relaxed))
    }

    fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let result = work();
        let nanoseconds = begin.elapsed().as_nanos().try_into().unwrap_or(u64::MAX);
        self.0.fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }
}

/// A TPM that is timed, and certifies counters in a form of one's choice.
pub(crate) struct Observed {
    hardware: TssHardware,
    pub(crate) spent: Spent,
    /// The form that a store is provisioned with; detected where there is none.
    pub(crate) counter_form: Option<CounterForm>,
}

impl Observed {
    pub(crate) fn new(machine: &Machine) -> Self {
        Self {
            hardware: TssHardware::new(machine.tpm.tcti()),
            spent: Spent::default(),
            counter_form: None,
        }
    }

    /// The application of `vendor` on this TPM.
    pub(crate) fn app(self, vendor: &Vendor, machine: &Machine) -> Counterfoil {
        let anchor = vendor.service().anchor().clone();
        let mut config = Config::new(machine.dir(), anchor, Box::new(self));
        config.product = Some(PRODUCT.to_owned());
        Counterfoil::open(config)
    }
}

impl Hardware for Observed {
    fn open(&self) -> Result<Box<dyn Tpm + '_>, DeviceError> {
        let tpm = self.spent.during(|| self.hardware.open())?;
        Ok(Box::new(Open {
            tpm: Some(tpm),
            observed: self,
        }))
    }
}

struct Open<'h> {
    /// There until it is dropped.
    tpm: Option<Box<dyn Tpm + 'h>>,
    observed: &'h Observed,
}

impl<'h> Open<'h> {
    fn during<T>(&mut self, work: impl FnOnce(&mut (dyn Tpm + 'h)) -> T) -> T {
        let tpm = self
            .tpm
            .as_mut()
            .expect("the TPM is there until it is dropped");
        self.observed.spent.during(|| work(tpm.as_mut()))
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let tpm = self.tpm.take();
        self.observed.spent.during(|| drop(tpm));
    }
}

impl Tpm for Open<'_> {
    fn describe(&mut self) -> Result<Description, DeviceError> {
        self.during(|tpm| tpm.describe())
    }

    fn endorsement(
        &mut self,
        endorsement_auth: &AuthValue,
    ) -> Result<Vec<Endorsement>, DeviceError> {
        self.during(|tpm| tpm.endorsement(endorsement_auth))
    }

    fn endorsement_key(
        &mut self,
        template: EndorsementTemplate,
        endorsement_auth: &AuthValue,
    ) -> Result<Option<Endorsement>, DeviceError> {
        self.during(|tpm| tpm.endorsement_key(template, endorsement_auth))
    }

    fn endorsement_certificates(&mut self) -> Result<Vec<Vec<u8>>, DeviceError> {
        self.during(|tpm| tpm.endorsement_certificates())
    }

    fn provision(&mut self, plan: &Plan<'_>) -> Result<Provisioned, ProvisionError> {
        let counter_form = self.observed.counter_form.or(plan.counter_form);
        let plan = Plan {
            counter_form,
            ..plan.clone()
        };
        self.during(|tpm| tpm.provision(&plan))
    }

    fn occupant(
        &mut self,
        place: &Place,
        binding: Option<&StoreBinding>,
    ) -> Result<Occupant, DeviceError> {
        self.during(|tpm| tpm.occupant(place, binding))
    }

    fn deprovision(&mut self, place: &Place, auths: &Auths) -> Result<(), ProvisionError> {
        self.during(|tpm| tpm.deprovision(place, auths))
    }

    fn enroll(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
    ) -> Result<Enrollment, DeviceError> {
        self.during(|tpm| tpm.enroll(binding, qualifying))
    }

    fn activate_credential(
        &mut self,
        binding: &StoreBinding,
        endorsement_key: EndorsementTemplate,
        credential: &Credential,
        endorsement_auth: &AuthValue,
    ) -> Result<Secret, ActivateError> {
        self.during(|tpm| {
            tpm.activate_credential(binding, endorsement_key, credential, endorsement_auth)
        })
    }

    fn recognizes(
        &mut self,
        binding: &StoreBinding,
        endorsement_auth: &AuthValue,
    ) -> Result<bool, DeviceError> {
        self.during(|tpm| tpm.recognizes(binding, endorsement_auth))
    }

    fn unseal(&mut self, binding: &StoreBinding, which: SecretKind) -> Result<Secret, UnsealError> {
        self.during(|tpm| tpm.unseal(binding, which))
    }

    fn attest(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
        selections: &Selections,
    ) -> Result<Attestation, DeviceError> {
        self.during(|tpm| tpm.attest(binding, qualifying, selections))
    }

    fn read_counter(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
    ) -> Result<u64, DeviceError> {
        self.during(|tpm| tpm.read_counter(binding, counter))
    }

    fn increment(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
        expected: u64,
    ) -> Result<(), IncrementError> {
        self.during(|tpm| tpm.increment(binding, counter, expected))
    }
}

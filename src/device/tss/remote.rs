//! An open TPM, for whoever waits for it: a thread owns the connection and does what it is asked, one thing after the other.
//!
//! `docs/decisions/tpm-deadlines.md` says why it takes a thread, and what becomes of one that is stuck.

use super::connection::Connection;
use super::heal::healing;
use super::progress::{Gone, Progress};
use super::{attest, capability, counters, credential, endorsement, place, provision, seal};
use crate::device::{
    ActivateError, Attestation, AuthValue, Auths, Counter, Description, DeviceError, Endorsement,
    EndorsementTemplate, Enrollment, IncrementError, Occupant, Place, Plan, ProvisionError,
    Provisioned, Secret, SecretKind, StoreBinding, Tpm, UnsealError,
};
use crate::evidence::Credential;
use crate::token::Selections;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// An open TPM. Dropping it waits until the connection is closed.
pub(super) enum Remote {
    /// A thread talks to it.
    There(Worker),
    /// The system gives no thread: this one does, and waits without limit.
    Here(Box<Connection>),
}

pub(super) struct Worker {
    progress: Arc<Progress>,
    /// None when the connection is to be closed.
    jobs: Option<Sender<Job>>,
    /// Nothing is ever sent: it ends with the thread.
    closed: Receiver<()>,
    /// Why it was given up.
    lost: Option<DeviceError>,
}

impl Remote {
    pub(super) fn open(tcti: &str, progress: Progress) -> Result<Self, DeviceError> {
        let progress = Arc::new(progress);
        let (jobs, asked) = mpsc::channel::<Job>();
        let (opening, opened) = mpsc::channel();
        let (closing, closed) = mpsc::channel();
        let (name, told) = (tcti.to_owned(), Arc::clone(&progress));
        let thread = thread::Builder::new().name("counterfoil-tpm".to_owned());
        let started = thread.spawn(move || {
            let _at_the_end = End(Arc::clone(&told), closing);
            match Connection::open(&name, Arc::clone(&told)) {
                Ok(connection) => {
                    let _ = opening.send(Ok(()));
                    work(connection, &asked, &told);
                }
                Err(error) => drop(opening.send(Err(error))),
            }
        });
        if started.is_err() {
            return Ok(Self::Here(Box::new(Connection::open(tcti, progress)?)));
        }
        let mut worker = Worker {
            progress,
            jobs: Some(jobs),
            closed,
            lost: None,
        };
        worker.wait(&opened)??;
        Ok(Self::There(worker))
    }

    fn ask<T, E>(
        &mut self,
        run: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DeviceError> + Send + 'static,
    {
        match self {
            Self::Here(connection) => run(connection),
            Self::There(worker) => {
                let (answer, answered) = mpsc::channel();
                // Where nobody waits any more the answer is dropped, and secrets are wiped.
                worker.send(Box::new(move |connection| {
                    drop(answer.send(run(connection)))
                }))?;
                worker.wait(&answered)?
            }
        }
    }
}

impl Worker {
    fn send(&self, job: Job) -> Result<(), DeviceError> {
        if let Some(error) = &self.lost {
            return Err(error.clone());
        }
        let jobs = self.jobs.as_ref().ok_or(DeviceError::Vanished)?;
        jobs.send(job).map_err(|_| DeviceError::Vanished)
    }

    fn wait<T>(&mut self, answered: &Receiver<T>) -> Result<T, DeviceError> {
        self.progress.wait(answered).map_err(|gone| match gone {
            Gone::GivenUp(error) => {
                self.lost = Some(error.clone());
                error
            }
            // A panic there would be a defect of this library.
            Gone::Ended => DeviceError::Vanished,
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        // One that was given up is never waited for.
        if self.lost.is_none() {
            let _ = self.progress.wait(&self.closed);
        }
    }
}

/// The end of the thread, however it ends.
struct End(
    Arc<Progress>,
    #[expect(dead_code, reason = "dropped")] Sender<()>,
);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn work(mut connection: Connection, asked: &Receiver<Job>, progress: &Progress) {
    for job in asked {
        // From here on the caller waits.
        progress.begin("an operation");
        job(&mut connection);
    }
    progress.begin("closing the connection");
}

impl Tpm for Remote {
    fn describe(&mut self) -> Result<Description, DeviceError> {
        self.ask(capability::describe)
    }

    fn endorsement(
        &mut self,
        endorsement_auth: &AuthValue,
    ) -> Result<Vec<Endorsement>, DeviceError> {
        let auth = endorsement_auth.clone();
        self.ask(move |connection| endorsement::list(connection, &auth))
    }

    fn endorsement_key(
        &mut self,
        template: EndorsementTemplate,
        endorsement_auth: &AuthValue,
    ) -> Result<Option<Endorsement>, DeviceError> {
        let auth = endorsement_auth.clone();
        self.ask(move |connection| endorsement::of_template(connection, template, &auth))
    }

    fn endorsement_certificates(&mut self) -> Result<Vec<Vec<u8>>, DeviceError> {
        self.ask(endorsement::certificates)
    }

    fn provision(&mut self, plan: &Plan<'_>) -> Result<Provisioned, ProvisionError> {
        let existing = plan.existing.cloned();
        let plan = Plan {
            existing: None,
            place: plan.place,
            store: plan.store,
            auths: plan.auths.clone(),
            counter_form: plan.counter_form,
            replace: plan.replace,
            keep_first: plan.keep_first,
        };
        self.ask(move |connection| {
            let existing = existing.as_ref();
            provision::provision(connection, &Plan { existing, ..plan })
        })
    }

    fn occupant(
        &mut self,
        place: &Place,
        binding: Option<&StoreBinding>,
    ) -> Result<Occupant, DeviceError> {
        let (place, binding) = (*place, binding.cloned());
        self.ask(move |connection| place::occupant(connection, &place, binding.as_ref()))
    }

    fn deprovision(&mut self, place: &Place, auths: &Auths) -> Result<(), ProvisionError> {
        let (place, auths) = (*place, auths.clone());
        self.ask(move |connection| provision::deprovision(connection, &place, &auths))
    }

    fn enroll(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
    ) -> Result<Enrollment, DeviceError> {
        let (binding, qualifying) = (binding.clone(), *qualifying);
        self.ask(move |connection| {
            healing(connection, &binding, |tpm| {
                attest::enroll(tpm, &binding, &qualifying)
            })
        })
    }

    fn activate_credential(
        &mut self,
        binding: &StoreBinding,
        endorsement_key: EndorsementTemplate,
        credential: &Credential,
        endorsement_auth: &AuthValue,
    ) -> Result<Secret, ActivateError> {
        let (binding, credential) = (binding.clone(), credential.clone());
        let auth = endorsement_auth.clone();
        self.ask(move |connection| {
            healing(connection, &binding, |tpm| {
                credential::activate(tpm, &binding, endorsement_key, &credential, &auth)
            })
        })
    }

    fn recognizes(
        &mut self,
        binding: &StoreBinding,
        endorsement_auth: &AuthValue,
    ) -> Result<bool, DeviceError> {
        let (binding, auth) = (binding.clone(), endorsement_auth.clone());
        self.ask(move |connection| connection.recognizes(&binding, &auth))
    }

    fn unseal(&mut self, binding: &StoreBinding, which: SecretKind) -> Result<Secret, UnsealError> {
        let binding = binding.clone();
        self.ask(move |connection| {
            healing(connection, &binding, |tpm| {
                seal::unseal(tpm, &binding, which)
            })
        })
    }

    fn attest(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
        selections: &Selections,
    ) -> Result<Attestation, DeviceError> {
        let (binding, qualifying) = (binding.clone(), *qualifying);
        let selections = selections.clone();
        self.ask(move |connection| {
            healing(connection, &binding, |tpm| {
                attest::attest(tpm, &binding, &qualifying, &selections)
            })
        })
    }

    fn read_counter(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
    ) -> Result<u64, DeviceError> {
        let binding = binding.clone();
        self.ask(move |connection| counters::read(connection, &binding, counter))
    }

    fn increment(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
        expected: u64,
    ) -> Result<(), IncrementError> {
        let binding = binding.clone();
        self.ask(move |connection| {
            healing(connection, &binding, |tpm| {
                counters::increment(tpm, &binding, counter, expected)
            })
        })
    }
}

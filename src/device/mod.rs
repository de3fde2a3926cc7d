//! The TPM of this machine: the one module that talks to it.
//!
//! Imports `token` and `evidence`, which know what TPM structures mean. Knows nothing of licenses, files or verdicts, and
//! reads neither environment nor configuration: the caller says which TPM to open.
//!
//! [`Hardware`] is the boundary. What its methods return comes from a TPM, or from whoever stands between the TPM and
//! this program, and is **not yet trusted**: `evidence` verifies it, here and at the vendor, with the same code. The
//! traits and the plain types need no C library, so that a client runs against a recorded or failing TPM too; the
//! implementation over libtss2, [`TssHardware`], is built with the feature `device`.
//!
//! No connection outlives an operation: the kernel's resource manager allows three objects and three sessions per open
//! file, a simulator serves one client, and an application should hold no lock on the TPM while it does other things.
//! [`Hardware::open`] gives one connection for the few commands of one operation, say a validation; dropping it flushes
//! whatever is still loaded.

mod binding;
mod description;
mod error;
mod response_code;
#[cfg(feature = "device")]
mod tss;

pub use binding::{
    AuthValue, Counter, CounterForm, EndorsementTemplate, Key, SealedBlob, Secret, SecretKind,
    StoreBinding,
};
pub use description::{Description, Endorsement, LockoutState};
pub use error::{
    ActivateError, Closed, DeviceError, IncrementError, Memory, Object, ProvisionError, UnsealError,
};
#[cfg(feature = "device")]
pub use tss::{TssHardware, keep_return_codes};

use crate::evidence::{Attested, CounterProof, Credential, PlatformQuote};
use crate::token::{Selections, StoreId, VendorId};

/// A TPM that can be opened, again and again.
pub trait Hardware: Send + Sync {
    /// Opens the TPM for one operation. Sends no command.
    ///
    /// Blocks while another program holds a TPM that serves one client only, at most as long as a command may take.
    fn open(&self) -> Result<Box<dyn Tpm + '_>, DeviceError>;
}

/// An open TPM, for one operation.
///
/// Every method leaves no object and no session loaded, whether it succeeds or fails. All may block for as long as the
/// chip takes: a few milliseconds to seconds per command. Commands that the TPM asks to repeat (`TPM_RC_RETRY`,
/// `TPM_RC_NV_RATE`) are repeated for about two seconds. Where a command is not answered within its deadline the method ends
/// with [`DeviceError::NoAnswer`], and so does every later one: the command may have been carried out, and nothing more is
/// sent.
pub trait Tpm {
    /// What the TPM says of itself: maker, firmware, abilities. Nothing in it is authenticated; it is for people and
    /// for choosing the form of an attestation.
    fn describe(&mut self) -> Result<Description, DeviceError>;

    /// The endorsement keys of this TPM with the certificates that it stores, those with a certificate first; never
    /// empty.
    ///
    /// Not trusted: the certificates are bytes from NV memory that the owner can write, and a public area is not proven
    /// to be this TPM's before [`activate_credential`](Self::activate_credential) opened something made for it.
    /// A key without persistent handle is created for the look, for which `endorsement_auth` is needed where it is set;
    /// on old chips that takes up to 20 s for RSA.
    fn endorsement(
        &mut self,
        endorsement_auth: &AuthValue,
    ) -> Result<Vec<Endorsement>, DeviceError>;

    /// The endorsement key of one template, whether or not this TPM stores a certificate for it; `None` if this TPM cannot make such
    /// a key.
    ///
    /// Not trusted, as with [`endorsement`](Self::endorsement), which costs the same.
    fn endorsement_key(
        &mut self,
        template: EndorsementTemplate,
        endorsement_auth: &AuthValue,
    ) -> Result<Option<Endorsement>, DeviceError>;

    /// The certificates of endorsement keys that this TPM stores, as they lie there: some reads of NV memory, and no key is made.
    ///
    /// Not trusted, and not compared with any key.
    fn endorsement_certificates(&mut self) -> Result<Vec<Vec<u8>>, DeviceError>;

    /// Makes sure that keys, counters and sealed secrets of one store exist in this TPM, and returns what the store has to
    /// keep.
    ///
    /// Run again with [`Plan::existing`] it verifies what is there, puts back what is missing and can be had again, and
    /// writes nothing to NV memory otherwise. A run that was cut short is completed by the next. A store that may still be
    /// in use is given up with [`Plan::replace`] only: then its counters are defined anew, under a new store key, and their
    /// values go on above the old ones. An index that is not such a counter is never touched.
    fn provision(&mut self, plan: &Plan<'_>) -> Result<Provisioned, ProvisionError>;

    /// Whose store is at a place. Not trusted; it keeps a person from ending a store by mistake.
    ///
    /// `binding` is what the asking folder holds, if it holds one of this place.
    fn occupant(
        &mut self,
        place: &Place,
        binding: Option<&StoreBinding>,
    ) -> Result<Occupant, DeviceError>;

    /// Removes the NV indexes and persistent keys of this vendor and slot, whoever's they are, and nothing else; done twice
    /// it finds nothing to do. What was sealed for the store can never be opened again.
    fn deprovision(&mut self, place: &Place, auths: &Auths) -> Result<(), ProvisionError>;

    /// The proofs that an activation request carries, all about `qualifying`.
    ///
    /// Not trusted: the vendor verifies them against the public areas in `binding` once the attestation key has opened
    /// a credential.
    fn enroll(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
    ) -> Result<Enrollment, DeviceError>;

    /// Opens a credential that a vendor made for one of this TPM's endorsement keys and the store's attestation key.
    ///
    /// `endorsement_auth` is needed where it is set. That the secret came from the vendor is shown only by what it opens.
    fn activate_credential(
        &mut self,
        binding: &StoreBinding,
        endorsement_key: EndorsementTemplate,
        credential: &Credential,
        endorsement_auth: &AuthValue,
    ) -> Result<Secret, ActivateError>;

    /// Whether this is the chip that the binding was made with: only that one makes its attestation key again, even
    /// after it was cleared.
    ///
    /// Not trusted; for telling a person apart a cleared TPM and another one. Creates a key, which takes up to 200 ms; where
    /// the endorsement hierarchy has a password and `endorsement_auth` is empty, looks for the one that provisioning made
    /// persistent.
    fn recognizes(
        &mut self,
        binding: &StoreBinding,
        endorsement_auth: &AuthValue,
    ) -> Result<bool, DeviceError>;

    /// Opens a secret of the store; the TPM itself compares the epoch counter.
    ///
    /// Not trusted: whoever could write the binding may have sealed another secret. The caller compares the Names of the
    /// storage root key and of the sealed object with those in the signed license.
    fn unseal(&mut self, binding: &StoreBinding, which: SecretKind) -> Result<Secret, UnsealError>;

    /// A quote over each selection of PCRs and then the activity counter's certified value, all about `qualifying`.
    ///
    /// Not trusted before `evidence` has verified all with the enrolled attestation key and the Names in the license.
    fn attest(
        &mut self,
        binding: &StoreBinding,
        qualifying: &[u8; 32],
        selections: &Selections,
    ) -> Result<Attestation, DeviceError>;

    /// The value of a counter as the TPM, or whoever stands before it, says. Not trusted; good for choosing a file.
    fn read_counter(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
    ) -> Result<u64, DeviceError>;

    /// Moves a counter from `expected` to the next value.
    ///
    /// The counter is read before: one that another process moved stays where it is. It is not read after, for that answer
    /// would be authenticated no more than the success is; the next attestation shows the value.
    ///
    /// The caller has made sure that its files are ready for the new value: there is no way back. After an error the value
    /// may be either; reading the counter tells.
    fn increment(
        &mut self,
        binding: &StoreBinding,
        counter: Counter,
        expected: u64,
    ) -> Result<(), IncrementError>;
}

/// Where in the TPM a store has its objects; see [`Handles`](crate::evidence::handles::Handles).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The vendor.
    pub vendor: VendorId,
    /// The store's number on this machine; 0 for the machine-wide one.
    pub slot: u32,
}

/// Whose store is at a [`Place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occupant {
    /// Nobody's: what was sealed for counters that stood there can never be opened again, and counters of a store that was
    /// never finished are nobody's either.
    Nobody,
    /// The one that the binding is about, at the binding's epoch.
    TheBindings,
    /// One that is finished and not, or no longer, the binding's: it may be in use from another folder.
    Another,
}

/// The auth values of the hierarchies; empty ones, the default, on most machines.
#[derive(Debug, Clone, Default)]
pub struct Auths {
    /// Of the owner (storage) hierarchy.
    pub owner: AuthValue,
    /// Of the endorsement hierarchy.
    pub endorsement: AuthValue,
}

/// What [`Tpm::provision`] is to make sure of.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// Vendor and slot.
    pub place: Place,
    /// The store's id.
    pub store: StoreId,
    /// The hierarchies' auth values.
    pub auths: Auths,
    /// What the store's folder holds, if it holds a binding. Its caller has checked the store key's signature.
    pub existing: Option<&'a StoreBinding>,
    /// How counters are to be certified; detected where none is given.
    pub counter_form: Option<CounterForm>,
    /// A person's word that a store at the place which is not, or no longer, openable with `existing` may end.
    pub replace: bool,
    /// Stop before the last step of a new store, so that its binding can be kept first; run again with it to finish. A store
    /// that nobody kept the binding of is then never taken for one in use.
    pub keep_first: bool,
}

/// What [`Tpm::provision`] found or made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a binding that is not kept is lost, with all that is sealed for it"]
pub struct Provisioned {
    /// What the store has to keep.
    pub binding: StoreBinding,
    /// What it took.
    pub outcome: Outcome,
    /// The store key, to sign the binding with; none if the binding is the one that existed.
    pub store_key: Option<Secret>,
}

/// What provisioning took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Everything was there already.
    Unchanged,
    /// The binding stays; keys that had lost their persistent place were put back.
    Repaired,
    /// A new binding, where none was before.
    Created,
    /// A new binding in place of one whose secrets are lost or closed for ever: tokens issued for it are dead.
    Replaced,
}

/// The proofs of an activation request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrollment {
    /// TPM2_Certify of the storage root key.
    pub storage_root_key: Attested,
    /// TPM2_Certify of the feature parent.
    pub feature_parent: Attested,
    /// TPM2_Certify of the sealed seed.
    pub seed: Attested,
    /// The epoch counter's value.
    pub epoch: CounterProof,
    /// The activity counter's value.
    pub activity: CounterProof,
    /// A quote over no PCR, made before the counters' proofs.
    pub quote: Attested,
    /// A quote over PCRs 0 to 15 and their values, made before the counters' proofs too; `None` where the TPM has no such
    /// PCRs of the SHA-256 bank, or they changed under every look.
    pub platform: Option<PlatformQuote>,
}

/// What a validation rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// One quote for each selection that was asked for, in their order.
    pub quotes: Vec<Attested>,
    /// The activity counter's value.
    pub activity: CounterProof,
}

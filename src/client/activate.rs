//! Activation: asking for a license and applying the answer, one exchange.

use crate::device::{self, Auths, Counter, DeviceError, Outcome, StoreBinding, Tpm};
use crate::policy::Reason;
use crate::protocol::activation::qualifying_data;
use crate::protocol::{
    ActivationBody, ActivationRequest, ActivationResponse, NonceSource, Proofs, ResponseError,
    SealedResponse, TpmModel,
};
use crate::store::{
    AccessError, BindingError, BootWitness, Folder, LockError, LockedFolder, Moment,
    PendingActivation, Place, State,
};
use crate::token::cose::CoseError;
use crate::token::{Digest, Lease, License, LicenseKey, PublicKey, TokenId};

use super::accept::{AcceptError, accept};
use super::clock::Uptime;
use super::endorsement::{Presented, present, presents, template_for};
use super::failure::Failure;
use super::pending::{RoomError, make_room};
use super::permission::Permission;
use super::provision::{ProvisionStoreError, open_folder, provision};
use super::settle::{Settled, StateUseError, settle};
use super::unlock::{UnlockError, Unlocked, unlock};
use super::{Config, Counterfoil, log};

/// A request for activation, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// The request file.
    pub request: Vec<u8>,
    /// The request's id, which the response names.
    pub id: Digest,
    /// Whether it is the one that was made before and is still unanswered.
    pub repeated: bool,
}

impl Counterfoil {
    /// Makes the request with which this machine asks for the license of `key`; sets the store up first where that was
    /// not done.
    ///
    /// While a request for the license and product is unanswered the same request is given again. Passwords are needed where
    /// the TPM's hierarchies have them and the store is not set up, or its endorsement key has no persistent place. A store
    /// that may be in use is given up with [`Permission::to_replace`] only, as by [`provision`](Self::provision). Eight requests
    /// can be under way; where the ninth finds no room, one is dropped that the TPM has been on for sixty days since, or else by
    /// [`drop_request`](Self::drop_request).
    /// Blocks for some seconds of TPM time.
    ///
    /// # Errors
    /// [`ActivateError`]; what was there before still works.
    pub fn request_activation<'a>(
        &self,
        key: &LicenseKey,
        permission: impl Into<Permission<'a>>,
    ) -> Result<Requested, ActivateError> {
        let (config, permission) = (self.config(), permission.into());
        let auths = permission.auths;
        let folder = open_folder(config, permission)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open()?;
        let unlocked = unlock_or_provision(config, &folder, tpm.as_mut(), permission)?;
        let Settled {
            base, mut state, ..
        } = settle(&unlocked.vault, tpm.as_mut(), &unlocked.binding)?;
        let product = config.product.as_deref().unwrap_or_default();
        let kept = folder.endorsement_certificates()?;
        if let Some(pending) = state.pending_for(key.id())
            && asks_for(&pending.request, product, &kept)
        {
            return Ok(Requested {
                request: pending.request.clone(),
                id: pending.request_id,
                repeated: true,
            });
        }

        make_room(&mut state, key.id(), tpm.as_mut(), &unlocked.binding)?;
        let leases = held_leases(&unlocked, &state);
        let (request, id) =
            make_request(config, tpm.as_mut(), &unlocked, key, leases, &kept, auths)?;
        state.add_pending(PendingActivation {
            request_id: id,
            license_id: key.id(),
            made: config.clock.uptime().into(),
            request: request.clone(),
        });
        log::wrote(config, &unlocked, &mut state, log::REQUESTED, key.id());
        unlocked
            .vault
            .save_in_place(base, state)
            .map_err(StateUseError::from)?;
        Ok(Requested {
            request,
            id,
            repeated: false,
        })
    }

    /// Applies the vendor's response to a request of this machine, once.
    ///
    /// # Errors
    /// [`ActivateError`]; what was there before still works, and the response can be applied again unless it says that it
    /// was applied already.
    pub fn apply_response(&self, response: &[u8], auths: &Auths) -> Result<License, ActivateError> {
        let sealed = SealedResponse::parse(response)?;
        let config = self.config();
        let folder = Folder::open(&config.dir)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open()?;
        let unlocked = unlock(config, &folder, tpm.as_mut())?;
        let Unlocked { binding, vault, .. } = &unlocked;
        let Settled {
            base, mut state, ..
        } = settle(vault, tpm.as_mut(), binding)?;
        let Some(pending) = state.take_pending(sealed.request()) else {
            return Err(match state.was_answered(sealed.request()) {
                true => ActivateError::AppliedBefore,
                false => ActivateError::NotRequested,
            });
        };

        let answer = open_response(tpm.as_mut(), binding, &sealed, &pending, auths)?;
        let round_trip = witness(&pending, config.clock.uptime());
        let license = accept(config, &unlocked, &mut state, &pending, &answer, round_trip)?;
        let activity = base.activity();
        state.log_head = log::head(&unlocked).or(state.log_head);
        let mut current = vault
            .commit(base, state, || {
                tpm.increment(binding, Counter::Activity, activity)
            })
            .map_err(StateUseError::from)?;
        // The answer is applied. Where its files cannot be written now, the journal serves until they can.
        let _ = vault.install(&mut current);
        log::wrote(
            config,
            &unlocked,
            &mut current.state,
            log::ACTIVATED,
            license.license_id,
        );
        self.inner().forget();
        Ok(license)
    }
}

/// Why a license was not activated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActivateError {
    /// The store in the TPM.
    #[error(transparent)]
    Provision(#[from] ProvisionStoreError),
    /// The store cannot be used.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The TPM has no endorsement key.
    #[error(
        "this TPM shows no endorsement key, by which a vendor could recognize it: it cannot be used for licensing"
    )]
    NoEndorsementKey,
    /// There is no room for another request.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The request does not fit its format.
    #[error("the request cannot be made: {0}")]
    Request(#[from] CoseError),
    /// No random bytes.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The response.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// The TPM does not open the response.
    #[error(transparent)]
    Credential(#[from] device::ActivateError),
    /// The request was answered before.
    #[error(
        "this response was applied before, and a response works once: there is nothing to do; `status` shows the license"
    )]
    AppliedBefore,
    /// No such request is under way here.
    #[error(
        "this response answers no request of this machine's present store: apply it where its request was made, or make \
         a new request"
    )]
    NotRequested,
    /// Its content.
    #[error(transparent)]
    Accept(#[from] AcceptError),
}

impl ActivateError {
    /// The cause as the registry calls it, where it is one that a validation finds too.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Provision(error) => error.reason(),
            Self::Failure(error) => Some(error.reason()),
            _ => None,
        }
    }
}

impl From<AccessError> for ActivateError {
    fn from(error: AccessError) -> Self {
        Failure::from(error).into()
    }
}

impl From<LockError> for ActivateError {
    fn from(error: LockError) -> Self {
        Failure::from(error).into()
    }
}

impl From<StateUseError> for ActivateError {
    fn from(error: StateUseError) -> Self {
        Failure::from(error).into()
    }
}

impl From<DeviceError> for ActivateError {
    fn from(error: DeviceError) -> Self {
        Failure::from(error).into()
    }
}

impl From<Uptime> for Moment {
    fn from(uptime: Uptime) -> Self {
        Self {
            boot_id: uptime.boot_id,
            boottime_ms: uptime.elapsed_ms(),
        }
    }
}

/// Opens the store; sets it up where there is none, or where it can never be opened again. What the TPM's owner removed
/// besides is put back. An activation is how a person mends whatever is wrong; what that may give up is for [`provision`] to
/// say.
fn unlock_or_provision<'l>(
    config: &Config,
    folder: &'l LockedFolder<'l>,
    tpm: &mut dyn Tpm,
    permission: Permission<'_>,
) -> Result<Unlocked<'l>, ActivateError> {
    let failure = match unlock(config, folder, tpm) {
        Ok(unlocked) => {
            return match provision(config, folder, tpm, permission)? {
                Outcome::Unchanged => Ok(unlocked),
                _ => Ok(unlock(config, folder, tpm)?),
            };
        }
        Err(failure) => failure,
    };
    match failure {
        Failure::Lost(_)
        | Failure::Superseded
        | Failure::PlaceTaken
        | Failure::Unlock(
            UnlockError::Empty
            | UnlockError::Binding(BindingError::Missing { .. } | BindingError::Altered { .. })
            | UnlockError::Unseal(_)
            | UnlockError::Device(DeviceError::Missing(_) | DeviceError::Foreign(_)),
        ) => {
            provision(config, folder, tpm, permission)?;
            Ok(unlock(config, folder, tpm)?)
        }
        other => Err(other.into()),
    }
}

/// Whether a request is for this product, and presents the certificates that are kept by now.
fn asks_for(request: &[u8], product: &str, kept: &[Vec<u8>]) -> bool {
    ActivationRequest::open(request)
        .is_ok_and(|request| request.body().product == product && presents(&request, kept))
}

/// The leases that the store holds, by which the vendor sees that its answers arrived.
fn held_leases(unlocked: &Unlocked<'_>, state: &State) -> Vec<TokenId> {
    let tokens = unlocked.vault.artifacts(Some(state)).tokens;
    tokens
        .iter()
        .filter(|(place, _)| matches!(place, Place::Lease(_)))
        .filter_map(|(_, bytes)| Some(Lease::read_unverified(bytes).ok()?.token_id))
        .collect()
}

fn make_request(
    config: &Config,
    tpm: &mut dyn Tpm,
    unlocked: &Unlocked<'_>,
    key: &LicenseKey,
    leases: Vec<TokenId>,
    kept: &[Vec<u8>],
    auths: &Auths,
) -> Result<(Vec<u8>, Digest), ActivateError> {
    let Unlocked {
        binding,
        key: binding_key,
        ..
    } = unlocked;
    let endorsement = present(tpm, kept, &auths.endorsement)?;
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce)?;
    let description = tpm.describe()?;
    let model = TpmModel {
        manufacturer: description.manufacturer,
        model: description.model,
        firmware: description.firmware,
    };
    let body = ActivationBody {
        leases,
        ..body(
            config,
            binding,
            binding_key.signing_key().public(),
            endorsement,
            model,
            key,
            nonce,
        )
    }
    .encode();
    let id = Digest::of(&[&body]);

    let enrollment = tpm.enroll(binding, &qualifying_data(&nonce, id))?;
    let proofs = Proofs {
        srk: enrollment.storage_root_key,
        feature_parent: enrollment.feature_parent,
        seed: enrollment.seed,
        epoch: enrollment.epoch,
        activity: enrollment.activity,
        quote: enrollment.quote,
        platform: enrollment.platform,
    };
    let request =
        ActivationRequest::sign(&body, &proofs, &key.mac_key(), binding_key.signing_key())?;
    Ok((request, id))
}

fn body(
    config: &Config,
    binding: &StoreBinding,
    binding_key: &PublicKey,
    endorsement: Presented,
    tpm: TpmModel,
    key: &LicenseKey,
    nonce: [u8; 32],
) -> ActivationBody {
    ActivationBody {
        license_id: key.id(),
        product: config.product.clone().unwrap_or_default(),
        nonce,
        nonce_source: NonceSource::Device,
        vendor: binding.vendor,
        store: binding.store,
        slot: binding.slot,
        epoch: binding.epoch,
        ek_public: endorsement.first.public,
        ek_certificates: endorsement.first.certificates,
        ak_public: binding.attestation_key.public.clone(),
        srk_public: binding.storage_root_key.public.clone(),
        feature_parent_public: binding.feature_parent.public.clone(),
        seed_public: binding.seed.public.clone(),
        epoch_index: binding.epoch_index.clone(),
        activity_index: binding.activity_index.clone(),
        store_key: PublicKey::from_sec1(&binding.store_key_public)
            .expect("the binding was verified under this key"),
        binding_key: binding_key.clone(),
        tpm,
        trust_bundle: None,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        leases: Vec::new(),
        further_endorsements: endorsement.further,
    }
}

/// Has the TPM open the credential of the response, and with it the response.
fn open_response(
    tpm: &mut dyn Tpm,
    binding: &StoreBinding,
    sealed: &SealedResponse,
    pending: &PendingActivation,
    auths: &Auths,
) -> Result<ActivationResponse, ActivateError> {
    let request =
        ActivationRequest::open(&pending.request).map_err(|_| ActivateError::NotRequested)?;
    let template =
        template_for(&request, sealed.credential()).ok_or(ActivateError::NoEndorsementKey)?;
    let secret =
        tpm.activate_credential(binding, template, sealed.credential(), &auths.endorsement)?;
    Ok(sealed.open(secret.as_bytes())?)
}

/// Ties the answer to this boot's clock, if the request was made in it.
fn witness(pending: &PendingActivation, uptime: Uptime) -> Option<BootWitness> {
    let applied = Moment::from(uptime);
    let same_boot = applied.boot_id == pending.made.boot_id;
    let round_trip_ms = applied.boottime_ms.checked_sub(pending.made.boottime_ms)?;
    same_boot.then_some(BootWitness {
        applied,
        round_trip_ms,
    })
}

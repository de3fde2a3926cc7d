//! Requests for activation that are under way: how many there can be, and dropping one.
//!
//! `docs/decisions/eight-requests.md` says why the operating system's clock drops none.

use crate::device::{DeviceError, StoreBinding, Tpm};
use crate::evidence::{AttestationKey, verify_quote};
use crate::protocol::ActivationRequest;
use crate::store::{Folder, PendingActivation, State};
use crate::token::{Digest, LicenseId, PcrSelection, Selections};

use super::Counterfoil;
use super::failure::Failure;
use super::settle::{Settled, StateUseError, settle};
use super::unlock::{Unlocked, unlock};

/// How many requests can be under way.
const MOST: usize = 8;
/// For how long of the TPM's time a request is kept whatever happens.
const KEPT_MS: u64 = 60 * 24 * 60 * 60 * 1000;

/// A request for activation that no response was applied to yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRequest {
    /// The request's id, which the response names.
    pub id: Digest,
    /// The license that was asked for.
    pub license: LicenseId,
    /// The product that it was asked for; empty for any of the vendor's.
    pub product: String,
}

impl From<&PendingActivation> for PendingRequest {
    fn from(pending: &PendingActivation) -> Self {
        let opened = ActivationRequest::open(&pending.request);
        Self {
            id: pending.request_id,
            license: pending.license_id,
            product: opened.map_or_else(|_| String::new(), |it| it.body().product.clone()),
        }
    }
}

impl Counterfoil {
    /// The requests for activation that no response was applied to yet, oldest first; at most eight, unless an earlier
    /// version of this library made more.
    ///
    /// Blocks for some ten milliseconds of TPM time.
    ///
    /// # Errors
    /// [`Failure`], where the store cannot be opened.
    pub fn pending_requests(&self) -> Result<Vec<PendingRequest>, Failure> {
        let config = self.config();
        let folder = Folder::open(&config.dir)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open()?;
        let Unlocked { binding, vault, .. } = unlock(config, &folder, tpm.as_mut())?;
        let Settled { state, .. } = settle(&vault, tpm.as_mut(), &binding)?;
        Ok(state.pending.iter().map(PendingRequest::from).collect())
    }

    /// Forgets the request for `license`: the vendor's response to it can no longer be applied. Whether there was one.
    ///
    /// No license is touched. Where the vendor has answered, the seat is this machine's, which gets it again with another
    /// request.
    ///
    /// # Errors
    /// [`Failure`], where the store cannot be opened or written; nothing was changed.
    pub fn drop_request(&self, license: LicenseId) -> Result<bool, Failure> {
        let config = self.config();
        let folder = Folder::open(&config.dir)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open()?;
        let Unlocked { binding, vault, .. } = unlock(config, &folder, tpm.as_mut())?;
        let Settled {
            base, mut state, ..
        } = settle(&vault, tpm.as_mut(), &binding)?;
        let before = state.pending.len();
        state
            .pending
            .retain(|pending| pending.license_id != license);
        if state.pending.len() == before {
            return Ok(false);
        }
        vault
            .save_in_place(base, state)
            .map_err(StateUseError::from)?;
        Ok(true)
    }
}

/// Why no further request can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoomError {
    /// There are as many as there can be.
    #[error(
        "{} requests are unanswered already, and there is room for {MOST}: apply the vendor's answers to them, or drop one that is \
         not wanted any more with `counterfoil requests drop LICENSE` ({})",
        .0.len(), list(.0)
    )]
    Full(Vec<PendingRequest>),
    /// The TPM.
    #[error(transparent)]
    Device(#[from] DeviceError),
}

fn list(pending: &[PendingRequest]) -> String {
    let ids: Vec<String> = pending.iter().map(|it| it.license.to_string()).collect();
    ids.join(", ")
}

/// Makes room for a request for `license`: where there is none, by dropping the oldest one that is over its time.
pub(super) fn make_room(
    state: &mut State,
    license: LicenseId,
    tpm: &mut dyn Tpm,
    binding: &StoreBinding,
) -> Result<(), RoomError> {
    // The one for the same license is replaced.
    let others = |state: &State| {
        let others = state.pending.iter();
        others.filter(|it| it.license_id != license).count()
    };
    if others(state) < MOST {
        return Ok(());
    }
    let ak = AttestationKey::from_public(&binding.attestation_key.public)
        .map_err(|_| DeviceError::BadBinding)?;
    let now_ms = clock_now_ms(tpm, binding, &ak)?;
    let is_over = |made_ms: u64| now_ms.saturating_sub(made_ms) >= KEPT_MS;
    while others(state) >= MOST {
        let made = state.pending.iter().enumerate();
        let made = made.filter_map(|(at, it)| Some((clock_when_made_ms(it, &ak)?, at)));
        match made.min() {
            Some((made_ms, at)) if is_over(made_ms) => drop(state.pending.remove(at)),
            _ => {
                let pending = state.pending.iter().map(PendingRequest::from);
                return Err(RoomError::Full(pending.collect()));
            }
        }
    }
    Ok(())
}

/// The TPM's clock, from a quote.
fn clock_now_ms(
    tpm: &mut dyn Tpm,
    binding: &StoreBinding,
    ak: &AttestationKey,
) -> Result<u64, DeviceError> {
    const QUALIFYING: [u8; 32] = [0; 32];
    let attestation = tpm.attest(binding, &QUALIFYING, &Selections::none())?;
    let quote = attestation.quotes.first();
    quote
        .and_then(|quote| verify_quote(ak, quote, &QUALIFYING, PcrSelection::NONE).ok())
        .map(|quote| quote.clock().clock_ms)
        .ok_or(DeviceError::Malformed("TPM2_Quote"))
}

/// The same when a request was made, from the quote in it.
fn clock_when_made_ms(pending: &PendingActivation, ak: &AttestationKey) -> Option<u64> {
    let request = ActivationRequest::open(&pending.request).ok()?;
    let (quote, qualifying) = (&request.proofs().quote, request.qualifying_data());
    let quote = verify_quote(ak, quote, &qualifying, PcrSelection::NONE).ok()?;
    Some(quote.clock().clock_ms)
}

//! What a machine gets: a license bound to it, a lease anchored in its TPM's clock, and the present status of all.

use rand_core::CryptoRng;

use super::enroll::VerifiedRequest;
use super::entitle::Entitled;
use super::keys::{Issuer, Key};
use super::service::Service;
use super::storage::{
    BindingRecord, BindingStatus, LeaseRecord, LicenseState, StorageError, Transaction,
};
use crate::time::anchored;
use crate::token::{
    Lease, License, ManifestRef, RenewAfter, SignError, Status, StatusList, StatusRef, TokenId, UtcTime, VersionRange,
};

/// Why nothing could be issued, although all is in order.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A token can't be signed.
    #[error("the tokens can't be signed: {0}")]
    Sign(#[from] SignError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Service {
    /// The binding of a seat to the machine as it is now: the one that is on record, or a new one, pending, with a
    /// license of its own.
    pub(super) async fn bind(
        &self,
        transaction: &mut Transaction,
        verified: &VerifiedRequest,
        entitled: &Entitled,
        issuer: &Key<Issuer>,
        now: UtcTime,
        random: &mut impl CryptoRng,
    ) -> Result<BindingRecord, IssueError> {
        let (binding, slot) = (verified.binding(), verified.request().body().slot);
        let known = transaction.bindings(entitled.seat()).await?;
        if let Some(known) = known.into_iter().find(|known| known.binding == *binding && known.slot == slot) {
            return Ok(known);
        }
        let sold = entitled.license();
        let license = License {
            issuer: self.vendor(),
            license_id: sold.id,
            product: sold.product.clone(),
            issued_at: now,
            not_before: sold.not_before,
            expires_at: sold.expires_at,
            token_id: token_id(random),
            binding: binding.clone(),
            edition: sold.edition.clone(),
            features: sold.features.iter().cloned().collect(),
            versions: VersionRange::default(),
            manifest_line: sold.line.clone(),
            status: StatusRef { list: self.status_list_uri(), index: entitled.seat().status_index },
            class: verified.enrolled().ek().class(),
        };
        let record = BindingRecord {
            status_index: entitled.seat().status_index,
            binding: binding.clone(),
            slot,
            status: BindingStatus::Pending,
            token_id: license.token_id,
            license_token: license.sign(&issuer.signer)?,
            bound_at: now,
        };
        transaction.add_binding(&record).await?;
        Ok(record)
    }

    /// The next lease of a binding. Its anchor is the request's own reading of the TPM, at the latest time that is
    /// proven to precede it: see [`time_before`].
    pub(super) async fn lease(
        &self,
        transaction: &mut Transaction,
        verified: &VerifiedRequest,
        entitled: &Entitled,
        bound: &BindingRecord,
        issuer: &Key<Issuer>,
        now: UtcTime,
        random: &mut impl CryptoRng,
    ) -> Result<LeaseRecord, IssueError> {
        let before = time_before(transaction, verified, entitled).await?;
        let newest = transaction.newest_lease(bound.token_id).await?;
        let (sold, terms, manifest) = (entitled.license(), entitled.terms(), entitled.manifest());
        let lease = Lease {
            issuer: self.vendor(),
            license_id: sold.id,
            product: sold.product.clone(),
            license: bound.token_id,
            token_id: token_id(random),
            sequence: newest.map_or(1, |newest| newest.sequence + 1),
            confirmation_key: bound.binding.confirmation_key.clone(),
            store: bound.binding.store,
            epoch: bound.binding.epoch,
            issued_at: now,
            expires_at: now.plus(terms.valid_for),
            renew_after: RenewAfter { at: now.plus(terms.renew_after), charge_ms: terms.renew_charge_ms },
            anchor: anchored(before, verified.reading()),
            window_s: terms.window.as_secs(),
            budget_ms: terms.budget_ms,
            unclean_loss_ms: terms.unclean_loss_ms,
            restarts_allowed: terms.restarts_allowed.get(),
            heartbeat_ms: terms.heartbeat_ms,
            manifest: ManifestRef { version: manifest.version, digest: manifest.digest },
            feature_approval: None,
        };
        let record = LeaseRecord {
            token_id: lease.token_id,
            license: bound.token_id,
            sequence: lease.sequence,
            manifest: manifest.version,
            issued_at: now,
            expires_at: lease.expires_at,
            token: lease.sign(&issuer.signer)?,
        };
        transaction.add_lease(&record).await?;
        Ok(record)
    }

    /// The present status of every seat, fresh until `until`.
    pub(super) async fn status_list(
        &self,
        transaction: &mut Transaction,
        issuer: &Key<Issuer>,
        now: UtcTime,
        until: UtcTime,
    ) -> Result<Vec<u8>, IssueError> {
        let states = transaction.seat_states().await?;
        let mut list = StatusList::new(self.vendor(), self.status_list_uri(), now, until, 0);
        for (index, state) in states {
            let status = match state {
                LicenseState::Valid => Status::Valid,
                LicenseState::Suspended => Status::Suspended,
                LicenseState::Revoked => Status::Invalid,
            };
            list.set(index, status).map_err(SignError::from)?;
        }
        Ok(list.sign(&issuer.signer)?)
    }
}

/// The latest time that is proven to precede the quote of a request whose nonce the device drew itself.
///
/// The quote covers the license id and, where the device has one, the digest of a trust bundle. Nobody can name either
/// before it exists: the id is random, the bundle signed. So the quote is younger than both. The bundle *in force* proves
/// nothing: it may have been signed while the request was on its way, and a floor ahead of true time would lock out an
/// honest machine.
async fn time_before(
    transaction: &mut Transaction,
    verified: &VerifiedRequest,
    entitled: &Entitled,
) -> Result<UtcTime, StorageError> {
    let named = match verified.request().body().trust_bundle {
        Some(digest) => transaction.bundle_date(digest).await?,
        None => None,
    };
    Ok(entitled.license().created_at.max(named.unwrap_or(UtcTime::EPOCH)))
}

fn token_id(random: &mut impl CryptoRng) -> TokenId {
    let mut id = [0; TokenId::LEN];
    random.fill_bytes(&mut id);
    TokenId::new(id)
}

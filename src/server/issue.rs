//! What a machine gets: a license bound to it, a lease anchored in its TPM's clock, and the present status of all.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::audit;
use super::enroll::VerifiedRequest;
use super::entitle::Entitled;
use super::keys::{Issuer, Key};
use super::service::Service;
use super::storage::{
    BindingRecord, BindingStatus, LIST_LENGTH, LeaseRecord, LicenseState, ManifestRecord,
    StatusEntry, StorageError, Transaction,
};
use crate::evidence::CredentialError;
use crate::protocol::ActivationResponse;
use crate::time::{ChargeError, Limits, anchored, carried, charge};
use crate::token::cose::CoseError;
use crate::token::{
    Lease, License, Manifest, ManifestRef, Platform, RenewAfter, SignError, Status, StatusList,
    StatusRef, TokenId, UtcTime, VerifiedBundle, VersionRange,
};

/// Most status lists in one answer. The largest takes some 17 KB; a chip with licenses in more lists than this learns of
/// the others with its next answer for them.
const LISTS_PER_ANSWER: usize = 4;

/// Why nothing could be issued, although all is in order.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// A token can't be signed.
    #[error("the tokens can't be signed: {0}")]
    Sign(#[from] SignError),
    /// The response can't be encrypted to the TPM.
    #[error("the response can't be encrypted to the TPM: {0}")]
    Credential(#[from] CredentialError),
    /// The response can't be put together.
    #[error("the response can't be made: {0}")]
    Response(#[from] CoseError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// One machine's issue: what everything that it gets is made from.
pub(super) struct Issue<'a, R> {
    pub(super) service: &'a Service,
    pub(super) bundle: &'a VerifiedBundle,
    pub(super) transaction: &'a mut Transaction,
    pub(super) verified: &'a VerifiedRequest,
    pub(super) entitled: &'a Entitled,
    pub(super) issuer: &'a Key<Issuer>,
    pub(super) now: UtcTime,
    pub(super) random: &'a mut R,
}

impl<R: CryptoRng> Issue<'_, R> {
    /// The binding of a seat to the machine as it is now, with a license that says what holds now and that machines
    /// believe: the one that is on record, or a new one, pending.
    pub(super) async fn bind(&mut self) -> Result<BindingRecord, IssueError> {
        let (seat, ek) = (self.entitled.seat(), self.verified.enrolled().ek());
        let slot = self.verified.request().body().slot;
        let license = self.license();
        let known = self.transaction.bindings(seat).await?;
        let newest = known
            .into_iter()
            .rfind(|known| known.binding == license.binding && known.slot == slot);
        let outdated = match newest {
            Some(known) => match self.outdated(&known, &license) {
                None => return Ok(known),
                Some(cause) => Some((known.token_id, cause)),
            },
            None => None,
        };
        let record = BindingRecord {
            status_index: seat.status_index,
            binding: license.binding.clone(),
            slot,
            status: BindingStatus::Pending,
            token_id: license.token_id,
            license_token: license.sign(&self.issuer.signer)?,
            bound_at: self.now,
        };
        self.transaction.add_binding(&record).await?;
        if let Some((before, cause)) = outdated {
            self.transaction.supersede(before).await?;
            let (subject, class) = (license.license_id.to_string(), license.class);
            let detail = format!(
                "device {}, class {class}, token {} in place of {before}: {cause}",
                ek.hash(),
                record.token_id
            );
            audit::append(
                self.transaction,
                self.now,
                "license_signed_anew",
                &subject,
                &detail,
            )
            .await?;
        }
        Ok(record)
    }

    /// Whether a machine can still use a lease with the license of `bound`: it is of that license, and both it and the rules
    /// that it names are signed by keys that are good.
    pub(super) async fn is_good(
        &mut self,
        lease: &LeaseRecord,
        bound: &BindingRecord,
    ) -> Result<bool, IssueError> {
        let manifest = self.manifest_of(lease).await?;
        Ok(lease.license == bound.token_id
            && Lease::verify(&lease.token, self.bundle).is_ok()
            && Manifest::verify(&manifest.token, self.bundle).is_ok())
    }

    /// The license as it is issued now.
    fn license(&mut self) -> License {
        let sold = self.entitled.license();
        let status = StatusEntry::of(self.entitled.seat().status_index);
        License {
            issuer: self.service.vendor(),
            license_id: sold.id,
            product: sold.product.clone(),
            issued_at: self.now,
            not_before: sold.not_before,
            expires_at: sold.expires_at,
            token_id: token_id(self.random),
            binding: self.verified.binding().clone(),
            edition: sold.edition.clone(),
            features: sold.features.iter().cloned().collect(),
            versions: VersionRange::default(),
            manifest_line: sold.line.clone(),
            status: StatusRef {
                list: self.service.status_list_uri(status.list),
                index: status.index,
            },
            class: self.verified.enrolled().ek().class(),
        }
    }

    /// Why a license that was issued serves no longer: its key is not good any more, or it says something else than `now`,
    /// the license as it is issued now.
    fn outdated(&self, known: &BindingRecord, now: &License) -> Option<String> {
        let signed = match License::verify(&known.license_token, self.bundle) {
            Ok(signed) => signed,
            Err(error) => return Some(error.to_string()),
        };
        let same = License {
            issued_at: signed.issued_at,
            token_id: signed.token_id,
            ..now.clone()
        };
        (*signed != same).then(|| "what it says holds no longer".to_owned())
    }

    /// The next lease of a binding. Its anchor is the request's own reading of the TPM, at the latest time that is
    /// proven to precede it: see [`time_before`].
    pub(super) async fn lease(
        &mut self,
        bound: &BindingRecord,
        platform: Option<Platform>,
    ) -> Result<LeaseRecord, IssueError> {
        let last = self.transaction.last_lease(self.entitled.seat()).await?;
        let before = time_before(self.transaction, self.verified, self.entitled)
            .await?
            .max(self.carried_on(last.as_ref()).unwrap_or(UtcTime::EPOCH));
        let (sold, terms, manifest) = (
            self.entitled.license(),
            self.entitled.terms(),
            self.entitled.manifest(),
        );
        let lease = Lease {
            issuer: self.service.vendor(),
            license_id: sold.id,
            product: sold.product.clone(),
            license: bound.token_id,
            token_id: token_id(self.random),
            sequence: next_sequence(last.map(|last| last.sequence), self.now),
            confirmation_key: bound.binding.confirmation_key.clone(),
            store: bound.binding.store,
            epoch: bound.binding.epoch,
            issued_at: self.now,
            expires_at: self.now.plus(terms.valid_for),
            renew_after: RenewAfter {
                at: self.now.plus(terms.renew_after),
                charge_ms: terms.renew_charge_ms,
            },
            anchor: anchored(before, self.verified.reading()),
            window_s: terms.window.as_secs(),
            budget_ms: terms.budget_ms,
            unclean_loss_ms: terms.unclean_loss_ms,
            restarts_allowed: terms.restarts_allowed.get(),
            heartbeat_ms: terms.heartbeat_ms,
            manifest: ManifestRef {
                version: manifest.version,
                digest: manifest.digest,
            },
            feature_approval: None,
            platform,
        };
        let record = LeaseRecord {
            token_id: lease.token_id,
            license: bound.token_id,
            sequence: lease.sequence,
            manifest: manifest.version,
            issued_at: self.now,
            expires_at: lease.expires_at,
            token: lease.sign(&self.issuer.signer)?,
        };
        self.transaction.add_lease(&record).await?;
        Ok(record)
    }

    /// The time of the `last` lease's anchor, carried forward by the TPM's own clock to the request's reading; none where
    /// the reading does not continue it. A clock that was set forward since takes it no further than to now.
    fn carried_on(&self, last: Option<&LeaseRecord>) -> Option<UtcTime> {
        let last = Lease::verify(&last?.token, self.bundle).ok()?;
        let reading = self.verified.reading();
        // The same key is the same seed: this TPM, and not cleared since.
        let same_store = last.confirmation_key == self.verified.binding().confirmation_key;
        let continues = match charge(&last.anchor, reading, &Limits::from(&last)) {
            Ok(_) | Err(ChargeError::BudgetSpent { .. }) => true,
            Err(_) => false,
        };
        let carried = carried(&last.anchor, reading).utc.min(self.now);
        (same_store && continues).then_some(carried)
    }

    /// The response file: all that the machine needs, encrypted to the TPM that holds both the endorsement and the
    /// attestation key of its request.
    pub(super) async fn response(
        &mut self,
        bound: &BindingRecord,
        lease: &LeaseRecord,
    ) -> Result<Vec<u8>, IssueError> {
        let manifest = self.manifest_of(lease).await?;
        let response = ActivationResponse {
            request: self.verified.request().id(),
            license: bound.license_token.clone(),
            lease: lease.token.clone(),
            manifest: manifest.token,
            trust_bundle: self.bundle.bytes().to_vec(),
            status_lists: self.status_lists().await?,
        };
        let (mut secret, mut iv) = (Zeroizing::new([0; 32]), [0; 12]);
        self.random.fill_bytes(&mut *secret);
        self.random.fill_bytes(&mut iv);
        let credential = self.verified.enrolled().credential(&*secret, self.random)?;
        Ok(response.seal(&credential, &*secret, iv)?)
    }

    /// The manifest that a lease names.
    async fn manifest_of(&mut self, lease: &LeaseRecord) -> Result<ManifestRecord, StorageError> {
        let sold = self.entitled.license();
        let manifest = self
            .transaction
            .manifest(&sold.product, &sold.line, lease.manifest)
            .await?;
        manifest.ok_or(StorageError::Damaged {
            column: "leases.manifest",
        })
    }

    /// The status lists with an entry of this chip: that of this seat first.
    async fn status_lists(&mut self) -> Result<Vec<Vec<u8>>, IssueError> {
        let own = StatusEntry::of(self.entitled.seat().status_index).list;
        let ek = self.verified.enrolled().ek().hash();
        let others = self.transaction.status_lists_of(ek).await?;
        let others = others.into_iter().filter(|list| *list != own);
        let mut lists = Vec::new();
        for list in [own].into_iter().chain(others).take(LISTS_PER_ANSWER) {
            lists.push(self.status_list(list).await?);
        }
        Ok(lists)
    }

    /// The present status of every seat in a list, fresh for as long as a lease of today.
    async fn status_list(&mut self, list: u64) -> Result<Vec<u8>, IssueError> {
        let states = self.transaction.statuses(list).await?;
        let until = self.now.plus(self.entitled.terms().valid_for);
        let mut list = StatusList::new(
            self.service.vendor(),
            self.service.status_list_uri(list),
            self.now,
            until,
            LIST_LENGTH as usize,
        );
        for (index, state) in states {
            let status = match state {
                LicenseState::Valid => Status::Valid,
                LicenseState::Suspended => Status::Suspended,
                LicenseState::Revoked => Status::Invalid,
            };
            list.set(index, status).map_err(SignError::from)?;
        }
        Ok(list.sign(&self.issuer.signer)?)
    }
}

/// The latest time that is proven to precede the quote of a request whose nonce the device drew itself.
///
/// The quote covers the license id and, where the request names one, the digest of a trust bundle. Nobody can name either
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
    Ok(entitled
        .license()
        .created_at
        .max(named.unwrap_or(UtcTime::EPOCH)))
}

/// The number of a seat's next lease, above that of its `last` one.
///
/// It is at least the time in seconds: machines accept nothing below what they have seen, and a database that was restored
/// from a backup does not know of the leases that were issued since.
fn next_sequence(last: Option<u64>, now: UtcTime) -> u64 {
    last.map_or(0, |last| last + 1).max(now.unix())
}

fn token_id(random: &mut impl CryptoRng) -> TokenId {
    let mut id = [0; TokenId::LEN];
    random.fill_bytes(&mut id);
    TokenId::new(id)
}

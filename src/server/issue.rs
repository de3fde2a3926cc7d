//! What a machine gets: a license bound to it, a lease anchored in its TPM's clock, and the present status of all.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::audit;
use super::enroll::VerifiedRequest;
use super::entitle::Entitled;
use super::keys::{Issuer, Key};
use super::service::Service;
use super::storage::{
    BindingRecord, BindingStatus, LIST_LENGTH, LeaseGrounds, LeaseRecord, LicenseState,
    ManifestRecord, ReadingRecord, StatusEntry, StorageError, Transaction,
};
use crate::evidence::CredentialError;
use crate::protocol::ActivationResponse;
use crate::time::{anchored, carried, continues};
use crate::token::cose::CoseError;
use crate::token::{
    Anchor, Lease, License, Manifest, ManifestRef, Platform, RenewAfter, SignError, Status,
    StatusList, StatusRef, TokenId, UtcTime, VerifiedBundle, VersionRange,
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
        let seat = self.entitled.seat();
        let slot = self.verified.request().body().slot;
        let license = self.license();
        let known = self.transaction.bindings(seat).await?;
        let newest = known
            .into_iter()
            .rfind(|known| known.binding == license.binding && known.slot == slot);
        let outdated = match newest {
            Some(known) => match self.outdated(&known, &license) {
                None => return Ok(known),
                Some(cause) => Some((known, cause)),
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
            // One that arrived is good for its machine until the new one has arrived too.
            if before.status == BindingStatus::Pending {
                self.transaction.supersede(before.token_id).await?;
            }
            let (subject, class) = (license.license_id.to_string(), license.class);
            let detail = format!(
                "device {}, class {class}, token {} in place of {}: {cause}",
                seat.ek, record.token_id, before.token_id
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
        if signed.issued_at > self.now {
            return Some("it was dated after now".to_owned());
        }
        let same = License {
            issued_at: signed.issued_at,
            token_id: signed.token_id,
            ..now.clone()
        };
        (*signed != same).then(|| "what it says holds no longer".to_owned())
    }

    /// The next lease of a binding. Its anchor is the request's own reading of the TPM, at the latest time that is
    /// proven to precede it: see [`time_before`] and [`Precedence`].
    pub(super) async fn lease(
        &mut self,
        bound: &BindingRecord,
        platform: Option<Platform>,
    ) -> Result<LeaseRecord, IssueError> {
        let before = self.precedence().await?;
        let sequence = self
            .transaction
            .last_sequence(self.entitled.license().id)
            .await?;
        let correction = self.transaction.correction().await?;
        let (ek, reading) = (self.verified.enrolled().ek(), self.verified.reading());
        let grounds = LeaseGrounds {
            ek: ek.hash(),
            class: ek.class(),
            reading: ReadingRecord {
                utc: before.in_line,
                clock_ms: reading.clock.clock_ms,
                reset_count: reading.clock.reset_count,
                restart_count: reading.clock.restart_count,
            },
        };
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
            sequence: next_sequence(sequence, self.now),
            confirmation_key: bound.binding.confirmation_key.clone(),
            store: bound.binding.store,
            epoch: bound.binding.epoch,
            issued_at: self.now,
            expires_at: self.now.plus(terms.valid_for),
            renew_after: RenewAfter {
                at: self.now.plus(terms.renew_after),
                charge_ms: terms.renew_charge_ms,
            },
            anchor: anchored(before.utc, reading),
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
            correction: correction.map(|last| last.number),
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
        self.transaction.add_lease(&record, &grounds).await?;
        Ok(record)
    }

    /// The latest time that is proven to precede the request's reading of its TPM.
    ///
    /// Whatever lease was issued for this TPM, for any license, seat, slot and store: where the reading goes on from that
    /// one's, the time that preceded that, carried forward by the TPM's own clock, has passed too. A clock that was set
    /// forward since takes it no further than to now, and a date on record that lies after now is a mistake of this
    /// service's clock.
    ///
    /// A reading under another storage root key may be of before or after a TPM2_Clear, which the counts can't always tell.
    /// Where it was of after, and this request was made before and came late, the lease is for a seed that is dead, so that
    /// its date harms nobody; but it must not become the ground of others.
    async fn precedence(&mut self) -> Result<Precedence, IssueError> {
        let own = time_before(self.transaction, self.verified, self.entitled)
            .await?
            .min(self.now);
        let (reading, srk) = (self.verified.reading(), self.verified.binding().srk);
        let limits = self.entitled.terms().limits();
        let ak = self.verified.enrolled().ak().name();
        let known = self.transaction.readings(self.entitled.chip(), ak).await?;
        let mut found = Precedence {
            utc: own,
            in_line: own,
        };
        for before in known {
            let anchor = Anchor {
                utc: before.reading.utc,
                clock_ms: before.reading.clock_ms,
                reset_count: before.reading.reset_count,
                restart_count: before.reading.restart_count,
                activity: reading.activity,
            };
            if anchor.utc > self.now || !continues(&anchor, reading, &limits) {
                continue;
            }
            let utc = carried(&anchor, reading).utc.min(self.now);
            found.utc = found.utc.max(utc);
            if before.srk == srk {
                found.in_line = found.in_line.max(utc);
            }
        }
        Ok(found)
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
        let chip = self.entitled.chip();
        let others = self.transaction.status_lists_of(chip).await?;
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

/// A time that is proven to precede a reading.
#[derive(Debug, Clone, Copy)]
struct Precedence {
    /// As far as anything proves.
    utc: UtcTime,
    /// As far as readings under the same storage root key prove.
    in_line: UtcTime,
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

/// The number of a license's next lease, above that of its `last` one on any machine.
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

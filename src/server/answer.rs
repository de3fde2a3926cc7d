//! From a request file to a response file, in one step that happens whole or not at all.

use rand_core::CryptoRng;

use super::audit;
use super::contact::take_note;
use super::enroll::{presented_hashes, verify_opened};
use super::entitle::{EntitleError, entitle};
use super::issue::{Issue, IssueError};
use super::keys::{Issuer, Key};
use super::manifest::ManifestError;
use super::platform::approve;
use super::refusal::Refusal;
use super::roots::{TrustChangeError, ek_trust};
use super::service::{Service, TrustError};
use super::storage::StorageError;
use crate::evidence::{EkHash, EkTrust, Public};
use crate::protocol::ActivationRequest;
use crate::token::cose::{CoseError, Kind, identify};
use crate::token::{DeviceClass, Digest, LicenseId, UtcTime};

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The response file: only the TPM that asked can open it.
    pub response: Vec<u8>,
    /// The request.
    pub request: Digest,
    /// The license.
    pub license: LicenseId,
    /// The product.
    pub product: String,
    /// The machine, by the endorsement key that it is known by.
    pub ek: EkHash,
    /// The machine's class.
    pub class: DeviceClass,
    /// When the first certificate between the machine and its pinned root ended, if one has: its rule accepts that, or the machine
    /// was on record.
    pub certificate_expired: Option<UtcTime>,
    /// The seat's number, counted through the entries of all status lists ([`StatusEntry`](super::storage::StatusEntry)).
    pub status_index: u64,
    /// End of the lease.
    pub lease_expires_at: UtcTime,
    /// Whether nobody has shown yet that an answer to this seat's machine was opened.
    pub pending: bool,
    /// Whether this very request was answered before, and this is that answer: the tokens are the same ones.
    pub repeated: bool,
}

/// Why a file got no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The request is refused; nothing was changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The file is of a kind that is not answered.
    #[error("this is a file of kind `{}`, not a request; `counterfoil inspect` shows what it holds", .0.name())]
    OtherKind(Kind),
    /// The file is none of this project's.
    #[error("this is no request file: {0}")]
    NotAFile(CoseError),
    /// The service may not sign now.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The pinned certificates can't be read.
    #[error(transparent)]
    Roots(#[from] TrustChangeError),
    /// The product's rules can't be signed anew.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The tokens can't be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Service {
    /// Answers a request file: verifies the machine ([`verify`](super::enroll::verify) lists the checks), decides whether it is entitled, takes
    /// a seat, and issues license and lease, as pending. The same request again yields the same tokens, as long as machines
    /// believe them and what they say still holds; another request of the same chip yields the same seat.
    ///
    /// What the request shows about *earlier* answers is kept even where it is refused itself: an activation is pending until
    /// the machine names a lease of it.
    ///
    /// # Errors
    /// [`AnswerError::Refused`] is the machine's fault; it has changed nothing else. All else is this side's.
    pub async fn answer(
        &self,
        file: &[u8],
        issuer: &Key<Issuer>,
        now: UtcTime,
        random: &mut impl CryptoRng,
    ) -> Result<Answer, AnswerError> {
        match identify(file).map_err(AnswerError::NotAFile)? {
            Kind::ActivationRequest => {}
            other => return Err(AnswerError::OtherKind(other)),
        }
        let now = self.signing_time(now).await.map_err(TrustError::from)?;
        let bundle = self.trusted(issuer, now)?;
        let request = ActivationRequest::open(file).map_err(Refusal::from)?;
        let trust = self.trust_for(&request).await?;
        let verified = verify_opened(request, self.vendor(), &trust, now)?;
        take_note(self.storage(), &verified, now).await?;
        let mut transaction = self.storage().write().await?;
        let entitled = entitle(self, &mut transaction, &verified, issuer, now).await?;
        let issue = Issue {
            service: self,
            bundle,
            transaction: &mut transaction,
            verified: &verified,
            entitled: &entitled,
            issuer,
            now,
            random,
        };
        let answer = activate(issue).await?;
        transaction.note_date(now).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    /// Whom the vendor trusts, and which of the request's endorsement keys are on record.
    async fn trust_for(&self, request: &ActivationRequest) -> Result<EkTrust, AnswerError> {
        let mut transaction = self.storage().read().await?;
        let mut trust = ek_trust(&mut transaction).await?;
        let ak = Public::parse(&request.body().ak_public).ok();
        let ak = ak.and_then(|ak| ak.name());
        for hash in presented_hashes(request) {
            let proven = match &ak {
                Some(ak) => {
                    let chip = transaction.chip(hash, ak).await?;
                    chip.ak_proven || chip.ek_proven
                }
                None => false,
            };
            if proven || transaction.device(hash).await?.is_some() {
                trust.on_record.insert(hash);
            }
        }
        Ok(trust)
    }
}

/// Issues, unless this very request was answered before.
async fn activate<R: CryptoRng>(mut issue: Issue<'_, R>) -> Result<Answer, AnswerError> {
    let (entitled, ek) = (issue.entitled, issue.verified.enrolled().ek());
    let request = issue.verified.request().id();
    let bound = issue.bind().await?;
    let before = match issue.transaction.answered(request).await? {
        Some(lease) if issue.is_good(&lease, &bound).await? => Some(lease),
        _ => None,
    };
    let repeated = before.is_some();
    let lease = match before {
        Some(lease) => lease,
        None => {
            let platform = approve(issue.transaction, issue.verified, entitled, issue.now).await?;
            let lease = issue.lease(&bound, platform).await?;
            issue
                .transaction
                .add_answer(request, lease.token_id, issue.now)
                .await?;
            let license = entitled.license().id.to_string();
            let pending = match entitled.seat().confirmed_at {
                Some(_) => "",
                None => ", pending",
            };
            let device = entitled.seat().ek;
            let ended = ek.expired().map(|end| format!(", certificate ended {end}"));
            let detail = format!(
                "device {device}, lease {}{pending}{}",
                lease.sequence,
                ended.unwrap_or_default()
            );
            audit::append(issue.transaction, issue.now, "activated", &license, &detail).await?;
            lease
        }
    };
    Ok(Answer {
        response: issue.response(&bound, &lease).await?,
        request,
        license: entitled.license().id,
        product: entitled.license().product.clone(),
        ek: entitled.seat().ek,
        class: ek.class(),
        certificate_expired: ek.expired(),
        status_index: entitled.seat().status_index,
        lease_expires_at: lease.expires_at,
        pending: entitled.seat().confirmed_at.is_none(),
        repeated,
    })
}

impl From<EntitleError> for AnswerError {
    fn from(error: EntitleError) -> Self {
        match error {
            EntitleError::Refused(refusal) => Self::Refused(refusal),
            EntitleError::Manifest(error) => Self::Manifest(error),
            EntitleError::Storage(error) => Self::Storage(error),
        }
    }
}

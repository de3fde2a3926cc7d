//! From a request file to a response file, in one step that happens whole or not at all.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::audit;
use super::enroll::{VerifiedRequest, verify};
use super::entitle::{EntitleError, Entitled, entitle};
use super::issue::IssueError;
use super::keys::{Issuer, Key};
use super::refusal::Refusal;
use super::roots::{TrustChangeError, ek_trust};
use super::service::{Service, TrustError};
use super::storage::{BindingRecord, LeaseRecord, StorageError, Transaction};
use crate::evidence::{CredentialError, EkHash};
use crate::protocol::ActivationResponse;
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
    /// The machine's endorsement key.
    pub ek: EkHash,
    /// The machine's class.
    pub class: DeviceClass,
    /// Index of the seat in the status list.
    pub status_index: u64,
    /// End of the lease.
    pub lease_expires_at: UtcTime,
    /// Whether this very request was answered before: the tokens are the same ones.
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
    /// The tokens can't be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The response can't be encrypted to the TPM.
    #[error("the response can't be encrypted to the TPM: {0}")]
    Credential(#[from] CredentialError),
    /// The response can't be put together.
    #[error("the response can't be made: {0}")]
    Response(CoseError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Service {
    /// Answers a request file: verifies the machine ([`verify`] lists the checks), decides whether it is entitled, takes
    /// a seat, and issues license and lease, as pending. The same request again yields the same tokens; another request
    /// of the same chip yields the same seat.
    ///
    /// # Errors
    /// [`AnswerError::Refused`] is the machine's fault; it has changed nothing. All else is this side's.
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
        self.trusted(issuer, now)?;
        let trust = ek_trust(&mut self.storage().read().await?).await?;
        let verified = verify(file, self.vendor(), &trust, now)?;
        let mut transaction = self.storage().write().await?;
        let answer = self.activate(&mut transaction, &verified, issuer, now, random).await?;
        transaction.commit().await?;
        Ok(answer)
    }

    async fn activate(
        &self,
        transaction: &mut Transaction,
        verified: &VerifiedRequest,
        issuer: &Key<Issuer>,
        now: UtcTime,
        random: &mut impl CryptoRng,
    ) -> Result<Answer, AnswerError> {
        let bundle = self.bundle()?;
        let entitled = entitle(transaction, verified, bundle, now).await?;
        let bound = self.bind(transaction, verified, &entitled, issuer, now, random).await?;
        let id = verified.request().id();
        let before = transaction.answered(id).await?.filter(|lease| lease.license == bound.token_id);
        let repeated = before.is_some();
        let lease = match before {
            Some(lease) => lease,
            None => {
                let lease = self.lease(transaction, verified, &entitled, &bound, issuer, now, random).await?;
                transaction.add_answer(id, lease.token_id, now).await?;
                let detail = format!("device {}, lease {}", entitled.seat().ek, lease.sequence);
                audit::append(transaction, now, "activated", &entitled.license().id.to_string(), &detail).await?;
                lease
            }
        };
        let response = self.response(transaction, verified, &entitled, (&bound, &lease), issuer, now, random).await?;
        Ok(Answer {
            response,
            request: id,
            license: entitled.license().id,
            product: entitled.license().product.clone(),
            ek: verified.enrolled().ek().hash(),
            class: verified.enrolled().ek().class(),
            status_index: entitled.seat().status_index,
            lease_expires_at: lease.expires_at,
            repeated,
        })
    }

    /// Puts the response together and encrypts it to the TPM that holds both the endorsement and the attestation key.
    async fn response(
        &self,
        transaction: &mut Transaction,
        verified: &VerifiedRequest,
        entitled: &Entitled,
        (bound, lease): (&BindingRecord, &LeaseRecord),
        issuer: &Key<Issuer>,
        now: UtcTime,
        random: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, AnswerError> {
        let (product, line) = (&entitled.license().product, &entitled.license().line);
        let manifest = transaction
            .manifest(product, line, lease.manifest)
            .await?
            .ok_or(StorageError::Damaged { column: "leases.manifest" })?;
        let response = ActivationResponse {
            request: verified.request().id(),
            license: bound.license_token.clone(),
            lease: lease.token.clone(),
            manifest: manifest.token,
            trust_bundle: self.bundle()?.bytes().to_vec(),
            status_lists: vec![self.status_list(transaction, issuer, now, lease.expires_at).await?],
        };
        let (mut secret, mut iv) = (Zeroizing::new([0; 32]), [0; 12]);
        random.fill_bytes(&mut *secret);
        random.fill_bytes(&mut iv);
        let credential = verified.enrolled().credential(&*secret, random)?;
        response.seal(&credential, &*secret, iv).map_err(AnswerError::Response)
    }
}

impl From<EntitleError> for AnswerError {
    fn from(error: EntitleError) -> Self {
        match error {
            EntitleError::Refused(refusal) => Self::Refused(refusal),
            EntitleError::Storage(error) => Self::Storage(error),
        }
    }
}

//! Evidence for a relying party.

use crate::protocol::EvidenceFile;
use crate::store::{AccessError, Folder, LockError};
use crate::token::cose::{CoseError, Kind};

use super::Counterfoil;
use super::attest::{bound_tokens, files, heartbeat_ms, take_evidence};
use super::clock::{Deadline, Moment};
use super::failure::Failure;
use super::holdings::take_stock;
use super::settle::StateUseError;
use super::unlock::unlock;

/// Why no evidence can be given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The store or the TPM.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// There is no license to give evidence about.
    #[error("there is no license here that is bound to this machine: activate one first")]
    NoLicense,
    /// More licenses than a file holds. The TPM was not asked.
    #[error(
        "evidence about {licenses} licenses would be larger than the {limit} bytes that a file may have, which are enough for \
         100: keep some of them in another store (another slot and folder)"
    )]
    TooManyLicenses {
        /// How many there are.
        licenses: usize,
        /// The most bytes of a file.
        limit: usize,
    },
    /// The file does not fit its format.
    #[error("the evidence cannot be written: {0}")]
    Format(#[from] CoseError),
}

impl From<AccessError> for ExportError {
    fn from(error: AccessError) -> Self {
        Failure::from(error).into()
    }
}

impl From<LockError> for ExportError {
    fn from(error: LockError) -> Self {
        Failure::from(error).into()
    }
}

impl From<StateUseError> for ExportError {
    fn from(error: StateUseError) -> Self {
        Failure::from(error).into()
    }
}

impl Counterfoil {
    /// Evidence about every license of this machine, fresh for `nonce`, which the relying party drew at random: an
    /// `.evidence` file, signed by the binding key.
    ///
    /// It says what the TPM attests and leaves the verdict to the relying party. Blocks like [`Counterfoil::validate`].
    /// Like there an answer that was held back for longer than a heartbeat of the lease is none: it is asked for once more,
    /// and then there is no file.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn evidence(&self, nonce: [u8; 32]) -> Result<Vec<u8>, ExportError> {
        match self.take(nonce) {
            Err(ExportError::Failure(Failure::Late)) => self.take(nonce),
            result => result,
        }
    }

    fn take(&self, nonce: [u8; 32]) -> Result<Vec<u8>, ExportError> {
        let config = self.config();
        let begun = Moment::now(&*config.clock);
        let folder = Folder::open(&config.dir)?;
        let folder = folder.lock(config.patience)?;
        let mut tpm = config.hardware.open().map_err(Failure::from)?;
        let unlocked = unlock(config, &folder, tpm.as_mut())?;
        let (settled, holdings) = take_stock(&config.trust, &unlocked, tpm.as_mut())?;
        let held = holdings.by_license(config, &settled.state);
        let tokens = bound_tokens(&unlocked, &held);
        if tokens.is_empty() {
            return Err(ExportError::NoLicense);
        }
        let files = files(&tokens);
        if !EvidenceFile::fits(&files) {
            return Err(ExportError::TooManyLicenses {
                licenses: tokens.len(),
                limit: Kind::Evidence.size_limit(),
            });
        }
        let evidence = take_evidence(
            tpm.as_mut(),
            &unlocked.binding,
            &tokens,
            &settled,
            vec![nonce],
        )?;
        let ak_public = unlocked.binding.attestation_key.public.clone();
        let file = EvidenceFile {
            evidence,
            ak_public,
            tokens: files,
        };
        let file = file.sign(unlocked.key.signing_key())?;
        match Deadline::of(begun, heartbeat_ms(&tokens)).has_come(&*config.clock) {
            true => Err(Failure::Late.into()),
            false => Ok(file),
        }
    }
}

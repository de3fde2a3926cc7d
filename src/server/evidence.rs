//! What a machine's evidence proves, as a relying party on the vendor's side sees it.

use super::service::{Service, TrustError};
use crate::protocol::report::cmw::{self, CmwError};
use crate::protocol::report::{EvidenceFile, LeasedLicense, ReportError, VerifiedReport};
use crate::time::{Charge, ChargeError, Limits, Reading, charge, proven_utc};
use crate::token::{Digest, Lease, License, PcrSelection, Platform, UtcTime, Verified};
use std::num::NonZeroU32;

/// Evidence whose every check passed, and what it means for each license.
#[derive(Debug)]
pub struct Proof {
    /// The TPM's clock and counts, and the activity counter.
    pub reading: Reading,
    /// The licenses, each with its lease.
    pub licenses: Vec<ProvenLicense>,
}

/// A license that the machine proved to hold.
#[derive(Debug)]
pub struct ProvenLicense {
    /// The license.
    pub license: Verified<License>,
    /// Its lease.
    pub lease: Verified<Lease>,
    /// What of the lease's budget is spent.
    pub charge: Charge,
    /// The latest time that has certainly passed at the machine.
    pub proven_utc: UtcTime,
    /// What its machine's PCRs held, where the lease watches some.
    pub platform: Option<ProvenPlatform>,
}

/// What a machine's PCRs held, and what was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvenPlatform {
    /// The PCRs that the lease names and the quote is over.
    pub pcrs: PcrSelection,
    /// The quote's digest.
    pub digest: Digest,
    /// The digest that was approved for this machine; `None` where the product's rules list what is approved.
    pub reference: Option<Digest>,
}

/// The one check that evidence failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// There is nothing to verify it with.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The wrapper around the file.
    #[error(transparent)]
    Wrapper(#[from] CmwError),
    /// The file, a token in it, or an attestation.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The lease is spent, or what the TPM says does not follow from its anchor.
    #[error("the time since the last contact: {0}")]
    Charge(#[from] ChargeError),
    /// The lease allows no restart; no vendor's program issues one.
    #[error("a lease in the evidence allows no restarts, which no lease may")]
    NoRestarts,
}

impl EvidenceError {
    /// Whether the evidence is at fault; otherwise this side could not judge it.
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Trust(_))
    }
}

impl Service {
    /// Verifies an evidence file, as it is or in a CMW record ([`cmw`]), against this vendor's keys with the function that every relying party uses
    /// ([`EvidenceFile::verify`] lists the checks), then charges each lease the time that its TPM shows.
    ///
    /// The caller has established that `nonce` was drawn at random for this very question.
    ///
    /// # Errors
    /// The one check that failed.
    pub fn verify_evidence(&self, file: &[u8], nonce: &[u8; 32]) -> Result<Proof, EvidenceError> {
        let VerifiedReport { licenses, evidence } =
            EvidenceFile::verify(&cmw::contents(file)?, self.bundle()?, nonce)?;
        let reading = Reading {
            clock: *evidence.clock(),
            activity: evidence.activity(),
        };
        let licenses = licenses
            .into_iter()
            .map(|LeasedLicense { license, lease }| {
                let limits = Limits {
                    budget_ms: lease.budget_ms,
                    unclean_loss_ms: lease.unclean_loss_ms,
                    restarts_allowed: NonZeroU32::new(lease.restarts_allowed)
                        .ok_or(EvidenceError::NoRestarts)?,
                    heartbeat_ms: lease.heartbeat_ms,
                };
                let charge = charge(&lease.anchor, &reading, &limits)?;
                let proven_utc = proven_utc(&lease.anchor, &reading);
                let platform = lease.platform.and_then(|Platform { pcrs, reference }| {
                    Some(ProvenPlatform {
                        pcrs,
                        digest: evidence.pcr_digest(pcrs)?,
                        reference,
                    })
                });
                Ok(ProvenLicense {
                    license,
                    lease,
                    charge,
                    proven_utc,
                    platform,
                })
            })
            .collect::<Result<_, EvidenceError>>()?;
        Ok(Proof { reading, licenses })
    }
}

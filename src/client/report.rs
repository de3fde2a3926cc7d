//! What a validation tells the application.

use crate::policy::{
    Inputs, Language, ListedStatus, ManifestHealth, PlatformFact, Reason, Rules, Standing,
    StateHealth, StatusFact, Verdict, decide,
};
use crate::protocol::VerifiedEvidence;
use crate::time::Now;
use crate::token::{Lease, License, LicenseId, Verified};

use super::failure::Failure;

/// The outcome of one validation.
#[derive(Debug)]
pub struct Report {
    /// The licenses of the store, by id.
    pub licenses: Vec<LicenseReport>,
    /// The verdict on the license that stands best, or on there being none.
    pub verdict: Verdict,
    /// What the TPM attested, if it came to that.
    pub evidence: Option<VerifiedEvidence>,
    /// Why the validation came to nothing, in an administrator's words.
    pub failure: Option<Failure>,
}

/// One license and the verdict on it.
#[derive(Debug)]
pub struct LicenseReport {
    /// Its id.
    pub id: LicenseId,
    /// What it says, if it is genuine.
    pub license: Option<License>,
    /// Its lease, if that is genuine.
    pub lease: Option<Verified<Lease>>,
    /// The verdict.
    pub verdict: Verdict,
    /// How long the verdict may be used, in milliseconds: J of the lease.
    pub heartbeat_ms: u64,
}

impl Report {
    /// Whether any license turns the feature on.
    pub fn allows(&self, feature: &str) -> bool {
        self.licenses
            .iter()
            .any(|license| license.verdict.features.iter().any(|on| on == feature))
    }

    pub(super) fn of(
        licenses: Vec<LicenseReport>,
        evidence: Option<VerifiedEvidence>,
        now: Now,
        essential: &[String],
    ) -> Self {
        let best = licenses
            .iter()
            .map(|license| &license.verdict)
            .min_by_key(|verdict| verdict.standing)
            .cloned();
        let verdict =
            best.unwrap_or_else(|| verdict_without_license(Reason::NotActivated, now, essential));
        Self {
            licenses,
            verdict,
            evidence,
            failure: None,
        }
    }

    pub(super) fn of_failure(failure: Failure, now: Now, essential: &[String]) -> Self {
        let verdict = verdict_without_license(failure.reason(), now, essential);
        Self {
            licenses: Vec::new(),
            verdict,
            evidence: None,
            failure: Some(failure),
        }
    }

    /// How long the application may go on with this report before it asks again.
    pub(super) fn heartbeat_ms(&self) -> u64 {
        self.licenses
            .iter()
            .filter(|license| license.verdict.standing <= Standing::OfflineGrace)
            .map(|license| license.heartbeat_ms)
            .min()
            .unwrap_or(RETRY_MS)
    }
}

/// How soon a report that grants no more than the essential tier is made anew: soon enough for a person who mends the
/// cause, and seldom enough that feature checks do not keep the TPM busy.
const RETRY_MS: u64 = 10_000;

fn verdict_without_license(reason: Reason, now: Now, essential: &[String]) -> Verdict {
    let inputs = Inputs {
        now,
        license: Err(reason),
        lease: Err(reason),
        device: Err(reason),
        evidence: Err(reason),
        counter: Err(reason),
        charge: Err(reason),
        state: StateHealth::Current,
        status: StatusFact {
            status: ListedStatus::Unknown,
            stale: false,
        },
        manifest: ManifestHealth::Missing,
        platform: PlatformFact::NotAsked,
        app_version: None,
        language: Language::default(),
    };
    decide(&inputs, &Rules::without_manifest(essential.to_vec()))
}

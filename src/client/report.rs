//! What a validation tells the application.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::policy::{
    Anomaly, Inputs, LeaseFacts, LicenseFacts, ListedStatus, ManifestHealth, PlatformFact, Reason,
    Rules, Standing, StateHealth, StatusFact, Verdict, decide,
};
use crate::protocol::VerifiedEvidence;
use crate::time::{self, Now};
use crate::token::{Lease, License, LicenseId, UtcTime, Verified};

use super::clock::{Deadline, Moment};
use super::failure::Failure;
use super::pending::PendingRequest;
use super::tokens::Held;
use super::validate::os_time;
use super::{Clock, Config};

/// The outcome of one validation.
#[derive(Debug)]
pub struct Report {
    /// The licenses of the store, by id.
    pub licenses: Vec<LicenseReport>,
    /// The verdict on the license that stands best, or on there being none.
    pub verdict: Verdict,
    /// Requests for a license to which no answer was applied yet, as far as the state could be read.
    pub pending: Vec<PendingRequest>,
    /// What the TPM attested, if it came to that.
    pub evidence: Option<VerifiedEvidence>,
    /// Why the validation came to nothing, in an administrator's words.
    pub failure: Option<Failure>,
    /// Until when it may be used; none if it came to no attestation.
    pub(super) deadline: Option<Deadline>,
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
    /// The time that it was judged at, and where that came from.
    pub now: Now,
    /// How long the verdict may be used, in milliseconds: J of the lease.
    pub heartbeat_ms: u64,
    /// Anomalies that the state does not remember yet.
    pub(super) to_remember: BTreeSet<Anomaly>,
    /// What can be judged again without the TPM.
    pub(super) known: Option<Known>,
}

/// What stays known of a license while the TPM cannot be asked.
#[derive(Debug)]
pub(super) struct Known {
    license: Verified<License>,
    lease: LeaseFacts,
    rules: Rules,
    status: StatusFact,
    manifest: ManifestHealth,
    now: Now,
}

impl Known {
    pub(super) fn of(held: &Held<'_>, now: Now) -> Option<Self> {
        Some(Self {
            license: held.license.ok()?.clone(),
            lease: LeaseFacts::from(held.lease.ok()?),
            rules: held.rules.clone().into_owned(),
            status: held.status(now.utc),
            manifest: held.manifest_health(now.utc),
            now,
        })
    }
}

impl Report {
    /// Whether any license turns the feature on; where none can be judged, whether it is of the essential tier.
    pub fn allows(&self, feature: &str) -> bool {
        self.verdicts()
            .any(|verdict| verdict.features.iter().any(|on| on == feature))
    }

    /// The verdict on each license, or on there being none.
    pub(super) fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        let without = self.licenses.is_empty().then_some(&self.verdict);
        let licenses = self.licenses.iter().map(|license| &license.verdict);
        licenses.chain(without)
    }

    /// Anomalies that the state does not remember yet.
    pub(super) fn to_remember(&self) -> Vec<(LicenseId, Anomaly)> {
        let mut all = Vec::new();
        for license in &self.licenses {
            all.extend(license.to_remember.iter().map(|it| (license.id, *it)));
        }
        all
    }

    /// The features that are on by any license.
    pub(super) fn features(&self) -> BTreeSet<&str> {
        self.verdicts()
            .flat_map(|verdict| verdict.features.iter().map(String::as_str))
            .collect()
    }

    /// How long it may still be used, at most, by the clocks of [`Config::clock`](super::Config::clock): nothing where it
    /// grants something and its time is over. One that grants no more than what stays on anyway counts on.
    pub fn left(&self, clock: &dyn Clock) -> Duration {
        match (self.is_late(clock), self.deadline) {
            (true, _) => Duration::ZERO,
            (false, Some(deadline)) if self.grants() => deadline.end.left(clock),
            (false, _) => Duration::MAX,
        }
    }

    /// Whether it grants something, and the time in which it may be used is over.
    pub(super) fn is_late(&self, clock: &dyn Clock) -> bool {
        let over = |deadline: Deadline| deadline.has_come(clock);
        self.grants() && self.deadline.is_none_or(over)
    }

    /// Itself, or what can be said without it where it came too late to be used.
    pub(super) fn in_time(self, config: &Config) -> Self {
        match self.is_late(&*config.clock) {
            true => self.without_tpm(Failure::Late, os_time(config), config),
            false => self,
        }
    }

    /// When the next has to take its place.
    pub(super) fn deadline(&self, clock: &dyn Clock) -> Deadline {
        let own = self.deadline.filter(|_| self.grants());
        own.unwrap_or_else(|| Deadline::of(Moment::now(clock), self.heartbeat_ms()))
    }

    /// The same licenses, judged while the TPM cannot be asked: limited at best, by the rules that each had.
    pub(super) fn without_tpm(&self, failure: Failure, now: Now, config: &Config) -> Self {
        let reason = failure.reason();
        let licenses = self
            .licenses
            .iter()
            .filter_map(|license| license.without_tpm(reason, now, config))
            .collect();
        Self {
            failure: Some(failure),
            pending: self.pending.clone(),
            ..Self::of(licenses, None, now, config, reason)
        }
    }

    /// On these licenses; `otherwise` says why there is none.
    pub(super) fn of(
        licenses: Vec<LicenseReport>,
        evidence: Option<VerifiedEvidence>,
        now: Now,
        config: &Config,
        otherwise: Reason,
    ) -> Self {
        let best = licenses
            .iter()
            .map(|license| &license.verdict)
            .min_by_key(|verdict| verdict.standing)
            .cloned();
        let verdict = best.unwrap_or_else(|| verdict_without_license(otherwise, now, config));
        Self {
            licenses,
            verdict,
            pending: Vec::new(),
            evidence,
            failure: None,
            deadline: None,
        }
    }

    pub(super) fn of_failure(failure: Failure, now: Now, config: &Config) -> Self {
        let reason = failure.reason();
        Self {
            failure: Some(failure),
            ..Self::of(Vec::new(), None, now, config, reason)
        }
    }

    /// The latest time that a license was judged at.
    pub(super) fn judged_at(&self, clock: &dyn Clock) -> UtcTime {
        let judged = self.licenses.iter().map(|license| license.now.utc);
        judged.max().unwrap_or_else(|| clock.os_time())
    }

    /// Whether something can be said from it while the TPM cannot be asked.
    pub(super) fn is_known(&self) -> bool {
        self.licenses.iter().any(|license| license.known.is_some())
    }

    /// Whether it grants more than what stays on anyway.
    pub(super) fn grants(&self) -> bool {
        self.licenses.iter().any(LicenseReport::grants)
    }

    /// How long the application may go on with this report before it asks again.
    pub(super) fn heartbeat_ms(&self) -> u64 {
        self.licenses
            .iter()
            .filter(|license| license.grants())
            .map(|license| license.heartbeat_ms)
            .min()
            .unwrap_or(RETRY_MS)
    }
}

impl LicenseReport {
    fn grants(&self) -> bool {
        self.verdict.standing <= Standing::OfflineGrace
    }

    fn without_tpm(&self, reason: Reason, now: Now, config: &Config) -> Option<Self> {
        let Known {
            license,
            lease,
            rules,
            status,
            manifest,
            now: last,
        } = self.known.as_ref()?;
        // The time that the TPM proved last has passed, whatever the operating system's clock says.
        let now = time::believed(now.utc, last.utc);
        let inputs = Inputs {
            license: Ok(LicenseFacts::from(license)),
            lease: Ok(*lease),
            status: *status,
            manifest: *manifest,
            ..without_facts(reason, now, config)
        };
        Some(Self {
            id: self.id,
            license: self.license.clone(),
            lease: self.lease.clone(),
            verdict: decide(&inputs, rules),
            now,
            heartbeat_ms: self.heartbeat_ms,
            to_remember: BTreeSet::new(),
            known: None,
        })
    }
}

/// How soon a report that grants no more than the essential tier is made anew: soon enough for a person who mends the
/// cause, and seldom enough that feature checks do not keep the TPM busy.
const RETRY_MS: u64 = 10_000;

fn verdict_without_license(reason: Reason, now: Now, config: &Config) -> Verdict {
    let rules = Rules::without_manifest(config.essential.clone());
    decide(&without_facts(reason, now, config), &rules)
}

/// Nothing could be found out, for one reason.
fn without_facts(reason: Reason, now: Now, config: &Config) -> Inputs<'_> {
    Inputs {
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
        remembered: BTreeSet::new(),
        app_version: config.app_version.as_deref(),
        language: config.language,
    }
}

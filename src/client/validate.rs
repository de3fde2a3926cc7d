//! Validation: what the TPM says now, what the tokens grant, and the verdict that follows.

use std::num::NonZeroU32;

use crate::device::{Counter, StoreBinding, Tpm};
use crate::evidence::{AttestationKey, CounterError};
use crate::policy::{Inputs, LeaseFacts, LicenseFacts, PlatformFact, Reason, Rules, decide};
use crate::protocol::report::{Covered, TokenFiles};
use crate::protocol::{Evidence, EvidenceError, Subject, VerifiedEvidence};
use crate::store::{Folder, State};
use crate::time::{self, BootClock, BootWitness, Charge, Limits, Now, Reading, Source};
use crate::token::{Lease, License, LicenseId, Selections, Verified};

use super::accept::{Difference, difference};
use super::continuity::{self, Next};
use super::failure::Failure;
use super::question::{Asker, Question};
use super::report::{Known, LicenseReport, Report};
use super::settle::{Settled, settle};
use super::tokens::{Held, verify_all};
use super::unlock::{Unlocked, unlock};
use super::{Config, Counterfoil, log};

/// How often a validation starts anew because another program moved the counter or an increment was due.
const ROUNDS: u32 = 3;

impl Counterfoil {
    /// Asks the TPM, verifies its answer as a remote verifier would, charges the time, and decides.
    ///
    /// Never fails: what cannot be established is a [`Reason`] in the report. Blocks for the TPM (some ten milliseconds to
    /// half a second, by make) and, if other processes hold the state folder, for at most [`Config::patience`]. Writes to
    /// disk and TPM only where many restarts since the last increment demand it, and to the log where the outcome is news.
    pub fn validate(&self) -> Report {
        let config = self.config();
        validate(config, &mut Asker::default()).unwrap_or_else(|failure| {
            let report = Report::of_failure(failure, os_time(config), config);
            log::failed(config, &report);
            report
        })
    }
}

/// Validates; `asker` knows afterwards when the random was drawn that the attestation covers.
pub(super) fn validate(config: &Config, asker: &mut Asker) -> Result<Report, Failure> {
    let folder = Folder::open(&config.dir)?;
    let folder = folder.lock(config.patience)?;
    let mut question = asker.question(&folder, &*config.clock);
    let mut tpm = config.hardware.open()?;
    let unlocked =
        unlock(config, &folder, tpm.as_mut()).map_err(|failed| failed.explain(tpm.as_mut()))?;
    let mut unwritable = false;
    for _ in 0..ROUNDS {
        let settled = settle(&unlocked.vault, tpm.as_mut(), &unlocked.binding)?;
        let artifacts = unlocked.vault.artifacts(Some(&settled.state));
        let held = verify_all(config, &artifacts, &settled.state);
        let evidence = attest(tpm.as_mut(), &unlocked, &settled, &held, &mut question)?;
        if let Ok(evidence) = &evidence {
            match next_step(evidence, &settled, &held, unwritable) {
                Next::Again => continue,
                Next::Increment => {
                    unwritable = !increment(tpm.as_mut(), &unlocked, settled, evidence);
                    continue;
                }
                Next::Judge => {}
            }
        }
        let validation = Validation {
            config,
            unlocked: &unlocked,
            settled: &settled,
            evidence,
            unwritable,
        };
        let report = validation.report(&held);
        log::decided(config, &unlocked, &settled.state, &report);
        return Ok(report);
    }
    Err(Failure::Moving)
}

/// Quote and counter proof over the licenses that are bound to this store, verified: another process's where that covers
/// a random of this one's, else made for this question.
fn attest(
    tpm: &mut dyn Tpm,
    unlocked: &Unlocked<'_>,
    settled: &Settled<'_>,
    held: &[Held],
    question: &mut Question<'_>,
) -> Result<Result<VerifiedEvidence, Reason>, Failure> {
    let bound = bound_tokens(unlocked, held);
    if bound.is_empty() {
        return Ok(Err(Reason::NotActivated));
    }
    let binding = &unlocked.binding;
    let shared = question.answered(heartbeat_ms(&bound), |evidence, nonce| {
        let same = evidence.subject.licenses == covered(&bound)
            && evidence.subject.state == settled.digest;
        let verified = same.then(|| verify(binding, &bound, evidence, nonce).ok())??;
        (verified.activity() == settled.base.activity()).then_some(verified)
    });
    if let Some(verified) = shared {
        return Ok(Ok(verified));
    }
    let drawn = question.draw()?;
    let nonces = question.nonces(drawn, heartbeat_ms(&bound));
    let evidence = take_evidence(tpm, binding, &bound, settled, nonces)?;
    let verified = verify(binding, &bound, &evidence, &drawn);
    if verified.is_ok() {
        question.leave(&evidence);
    }
    Ok(verified)
}

/// The shortest time for which a verdict on any of the leases may be used.
fn heartbeat_ms(tokens: &[(&Verified<License>, &Verified<Lease>)]) -> u64 {
    let all = tokens.iter().map(|(_, lease)| lease.heartbeat_ms);
    all.min().unwrap_or_default()
}

fn covered(tokens: &[(&Verified<License>, &Verified<Lease>)]) -> Vec<Covered> {
    let covered = |(license, lease): &(&Verified<License>, &Verified<Lease>)| Covered {
        license: license.digest(),
        lease: lease.digest(),
    };
    tokens.iter().map(covered).collect()
}

/// The licenses and leases that are genuine and bound to this store: what an attestation is about.
pub(super) fn bound_tokens<'h>(
    unlocked: &Unlocked<'_>,
    held: &'h [Held],
) -> Vec<(&'h Verified<License>, &'h Verified<Lease>)> {
    held.iter()
        .filter_map(|held| held.license.as_ref().ok().zip(held.lease.as_ref().ok()))
        .filter(|(license, _)| difference(&license.binding, unlocked).is_none())
        .collect()
}

/// Has the TPM attest the tokens, the state and the nonces.
pub(super) fn take_evidence(
    tpm: &mut dyn Tpm,
    binding: &StoreBinding,
    tokens: &[(&Verified<License>, &Verified<Lease>)],
    settled: &Settled<'_>,
    nonces: Vec<[u8; 32]>,
) -> Result<Evidence, Failure> {
    let subject = Subject {
        licenses: covered(tokens),
        state: settled.digest,
        nonces,
    };
    let attestation = tpm.attest(binding, &subject.qualifying_data(), &selections(tokens))?;
    Ok(Evidence {
        subject,
        quotes: attestation.quotes,
        activity: attestation.activity,
    })
}

fn selections(tokens: &[(&Verified<License>, &Verified<Lease>)]) -> Selections {
    Selections::of(tokens.iter().map(|(_, lease)| &***lease))
}

fn verify(
    binding: &StoreBinding,
    tokens: &[(&Verified<License>, &Verified<Lease>)],
    evidence: &Evidence,
    nonce: &[u8; 32],
) -> Result<VerifiedEvidence, Reason> {
    let (license, _) = tokens.first().ok_or(Reason::NotActivated)?;
    let ak = AttestationKey::from_public(&binding.attestation_key.public)
        .map_err(|_| Reason::DeviceOther)?;
    if *ak.name() != license.binding.ak {
        return Err(Reason::DeviceOther);
    }
    evidence
        .verify(
            &ak,
            &license.binding.activity_index,
            nonce,
            &selections(tokens),
        )
        .map_err(|error| match error {
            EvidenceError::Nonce => Reason::EvidenceNotFresh,
            // Both are genuine and about this very question: the TPM was reset between them.
            EvidenceError::Order => Reason::TpmReset,
            // Its owner removed the counter and made another in its place.
            EvidenceError::Counter(CounterError::IndexName) => Reason::CounterForeign,
            _ => Reason::EvidenceInvalid,
        })
}

fn next_step(
    evidence: &VerifiedEvidence,
    settled: &Settled<'_>,
    held: &[Held],
    unwritable: bool,
) -> Next {
    let leases = held.iter().filter_map(|held| held.lease.as_ref().ok());
    continuity::next(
        &reading(evidence),
        settled.base.activity(),
        &settled.state,
        leases.map(|lease| restarts_allowed(lease)),
        unwritable,
    )
}

/// Increments the activity counter because many restarts demand it; whether that succeeded.
fn increment(
    tpm: &mut dyn Tpm,
    unlocked: &Unlocked<'_>,
    settled: Settled<'_>,
    evidence: &VerifiedEvidence,
) -> bool {
    let Settled { base, state, .. } = settled;
    let next = State {
        log_head: log::head(unlocked).or(state.log_head),
        ..continuity::counting(state, evidence.clock())
    };
    let activity = base.activity();
    let Unlocked { vault, binding, .. } = unlocked;
    vault
        .commit(base, next, || {
            tpm.increment(binding, Counter::Activity, activity)
        })
        .is_ok()
}

/// Everything that the verdicts on a store's licenses rest on.
struct Validation<'a> {
    config: &'a Config,
    unlocked: &'a Unlocked<'a>,
    settled: &'a Settled<'a>,
    evidence: Result<VerifiedEvidence, Reason>,
    unwritable: bool,
}

impl Validation<'_> {
    fn report(self, held: &[Held]) -> Report {
        let licenses = held
            .iter()
            .map(|license| self.license_report(license, held))
            .collect();
        Report::of(
            licenses,
            self.evidence.ok(),
            os_time(self.config),
            self.config,
            Reason::NotActivated,
        )
    }

    fn license_report(&self, held: &Held, all: &[Held]) -> LicenseReport {
        let license = held.license.as_ref().ok();
        let lease = held.lease.as_ref().ok();
        let now = self.now(held.id, lease, all);
        let difference = license.and_then(|license| difference(&license.binding, self.unlocked));
        let unbound = difference.map(Reason::from);
        // What is wrong with its own files is why nothing was attested about this license.
        let unusable = held.license.as_ref().err().or(held.lease.as_ref().err());
        let evidence = match unbound {
            Some(reason) => Err(reason),
            None => self
                .evidence
                .as_ref()
                .map_err(|reason| *unusable.unwrap_or(reason)),
        };
        let charge = evidence.and_then(|evidence| charge(&held.lease, evidence));
        let counter = match unbound {
            Some(reason) => Err(reason),
            None => evidence.map(drop),
        };
        let inputs = Inputs {
            now,
            license: self.license_facts(&held.license),
            lease: held
                .lease
                .as_ref()
                .map(LeaseFacts::from)
                .map_err(|reason| *reason),
            device: unbound.map_or(Ok(()), Err),
            evidence: evidence.map(drop),
            counter,
            charge,
            state: continuity::state_health(
                self.settled.state.lost,
                lease.map(|lease| &lease.anchor),
                self.unwritable,
            ),
            status: held.status(now.utc),
            manifest: held.manifest_health(now.utc),
            platform: platform(&held.rules, lease, evidence),
            app_version: self.config.app_version.as_deref(),
            language: self.config.language,
        };
        LicenseReport {
            id: held.id,
            license: license.map(|license| (**license).clone()),
            lease: lease.cloned(),
            verdict: decide(&inputs, &held.rules),
            now,
            heartbeat_ms: lease.map_or(0, |lease| lease.heartbeat_ms),
            known: match unbound.is_none() && inputs.license.is_ok() {
                true => Known::of(held, now),
                false => None,
            },
        }
    }

    fn license_facts<'h>(
        &self,
        license: &'h Result<Verified<License>, Reason>,
    ) -> Result<LicenseFacts<'h>, Reason> {
        let license = license.as_ref().map_err(|reason| *reason)?;
        match &self.config.product {
            Some(product) if *product != license.product => Err(Reason::WrongProduct),
            _ => Ok(LicenseFacts::from(license)),
        }
    }

    /// The time to judge a license at; see [`time::now`].
    fn now(&self, id: LicenseId, lease: Option<&Verified<Lease>>, all: &[Held]) -> Now {
        let (Some(lease), Ok(evidence)) = (lease, &self.evidence) else {
            return os_time(self.config);
        };
        let state = &self.settled.state;
        let issued = all
            .iter()
            .flat_map(Held::issued_at)
            .chain(state.issued_at_floor);
        let floor = time::floor(&lease.anchor, &reading(evidence), issued);
        let uptime = self.config.clock.uptime();
        let boot = BootClock {
            boot_id: uptime.boot_id,
            elapsed_ms: uptime.elapsed_ms(),
        };
        let witness = state
            .leases
            .get(&id)
            .and_then(|seen| seen.applied)
            .map(|witness| BootWitness {
                applied: BootClock {
                    boot_id: witness.applied.boot_id,
                    elapsed_ms: witness.applied.boottime_ms,
                },
                round_trip_ms: witness.round_trip_ms,
            });
        time::now(
            self.config.clock.os_time(),
            floor,
            &lease.anchor,
            lease.issued_at,
            boot,
            witness.as_ref(),
        )
    }
}

impl From<Difference> for Reason {
    fn from(difference: Difference) -> Self {
        match difference {
            Difference::AttestationKey => Self::DeviceOther,
            Difference::StorageKey => Self::StorageKeyOther,
            Difference::Seed | Difference::BindingKey => Self::SeedOther,
            Difference::EpochCounter | Difference::ActivityCounter => Self::CounterForeign,
            Difference::Epoch => Self::EpochMoved,
            Difference::Store => Self::ClaimsMismatch,
        }
    }
}

fn platform(
    rules: &Rules,
    lease: Option<&Verified<Lease>>,
    evidence: Result<&VerifiedEvidence, Reason>,
) -> PlatformFact {
    match (&rules.pcr, lease, evidence) {
        (Some(rule), Some(lease), Ok(evidence)) => {
            rule.judge(lease.platform.as_ref(), evidence.platform())
        }
        // Without lease or evidence there is another reason, which weighs more.
        _ => PlatformFact::NotAsked,
    }
}

fn charge(
    lease: &Result<Verified<Lease>, Reason>,
    evidence: &VerifiedEvidence,
) -> Result<Charge, Reason> {
    let lease = lease.as_ref().map_err(|reason| *reason)?;
    let limits = Limits {
        budget_ms: lease.budget_ms,
        unclean_loss_ms: lease.unclean_loss_ms,
        restarts_allowed: restarts_allowed(lease),
        heartbeat_ms: lease.heartbeat_ms,
    };
    time::charge(&lease.anchor, &reading(evidence), &limits).map_err(Reason::from)
}

/// S; a lease of 0 counts as 1, which demands the most increments.
fn restarts_allowed(lease: &Lease) -> NonZeroU32 {
    NonZeroU32::new(lease.restarts_allowed).unwrap_or(NonZeroU32::MIN)
}

fn reading(evidence: &VerifiedEvidence) -> Reading {
    Reading {
        clock: *evidence.clock(),
        activity: evidence.activity(),
    }
}

pub(super) fn os_time(config: &Config) -> Now {
    Now {
        utc: config.clock.os_time(),
        source: Source::OsClock,
        notice: None,
    }
}

/// The files of tokens, for a relying party.
pub(super) fn files(tokens: &[(&Verified<License>, &Verified<Lease>)]) -> Vec<TokenFiles> {
    tokens
        .iter()
        .map(|(license, lease)| TokenFiles {
            license: license.bytes().to_vec(),
            lease: lease.bytes().to_vec(),
        })
        .collect()
}

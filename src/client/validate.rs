//! Validation: what the TPM says now, what the tokens grant, and the verdict that follows.

use std::path::PathBuf;

use crate::device::{Counter, Tpm};
use crate::evidence::AttestationKey;
use crate::protocol::{Counted, VerifiedEvidence};
use crate::store::{AccessError, Base, Folder, ResetCounts, State};
use crate::time::{Limits, Now, Source};
use crate::token::Anchor;

use super::attest::{attest, bound_tokens};
use super::clock::Deadline;
use super::continuity::{self, Next};
use super::failure::{Failure, nothing_in_the_folder};
use super::holdings::take_stock;
use super::judge::{Validation, reading};
use super::pending::PendingRequest;
use super::question::Asker;
use super::report::Report;
use super::round::is_trouble;
use super::settle::Settled;
use super::tokens::Held;
use super::unlock::{Unlocked, unlock};
use super::{Config, Counterfoil, log};

/// How often a validation starts anew because another program moved the counter, an increment was due or an anomaly was
/// written down.
const ROUNDS: u32 = 4;

impl Counterfoil {
    /// Asks the TPM, verifies its answer as a remote verifier would, charges the time, and decides.
    ///
    /// Never fails: what cannot be established is a [`Reason`](crate::policy::Reason) in the report. Blocks for the TPM
    /// (some ten milliseconds to half a second, by make) and, if other processes hold the state folder, for at most
    /// [`Config::patience`]; a TPM that does not answer is given up after the deadline of its [hardware](Config::hardware), thirty seconds by
    /// default. Starts two threads, where it may, that are gone on return, but for one that such a TPM keeps. Writes to disk and TPM only where many
    /// restarts since the last increment demand it, or an anomaly is to be remembered, and to the log where the outcome is
    /// news. Keys that other software took from their places in the TPM are put back, where no password is needed.
    ///
    /// An answer that took longer than it may be used, one heartbeat of the lease, is no answer, whether the TPM, a relay
    /// or a stopped process held it back: the TPM is asked once more, and then the reason is
    /// [`AnswerLate`](crate::policy::Reason::AnswerLate). What is returned counts for [`Report::left`].
    pub fn validate(&self) -> Report {
        let config = self.config();
        let report = validate(config, &mut Asker::default())
            .unwrap_or_else(|failure| Report::of_failure(failure, os_time(config), config));
        log::failed(config, &report);
        report
    }
}

/// Validates, once more where the answer came too late: the one place that every verdict comes from.
pub(super) fn validate(config: &Config, asker: &mut Asker) -> Result<Report, Failure> {
    let clock = &*config.clock;
    let first = ask(config, asker)?;
    if !first.is_late(clock) {
        return Ok(first);
    }
    match ask(config, asker) {
        Ok(second) => Ok(second.in_time(config)),
        Err(failure) if is_trouble(failure.reason()) => {
            Ok(first.without_tpm(failure, os_time(config), config))
        }
        Err(failure) => Err(failure),
    }
}

fn ask(config: &Config, asker: &mut Asker) -> Result<Report, Failure> {
    let folder = match Folder::open(&config.dir) {
        Err(AccessError::Missing { path }) => return Err(without_folder(config, path)),
        other => other?,
    };
    let folder = folder.lock(config.patience)?;
    let mut question = asker.question(&folder, &*config.clock);
    let mut tpm = config.hardware.open()?;
    let unlocked = unlock(config, &folder, tpm.as_mut())?;
    let mut unwritable = false;
    let mut remembers = true;
    for _ in 0..ROUNDS {
        let (settled, holdings) = take_stock(&config.trust, &unlocked, tpm.as_mut())?;
        let held = holdings.by_license(config, &settled.state);
        let evidence = attest(tpm.as_mut(), &unlocked, &settled, &held, &mut question)?;
        if let Ok(evidence) = &evidence {
            match next_step(evidence, &unlocked, &settled, &held, unwritable) {
                Next::Again => continue,
                Next::Increment => {
                    let next = continuity::counting(settled.state, evidence.clock());
                    unwritable = !increment(tpm.as_mut(), &unlocked, settled.base, evidence, next);
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
        let mut report = validation.report(&held);
        let anomalies = report.to_remember();
        if let Some(evidence) = report.evidence.as_ref().filter(|_| remembers)
            && !anomalies.is_empty()
        {
            let (base, state) = (settled.base, settled.state);
            let next = continuity::remembering(state, evidence.clock(), anomalies, base.activity());
            // Where the folder cannot be written they demand a contact for as long as they last, and no longer.
            remembers = increment(tpm.as_mut(), &unlocked, base, evidence, next);
            continue;
        }
        let pending = settled.state.pending.iter();
        report.pending = pending.map(PendingRequest::from).collect();
        let drawn = question.drawn();
        report.deadline = drawn.map(|drawn| Deadline::of(drawn, report.heartbeat_ms()));
        if !report.is_late(&*config.clock) {
            log::decided(config, &unlocked, &settled.state, &report);
        }
        return Ok(report);
    }
    Err(Failure::Moving)
}

/// The cause where there is no folder: nothing was ever activated here, or another folder has the store.
fn without_folder(config: &Config, path: PathBuf) -> Failure {
    let tpm = config.hardware.open().ok();
    tpm.and_then(|mut tpm| nothing_in_the_folder(tpm.as_mut(), &config.place()))
        .unwrap_or(AccessError::Missing { path }.into())
}

fn next_step(
    evidence: &VerifiedEvidence,
    unlocked: &Unlocked<'_>,
    settled: &Settled<'_>,
    held: &[Held<'_>],
    unwritable: bool,
) -> Next {
    let next = |last_increment| {
        let leases = held.iter().filter_map(|held| held.lease.ok());
        continuity::next(
            &reading(evidence),
            settled.base.activity(),
            last_increment,
            leases.map(|lease| Limits::from(lease).restarts_allowed),
            unwritable,
        )
    };
    match next(None) {
        // Only where many sleeps depend on it is the proof looked at.
        Next::Increment => next(proven_increment(unlocked, settled, held)),
        other => other,
    }
}

/// The counts at the last increment, if a lease or the TPM's own statement shows that they were seen before it.
fn proven_increment(
    unlocked: &Unlocked<'_>,
    settled: &Settled<'_>,
    held: &[Held<'_>],
) -> Option<ResetCounts> {
    let tokens = bound_tokens(unlocked, held);
    let anchors = tokens.iter().map(|(_, lease)| shown_by(&lease.anchor));
    let kept = tokens.first().and_then(|(license, _)| {
        let counted = Counted::decode(settled.state.increment_proof.as_ref()?).ok()?;
        let ak = AttestationKey::from_public(&unlocked.binding.attestation_key.public).ok()?;
        let shown = counted.verify(&ak, &license.binding.activity_index).ok()?;
        Some((shown.value(), ResetCounts::from(shown.clock())))
    });
    let counts = settled.state.last_increment?;
    let base = settled.base.activity();
    continuity::precede_increment(counts, base, anchors.chain(kept)).then_some(counts)
}

fn shown_by(anchor: &Anchor) -> (u64, ResetCounts) {
    (anchor.activity, ResetCounts::from(anchor))
}

/// Commits `next` with an increment of the activity counter, after what `evidence` shows; whether that succeeded.
fn increment(
    tpm: &mut dyn Tpm,
    unlocked: &Unlocked<'_>,
    base: Base<'_>,
    evidence: &VerifiedEvidence,
    next: State,
) -> bool {
    let next = State {
        increment_proof: Some(evidence.counted().encode()),
        log_head: log::head(unlocked).or(next.log_head),
        ..next
    };
    let activity = base.activity();
    let Unlocked { vault, binding, .. } = unlocked;
    vault
        .commit(base, next, || {
            tpm.increment(binding, Counter::Activity, activity)
        })
        .is_ok()
}

pub(super) fn os_time(config: &Config) -> Now {
    Now {
        utc: config.clock.os_time(),
        source: Source::OsClock,
        notice: None,
    }
}

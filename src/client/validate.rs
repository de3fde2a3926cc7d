//! Validation: what the TPM says now, what the tokens grant, and the verdict that follows.

use crate::device::{Counter, Tpm};
use crate::protocol::VerifiedEvidence;
use crate::store::{Base, Folder, State};
use crate::time::{Limits, Now, Source};

use super::attest::attest;
use super::continuity::{self, Next};
use super::failure::Failure;
use super::holdings::take_stock;
use super::judge::{Validation, reading};
use super::question::Asker;
use super::report::Report;
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
    /// [`Config::patience`]. Writes to disk and TPM only where many restarts since the last increment demand it, and to the
    /// log where the outcome is news.
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
    let unlocked = unlock(config, &folder, tpm.as_mut())?;
    let mut unwritable = false;
    let mut remembers = true;
    for _ in 0..ROUNDS {
        let (settled, holdings) = take_stock(&config.trust, &unlocked, tpm.as_mut())?;
        let held = holdings.by_license(config, &settled.state);
        let evidence = attest(tpm.as_mut(), &unlocked, &settled, &held, &mut question)?;
        if let Ok(evidence) = &evidence {
            match next_step(evidence, &settled, &held, unwritable) {
                Next::Again => continue,
                Next::Increment => {
                    let next = continuity::counting(settled.state, evidence.clock());
                    unwritable = !increment(tpm.as_mut(), &unlocked, settled.base, next);
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
        let anomalies = report.to_remember();
        if let Some(evidence) = report.evidence.as_ref().filter(|_| remembers)
            && !anomalies.is_empty()
        {
            let (base, state) = (settled.base, settled.state);
            let next = continuity::remembering(state, evidence.clock(), anomalies, base.activity());
            // Where the folder cannot be written they demand a contact for as long as they last, and no longer.
            remembers = increment(tpm.as_mut(), &unlocked, base, next);
            continue;
        }
        log::decided(config, &unlocked, &settled.state, &report);
        return Ok(report);
    }
    Err(Failure::Moving)
}

fn next_step(
    evidence: &VerifiedEvidence,
    settled: &Settled<'_>,
    held: &[Held<'_>],
    unwritable: bool,
) -> Next {
    let leases = held.iter().filter_map(|held| held.lease.ok());
    continuity::next(
        &reading(evidence),
        settled.base.activity(),
        &settled.state,
        leases.map(|lease| Limits::from(lease).restarts_allowed),
        unwritable,
    )
}

/// Commits `next` with an increment of the activity counter; whether that succeeded.
fn increment(tpm: &mut dyn Tpm, unlocked: &Unlocked<'_>, base: Base<'_>, next: State) -> bool {
    let next = State {
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

//! From what a validation found to the verdict on each license.

use crate::policy::{
    Inputs, LeaseFacts, LicenseFacts, PlatformFact, Reason, Rules, decide, to_remember,
};
use crate::protocol::VerifiedEvidence;
use crate::time::{self, BootClock, BootWitness, Charge, Limits, Now, Reading};
use crate::token::{Lease, License, LicenseId, UtcTime, Verified};

use super::accept::{Difference, difference};
use super::attest::bound_tokens;
use super::report::{Known, LicenseReport, Report};
use super::settle::Settled;
use super::tokens::Held;
use super::unlock::Unlocked;
use super::validate::os_time;
use super::{Config, continuity};

/// Everything that the verdicts on a store's licenses rest on.
pub(super) struct Validation<'a> {
    pub(super) config: &'a Config,
    pub(super) unlocked: &'a Unlocked<'a>,
    pub(super) settled: &'a Settled<'a>,
    pub(super) evidence: Result<VerifiedEvidence, Reason>,
    /// A state that had to be written could not be.
    pub(super) unwritable: bool,
}

impl Validation<'_> {
    /// The verdict on each license of `held`.
    pub(super) fn report(self, held: &[Held<'_>]) -> Report {
        let floor = self.floor(held);
        let licenses = held
            .iter()
            .map(|license| self.license_report(license, floor))
            .collect();
        Report::of(
            licenses,
            self.evidence.ok(),
            os_time(self.config),
            self.config,
            Reason::NotActivated,
        )
    }

    fn license_report(&self, held: &Held<'_>, floor: Option<UtcTime>) -> LicenseReport {
        let license = held.license.ok();
        let lease = held.lease.ok();
        let now = self.now(held.id, lease, floor);
        let difference = license.and_then(|license| difference(&license.binding, self.unlocked));
        let unbound = difference.map(Reason::from);
        // What is wrong with its own files is why nothing was attested about this license.
        let unusable = held.license.err().or(held.lease.err());
        let evidence = match unbound {
            Some(reason) => Err(reason),
            None => self
                .evidence
                .as_ref()
                .map_err(|reason| unusable.unwrap_or(*reason)),
        };
        let charge = evidence.and_then(|evidence| charge(held.lease, evidence));
        let counter = match unbound {
            Some(reason) => Err(reason),
            None => evidence.map(drop),
        };
        let inputs = Inputs {
            now,
            license: self.license_facts(held.license),
            lease: held.lease.map(LeaseFacts::from),
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
            remembered: continuity::remembered(
                &self.settled.state,
                held.id,
                lease.map(|lease| &lease.anchor),
            ),
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
            to_remember: to_remember(&inputs, &held.rules),
            known: match unbound.is_none() && inputs.license.is_ok() {
                true => Known::of(held, now),
                false => None,
            },
        }
    }

    fn license_facts<'h>(
        &self,
        license: Result<&'h Verified<License>, Reason>,
    ) -> Result<LicenseFacts<'h>, Reason> {
        let license = license?;
        match &self.config.product {
            Some(product) if *product != license.product => Err(Reason::WrongProduct),
            _ => Ok(LicenseFacts::from(license)),
        }
    }

    /// The latest time that has certainly passed, if anything proves one. On one machine it is one time: what any lease
    /// of this TPM proves holds for all licenses.
    fn floor(&self, all: &[Held<'_>]) -> Option<UtcTime> {
        // After a correction of the vendor's dates the tokens that lie here may bear wrong ones.
        let corrected = self.settled.state.correction.is_some();
        let issued = all.iter().flat_map(Held::issued_at).filter(|_| !corrected);
        let lists = self.settled.state.status_lists.values().copied();
        let proven = self.evidence.as_ref().ok().and_then(|evidence| {
            let leases: Vec<_> = bound_tokens(self.unlocked, all)
                .into_iter()
                .map(|(_, lease)| (lease.anchor, lease.issued_at))
                .collect();
            time::floor_of_leases(&leases, &reading(evidence))
        });
        issued
            .chain(lists.filter(|_| corrected))
            .chain(self.settled.state.issued_at_floor)
            .chain(proven)
            .max()
    }

    /// The time to judge a license at; see [`time::now`].
    fn now(&self, id: LicenseId, lease: Option<&Verified<Lease>>, floor: Option<UtcTime>) -> Now {
        let os_clock = self.config.clock.os_time();
        let (Some(lease), Some(floor), Ok(_)) = (lease, floor, &self.evidence) else {
            return floor.map_or_else(
                || os_time(self.config),
                |floor| time::believed(os_clock, floor),
            );
        };
        let uptime = self.config.clock.uptime();
        let boot = BootClock {
            boot_id: uptime.boot_id,
            elapsed_ms: uptime.elapsed_ms(),
        };
        let witness = self
            .settled
            .state
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
            os_clock,
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
    lease: Result<&Verified<Lease>, Reason>,
    evidence: &VerifiedEvidence,
) -> Result<Charge, Reason> {
    let lease = lease?;
    time::charge(&lease.anchor, &reading(evidence), &Limits::from(lease)).map_err(Reason::from)
}

/// What the evidence says of clock, counts and activity.
pub(super) fn reading(evidence: &VerifiedEvidence) -> Reading {
    Reading {
        clock: *evidence.clock(),
        activity: evidence.activity(),
    }
}

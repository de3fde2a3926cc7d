//! From facts to a verdict.

use super::inputs::{
    Inputs, LicenseFacts, ListedStatus, ManifestHealth, PlatformFact, StateHealth,
};
use super::rules::{LostState, PcrChange, Rules};
use super::text::{self, Blanks};
use super::{
    Check, CheckResult, Outcome, Reason, Standing, Verdict, Version, contact, dates, features,
    future,
};
use crate::token::VersionRange;
use std::time::Duration;

/// The verdict on `inputs` under `rules`.
///
/// Every check whose facts are there is made, whatever an earlier one came to. Each failure leads to a standing (the
/// reason's own, or what the rules say), the lease's progress to one of the first three. The worst of them holds, and the
/// first check in the fixed order that led there names the decisive reason.
///
/// Total and deterministic: no input panics, and the same inputs give the same verdict.
pub fn decide(inputs: &Inputs<'_>, rules: &Rules) -> Verdict {
    let mut findings = Findings::default();
    tokens(inputs, &mut findings);
    findings.settle(Check::Device, inputs.device);
    findings.settle(Check::Evidence, inputs.evidence);
    counter(inputs, rules, &mut findings);
    time(inputs, rules, &mut findings);
    status(inputs, &mut findings);
    version(inputs, rules, &mut findings);
    policy(inputs, rules, &mut findings);
    verdict(inputs, rules, findings)
}

/// What the checks came to so far.
#[derive(Default)]
struct Findings {
    outcomes: [Option<Found>; Check::ALL.len()],
    /// Conditions that make a standing worse without a failed check.
    conditions: Vec<(Standing, Reason)>,
    notices: Vec<Reason>,
}

#[derive(Clone, Copy)]
enum Found {
    Passed,
    Failed(Standing, Reason),
}

impl Findings {
    fn pass(&mut self, check: Check) {
        let place = &mut self.outcomes[check as usize];
        *place = place.or(Some(Found::Passed));
    }

    /// Remembers a failure; of several in one check the first of the worst standing.
    fn fail(&mut self, reason: Reason, standing: Standing) {
        let place = &mut self.outcomes[reason.check() as usize];
        match place {
            Some(Found::Failed(worst, _)) if *worst >= standing => {}
            _ => *place = Some(Found::Failed(standing, reason)),
        }
    }

    /// A fact that could not be had fails the check of its reason; its own check is then skipped, not passed.
    fn fail_for(&mut self, reason: Reason) {
        self.fail(reason, reason.standing().max(Standing::Limited));
    }

    fn settle(&mut self, check: Check, fact: Result<(), Reason>) {
        match fact {
            Ok(()) => self.pass(check),
            Err(reason) => self.fail_for(reason),
        }
    }

    fn condition(&mut self, reason: Reason) {
        self.conditions.push((reason.standing(), reason));
    }

    /// The worst standing, and the first reason that leads there.
    fn decisive(&self) -> (Standing, Reason) {
        let failures = self.outcomes.iter().filter_map(|found| match found {
            Some(Found::Failed(standing, reason)) => Some((*standing, *reason)),
            _ => None,
        });
        failures.chain(self.conditions.iter().copied()).fold(
            (Standing::Active, Reason::Ok),
            |worst, next| {
                if next.0 > worst.0 { next } else { worst }
            },
        )
    }

    fn checks(&self) -> [CheckResult; Check::ALL.len()] {
        Check::ALL.map(|check| {
            let outcome = match self.outcomes[check as usize] {
                Some(Found::Passed) => Outcome::Pass,
                Some(Found::Failed(_, reason)) => Outcome::Fail(reason),
                None => Outcome::Skipped,
            };
            CheckResult { check, outcome }
        })
    }
}

fn tokens(inputs: &Inputs<'_>, findings: &mut Findings) {
    let failures = [inputs.license.as_ref().err(), inputs.lease.as_ref().err()];
    for reason in failures.into_iter().flatten() {
        findings.fail_for(*reason);
    }
    // Claims are looked at only where signatures verified.
    if failures
        .into_iter()
        .flatten()
        .all(|reason| reason.check() == Check::Claims)
    {
        findings.pass(Check::Signature);
    }
    if failures == [None, None] {
        findings.pass(Check::Claims);
    }
}

fn counter(inputs: &Inputs<'_>, rules: &Rules, findings: &mut Findings) {
    let increments = inputs.charge.as_ref().map(|charge| charge.increments).ok();
    let lost = |rule: LostState| match rule {
        LostState::Tolerate if increments.is_some_and(|increments| increments <= 1) => None,
        LostState::Tolerate | LostState::Limited => Some(Standing::Limited),
        LostState::OfflineGrace => Some(Standing::OfflineGrace),
        LostState::Suspended => Some(Standing::Suspended),
    };
    let (reason, standing) = match inputs.state {
        StateHealth::Current => return findings.settle(Check::Counter, inputs.counter),
        StateHealth::Missing => (Reason::StateMissing, lost(rules.state.missing)),
        StateHealth::Damaged => (Reason::StateDamaged, lost(rules.state.missing)),
        StateHealth::RolledBack => (Reason::StateRolledBack, lost(rules.state.rolled_back)),
        StateHealth::NewerFormat => (Reason::StateNewerFormat, Some(Standing::Limited)),
        StateHealth::Unwritable => (Reason::StateUnwritable, Some(Standing::Limited)),
        StateHealth::Exposed => (Reason::StateExposed, Some(Standing::Limited)),
    };
    match standing {
        Some(standing) => findings.fail(reason, standing),
        None => findings.notices.push(reason),
    }
    findings.settle(Check::Counter, inputs.counter);
}

fn time(inputs: &Inputs<'_>, rules: &Rules, findings: &mut Findings) {
    let now = inputs.now.utc;
    if let Ok(license) = &inputs.license {
        if now < license.not_before {
            findings.fail(
                Reason::LicenseNotYetValid,
                Reason::LicenseNotYetValid.standing(),
            );
        }
        if license.expires_at.is_some_and(|end| now > end) {
            findings.fail(Reason::LicenseExpired, Reason::LicenseExpired.standing());
        }
    }
    if let Ok(lease) = &inputs.lease {
        match &inputs.charge {
            Ok(charge) if charge.spent_ms > charge.budget_ms => {
                findings.fail_for(Reason::BudgetSpent)
            }
            Ok(charge) => findings
                .conditions
                .push(dates::progress(lease, charge, now, rules)),
            Err(_) => {}
        }
        if now > lease.expires_at {
            findings.fail(Reason::LeaseExpired, Reason::LeaseExpired.standing());
        }
    }
    if let (Ok(charge), Some(boots)) = (&inputs.charge, rules.time.boot_budget)
        && charge.resets > boots
    {
        findings.fail_for(Reason::BootsSpent);
    }
    match &inputs.charge {
        Err(reason) => findings.fail_for(*reason),
        Ok(_) if inputs.license.is_ok() && inputs.lease.is_ok() => findings.pass(Check::Time),
        Ok(_) => {}
    }
    findings.notices.extend(inputs.now.notice.map(Reason::from));
}

fn status(inputs: &Inputs<'_>, findings: &mut Findings) {
    match inputs.status.status {
        ListedStatus::Revoked => findings.fail_for(Reason::LicenseRevoked),
        ListedStatus::Suspended => findings.fail_for(Reason::LicenseSuspended),
        ListedStatus::Valid => findings.pass(Check::Status),
        ListedStatus::Unknown => {}
    }
    if inputs.license.is_ok()
        && (inputs.status.stale || inputs.status.status == ListedStatus::Unknown)
    {
        findings.condition(Reason::StatusStale);
        findings.notices.push(Reason::StatusStale);
    }
}

fn version(inputs: &Inputs<'_>, rules: &Rules, findings: &mut Findings) {
    let Ok(license) = &inputs.license else { return };
    for range in [&rules.versions, license.versions] {
        match covers(range, inputs.app_version) {
            Ok(true) => findings.pass(Check::Version),
            Ok(false) => findings.fail_for(Reason::VersionNotAllowed),
            Err(Unreadable) => findings.fail_for(Reason::VersionUnreadable),
        }
    }
}

/// A version that is no version, or none where one is needed.
struct Unreadable;

fn covers(range: &VersionRange, version: Option<&str>) -> Result<bool, Unreadable> {
    if range.min.is_none() && range.max.is_none() {
        return Ok(true);
    }
    let read = |text: &str| text.parse::<Version>().map_err(|_| Unreadable);
    let version = read(version.ok_or(Unreadable)?)?;
    let min = range.min.as_deref().map(read).transpose()?;
    let max = range.max.as_deref().map(read).transpose()?;
    Ok(min.is_none_or(|min| version.is_at_least(&min))
        && max.is_none_or(|max| version.is_at_most(&max)))
}

fn policy(inputs: &Inputs<'_>, rules: &Rules, findings: &mut Findings) {
    let Ok(license) = &inputs.license else { return };
    match inputs.manifest {
        // The stand-in for rules that could not be read has no say in what is licensed.
        ManifestHealth::Missing => return findings.fail_for(Reason::ManifestMissing),
        ManifestHealth::Stale => findings.notices.push(Reason::ManifestStale),
        ManifestHealth::Current => {}
    }
    match rules.windows.days(license.class) {
        Some(_) => findings.pass(Check::Policy),
        None => findings.fail_for(Reason::DeviceClassNotLicensed),
    }
    platform(inputs, rules, findings);
    if contact::is_due(inputs, rules) {
        findings.fail_for(Reason::StepUpDue);
    }
}

/// Never worse than Limited: a change of firmware leaves the essential tier.
fn platform(inputs: &Inputs<'_>, rules: &Rules, findings: &mut Findings) {
    match inputs.platform_under(rules) {
        PlatformFact::Matches | PlatformFact::NotAsked => {}
        PlatformFact::NoReference => findings.condition(Reason::PlatformUnapproved),
        PlatformFact::Differs => match rules.pcr.as_ref().map(|rule| rule.on_change) {
            Some(PcrChange::Limited) => findings.fail_for(Reason::PlatformChanged),
            Some(PcrChange::Notice) | None => findings.notices.push(Reason::PlatformChanged),
        },
    }
}

fn verdict(inputs: &Inputs<'_>, rules: &Rules, mut findings: Findings) -> Verdict {
    let (standing, reason) = findings.decisive();
    let license: Option<&LicenseFacts<'_>> = inputs.license.as_ref().ok();
    let on = features::on(rules, license, standing, contact::is_recent(inputs, rules));
    if !on.for_contact.is_empty() {
        findings.notices.push(Reason::StepUpFeatures);
    }
    findings.notices.retain(|notice| *notice != reason);
    let dates = dates::dates(inputs, rules);
    let renew_by = match standing {
        Standing::Active | Standing::RenewalDue => dates.grace_from,
        Standing::OfflineGrace => dates.offline_until,
        _ => None,
    };
    let expires = license.and_then(|license| license.expires_at);
    let blanks = Blanks {
        language: inputs.language,
        now: inputs.now.utc,
        renew_by,
        offline_until: dates.offline_until,
        starts: license.map(|license| license.not_before),
        expires,
        support: rules.support.as_deref(),
        tier: features::tier_at_stake(rules, license),
        step_up_features: &on.for_contact,
    };
    let message = |reason| text::message(reason, rules.words(inputs.language, reason), &blanks);
    Verdict {
        standing,
        reason,
        message: message(reason),
        notice_messages: findings.notices.iter().copied().map(message).collect(),
        steps: steps((standing, reason), &findings.notices, rules, &blanks),
        features: on.features,
        going_off: future::going_off(inputs, rules, standing, dates),
        step_up_features: on.for_contact,
        wind_down: Duration::from_secs(u64::from(rules.wind_down_minutes) * 60),
        tier: on.tier,
        enforced: rules.enforcement == super::Enforcement::On,
        checks: findings.checks(),
        renew_by,
        offline_until: dates.offline_until,
        expires,
        charge: inputs.charge.ok(),
        badge: reason.badge(),
        notices: findings.notices,
    }
}

/// What a person can do about the decisive reason, and about those notices that a person can end. Where more is off
/// than these are about, they can wait.
fn steps(
    (standing, reason): (Standing, Reason),
    notices: &[Reason],
    rules: &Rules,
    blanks: &Blanks<'_>,
) -> Vec<String> {
    let for_a_person = |notice: &Reason| {
        standing <= Standing::OfflineGrace
            && [Reason::PlatformChanged, Reason::StepUpFeatures].contains(notice)
    };
    let notices = notices.iter().copied().filter(for_a_person);
    std::iter::once(reason)
        .chain(notices)
        .filter_map(|reason| text::step(reason, rules.words(blanks.language, reason), blanks))
        .collect()
}

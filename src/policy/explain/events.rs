//! What follows from what can go wrong.

use super::Event;
use super::facts::Situation;
use super::usage::{DAY, Machine};
use crate::policy::rules::{LostState, Rules};
use crate::policy::{Inputs, ListedStatus, PlatformFact, Reason, StateHealth, decide};
use crate::time::ClockNotice;

/// An event: its name, its heading, and what it does to the facts of a validation.
struct Cause {
    name: &'static str,
    title: &'static str,
    change: for<'r> fn(&mut Inputs<'r>, &'r Rules),
}

const CAUSES: [Cause; 13] = [
    Cause {
        name: "suspended",
        title: "You suspend the license (machines learn it at their next contact)",
        change: |inputs, _| inputs.status.status = ListedStatus::Suspended,
    },
    Cause {
        name: "revoked",
        title: "You revoke the license (machines learn it at their next contact)",
        change: |inputs, _| inputs.status.status = ListedStatus::Revoked,
    },
    Cause {
        name: "expired",
        title: "The license ends by its own date",
        change: |inputs, _| {
            let yesterday = inputs.now.utc.saturating_sub(DAY);
            if let Ok(license) = &mut inputs.license {
                license.not_before = yesterday;
                license.expires_at = Some(yesterday);
            }
        },
    },
    Cause {
        name: "version_not_covered",
        title: "The license does not cover the application's version",
        change: |inputs, rules| {
            // Above an upper end, else below a lower one.
            let outside = rules.versions.max.as_ref().map_or("0", |_| "4294967295");
            inputs.app_version = Some(outside);
        },
    },
    Cause {
        name: "state_missing",
        title: "The license's file on disk is lost, a few days after the contact",
        change: |inputs, _| inputs.state = StateHealth::Missing,
    },
    Cause {
        name: "state_missing_later",
        title: "The same, after more sleeps than the rules leave free",
        change: |inputs, _| {
            inputs.state = StateHealth::Missing;
            if let Ok(charge) = &mut inputs.charge {
                charge.increments += 2;
            }
        },
    },
    Cause {
        name: "state_rolled_back",
        title: "The license's files on disk are replaced by older ones",
        change: |inputs, _| inputs.state = StateHealth::RolledBack,
    },
    Cause {
        name: "platform_changed",
        title: "The machine's firmware or boot software changes",
        change: |inputs, _| {
            if inputs.platform == PlatformFact::Matches {
                inputs.platform = PlatformFact::Differs;
            }
        },
    },
    Cause {
        name: "boots_spent",
        title: "The machine boots more often than the rules allow between two contacts",
        change: |inputs, _| {
            if let Ok(charge) = &mut inputs.charge {
                charge.resets = u32::MAX;
            }
        },
    },
    Cause {
        name: "clock_wrong",
        title: "The machine's clock is set to a time that can't be true",
        change: |inputs, _| inputs.now.notice = Some(ClockNotice::OsClockAhead),
    },
    Cause {
        name: "chip_unusable",
        title: "The machine's TPM can't be used",
        change: |inputs, _| {
            let missing = Reason::TpmMissing;
            (inputs.device, inputs.evidence, inputs.counter) =
                (Err(missing), Err(missing), Err(missing));
            inputs.charge = Err(missing);
        },
    },
    Cause {
        name: "chip_cleared",
        title: "The machine's TPM is cleared",
        change: |inputs, _| {
            let cleared = Reason::TpmCleared;
            (inputs.device, inputs.evidence, inputs.counter) =
                (Err(cleared), Err(cleared), Err(cleared));
            inputs.charge = Err(cleared);
        },
    },
    Cause {
        name: "copied",
        title: "The disk is copied to another machine",
        change: |inputs, _| {
            let other = Reason::DeviceOther;
            (inputs.device, inputs.evidence, inputs.counter) = (Err(other), Err(other), Err(other));
            inputs.charge = Err(other);
        },
    },
];

/// Every event, on a machine of `situation` a few days after its contact.
pub(super) fn events(situation: &Situation<'_>) -> Vec<Event> {
    let rules = situation.rules();
    let happens = |cause: &Cause| match cause.name {
        "version_not_covered" => rules.versions.min.is_some() || rules.versions.max.is_some(),
        "state_missing_later" => rules.state.missing == LostState::Tolerate,
        "boots_spent" => rules.time.boot_budget.is_some(),
        _ => true,
    };
    let after = (situation.terms().window / 4).min(DAY * 3);
    let verdict = |cause: &Cause, edition: &str| {
        let mut machine = Machine::new(situation.contact(), *situation.terms());
        let mut inputs = situation.offline(edition, &mut machine, after);
        (cause.change)(&mut inputs, rules);
        decide(&inputs, rules)
    };
    CAUSES
        .iter()
        .filter(|cause| happens(cause))
        .map(|cause| Event {
            name: cause.name,
            title: cause.title,
            editions: rules
                .tiers
                .iter()
                .map(|tier| (tier.name.clone(), verdict(cause, &tier.name)))
                .collect(),
        })
        .collect()
}

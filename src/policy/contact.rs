//! How long ago the last contact with the vendor was, by date and by charge.

use super::inputs::{Inputs, LeaseFacts, PlatformFact, StateHealth};
use super::rules::{Anomaly, Rules, StepUp};
use crate::time::Charge;
use crate::token::UtcTime;
use std::collections::BTreeSet;
use std::time::Duration;

/// A contact within this many days answers for a clock that is wrong and for a platform that is another: what is seen of
/// them now does not tell whether it was so before. What was met later than that is remembered.
const ANSWERED_DAYS: u16 = 1;

/// Whether the last contact is recent enough for the features that demand one.
pub(super) fn is_recent(inputs: &Inputs<'_>, rules: &Rules) -> bool {
    let step_up = rules.step_up.as_ref();
    step_up.is_none_or(|step_up| is_within(inputs, step_up.contact_days))
}

/// Whether a contact is demanded, since something unusual happened that the last one does not answer for.
pub(super) fn is_due(inputs: &Inputs<'_>, rules: &Rules) -> bool {
    demanding(inputs, rules).any(|(_, answered_days)| match answered_days {
        Some(days) => !is_within(inputs, days),
        None => true,
    })
}

/// What is unusual now and demands a contact, and would be forgotten when it is over. It is to be handed to later
/// verdicts ([`Inputs::remembered`]) until there is a lease that is anchored later.
///
/// Nothing where the lease has come to its end, since only a contact helps then.
#[must_use = "what is not kept is forgotten"]
pub fn to_remember(inputs: &Inputs<'_>, rules: &Rules) -> BTreeSet<Anomaly> {
    if inputs.lease.is_err() || inputs.charge.is_err() {
        return BTreeSet::new();
    }
    let unanswered = demanding(inputs, rules).filter_map(|(anomaly, answered_days)| {
        let days = answered_days?;
        (!is_within(inputs, days)).then_some(anomaly)
    });
    unanswered.collect()
}

/// The last moment at which the last contact is recent enough for the features that demand one.
pub(super) fn recent_until(inputs: &Inputs<'_>, rules: &Rules) -> Option<UtcTime> {
    let step_up = rules.step_up.as_ref()?;
    until(inputs, step_up.contact_days)
}

/// The last moment at which no contact is demanded, if one will be for what is unusual now.
pub(super) fn due_after(inputs: &Inputs<'_>, rules: &Rules) -> Option<UtcTime> {
    let days = demanding(inputs, rules)
        .filter_map(|(_, answered_days)| answered_days)
        .min()?;
    until(inputs, days)
}

/// The unusual things that there are and that the rules name, each with for how many days a contact answers for it; `None`
/// if the last contact is known to have been before it.
fn demanding<'f>(
    inputs: &'f Inputs<'_>,
    rules: &'f Rules,
) -> impl Iterator<Item = (Anomaly, Option<u16>)> + 'f {
    let named: Option<&StepUp> = rules.step_up.as_ref();
    let named = named.into_iter().flat_map(|step_up| &step_up.after);
    named.filter_map(|&anomaly| {
        if inputs.remembered.contains(&anomaly) {
            return Some((anomaly, None));
        }
        let (is_there, answered_days) = match anomaly {
            Anomaly::StateMissing => (
                matches!(inputs.state, StateHealth::Missing | StateHealth::Damaged),
                None,
            ),
            Anomaly::StateRolledBack => (inputs.state == StateHealth::RolledBack, None),
            Anomaly::PlatformChanged => (
                inputs.platform_under(rules) == PlatformFact::Differs,
                Some(ANSWERED_DAYS),
            ),
            Anomaly::OsClock => (inputs.now.notice.is_some(), Some(ANSWERED_DAYS)),
        };
        is_there.then_some((anomaly, answered_days))
    })
}

/// Whether the last contact was at most `days` ago. One that is not known was not.
fn is_within(inputs: &Inputs<'_>, days: u16) -> bool {
    let (Ok(lease), Ok(charge)) = (&inputs.lease, &inputs.charge) else {
        return false;
    };
    let limit = Limit::of(lease, charge, days);
    inputs.now.utc <= limit.at && charge.spent_ms <= limit.charge_ms
}

/// The last moment at which the last contact is at most `days` ago.
fn until(inputs: &Inputs<'_>, days: u16) -> Option<UtcTime> {
    let lease = inputs.lease.as_ref().ok()?;
    let charge = inputs.charge.as_ref().ok()?;
    let limit = Limit::of(lease, charge, days);
    let left_ms = limit.charge_ms.saturating_sub(charge.spent_ms);
    Some(
        limit
            .at
            .min(inputs.now.utc.plus(lease.pace.time_for(left_ms))),
    )
}

/// Where so many days after a contact end.
struct Limit {
    at: UtcTime,
    charge_ms: u64,
}

impl Limit {
    /// By charge as a lease of so many days would have it: what the budget has on top of the window is added.
    fn of(lease: &LeaseFacts, charge: &Charge, days: u16) -> Self {
        let span = Duration::from_secs(u64::from(days) * 24 * 60 * 60);
        let window_ms = u128::from(lease.window_s) * 1000;
        let on_top = charge
            .budget_ms
            .saturating_sub(lease.pace.charge_of(window_ms));
        Limit {
            at: lease.issued_at.plus(span),
            charge_ms: lease
                .pace
                .charge_of(span.as_millis())
                .saturating_add(on_top),
        }
    }
}

//! Whether the licenses' offline time lasts, the way this machine is used.

use std::time::Duration;

use counterfoil::client::{LicenseReport, Report};
use counterfoil::time::{Charge, Limits, share_at_pace};

use super::finding::Finding;
use super::plural;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Looks at what each license was charged since the last contact.
pub(super) fn examine(judged: &Report, findings: &mut Vec<Finding>) {
    findings.extend(judged.licenses.iter().filter_map(finding));
}

fn finding(license: &LicenseReport) -> Option<Finding> {
    let (lease, charge) = (license.lease.as_ref()?, license.verdict.charge.as_ref()?);
    let promised = Promised {
        product: &lease.product,
        limits: Limits::from(lease),
        window: Duration::from_secs(lease.window_s),
    };
    // Not the anchor's date: where the request came by file that can be the day on which the license was made.
    Some(promised.judge(charge, license.now.utc.since(lease.issued_at)))
}

/// What the vendor promised.
struct Promised<'a> {
    product: &'a str,
    limits: Limits,
    window: Duration,
}

impl Promised<'_> {
    /// Judges what was charged, `elapsed` after the contact. Charging started with the request: where the answer was long
    /// on its way the pace is somewhat overrated at first, and never underrated. Boots are why the time is short only where
    /// there were more than one a day.
    fn judge(&self, charge: &Charge, elapsed: Duration) -> Finding {
        let days = in_days(elapsed);
        let share = share_at_pace(charge, elapsed, &self.limits, self.window);
        let so_far = format!(
            "{}: {} counted, {} since the last contact",
            self.product,
            plural(charge.resets as usize, "boot"),
            plural(days, "day"),
        );
        if days == 0 || share >= 100 || charge.resets as usize <= days + 1 {
            return Finding::ok("pace", format!("{so_far}; the offline time lasts"));
        }
        Finding::warning(
            "pace",
            format!(
                "{so_far}; at this pace {share} % of the promised {} without network can be used",
                plural(in_days(self.window), "day"),
            ),
            "boot this machine less often (sleep costs less), or connect it to the vendor more often; the vendor can shorten \
             what a boot costs by listing this TPM's model in the rules",
        )
    }
}

fn in_days(span: Duration) -> usize {
    (span.as_secs() / DAY.as_secs()) as usize
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;
    use counterfoil::policy::Rules;

    fn promised() -> Promised<'static> {
        let time = Rules::default().time;
        let window = 30 * DAY;
        Promised {
            product: "cad",
            limits: time.limits(window, time.unclean_loss_ms),
            window,
        }
    }

    /// A machine that is always on, after `days` with so many boots each.
    fn level(boots_per_day: u32, days: u32) -> Level {
        let promised = promised();
        let Limits {
            unclean_loss_ms,
            restarts_allowed,
            heartbeat_ms,
            budget_ms,
        } = promised.limits;
        let resets = boots_per_day * days;
        let step_ms = u64::from(restarts_allowed.get() + 1) * heartbeat_ms;
        let boots_ms = u64::from(resets) * (unclean_loss_ms + step_ms);
        let on_ms = u64::from(days) * 86_400_000;
        let charge = Charge {
            spent_ms: (on_ms + boots_ms + step_ms) * 7 / 6,
            budget_ms,
            resets,
            restarts: 0,
            increments: 1,
        };
        promised.judge(&charge, days * DAY).level
    }

    #[test]
    fn twenty_boots_a_day_are_warned_about_and_one_is_not() {
        assert_eq!(level(20, 3), Level::Warning);
        assert_eq!(level(20, 1), Level::Warning);
        assert_eq!(level(3, 3), Level::Warning);
        assert_eq!(level(1, 3), Level::Ok);
        assert_eq!(level(1, 25), Level::Ok);
    }

    #[test]
    fn the_first_day_says_nothing_yet() {
        let charge = Charge {
            spent_ms: 100_000_000,
            budget_ms: promised().limits.budget_ms,
            resets: 20,
            restarts: 0,
            increments: 1,
        };
        let soon = promised().judge(&charge, DAY - Duration::from_secs(1));
        assert_eq!(soon.level, Level::Ok);
    }
}

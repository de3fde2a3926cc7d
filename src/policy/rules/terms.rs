//! From the rules to the terms of one lease (the vendor's side).

use super::{Licensee, Rules, TimeRules, TpmLoss};
use crate::policy::LeaseFacts;
use crate::time::{Limits, Pace, budget_ms};
use crate::token::{DeviceClass, RenewAfter, UtcTime};
use std::num::NonZeroU32;
use std::time::Duration;

/// What names a TPM's model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TpmModel<'a> {
    /// The manufacturer (TPM_PT_MANUFACTURER); trailing blanks and zeros do not count.
    pub manufacturer: &'a str,
    /// The model (TPM_PT_VENDOR_STRING); trailing blanks and zeros do not count.
    pub model: &'a str,
}

/// The terms of one lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// W: how long the device may work offline; in cold standby, how long it may run.
    pub window: Duration,
    /// From the lease's time of issue to its `exp`: W, or how long cold standby keeps, and what clocks that are off may
    /// take from it.
    pub valid_for: Duration,
    /// D: the charge budget, in milliseconds.
    pub budget_ms: u64,
    /// I: the clock lost at an unclean stop, in milliseconds.
    pub unclean_loss_ms: u64,
    /// S: restarts accepted before the activity counter is incremented.
    pub restarts_allowed: NonZeroU32,
    /// J: how long one validation's verdict lasts, in milliseconds.
    pub heartbeat_ms: u64,
    /// From the lease's time of issue to its renew-after date.
    pub renew_after: Duration,
    /// The charge from which on the lease is to be renewed, in milliseconds.
    pub renew_charge_ms: u64,
}

impl Terms {
    /// What a lease with these terms fixes about charging.
    pub fn limits(&self) -> Limits {
        Limits {
            budget_ms: self.budget_ms,
            unclean_loss_ms: self.unclean_loss_ms,
            restarts_allowed: self.restarts_allowed,
            heartbeat_ms: self.heartbeat_ms,
        }
    }

    /// A lease with these terms as a verdict looks at it, issued at `issued_at`.
    pub fn lease_facts(&self, issued_at: UtcTime) -> LeaseFacts {
        LeaseFacts {
            issued_at,
            expires_at: issued_at.plus(self.valid_for),
            renew_after: RenewAfter {
                at: issued_at.plus(self.renew_after),
                charge_ms: self.renew_charge_ms,
            },
            window_s: self.window.as_secs(),
            pace: Pace::promised(
                self.unclean_loss_ms,
                self.restarts_allowed,
                self.heartbeat_ms,
            ),
        }
    }
}

/// The rules license no device of this class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the product's rules license no {class} devices: add `{class}` under [window_days] and publish the rules"
)]
pub struct ClassNotLicensed {
    /// The class.
    pub class: DeviceClass,
}

impl Rules {
    /// The terms of a lease for a device of `class`, whose TPM is `tpm` where that is known, of `licensee`.
    ///
    /// A machine in cold standby, where the rules have such, is charged for what it runs alone: its lease has the budget
    /// for `run_days` and lasts `keep_days` by date. Allowances of a window do not count for it.
    ///
    /// # Errors
    ///
    /// The rules license no such device.
    pub fn lease_terms(
        &self,
        class: DeviceClass,
        tpm: Option<TpmModel<'_>>,
        licensee: &Licensee<'_>,
    ) -> Result<Terms, ClassNotLicensed> {
        let of_class = self.windows.days(class).ok_or(ClassNotLicensed { class })?;
        let (run_days, keep_days) = match self.cold_standby.filter(|_| licensee.standby) {
            Some(standby) => (standby.run_days, standby.keep_days),
            None => {
                let days = self.allowed(licensee).window_of(class, of_class);
                (days, days)
            }
        };
        let (window, kept) = (days(run_days), days(keep_days));
        let unclean_loss_ms = self.unclean_loss_ms(tpm);
        let limits = self.time.limits(window, unclean_loss_ms);
        Ok(Terms {
            window,
            valid_for: kept + kept / 100 + CLOCK_ALLOWANCE,
            budget_ms: limits.budget_ms,
            unclean_loss_ms,
            restarts_allowed: limits.restarts_allowed,
            heartbeat_ms: limits.heartbeat_ms,
            renew_after: kept * u32::from(self.time.renew_after_percent) / 100,
            renew_charge_ms: percent_of(limits.budget_ms, self.time.renew_after_percent),
        })
    }

    /// I of a TPM: that of its model, else of its manufacturer, else the default.
    pub(in crate::policy) fn unclean_loss_ms(&self, tpm: Option<TpmModel<'_>>) -> u64 {
        let Some(tpm) = tpm else {
            return self.time.unclean_loss_ms;
        };
        let (manufacturer, model) = (trimmed(tpm.manufacturer), trimmed(tpm.model));
        let of_model = |entry: &&TpmLoss| {
            entry.manufacturer == manufacturer && entry.model.as_deref() == Some(model)
        };
        let of_manufacturer =
            |entry: &&TpmLoss| entry.manufacturer == manufacturer && entry.model.is_none();
        let tpms = &self.time.tpms;
        tpms.iter()
            .find(of_model)
            .or_else(|| tpms.iter().find(of_manufacturer))
            .map_or(self.time.unclean_loss_ms, |entry| entry.unclean_loss_ms)
    }
}

impl TimeRules {
    /// What a lease for the `window` W fixes about charging, on a TPM whose clock loses I at an unclean stop.
    pub fn limits(&self, window: Duration, unclean_loss_ms: u64) -> Limits {
        let restarts_allowed = self.restarts_allowed;
        let heartbeat_ms = u64::from(self.recheck_s) * 1000;
        Limits {
            budget_ms: budget_ms(window, unclean_loss_ms, restarts_allowed, heartbeat_ms),
            unclean_loss_ms,
            restarts_allowed,
            heartbeat_ms,
        }
    }
}

/// A machine's clock may show local time as UTC (14 hours at most, and one for the season), and within one boot it is
/// believed an hour and a hundredth ahead: so much later than W a lease ends by date, and W is kept. The charge budget,
/// which bounds the use, has none of it.
const CLOCK_ALLOWANCE: Duration = Duration::from_secs(15 * 60 * 60);

fn days(days: u16) -> Duration {
    Duration::from_secs(u64::from(days) * 24 * 60 * 60)
}

fn percent_of(ms: u64, percent: u8) -> u64 {
    u64::try_from(u128::from(ms) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches([' ', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Windows;
    use crate::token::LicenseId;

    fn rules_with_tpms() -> Rules {
        let entry = |manufacturer: &str, model: Option<&str>, unclean_loss_ms| TpmLoss {
            manufacturer: manufacturer.into(),
            model: model.map(str::to_owned),
            unclean_loss_ms,
        };
        let mut rules = Rules::default();
        rules.time.tpms = vec![
            entry("IFX", None, 524_288),
            entry("IFX", Some("SLB9670"), 16_384),
            entry("AMD", Some("AMD"), 4_096),
        ];
        rules
    }

    fn anyone() -> Licensee<'static> {
        Licensee {
            segment: None,
            license: LicenseId::new([1; 8]),
            user: None,
            standby: false,
        }
    }

    #[test]
    fn the_most_specific_entry_gives_a_tpms_clock_loss() {
        let loss = |manufacturer, model| {
            let tpm = TpmModel {
                manufacturer,
                model,
            };
            let terms = rules_with_tpms().lease_terms(DeviceClass::Hardware, Some(tpm), &anyone());
            terms.expect("hardware is licensed").unclean_loss_ms
        };
        assert_eq!(loss("IFX", "SLB9670"), 16_384);
        assert_eq!(loss("IFX\0", "SLB9670 \0"), 16_384);
        assert_eq!(loss("IFX", "SLB9665"), 524_288);
        assert_eq!(loss("AMD", "other"), 1 << 22);
        assert_eq!(loss("NTC", "SLB9670"), 1 << 22);
    }

    #[test]
    fn a_class_that_is_not_listed_gets_no_lease() {
        assert_eq!(
            Rules::default().lease_terms(DeviceClass::Test, None, &anyone()),
            Err(ClassNotLicensed {
                class: DeviceClass::Test
            })
        );
        let rules = Rules {
            windows: Windows::default().with(DeviceClass::Test, 7),
            ..Rules::default()
        };
        assert!(
            rules
                .lease_terms(DeviceClass::Test, None, &anyone())
                .is_ok()
        );
        assert!(
            rules
                .lease_terms(DeviceClass::Hardware, None, &anyone())
                .is_err()
        );
    }

    #[test]
    fn p3_a_lease_outlasts_its_window_by_what_a_clock_that_is_off_may_take() {
        for days in [1, 30, 365] {
            let rules = Rules {
                windows: Windows::default().with(DeviceClass::Hardware, days),
                ..Rules::default()
            };
            let terms = rules
                .lease_terms(DeviceClass::Hardware, None, &anyone())
                .expect("hardware is licensed");
            let fourteen_hours_ahead = terms.window + Duration::from_secs(14 * 3600);
            let at_the_ceiling = terms.window + terms.window / 100 + Duration::from_secs(3600);
            assert!(terms.valid_for >= fourteen_hours_ahead.max(at_the_ceiling));
        }
    }

    #[test]
    fn renewal_begins_before_grace() {
        let terms = Rules::default()
            .lease_terms(DeviceClass::Hardware, None, &anyone())
            .expect("hardware is licensed");
        assert_eq!(terms.renew_after, Duration::from_secs(15 * 86_400));
        assert_eq!(terms.renew_charge_ms, terms.budget_ms / 2);
    }
}

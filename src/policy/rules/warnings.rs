//! What is allowed in rules, and hardly meant.

use super::faults::Found;
use super::{Anomaly, RuleFault, Rules};
use crate::token::DeviceClass;
use std::collections::BTreeSet;

/// A window for virtual machines up to which nobody is warned, in days.
const VIRTUAL_DAYS: u16 = 7;

impl Rules {
    /// What is allowed and hardly meant, each with where, what and what to do. [`Rules::from_toml_with_warnings`] gives
    /// the lines too.
    ///
    /// [`Rules::from_toml_with_warnings`]: Rules#method.from_toml_with_warnings
    pub fn warnings(&self) -> Vec<RuleFault> {
        let mut found = Found::default();
        self.warn_of_classes(&mut found);
        self.warn_of_boots(&mut found);
        self.warn_of_step_up(&mut found);
        self.warn_of_pcrs(&mut found);
        if self.time.grace_percent == 0 {
            found.add(
                "time.grace_percent",
                "is 0, so nobody is urged to connect before features go off",
                "choose about 25",
            );
        }
        found.0
    }

    fn warn_of_classes(&self, found: &mut Found) {
        if self.windows.days(DeviceClass::Test).is_some() {
            found.add(
                "window_days.test",
                "licenses simulators, of which anyone can make any number",
                "remove it from the rules of a product that is sold",
            );
        }
        let days = self.windows.days(DeviceClass::Virtual);
        if let Some(days) = days.filter(|&days| days > VIRTUAL_DAYS) {
            found.add(
                "window_days.virtual",
                format!(
                    "lets virtual machines, which can be rewound, work offline for {days} days"
                ),
                format!("choose {VIRTUAL_DAYS} or fewer, or accept that a copy may work as long"),
            );
        }
    }

    fn warn_of_boots(&self, found: &mut Found) {
        let Some(boots) = self.time.boot_budget else {
            return;
        };
        let longest = self.longest_window_days();
        if boots < u32::from(longest) {
            found.add(
                "time.boot_budget",
                format!("is spent by one boot a day before the {longest} days offline are over"),
                format!("choose {longest} or more"),
            );
        }
    }

    fn warn_of_step_up(&self, found: &mut Found) {
        let Some(step_up) = &self.step_up else { return };
        let known: BTreeSet<&String> = self.tiers.iter().flat_map(|tier| &tier.features).collect();
        for feature in &step_up.features {
            if !known.contains(feature) {
                found.add(
                    "step_up.features",
                    format!("names {feature:?}, which no tier has"),
                    "correct the name, unless licenses grant this feature by themselves",
                );
            }
        }
        if step_up.after.contains(&Anomaly::OsClock) {
            found.add(
                "step_up.after",
                "names \"os_clock\", so a clock with a dead battery takes the offline time from a machine that did nothing else",
                "leave it out where machines are offline for long: their time is charged by another clock anyway",
            );
        }
        let longest = self.longest_window_days();
        if !step_up.features.is_empty() && step_up.contact_days >= longest {
            found.add(
                "step_up.contact_days",
                format!(
                    "is {}, and every machine has to connect within {longest} days anyway",
                    step_up.contact_days
                ),
                "choose fewer days",
            );
        }
    }

    fn warn_of_pcrs(&self, found: &mut Found) {
        /// What Linux (IMA) measures of the files that it opens, where that is switched on.
        const FILES: u8 = 10;
        if self
            .pcr
            .as_ref()
            .is_some_and(|rule| rule.pcrs.contains(&FILES))
        {
            found.add(
                "pcr.pcrs",
                "selects 10, which many systems change all the time while they run",
                "leave it out, unless your machines measure no files",
            );
        }
    }

    fn longest_window_days(&self) -> u16 {
        let days = DeviceClass::ALL
            .into_iter()
            .filter_map(|class| self.windows.days(class));
        let allowed = self
            .allowances
            .iter()
            .filter_map(|allowance| allowance.window_days);
        days.chain(allowed).max().unwrap_or_default()
    }
}

//! What machines get of their offline time that are not used as the promise describes.

use crate::policy::rules::{RuleFault, Rules};
use crate::time::{Usage, share_of_window};
use crate::token::DeviceClass;

/// A machine that boots often, as a kiosk on a switched socket does.
const OFTEN: u32 = 20;

/// What part of their offline time machines do not get, as warnings: the machine that it is promised to, and one that boots
/// twenty times a day. For a TPM whose model the rules do not list, which costs most.
pub fn pace_warnings(rules: &Rules) -> Vec<RuleFault> {
    // The shares are nearly the same for every window; the longest is what matters most.
    let windows = DeviceClass::ALL
        .into_iter()
        .filter_map(|class| rules.windows.window(class));
    let Some(window) = windows.max() else {
        return Vec::new();
    };
    let limits = rules.time.limits(window, rules.time.unclean_loss_ms);
    let share = |usage: Usage| share_of_window(&usage, &limits, window);
    let promised = share(Usage::PROMISED);
    let mut warnings = Vec::new();
    if promised < 100 {
        warnings.push(RuleFault {
            line: None,
            key: "time.recheck_seconds".to_owned(),
            problem: format!(
                "leaves a machine that boots once and sleeps ten times a day {promised} % of its offline time"
            ),
            advice: "lower it, `time.restarts_allowed` or `time.unclean_loss_ms`".to_owned(),
        });
    }
    let often = share(Usage::always_on(OFTEN, 0));
    if often < 100 {
        warnings.push(RuleFault {
            line: None,
            key: "time.unclean_loss_ms".to_owned(),
            problem: format!(
                "leaves a machine that boots {OFTEN} times a day {often} % of its offline time"
            ),
            advice: "where machines boot often, list the models of their TPMs under [[time.tpm]]"
                .to_owned(),
        });
    }
    warnings
}

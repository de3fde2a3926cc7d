//! What machines get of their offline time that are not used as the promise describes.

use crate::policy::rules::{RuleFault, Rules};
use crate::time::{Pace, Usage, share_of_window};
use crate::token::DeviceClass;

/// A machine that boots often, as a kiosk on a switched socket does.
const OFTEN: u32 = 20;
/// Of the window, in percent: what a budget may be larger without a warning.
const SURPLUS: u32 = 25;

/// Where what machines get is far from their offline time, as warnings: a budget that is much larger, since boots and sleeps
/// cost much, and a machine that boots twenty times a day. For a TPM whose model the rules do not list, which costs most.
pub fn pace_warnings(rules: &Rules) -> Vec<RuleFault> {
    // The shares are nearly the same for every window; the longest is what matters most.
    let windows = DeviceClass::ALL
        .into_iter()
        .filter_map(|class| rules.windows.window(class));
    let Some(window) = windows.max() else {
        return Vec::new();
    };
    let limits = rules.time.limits(window, rules.time.unclean_loss_ms);
    let mut warnings = Vec::new();
    let surplus = Pace::from(&limits).surplus_percent();
    if surplus > SURPLUS {
        warnings.push(RuleFault {
            line: None,
            key: "time.recheck_seconds".to_owned(),
            problem: format!(
                "lets a lease be used {surplus} % longer than its offline time, to pay for one boot and ten \
                 sleeps a day; a machine without them whose clock is set back can use all of it"
            ),
            advice: "lower it, `time.restarts_allowed` or `time.unclean_loss_ms`".to_owned(),
        });
    }
    let often = share_of_window(&Usage::always_on(OFTEN, 0), &limits, window);
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

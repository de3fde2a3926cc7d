//! How long machines work offline, and how their time is counted.

use super::words::{class_of_machines, days, short_time};
use super::{Changes, Effect, Starts, demands};
use crate::policy::rules::{Keep, Rules, TimeRules, TpmModel, Windows};
use crate::token::DeviceClass;
use std::collections::BTreeSet;

pub(super) fn windows(old: Windows, new: Windows, changes: &mut Changes) {
    for class in DeviceClass::ALL {
        let machines = class_of_machines(class);
        let (effect, starts, text) = match (old.days(class), new.days(class)) {
            (None, Some(now)) => (
                Effect::Gain,
                Starts::NextRequest,
                format!(
                    "{machines} can be licensed, and work offline for {}",
                    days(now.into())
                ),
            ),
            (Some(before), None) => (
                Effect::Loss,
                Starts::NextRequest,
                format!(
                    "{machines} get no license and no renewal any more; those that hold one keep it for up to {}",
                    days(before.into())
                ),
            ),
            (Some(before), Some(now)) if before != now => (
                Effect::of_more(&before, &now),
                Starts::NextRenewal,
                format!(
                    "{machines} work offline for {} instead of {before}",
                    days(now.into())
                ),
            ),
            _ => continue,
        };
        changes.add(format!("window_days.{class}"), effect, starts, text);
    }
}

pub(super) fn time(
    old: &TimeRules,
    new: &TimeRules,
    old_rules: &Rules,
    new_rules: &Rules,
    changes: &mut Changes,
) {
    let TimeRules {
        grace_percent,
        renew_after_percent,
        recheck_s,
        restarts_allowed,
        unclean_loss_ms,
        tpms,
        boot_budget,
    } = old;
    if *grace_percent != new.grace_percent {
        let all_kept = |rules: &Rules| rules.keep.offline_grace == Keep::All;
        let effect = match all_kept(old_rules) && all_kept(new_rules) {
            true => Effect::Other,
            false => Effect::of_worse(grace_percent, &new.grace_percent),
        };
        let text = format!(
            "People are urged to connect in the last {} % of the offline time instead of the last {grace_percent} %",
            new.grace_percent
        );
        changes.add("time.grace_percent", effect, Starts::NextRenewal, text);
    }
    let mut other = |key: &str, text: String| {
        changes.add(key, Effect::Other, Starts::NextRenewal, text);
    };
    if *renew_after_percent != new.renew_after_percent {
        let text = format!(
            "Machines renew by themselves after {} % of the offline time instead of {renew_after_percent} %",
            new.renew_after_percent
        );
        other("time.renew_after_percent", text);
    }
    if *recheck_s != new.recheck_s {
        let text = format!(
            "Running programs check every {} seconds instead of every {recheck_s}",
            new.recheck_s
        );
        other("time.recheck_seconds", text);
    }
    if *restarts_allowed != new.restarts_allowed {
        let text = format!(
            "Machines write to the chip's memory after {} sleeps in one boot instead of {restarts_allowed}",
            new.restarts_allowed
        );
        other("time.restarts_allowed", text);
    }
    if *unclean_loss_ms != new.unclean_loss_ms {
        let text = format!(
            "Each boot of a machine whose TPM model is not listed costs {} of its offline time instead of {}",
            short_time(new.unclean_loss_ms),
            short_time(*unclean_loss_ms)
        );
        let effect = Effect::of_worse(unclean_loss_ms, &new.unclean_loss_ms);
        changes.add("time.unclean_loss_ms", effect, Starts::NextRenewal, text);
    }
    if *tpms != new.tpms {
        models(old_rules, new_rules, changes);
    }
    demands::boot_budget(*boot_budget, new.boot_budget, changes);
}

/// What each boot costs machines of the listed models.
fn models(old: &Rules, new: &Rules, changes: &mut Changes) {
    let before = changes.0.len();
    let listed = old.time.tpms.iter().chain(&new.time.tpms);
    let models: BTreeSet<_> = listed
        .map(|entry| (entry.manufacturer.as_str(), entry.model.as_deref()))
        .collect();
    for (manufacturer, model) in models {
        let tpm = TpmModel {
            manufacturer,
            model: model.unwrap_or_default(),
        };
        let (was, is) = (
            old.unclean_loss_ms(Some(tpm)),
            new.unclean_loss_ms(Some(tpm)),
        );
        if was != is {
            let text = format!(
                "Each boot of a machine with a TPM `{manufacturer}{}{}` costs {} of its offline time instead of {}",
                if model.is_some() { " " } else { "" },
                tpm.model,
                short_time(is),
                short_time(was)
            );
            changes.add(
                "time.tpm",
                Effect::of_worse(&was, &is),
                Starts::NextRenewal,
                text,
            );
        }
    }
    if changes.0.len() == before {
        let text = "TPM models are listed in another way; each boot costs what it did";
        changes.add("time.tpm", Effect::Other, Starts::NextRenewal, text);
    }
}

//! Which features are on: what changed tiers, `keep` and `enforcement` come to.

use super::words::{OWN_FEATURES, list_of_features};
use super::{Changes, Effect, Starts, kept_keys};
use crate::policy::Standing;
use crate::policy::features::on;
use crate::policy::inputs::LicenseFacts;
use crate::policy::rules::{Enforcement, Rules};
use crate::token::{DeviceClass, UtcTime, VersionRange};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn enforcement(old: Enforcement, new: Enforcement, changes: &mut Changes) {
    let (effect, text) = match (old, new) {
        (Enforcement::On, Enforcement::Advisory) => (
            Effect::Gain,
            "Machines keep every feature of a genuine license, and what would be off is only reported",
        ),
        (Enforcement::Advisory, Enforcement::On) => (
            Effect::Loss,
            "Machines turn features off where the rules say so, instead of only reporting it",
        ),
        (Enforcement::On, Enforcement::On) | (Enforcement::Advisory, Enforcement::Advisory) => {
            return;
        }
    };
    changes.add("enforcement", effect, Starts::NextRenewal, text);
}

/// Whom a standing makes of licenses, and the key that says what they keep.
const STANDINGS: [(Standing, &str, &str); 6] = [
    (Standing::Active, "tier", "Licenses"),
    (
        Standing::OfflineGrace,
        "keep.offline_grace",
        "In the last part of the offline time, licenses",
    ),
    (
        Standing::Limited,
        "keep.limited",
        "Once the offline time is over, licenses",
    ),
    (Standing::Expired, "keep.expired", "Expired licenses"),
    (Standing::Suspended, "keep.suspended", "Suspended licenses"),
    (Standing::Revoked, "keep.revoked", "Revoked licenses"),
];

/// What changed tiers and `keep` give to whom, and take from whom.
pub(super) fn kept(old: &Rules, new: &Rules, changes: &mut Changes) {
    let before = changes.0.len();
    let tiers = old.tiers.iter().chain(&new.tiers);
    let editions: BTreeSet<&str> = tiers.map(|tier| tier.name.as_str()).collect();
    for (effect, from, to) in [(Effect::Loss, old, new), (Effect::Gain, new, old)] {
        let mut always = BTreeMap::new();
        for (standing, key, whose) in STANDINGS {
            let mut by_features: BTreeMap<BTreeSet<String>, Vec<&str>> = BTreeMap::new();
            for edition in &editions {
                let missing = &features(from, edition, standing) - &features(to, edition, standing);
                // What they have or lack in every standing is said once.
                let said: &BTreeSet<String> = always.entry(*edition).or_default();
                let missing = &missing - said;
                if standing == Standing::Active {
                    always.insert(*edition, missing.clone());
                }
                by_features.entry(missing).or_default().push(edition);
            }
            for (features, of) in by_features {
                if features.is_empty() {
                    continue;
                }
                let of = if of.len() == editions.len() {
                    String::new()
                } else {
                    format!(" of the edition {}", list_of_features(of))
                };
                let verb = if effect == Effect::Gain {
                    "gain"
                } else {
                    "lose"
                };
                let features = list_of_features(features.iter().map(String::as_str));
                let text = format!("{whose}{of} {verb} {features}{}", hypothetical(new));
                changes.add(key, effect, Starts::NextRenewal, text);
            }
        }
    }
    if changes.0.len() == before {
        arranged(old, new, changes);
    }
}

/// Tiers and `keep` are written differently, and every license has what it had.
fn arranged(old: &Rules, new: &Rules, changes: &mut Changes) {
    let kept = kept_keys(&old.keep).into_iter().zip(kept_keys(&new.keep));
    let key = kept
        .filter(|(old, new)| old.1 != new.1)
        .map(|(old, _)| old.0)
        .next();
    changes.add(
        key.unwrap_or("tier"),
        Effect::Other,
        Starts::NextRenewal,
        "Tiers are arranged in another way; no license gains or loses a feature",
    );
}

fn hypothetical(new: &Rules) -> &'static str {
    match new.enforcement {
        Enforcement::On => "",
        Enforcement::Advisory => " (as soon as the rules are enforced)",
    }
}

/// What is on for a license of an edition, with rules that are enforced.
fn features(rules: &Rules, edition: &str, standing: Standing) -> BTreeSet<String> {
    let enforced = Rules {
        enforcement: Enforcement::On,
        ..rules.clone()
    };
    let own = BTreeSet::from([OWN_FEATURES.to_owned()]);
    let license = LicenseFacts {
        edition,
        features: &own,
        versions: &VersionRange::default(),
        class: DeviceClass::Hardware,
        not_before: UtcTime::EPOCH,
        expires_at: None,
    };
    on(&enforced, Some(&license), standing, true)
        .features
        .into_iter()
        .collect()
}

//! Which features are on.

use super::Standing;
use super::inputs::LicenseFacts;
use super::rules::{Enforcement, Keep, Rules};
use std::collections::BTreeSet;

/// The features that are on, and the highest tier that is on as a whole.
pub(super) struct On {
    pub(super) features: Vec<String>,
    pub(super) tier: Option<String>,
    /// What would be on after a contact. In advisory mode it is.
    pub(super) for_contact: Vec<String>,
}

/// What of the license's features is on in `standing`, after a contact that is `recent` enough for the features which
/// demand one, or not.
///
/// Without a license that could be read no more is on than the essential tier, which belongs to everyone.
pub(super) fn on(
    rules: &Rules,
    license: Option<&LicenseFacts<'_>>,
    standing: Standing,
    recent: bool,
) -> On {
    let granted = granted(rules, license);
    let advisory = rules.enforcement == Enforcement::Advisory && license.is_some();
    let kept = if advisory {
        &Keep::All
    } else {
        kept(rules, standing)
    };
    let mut on: BTreeSet<&str> = match kept {
        Keep::All => granted,
        Keep::Nothing => BTreeSet::new(),
        Keep::Tier(name) => {
            // A tier that the rules do not have keeps nothing.
            let tiers = rules.tier(name).map_or(0, |place| place + 1);
            &granted & &features_of(rules, tiers)
        }
    };
    let for_contact = match &rules.step_up {
        Some(step_up) if !recent => {
            let demanding: BTreeSet<&str> = step_up.features.iter().map(String::as_str).collect();
            &on & &demanding
        }
        _ => BTreeSet::new(),
    };
    if !advisory {
        on = &on - &for_contact;
    }
    let whole = |tier: &&super::rules::Tier| {
        tier.features
            .iter()
            .all(|feature| on.contains(feature.as_str()))
    };
    let tier = match kept {
        Keep::Nothing => None,
        _ => rules
            .tiers
            .iter()
            .take_while(whole)
            .last()
            .map(|tier| tier.name.clone()),
    };
    On {
        features: on.into_iter().map(str::to_owned).collect(),
        tier,
        for_contact: for_contact.into_iter().map(str::to_owned).collect(),
    }
}

/// The tier whose name says what `license` loses in Limited; `None` where no one tier's name says it.
pub(super) fn tier_at_stake<'r>(
    rules: &'r Rules,
    license: Option<&LicenseFacts<'_>>,
) -> Option<&'r str> {
    let license = license?;
    let place = rules.tier(license.edition)?;
    let kept = match &rules.keep.limited {
        Keep::All => return None,
        Keep::Tier(name) => rules.tier(name).map_or(0, |place| place + 1),
        Keep::Nothing => 0,
    };
    let of_tiers = features_of(rules, place + 1);
    let no_others = license
        .features
        .iter()
        .all(|feature| of_tiers.contains(feature.as_str()));
    (place >= kept && no_others).then(|| rules.tiers[place].name.as_str())
}

fn kept(rules: &Rules, standing: Standing) -> &Keep {
    match standing {
        Standing::Active | Standing::RenewalDue => &Keep::All,
        Standing::OfflineGrace => &rules.keep.offline_grace,
        Standing::Limited => &rules.keep.limited,
        Standing::Expired => &rules.keep.expired,
        Standing::Suspended => &rules.keep.suspended,
        Standing::Revoked => &rules.keep.revoked,
        Standing::Released | Standing::NotActivated => &Keep::Nothing,
    }
}

/// The features of the license's own tier and list, and of the essential tier.
fn granted<'f>(rules: &'f Rules, license: Option<&LicenseFacts<'f>>) -> BTreeSet<&'f str> {
    let Some(license) = license else {
        return features_of(rules, 1);
    };
    let tiers = rules.tier(license.edition).map_or(1, |place| place + 1);
    let mut granted = features_of(rules, tiers);
    granted.extend(license.features.iter().map(String::as_str));
    granted
}

/// The features of the first `tiers` tiers.
fn features_of(rules: &Rules, tiers: usize) -> BTreeSet<&str> {
    let tiers = rules.tiers.iter().take(tiers);
    tiers
        .flat_map(|tier| &tier.features)
        .map(String::as_str)
        .collect()
}

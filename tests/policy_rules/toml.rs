//! Rules as a vendor writes them.

use crate::full::FULL;
use counterfoil::policy::{
    Anomaly, ColdStandby, Enforcement, Keep, Language, LostState, PcrApproval, PcrChange,
    PcrReference, PcrRule, Reason, Rules, StepUp, Subject,
};
use counterfoil::token::{DeviceClass, LicenseId};
use std::collections::BTreeSet;

#[test]
fn what_a_new_product_gets_reads_as_the_defaults() {
    let text = Rules::default_toml("photo\nstudio");
    assert!(text.starts_with("# The rules of photostudio:"));
    assert_eq!(Rules::from_toml(&text), Ok(Rules::default()));
}

#[test]
fn every_key_of_the_default_text_that_is_commented_out_works() {
    let mut text = String::new();
    for line in Rules::default_toml("example").lines() {
        let is_key = |rest: &str| {
            let key = rest.split(" = ").next().unwrap_or_default();
            key != rest && !key.contains(' ') || rest.starts_with('[')
        };
        let example = line.strip_prefix("# ").filter(|rest| is_key(rest));
        text.push_str(example.unwrap_or(line));
        text.push('\n');
    }
    let rules = Rules::from_toml(&text).expect("the examples are right");
    assert_eq!(rules.support.as_deref(), Some("support@example.com"));
    assert_eq!(rules.versions.max.as_deref(), Some("2"));
    assert_eq!(rules.time.tpms.len(), 1);
    assert_eq!(rules.time.boot_budget, Some(150));
    assert!(rules.pcr.is_some() && rules.step_up.is_some() && rules.cold_standby.is_some());
    assert_eq!((rules.messages.len(), rules.allowances.len()), (1, 1));
    // What is shown as an example is not warned about.
    assert_eq!(rules.warnings(), []);
}

#[test]
fn every_key_is_read() {
    let rules = Rules::from_toml(FULL).expect("sound rules");
    let defaults = Rules::default();
    assert_eq!(rules.enforcement, Enforcement::Advisory);
    assert_eq!(rules.support.as_deref(), Some("help@example.com"));
    assert_eq!(
        DeviceClass::ALL.map(|class| rules.windows.days(class)),
        [Some(60), None, None, Some(7)]
    );
    assert_eq!(rules.tiers[1].features, ["edit", "sync"]);
    assert_eq!(rules.keep.offline_grace, Keep::Tier("pro".to_owned()));
    assert_eq!(
        (rules.keep.expired, rules.keep.suspended),
        (Keep::Nothing, Keep::Nothing)
    );
    let time = rules.time;
    assert_eq!(
        (time.grace_percent, time.renew_after_percent, time.recheck_s),
        (10, 40, 60)
    );
    assert_eq!(
        (
            time.restarts_allowed.get(),
            time.unclean_loss_ms,
            time.tpms.len()
        ),
        (20, 524_288, 2)
    );
    assert_ne!(rules.versions, defaults.versions);
    assert_eq!(
        (rules.state.missing, rules.state.rolled_back),
        (LostState::Limited, LostState::Suspended)
    );
}

#[test]
fn every_key_that_a_product_may_go_without_is_read() {
    let rules = Rules::from_toml(FULL).expect("sound rules");
    assert_eq!(rules.time.boot_budget, Some(90));
    assert_eq!((rules.wind_down_minutes, rules.valid_days), (15, 365));
    let digest = "00112233445566778899aabbccddeeff".repeat(2).parse();
    assert_eq!(
        rules.pcr,
        Some(PcrRule {
            pcrs: BTreeSet::from([0, 7]),
            reference: PcrReference::List(vec![digest.expect("a digest")]),
            on_change: PcrChange::Limited,
            approval: PcrApproval::Automatic,
        })
    );
    assert_eq!(
        rules.step_up,
        Some(StepUp {
            features: BTreeSet::from(["edit".to_owned()]),
            contact_days: 14,
            after: BTreeSet::from([Anomaly::PlatformChanged, Anomaly::OsClock]),
        })
    );
    assert_eq!(
        rules.cold_standby,
        Some(ColdStandby {
            keep_days: 400,
            run_days: 20
        })
    );
    let german = &rules.messages[&Language::De][&Reason::OfflineGrace];
    assert_eq!(
        german.message,
        "Bitte bis zum {offline_until} online gehen."
    );
    assert_eq!(german.step, None);
    let english = &rules.messages[&Language::En][&Reason::BootsSpent];
    assert_eq!(english.step.as_deref(), Some("Call {support}."));
    let license = LicenseId::new([1, 2, 3, 4, 5, 6, 7, 8]);
    let allowances: Vec<_> = rules
        .allowances
        .iter()
        .map(|allowance| {
            (
                &allowance.subject,
                allowance.window_days,
                allowance.seats_extra,
                allowance.moves_per_year,
            )
        })
        .collect();
    assert_eq!(
        allowances,
        [
            (
                &Subject::Segment("university".to_owned()),
                Some(120),
                Some(5),
                None
            ),
            (&Subject::License(license), Some(90), None, Some(12)),
            (&Subject::User("ada".to_owned()), None, Some(1), None),
        ]
    );
}

#[test]
fn absent_keys_have_their_defaults() {
    let mut rules = Rules::from_toml("[[tier]]\nname = \"essential\"\n").expect("sound rules");
    assert!(rules.tiers[0].features.is_empty());
    rules.tiers = Rules::default().tiers;
    assert_eq!(rules, Rules::default());
}

#[test]
fn the_first_tier_is_the_essential_one_whatever_its_name() {
    let rules = Rules::from_toml("[[tier]]\nname = \"basic\"\n").expect("sound rules");
    assert_eq!(rules.keep.limited, Keep::Tier("basic".to_owned()));
    assert_eq!(rules.keep.revoked, Keep::Nothing);
}

#[test]
fn toml_and_cbor_say_the_same() {
    let mut rules = Rules::from_toml(FULL).expect("sound rules");
    let read = Rules::from_cbor(&rules.to_cbor());
    // All but what is the vendor's own.
    rules.allowances.clear();
    rules.valid_days = Rules::default().valid_days;
    assert_eq!(read, Ok(rules));
}

//! What the rules say decides: versions, classes, lost state, and what stays on.

use crate::facts::{LICENSE_END, Machine, failures, lease, now, verdict_on};
use counterfoil::policy::{
    Enforcement, Keep, ListedStatus, LostState, Reason, Standing, StateHealth, decide,
};
use counterfoil::token::{DeviceClass, VersionRange};

#[test]
fn versions_of_rules_and_license_must_both_cover_the_application() {
    let range = |min: Option<&str>, max: Option<&str>| VersionRange {
        min: min.map(str::to_owned),
        max: max.map(str::to_owned),
    };
    let reason = |rules: VersionRange, license: VersionRange, version: Option<&str>| {
        let mut machine = Machine::new();
        machine.rules.versions = rules;
        machine.versions = license;
        let mut inputs = machine.inputs();
        inputs.app_version = version;
        decide(&inputs, &machine.rules).reason
    };
    let open = VersionRange::default;
    assert_eq!(
        reason(
            range(Some("2"), None),
            range(None, Some("2")),
            Some("2.9.1")
        ),
        Reason::Ok
    );
    assert_eq!(
        reason(range(Some("3"), None), open(), Some("2.9.1")),
        Reason::VersionNotAllowed
    );
    assert_eq!(
        reason(open(), range(None, Some("1")), Some("2.9.1")),
        Reason::VersionNotAllowed
    );
    assert_eq!(reason(open(), open(), None), Reason::Ok);
    assert_eq!(reason(open(), open(), Some("nightly")), Reason::Ok);
    assert_eq!(
        reason(range(Some("1"), None), open(), None),
        Reason::VersionUnreadable
    );
    assert_eq!(
        reason(open(), range(Some("1"), None), Some("nightly")),
        Reason::VersionUnreadable
    );
    assert_eq!(
        reason(open(), range(Some("one"), None), Some("1")),
        Reason::VersionUnreadable
    );
}

#[test]
fn a_class_that_the_rules_do_not_name_is_not_licensed() {
    let verdict = verdict_on(|inputs| {
        let mut license = inputs.license.expect("there is a license");
        license.class = DeviceClass::Test;
        inputs.license = Ok(license);
    });
    assert_eq!(
        (verdict.standing, verdict.reason),
        (Standing::Limited, Reason::DeviceClassNotLicensed)
    );
}

#[test]
fn the_rules_say_what_a_lost_state_leads_to() {
    for (rule, standing) in [
        (LostState::OfflineGrace, Standing::OfflineGrace),
        (LostState::Limited, Standing::Limited),
        (LostState::Suspended, Standing::Suspended),
    ] {
        for (health, reason) in [
            (StateHealth::Missing, Reason::StateMissing),
            (StateHealth::Damaged, Reason::StateDamaged),
            (StateHealth::RolledBack, Reason::StateRolledBack),
        ] {
            let mut machine = Machine::new();
            machine.rules.state.missing = rule;
            machine.rules.state.rolled_back = rule;
            let mut inputs = machine.inputs();
            inputs.state = health;
            let verdict = decide(&inputs, &machine.rules);
            assert_eq!((verdict.standing, verdict.reason), (standing, reason));
        }
    }
}

#[test]
fn a_missing_state_is_not_tolerated_where_increments_are_unknown() {
    let verdict = verdict_on(|inputs| {
        inputs.state = StateHealth::Missing;
        inputs.charge = Err(Reason::AnchorForeign);
    });
    assert_eq!(
        failures(&verdict),
        [Reason::StateMissing, Reason::AnchorForeign]
    );
}

#[test]
fn what_stays_on_is_the_rules_to_say() {
    let mut machine = Machine::new();
    machine.rules.keep.offline_grace = Keep::Tier("standard".to_owned());
    machine.rules.keep.expired = Keep::Nothing;
    let mut inputs = machine.inputs();
    inputs.now.utc = lease(&inputs).expires_at;
    // The feature that the license lists itself is in no tier.
    assert_eq!(
        decide(&inputs, &machine.rules).features,
        ["edit", "export", "open"]
    );
    inputs.now = now(LICENSE_END + 1);
    assert!(decide(&inputs, &machine.rules).features.is_empty());
}

#[test]
fn an_edition_that_is_no_tier_grants_its_list_and_the_essential_tier() {
    let mut machine = Machine::new();
    machine.edition = "campus".to_owned();
    let verdict = decide(&machine.inputs(), &machine.rules);
    assert_eq!(verdict.features, ["export", "open", "reports"]);
    assert_eq!(verdict.tier.as_deref(), Some("essential"));
}

#[test]
fn advisory_rules_report_and_turn_nothing_off() {
    let mut machine = Machine::new();
    machine.rules.enforcement = Enforcement::Advisory;
    let mut inputs = machine.inputs();
    inputs.status.status = ListedStatus::Revoked;
    let verdict = decide(&inputs, &machine.rules);
    assert_eq!(
        (verdict.standing, verdict.enforced),
        (Standing::Revoked, false)
    );
    assert_eq!(verdict.features.len(), 4);

    // Without a genuine license there is nothing that was granted.
    inputs.license = Err(Reason::SignatureInvalid);
    assert!(decide(&inputs, &machine.rules).features.is_empty());
}

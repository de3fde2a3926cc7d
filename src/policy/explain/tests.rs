//! Timelines and events of rules that differ in one respect.

use super::{DAY, Explanation, Moment, NotExplained, explain, pace_warnings};
use crate::policy::{Language, Reason, Rules, Standing, Verdict};
use crate::token::{DeviceClass, UtcTime};
use std::time::Duration;

const TIERS: &str = r#"
[[tier]]
name = "essential"
features = ["open"]

[[tier]]
name = "standard"
features = ["edit"]
"#;

fn rules(text: &str) -> Rules {
    Rules::from_toml(text).unwrap_or_else(|faults| panic!("{text}\n{faults:?}"))
}

fn explained(before: &str, after: &str) -> Explanation {
    let contact = UtcTime::from_unix(1_772_323_200).expect("1 March 2026");
    explain(
        &rules(&format!("{before}{TIERS}{after}")),
        contact,
        Language::En,
    )
}

/// What licenses of the edition `standard` experience on machines with a chip.
fn standard(explained: &Explanation) -> &[Moment] {
    let hardware = explained
        .classes
        .iter()
        .find(|timeline| timeline.class == DeviceClass::Hardware)
        .expect("hardware is licensed");
    let standard = hardware
        .editions
        .iter()
        .find(|timeline| timeline.edition == "standard")
        .expect("the edition");
    &standard.moments
}

/// The verdict that holds at a time: that of the last moment up to it.
fn at(moments: &[Moment], after: Duration) -> &Verdict {
    let passed = moments.iter().take_while(|moment| moment.after <= after);
    &passed.last().expect("the contact itself").verdict
}

fn days(days: u32) -> Duration {
    DAY * days
}

#[test]
fn the_days_that_people_ask_for_are_there_in_order() {
    let explained = explained("", "");
    for class in &explained.classes {
        for edition in &class.editions {
            let times: Vec<_> = edition.moments.iter().map(|moment| moment.after).collect();
            assert!(times.is_sorted_by(|a, b| a < b), "{times:?}");
            for day in [1, 5, 10, 30] {
                assert!(times.contains(&days(day)), "{} {times:?}", class.class);
            }
        }
    }
}

#[test]
fn the_default_month_goes_from_active_over_renewal_and_grace_to_the_essential_tier() {
    let explained = explained("", "");
    let moments = standard(&explained);
    let met: Vec<_> = moments
        .iter()
        .map(|moment| moment.verdict.standing)
        .collect();
    let mut met = met;
    met.dedup();
    assert_eq!(
        met,
        [
            Standing::Active,
            Standing::RenewalDue,
            Standing::OfflineGrace,
            Standing::Limited
        ]
    );
    assert_eq!(at(moments, days(10)).features, ["edit", "open"]);
    assert_eq!(at(moments, days(28)).standing, Standing::OfflineGrace);
    assert_eq!(at(moments, days(40)).features, ["open"]);
}

#[test]
fn p3_the_promised_machine_has_all_of_its_window_unless_it_is_warned_of() {
    let mut kept = 0;
    for window in [1, 7, 30, 60] {
        for restarts in [1, 2, 3, 4, 5, 7, 10, 11, 100] {
            let before = format!("[window_days]\nhardware = {window}\n");
            let after = format!("[time]\nrestarts_allowed = {restarts}\n");
            let rules = rules(&format!("{before}{TIERS}{after}"));
            let warned = pace_warnings(&rules).len() > 1;
            let explained = explained(&before, &after);
            let limited = standard(&explained)
                .iter()
                .find(|moment| moment.verdict.standing == Standing::Limited)
                .expect("it ends");
            let promised = days(window);
            let all = limited.after >= promised;
            assert!(
                all || warned,
                "{restarts}: {:?} of {promised:?}",
                limited.after
            );
            assert!(
                limited.after < promised * 3 / 2 + DAY,
                "{restarts}: {:?}",
                limited.after
            );
            kept += usize::from(all);
        }
    }
    assert!(kept > 20, "{kept}");
}

#[test]
fn features_go_off_when_the_rules_say_so() {
    let early = explained("", "[keep]\noffline_grace = \"essential\"\n");
    assert_eq!(at(standard(&early), days(28)).features, ["open"]);
    let none = explained("", "[keep]\nsuspended = \"none\"\n");
    assert_eq!(
        after(&none, "suspended"),
        ("suspended", "license_suspended", vec![])
    );
    let advisory = explained("enforcement = \"advisory\"\n", "");
    assert_eq!(at(standard(&advisory), days(40)).features, ["edit", "open"]);
    assert!(
        advisory.notes[0].contains("only reported"),
        "{:?}",
        advisory.notes
    );
}

/// The standing, the reason and the features of `standard` after an event.
fn after(explained: &Explanation, event: &str) -> (&'static str, &'static str, Vec<String>) {
    let event = explained.events.iter().find(|known| known.name == event);
    let (_, verdict) = &event.expect("it is explained").editions[1];
    (
        verdict.standing.name(),
        verdict.reason.name(),
        verdict.features.clone(),
    )
}

#[test]
fn each_event_leads_where_the_rules_say() {
    let everything = || vec!["edit".to_owned(), "open".to_owned()];
    let essential = || vec!["open".to_owned()];
    let by_default = explained("", "");
    for (event, standing, reason, features) in [
        ("suspended", "suspended", "license_suspended", essential()),
        ("revoked", "revoked", "license_revoked", vec![]),
        ("expired", "expired", "license_expired", essential()),
        ("state_missing", "active", "ok", everything()),
        (
            "state_missing_later",
            "limited",
            "state_missing",
            essential(),
        ),
        (
            "state_rolled_back",
            "limited",
            "state_rolled_back",
            essential(),
        ),
        ("platform_changed", "active", "ok", everything()),
        ("clock_wrong", "active", "ok", everything()),
        ("chip_unusable", "limited", "tpm_missing", essential()),
    ] {
        assert_eq!(
            after(&by_default, event),
            (standing, reason, features),
            "{event}"
        );
    }
    let stricter = explained(
        "",
        "[keep]\nrevoked = \"essential\"\n[versions]\nmin = \"2\"\nmax = \"3\"\n\
         [state]\nmissing = \"limited\"\nrolled_back = \"suspended\"\n",
    );
    for (event, standing, reason, features) in [
        ("revoked", "revoked", "license_revoked", essential()),
        (
            "version_not_covered",
            "limited",
            "version_not_allowed",
            essential(),
        ),
        ("state_missing", "limited", "state_missing", essential()),
        (
            "state_rolled_back",
            "suspended",
            "state_rolled_back",
            essential(),
        ),
    ] {
        assert_eq!(
            after(&stricter, event),
            (standing, reason, features),
            "{event}"
        );
    }
}

#[test]
fn demands_show_on_the_day_that_they_come_due() {
    let boots = explained("", "[time]\nboot_budget = 10\n");
    let moments = standard(&boots);
    assert_eq!(at(moments, days(10)).standing, Standing::Active);
    assert_eq!(at(moments, days(12)).reason, Reason::BootsSpent);
    assert_eq!(at(moments, days(12)).features, ["open"]);
    assert_eq!(after(&boots, "boots_spent").1, "boots_spent");

    let contact = explained("", "[step_up]\nfeatures = [\"edit\"]\ncontact_days = 7\n");
    let moments = standard(&contact);
    assert_eq!(at(moments, days(5)).features, ["edit", "open"]);
    assert_eq!(at(moments, days(10)).features, ["open"]);
    assert_eq!(at(moments, days(10)).standing, Standing::Active);
}

#[test]
fn a_changed_platform_leads_where_the_rules_say() {
    let pcr = |on_change| {
        format!("[pcr]\npcrs = [0, 7]\nreference = \"activation\"\non_change = \"{on_change}\"\n")
    };
    let limited = explained("", &pcr("limited"));
    assert_eq!(at(standard(&limited), days(10)).standing, Standing::Active);
    let (standing, reason, _) = after(&limited, "platform_changed");
    assert_eq!((standing, reason), ("limited", "platform_changed"));
    let noticed = explained("", &pcr("notice"));
    assert_eq!(after(&noticed, "platform_changed").0, "active");
    let strict = "[step_up]\nafter = [\"platform_changed\", \"state_missing\", \"os_clock\"]\n";
    let stepped = explained("", &format!("{}{strict}", pcr("notice")));
    for event in ["platform_changed", "state_missing"] {
        let (standing, reason, _) = after(&stepped, event);
        assert_eq!((standing, reason), ("limited", "step_up_due"), "{event}");
    }
}

#[test]
fn a_user_reads_his_own_language_and_the_vendors_own_words() {
    let text = format!(
        "{TIERS}[messages.de.license_revoked]\nmessage = \"Diese Lizenz gilt nicht mehr.\"\n"
    );
    let explained = explain(&rules(&text), UtcTime::EPOCH, Language::De);
    let message = |event: &str| {
        let event = explained.events.iter().find(|known| known.name == event);
        event.expect("it is explained").editions[0]
            .1
            .message
            .clone()
    };
    assert_eq!(message("revoked"), "Diese Lizenz gilt nicht mehr.");
    assert!(
        message("suspended").contains("Lizenz"),
        "{}",
        message("suspended")
    );
}

#[test]
fn events_that_can_not_happen_under_the_rules_are_left_out() {
    let names = |explained: Explanation| -> Vec<_> {
        explained.events.iter().map(|event| event.name).collect()
    };
    let by_default = names(explained("", ""));
    assert!(!by_default.contains(&"version_not_covered") && !by_default.contains(&"boots_spent"));
    let strict = names(explained(
        "",
        "[time]\nboot_budget = 60\n[state]\nmissing = \"limited\"\n",
    ));
    assert!(strict.contains(&"boots_spent") && !strict.contains(&"state_missing_later"));
}

#[test]
fn what_no_verdict_shows_is_noted() {
    let explained = explained(
        "",
        "[wind_down]\nminutes = 5\n[validity]\ndays = 90\n[cold_standby]\nkeep_days = 365\nrun_days = 14\n\
         [step_up]\nfeatures = [\"edit\"]\nafter = [\"os_clock\"]\n[pcr]\npcrs = [0, 7]\nreference = \"activation\"\n\
         [[allowance]]\nsegment = \"schools\"\nwindow_days = 60\nseats_extra = 2\n",
    );
    let notes = explained.notes.join("\n");
    for said in [
        "for 5 minutes",
        "PCRs 0 and 7",
        "The feature `edit` demands a contact within 7 days",
        "whose clock was set",
        "kept off for 365 days, and run for 14 days",
        "segment `schools` work offline for 60 days (virtual machines for 1 day) and have 2 extra seats",
        "for 90 days",
    ] {
        assert!(notes.contains(said), "{said:?} is not in\n{notes}");
    }
}

#[test]
fn a_class_or_an_edition_can_be_asked_for() {
    let mut explained = explained("", "");
    assert_eq!(
        explained.only_class(DeviceClass::Test),
        Err(NotExplained::Class(DeviceClass::Test))
    );
    let unknown = explained.only_edition("pro").expect_err("no such tier");
    assert_eq!(
        unknown.to_string(),
        "no tier is called pro; the editions are `essential` and `standard`"
    );
    explained
        .only_class(DeviceClass::Virtual)
        .expect("licensed");
    explained.only_edition("essential").expect("a tier");
    assert_eq!(explained.classes.len(), 1);
    assert_eq!(explained.classes[0].editions.len(), 1);
    assert!(
        explained
            .events
            .iter()
            .all(|event| event.editions.len() == 1)
    );
}

#[test]
fn machines_that_boot_often_are_warned_of_and_so_is_a_budget_far_above_the_window() {
    let problems = |time: &str| -> Vec<_> {
        let warnings = pace_warnings(&rules(&format!("{TIERS}{time}")));
        warnings
            .into_iter()
            .map(|warning| warning.problem)
            .collect()
    };
    assert_eq!(
        problems(""),
        ["leaves a machine that boots 20 times a day 41 % of its offline time"]
    );
    let slow = problems("[time]\nrecheck_seconds = 3600\n");
    assert_eq!(slow.len(), 2);
    assert!(slow[0].contains("92 % longer"), "{slow:?}");
    let quick =
        problems("[time]\nrecheck_seconds = 10\nrestarts_allowed = 1\nunclean_loss_ms = 4096\n");
    assert!(quick.is_empty(), "{quick:?}");
}

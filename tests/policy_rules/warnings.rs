//! What is allowed in rules and hardly meant.

use counterfoil::policy::Rules;

/// The default rules with `extra` at the end.
fn warnings(extra: &str) -> Vec<String> {
    let text = format!(
        "[[tier]]\nname = \"essential\"\n[[tier]]\nname = \"pro\"\nfeatures = [\"edit\"]\n{extra}\n"
    );
    let (_, warnings) = Rules::from_toml_with_warnings(&text).expect("sound rules");
    warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn the_default_rules_are_not_warned_about() {
    assert_eq!(Rules::default().warnings(), []);
    assert_eq!(warnings(""), [] as [&str; 0]);
}

#[test]
fn each_warning_names_its_line_its_key_and_what_to_do() {
    for (extra, said) in [
        (
            "[time]\nboot_budget = 29",
            "line 7: `time.boot_budget` is spent by one boot a day before the 30 days offline are over; choose 30 or more",
        ),
        (
            "[time]\ngrace_percent = 0",
            "line 7: `time.grace_percent` is 0, so nobody is urged to connect before features go off; choose about 25",
        ),
        (
            "[window_days]\nhardware = 30\ntest = 30",
            "line 8: `window_days.test` licenses simulators, of which anyone can make any number; remove it from the rules of a product that is sold",
        ),
        (
            "[window_days]\nvirtual = 8",
            "line 7: `window_days.virtual` lets virtual machines, which can be rewound, work offline for 8 days; choose 7 or fewer, or accept that a copy may work as long",
        ),
        (
            "[step_up]\nfeatures = [\"edti\"]",
            "line 7: `step_up.features` names \"edti\", which no tier has; correct the name, unless licenses grant this feature by themselves",
        ),
        (
            "[step_up]\nfeatures = [\"edit\"]\ncontact_days = 30",
            "line 8: `step_up.contact_days` is 30, and every machine has to connect within 30 days anyway; choose fewer days",
        ),
        (
            "[step_up]\nafter = [\"state_missing\", \"os_clock\"]",
            "line 7: `step_up.after` names \"os_clock\", so a clock with a dead battery takes the offline time from a machine that did nothing else; leave it out where machines are offline for long: their time is charged by another clock anyway",
        ),
        (
            "[pcr]\npcrs = [7, 10]",
            "line 7: `pcr.pcrs` selects 10, which many systems change all the time while they run; leave it out, unless your machines measure no files",
        ),
    ] {
        assert_eq!(warnings(extra), [said]);
    }
}

#[test]
fn what_is_just_within_reason_is_not_warned_about() {
    for extra in [
        "[time]\nboot_budget = 30",
        "[window_days]\nvirtual = 7",
        "[step_up]\nfeatures = [\"edit\"]\ncontact_days = 29",
        "[step_up]\nafter = [\"state_missing\", \"state_rolled_back\"]",
        "[pcr]\npcrs = [7, 11]",
        "[[allowance]]\nuser = \"ada\"\nwindow_days = 60",
    ] {
        assert_eq!(warnings(extra), [] as [&str; 0], "{extra}");
    }
}

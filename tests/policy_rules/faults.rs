//! Each fault in a text of rules: where, what, and what to do.

use crate::full::FULL;
use counterfoil::policy::Rules;

/// The faults of a text, as a person reads them.
fn faults(text: &str) -> Vec<String> {
    let faults = Rules::from_toml(text).expect_err("the rules are faulty");
    faults.iter().map(ToString::to_string).collect()
}

/// The full rules with one piece of text replaced.
fn full_but(from: &str, to: &str) -> String {
    assert_eq!(FULL.matches(from).count(), 1, "{from:?} must be there once");
    FULL.replace(from, to)
}

#[test]
fn each_fault_names_its_line_its_key_and_what_to_do() {
    for (from, to, said) in [
        (
            "grace_percent",
            "grace_percentt",
            "`time.grace_percentt` is not known; did you mean `grace_percent`?",
        ),
        (
            "[versions]",
            "[verions]",
            "`verions` is not known; did you mean `versions`?",
        ),
        (
            "min = \"1.2\"",
            "from = \"1.2\"",
            "`versions.from` is not known; remove it; the keys here are `min`, `max`",
        ),
        (
            "hardware = 60",
            "hardware = \"60\"",
            "`window_days.hardware` is of type string; write a whole number",
        ),
        (
            "hardware = 60",
            "hardware = 0",
            "`window_days.hardware` is 0; choose a number from 1 to 3650",
        ),
        (
            "hardware = 60",
            "hardware = -5",
            "`window_days.hardware` is out of range; choose a smaller positive number",
        ),
        (
            "hardware = 60",
            "hardware = 70000",
            "`window_days.hardware` is out of range; choose a smaller positive number",
        ),
        (
            "= \"advisory\"",
            "= \"of\"",
            "`enforcement` is \"of\"; choose one of `on`, `advisory`",
        ),
        (
            "[\"open\"]",
            "\"open\"",
            "`tier[0].features` is of type string; write a list of texts, like [\"a\", \"b\"]",
        ),
        (
            "\"sync\"",
            "\"open\"",
            "`tier[1].features` lists \"open\" a second time; list it once, in the lowest tier that has it",
        ),
        (
            "\"sync\"",
            "\"s y\"",
            "`tier[1].features` holds the name \"s y\"; use 1 to 64 letters, digits, \"-\", \"_\" and \".\"",
        ),
        (
            "limited = \"essential\"",
            "limited = \"esential\"",
            "`keep.limited` names the tier \"esential\", which does not exist; choose \"all\", \"none\" or a tier: essential, pro",
        ),
        (
            "expired = \"none\"",
            "expired = \"pro\"",
            "`keep.expired` keeps more than `keep.limited`, though that standing is the better one; keep no more here than there, or more in `keep.limited`",
        ),
        (
            "renew_after_percent = 40",
            "renew_after_percent = 95",
            "`time.renew_after_percent` puts the renewal into the grace at the end of the lease; choose both so that their sum is at most 100",
        ),
        (
            "restarts_allowed = 20",
            "restarts_allowed = 0",
            "`time.restarts_allowed` is 0; choose a number from 1 on",
        ),
        (
            "recheck_seconds = 60",
            "recheck_seconds = 5",
            "`time.recheck_seconds` is 5; choose a number from 10 to 3600",
        ),
        (
            "model = \"SLB9670\"\n",
            "model = \"\"\n",
            "`time.tpm[0].model` is empty, too long or holds control characters; write 1 to 200 characters on one line, or remove the key",
        ),
        (
            "[[time.tpm]]\nmanufacturer = \"AMD\"\n",
            "[[time.tpm]]\n",
            "`time.tpm[1].manufacturer` is missing; add it",
        ),
        (
            "max = \"3\"",
            "max = \"0.9\"",
            "`versions.max` is 0.9, below the least version 1.2; raise it or lower `versions.min`",
        ),
        (
            "max = \"3\"",
            "max = \"three\"",
            "`versions.max` is \"three\"; write one to four numbers with dots, like \"2.1\"",
        ),
        (
            "rolled_back = \"suspended\"",
            "rolled_back = \"tolerate\"",
            "`state.rolled_back` can't be \"tolerate\"; choose \"offline_grace\", \"limited\" or \"suspended\"",
        ),
        ("[support]", "[support", "`TOML` can't be read"),
    ] {
        let found = faults(&full_but(from, to));
        let line = FULL[..FULL.find(from).expect("it is there")]
            .matches('\n')
            .count()
            + 1;
        let expected = format!("line {line}: {said}");
        assert!(
            found.iter().any(|fault| fault.starts_with(&expected)),
            "{expected}\n{found:#?}"
        );
    }
}

#[test]
fn each_fault_of_a_rule_that_a_product_may_go_without_is_explained() {
    for (from, to, said) in [
        (
            "boot_budget = 90",
            "boot_budget = 0",
            "`time.boot_budget` is 0; choose a number from 1 to 1000000",
        ),
        (
            "minutes = 15",
            "minutes = 10081",
            "`wind_down.minutes` is 10081; choose a number from 0 to 10080",
        ),
        (
            "days = 365",
            "days = 0",
            "`validity.days` is 0; choose a number from 1 to 3650",
        ),
        (
            "limited = \"essential\"",
            "limited = \"none\"",
            "`keep.limited` is \"none\", though a lost connection or an update must not lock anyone out; name the essential tier; if nothing is essential, give that tier no features",
        ),
        (
            "pcrs = [0, 7]",
            "",
            "`pcr.pcrs` selects no PCR; list some of 0 to 15",
        ),
        (
            "pcrs = [0, 7]",
            "pcrs = []",
            "`pcr.pcrs` selects no PCR; list some of 0 to 15",
        ),
        (
            "pcrs = [0, 7]",
            "pcrs = [0, 16, 23]",
            "`pcr.pcrs` selects 16, 23, which say nothing of how the machine was started: software can set them again or they do not exist; list some of 0 to 15",
        ),
        (
            "pcrs = [0, 7]",
            "pcrs = [17]",
            "`pcr.pcrs` selects 17, which",
        ),
        (
            "pcrs = [0, 7]",
            "pcrs = [0, 300]",
            "`pcr.pcrs` is out of range",
        ),
        (
            "pcrs = [0, 7]",
            "pcrs = [7, 7]",
            "`pcr.pcrs` lists 7 a second time; list it once",
        ),
        (
            "pcrs = [0, 7]",
            "pcrs = \"7\"",
            "`pcr.pcrs` is of type string; write a list of whole numbers, like [0, 7]",
        ),
        (
            "reference = \"list\"",
            "reference = \"lists\"",
            "`pcr.reference` is \"lists\"; choose one of `activation`, `list`",
        ),
        (
            "approved = [\"0011",
            "approved = [\"xx11",
            "`pcr.approved` holds \"xx11",
        ),
        (
            "on_change = \"limited\"",
            "on_change = \"revoked\"",
            "`pcr.on_change` is \"revoked\"; choose one of `notice`, `limited`",
        ),
        (
            "approval = \"automatic\"",
            "approval = \"auto\"",
            "`pcr.approval` is \"auto\"; choose one of `automatic`, `manual`",
        ),
        (
            "features = [\"edit\"]",
            "features = [\"open\"]",
            "`step_up.features` names \"open\" of the essential tier, which stays on without a contact; name features of other tiers only",
        ),
        (
            "features = [\"edit\"]",
            "features = [\"edit\", \"edit\"]",
            "`step_up.features` lists \"edit\" a second time; list it once",
        ),
        (
            "contact_days = 14",
            "contact_days = 0",
            "`step_up.contact_days` is 0; choose a number from 1 to 3650",
        ),
        (
            "\"os_clock\"",
            "\"os_clok\"",
            "`step_up.after` names \"os_clok\", after which nothing can be demanded; did you mean \"os_clock\"?",
        ),
        (
            "\"os_clock\"",
            "\"full_moon\"",
            "`step_up.after` names \"full_moon\", after which nothing can be demanded; choose from `state_missing`, `state_rolled_back`, `platform_changed`, `os_clock`",
        ),
        (
            "run_days = 20",
            "run_days = 401",
            "`cold_standby.run_days` is 401, and the lease ends after 400 days however little the machine ran; choose no more than `cold_standby.keep_days`",
        ),
        (
            "[cold_standby]\nkeep_days = 400\n",
            "[cold_standby]\n",
            "`cold_standby.keep_days` is missing; add it",
        ),
        (
            "[messages.de.offline_grace]",
            "[messages.fr.offline_grace]",
            "`messages.fr` is no language that the software speaks; choose from `en`, `de`",
        ),
        (
            "[messages.de.offline_grace]",
            "[messages.de.offline_grass]",
            "`messages.de.offline_grass` is no reason; did you mean `offline_grace`?",
        ),
        (
            "message = \"Too many starts.\"",
            "",
            "`messages.en.boots_spent.message` is missing; add it",
        ),
        (
            "message = \"Too many starts.\"",
            "message = \"\"",
            "`messages.en.boots_spent.message` is empty, too long or holds control characters; write 1 to 400 characters on one line, or remove the key",
        ),
        (
            "Call {support}.",
            "Call {suport}.",
            "`messages.en.boots_spent.step` has \"{suport}\" where a blank is meant; the blanks are {renew_by}, {offline_until}, {starts}, {expires}, {support}, {features}, {step_up_features}",
        ),
        (
            "segment = \"university\"\n",
            "",
            "`allowance[0]` is for nobody; say for whom, with one of `segment`, `license` and `user`",
        ),
        (
            "segment = \"university\"\n",
            "segment = \"university\"\nuser = \"ada\"\n",
            "`allowance[0]` is for several at once; keep one of `segment`, `license` and `user`, and write an allowance for each",
        ),
        (
            "\"0102030405060708\"",
            "\"01020304\"",
            "`allowance[1].license` is \"01020304\"; ",
        ),
        (
            "user = \"ada\"\nseats_extra = 1\n",
            "user = \"ada\"\n",
            "`allowance[2]` allows nothing; add `window_days`, `seats_extra` or `moves_per_year`, or remove it",
        ),
        (
            "user = \"ada\"",
            "segment = \"university\"",
            "`allowance[2]` is for the same as allowance[0]; write one allowance for each segment, license and user",
        ),
        (
            "window_days = 120",
            "window_days = 0",
            "`allowance[0].window_days` is 0; choose a number from 1 to 3650",
        ),
    ] {
        let found = faults(&full_but(from, to));
        assert!(
            found.iter().any(|fault| fault.contains(said)),
            "{said}\n{found:#?}"
        );
        let unplaced = found.iter().find(|fault| !fault.starts_with("line "));
        assert_eq!(unplaced, None);
    }
}

#[test]
fn rules_that_need_each_other_are_not_alone() {
    let (pcr, rest) = FULL.split_once("[pcr]").expect("there is one");
    let (_, rest) = rest.split_once("[step_up]").expect("there is one");
    let said = faults(&format!("{pcr}[step_up]{rest}"));
    assert_eq!(said.len(), 1);
    assert!(said[0].ends_with(
        "`step_up.after` names \"platform_changed\", and no [pcr] table says what the platform is; add the table, or remove the word"
    ));

    let essential = "[[tier]]\nname = \"essential\"\n";
    for (table, said) in [
        (
            "[step_up]",
            "line 3: `step_up` demands nothing; name `features`, or in `after` what makes a contact due, or remove the table",
        ),
        (
            "[pcr]\npcrs = [7]\nreference = \"list\"",
            "line 3: `pcr.approved` lists no digest, so no machine would be approved; list the digests of the approved machines, or set `reference = \"activation\"`",
        ),
        (
            "[pcr]\npcrs = [7]\napproved = []",
            "line 5: `pcr.approved` is there, and the reference is the activation; set `reference = \"list\"`, or remove it",
        ),
        (
            "[messages]\nde = \"Hallo\"",
            "line 4: `messages.de` is of type string; write a table, like [messages.de]",
        ),
    ] {
        assert_eq!(faults(&format!("{essential}{table}\n")), [said]);
    }
}

#[test]
fn words_that_no_manifest_can_hold_are_refused() {
    let mut text = "[[tier]]\nname = \"essential\"\n".to_owned();
    for language in ["en", "de"] {
        for reason in counterfoil::policy::Reason::all() {
            let long = "x".repeat(400);
            text += &format!(
                "[messages.{language}.{reason}]\nmessage = \"{long}\"\nstep = \"{long}\"\n"
            );
        }
    }
    let found = faults(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("`messages` bring the rules to"));
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_lines() {
    let text = full_but(
        "[[time.tpm]]\nmanufacturer = \"AMD\"",
        "[[time.tpms]]\nmanufacturer = \"AMD\"",
    )
    .replace("hardware = 60", "hardware = 0")
    .replace("revoked = \"none\"", "revoked = \"all\"");
    let found = Rules::from_toml(&text).expect_err("three faults");
    let keys: Vec<_> = found.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["window_days.hardware", "keep.revoked", "time.tpms"]);
    assert!(found.is_sorted_by_key(|fault| fault.line));
}

#[test]
fn rules_without_tiers_or_classes_are_refused() {
    assert_eq!(
        faults(""),
        ["`tier` is missing; name at least the essential tier in a [[tier]] table"]
    );
    let text = "[window_days]\n[[tier]]\nname = \"essential\"\n";
    assert_eq!(
        faults(text),
        [
            "line 1: `window_days` licenses no device class; name at least one, for example `hardware = 30`"
        ]
    );
}

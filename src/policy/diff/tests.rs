//! Two texts of rules, and what is said of the difference.

use super::{Change, Effect, diff};
use crate::policy::{Rules, RulesError};

/// The rules that the tables start from.
const BASE: &str = r#"
[window_days]
hardware = 30
virtual = 1

[[tier]]
name = "essential"
features = ["open", "export"]

[[tier]]
name = "standard"
features = ["edit"]
"#;

fn rules(text: &str) -> Rules {
    Rules::from_toml(text).unwrap_or_else(|faults| panic!("{text}\n{faults:?}"))
}

/// What is said when `from` in the base is replaced by `to`.
fn said(from: &str, to: &str) -> Vec<String> {
    let (old, new) = pair(from, to);
    diff(&old, &new).iter().map(Change::to_string).collect()
}

fn pair(from: &str, to: &str) -> (Rules, Rules) {
    assert!(BASE.contains(from), "{from}");
    (rules(BASE), rules(&BASE.replacen(from, to, 1)))
}

/// A change of the base: what is replaced, by what, and all that is said.
struct Case {
    from: &'static str,
    to: &'static str,
    says: &'static [&'static str],
}

/// Adds `table` at the end of the base.
const fn adding(table: &'static str, says: &'static [&'static str]) -> Case {
    Case {
        from: "features = [\"edit\"]\n",
        to: table,
        says,
    }
}

macro_rules! added {
    ($table:literal) => {
        concat!("features = [\"edit\"]\n", $table)
    };
}

const CASES: &[Case] = &[
    Case {
        from: "hardware = 30",
        to: "hardware = 14",
        says: &[
            "Machines with a TPM chip work offline for 14 days instead of 30, from their next renewal on.",
        ],
    },
    Case {
        from: "virtual = 1",
        to: "test = 7",
        says: &[
            "Virtual machines get no license and no renewal any more; those that hold one keep it for up to 1 day, from the next request on.",
            "Simulated machines can be licensed, and work offline for 7 days, from the next request on.",
        ],
    },
    Case {
        from: "\"open\", \"export\"",
        to: "\"open\"",
        says: &["Licenses lose `export`, from their next renewal on."],
    },
    Case {
        from: "[\"edit\"]",
        to: "[\"edit\", \"print\"]",
        says: &["Licenses of the edition `standard` gain `print`, from their next renewal on."],
    },
    Case {
        from: "name = \"standard\"",
        to: "name = \"pro\"",
        says: &[
            "Licenses of the edition `standard` lose `edit`, from their next renewal on.",
            "Licenses of the edition `pro` gain `edit`, from their next renewal on.",
        ],
    },
    adding(
        added!("[keep]\nexpired = \"none\"\nsuspended = \"none\"\n"),
        &[
            "Expired licenses lose `export` and `open`, from their next renewal on.",
            "Suspended licenses lose `export` and `open`, from their next renewal on.",
        ],
    ),
    adding(
        added!("[keep]\nlimited = \"all\"\n"),
        &[
            "Once the offline time is over, licenses of the edition `essential` gain the features that a license lists itself, from their next renewal on.",
            "Once the offline time is over, licenses of the edition `standard` gain `edit` and the features that a license lists itself, from their next renewal on.",
        ],
    ),
    adding(
        added!("[keep]\noffline_grace = \"standard\"\n"),
        &[
            "In the last part of the offline time, licenses lose the features that a license lists itself, from their next renewal on.",
        ],
    ),
    Case {
        from: "\"open\", \"export\"",
        to: "\"export\", \"open\"",
        says: &[
            "Tiers are arranged in another way; no license gains or loses a feature, from their next renewal on.",
        ],
    },
    Case {
        from: "\n[window_days]",
        to: "enforcement = \"advisory\"\n[window_days]",
        says: &[
            "Machines keep every feature of a genuine license, and what would be off is only reported, from their next renewal on.",
        ],
    },
    adding(
        added!(
            "[time]\ngrace_percent = 10\nrenew_after_percent = 30\nrecheck_seconds = 60\nrestarts_allowed = 3\n"
        ),
        &[
            "People are urged to connect in the last 10 % of the offline time instead of the last 25 %, from their next renewal on.",
            "Machines renew by themselves after 30 % of the offline time instead of 50 %, from their next renewal on.",
            "Running programs check every 60 seconds instead of every 300, from their next renewal on.",
            "Machines write to the chip's memory after 3 sleeps in one boot instead of 10, from their next renewal on.",
        ],
    ),
    adding(
        added!("[time]\nunclean_loss_ms = 4096\n"),
        &[
            "Each boot of a machine whose TPM model is not listed costs 4.1 s of its offline time instead of 70 min, from their next renewal on.",
        ],
    ),
    adding(
        added!(
            "[[time.tpm]]\nmanufacturer = \"IFX\"\nmodel = \"SLB9670\"\nunclean_loss_ms = 16384\n"
        ),
        &[
            "Each boot of a machine with a TPM `IFX SLB9670` costs 16 s of its offline time instead of 70 min, from their next renewal on.",
        ],
    ),
    adding(
        added!("[[time.tpm]]\nmanufacturer = \"IFX\"\nunclean_loss_ms = 4194304\n"),
        &[
            "TPM models are listed in another way; each boot costs what it did, from their next renewal on.",
        ],
    ),
    adding(
        added!("[versions]\nmin = \"2.0\"\n"),
        &[
            "Licenses cover versions from 2.0 on of the application instead of all versions; with any other, machines keep what they keep once the offline time is over, from their next renewal on.",
        ],
    ),
    adding(
        added!("[state]\nmissing = \"limited\"\nrolled_back = \"suspended\"\n"),
        &[
            "Machines whose license file on disk is missing or damaged are treated as if the offline time were over until the next contact, instead of let off where nothing speaks against it, from their next renewal on.",
            "Machines whose license file on disk was put back from an older copy are treated as suspended until the next contact, instead of treated as if the offline time were over, from their next renewal on.",
        ],
    ),
    adding(
        added!("[support]\ncontact = \"help@example.com\"\n"),
        &[
            "People are told to contact help@example.com instead of the vendor, from their next renewal on.",
        ],
    ),
    adding(
        added!("[messages.de.license_revoked]\nmessage = \"Vorbei.\"\n"),
        &[
            "People read other words (de) for `license_revoked`: \"Vorbei.\", from their next renewal on.",
        ],
    ),
    adding(
        added!("[validity]\ndays = 90\n"),
        &[
            "Machines take these rules for fresh for 90 days instead of 730 days, from their next renewal on.",
        ],
    ),
    adding(
        added!("[wind_down]\nminutes = 5\n"),
        &[
            "Running work may finish for 5 minutes after its feature went off, instead of 30, from their next renewal on.",
        ],
    ),
    adding(
        added!("[time]\nboot_budget = 60\n"),
        &[
            "Machines may boot 60 times between two contacts instead of any number of times, from their next renewal on.",
        ],
    ),
    adding(
        added!("[pcr]\npcrs = [0, 7]\nreference = \"activation\"\non_change = \"limited\"\n"),
        &[
            "Machines are tied to their firmware and boot software: PCRs 0 and 7 are compared with what you approved last, and where they differ, machines are treated as if the offline time were over, until you approve the change, from their next renewal on.",
        ],
    ),
    adding(
        added!("[step_up]\nfeatures = [\"edit\"]\ncontact_days = 3\nafter = [\"os_clock\"]\n"),
        &[
            "The feature `edit` demands a contact within 3 days, from their next renewal on.",
            "Machines whose clock was set to a time that can't be true have to connect before they go on, from their next renewal on.",
        ],
    ),
    adding(
        added!("[cold_standby]\nkeep_days = 365\nrun_days = 14\n"),
        &[
            "Licenses for cold standby can be kept off for 365 days, and run for 14 days of them, from their next renewal on.",
        ],
    ),
    adding(
        added!(
            "[[allowance]]\nsegment = \"schools\"\nwindow_days = 60\nseats_extra = 2\nmoves_per_year = 4\n"
        ),
        &[
            "Licenses of the segment `schools` work offline for 60 days (virtual machines for 1 day), whatever machines of their class do, from their next renewal on.",
            "Licenses of the segment `schools` have 2 extra seats instead of no extra seat, from the next request on.",
            "Licenses of the segment `schools` may move from a lost machine 4 times a year instead of as often as others, from the next request on.",
        ],
    ),
];

#[test]
fn each_change_is_said_in_plain_words() {
    for case in CASES {
        assert_eq!(said(case.from, case.to), case.says, "{}", case.to);
    }
}

#[test]
fn what_is_a_gain_one_way_is_a_loss_the_other() {
    for case in CASES {
        let (old, new) = pair(case.from, case.to);
        let effects = |changes: Vec<Change>, turn: fn(Effect) -> Effect| {
            let mut effects: Vec<_> = changes
                .into_iter()
                .map(|change| (change.key, turn(change.effect)))
                .collect();
            effects.sort();
            effects
        };
        let (there, back) = (diff(&old, &new), diff(&new, &old));
        assert_eq!(
            effects(there, |effect| effect),
            effects(back, Effect::turned),
            "{}",
            case.to
        );
    }
}

#[test]
fn equal_rules_have_no_difference_and_others_always_one() {
    let texts = CASES
        .iter()
        .map(|case| BASE.replacen(case.from, case.to, 1));
    let all: Vec<_> = texts
        .chain([BASE.to_owned()])
        .map(|text| rules(&text))
        .collect();
    for (one_at, one) in all.iter().enumerate() {
        for (other_at, other) in all.iter().enumerate() {
            let found = diff(one, other);
            assert_eq!(
                found.is_empty(),
                one_at == other_at,
                "{one_at} {other_at}: {found:?}"
            );
        }
    }
}

#[test]
fn a_change_while_nothing_is_enforced_says_so() {
    let advisory = |text: &str| rules(&format!("enforcement = \"advisory\"\n{text}"));
    let none = format!("{BASE}[keep]\nrevoked = \"essential\"\n");
    let changes = diff(&advisory(BASE), &advisory(&none));
    assert_eq!(changes.len(), 1);
    assert!(
        changes[0]
            .text
            .ends_with("(as soon as the rules are enforced)"),
        "{changes:?}"
    );
}

#[test]
fn details_of_demands_and_allowances_are_compared_one_by_one() {
    let said = |old: &str, new: &str| -> Vec<String> {
        let (old, new) = (
            rules(&format!("{BASE}{old}")),
            rules(&format!("{BASE}{new}")),
        );
        let changes = diff(&old, &new);
        changes
            .iter()
            .map(|change| format!("{} {}", change.effect.name(), change.text))
            .collect()
    };
    let digest = |digit: &str| digit.repeat(64);
    let listed = |pcrs: &str, digests: &[String], on_change: &str| {
        format!(
            "[pcr]\npcrs = {pcrs}\nreference = \"list\"\napproved = {digests:?}\non_change = \"{on_change}\"\n"
        )
    };
    assert_eq!(
        said(
            &listed("[0]", &[digest("1"), digest("2")], "limited"),
            &listed("[0, 4]", &[digest("2"), digest("3")], "notice"),
        ),
        [
            "loss Machines are compared in PCRs 0 and 4 instead of PCR 0",
            "gain Machines in 1 more approved state go on without a word",
            "loss Machines in 1 state approved before no longer pass",
            "gain Machines whose firmware or boot software changed only say so",
        ]
    );
    assert_eq!(
        said(
            "[pcr]\npcrs = [0]\nreference = \"activation\"\n",
            &listed("[0]", &[digest("1")], "notice"),
        ),
        ["other Machines are compared with your list instead of what you approved last"]
    );
    assert_eq!(
        said(
            "[step_up]\nfeatures = [\"edit\", \"print\"]\ncontact_days = 7\n",
            "[step_up]\nfeatures = [\"edit\", \"mail\"]\ncontact_days = 14\n",
        ),
        [
            "loss The feature `mail` demands a contact within 14 days",
            "gain The feature `print` no longer demands a recent contact",
            "gain The feature `edit` demands a contact within 14 days instead of 7",
        ]
    );
    assert_eq!(
        said(
            "[cold_standby]\nkeep_days = 365\nrun_days = 14\n",
            "[cold_standby]\nkeep_days = 180\nrun_days = 30\n",
        ),
        [
            "loss Licenses for cold standby can be kept off for 180 days instead of 365",
            "gain Licenses for cold standby can run for 30 days instead of 14",
        ]
    );
    assert_eq!(
        said(
            "[[allowance]]\nuser = \"a\"\nwindow_days = 60\n[[allowance]]\nuser = \"b\"\nseats_extra = 1\n",
            "[[allowance]]\nuser = \"b\"\nseats_extra = 3\n[[allowance]]\nuser = \"a\"\nwindow_days = 45\n",
        ),
        [
            "loss Licenses of the user `a` work offline for 45 days (virtual machines for 1 day) instead of 60",
            "gain Licenses of the user `b` have 3 extra seats instead of 1 extra seat",
        ]
    );
}

#[test]
fn rules_that_came_as_cbor_differ_from_their_text_in_nothing_but_what_is_the_vendors_own()
-> Result<(), RulesError> {
    for case in CASES {
        let (_, new) = pair(case.from, case.to);
        let sent = Rules::from_cbor(&new.to_cbor())?;
        let keys: Vec<_> = diff(&new, &sent)
            .into_iter()
            .map(|change| change.key)
            .collect();
        let own = |key: &String| key.starts_with("allowance") || key.starts_with("validity");
        assert!(keys.iter().all(own), "{keys:?}");
    }
    Ok(())
}

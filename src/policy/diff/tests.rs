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
];

#[test]
fn each_change_is_said_in_plain_words() {
    for case in CASES {
        assert_eq!(said(case.from, case.to), case.says, "{}", case.to);
    }
}

#[test]
fn what_is_a_gain_one_way_is_a_loss_the_other() {
    let turned = |effect| match effect {
        Effect::Gain => Effect::Loss,
        Effect::Loss => Effect::Gain,
        Effect::Other => Effect::Other,
    };
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
            effects(back, turned),
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
fn rules_that_came_as_cbor_differ_from_their_text_in_nothing() -> Result<(), RulesError> {
    for case in CASES {
        let (_, new) = pair(case.from, case.to);
        assert_eq!(diff(&new, &Rules::from_cbor(&new.to_cbor())?), []);
    }
    Ok(())
}

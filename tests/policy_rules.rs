//! The rules: as CBOR for devices, as TOML for people.

use counterfoil::policy::{Rules, RulesError, TpmLoss};
use counterfoil::token::cbor::{CborError, Limits, MapReader, MapWriter, Value, decode, encode};

/// Rules in which nothing is a default.
#[cfg(feature = "server")]
const FULL: &str = r#"
enforcement = "advisory"

[support]
contact = "help@example.com"

[window_days]
hardware = 60
test = 7

[[tier]]
name = "essential"
features = ["open"]

[[tier]]
name = "pro"
features = ["edit", "sync"]

[keep]
offline_grace = "pro"
limited = "essential"
expired = "none"
suspended = "none"
revoked = "none"

[time]
grace_percent = 10
renew_after_percent = 40
recheck_seconds = 60
restarts_allowed = 20
unclean_loss_ms = 524_288

[[time.tpm]]
manufacturer = "IFX"
model = "SLB9670"
unclean_loss_ms = 16384

[[time.tpm]]
manufacturer = "AMD"
unclean_loss_ms = 4096

[versions]
min = "1.2"
max = "3"

[state]
missing = "limited"
rolled_back = "suspended"
"#;

fn rules_with_everything() -> Rules {
    let mut rules = Rules::default();
    rules.support = Some("help@example.com".to_owned());
    rules.versions.min = Some("1.2".to_owned());
    rules.versions.max = Some("3".to_owned());
    rules.time.tpms = vec![
        TpmLoss {
            manufacturer: "IFX".to_owned(),
            model: Some("SLB9670".to_owned()),
            unclean_loss_ms: 16_384,
        },
        TpmLoss {
            manufacturer: "AMD".to_owned(),
            model: None,
            unclean_loss_ms: 4_096,
        },
    ];
    rules
}

fn value(rules: &Rules) -> Value {
    decode(&rules.to_cbor(), Limits::size(65_536)).expect("rules are deterministic CBOR")
}

/// The rules with one more field, in the outer map or in one of its maps.
fn with_field(rules: &Rules, within: Option<i64>, key: i64) -> Vec<u8> {
    let add = |value: &Value| {
        let Value::Map(mut fields) = value.clone() else {
            panic!("rules are maps")
        };
        fields.insert(Value::from(key), Value::from(1u8));
        Value::Map(fields)
    };
    let Value::Map(mut fields) = value(rules) else {
        panic!("rules are a map")
    };
    match within {
        None => encode(&add(&Value::Map(fields))),
        Some(outer) => {
            let inner = fields
                .get_mut(&Value::from(outer))
                .expect("the field is there");
            *inner = add(inner);
            encode(&Value::Map(fields))
        }
    }
}

#[test]
fn rules_survive_cbor() {
    for rules in [
        Rules::default(),
        rules_with_everything(),
        Rules::without_manifest(vec!["view".to_owned()]),
    ] {
        let bytes = rules.to_cbor();
        assert_eq!(Rules::from_cbor(&bytes), Ok(rules.clone()));
        assert_eq!(
            Rules::from_cbor(&bytes).map(|rules| rules.to_cbor()),
            Ok(bytes)
        );
    }
}

#[test]
fn the_default_rules_keep_their_bytes() {
    // As published: a reader of any later version reads these.
    let published = concat!(
        "a70283a2020104181ea202020401a2020304181e0482a20269657373656e7469616c0482646f7065",
        "6e666578706f7274a202687374616e646172640481646564697406a50263616c6c0469657373656e",
        "7469616c0669657373656e7469616c0869657373656e7469616c0a646e6f6e6508a6021819041832",
        "0619012c080a0a1a004000000b800aa00ca20268746f6c657261746504676c696d697465640e626f",
        "6e",
    );
    let hex: String = Rules::default()
        .to_cbor()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hex, published);
}

#[test]
fn a_later_odd_field_is_ignored_and_a_later_even_one_refused() {
    let rules = rules_with_everything();
    for within in [None, Some(6), Some(8), Some(12)] {
        assert_eq!(
            Rules::from_cbor(&with_field(&rules, within, 101)),
            Ok(rules.clone()),
            "{within:?}"
        );
        assert_eq!(
            Rules::from_cbor(&with_field(&rules, within, 100)),
            Err(RulesError::Malformed(CborError::UnknownCritical {
                key: 100
            })),
            "{within:?}"
        );
    }
}

#[test]
fn a_class_of_a_later_version_is_no_class_of_this_machine() {
    let mut later = MapReader::new(value(&Rules::default())).expect("a map");
    let mut windows: Vec<Value> = later.required(2).expect("the windows");
    windows.push(MapWriter::new().put(2, 9u8).put(4, 30u16).into_value());
    let Value::Map(mut fields) = value(&Rules::default()) else {
        panic!("rules are a map")
    };
    fields.insert(Value::from(2), Value::Array(windows));
    assert_eq!(
        Rules::from_cbor(&encode(&Value::Map(fields))),
        Ok(Rules::default())
    );
}

#[test]
fn cut_or_lengthened_bytes_are_no_rules() {
    let bytes = rules_with_everything().to_cbor();
    for length in 0..bytes.len() {
        assert!(Rules::from_cbor(&bytes[..length]).is_err(), "{length}");
    }
    let lengthened = [bytes.as_slice(), &[0]].concat();
    assert_eq!(
        Rules::from_cbor(&lengthened),
        Err(RulesError::Malformed(CborError::TrailingBytes))
    );
}

#[test]
fn contradictions_are_refused_from_cbor_too() {
    let mut rules = Rules::default();
    rules.time.grace_percent = 80;
    let Err(RulesError::Unsound(faults)) = Rules::from_cbor(&rules.to_cbor()) else {
        panic!("a grace that overlaps the renewal is refused")
    };
    assert_eq!(
        faults
            .iter()
            .map(|fault| fault.key.as_str())
            .collect::<Vec<_>>(),
        ["time.renew_after_percent"]
    );
    assert_eq!(faults[0].line, None);
}

#[cfg(feature = "server")]
mod toml {
    use super::FULL;
    use counterfoil::policy::{Enforcement, Keep, LostState, Rules};
    use counterfoil::token::DeviceClass;

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
        let rules = Rules::from_toml(FULL).expect("sound rules");
        assert_eq!(Rules::from_cbor(&rules.to_cbor()), Ok(rules));
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
}

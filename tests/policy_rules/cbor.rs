//! Rules as a device reads them.

use counterfoil::policy::{
    Anomaly, ColdStandby, Language, PcrApproval, PcrChange, PcrReference, PcrRule, Reason, Rules,
    RulesError, StepUp, TpmLoss, Words,
};
use counterfoil::token::Digest;
use counterfoil::token::cbor::{CborError, Limits, MapReader, MapWriter, Value, decode, encode};
use std::collections::{BTreeMap, BTreeSet};

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
    rules.time.boot_budget = Some(60);
    rules.wind_down_minutes = 5;
    rules.pcr = Some(PcrRule {
        pcrs: BTreeSet::from([0, 7]),
        reference: PcrReference::List(vec![Digest::new([1; 32]), Digest::new([2; 32])]),
        on_change: PcrChange::Limited,
        approval: PcrApproval::Automatic,
    });
    rules.step_up = Some(StepUp {
        features: BTreeSet::from(["edit".to_owned()]),
        contact_days: 3,
        after: BTreeSet::from(Anomaly::ALL),
    });
    rules.cold_standby = Some(ColdStandby {
        keep_days: 365,
        run_days: 14,
    });
    rules.messages = BTreeMap::from([(
        Language::De,
        BTreeMap::from([(Reason::BootsSpent, words("Zu viele Starts."))]),
    )]);
    rules
}

fn words(message: &str) -> Words {
    Words {
        message: message.to_owned(),
        step: Some("{support}".to_owned()),
    }
}

fn approved_at_activation() -> Rules {
    let mut rules = rules_with_everything();
    let rule = rules.pcr.as_mut().expect("a rule");
    rule.reference = PcrReference::Activation;
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
        approved_at_activation(),
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
    for within in [
        None,
        Some(6),
        Some(8),
        Some(12),
        Some(16),
        Some(17),
        Some(18),
    ] {
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

/// The rules with one field replaced.
fn with_value(rules: &Rules, key: i64, replaced: Value) -> Vec<u8> {
    let Value::Map(mut fields) = value(rules) else {
        panic!("rules are a map")
    };
    fields.insert(Value::from(key), replaced);
    encode(&Value::Map(fields))
}

#[test]
fn words_of_a_later_language_or_reason_are_left_out() {
    let rules = rules_with_everything();
    let entry = |language: &str, reason: u16| {
        MapWriter::new()
            .put(2, language)
            .put(4, reason)
            .put(6, "message")
            .into_value()
    };
    let later = Value::Array(vec![
        entry("tlh", 610),
        entry("de", 60_000),
        entry("en", 610),
    ]);
    let read = Rules::from_cbor(&with_value(&rules, 21, later)).expect("sound rules");
    let words = Words {
        message: "message".to_owned(),
        step: None,
    };
    let english = BTreeMap::from([(Reason::BootsSpent, words)]);
    assert_eq!(read.messages, BTreeMap::from([(Language::En, english)]));
}

#[test]
fn p14_what_names_customers_stays_with_the_vendor() {
    use counterfoil::policy::{Allowance, Subject};
    let mut rules = rules_with_everything();
    let as_before = rules.to_cbor();
    rules.valid_days = 90;
    rules.allowances = vec![Allowance {
        subject: Subject::User("ada@example.com".to_owned()),
        window_days: Some(90),
        seats_extra: None,
        moves_per_year: None,
    }];
    assert_eq!(rules.to_cbor(), as_before);
}

#[test]
fn a_firmware_rule_that_names_nobody_to_approve_leaves_it_to_a_person() {
    let rules = approved_at_activation();
    let rule = MapWriter::new()
        .put(2, Value::Array(vec![Value::from(7u8)]))
        .put(4, "notice")
        .into_value();
    let read = Rules::from_cbor(&with_value(&rules, 16, rule)).expect("sound rules");
    let rule = read.pcr.expect("a rule");
    assert_eq!(
        (rule.reference, rule.approval),
        (PcrReference::Activation, PcrApproval::Manual)
    );
}

#[test]
fn an_anomaly_of_a_later_version_is_not_passed_over() {
    let later = MapWriter::new()
        .put(2, Value::Array(vec![Value::from("edit".to_owned())]))
        .put(4, 3u16)
        .put(6, Value::Array(vec![Value::from("eclipse".to_owned())]))
        .into_value();
    assert_eq!(
        Rules::from_cbor(&with_value(&rules_with_everything(), 18, later)),
        Err(RulesError::Malformed(CborError::OutOfRange { key: 6 }))
    );
}

use super::*;
use std::collections::BTreeSet;

/// Words of the machinery, which mean nothing to the person in front of it.
const ENGLISH_JARGON: [&str; 44] = [
    "ak",
    "anchor",
    "attestation",
    "attested",
    "binding",
    "bitmap",
    "boot",
    "cbor",
    "charge",
    "class",
    "cose",
    "counter",
    "digest",
    "ek",
    "epoch",
    "evidence",
    "floor",
    "hash",
    "heartbeat",
    "lease",
    "manifest",
    "measurement",
    "nonce",
    "nv",
    "pcr",
    "platform",
    "provision",
    "quote",
    "reset",
    "seal",
    "sealed",
    "seed",
    "sequence",
    "session",
    "signature",
    "signed",
    "srk",
    "standing",
    "state",
    "status",
    "step-up",
    "tier",
    "token",
    "tpm",
];
/// The same in German, as words.
const GERMAN_JARGON: [&str; 20] = [
    "ak", "boot", "cbor", "cose", "ek", "hash", "lease", "nonce", "nv", "pcr", "quote", "reset",
    "seed", "sitzung", "srk", "status", "stufe", "token", "tpm", "zustand",
];
/// And as parts of words, since German joins them.
const GERMAN_STEMS: [&str; 14] = [
    "anker",
    "attest",
    "bescheinig",
    "beweis",
    "epoche",
    "herzschlag",
    "manifest",
    "messwert",
    "plattform",
    "prüfsumme",
    "siegel",
    "signatur",
    "signier",
    "zähler",
];

fn blanks(language: Language) -> Blanks<'static> {
    let day = |day: u64| UtcTime::from_unix(1_772_323_200 + day * 86_400).ok();
    Blanks {
        language,
        now: UtcTime::from_unix(1_772_323_200).expect("1 March 2026"),
        renew_by: day(2),
        offline_until: day(9),
        starts: day(31),
        expires: day(0),
        support: Some("help@example.com"),
        tier: None,
        step_up_features: &[],
    }
}

fn everything_said(reason: Reason, blanks: &Blanks<'_>) -> String {
    let step = step(reason, None, blanks);
    [Some(message(reason, None, blanks)), step]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

fn every_text() -> impl Iterator<Item = (Language, Reason, String)> {
    Language::ALL.into_iter().flat_map(|language| {
        Reason::all()
            .map(move |reason| (language, reason, everything_said(reason, &blanks(language))))
    })
}

#[test]
fn no_text_holds_jargon_or_an_unfilled_blank() {
    for (language, reason, said) in every_text() {
        assert!(!said.contains(['{', '}']), "{reason}: {said}");
        let said = said.to_lowercase();
        let mut words = said.split(|c: char| !c.is_alphanumeric() && c != '-');
        let (jargon, stems) = match language {
            Language::En => (&ENGLISH_JARGON[..], &[][..]),
            Language::De => (&GERMAN_JARGON[..], &GERMAN_STEMS[..]),
        };
        assert_eq!(
            words.find(|word| jargon.contains(word)),
            None,
            "{reason}: {said}"
        );
        let stem = stems.iter().find(|stem| said.contains(**stem));
        assert_eq!(stem, None, "{reason}: {said}");
    }
}

#[test]
fn every_reason_has_a_sentence_and_every_urgent_one_a_step() {
    for language in Language::ALL {
        let blanks = blanks(language);
        for reason in Reason::all() {
            let sentence = message(reason, None, &blanks);
            assert!(
                sentence.ends_with('.') && sentence.starts_with(char::is_uppercase),
                "{reason}: {sentence}"
            );
            let step = step(reason, None, &blanks);
            assert!(
                !reason.is_urgent() || step.is_some(),
                "{reason} leaves the person alone"
            );
            assert!(step.is_none_or(|step| step.ends_with('.')), "{reason}");
        }
    }
}

#[test]
fn no_two_reasons_say_the_same_and_no_two_languages_do() {
    let said: BTreeSet<_> = every_text().map(|(.., said)| said).collect();
    assert_eq!(said.len(), Reason::all().len() * Language::ALL.len());
}

#[test]
fn every_language_fills_the_same_blanks_for_a_reason() {
    let blanks_of = |text: &str| -> BTreeSet<&str> {
        BLANKS
            .into_iter()
            .filter(|blank| text.contains(blank))
            .collect()
    };
    for reason in Reason::all() {
        let (english, german) = (
            (english::TONGUE.text)(reason),
            (german::TONGUE.text)(reason),
        );
        assert_eq!(
            blanks_of(english.message),
            blanks_of(german.message),
            "{reason}"
        );
        assert_eq!(blanks_of(english.step), blanks_of(german.step), "{reason}");
        for text in [english.message, english.step, german.message, german.step] {
            assert_eq!(unknown_blank(text), None, "{reason}");
        }
    }
}

#[test]
fn dates_are_written_for_people_and_near_ones_with_the_hour() {
    let said = |language, reason| everything_said(reason, &blanks(language));
    assert!(said(Language::En, Reason::OfflineGrace).contains("by 10 March 2026 to"));
    assert!(said(Language::En, Reason::RenewalDue).contains("3 March 2026 at 00:00 UTC"));
    assert!(said(Language::De, Reason::OfflineGrace).contains("bis zum 10. März 2026 mit"));
    assert!(said(Language::De, Reason::RenewalDue).contains("bis zum 3. März 2026 um 00:00 Uhr"));
}

#[test]
fn a_step_names_what_is_to_be_lost() {
    let premium = |language| Blanks {
        tier: Some("premium"),
        ..blanks(language)
    };
    assert_eq!(
        step(Reason::OfflineGrace, None, &premium(Language::En)).as_deref(),
        Some("Connect to the internet by 10 March 2026 to keep the premium features.")
    );
    assert_eq!(
        step(Reason::OfflineGrace, None, &premium(Language::De)).as_deref(),
        Some(
            "Verbinden Sie den Computer bis zum 10. März 2026 mit dem Internet, um die Funktionen von „premium“ zu behalten."
        )
    );
}

#[test]
fn a_missing_date_or_contact_still_gives_a_sentence() {
    for language in Language::ALL {
        let blanks = Blanks {
            renew_by: None,
            offline_until: None,
            starts: None,
            expires: None,
            support: None,
            ..blanks(language)
        };
        for reason in Reason::all() {
            let said = everything_said(reason, &blanks);
            assert!(!said.contains(['{', '}']), "{reason}: {said}");
        }
    }
    let nobody = Blanks {
        support: None,
        ..blanks(Language::En)
    };
    assert!(everything_said(Reason::LicenseRevoked, &nobody).contains("the vendor"));
}

#[test]
fn the_vendors_own_words_come_first_and_a_missing_step_is_the_built_in_one() {
    let mut own = Words {
        message: "Call {support} by {offline_until}.".to_owned(),
        step: None,
    };
    let blanks = blanks(Language::En);
    let reason = Reason::OfflineGrace;
    assert_eq!(
        message(reason, Some(&own), &blanks),
        "Call help@example.com by 10 March 2026."
    );
    assert_eq!(
        step(reason, Some(&own), &blanks),
        step(reason, None, &blanks)
    );
    own.step = Some("Keep {features}.".to_owned());
    assert_eq!(
        step(reason, Some(&own), &blanks).as_deref(),
        Some("Keep all features.")
    );
}

#[test]
fn what_fills_a_blank_is_not_filled_itself() {
    let blanks = Blanks {
        support: Some("{expires}"),
        ..blanks(Language::En)
    };
    assert_eq!(
        step(Reason::LicenseRevoked, None, &blanks).as_deref(),
        Some("Contact {expires}.")
    );
}

#[test]
fn what_is_no_blank_is_found() {
    for (words, found) in [
        ("By {renew_by}, {support}", None),
        ("By {renew_bye} or so", Some("{renew_bye}")),
        ("{renew_by} {", Some("{")),
        ("a } b", Some("}")),
        ("{{renew_by}}", Some("{{renew_by}")),
    ] {
        assert_eq!(unknown_blank(words), found, "{words}");
    }
}

/// Words of steps that can cost a person something if followed in a hurry, with those texts that may have them.
///
/// - "activate ... again": costs nothing, since it keeps what can still be opened and asks before it ends anything.
/// - "from a backup": of the license's own folder, where what lies there is damaged.
/// - "but do not clear it": warns.
#[test]
fn no_step_tells_a_person_to_do_what_could_cost_something() {
    const ENGLISH: [&str; 19] = [
        "delete",
        "remove",
        "erase",
        "clear",
        "reset",
        "reinstall",
        "format",
        "overwrite",
        "discard",
        "chmod",
        "chown",
        "sudo",
        "owner",
        "writable",
        "permission",
        "backup",
        "move",
        "replace",
        "uninstall",
    ];
    const GERMAN: [&str; 16] = [
        "lösch",
        "entfern",
        "zurücksetz",
        "neu installier",
        "software neu.",
        "formatier",
        "überschreib",
        "verwerf",
        "chmod",
        "chown",
        "sudo",
        "besitzer",
        "berechtigung",
        "sicherung",
        "verschieb",
        "ersetz",
    ];
    let warned = [Reason::TpmMissing, Reason::TpmHierarchyOff];
    let restored = [Reason::SeedOther, Reason::BindingDamaged];
    for language in Language::ALL {
        let words = match language {
            Language::En => &ENGLISH[..],
            Language::De => &GERMAN[..],
        };
        for reason in Reason::all() {
            let said = step(reason, None, &blanks(language)).unwrap_or_default();
            let mut said = said.to_lowercase();
            for (reasons, allowed) in [
                (
                    warned,
                    [
                        "but do not clear it there",
                        "löschen sie ihn dort aber nicht",
                    ],
                ),
                (restored, ["from a backup", "aus einer sicherung"]),
            ] {
                if reasons.contains(&reason) {
                    let allowed = allowed.iter().find(|words| said.contains(**words));
                    let allowed = allowed.unwrap_or_else(|| panic!("{reason}: {said}"));
                    said = said.replace(allowed, "");
                }
            }
            let found = words.iter().find(|word| said.contains(**word));
            assert_eq!(found, None, "{reason}: {said}");
        }
    }
}

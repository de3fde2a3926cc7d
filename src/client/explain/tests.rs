#![allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]

use super::*;
use crate::policy::{Enforcement, Rules, Tier};
use crate::token::{
    Anchor, Binding, DeviceClass, Digest, ManifestRef, Name, RenewAfter, SigningKey, StatusRef,
    StoreId, TokenId, UtcTime, VendorId, VersionRange,
};

/// Words of the machinery, which mean nothing to the person in front of it.
const JARGON: [&str; 24] = [
    "anchor",
    "attestation",
    "budget",
    "cbor",
    "charge",
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
    "nonce",
    "nv",
    "pcr",
    "quote",
    "seed",
    "sha",
    "standing",
    "tpm",
];

fn time(text: &str) -> UtcTime {
    text.parse().unwrap()
}

fn license() -> License {
    let name = Name::of_digest(&Digest::of(&[b"x"]));
    License {
        issuer: VendorId::new([1; 16]),
        license_id: LicenseId::new([2; 8]),
        product: "studio".into(),
        issued_at: time("2027-01-01T00:00:00Z"),
        not_before: time("2027-01-01T00:00:00Z"),
        expires_at: Some(time("2028-02-03T00:00:00Z")),
        token_id: TokenId::new([3; 16]),
        binding: Binding {
            confirmation_key: SigningKey::from_scalar(&[3; 32]).unwrap().public().clone(),
            ak: name,
            srk: name,
            seed: name,
            epoch_index: name,
            activity_index: name,
            epoch: 1,
            store: StoreId::new([4; 16]),
        },
        edition: "standard".into(),
        features: ["export".to_owned()].into(),
        versions: VersionRange {
            min: None,
            max: Some("4.9".into()),
        },
        manifest_line: "stable".into(),
        status: StatusRef {
            list: "https://example.com/1".into(),
            index: 0,
        },
        class: DeviceClass::Hardware,
    }
}

fn lease(license: &License) -> Lease {
    Lease {
        issuer: license.issuer,
        license_id: license.license_id,
        product: license.product.clone(),
        license: license.token_id,
        token_id: TokenId::new([5; 16]),
        sequence: 1,
        confirmation_key: license.binding.confirmation_key.clone(),
        store: license.binding.store,
        epoch: 1,
        issued_at: time("2027-03-01T00:00:00Z"),
        expires_at: time("2027-05-05T00:00:00Z"),
        renew_after: RenewAfter {
            at: time("2027-03-16T00:00:00Z"),
            charge_ms: 15 * 24 * 3600 * 1000,
        },
        anchor: Anchor {
            utc: time("2027-03-01T00:00:00Z"),
            clock_ms: 1,
            reset_count: 1,
            restart_count: 1,
            activity: 1,
        },
        window_s: 30 * 24 * 3600,
        budget_ms: 1,
        unclean_loss_ms: 1,
        restarts_allowed: 10,
        heartbeat_ms: 300_000,
        manifest: ManifestRef {
            version: 1,
            digest: Digest::of(&[]),
        },
        feature_approval: None,
        platform: None,
        correction: None,
    }
}

/// Everything that is said about a license, in both languages.
fn said(license: &License, lease: Option<&Lease>, rules: &Rules) -> [Vec<Section>; 2] {
    let facts = Facts {
        license,
        lease,
        rules,
    };
    [
        [
            english::general(&BTreeSet::new()),
            english::sections(&facts),
        ]
        .concat(),
        [german::general(&BTreeSet::new()), german::sections(&facts)].concat(),
    ]
}

fn whole(sections: &[Section]) -> String {
    let texts = sections.iter().flat_map(|section| &section.text);
    texts.map(|text| format!("{text}\n")).collect()
}

#[test]
fn both_languages_answer_the_same_questions_and_name_no_machinery() {
    let license = license();
    let lease = lease(&license);
    let advisory = Rules {
        enforcement: Enforcement::Advisory,
        ..Rules::default()
    };
    for (lease, rules) in [
        (Some(&lease), Rules::default()),
        (None, Rules::default()),
        (Some(&lease), advisory),
    ] {
        let [english, german] = said(&license, lease, &rules);
        let topics = |sections: &[Section]| -> Vec<Topic> {
            sections.iter().map(|section| section.topic).collect()
        };
        assert_eq!(topics(&english), topics(&german));
        assert_eq!(english.len(), 6);
        for (a, b) in english.iter().zip(&german) {
            assert_eq!(a.text.len(), b.text.len(), "{:?}", a.topic);
            assert_ne!(a.heading, b.heading);
            assert!(!a.text.is_empty());
        }
        for section in english.iter().chain(&german) {
            let text = section.text.join(" ").to_lowercase();
            for word in text.split(|letter: char| !letter.is_alphanumeric()) {
                assert!(!JARGON.contains(&word), "{word} in: {text}");
            }
            assert!(!text.contains(['{', '}']), "{text}");
        }
    }
}

#[test]
fn the_dates_and_limits_are_those_of_the_license() {
    let license = license();
    let lease = lease(&license);
    let rules = Rules {
        support: Some("help@example.com".into()),
        ..Rules::default()
    };
    let [english, german] = said(&license, Some(&lease), &rules).map(|said| whole(&said));
    for fact in [
        "16 March 2027",
        "30 days",
        "5 May 2027",
        "3 February 2028",
        "4.9",
        "15 days",
    ] {
        assert!(english.contains(fact), "{fact} is not in: {english}");
    }
    for fact in [
        "16. März 2027",
        "30 Tage",
        "5. Mai 2027",
        "3. Februar 2028",
        "4.9",
        "15 Tage",
    ] {
        assert!(german.contains(fact), "{fact} is not in: {german}");
    }
    for said in [english, german] {
        assert!(said.contains("help@example.com"));
    }
}

#[test]
fn what_stays_on_is_what_the_rules_keep_of_what_was_bought() {
    let mut license = license();
    license.expires_at = None;
    let tier = |name: &str, features: &[&str]| Tier {
        name: name.into(),
        features: features.iter().map(|name| name.to_string()).collect(),
    };
    let mut rules = Rules {
        tiers: vec![
            tier("essential", &["open", "save"]),
            tier("standard", &["export"]),
        ],
        ..Rules::default()
    };
    rules.keep.limited = Keep::Tier("essential".into());
    rules.keep.suspended = Keep::Tier("essential".into());
    rules.keep.revoked = Keep::Nothing;
    let [english, _] = said(&license, None, &rules).map(|said| whole(&said));
    for sentence in [
        "After too long without a connection or while it is suspended: these stay on: open, save.",
        "Once it was withdrawn: everything goes off.",
        "It has no last day.",
    ] {
        assert!(english.contains(sentence), "{english}");
    }
    assert!(!english.contains("after its last day"));
}

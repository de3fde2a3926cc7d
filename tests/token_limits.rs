//! Licenses and leases fit 1024 bytes, fit each other, and are described in plain words.

#[path = "support/vectors/mod.rs"]
mod vectors;

use std::collections::BTreeSet;

use counterfoil::token::cose::{self, CoseError, Kind, Protection};
use counterfoil::token::*;
use vectors::fixture::{self, Key, at};
use vectors::{all, valid};

const LIMIT: usize = 1024;

#[test]
fn the_largest_realistic_license_fits_a_kilobyte() {
    let base = fixture::license();
    let license = License {
        product: "engineering-simulation-suite".into(),
        edition: "Enterprise Plus (floating)".into(),
        features: (0..10)
            .map(|i| format!("simulation-module-{i:02}"))
            .collect(),
        versions: VersionRange {
            min: Some("2026.1.0-rc.1".into()),
            max: Some("2027.12.99".into()),
        },
        manifest_line: "enterprise-desktop".into(),
        status: StatusRef {
            list: "https://licensing.some-vendor.example.com/status/2026/17".into(),
            index: u64::MAX,
        },
        binding: Binding {
            epoch: u64::MAX,
            ..base.binding
        },
        expires_at: Some(UtcTime::MAX),
        ..base
    };
    let size = license.sign(&Key::Issuer.signing()).unwrap().len();
    assert!(size <= LIMIT, "{size} bytes");
}

#[test]
fn the_largest_realistic_lease_fits_a_kilobyte() {
    let base = fixture::lease();
    let lease = Lease {
        product: "engineering-simulation-suite".into(),
        sequence: u64::MAX,
        epoch: u64::MAX,
        expires_at: UtcTime::MAX,
        anchor: Anchor {
            clock_ms: u64::MAX,
            reset_count: u32::MAX,
            restart_count: u32::MAX,
            activity: u64::MAX,
            ..base.anchor
        },
        window_s: u64::MAX,
        budget_ms: u64::MAX,
        unclean_loss_ms: u64::MAX,
        restarts_allowed: u32::MAX,
        heartbeat_ms: u64::MAX,
        manifest: ManifestRef {
            version: u64::MAX,
            ..base.manifest
        },
        feature_approval: Some(vec![0xfa; Lease::APPROVAL_LIMIT]),
        platform: Some(Platform {
            pcrs: PcrSelection::ALL,
            reference: Some(Digest::of(&[])),
        }),
        ..base
    };
    let size = lease.sign(&Key::Issuer.signing()).unwrap().len();
    assert!(size <= LIMIT, "{size} bytes");
}

#[test]
fn a_license_that_would_be_too_large_is_not_signed_and_says_what_to_do() {
    let features: BTreeSet<_> = (0..40).map(|i| format!("feature-number-{i:010}")).collect();
    let error = License {
        features,
        ..fixture::license()
    }
    .sign(&Key::Issuer.signing())
    .unwrap_err();
    assert!(matches!(
        error,
        SignError::Cose(CoseError::TooLarge {
            kind: Kind::License,
            limit: LIMIT,
            ..
        })
    ));
    assert!(
        error.to_string().contains("use shorter or fewer names"),
        "{error}"
    );
}

#[test]
fn only_who_wrote_what_is_too_large_is_told_to_shorten_it() {
    for kind in Kind::ALL {
        let content = vec![0; kind.size_limit()];
        let error = match kind.protection() {
            Protection::Sign1(_) => cose::sign(kind, &Key::Issuer.signing(), &content).unwrap_err(),
            Protection::Encrypt0(_) => {
                let labels = kind.header_labels().iter();
                let extras: Vec<_> = labels.map(|label| (*label, vec![0])).collect();
                cose::seal(kind, &[0; 32], &[], &extras, &content, [0; 12]).unwrap_err()
            }
        };
        let text = error.to_string();
        let (_, step) = text.split_once(": ").unwrap();
        let wanted = match kind {
            Kind::License => "use shorter or fewer names",
            Kind::Manifest => "shorten the rules",
            _ => "please report this",
        };
        assert_eq!(step, wanted, "{text}");
    }
}

#[test]
fn what_a_reader_would_refuse_is_not_signed() {
    let key = Key::Issuer.signing();
    let license = fixture::license;
    let lease = fixture::lease;
    let spoiled = [
        License {
            product: String::new(),
            ..license()
        }
        .sign(&key),
        License {
            edition: "a\u{7}".into(),
            ..license()
        }
        .sign(&key),
        License {
            manifest_line: "x".repeat(65),
            ..license()
        }
        .sign(&key),
        License {
            expires_at: Some(license().not_before),
            ..license()
        }
        .sign(&key),
        License {
            features: BTreeSet::from([String::new()]),
            ..license()
        }
        .sign(&key),
        Lease {
            restarts_allowed: 0,
            ..lease()
        }
        .sign(&key),
        Lease {
            expires_at: lease().issued_at,
            ..lease()
        }
        .sign(&key),
        Manifest {
            line: String::new(),
            ..fixture::manifest()
        }
        .sign(&key),
        TrustBundle {
            vendor_name: String::new(),
            ..fixture::trust_bundle()
        }
        .sign(&key),
        TrustBundle {
            sequence: TrustBundle::SEQUENCE_LIMIT + 1,
            ..fixture::trust_bundle()
        }
        .sign(&key),
    ];
    for (position, result) in spoiled.into_iter().enumerate() {
        let error = result.unwrap_err();
        assert!(
            matches!(error, SignError::Claims(ClaimsError::Invalid { .. })),
            "{position}: {error}"
        );
    }
}

#[test]
fn a_request_names_a_product_of_64_bytes_without_control_characters_or_none() {
    use counterfoil::protocol::{ActivationBody, ActivationRequest};
    let request = ActivationRequest::open(&valid::request()).unwrap();
    let body = |product: &str| ActivationBody {
        product: product.into(),
        ..request.body().clone()
    };
    for product in ["", "cad", &"x".repeat(64)] {
        let body = body(product);
        assert_eq!(ActivationBody::decode(&body.encode()), Ok(body));
    }
    for product in ["cad\x1b[2J", "cad\n", "\u{9b}2J", &"x".repeat(65)] {
        let refused = ActivationBody::decode(&body(product).encode());
        let out_of_range = cbor::CborError::OutOfRange { key: 6 };
        assert_eq!(refused, Err(out_of_range.into()), "{product:?}");
    }
}

#[test]
fn evidence_of_a_hundred_licenses_of_the_largest_size_fits_and_what_does_not_is_known_before() {
    use counterfoil::protocol::report::{Covered, EvidenceFile, TokenFiles};
    let bytes = valid::evidence();
    let envelope = cose::open(Kind::Evidence, &bytes).unwrap();
    let one = EvidenceFile::decode(envelope.unverified_payload()).unwrap();
    let of = |number: usize| {
        let tokens = TokenFiles {
            license: vec![1; LIMIT],
            lease: vec![2; LIMIT],
        };
        let covered = Covered {
            license: Digest::of(&[&tokens.license]),
            lease: Digest::of(&[&tokens.lease]),
        };
        let mut file = one.clone();
        file.evidence.subject.licenses = vec![covered; number];
        file.tokens = vec![tokens; number];
        file
    };
    let key = Key::Issuer.signing();
    let most = (1..)
        .take_while(|number| EvidenceFile::fits(&of(*number).tokens))
        .last()
        .unwrap();
    assert!(most > 100, "{most}");
    for number in [60, most] {
        let bytes = of(number).sign(&key).unwrap();
        let envelope = cose::open(Kind::Evidence, &bytes).unwrap();
        let read = EvidenceFile::decode(envelope.unverified_payload()).unwrap();
        assert_eq!(read.tokens.len(), number);
    }
    assert!(of(most + 10).sign(&key).is_err());
}

#[test]
fn a_lease_belongs_to_its_license_alone() {
    let (license, lease) = (fixture::license(), fixture::lease());
    assert_eq!(lease.belongs_to(&license), Ok(()));
    let store = StoreId::new([9; 16]);
    let moved = |binding| License {
        binding,
        ..license.clone()
    };
    let cases = [
        (
            "the vendor",
            License {
                issuer: VendorId::new([9; 16]),
                ..license.clone()
            },
        ),
        (
            "the license id",
            License {
                license_id: LicenseId::new([9; 8]),
                ..license.clone()
            },
        ),
        (
            "the product",
            License {
                product: "other".into(),
                ..license.clone()
            },
        ),
        (
            "the license token",
            License {
                token_id: TokenId::new([9; 16]),
                ..license.clone()
            },
        ),
        (
            "the binding key",
            moved(Binding {
                confirmation_key: Key::Unknown.signing().public().clone(),
                ..license.binding.clone()
            }),
        ),
        (
            "the store",
            moved(Binding {
                store,
                ..license.binding.clone()
            }),
        ),
        (
            "the epoch",
            moved(Binding {
                epoch: 5,
                ..license.binding.clone()
            }),
        ),
    ];
    for (field, license) in cases {
        assert_eq!(lease.belongs_to(&license), Err(MismatchError { field }));
    }
}

#[test]
fn every_valid_file_is_described_and_sealed_ones_say_who_can_open_them() {
    for vector in all().into_iter().filter(|vector| vector.error.is_none()) {
        let description = inspect::describe(&vector.bytes).unwrap();
        let text = description.to_string();
        assert_eq!(description.kind, vector.kind);
        assert!(text.contains(vector.kind.content_type()), "{text}");
        let sealed = matches!(vector.kind.protection(), Protection::Encrypt0(_));
        assert_eq!(text.contains("can open it"), sealed, "{text}");
    }
}

#[test]
fn a_license_is_described_in_plain_words() {
    let text = inspect::describe(&valid::license()).unwrap().to_string();
    for part in [
        "1c1c1c1c1c1c1c1c",
        "\"cad-suite\"",
        "\"professional\"",
        "\"render\"",
        "3.0 to 5.99",
        "2027-03-01T00:00:00Z",
        "(not verified)",
        "hardware",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn a_caller_describes_the_content_that_this_module_does_not_know() {
    let request = all()
        .into_iter()
        .find(|vector| vector.name == "request.request")
        .unwrap();
    let describe = |kind, payload: &[u8]| {
        assert_eq!(kind, Kind::ActivationRequest);
        let payload = inspect::Field::new("payload", payload.len());
        Some((vec![payload], None))
    };
    let description = inspect::describe_with(&request.bytes, describe).unwrap();
    assert_eq!(description.fields.last().unwrap().label, "payload");
}

#[test]
fn keys_of_another_product_are_told_apart_in_the_text_of_the_error() {
    let by = |key: Key, issued_at| {
        let license = License {
            issued_at,
            ..fixture::license()
        };
        let bytes = license.sign(&key.signing()).unwrap();
        License::verify(&bytes, &fixture::bundle())
            .unwrap_err()
            .to_string()
    };
    let now = fixture::license().issued_at;
    let texts = BTreeSet::from([
        by(Key::OtherProduct, now),
        by(Key::Unknown, now),
        by(Key::Policy, now),
        by(Key::CutOff, now),
        by(Key::RotatedOut, at("2026-01-01T00:00:00Z")),
    ]);
    assert_eq!(texts.len(), 5, "{texts:?}");
}

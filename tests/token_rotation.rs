//! Keys change hands: issuers are rotated and withdrawn, roots hand over to the next one.

#[path = "support/vectors/mod.rs"]
mod vectors;

use std::time::Duration;

use counterfoil::token::*;
use vectors::fixture::{Key, anchor, at, bundle, license, trust_bundle};

const DAY: Duration = Duration::from_secs(86_400);

fn issued(key: Key, at: UtcTime) -> Result<Verified<License>, TokenError> {
    let license = License {
        issued_at: at,
        ..license()
    };
    License::verify(
        &license.sign(&key.signing()).expect("can be signed"),
        &bundle(),
    )
}

fn signed(bundle: &TrustBundle, root: Key) -> Vec<u8> {
    bundle.sign(&root.signing()).expect("can be signed")
}

fn following(sequence: u64, next_root: Option<Key>) -> TrustBundle {
    TrustBundle {
        sequence,
        next_root: next_root.map(|key| key.signing().public().clone()),
        ..trust_bundle()
    }
}

#[test]
fn an_issuer_rotated_out_still_vouches_for_the_tokens_of_its_time() {
    let end = at("2025-01-01T00:00:00Z");
    assert!(issued(Key::RotatedOut, end.saturating_sub(DAY)).is_ok());
    let error = issued(Key::RotatedOut, end).unwrap_err();
    assert!(
        matches!(error, TokenError::Issuer(IssuerError::NotValidThen { .. })),
        "{error}"
    );
}

#[test]
fn a_withdrawn_issuer_is_refused_from_the_cut_off_on() {
    let cut_off = at("2026-03-01T00:00:00Z");
    let second = Duration::from_secs(1);
    assert!(issued(Key::CutOff, cut_off.saturating_sub(second)).is_ok());
    for late in [cut_off, cut_off.plus(second), cut_off.plus(DAY * 365)] {
        let error = issued(Key::CutOff, late).unwrap_err();
        assert!(
            matches!(error, TokenError::Issuer(IssuerError::CutOff { .. })),
            "{error}"
        );
    }
}

#[test]
fn the_announced_root_signs_the_following_bundle() {
    let held = bundle();
    let next = held
        .verify_next(&signed(&following(4, None), Key::SecondRoot))
        .unwrap();
    assert_eq!(next.sequence, 4);
    assert_eq!(next.vendor, held.vendor);
    assert_eq!(next.root(), Key::SecondRoot.signing().public());
}

#[test]
fn a_root_that_handed_over_signs_no_further_bundle() {
    let held = bundle();
    let next = held
        .verify_next(&signed(&following(4, None), Key::SecondRoot))
        .unwrap();
    let error = next
        .verify_next(&signed(&following(5, None), Key::Root))
        .unwrap_err();
    assert!(matches!(error, BundleError::WrongRoot { .. }), "{error}");
}

#[test]
fn a_chain_of_announcements_is_followed_from_the_root_in_the_program() {
    let chain = [
        signed(&following(3, Some(Key::SecondRoot)), Key::Root),
        signed(&following(4, Some(Key::StrangeRoot)), Key::SecondRoot),
        signed(&following(5, None), Key::StrangeRoot),
    ];
    let others = || chain[1..].iter().map(Vec::as_slice);
    let last = TrustBundle::verify_chain(&chain[0], others(), &anchor(&[Key::Root])).unwrap();
    assert_eq!(last.sequence, 5);
    let gap = TrustBundle::verify_chain(&chain[0], others().skip(1), &anchor(&[Key::Root]));
    assert!(matches!(gap, Err(BundleError::WrongRoot { .. })));
}

#[test]
fn the_last_root_in_the_program_must_sign_and_the_first_names_the_vendor() {
    let both = anchor(&[Key::Root, Key::SecondRoot]);
    assert_eq!(both.vendor(), anchor(&[Key::Root]).vendor());
    let bytes = signed(&following(4, None), Key::SecondRoot);
    assert_eq!(TrustBundle::verify(&bytes, &both).unwrap().sequence, 4);
    let old = TrustBundle::verify(&signed(&following(4, None), Key::Root), &both);
    assert!(matches!(old, Err(BundleError::WrongRoot { .. })));
    let held = TrustBundle::verify_held(&signed(&following(4, None), Key::Root), &both);
    assert_eq!(held.unwrap().sequence, 4, "taken over earlier");
    let strange = signed(&following(4, None), Key::StrangeRoot);
    let strange = TrustBundle::verify_held(&strange, &both);
    assert!(matches!(strange, Err(BundleError::WrongRoot { .. })));
    let unannounced = TrustBundle::verify(&bytes, &anchor(&[Key::SecondRoot]));
    assert!(matches!(unannounced, Err(BundleError::WrongVendor { .. })));
}

#[test]
fn a_lower_sequence_is_detected() {
    let held = bundle();
    let older = signed(&following(held.sequence - 1, None), Key::Root);
    // Genuine by itself: who holds a newer one must compare.
    assert!(
        TrustBundle::verify(&older, &anchor(&[Key::Root]))
            .unwrap()
            .sequence
            < held.sequence
    );
    let error = held.verify_next(&older).unwrap_err();
    assert_eq!(
        error,
        BundleError::NotNewer {
            held: 3,
            offered: 2
        }
    );
}

#[test]
fn a_sequence_is_not_given_to_two_bundles() {
    let held = bundle();
    let other = TrustBundle {
        vendor_name: "Other".into(),
        ..trust_bundle()
    };
    let error = held.verify_next(&signed(&other, Key::Root)).unwrap_err();
    assert_eq!(
        error,
        BundleError::NotNewer {
            held: 3,
            offered: 3
        }
    );
    assert_eq!(
        held.verify_next(held.bytes()).unwrap().digest(),
        held.digest()
    );
}

#[test]
fn a_policy_key_issues_nothing_and_an_issuer_approves_no_policy() {
    let error = issued(Key::Policy, license().issued_at).unwrap_err();
    assert!(
        matches!(error, TokenError::Issuer(IssuerError::WrongPurpose { .. })),
        "{error}"
    );
    let now = at("2026-03-01T00:00:00Z");
    let bundle = bundle();
    let keys: Vec<_> = bundle
        .policy_keys("cad-suite", now)
        .map(|entry| entry.key.id())
        .collect();
    assert_eq!(keys, [Key::Policy.signing().public().id()]);
    assert_eq!(bundle.policy_keys("other-product", now).count(), 0);
    assert_eq!(
        bundle
            .policy_keys("cad-suite", at("2031-01-01T00:00:00Z"))
            .count(),
        0
    );
}

#[test]
fn a_pem_file_without_a_key_is_no_anchor() {
    for pem in [
        "",
        "\n",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        "root",
    ] {
        assert!(TrustAnchor::from_pem(pem).is_err(), "{pem:?}");
    }
}

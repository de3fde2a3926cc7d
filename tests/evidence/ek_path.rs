//! Every check of the path to a pinned root: each differs from the accepted one in one thing.

use crate::ek_scene::{
    ek, ek_key, ek_public, error, impostor, intermediate, leaf, leaf_of_intermediate, middle,
    path_error, root, today, trust, trusting, verify, verify_leaf,
};
use crate::pki::{
    Algorithm, Authority, BASIC_CONSTRAINTS, Certificate, KEY_USAGE, Key, key_usage, path_length,
    sequence,
};
use counterfoil::evidence::{EkError, EndorsementKey, PathError, verify_ek};
use counterfoil::token::{DeviceClass, UtcTime};

#[test]
fn chains_of_every_kind_of_key_are_accepted() {
    for ek in [Key::rsa(0), Key::p256(9), Key::p384(9)] {
        for issuer in [Key::rsa(1), Key::p256(1), Key::p384(1)] {
            let root = Authority::new("Root A", issuer);
            let certificate = Certificate::endorsement(&root, &ek).sign(&root);
            let public = EndorsementKey::from_public(&ek_public(&ek)).unwrap();
            let trust = trusting(&root.root(), &root);
            assert!(verify_ek(public, &[certificate], &trust, today()).is_ok());
        }
    }
}

#[test]
fn every_signature_algorithm_is_accepted_and_refused_once_altered() {
    for (key, algorithms) in [
        (
            Key::rsa(1),
            &[
                Algorithm::RsaSha256,
                Algorithm::RsaSha384,
                Algorithm::RsaSha512,
                Algorithm::PssSha256,
                Algorithm::PssSha384,
                Algorithm::PssSha512,
            ][..],
        ),
        (
            Key::p256(1),
            &[
                Algorithm::EcdsaSha256,
                Algorithm::EcdsaSha384,
                Algorithm::EcdsaSha512,
            ][..],
        ),
        (
            Key::p384(1),
            &[
                Algorithm::EcdsaSha256,
                Algorithm::EcdsaSha384,
                Algorithm::EcdsaSha512,
            ][..],
        ),
    ] {
        for &algorithm in algorithms {
            let root = Authority {
                name: "Root A",
                key: key.clone(),
                algorithm,
            };
            let trust = trusting(&root.root(), &root);
            let mut certificate = Certificate::endorsement(&root, &ek_key()).sign(&root);
            assert!(
                verify(&[certificate.clone()], &trust).is_ok(),
                "{algorithm:?}"
            );
            *certificate.last_mut().unwrap() ^= 1;
            let refused = verify(&[certificate], &trust);
            assert_eq!(path_error(refused), PathError::Signature, "{algorithm:?}");
        }
    }
}

#[test]
fn a_signature_with_sha_1_is_refused() {
    let root = Authority {
        name: "Root A",
        key: Key::rsa(1),
        algorithm: Algorithm::RsaSha1,
    };
    let trust = trusting(&root.root(), &root);
    let certificate = Certificate::endorsement(&root, &ek_key()).sign(&root);
    assert_eq!(
        path_error(verify(&[certificate], &trust)),
        PathError::Signature
    );
}

#[test]
fn chains_with_one_and_two_intermediates_are_accepted_in_any_order() {
    assert!(verify(&[leaf_of_intermediate(), middle().sign(&root())], &trust()).is_ok());

    let upper = Authority::new("Upper", Key::rsa(1));
    let upper_certificate = Certificate::authority(&upper)
        .issued_by(&root())
        .sign(&root());
    let lower_certificate = Certificate::authority(&intermediate())
        .issued_by(&upper)
        .sign(&upper);
    let chain = [leaf_of_intermediate(), upper_certificate, lower_certificate];
    assert!(verify(&chain, &trust()).is_ok());
}

#[test]
fn the_root_s_own_certificate_in_the_chain_does_no_harm() {
    assert!(
        verify(
            &[leaf().sign(&root()), root().root().sign(&root())],
            &trust()
        )
        .is_ok()
    );
}

#[test]
fn an_authority_in_the_middle_may_be_pinned_alone() {
    let trust = trusting(&middle(), &root());
    assert!(verify(&[leaf_of_intermediate()], &trust).is_ok());
}

#[test]
fn a_chain_to_another_root_is_refused() {
    let stranger = Authority::new("Root B", Key::p256(1));
    let certificate = Certificate::endorsement(&stranger, &ek_key()).sign(&stranger);
    let own_root = stranger.root().sign(&stranger);
    let refused = verify(&[certificate, own_root], &trust());
    assert_eq!(path_error(refused), PathError::UnknownIssuer);
}

#[test]
fn a_root_of_the_same_name_with_another_key_is_refused() {
    let refused = verify(&[leaf().sign(&impostor())], &trust());
    assert_eq!(path_error(refused), PathError::Signature);
}

#[test]
fn of_two_roots_of_one_name_the_right_one_is_found() {
    let mut trust = trusting(&impostor().root(), &impostor());
    trust
        .roots
        .add(&root().root().sign(&root()), DeviceClass::Hardware)
        .unwrap();
    assert_eq!(
        verify(&[leaf().sign(&root())], &trust).unwrap().class(),
        DeviceClass::Hardware
    );
}

#[test]
fn a_missing_intermediate_is_named() {
    let refused = error(verify(&[leaf_of_intermediate()], &trust()));
    let EkError::NoPath { reason, issuer, .. } = &refused else {
        panic!("refused for another reason: {refused}");
    };
    assert_eq!(
        (*reason, issuer.as_str()),
        (PathError::UnknownIssuer, "CN=Intermediate")
    );
    let text = refused.to_string();
    assert!(
        text.contains("its issuer CN=Intermediate is not known"),
        "{text}"
    );
}

#[test]
fn the_issuer_that_is_missing_is_named_and_not_one_that_is_there() {
    let upper = Authority::new("Upper", Key::rsa(1));
    let lower = Certificate::authority(&intermediate())
        .issued_by(&upper)
        .sign(&upper);
    let refused = error(verify(&[leaf_of_intermediate(), lower], &trust()));
    assert!(refused.to_string().contains("CN=Upper"), "{refused}");
}

#[test]
fn an_authority_of_the_same_name_elsewhere_is_named() {
    let elsewhere = Authority::new("Intermediate", Key::p256(4));
    let pinned = Certificate::authority(&elsewhere).issued_by(&impostor());
    let trust = trusting(&pinned, &impostor());
    let refused = error(verify(&[leaf_of_intermediate()], &trust));
    assert!(refused.to_string().contains("CN=Intermediate"), "{refused}");
    assert_eq!(path_error::<()>(Err(refused)), PathError::Signature);
}

#[test]
fn a_name_that_a_customer_chose_reaches_a_message_short_and_without_control_characters() {
    const NAME: &str = "A\u{1b}[2J\u{9b}2J\r\u{202e}B";
    let message = |name: &'static str| {
        let issuer = Authority::new(name, Key::p256(5));
        let certificate = Certificate::endorsement(&issuer, &ek_key()).sign(&issuer);
        error(verify(&[certificate], &trust())).to_string()
    };
    let hostile = message(NAME);
    assert!(hostile.is_ascii(), "{hostile:?}");
    assert!(!hostile.contains(char::is_control), "{hostile:?}");
    assert!(message("x".repeat(5000).leak()).len() < 1000);
}

#[test]
fn an_intermediate_signed_by_someone_else_is_refused() {
    let refused = verify(
        &[leaf_of_intermediate(), middle().sign(&impostor())],
        &trust(),
    );
    assert_eq!(path_error(refused), PathError::Signature);
}

#[test]
fn an_intermediate_that_is_no_authority_is_refused() {
    for certificate in [
        middle().set(BASIC_CONSTRAINTS, sequence(&[])),
        middle().without(BASIC_CONSTRAINTS),
    ] {
        let refused = verify(
            &[leaf_of_intermediate(), certificate.sign(&root())],
            &trust(),
        );
        assert_eq!(path_error(refused), PathError::NotAuthority);
    }
}

#[test]
fn an_intermediate_that_may_not_sign_certificates_is_refused() {
    let certificate = middle().set(KEY_USAGE, key_usage(0x02)).sign(&root());
    let refused = verify(&[leaf_of_intermediate(), certificate], &trust());
    assert_eq!(path_error(refused), PathError::NotAuthority);
}

#[test]
fn a_path_longer_than_an_issuer_allows_is_refused() {
    let limited = |limit| {
        let certificate = root().root().set(BASIC_CONSTRAINTS, path_length(limit));
        verify(
            &[leaf_of_intermediate(), middle().sign(&root())],
            &trusting(&certificate, &root()),
        )
    };
    assert_eq!(path_error(limited(0)), PathError::PathLength);
    assert!(limited(1).is_ok());
}

#[test]
fn an_expired_certificate_below_the_root_is_refused() {
    let mut expired = leaf();
    expired.not_after = "20260101000000Z";
    assert_eq!(path_error(verify_leaf(&expired)), PathError::Validity);
    let mut expired = middle();
    expired.not_after = "20260101000000Z";
    let refused = verify(&[leaf_of_intermediate(), expired.sign(&root())], &trust());
    assert_eq!(path_error(refused), PathError::Validity);
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_refused() {
    let mut early = leaf();
    early.not_before = "20270101000000Z";
    assert_eq!(path_error(verify_leaf(&early)), PathError::Validity);
}

#[test]
fn a_certificate_is_valid_in_its_first_and_last_second() {
    // 2026-01-01 00:00:00 to 00:00:10
    const FIRST: u64 = 1_767_225_600;
    let mut short = leaf();
    (short.not_before, short.not_after) = ("20260101000000Z", "20260101000010Z");
    let certificates = [short.sign(&root())];
    let is_valid = |seconds| {
        let at = UtcTime::from_unix(seconds).unwrap();
        verify_ek(ek(), &certificates, &trust(), at).is_ok()
    };
    let valid = [FIRST - 1, FIRST, FIRST + 10, FIRST + 11].map(is_valid);
    assert_eq!(valid, [false, true, true, false]);
}

#[test]
fn an_expired_root_still_vouches() {
    let mut expired = root().root();
    expired.not_after = "20210101000000Z";
    assert!(verify(&[leaf().sign(&root())], &trusting(&expired, &root())).is_ok());
}

#[test]
fn chains_that_go_round_in_circles_end() {
    let (one, other) = (
        Authority::new("One", Key::p256(5)),
        Authority::new("Other", Key::p256(6)),
    );
    let chain = [
        Certificate::endorsement(&one, &ek_key()).sign(&one),
        Certificate::authority(&one).issued_by(&other).sign(&other),
        Certificate::authority(&other).issued_by(&one).sign(&one),
    ];
    assert_eq!(
        path_error(verify(&chain, &trust())),
        PathError::UnknownIssuer
    );
}

#[test]
fn a_tangle_of_certificates_of_one_name_ends_soon() {
    let one = Authority::new("One", Key::p256(5));
    let mut chain = vec![Certificate::endorsement(&one, &ek_key()).sign(&one)];
    // Too few for the length of a path to end the search.
    chain.extend((1..6).map(|serial| {
        let certificate = Certificate {
            serial,
            ..Certificate::authority(&one)
        };
        certificate.sign(&one)
    }));
    assert_eq!(path_error(verify(&chain, &trust())), PathError::TooLong);
}

#[test]
fn a_path_of_six_below_the_root_is_accepted_and_one_of_seven_refused() {
    const NAMES: [&str; 7] = ["Root A", "1", "2", "3", "4", "5", "6"];
    let authorities: Vec<_> = NAMES
        .into_iter()
        .zip(1..)
        .map(|(name, seed)| Authority::new(name, Key::p256(seed)))
        .collect();
    let path_with = |intermediates: usize| {
        let issuer = &authorities[intermediates];
        let mut chain = vec![Certificate::endorsement(issuer, &ek_key()).sign(issuer)];
        chain.extend(authorities[..=intermediates].windows(2).map(|pair| {
            Certificate::authority(&pair[1])
                .issued_by(&pair[0])
                .sign(&pair[0])
        }));
        verify(&chain, &trust())
    };
    assert!(path_with(5).is_ok());
    assert_eq!(path_error(path_with(6)), PathError::TooLong);
}

#[test]
fn more_certificates_than_any_chain_has_are_refused() {
    let chain = vec![leaf().sign(&root()); 9];
    assert_eq!(error(verify(&chain, &trust())), EkError::TooMany(9));
}

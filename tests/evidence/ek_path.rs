//! Every check of the path to a pinned root: each differs from the accepted one in one thing.

use crate::ek_scene::{
    ek, ek_key, ek_public, error, impostor, intermediate, leaf, leaf_of_intermediate, middle,
    path_error, root, today, trust, trusting, verify, verify_leaf,
};
use crate::pki::{
    AUTHORITY_KEY, Algorithm, Authority, BASIC_CONSTRAINTS, Certificate, KEY_USAGE, Key,
    SUBJECT_KEY, key_usage, path_length, sequence, tlv,
};
use counterfoil::evidence::{EkError, EkTrust, EndorsementKey, Expired, PathError, verify_ek};
use counterfoil::token::{DeviceClass, UtcTime};

#[test]
fn chains_of_every_kind_of_key_are_accepted() {
    for ek in [Key::rsa(0), Key::p256(9), Key::p384(9)] {
        for issuer in [Key::rsa(1), Key::p256(1), Key::p384(1), Key::p521(1)] {
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
        (
            Key::p521(1),
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
fn a_signature_with_sha_1_is_refused_by_its_name() {
    let root = Authority {
        name: "Root A",
        key: Key::rsa(1),
        algorithm: Algorithm::RsaSha1,
    };
    let trust = trusting(&root.root(), &root);
    let certificate = Certificate::endorsement(&root, &ek_key()).sign(&root);
    let refused = error(verify(&[certificate], &trust));
    let text = refused.to_string();
    assert!(text.contains("SHA-1"), "{text}");
    assert!(
        text.contains(&format!("ek allow {}", ek().hash())),
        "{text}"
    );
    assert_eq!(path_error::<()>(Err(refused)), PathError::Sha1);
}

#[test]
fn an_authority_that_is_signed_with_sha_1_vouches_once_it_is_pinned_itself() {
    let old = Authority {
        name: "Old Root",
        key: Key::rsa(1),
        algorithm: Algorithm::RsaSha1,
    };
    let issued = Certificate::authority(&intermediate()).issued_by(&old);
    let chain = [leaf_of_intermediate(), issued.sign(&old)];
    let refused = verify(&chain, &trusting(&old.root(), &old));
    assert_eq!(path_error(refused), PathError::Sha1);
    assert!(verify(&chain[..1], &trusting(&issued, &old)).is_ok());
}

#[test]
fn a_certificate_that_signs_itself_is_called_so() {
    let own = Authority::new("Own", ek_key());
    let certificate = Certificate::endorsement(&own, &ek_key());
    let certificate = Certificate {
        subject: "Own",
        ..certificate
    };
    let refused = error(verify(&[certificate.sign(&own)], &trust()));
    let text = refused.to_string();
    assert!(text.contains("signed by itself"), "{text}");
    assert!(
        text.contains(&format!("ek allow {}", ek().hash())),
        "{text}"
    );
    assert_eq!(path_error::<()>(Err(refused)), PathError::SelfSigned);
}

#[test]
fn a_message_names_the_key_s_hash_and_how_to_vouch_for_it() {
    let vouch = format!("ek allow {}", ek().hash());
    let mut early = leaf();
    early.not_before = "20270101000000Z";
    let mut serial = leaf();
    serial.serial_padding = &[0];
    for (certificates, words) in [
        (vec![], "no endorsement certificate"),
        (vec![early.sign(&root())], "not valid before 2027-01-01"),
        (vec![serial.sign(&root())], "serial number is not minimal"),
        (vec![leaf_of_intermediate()], "CN=Intermediate is not known"),
        (vec![b"?".to_vec()], "not a certificate in DER"),
    ] {
        let text = error(verify(&certificates, &trust())).to_string();
        assert!(text.contains(words), "{text}");
        assert!(text.contains(&vouch), "{text}");
    }
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

/// 2026-01-01 00:00:00.
const ENDED: u64 = 1_767_225_600;

fn expired(mut certificate: Certificate) -> Certificate {
    certificate.not_after = "20260101000000Z";
    certificate
}

#[test]
fn an_expired_certificate_is_accepted_and_told_where_the_root_s_rule_says_nothing_else() {
    let ended = UtcTime::from_unix(ENDED).ok();
    let trusted = verify_leaf(&expired(leaf())).unwrap();
    assert_eq!(trusted.expired(), ended);
    let chain = [leaf_of_intermediate(), expired(middle()).sign(&root())];
    assert_eq!(verify(&chain, &trust()).unwrap().expired(), ended);
    assert_eq!(verify_leaf(&leaf()).unwrap().expired(), None);
}

#[test]
fn an_expired_certificate_is_refused_with_its_date_where_the_root_s_rule_says_so() {
    let mut trust = EkTrust::default();
    trust
        .roots
        .add_with(
            &root().root().sign(&root()),
            DeviceClass::Test,
            Expired::Refuse,
        )
        .unwrap();
    let chain = [leaf_of_intermediate(), expired(middle()).sign(&root())];
    for certificates in [&[expired(leaf()).sign(&root())][..], &chain] {
        let refused = error(verify(certificates, &trust));
        let text = refused.to_string();
        assert!(text.contains("expired on 2026-01-01"), "{text}");
        assert!(
            text.contains(&format!("ek allow {}", ek().hash())),
            "{text}"
        );
        let ended = UtcTime::from_unix(ENDED).unwrap();
        assert_eq!(path_error::<()>(Err(refused)), PathError::Expired(ended));
    }
    assert!(verify(&[leaf().sign(&root())], &trust).is_ok());
    // A chip that was recognized before is recognized for good.
    trust.on_record.insert(ek().hash());
    let trusted = verify(&chain, &trust).unwrap();
    assert_eq!(trusted.class(), DeviceClass::Test);
    assert!(trusted.expired().is_some());
}

#[test]
fn of_two_certificates_of_an_issuer_the_one_that_has_not_ended_is_taken() {
    let chain = [
        leaf_of_intermediate(),
        expired(middle()).sign(&root()),
        middle().sign(&root()),
    ];
    assert_eq!(verify(&chain, &trust()).unwrap().expired(), None);
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_refused() {
    let mut early = leaf();
    early.not_before = "20270101000000Z";
    let begin = UtcTime::from_unix(1_798_761_600).unwrap();
    assert_eq!(
        path_error(verify_leaf(&early)),
        PathError::NotYetValid(begin)
    );
    let mut early = middle();
    early.not_before = "20270101000000Z";
    let refused = verify(&[leaf_of_intermediate(), early.sign(&root())], &trust());
    assert_eq!(path_error(refused), PathError::NotYetValid(begin));
}

#[test]
fn a_certificate_is_valid_in_its_first_and_last_second() {
    let mut short = leaf();
    (short.not_before, short.not_after) = ("20260101000000Z", "20260101000010Z");
    let certificates = [short.sign(&root())];
    let found = |seconds| {
        let at = UtcTime::from_unix(seconds).unwrap();
        verify_ek(ek(), &certificates, &trust(), at)
            .ok()
            .map(|trusted| trusted.expired().is_some())
    };
    let found = [ENDED - 1, ENDED, ENDED + 10, ENDED + 11].map(found);
    assert_eq!(found, [None, Some(false), Some(false), Some(true)]);
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
fn material_that_is_not_needed_or_cannot_be_read_does_no_harm() {
    let stranger = Authority::new("Root B", Key::p256(7));
    let foreign = (10..19).map(|serial| {
        let certificate = Certificate {
            serial,
            ..stranger.root()
        };
        certificate.sign(&stranger)
    });
    let namesakes = (10..19).map(|serial| {
        let certificate = Certificate {
            serial,
            ..Certificate::authority(&Authority::new("Intermediate", Key::p256(8)))
        };
        certificate.issued_by(&impostor()).sign(&impostor())
    });
    let noise: Vec<u8> = (0..400_u32)
        .map(|at| (at * 151 + (at >> 3)) as u8)
        .collect();
    let mut padded = middle();
    padded.serial_padding = &[0, 0];
    let unknown = middle().with(("1.2.3.4", true, vec![0x05, 0x00]));
    let good = middle().sign(&root());
    for harmless in [
        vec![noise.clone()],
        vec![vec![0x30, 0x82], noise],
        vec![padded.sign(&root())],
        vec![unknown.sign(&root())],
        foreign.collect(),
        namesakes.collect(),
        vec![good[..good.len() / 2].to_vec()],
    ] {
        let before = [
            &[leaf_of_intermediate()],
            &harmless[..],
            std::slice::from_ref(&good),
        ]
        .concat();
        let behind = [&[leaf_of_intermediate(), good.clone()], &harmless[..]].concat();
        assert!(verify(&before, &trust()).is_ok());
        assert!(verify(&behind, &trust()).is_ok());
        // Neither does it where no chain is needed.
        let alone = [&[leaf().sign(&root())], &harmless[..]].concat();
        assert!(verify(&alone, &trust()).is_ok());
    }
}

#[test]
fn a_certificate_that_reaches_over_two_indexes_is_put_together() {
    let whole = middle().sign(&root());
    let (one, other) = whole.split_at(100);
    let stored = [leaf_of_intermediate(), one.to_vec(), other.to_vec()];
    assert!(verify(&stored, &trust()).is_ok());
}

#[test]
fn the_one_intermediate_that_cannot_be_used_is_named_with_what_is_wrong() {
    let mut padded = middle();
    padded.serial_padding = &[0];
    let refused = error(verify(
        &[leaf_of_intermediate(), padded.sign(&root())],
        &trust(),
    ));
    let text = refused.to_string();
    assert!(text.contains("CN=Intermediate"), "{text}");
    assert!(text.contains("serial number is not minimal"), "{text}");
}

#[test]
fn the_issuer_that_the_hints_speak_for_is_tried_first() {
    // More of its name than signatures are verified, of which the last is the right one.
    let hint = |id| sequence(&[tlv(0x80, &[vec![id; 20]])]);
    let leaf = Certificate::endorsement(&intermediate(), &ek_key())
        .with((AUTHORITY_KEY, false, hint(1)))
        .sign(&intermediate());
    let mut chain = vec![leaf];
    chain.extend((0..40).map(|serial| {
        let namesake = Authority::new("Intermediate", Key::p256(8));
        let certificate = Certificate {
            serial,
            ..Certificate::authority(&namesake)
        };
        let other = tlv(0x04, &[vec![2; 20]]);
        certificate
            .with((SUBJECT_KEY, false, other))
            .sign(&namesake)
    }));
    let right = middle().with((SUBJECT_KEY, false, tlv(0x04, &[vec![1; 20]])));
    chain.push(right.sign(&root()));
    assert!(verify(&chain, &trust()).is_ok());
}

#[test]
fn names_are_compared_without_regard_to_case_and_spaces() {
    let written = Authority::new("root  a", Key::p256(1));
    let certificate = Certificate::endorsement(&written, &ek_key()).sign(&written);
    assert!(verify(&[certificate], &trust()).is_ok());
}

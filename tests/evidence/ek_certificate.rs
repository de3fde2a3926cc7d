//! Every check of an endorsement certificate by itself: each differs from the accepted one in one
//! thing.

use crate::ek_scene::{
    ek, ek_public, error, id, intermediate, leaf, leaf_of_intermediate, malformed, middle,
    path_error, root, today, trust, verify, verify_leaf,
};
use crate::pki;
use crate::pki::{
    ALTERNATIVE_NAME, Algorithm, Authority, BASIC_CONSTRAINTS, Certificate, EXTENDED_KEY_USAGE,
    KEY_USAGE, Key, MODEL, NAME_CONSTRAINTS, POLICIES, key_usage, oid, sequence, tpm_name,
};
use counterfoil::evidence::{CertificateError, EkError, EndorsementKey, PathError, verify_ek};
use counterfoil::token::DeviceClass;
use sha2::{Digest as _, Sha256};

#[test]
fn a_faultless_certificate_is_accepted() {
    let trusted = verify_leaf(&leaf()).unwrap();
    assert_eq!(trusted.class(), DeviceClass::Test);
    assert_eq!(trusted.hash(), ek().hash());
    let model = trusted.model().unwrap();
    let found = [&model.manufacturer, &model.model, &model.version];
    assert_eq!(found, MODEL.map(|(_, text)| text));
}

#[test]
fn the_key_s_hash_is_that_of_the_certificate_s_key_info() {
    for key in [Key::rsa(0), Key::p256(9), Key::p384(9)] {
        let ek = EndorsementKey::from_public(&ek_public(&key)).unwrap();
        let expected: [u8; 32] = Sha256::digest(key.info()).into();
        assert_eq!(*ek.hash().as_bytes(), expected);
        assert_eq!(ek.hash().to_string().parse(), Ok(ek.hash()));
    }
}

#[test]
fn padded_and_wrapped_certificates_are_accepted() {
    let der = leaf().sign(&root());
    let len = u16::try_from(der.len()).unwrap().to_be_bytes();
    for stored in [
        [&der[..], &[0; 100]].concat(),
        [&der[..], &[0xff; 100]].concat(),
        [&[0x10, 0x01, 0x00, len[0], len[1]][..], &der].concat(),
    ] {
        assert!(verify(&[stored], &trust()).is_ok());
    }
}

#[test]
fn intermediates_one_after_the_other_in_one_index_are_accepted() {
    let upper = Authority::new("Upper", Key::p256(4));
    let both = [
        Certificate::authority(&intermediate())
            .issued_by(&upper)
            .sign(&upper),
        vec![0xff; 7],
        Certificate::authority(&upper)
            .issued_by(&root())
            .sign(&root()),
    ];
    assert!(verify(&[leaf_of_intermediate(), both.concat()], &trust()).is_ok());
}

#[test]
fn an_rsaes_oaep_key_is_accepted() {
    let mut certificate = Certificate::endorsement(&root(), &Key::rsa(0));
    certificate.info = Key::rsa(0).rsa_info("1.2.840.113549.1.1.7");
    let ek = EndorsementKey::from_public(&ek_public(&Key::rsa(0))).unwrap();
    assert!(verify_ek(ek, &[certificate.sign(&root())], &trust(), today()).is_ok());
}

#[test]
fn a_key_of_an_algorithm_that_only_signs_is_refused() {
    let mut certificate = Certificate::endorsement(&root(), &Key::rsa(0));
    certificate.info = Key::rsa(0).rsa_info("1.2.840.113549.1.1.10");
    let ek = EndorsementKey::from_public(&ek_public(&Key::rsa(0))).unwrap();
    let refused = verify_ek(ek, &[certificate.sign(&root())], &trust(), today());
    assert_eq!(error(refused), EkError::OtherKey);
}

#[test]
fn a_certificate_for_another_key_is_refused() {
    for other in [Key::p256(8), Key::p384(9), Key::rsa(0)] {
        let certificate = Certificate::endorsement(&root(), &other);
        assert_eq!(error(verify_leaf(&certificate)), EkError::OtherKey);
    }
}

#[test]
fn an_authority_s_certificate_is_no_endorsement_certificate() {
    let certificate = leaf().set(BASIC_CONSTRAINTS, sequence(&[pki::TRUE.to_vec()]));
    assert_eq!(
        error(verify_leaf(&certificate)),
        EkError::IsAuthority(ek().hash())
    );
}

#[test]
fn a_key_usage_without_encipherment_and_agreement_is_refused() {
    assert_eq!(
        error(verify_leaf(&leaf().set(KEY_USAGE, key_usage(0x80)))),
        EkError::KeyUsage(ek().hash())
    );
    assert!(verify_leaf(&leaf().without(KEY_USAGE)).is_ok());
}

#[test]
fn extended_key_usages_without_the_endorsement_key_s_are_refused() {
    let server = sequence(&[oid("1.3.6.1.5.5.7.3.1")]);
    let refused = verify_leaf(&leaf().set(EXTENDED_KEY_USAGE, server));
    assert_eq!(error(refused), EkError::ExtendedKeyUsage(ek().hash()));
    assert!(verify_leaf(&leaf().without(EXTENDED_KEY_USAGE)).is_ok());
}

#[test]
fn an_alternative_name_without_one_of_the_three_attributes_is_refused() {
    for missing in 0..3 {
        let mut attributes = MODEL.to_vec();
        attributes.remove(missing);
        let refused = verify_leaf(&leaf().set(ALTERNATIVE_NAME, tpm_name(&attributes)));
        assert_eq!(
            error(refused),
            EkError::AlternativeName(ek().hash()),
            "without {missing}"
        );
    }
}

#[test]
fn an_alternative_name_with_an_attribute_twice_is_refused() {
    let attributes = [MODEL[0], MODEL[1], MODEL[2], MODEL[1]];
    let refused = verify_leaf(&leaf().set(ALTERNATIVE_NAME, tpm_name(&attributes)));
    assert_eq!(error(refused), EkError::AlternativeName(ek().hash()));
}

#[test]
fn two_directory_names_are_refused() {
    let names = sequence(&[pki::directory_name(&MODEL), pki::directory_name(&MODEL)]);
    let refused = verify_leaf(&leaf().set(ALTERNATIVE_NAME, names));
    assert_eq!(error(refused), EkError::AlternativeName(ek().hash()));
}

#[test]
fn an_alternative_name_in_one_set_is_read_and_an_absent_one_is_no_fault() {
    let one_set = pki::tpm_name_in_one_set(&MODEL);
    let trusted = verify_leaf(&leaf().set(ALTERNATIVE_NAME, one_set)).unwrap();
    assert_eq!(trusted.model().unwrap().model, "Model 1");
    let trusted = verify_leaf(&leaf().without(ALTERNATIVE_NAME)).unwrap();
    assert_eq!(trusted.model(), None);
}

#[test]
fn a_malformed_alternative_name_is_refused() {
    let refused = verify_leaf(&leaf().set(ALTERNATIVE_NAME, vec![0x05, 0x00]));
    assert_eq!(
        malformed(refused),
        CertificateError::Extension(id(ALTERNATIVE_NAME))
    );
}

#[test]
fn an_unknown_critical_extension_is_refused_anywhere_in_the_chain() {
    const UNKNOWN: &str = "1.2.3.4";
    let extension = |critical| (UNKNOWN, critical, vec![0x05, 0x00]);
    let refused = verify_leaf(&leaf().with(extension(true)));
    assert_eq!(
        malformed(refused),
        CertificateError::UnknownCritical(id(UNKNOWN))
    );
    let refused = verify(
        &[
            leaf_of_intermediate(),
            middle().with(extension(true)).sign(&root()),
        ],
        &trust(),
    );
    assert_eq!(
        path_error(refused),
        PathError::UnusableIssuer(CertificateError::UnknownCritical(id(UNKNOWN)))
    );
    assert!(verify_leaf(&leaf().with(extension(false))).is_ok());
}

#[test]
fn critical_name_constraints_are_refused() {
    let constrained = middle().with((NAME_CONSTRAINTS, true, sequence(&[])));
    let refused = verify(
        &[leaf_of_intermediate(), constrained.sign(&root())],
        &trust(),
    );
    assert_eq!(
        path_error(refused),
        PathError::UnusableIssuer(CertificateError::UnknownCritical(id(NAME_CONSTRAINTS)))
    );
}

#[test]
fn critical_certificate_policies_are_accepted() {
    let policies = sequence(&[sequence(&[oid("2.23.133.99.1")])]);
    assert!(verify_leaf(&leaf().with((POLICIES, true, policies))).is_ok());
}

#[test]
fn an_extension_that_is_there_twice_is_refused() {
    let certificate = leaf().with((KEY_USAGE, true, key_usage(0x08)));
    let refused = verify_leaf(&certificate);
    assert_eq!(
        malformed(refused),
        CertificateError::DuplicateExtension(id(KEY_USAGE))
    );
}

#[test]
fn a_certificate_that_names_two_signature_algorithms_is_refused() {
    let mut certificate = leaf();
    certificate.inner_algorithm = Some(Algorithm::EcdsaSha384);
    assert_eq!(
        malformed(verify_leaf(&certificate)),
        CertificateError::SignatureAlgorithms
    );
}

#[test]
fn bytes_that_are_no_certificate_are_refused() {
    for stored in [
        &b"PEM?"[..],
        &[0x30, 0x03, 1, 2, 3],
        &[0x30, 0x82, 0xff, 0xff, 0],
    ] {
        assert_eq!(
            malformed(verify(&[stored.to_vec()], &trust())),
            CertificateError::Der
        );
    }
}

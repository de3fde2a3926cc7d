//! Every check of endorsement keys, their certificates and enrollment: each test differs from the accepted chain in one
//! thing.

#[path = "evidence/pki.rs"]
mod pki;
#[path = "evidence/software_tpm.rs"]
#[expect(dead_code, reason = "shared with tests that forge attestations")]
mod software_tpm;

use counterfoil::evidence::public::{ek_p256_template, ek_p384_template, ek_rsa2048_template};
use counterfoil::evidence::{
    AkError, CertificateError, EkError, EkHash, EkTrust, EndorsementKey, EnrollError, PathError,
    RevocationError, RootError, TrustedEk, enroll, verify_ek,
};
use counterfoil::token::{DeviceClass, UtcTime};
use pki::{
    ALTERNATIVE_NAME, Algorithm, Authority, BASIC_CONSTRAINTS, Certificate, EXTENDED_KEY_USAGE,
    KEY_USAGE, Key, MODEL, NAME_CONSTRAINTS, POLICIES, TODAY, key_usage, oid, path_length,
    revocation_list, sequence, tpm_name,
};
use rsa::BoxedUint;
use sha2::{Digest as _, Sha256};
use x509_cert::der::asn1::ObjectIdentifier;

fn root() -> Authority {
    Authority::new("Root A", Key::p256(1))
}

/// The same name as the root's, and another key.
fn impostor() -> Authority {
    Authority::new("Root A", Key::p256(2))
}

fn intermediate() -> Authority {
    Authority::new("Intermediate", Key::p256(3))
}

fn ek_key() -> Key {
    Key::p256(9)
}

/// The public area of an endorsement key with this key pair.
fn ek_public(key: &Key) -> Vec<u8> {
    match key {
        Key::Rsa(key) => {
            use rsa::traits::PublicKeyParts as _;
            let template = ek_rsa2048_template();
            let modulus = key.n().to_be_bytes();
            [&template[..template.len() - 256], &modulus].concat()
        }
        Key::P256(key) => software_tpm::with_point(&ek_p256_template(), 32, 32, key),
        Key::P384(key) => {
            let mut public = ek_p384_template();
            public.truncate(public.len() - 4);
            let point = key.verifying_key().to_sec1_point(false);
            for coordinate in point.as_bytes()[1..].chunks(48) {
                public.extend([0, 48]);
                public.extend(coordinate);
            }
            public
        }
    }
}

fn ek() -> EndorsementKey {
    EndorsementKey::from_public(&ek_public(&ek_key())).unwrap()
}

fn leaf() -> Certificate {
    Certificate::endorsement(&root(), &ek_key())
}

/// The intermediate's certificate by the root.
fn middle() -> Certificate {
    Certificate::authority(&intermediate()).issued_by(&root())
}

fn leaf_of_intermediate() -> Vec<u8> {
    Certificate::endorsement(&intermediate(), &ek_key()).sign(&intermediate())
}

fn trust() -> EkTrust {
    trusting(&root().root(), &root())
}

fn trusting(certificate: &Certificate, signer: &Authority) -> EkTrust {
    let mut trust = EkTrust::default();
    trust
        .roots
        .add(&certificate.sign(signer), DeviceClass::Test)
        .unwrap();
    trust
}

fn today() -> UtcTime {
    UtcTime::from_unix(TODAY).unwrap()
}

fn verify(certificates: &[Vec<u8>], trust: &EkTrust) -> Result<TrustedEk, EkError> {
    verify_ek(ek(), certificates, trust, today())
}

/// Verifies one certificate by the root.
fn verify_leaf(leaf: &Certificate) -> Result<TrustedEk, EkError> {
    verify(&[leaf.sign(&root())], &trust())
}

fn error<T>(result: Result<T, EkError>) -> EkError {
    result.err().expect("the certificate must be refused")
}

fn path_error<T>(result: Result<T, EkError>) -> PathError {
    match error(result) {
        EkError::NoPath { reason, .. } => reason,
        other => panic!("refused for another reason: {other}"),
    }
}

fn malformed<T>(result: Result<T, EkError>) -> CertificateError {
    match error(result) {
        EkError::Malformed { reason, .. } => reason,
        other => panic!("refused for another reason: {other}"),
    }
}

fn id(text: &str) -> ObjectIdentifier {
    text.parse().unwrap()
}

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
    assert_eq!(error(verify_leaf(&certificate)), EkError::IsAuthority);
}

#[test]
fn a_key_usage_without_encipherment_and_agreement_is_refused() {
    assert_eq!(
        error(verify_leaf(&leaf().set(KEY_USAGE, key_usage(0x80)))),
        EkError::KeyUsage
    );
    assert!(verify_leaf(&leaf().without(KEY_USAGE)).is_ok());
}

#[test]
fn extended_key_usages_without_the_endorsement_key_s_are_refused() {
    let server = sequence(&[oid("1.3.6.1.5.5.7.3.1")]);
    let refused = verify_leaf(&leaf().set(EXTENDED_KEY_USAGE, server));
    assert_eq!(error(refused), EkError::ExtendedKeyUsage);
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
            EkError::AlternativeName,
            "without {missing}"
        );
    }
}

#[test]
fn an_alternative_name_with_an_attribute_twice_is_refused() {
    let attributes = [MODEL[0], MODEL[1], MODEL[2], MODEL[1]];
    let refused = verify_leaf(&leaf().set(ALTERNATIVE_NAME, tpm_name(&attributes)));
    assert_eq!(error(refused), EkError::AlternativeName);
}

#[test]
fn two_directory_names_are_refused() {
    let names = sequence(&[pki::directory_name(&MODEL), pki::directory_name(&MODEL)]);
    let refused = verify_leaf(&leaf().set(ALTERNATIVE_NAME, names));
    assert_eq!(error(refused), EkError::AlternativeName);
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
        malformed(refused),
        CertificateError::UnknownCritical(id(UNKNOWN))
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
        malformed(refused),
        CertificateError::UnknownCritical(id(NAME_CONSTRAINTS))
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
    assert_eq!(
        path_error(verify(&[leaf_of_intermediate()], &trust())),
        PathError::UnknownIssuer
    );
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
fn more_certificates_than_any_chain_has_are_refused() {
    let chain = vec![leaf().sign(&root()); 6];
    assert_eq!(error(verify(&chain, &trust())), EkError::TooMany(6));
}

#[test]
fn a_key_revoked_by_its_hash_is_refused_even_if_registered() {
    let mut trust = trust();
    trust.revocations.revoke_key(ek().hash());
    assert_eq!(
        error(verify(&[leaf().sign(&root())], &trust)),
        EkError::KeyRevoked
    );
    trust.registered.insert(ek().hash());
    assert_eq!(error(verify(&[], &trust)), EkError::KeyRevoked);
}

#[test]
fn a_path_with_a_certificate_revoked_by_its_hash_is_refused() {
    let chain = [leaf_of_intermediate(), middle().sign(&root())];
    for revoked in [&chain[0], &chain[1], &root().root().sign(&root())] {
        let mut trust = trust();
        // Deterministic signatures make the same certificate again.
        trust
            .revocations
            .revoke_certificate(Sha256::digest(revoked).into());
        assert_eq!(error(verify(&chain, &trust)), EkError::CertificateRevoked);
    }
}

#[test]
fn a_certificate_on_its_issuer_s_revocation_list_is_refused() {
    for (serial, revoked) in [(2, true), (3, false)] {
        let mut trust = trust();
        trust
            .revocations
            .add_list(&revocation_list(&root(), &[7, serial], &[]))
            .unwrap();
        let verdict = verify(&[leaf().sign(&root())], &trust);
        assert_eq!(verdict.is_err(), revoked);
        assert!(!revoked || error(verdict) == EkError::CertificateRevoked);
    }
}

#[test]
fn an_intermediate_on_the_root_s_revocation_list_is_refused() {
    let mut trust = trust();
    trust
        .revocations
        .add_list(&revocation_list(&root(), &[1], &[]))
        .unwrap();
    let chain = [leaf_of_intermediate(), middle().sign(&root())];
    assert_eq!(error(verify(&chain, &trust)), EkError::CertificateRevoked);
}

#[test]
fn another_authority_s_revocation_list_does_not_count() {
    let mut trust = trust();
    trust
        .revocations
        .add_list(&revocation_list(&intermediate(), &[2], &[]))
        .unwrap();
    assert!(verify(&[leaf().sign(&root())], &trust).is_ok());
}

#[test]
fn a_revocation_list_signed_by_someone_else_is_refused() {
    let mut trust = trust();
    trust
        .revocations
        .add_list(&revocation_list(&impostor(), &[], &[]))
        .unwrap();
    let refused = verify(&[leaf().sign(&root())], &trust);
    assert!(matches!(error(refused), EkError::RevocationList(_)));
}

#[test]
fn incomplete_and_indirect_revocation_lists_are_refused() {
    const DELTA: &str = "2.5.29.27";
    const DISTRIBUTION_POINT: &str = "2.5.29.28";
    let direct = sequence(&[pki::tlv(0x81, &[vec![0xff]])]);
    let indirect = sequence(&[pki::tlv(0x84, &[vec![0xff]])]);
    let mut trust = trust();
    let mut add = |id, value| {
        trust
            .revocations
            .add_list(&revocation_list(&root(), &[2], &[(id, true, value)]))
    };
    let unsupported = |text| Err(RevocationError::Unsupported(id(text)));
    assert_eq!(add(DELTA, vec![0x02, 0x01, 0x01]), unsupported(DELTA));
    assert_eq!(
        add(DISTRIBUTION_POINT, indirect),
        unsupported(DISTRIBUTION_POINT)
    );
    assert_eq!(add(DISTRIBUTION_POINT, direct), Ok(()));
    assert_eq!(
        trust.revocations.add_list(b"?"),
        Err(RevocationError::Malformed)
    );
}

#[test]
fn without_certificate_only_a_registered_key_is_trusted() {
    let mut trust = trust();
    assert_eq!(
        error(verify(&[], &trust)),
        EkError::NoCertificate(ek().hash())
    );
    trust.registered.insert(EkHash::from([0; 32]));
    assert_eq!(
        error(verify(&[], &trust)),
        EkError::NoCertificate(ek().hash())
    );
    trust.registered.insert(ek().hash());
    let trusted = verify(&[], &trust).unwrap();
    assert_eq!(
        (trusted.class(), trusted.model()),
        (DeviceClass::Registered, None)
    );
}

#[test]
fn a_registered_key_with_a_certificate_of_an_unknown_maker_is_trusted() {
    let mut trust = trust();
    trust.registered.insert(ek().hash());
    let certificate = Certificate::endorsement(&intermediate(), &ek_key()).sign(&intermediate());
    assert_eq!(
        verify(&[certificate], &trust).unwrap().class(),
        DeviceClass::Registered
    );
}

#[test]
fn a_registered_key_with_a_certificate_for_another_key_is_refused() {
    let mut trust = trust();
    trust.registered.insert(ek().hash());
    let certificate = Certificate::endorsement(&root(), &Key::p256(8)).sign(&root());
    assert_eq!(error(verify(&[certificate], &trust)), EkError::OtherKey);
}

#[test]
fn a_certificate_that_is_no_authority_s_cannot_be_pinned() {
    let mut trust = EkTrust::default();
    let mut add = |bytes: &[u8]| trust.roots.add(bytes, DeviceClass::Hardware).map(drop);
    assert_eq!(add(&leaf().sign(&root())), Err(RootError::NotAuthority));
    let may_not_sign = root().root().set(KEY_USAGE, key_usage(0x02)).sign(&root());
    assert_eq!(add(&may_not_sign), Err(RootError::NotAuthority));
    assert_eq!(add(b"?"), Err(RootError::NoCertificate));
}

#[test]
fn roots_are_read_from_pem_and_pinned_once() {
    use x509_cert::der::{Document, pem::LineEnding};
    let der = root().root().sign(&root());
    let document = Document::try_from(der.as_slice()).unwrap();
    let pem = document.to_pem("CERTIFICATE", LineEnding::LF).unwrap();
    let mut trust = EkTrust::default();
    let added = trust.roots.add(&der, DeviceClass::Hardware).unwrap();
    assert_eq!(added.subject(), "CN=Root A");
    let text = format!("subject=CN = Root A\n{pem}");
    trust
        .roots
        .add(text.as_bytes(), DeviceClass::Virtual)
        .unwrap();
    let classes: Vec<_> = trust.roots.iter().map(|root| root.class()).collect();
    assert_eq!(classes, [DeviceClass::Virtual]);
    let wrong_label = document.to_pem("X509 CRL", LineEnding::LF).unwrap();
    let refused = trust
        .roots
        .add(wrong_label.as_bytes(), DeviceClass::Virtual)
        .map(drop);
    assert_eq!(refused, Err(RootError::NoCertificate));
}

#[test]
fn a_modulus_with_the_fingerprint_of_roca_is_refused_even_if_registered() {
    let mut public = ek_rsa2048_template();
    let start = public.len() - 256;
    public[start..].copy_from_slice(&roca_modulus());
    let ek = EndorsementKey::from_public(&public).unwrap();
    let mut trust = trust();
    trust.registered.insert(ek.hash());
    assert_eq!(error(verify_ek(ek, &[], &trust, today())), EkError::Roca);
}

/// A modulus of 2048 bits that is 65537 modulo the product of all primes up to 167.
fn roca_modulus() -> Vec<u8> {
    const PRIMES: [u64; 38] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89,
        97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ];
    let wide = |value: u64| BoxedUint::from_be_slice(&value.to_be_bytes(), 2048).unwrap();
    let product = PRIMES.iter().fold(wide(1), |product, &prime| {
        product.wrapping_mul(&wide(prime))
    });
    // A multiple with the highest bit set, which is even, so that the sum is odd.
    let mut multiple = product;
    while multiple.bits() < 2048 {
        multiple = multiple.wrapping_add(&multiple);
    }
    multiple.wrapping_add(&wide(65537)).to_be_bytes().to_vec()
}

#[test]
fn enrollment_ties_both_keys() {
    let ak_public = software_tpm::ak_public(&software_tpm::signing_key(1));
    let certificates = [leaf().sign(&root())];
    let enrolled = enroll(
        &ek_public(&ek_key()),
        &certificates,
        &ak_public,
        &trust(),
        today(),
    )
    .unwrap();
    assert_eq!(enrolled.ek().hash(), ek().hash());
    assert_eq!(enrolled.ak().public(), ak_public);
    let credential = enrolled
        .credential(&[7; 32], &mut getrandom::SysRng)
        .unwrap();
    assert!(!credential.id_object.is_empty());
}

#[test]
fn enrollment_refuses_either_key_for_its_own_reason() {
    let ak_public = software_tpm::ak_public(&software_tpm::signing_key(1));
    let certificates = [leaf().sign(&root())];
    let fake_tpm = enroll(&ek_public(&ek_key()), &[], &ak_public, &trust(), today());
    let no_certificate = EkError::NoCertificate(ek().hash());
    assert_eq!(
        fake_tpm.err(),
        Some(EnrollError::Endorsement(no_certificate))
    );
    let no_ak = enroll(
        &ek_public(&ek_key()),
        &certificates,
        &ek_public(&ek_key()),
        &trust(),
        today(),
    );
    assert_eq!(no_ak.err(), Some(EnrollError::Attestation(AkError::Kind)));
    let no_ek = enroll(&ak_public, &certificates, &ak_public, &trust(), today());
    assert!(matches!(
        no_ek.err(),
        Some(EnrollError::EndorsementPublic(_))
    ));
}

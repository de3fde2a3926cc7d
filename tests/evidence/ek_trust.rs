//! Revocation, registration, pinning, flawed keys, and enrollment as a whole.

use crate::ek_scene::{
    ek, ek_key, ek_public, error, id, impostor, intermediate, leaf, leaf_of_intermediate, middle,
    root, today, trust, verify,
};
use crate::pki;
use crate::pki::{
    Authority, Certificate, KEY_USAGE, Key, certificate_issuer, key_usage, pem_on_one_line,
    revocation_list, revocation_list_of, sequence,
};
use crate::software_tpm;
use counterfoil::evidence::public::ek_rsa2048_template;
use counterfoil::evidence::{
    AkError, EkError, EkHash, EkTrust, EndorsementKey, EnrollError, RevocationError, RootError,
    enroll, verify_ek,
};
use counterfoil::token::DeviceClass;
use rsa::BoxedUint;
use sha2::{Digest as _, Sha256};

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

const DISTRIBUTION_POINT: &str = "2.5.29.28";
const CERTIFICATE_ISSUER: &str = "2.5.29.29";

#[test]
fn changes_to_a_revocation_list_are_refused_and_complete_ones_taken() {
    const DELTA: &str = "2.5.29.27";
    let direct = sequence(&[pki::tlv(0x81, &[vec![0xff]])]);
    let mut trust = trust();
    let mut add = |id, value| {
        trust
            .revocations
            .add_list(&revocation_list(&root(), &[2], &[(id, true, value)]))
    };
    let unsupported = |text| Err(RevocationError::Unsupported(id(text)));
    assert_eq!(add(DELTA, vec![0x02, 0x01, 0x01]), unsupported(DELTA));
    assert_eq!(add("1.2.3.4", vec![0x05, 0x00]), unsupported("1.2.3.4"));
    assert_eq!(add(DISTRIBUTION_POINT, direct), Ok(()));
    assert_eq!(
        trust.revocations.add_list(b"?"),
        Err(RevocationError::Malformed)
    );
    let named = (
        2,
        vec![(CERTIFICATE_ISSUER, true, certificate_issuer("Root A"))],
    );
    assert_eq!(
        trust
            .revocations
            .add_list(&revocation_list_of(&root(), &[named], &[])),
        unsupported(CERTIFICATE_ISSUER)
    );
}

/// A list of certificates of several issuers; an entry without one is of the issuer of the entry before it.
fn indirect(signer: &Authority, entries: &[(u8, Option<&str>)]) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .map(|(serial, issuer)| {
            let named = |name| (CERTIFICATE_ISSUER, true, certificate_issuer(name));
            (*serial, issuer.iter().map(|name| named(name)).collect())
        })
        .collect();
    let point = sequence(&[pki::tlv(0x84, &[vec![0xff]])]);
    revocation_list_of(signer, &entries, &[(DISTRIBUTION_POINT, true, point)])
}

#[test]
fn an_indirect_revocation_list_counts_for_the_issuers_that_it_names() {
    let chain = [leaf_of_intermediate(), middle().sign(&root())];
    let somebody = Authority::new("Somebody", Key::p256(6));
    for (signer, entries, revoked) in [
        // The leaf has number 2 of the intermediate, which has number 1 of the root.
        (root(), &[(2, Some("Intermediate"))][..], true),
        (root(), &[(9, Some("Intermediate")), (2, None)], true),
        (root(), &[(1, None)], true),
        (root(), &[(2, None), (1, Some("Intermediate"))], false),
        (root(), &[(2, Some("Intermediate X"))], false),
        (intermediate(), &[(1, Some("Root A"))], true),
        // Nobody of that name is known: it was put there, and can but refuse.
        (somebody.clone(), &[(2, Some("Intermediate"))], true),
        (somebody, &[(3, Some("Intermediate"))], false),
    ] {
        let mut trust = trust();
        let list = indirect(&signer, entries);
        trust.revocations.add_list(&list).unwrap();
        let verdict = verify(&chain, &trust);
        assert_eq!(verdict.is_err(), revoked, "{entries:?}");
        assert!(!revoked || error(verdict) == EkError::CertificateRevoked);
    }
}

#[test]
fn an_indirect_revocation_list_is_signed_by_whom_it_says() {
    let mut trust = trust();
    let list = indirect(&impostor(), &[(2, Some("Intermediate"))]);
    trust.revocations.add_list(&list).unwrap();
    let chain = [leaf_of_intermediate(), middle().sign(&root())];
    assert!(matches!(
        error(verify(&chain, &trust)),
        EkError::RevocationList(_)
    ));
    // It says nothing of others.
    assert!(verify(&[leaf().sign(&root())], &trust).is_ok());
}

#[test]
fn a_revocation_list_is_read_in_the_forms_in_which_it_is_published() {
    let list = revocation_list(&root(), &[2], &[]);
    let with_line_end = [&list[..], b"\r\n"].concat();
    let pem = pem_on_one_line("X509 CRL", &list);
    for file in [&list[..], &with_line_end, pem.as_bytes()] {
        let mut trust = trust();
        trust.revocations.add_list(file).unwrap();
        let refused = verify(&[leaf().sign(&root())], &trust);
        assert_eq!(error(refused), EkError::CertificateRevoked);
    }
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
fn a_registered_key_with_certificates_that_cannot_be_read_is_trusted() {
    let mut trust = trust();
    trust.registered.insert(ek().hash());
    let mut padded = leaf();
    padded.serial_padding = &[0];
    for stored in [vec![b"?".to_vec()], vec![padded.sign(&root())]] {
        assert_eq!(
            verify(&stored, &trust).unwrap().class(),
            DeviceClass::Registered
        );
    }
}

#[test]
fn a_registered_key_with_a_revoked_certificate_is_refused() {
    let mut trust = trust();
    trust.registered.insert(ek().hash());
    trust
        .revocations
        .add_list(&revocation_list(&root(), &[2], &[]))
        .unwrap();
    let refused = verify(&[leaf().sign(&root())], &trust);
    assert_eq!(error(refused), EkError::CertificateRevoked);
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
    let product = PRIMES
        .iter()
        .fold(wide(1), |product, &prime| product.wrapping_mul(wide(prime)));
    // A multiple with the highest bit set, which is even, so that the sum is odd.
    let mut multiple = product;
    while multiple.bit_width() < 2048 {
        multiple = multiple.wrapping_add(&multiple);
    }
    multiple.wrapping_add(wide(65537)).to_be_bytes().to_vec()
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

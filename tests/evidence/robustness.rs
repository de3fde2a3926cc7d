//! Bytes that nobody signed, or that an attacker signed with a key of his own, end in an error and
//! never in a panic.

use crate::pki::{Authority, Certificate, Key, TODAY, revocation_list};
use crate::software_tpm::{
    Attest, EXTRA_DATA, ak, sign, signing_key, sized, some_name, with_point,
};
use counterfoil::evidence::public::ek_p256_template;
use counterfoil::evidence::{
    Attested, CounterProof, EkTrust, EndorsementKey, Revocations, unwrap_certificates,
    verify_certify, verify_counter, verify_ek, verify_quote,
};
use counterfoil::token::{DeviceClass, PcrSelection, UtcTime};
use proptest::prelude::*;

/// Whether any of the four verifications accepts it.
fn accepted(attested: &Attested) -> bool {
    let (ak, name) = (ak(), some_name(9));
    let certified = CounterProof::Certified(attested.clone());
    let audited = CounterProof::Audited {
        session: attested.clone(),
        value: 42,
    };
    verify_quote(&ak, attested, &EXTRA_DATA, PcrSelection::NONE).is_ok()
        || verify_counter(&ak, &certified, &name, &EXTRA_DATA).is_ok()
        || verify_counter(&ak, &audited, &name, &EXTRA_DATA).is_ok()
        || verify_certify(&ak, attested, &name, &EXTRA_DATA).is_ok()
}

fn certified_counter() -> Attest {
    let body = [
        &sized(some_name(9).as_bytes())[..],
        &[0, 0],
        &sized(&42_u64.to_be_bytes()),
    ];
    Attest::new(0x8014, body.concat())
}

fn root() -> Authority {
    Authority::new("Root A", Key::p256(1))
}

fn ek() -> EndorsementKey {
    let public = with_point(&ek_p256_template(), 32, 32, &signing_key(9));
    EndorsementKey::from_public(&public).unwrap()
}

fn leaf() -> Vec<u8> {
    Certificate::endorsement(&root(), &Key::p256(9)).sign(&root())
}

fn verify(certificate: Vec<u8>) -> bool {
    let mut trust = EkTrust::default();
    trust
        .roots
        .add(&root().root().sign(&root()), DeviceClass::Test)
        .unwrap();
    verify_ek(
        ek(),
        &[certificate],
        &trust,
        UtcTime::from_unix(TODAY).unwrap(),
    )
    .is_ok()
}

#[test]
fn the_undamaged_ones_are_accepted() {
    assert!(accepted(&certified_counter().sign()));
    assert!(verify(leaf()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_signed_by_the_right_key_are_refused(
        attest in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let signature = sign(&signing_key(1), &attest);
        let attested = Attested { attest, signature };
        prop_assert!(!accepted(&attested));
    }

    #[test]
    fn random_bodies_in_a_right_frame_are_refused(
        kind in prop::sample::select(vec![0x8014, 0x8016, 0x8017, 0x8018]),
        body in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        prop_assert!(!accepted(&Attest::new(kind, body).sign()));
    }

    #[test]
    fn random_signatures_are_refused(signature in proptest::collection::vec(any::<u8>(), 0..100)) {
        let attest = certified_counter().encode();
        let attested = Attested { attest, signature };
        prop_assert!(!accepted(&attested));
    }

    #[test]
    fn a_certificate_with_a_flipped_bit_is_refused(
        at in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let mut certificate = leaf();
        let at = at.index(certificate.len());
        certificate[at] ^= 1_u8 << bit;
        prop_assert!(!verify(certificate));
    }

    #[test]
    fn a_certificate_cut_short_is_refused(at in any::<prop::sample::Index>()) {
        let mut certificate = leaf();
        certificate.truncate(at.index(certificate.len()));
        prop_assert!(!verify(certificate));
    }

    #[test]
    fn random_bytes_are_no_certificate_and_no_list(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        prop_assert!(!verify(bytes.clone()));
        drop(unwrap_certificates(&bytes));
        prop_assert!(Revocations::default().add_list(&bytes).is_err());
    }

    #[test]
    fn a_damaged_revocation_list_is_refused_or_read(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut list = revocation_list(&root(), &[1, 2, 3], &[]);
        let at = at.index(list.len());
        list[at] = byte;
        let _ = Revocations::default().add_list(&list);
    }
}

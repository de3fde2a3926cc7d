//! Every check that all kinds of attestation share: each differs from the accepted one in one
//! thing.

use crate::attest_scene::{
    CERTIFY, NV, QUOTE, SESSION_AUDIT, VALUE, audited_counter, certification, certified_counter,
    check_counter, check_quote, empty_quote, object,
};
use crate::software_tpm::{Attest, EXTRA_DATA, ak, sign, signing_key, some_name};
use counterfoil::evidence::{
    AttestationError, Attested, CertifyError, CounterError, CounterProof, Hierarchy, QuoteError,
    WireError, child_qualified_name, endorsement_primary_qualified_name, primary_qualified_name,
    verify_certify, verify_quote,
};
use counterfoil::token::PcrSelection;

/// Verifies all four kinds, each after the same change, and returns what the shared checks said.
fn each_kind(
    change: impl Fn(&mut Attest),
    spoil: impl Fn(&mut Attested),
) -> Vec<Option<AttestationError>> {
    let make = |mut attest: Attest| {
        change(&mut attest);
        let mut attested = attest.sign();
        spoil(&mut attested);
        attested
    };
    let quote = verify_quote(&ak(), &make(empty_quote()), &EXTRA_DATA, PcrSelection::NONE);
    let counter = check_counter(&CounterProof::Certified(make(certified_counter())));
    let audited = check_counter(&CounterProof::Audited {
        session: make(audited_counter()),
        value: VALUE,
    });
    let object = verify_certify(&ak(), &make(certification()), &object(), &EXTRA_DATA);
    vec![
        quote.err().map(|error| match error {
            QuoteError::Attestation(error) => error,
            other => panic!("{other}"),
        }),
        counter.err().map(|error| match error {
            CounterError::Attestation(error) => error,
            other => panic!("{other}"),
        }),
        audited.err().map(|error| match error {
            CounterError::Attestation(error) => error,
            other => panic!("{other}"),
        }),
        object.err().map(|error| match error {
            CertifyError::Attestation(error) => error,
            other => panic!("{other}"),
        }),
    ]
}

#[test]
fn faultless_attestations_of_each_kind_are_accepted() {
    assert_eq!(each_kind(|_| {}, |_| {}), [None; 4]);
}

#[test]
fn p7_an_attestation_by_a_foreign_key_is_refused() {
    let changed = each_kind(|attest| attest.signer = signing_key(2), |_| {});
    assert_eq!(changed, [Some(AttestationError::Signature); 4]);
}

#[test]
fn p7_any_flipped_bit_is_refused() {
    for attest in [
        empty_quote(),
        certified_counter(),
        audited_counter(),
        certification(),
    ] {
        // Every fifth reaches every byte.
        for bit in (0..attest.encode().len() * 8).step_by(5) {
            let flip = |attested: &mut Attested| attested.attest[bit / 8] ^= 1 << (bit % 8);
            let mut attested = attest.sign();
            flip(&mut attested);
            let error = match attest.kind {
                QUOTE => verify_quote(&ak(), &attested, &EXTRA_DATA, PcrSelection::NONE)
                    .map(drop)
                    .map_err(|error| error == AttestationError::Signature.into()),
                CERTIFY => verify_certify(&ak(), &attested, &object(), &EXTRA_DATA)
                    .map(drop)
                    .map_err(|error| error == AttestationError::Signature.into()),
                NV => check_counter(&CounterProof::Certified(attested))
                    .map(drop)
                    .map_err(|error| error == AttestationError::Signature.into()),
                _ => check_counter(&CounterProof::Audited {
                    session: attested,
                    value: VALUE,
                })
                .map(drop)
                .map_err(|error| error == AttestationError::Signature.into()),
            };
            assert_eq!(error, Err(true), "kind {:#x}, bit {bit}", attest.kind);
        }
    }
}

#[test]
fn a_flipped_bit_of_the_signature_is_refused() {
    for byte in [6, 37, 40, 71] {
        let changed = each_kind(|_| {}, |attested| attested.signature[byte] ^= 1);
        assert_eq!(
            changed,
            [Some(AttestationError::Signature); 4],
            "byte {byte}"
        );
    }
}

#[test]
fn a_malformed_signature_is_refused() {
    let changed = each_kind(|_| {}, |attested| attested.signature.push(0));
    let error = AttestationError::MalformedSignature(WireError::TrailingBytes);
    assert_eq!(changed, [Some(error); 4]);
    let changed = each_kind(|_| {}, |attested| attested.signature[1] = 0x14);
    let error = AttestationError::MalformedSignature(WireError::Field("sigAlg"));
    assert_eq!(changed, [Some(error); 4]);
}

#[test]
fn signatures_with_short_integers_are_accepted() {
    let mut attest = empty_quote();
    // About one signature in 128 has a first byte of zero that a TPM may leave out.
    let shortened = (0..10_000_u64).find_map(|clock_ms| {
        attest.clock.clock_ms = clock_ms;
        let mut attested = attest.sign();
        let zero = attested.signature[6] == 0;
        zero.then(|| {
            attested.signature[5] = 31;
            attested.signature.remove(6);
            attested
        })
    });
    let shortened = shortened.expect("ten thousand signatures have one with a leading zero");
    let quote = verify_quote(&ak(), &shortened, &EXTRA_DATA, PcrSelection::NONE);
    assert_eq!(quote.unwrap().clock().clock_ms, attest.clock.clock_ms);
}

#[test]
fn what_is_not_marked_as_made_by_a_tpm_is_refused() {
    let changed = each_kind(|attest| attest.magic ^= 1, |_| {});
    assert_eq!(changed, [Some(AttestationError::NotTpmGenerated); 4]);
}

#[test]
fn another_kind_is_refused() {
    let kinds = [QUOTE, NV, SESSION_AUDIT, CERTIFY];
    // TPM_ST_ATTEST_TIME
    let errors = kinds.map(|expected| {
        Some(AttestationError::Kind {
            expected,
            found: 0x8019,
        })
    });
    assert_eq!(each_kind(|attest| attest.kind = 0x8019, |_| {}), errors);
}

#[test]
fn an_attestation_key_in_another_hierarchy_is_refused() {
    let owner = primary_qualified_name(Hierarchy::Owner, &some_name(1));
    let changed = each_kind(
        |attest| attest.qualified_signer = owner.as_bytes().to_vec(),
        |_| {},
    );
    assert_eq!(changed, [Some(AttestationError::QualifiedSigner); 4]);
}

#[test]
fn an_attestation_key_below_another_object_is_refused() {
    let parent = endorsement_primary_qualified_name(&some_name(3));
    let child = child_qualified_name(&parent, &some_name(1));
    let changed = each_kind(
        |attest| attest.qualified_signer = child.as_bytes().to_vec(),
        |_| {},
    );
    assert_eq!(changed, [Some(AttestationError::QualifiedSigner); 4]);
}

#[test]
fn p7_an_answer_to_another_request_is_refused() {
    let changed = each_kind(|attest| attest.extra_data[31] ^= 1, |_| {});
    assert_eq!(changed, [Some(AttestationError::ExtraData); 4]);
    let changed = each_kind(|attest| attest.extra_data.push(0), |_| {});
    assert_eq!(changed, [Some(AttestationError::ExtraData); 4]);
    let changed = each_kind(|attest| attest.extra_data.clear(), |_| {});
    assert_eq!(changed, [Some(AttestationError::ExtraData); 4]);
}

#[test]
fn a_boolean_that_is_none_is_refused() {
    let changed = each_kind(|attest| attest.safe = 2, |_| {});
    let error = AttestationError::Malformed(WireError::Field("safe"));
    assert_eq!(changed, [Some(error); 4]);
}

#[test]
fn an_unsafe_clock_is_reported() {
    let mut attest = empty_quote();
    attest.safe = 0;
    assert!(
        !check_quote(&attest, PcrSelection::NONE)
            .unwrap()
            .clock()
            .safe
    );
}

#[test]
fn trailing_bytes_are_refused() {
    let changed = each_kind(|attest| attest.body.push(0), |_| {});
    assert_eq!(
        changed,
        [Some(AttestationError::Malformed(WireError::TrailingBytes)); 4]
    );
}

#[test]
fn an_attestation_cut_short_is_refused_at_every_length() {
    for attest in [
        empty_quote(),
        certified_counter(),
        audited_counter(),
        certification(),
    ] {
        let whole = attest.encode();
        for len in 0..whole.len() {
            let signature = sign(&signing_key(1), &whole[..len]);
            let attested = Attested {
                attest: whole[..len].to_vec(),
                signature,
            };
            let error = match attest.kind {
                QUOTE => verify_quote(&ak(), &attested, &EXTRA_DATA, PcrSelection::NONE)
                    .is_err_and(|error| error == WireError::Truncated.into()),
                CERTIFY => verify_certify(&ak(), &attested, &object(), &EXTRA_DATA)
                    .is_err_and(|error| error == WireError::Truncated.into()),
                NV => check_counter(&CounterProof::Certified(attested))
                    .is_err_and(|error| error == WireError::Truncated.into()),
                _ => check_counter(&CounterProof::Audited {
                    session: attested,
                    value: VALUE,
                })
                .is_err_and(|error| error == WireError::Truncated.into()),
            };
            assert!(error, "kind {:#x}, length {len}", attest.kind);
        }
    }
}

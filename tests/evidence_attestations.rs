//! Every check of quotes, counter proofs and certifications: each test differs from the accepted attestation in one thing.

#[path = "evidence/software_tpm.rs"]
mod software_tpm;

use counterfoil::evidence::{
    AttestationError, Attested, CertifiedObject, CertifyError, CounterError, CounterProof,
    Hierarchy, Name, PcrValues, QuoteError, VerifiedCounter, VerifiedQuote, WireError,
    child_qualified_name, endorsement_primary_qualified_name, primary_qualified_name,
    verify_certify, verify_counter, verify_quote,
};
use sha2::{Digest as _, Sha256};
use software_tpm::{Attest, CLOCK, EXTRA_DATA, FIRMWARE, ak, sign, signing_key, sized, some_name};

const QUOTE: u16 = 0x8018;
const CERTIFY: u16 = 0x8017;
const SESSION_AUDIT: u16 = 0x8016;
const NV: u16 = 0x8014;
const VALUE: u64 = 42;

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}

/// PCR 7 and 14, as a device reports them.
fn pcrs() -> PcrValues {
    PcrValues::new([(7, [0x77; 32]), (14, [0xee; 32])]).unwrap()
}

/// A selection and a digest.
fn quote_body(selection: &[u8], digest: &[u8]) -> Vec<u8> {
    [selection, &sized(digest)].concat()
}

fn empty_quote() -> Attest {
    Attest::new(QUOTE, quote_body(&[0; 4], &sha256(&[])))
}

fn pcr_quote() -> Attest {
    let selection = [0, 0, 0, 1, 0x00, 0x0b, 3, 0x80, 0x40, 0x00];
    Attest::new(
        QUOTE,
        quote_body(&selection, &sha256(&[&[0x77; 32], &[0xee; 32]])),
    )
}

fn index() -> Name {
    some_name(9)
}

fn nv_body(index: &[u8], offset: u16, contents: &[u8]) -> Vec<u8> {
    [&sized(index)[..], &offset.to_be_bytes(), &sized(contents)].concat()
}

fn certified_counter() -> Attest {
    Attest::new(NV, nv_body(index().as_bytes(), 0, &VALUE.to_be_bytes()))
}

fn audit_body(exclusive: u8, digest: &[u8]) -> Vec<u8> {
    [&[exclusive][..], &sized(digest)].concat()
}

/// The audit digest of one read with these parameters and this answer.
fn audit_digest(auth: &Name, index: &Name, size: u16, offset: u16, answer: &[u8]) -> [u8; 32] {
    let (command, parameters) = (
        0x14e_u32.to_be_bytes(),
        [size.to_be_bytes(), offset.to_be_bytes()],
    );
    let command_hash = sha256(&[
        &command,
        auth.as_bytes(),
        index.as_bytes(),
        &parameters.concat(),
    ]);
    let response_hash = sha256(&[&[0; 4], &command, &sized(answer)]);
    sha256(&[&[0; 32], &command_hash, &response_hash])
}

fn right_audit_digest() -> [u8; 32] {
    audit_digest(&index(), &index(), 8, 0, &VALUE.to_be_bytes())
}

fn audited_counter() -> Attest {
    Attest::new(SESSION_AUDIT, audit_body(1, &right_audit_digest()))
}

fn object() -> Name {
    some_name(5)
}

fn certification() -> Attest {
    let qualified = primary_qualified_name(Hierarchy::Owner, &object());
    Attest::new(
        CERTIFY,
        [sized(object().as_bytes()), sized(qualified.as_bytes())].concat(),
    )
}

fn check_quote(attest: &Attest, pcrs: PcrValues) -> Result<VerifiedQuote, QuoteError> {
    verify_quote(&ak(), &attest.sign(), &EXTRA_DATA, pcrs)
}

fn check_counter(proof: &CounterProof) -> Result<VerifiedCounter, CounterError> {
    verify_counter(&ak(), proof, &index(), &EXTRA_DATA)
}

fn check_certified(attest: &Attest) -> Result<VerifiedCounter, CounterError> {
    check_counter(&CounterProof::Certified(attest.sign()))
}

fn check_audited(attest: &Attest) -> Result<VerifiedCounter, CounterError> {
    check_counter(&CounterProof::Audited {
        session: attest.sign(),
        value: VALUE,
    })
}

fn check_certification(attest: &Attest) -> Result<CertifiedObject, CertifyError> {
    verify_certify(&ak(), &attest.sign(), &object(), &EXTRA_DATA)
}

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
    let quote = verify_quote(&ak(), &make(empty_quote()), &EXTRA_DATA, PcrValues::none());
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
fn a_quote_shows_clock_counts_firmware_and_pcrs() {
    let quote = check_quote(&pcr_quote(), pcrs()).unwrap();
    assert_eq!(*quote.clock(), CLOCK);
    assert_eq!(quote.firmware_version(), FIRMWARE);
    assert_eq!(quote.pcrs().value(14), Some(&[0xee; 32]));
}

#[test]
fn both_counter_proofs_show_value_and_clock() {
    for counter in [
        check_certified(&certified_counter()),
        check_audited(&audited_counter()),
    ] {
        let counter = counter.unwrap();
        assert_eq!(counter.value(), VALUE);
        assert_eq!(*counter.index(), index());
        assert_eq!(*counter.clock(), CLOCK);
        assert_eq!(counter.firmware_version(), FIRMWARE);
    }
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
        for bit in 0..attest.encode().len() * 8 {
            let flip = |attested: &mut Attested| attested.attest[bit / 8] ^= 1 << (bit % 8);
            let mut attested = attest.sign();
            flip(&mut attested);
            let error = match attest.kind {
                QUOTE => verify_quote(&ak(), &attested, &EXTRA_DATA, PcrValues::none())
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
    let quote = verify_quote(&ak(), &shortened, &EXTRA_DATA, PcrValues::none());
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
        !check_quote(&attest, PcrValues::none())
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
                QUOTE => verify_quote(&ak(), &attested, &EXTRA_DATA, PcrValues::none())
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

#[test]
fn a_quote_about_other_pcrs_is_refused() {
    let quote = check_quote(&pcr_quote(), PcrValues::new([(7, [0x77; 32])]).unwrap());
    assert_eq!(quote, Err(QuoteError::PcrSelection));
    assert_eq!(
        check_quote(&pcr_quote(), PcrValues::none()),
        Err(QuoteError::PcrSelection)
    );
    assert_eq!(
        check_quote(&empty_quote(), pcrs()),
        Err(QuoteError::PcrSelection)
    );
}

#[test]
fn a_quote_about_pcrs_of_another_bank_is_refused() {
    let mut attest = pcr_quote();
    attest.body[5] = 0x0c;
    assert_eq!(check_quote(&attest, pcrs()), Err(QuoteError::PcrSelection));
    let digest = sha256(&[]);
    let sha1 = [0, 0, 0, 1, 0x00, 0x04, 3, 1, 0, 0];
    let attest = Attest::new(QUOTE, quote_body(&sha1, &digest));
    assert_eq!(
        check_quote(&attest, PcrValues::none()),
        Err(QuoteError::PcrSelection)
    );
}

#[test]
fn a_bank_with_nothing_selected_counts_as_absent() {
    let banks = [0, 0, 0, 2, 0x00, 0x04, 3, 0, 0, 0, 0x00, 0x0b, 3, 0, 0, 0];
    let attest = Attest::new(QUOTE, quote_body(&banks, &sha256(&[])));
    assert!(check_quote(&attest, PcrValues::none()).is_ok());
}

#[test]
fn a_bank_named_twice_is_refused() {
    let banks = [0, 0, 0, 2, 0x00, 0x0b, 3, 0, 0, 0, 0x00, 0x0b, 3, 0, 0, 0];
    let attest = Attest::new(QUOTE, quote_body(&banks, &sha256(&[])));
    let error = WireError::Field("pcrSelect").into();
    assert_eq!(check_quote(&attest, PcrValues::none()), Err(error));
}

#[test]
fn a_quote_about_other_values_is_refused() {
    let other = PcrValues::new([(7, [0x77; 32]), (14, [0xef; 32])]).unwrap();
    assert_eq!(check_quote(&pcr_quote(), other), Err(QuoteError::PcrDigest));
    let mut attest = empty_quote();
    *attest.body.last_mut().unwrap() ^= 1;
    assert_eq!(
        check_quote(&attest, PcrValues::none()),
        Err(QuoteError::PcrDigest)
    );
}

#[test]
fn a_certified_value_of_another_index_is_refused() {
    let mut attest = certified_counter();
    attest.body = nv_body(some_name(8).as_bytes(), 0, &VALUE.to_be_bytes());
    assert_eq!(check_certified(&attest), Err(CounterError::IndexName));
}

#[test]
fn a_certified_value_at_another_offset_is_refused() {
    let mut attest = certified_counter();
    attest.body = nv_body(index().as_bytes(), 1, &VALUE.to_be_bytes());
    assert_eq!(check_certified(&attest), Err(CounterError::Offset));
}

#[test]
fn a_certified_value_of_another_size_is_refused() {
    for size in [0, 7, 9] {
        let mut attest = certified_counter();
        attest.body = nv_body(index().as_bytes(), 0, &vec![0; size]);
        assert_eq!(
            check_certified(&attest),
            Err(CounterError::Size),
            "{size} bytes"
        );
    }
}

#[test]
fn an_audit_session_that_was_not_exclusive_is_refused() {
    let mut attest = audited_counter();
    attest.body = audit_body(0, &right_audit_digest());
    assert_eq!(check_audited(&attest), Err(CounterError::NotExclusive));
}

#[test]
fn an_audited_read_of_something_else_is_refused() {
    let (index, other, value) = (index(), some_name(8), VALUE.to_be_bytes());
    for (digest, what) in [
        (audit_digest(&index, &other, 8, 0, &value), "another index"),
        (
            audit_digest(&other, &index, 8, 0, &value),
            "another authorization",
        ),
        (audit_digest(&index, &index, 7, 0, &value), "another size"),
        (audit_digest(&index, &index, 8, 1, &value), "another offset"),
        (
            audit_digest(&index, &index, 8, 0, &(VALUE + 1).to_be_bytes()),
            "another value",
        ),
        (
            sha256(&[&right_audit_digest(), &[0; 64]]),
            "a second command",
        ),
    ] {
        let mut attest = audited_counter();
        attest.body = audit_body(1, &digest);
        assert_eq!(
            check_audited(&attest),
            Err(CounterError::AuditDigest),
            "{what}"
        );
    }
}

#[test]
fn an_audited_read_with_another_claimed_value_is_refused() {
    let proof = CounterProof::Audited {
        session: audited_counter().sign(),
        value: VALUE + 1,
    };
    assert_eq!(check_counter(&proof), Err(CounterError::AuditDigest));
}

#[test]
fn one_form_of_counter_proof_does_not_pass_for_the_other() {
    let certified = CounterProof::Audited {
        session: certified_counter().sign(),
        value: VALUE,
    };
    let error = AttestationError::Kind {
        expected: SESSION_AUDIT,
        found: NV,
    };
    assert_eq!(check_counter(&certified), Err(error.into()));
    let audited = CounterProof::Certified(audited_counter().sign());
    let error = AttestationError::Kind {
        expected: NV,
        found: SESSION_AUDIT,
    };
    assert_eq!(check_counter(&audited), Err(error.into()));
}

#[test]
fn a_counter_follows_a_quote_of_the_same_boot_that_is_not_later() {
    let counter = check_certified(&certified_counter()).unwrap();
    let follows = |change: fn(&mut Attest)| {
        let mut attest = empty_quote();
        change(&mut attest);
        counter.follows(&check_quote(&attest, PcrValues::none()).unwrap())
    };
    assert!(follows(|_| {}));
    assert!(follows(|attest| attest.clock.clock_ms -= 1));
    assert!(!follows(|attest| attest.clock.clock_ms += 1));
    assert!(!follows(|attest| attest.clock.reset_count -= 1));
    assert!(!follows(|attest| attest.clock.restart_count -= 1));
}

#[test]
fn a_certification_of_another_object_is_refused() {
    let mut attest = certification();
    let qualified = primary_qualified_name(Hierarchy::Owner, &object());
    attest.body = [sized(some_name(6).as_bytes()), sized(qualified.as_bytes())].concat();
    assert_eq!(check_certification(&attest), Err(CertifyError::ObjectName));
}

#[test]
fn a_qualified_name_of_another_hash_is_refused() {
    let mut attest = certification();
    attest.body = [
        sized(object().as_bytes()),
        sized(&[&[0x00, 0x0c][..], &[1; 48]].concat()),
    ]
    .concat();
    assert_eq!(
        check_certification(&attest),
        Err(CertifyError::QualifiedName)
    );
}

#[test]
fn a_certification_tells_where_the_object_lives() {
    let parent = check_certification(&certification()).unwrap();
    assert_eq!(*parent.name(), object());
    assert_eq!(*parent.clock(), CLOCK);
    assert!(parent.is_primary_of(Hierarchy::Owner));
    assert!(!parent.is_primary_of(Hierarchy::Endorsement));

    let (child, stranger) = (some_name(6), some_name(4));
    let certify = |parent: &Name| {
        let mut attest = certification();
        let qualified = child_qualified_name(parent, &child);
        attest.body = [sized(child.as_bytes()), sized(qualified.as_bytes())].concat();
        verify_certify(&ak(), &attest.sign(), &child, &EXTRA_DATA).unwrap()
    };
    assert!(certify(parent.qualified_name()).is_child_of(&parent));
    assert!(!certify(&stranger).is_child_of(&parent));
}

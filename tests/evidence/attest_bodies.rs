//! Every check of what quotes, counter proofs and certifications say: each differs from the
//! accepted one in one thing.

use crate::attest_scene::{
    NV, QUOTE, SESSION_AUDIT, VALUE, audit_body, audit_digest, audited_counter, certification,
    certified_counter, check_audited, check_certification, check_certified, check_counter,
    check_quote, empty_quote, index, nv_body, object, pcr_quote, pcrs, quote_body,
    right_audit_digest, sha256,
};
use crate::software_tpm::{Attest, CLOCK, EXTRA_DATA, FIRMWARE, ak, sized, some_name};
use counterfoil::evidence::{
    AttestationError, CertifyError, CounterError, CounterProof, Hierarchy, Name, PlatformQuote,
    QuoteError, WireError, child_qualified_name, primary_qualified_name, verify_certify,
    verify_platform,
};
use counterfoil::token::PcrSelection;
use sha2::{Digest as _, Sha256};

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
fn a_quote_shows_clock_counts_firmware_and_pcrs() {
    let quote = check_quote(&pcr_quote(), pcrs()).unwrap();
    assert_eq!(*quote.clock(), CLOCK);
    assert_eq!(quote.firmware_version(), FIRMWARE);
    assert_eq!(quote.pcrs(), pcrs());
    let digest = sha256(&[&[0x77; 32], &[0xee; 32]]);
    assert_eq!(*quote.pcr_digest().as_bytes(), digest);
}

#[test]
fn a_quote_about_other_pcrs_is_refused() {
    let fewer_more_other: [&[u8]; 4] = [&[7], &[7, 14, 15], &[7, 13], &[]];
    for pcrs in fewer_more_other {
        let expected = PcrSelection::new(pcrs.iter().copied()).unwrap();
        let quote = check_quote(&pcr_quote(), expected);
        assert_eq!(quote, Err(QuoteError::PcrSelection), "{expected}");
    }
    assert_eq!(
        check_quote(&empty_quote(), pcrs()),
        Err(QuoteError::PcrSelection)
    );
    // PCR 23, which whoever uses the TPM can reset, besides those that are expected.
    let mut attest = pcr_quote();
    attest.body[9] |= 0x80;
    assert_eq!(check_quote(&attest, pcrs()), Err(QuoteError::PcrSelection));
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
        check_quote(&attest, PcrSelection::NONE),
        Err(QuoteError::PcrSelection)
    );
}

#[test]
fn a_bank_with_nothing_selected_counts_as_absent() {
    let banks = [0, 0, 0, 2, 0x00, 0x04, 3, 0, 0, 0, 0x00, 0x0b, 3, 0, 0, 0];
    let attest = Attest::new(QUOTE, quote_body(&banks, &sha256(&[])));
    assert!(check_quote(&attest, PcrSelection::NONE).is_ok());
}

#[test]
fn a_bank_named_twice_is_refused() {
    let banks = [0, 0, 0, 2, 0x00, 0x0b, 3, 0, 0, 0, 0x00, 0x0b, 3, 0, 0, 0];
    let attest = Attest::new(QUOTE, quote_body(&banks, &sha256(&[])));
    let error = WireError::Field("pcrSelect").into();
    assert_eq!(check_quote(&attest, PcrSelection::NONE), Err(error));
}

#[test]
fn a_quote_over_no_pcr_with_the_digest_of_something_is_refused() {
    let mut attest = empty_quote();
    *attest.body.last_mut().unwrap() ^= 1;
    assert_eq!(
        check_quote(&attest, PcrSelection::NONE),
        Err(QuoteError::PcrDigest)
    );
}

#[test]
fn a_pcr_digest_that_is_not_of_sha256_is_refused() {
    let selection = [0, 0, 0, 1, 0x00, 0x0b, 3, 0x80, 0x40, 0x00];
    for len in [0, 20, 31, 33, 48] {
        let attest = Attest::new(QUOTE, quote_body(&selection, &vec![1; len]));
        let quote = check_quote(&attest, pcrs());
        assert_eq!(quote, Err(QuoteError::PcrDigest), "{len}");
    }
}

fn platform_quote() -> PlatformQuote {
    let values = std::array::from_fn(|pcr| [pcr as u8; 32]);
    let digest = Sha256::digest(values.as_flattened());
    let selection = [0, 0, 0, 1, 0x00, 0x0b, 3, 0xff, 0xff, 0x00];
    PlatformQuote {
        quote: Attest::new(QUOTE, quote_body(&selection, &digest)).sign(),
        values,
    }
}

#[test]
fn a_platforms_values_are_those_of_its_quote() {
    let (quote, values) = verify_platform(&ak(), &platform_quote(), &EXTRA_DATA).unwrap();
    assert_eq!(quote.pcrs(), PcrSelection::ALL);
    assert_eq!(values.pcrs(), PcrSelection::ALL);
    let some = PcrSelection::new([2, 11]).unwrap();
    let digest = sha256(&[&[2; 32], &[11; 32]]);
    assert_eq!(*values.digest_of(some).unwrap().as_bytes(), digest);
}

#[test]
fn a_platform_with_one_bit_of_a_value_changed_is_refused() {
    for pcr in 0..16 {
        let mut platform = platform_quote();
        platform.values[pcr][pcr] ^= 1;
        let refused = verify_platform(&ak(), &platform, &EXTRA_DATA).unwrap_err();
        assert_eq!(refused, QuoteError::PcrDigest, "{pcr}");
    }
}

#[test]
fn a_platform_whose_quote_is_over_fewer_pcrs_is_refused() {
    let fewer = PlatformQuote {
        quote: pcr_quote().sign(),
        ..platform_quote()
    };
    let refused = verify_platform(&ak(), &fewer, &EXTRA_DATA).unwrap_err();
    assert_eq!(refused, QuoteError::PcrSelection);
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
        counter.follows(&check_quote(&attest, PcrSelection::NONE).unwrap())
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

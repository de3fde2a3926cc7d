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
    AttestationError, CertifyError, CounterError, CounterProof, Hierarchy, Name, PcrValues,
    QuoteError, WireError, child_qualified_name, primary_qualified_name, verify_certify,
};

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
    assert_eq!(quote.pcrs().value(14), Some(&[0xee; 32]));
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

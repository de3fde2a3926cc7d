//! Faultless attestations of each kind, and what verifies them.

use crate::software_tpm::{Attest, EXTRA_DATA, ak, sized, some_name};
use counterfoil::evidence::{
    CertifiedObject, CertifyError, CounterError, CounterProof, Hierarchy, Name, QuoteError,
    VerifiedCounter, VerifiedQuote, primary_qualified_name, verify_certify, verify_counter,
    verify_quote,
};
use counterfoil::token::PcrSelection;
use sha2::{Digest as _, Sha256};

pub(crate) const QUOTE: u16 = 0x8018;
pub(crate) const CERTIFY: u16 = 0x8017;
pub(crate) const SESSION_AUDIT: u16 = 0x8016;
pub(crate) const NV: u16 = 0x8014;
pub(crate) const VALUE: u64 = 42;

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}

/// PCR 7 and 14.
pub(crate) fn pcrs() -> PcrSelection {
    PcrSelection::new([7, 14]).unwrap()
}

/// A selection and a digest.
pub(crate) fn quote_body(selection: &[u8], digest: &[u8]) -> Vec<u8> {
    [selection, &sized(digest)].concat()
}

pub(crate) fn empty_quote() -> Attest {
    Attest::new(QUOTE, quote_body(&[0; 4], &sha256(&[])))
}

pub(crate) fn pcr_quote() -> Attest {
    let selection = [0, 0, 0, 1, 0x00, 0x0b, 3, 0x80, 0x40, 0x00];
    Attest::new(
        QUOTE,
        quote_body(&selection, &sha256(&[&[0x77; 32], &[0xee; 32]])),
    )
}

pub(crate) fn index() -> Name {
    some_name(9)
}

pub(crate) fn nv_body(index: &[u8], offset: u16, contents: &[u8]) -> Vec<u8> {
    [&sized(index)[..], &offset.to_be_bytes(), &sized(contents)].concat()
}

pub(crate) fn certified_counter() -> Attest {
    Attest::new(NV, nv_body(index().as_bytes(), 0, &VALUE.to_be_bytes()))
}

pub(crate) fn audit_body(exclusive: u8, digest: &[u8]) -> Vec<u8> {
    [&[exclusive][..], &sized(digest)].concat()
}

/// The audit digest of one read with these parameters and this answer.
pub(crate) fn audit_digest(
    auth: &Name,
    index: &Name,
    size: u16,
    offset: u16,
    answer: &[u8],
) -> [u8; 32] {
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

pub(crate) fn right_audit_digest() -> [u8; 32] {
    audit_digest(&index(), &index(), 8, 0, &VALUE.to_be_bytes())
}

pub(crate) fn audited_counter() -> Attest {
    Attest::new(SESSION_AUDIT, audit_body(1, &right_audit_digest()))
}

pub(crate) fn object() -> Name {
    some_name(5)
}

pub(crate) fn certification() -> Attest {
    let qualified = primary_qualified_name(Hierarchy::Owner, &object());
    Attest::new(
        CERTIFY,
        [sized(object().as_bytes()), sized(qualified.as_bytes())].concat(),
    )
}

pub(crate) fn check_quote(
    attest: &Attest,
    pcrs: PcrSelection,
) -> Result<VerifiedQuote, QuoteError> {
    verify_quote(&ak(), &attest.sign(), &EXTRA_DATA, pcrs)
}

pub(crate) fn check_counter(proof: &CounterProof) -> Result<VerifiedCounter, CounterError> {
    verify_counter(&ak(), proof, &index(), &EXTRA_DATA)
}

pub(crate) fn check_certified(attest: &Attest) -> Result<VerifiedCounter, CounterError> {
    check_counter(&CounterProof::Certified(attest.sign()))
}

pub(crate) fn check_audited(attest: &Attest) -> Result<VerifiedCounter, CounterError> {
    check_counter(&CounterProof::Audited {
        session: attest.sign(),
        value: VALUE,
    })
}

pub(crate) fn check_certification(attest: &Attest) -> Result<CertifiedObject, CertifyError> {
    verify_certify(&ak(), &attest.sign(), &object(), &EXTRA_DATA)
}

//! Sealed files that must not open.

use std::slice::from_ref;

use counterfoil::token::Digest;
use counterfoil::token::cbor::{self, Limits, Value};
use counterfoil::token::cose::Kind;

use super::fixture::{EXTERNAL_AAD, Key};
use super::raw::{Field, array, bstr, int, map, text};
use super::{Trust, Vector, valid, vector};

pub(crate) fn vectors() -> Vec<Vector> {
    [seals(), envelopes(), responses()]
        .into_iter()
        .flatten()
        .collect()
}

fn state(name: &str, bytes: Vec<u8>, error: &'static str) -> Vector {
    vector(&format!("state_{name}"), Kind::State, bytes, Some(error))
}

/// The envelope is right, key or content are not.
fn seals() -> Vec<Vector> {
    let valid = valid::state();
    let mut flipped = valid.clone();
    *flipped.last_mut().expect("is not empty") ^= 1;
    let other_key = valid::seal(Kind::State, Key::Credential, EXTERNAL_AAD, &map(&[]));
    let other_aad = valid::seal(Kind::State, Key::State, b"activity 6", &map(&[]));
    let no_aad = valid::seal(Kind::State, Key::State, &[], &map(&[]));
    let artifact = valid::seal(
        Kind::SealedArtifact,
        Key::State,
        EXTERNAL_AAD,
        &valid::license(),
    );
    vec![
        state("bit_flipped", flipped, "cannot_decrypt"),
        state("under_another_key", other_key, "cannot_decrypt"),
        state("of_another_counter_value", other_aad, "cannot_decrypt"),
        state("bound_to_no_counter_value", no_aad, "cannot_decrypt"),
        state("is_a_sealed_artifact", artifact, "wrong_kind"),
        state(
            "with_nonce_of_another",
            with_iv(&bstr(&[0x0b; 12])),
            "cannot_decrypt",
        ),
        state(
            "with_typ_of_sealed_artifact_rewritten",
            retyped(),
            "cannot_decrypt",
        ),
        state(
            "trailing_byte",
            [&valid[..], &[0]].concat(),
            "trailing_bytes",
        ),
        state("cut", valid[..valid.len() - 1].to_vec(), "truncated"),
        state("is_a_license", valid::license(), "structure"),
    ]
}

fn envelopes() -> Vec<Vector> {
    let [alg, typ] = protected();
    let iv = || vec![(int(5), bstr(&valid::NONCE))];
    let header = |fields: &[Field]| encrypt0(fields, &iv(), &bstr(&ciphertext()));
    let bare = |fields: &[Field]| encrypt0(&protected(), fields, &bstr(&ciphertext()));
    let crit = (int(2), array(&[int(-70_000)]));
    vec![
        state(
            "alg_a128gcm",
            header(&[(int(1), int(1)), typ.clone()]),
            "algorithm",
        ),
        state("alg_missing", header(from_ref(&typ)), "algorithm"),
        state("typ_missing", header(from_ref(&alg)), "wrong_kind"),
        state(
            "critical_header",
            header(&[alg.clone(), crit, typ.clone()]),
            "critical_header",
        ),
        state(
            "unexpected_header",
            header(&[alg.clone(), typ.clone(), (int(-70_001), bstr(&[1]))]),
            "unexpected_header",
        ),
        state(
            "header_not_sorted",
            header(&[typ.clone(), alg.clone()]),
            "not_deterministic",
        ),
        state("without_nonce", bare(&[]), "missing_header"),
        state(
            "nonce_of_eight_bytes",
            with_iv(&bstr(&[0; 8])),
            "missing_header",
        ),
        state(
            "kid_unprotected",
            bare(&[(int(4), bstr(&[1; 8])), iv()[0].clone()]),
            "unprotected_header",
        ),
        state(
            "alg_in_both_headers",
            bare(&[alg, iv()[0].clone()]),
            "label_in_both_headers",
        ),
        state(
            "ciphertext_detached",
            encrypt0(&protected(), &iv(), &[0xf6]),
            "no_payload",
        ),
        state(
            "ciphertext_shorter_than_a_tag",
            encrypt0(&protected(), &iv(), &bstr(&[0; 15])),
            "cannot_decrypt",
        ),
    ]
}

fn responses() -> Vec<Vector> {
    let valid = valid::response();
    let response = |name: &str, bytes: Vec<u8>, error| {
        vector(
            &format!("response_{name}"),
            Kind::ActivationResponse,
            bytes,
            Some(error),
        )
    };
    let mut other_request = valid.clone();
    let id = *valid::request_id().as_bytes();
    let position = valid
        .windows(32)
        .position(|bytes| bytes == id)
        .expect("has the id");
    other_request[position] ^= 1;
    let contradicting = valid::response_about(valid::request_id(), Digest::new([0x1d; 32]));
    let fields = [
        (int(1), int(3)),
        (int(16), text(Kind::ActivationResponse.content_type())),
    ];
    let iv = [(int(5), bstr(&valid::NONCE))];
    let other_machine = Vector {
        trust: Trust::Key(Key::State),
        ..response("for_another_machine", valid.clone(), "cannot_decrypt")
    };
    vec![
        other_machine,
        response("to_another_request", other_request, "cannot_decrypt"),
        response(
            "that_contradicts_its_header",
            contradicting,
            "other_request",
        ),
        response(
            "without_request_id",
            encrypt0(&fields, &iv, &bstr(&[0; 40])),
            "missing_header",
        ),
        response(
            "trailing_byte",
            [&valid[..], &[0]].concat(),
            "trailing_bytes",
        ),
    ]
}

fn protected() -> [Field; 2] {
    [
        (int(1), int(3)),
        (int(16), text(Kind::State.content_type())),
    ]
}

fn with_iv(iv: &[u8]) -> Vec<u8> {
    encrypt0(&protected(), &[(int(5), iv.to_vec())], &bstr(&ciphertext()))
}

/// A sealed artifact that is made to look like a state.
fn retyped() -> Vec<u8> {
    let artifact = valid::seal(Kind::SealedArtifact, Key::State, EXTERNAL_AAD, &map(&[]));
    encrypt0(
        &protected(),
        &[(int(5), bstr(&valid::NONCE))],
        &bstr(&ciphertext_of(&artifact)),
    )
}

fn ciphertext() -> Vec<u8> {
    ciphertext_of(&valid::state())
}

fn ciphertext_of(file: &[u8]) -> Vec<u8> {
    // Behind the tag, which takes one byte.
    match cbor::decode(&file[1..], Limits::size(1 << 20)) {
        Ok(Value::Array(items)) => match items.last() {
            Some(Value::Bytes(ciphertext)) => ciphertext.clone(),
            _ => panic!("has a ciphertext"),
        },
        other => panic!("is an array: {other:?}"),
    }
}

fn encrypt0(protected: &[Field], unprotected: &[Field], ciphertext: &[u8]) -> Vec<u8> {
    let items = [bstr(&map(protected)), map(unprotected), ciphertext.to_vec()];
    [vec![0xd0], array(&items)].concat()
}

//! Signed files whose envelope is wrong.

use std::slice::from_ref;

use counterfoil::token::cbor::Value;
use counterfoil::token::cose::Kind;
use p256::ecdsa::Signature;

use super::fixture::Key;
use super::raw::{Claims, Sign1, array, bstr, decoded, head, int, map, text};
use super::{Vector, valid, vector};

pub(crate) fn vectors() -> Vec<Vector> {
    [bytes(), structure(), headers(), signatures(), other_kinds()]
        .into_iter()
        .flatten()
        .collect()
}

fn license(name: &str, bytes: Vec<u8>, error: &'static str) -> Vector {
    vector(
        &format!("license_{name}"),
        Kind::License,
        bytes,
        Some(error),
    )
}

fn parts() -> Sign1 {
    valid::parts(Kind::License, &valid::license(), Key::Issuer)
}

/// The valid license with one bit flipped, counted from the end if negative.
fn flipped(position: isize) -> Vec<u8> {
    let mut bytes = valid::license();
    let position = position.rem_euclid(bytes.len() as isize) as usize;
    bytes[position] ^= 1;
    bytes
}

fn bytes() -> Vec<Vector> {
    let valid = valid::license();
    let cut = |length: usize| valid[..length].to_vec();
    vec![
        license("empty", Vec::new(), "truncated"),
        license("cut_by_one_byte", cut(valid.len() - 1), "truncated"),
        license("cut_in_half", cut(valid.len() / 2), "truncated"),
        license(
            "trailing_byte",
            [&valid[..], &[0]].concat(),
            "trailing_bytes",
        ),
        license("twice", [&valid[..], &valid].concat(), "too_large"),
        license(
            "padded_beyond_1024_bytes",
            [&valid[..], &[0; 1024]].concat(),
            "too_large",
        ),
        license("bit_flipped_in_payload", flipped(200), "bad_signature"),
        license("bit_flipped_in_signature", flipped(-1), "bad_signature"),
        license("bit_flipped_in_kid", flipped(12), "issuer_unknown"),
        license("is_text", b"This is not a license.".to_vec(), "structure"),
    ]
}

fn structure() -> Vec<Vector> {
    let parts = parts();
    let protected = map(&parts.protected);
    let signature = bstr(&parts.signature(&protected));
    let (protected, empty, payload) = (bstr(&protected), map(&[]), bstr(&parts.payload));
    let items = [
        protected.clone(),
        empty.clone(),
        payload.clone(),
        signature.clone(),
    ];
    let tagged = |body: Vec<u8>| [vec![0xd2], body].concat();
    let without = |position: usize| {
        let mut items = items.to_vec();
        items.remove(position);
        tagged(array(&items))
    };
    let indefinite = [&[0xd2, 0x9f], &items.concat()[..], &[0xff]].concat();
    let long_array_head = [&[0xd2, 0x98, 0x04], &items.concat()[..]].concat();
    let long_tag = [vec![0xd8, 0x12], array(&items)].concat();
    let nil = tagged(array(&[
        protected.clone(),
        empty.clone(),
        vec![0xf6],
        signature.clone(),
    ]));
    let as_text = [head(3, parts.payload.len()), parts.payload.clone()].concat();
    let payload_as_text = tagged(array(&[
        protected.clone(),
        empty.clone(),
        as_text,
        signature.clone(),
    ]));
    let nested = tagged(array(&[protected.clone(), vec![0x81; 40], payload.clone()]));
    let retagged = |tag: &[u8]| [tag, &array(&items)].concat();
    let tagged_payload = tagged(array(&[
        protected,
        empty,
        [vec![0xd8, 0x18], payload].concat(),
        signature,
    ]));
    vec![
        license("untagged", array(&items), "structure"),
        license("tagged_as_encrypt0", retagged(&[0xd0]), "structure"),
        license("tagged_as_cose_sign", retagged(&[0xd8, 0x62]), "structure"),
        license("tagged_as_cwt", retagged(&[0xd8, 0x3d, 0xd2]), "structure"),
        license("tag_of_two_bytes", long_tag, "not_deterministic"),
        license("without_signature", without(3), "structure"),
        license("without_unprotected_header", without(1), "structure"),
        license("payload_detached", nil, "no_payload"),
        license("payload_as_text_string", payload_as_text, "structure"),
        license("payload_tagged", tagged_payload, "structure"),
        license(
            "envelope_of_indefinite_length",
            indefinite,
            "indefinite_length",
        ),
        license(
            "envelope_length_not_shortest",
            long_array_head,
            "not_deterministic",
        ),
        license("envelope_nested_deep", nested, "too_deep"),
    ]
}

fn headers() -> Vec<Vector> {
    let [alg, kid, typ] = parts().protected.try_into().expect("three headers");
    let kid_as = |bytes: &[u8]| (int(4), bstr(bytes));
    let with = |protected: &[_]| {
        Sign1 {
            protected: protected.to_vec(),
            ..parts()
        }
        .encode()
    };
    let bare = |unprotected: &[_]| {
        Sign1 {
            unprotected: unprotected.to_vec(),
            ..parts()
        }
        .encode()
    };
    let alg_as = |value: Vec<u8>| with(&[(int(1), value), kid.clone(), typ.clone()]);
    let typ_as = |value: Vec<u8>| with(&[alg.clone(), kid.clone(), (int(16), value)]);
    let three = || vec![alg.clone(), kid.clone(), typ.clone()];
    let all_and = |field| with(&[three(), vec![field]].concat());
    let crit = (int(2), array(&[int(-70_000)]));
    let content_type = (int(3), text("application/cwt"));
    let moved_kid = Sign1 {
        protected: vec![alg.clone(), typ.clone()],
        unprotected: vec![kid.clone()],
        ..parts()
    };
    let not_shortest = [(vec![0x18, 0x01], alg.1.clone()), kid.clone(), typ.clone()];
    vec![
        license("alg_es384", alg_as(int(-35)), "algorithm"),
        license("alg_eddsa", alg_as(int(-8)), "algorithm"),
        license(
            "alg_missing",
            with(&[kid.clone(), typ.clone()]),
            "algorithm",
        ),
        license(
            "typ_of_a_lease",
            typ_as(text(Kind::Lease.content_type())),
            "wrong_kind",
        ),
        license("typ_unknown", typ_as(text("application/cwt")), "wrong_kind"),
        license(
            "typ_upper_case",
            typ_as(text(&Kind::License.content_type().to_uppercase())),
            "wrong_kind",
        ),
        license("typ_number", typ_as(int(61)), "wrong_kind"),
        license(
            "typ_missing",
            with(&[alg.clone(), kid.clone()]),
            "wrong_kind",
        ),
        license(
            "kid_missing",
            with(&[alg.clone(), typ.clone()]),
            "missing_header",
        ),
        license(
            "kid_of_seven_bytes",
            with(&[alg.clone(), kid_as(&[1; 7]), typ.clone()]),
            "missing_header",
        ),
        license("kid_unprotected", moved_kid.encode(), "unprotected_header"),
        license(
            "kid_in_both_headers",
            bare(from_ref(&kid)),
            "label_in_both_headers",
        ),
        license(
            "alg_in_both_headers",
            bare(&[(int(1), int(-7))]),
            "label_in_both_headers",
        ),
        license(
            "unprotected_label",
            bare(&[(int(-70_001), int(1))]),
            "unprotected_header",
        ),
        license(
            "critical_header",
            with(&[alg.clone(), crit, kid.clone(), typ.clone()]),
            "critical_header",
        ),
        license(
            "unknown_odd_header",
            all_and((int(-70_001), int(1))),
            "unexpected_header",
        ),
        license(
            "unknown_text_header",
            all_and((text("x"), int(1))),
            "unexpected_header",
        ),
        license(
            "content_type_header",
            with(&[alg.clone(), content_type, kid.clone(), typ.clone()]),
            "unexpected_header",
        ),
        license(
            "duplicate_header",
            with(&[alg.clone(), alg.clone(), kid.clone(), typ.clone()]),
            "duplicate_key",
        ),
        license(
            "header_not_sorted",
            with(&[typ.clone(), kid.clone(), alg.clone()]),
            "not_deterministic",
        ),
        license(
            "header_label_not_shortest",
            with(&not_shortest),
            "not_deterministic",
        ),
        license(
            "header_trailing_byte",
            parts().encode_with(&[map(&three()), vec![0]].concat()),
            "structure",
        ),
        license("header_empty", parts().encode_with(&[]), "wrong_kind"),
    ]
}

fn signatures() -> Vec<Vector> {
    let valid = valid::license();
    let (body, signature) = valid.split_at(valid.len() - 64);
    let parsed = Signature::from_slice(signature).expect("is a signature");
    let (r, s) = parsed.split_scalars();
    let high = Signature::from_scalars(r, -s)
        .expect("is a signature")
        .to_bytes();
    // The head before the signature: a byte string of 64 bytes takes two bytes.
    let before = &body[..body.len() - 2];
    let resigned = |bytes: &[u8]| [before, &bstr(bytes)].concat();
    let forged = {
        // The key id of the issuer, the signature of somebody else.
        let mut parts = parts();
        parts.key = Key::Unknown.signing();
        parts.encode()
    };
    let with_external_aad = |external_aad: &[u8]| {
        Sign1 {
            external_aad: external_aad.into(),
            ..parts()
        }
        .encode()
    };
    let by = |key: Key| valid::parts(Kind::License, &valid, key).encode();
    let rewritten = {
        // The header of a license, and everything else of a lease.
        let lease = valid::parts(Kind::Lease, &valid::lease(), Key::Issuer);
        let protected = map(&parts().protected);
        let signature = lease.signature(&map(&lease.protected));
        let items = [
            bstr(&protected),
            map(&[]),
            bstr(&lease.payload),
            bstr(&signature),
        ];
        [vec![0xd2], array(&items)].concat()
    };
    vec![
        license(
            "signature_with_high_s",
            [body, &high[..]].concat(),
            "high_s",
        ),
        license(
            "signature_in_der",
            resigned(parsed.to_der().as_bytes()),
            "bad_signature",
        ),
        license("signature_empty", resigned(&[]), "bad_signature"),
        license(
            "signature_of_63_bytes",
            resigned(&signature[..63]),
            "bad_signature",
        ),
        license("signature_of_zeros", resigned(&[0; 64]), "bad_signature"),
        license("signature_by_another_key", forged, "bad_signature"),
        license(
            "signature_with_external_aad",
            with_external_aad(b"counterfoil"),
            "bad_signature",
        ),
        license("typ_rewritten", rewritten, "bad_signature"),
        license("by_unknown_issuer", by(Key::Unknown), "issuer_unknown"),
        license("by_root", by(Key::Root), "issuer_unknown"),
        license("by_policy_key", by(Key::Policy), "issuer_wrong_purpose"),
    ]
}

/// One wrong envelope for each of the other signed kinds.
fn other_kinds() -> Vec<Vector> {
    let spoiled = |name: &str, kind, mut bytes: Vec<u8>, error| {
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        vector(name, kind, bytes, Some(error))
    };
    let trailing = |name: &str, kind, bytes: Vec<u8>| {
        vector(
            name,
            kind,
            [&bytes[..], &[0]].concat(),
            Some("trailing_bytes"),
        )
    };
    let payload = map(&[(int(1), int(2))]);
    let request = valid::request();
    let content = Claims::of(Kind::ActivationRequest, &request);
    let changed = |name: &str, claims: Claims, error| {
        let kind = Kind::ActivationRequest;
        let bytes = valid::signed(kind, Key::Binding, &claims.encode());
        vector(name, kind, bytes, Some(error))
    };
    let body = |change: &dyn Fn(Claims) -> Claims| {
        let Value::Bytes(body) = decoded(content.clone().at(2)) else {
            panic!("the body is a byte string")
        };
        let changed = change(Claims::parse(&body));
        content.clone().with(2, bstr(&changed.encode()))
    };
    let evidence = |name: &str, claims: Claims, error| {
        let bytes = valid::signed(Kind::Evidence, Key::Binding, &claims.encode());
        vector(name, Kind::Evidence, bytes, Some(error))
    };
    let proof = || Claims::of(Kind::Evidence, &valid::evidence());
    let order = valid::signed(Kind::ReleaseOrder, Key::Binding, &payload);
    let by_store_key = valid::signed(Kind::ActivationRequest, Key::Store, &content.encode());
    vec![
        trailing("lease_trailing_byte", Kind::Lease, valid::lease()),
        spoiled(
            "lease_bit_flipped",
            Kind::Lease,
            valid::lease(),
            "bad_signature",
        ),
        vector(
            "lease_is_a_license",
            Kind::Lease,
            valid::license(),
            Some("wrong_kind"),
        ),
        spoiled(
            "manifest_bit_flipped",
            Kind::Manifest,
            valid::manifest(),
            "bad_signature",
        ),
        spoiled(
            "status_list_bit_flipped",
            Kind::StatusList,
            valid::status_list(),
            "bad_signature",
        ),
        spoiled(
            "bundle_bit_flipped",
            Kind::TrustBundle,
            valid::bundle(),
            "bad_signature",
        ),
        trailing("bundle_trailing_byte", Kind::TrustBundle, valid::bundle()),
        spoiled(
            "request_bit_flipped",
            Kind::ActivationRequest,
            request.clone(),
            "bad_signature",
        ),
        trailing(
            "request_trailing_byte",
            Kind::ActivationRequest,
            request.clone(),
        ),
        vector(
            "request_by_another_key",
            Kind::ActivationRequest,
            by_store_key,
            Some("wrong_key"),
        ),
        changed(
            "request_of_another_format",
            body(&|body| body.with(2, int(2))),
            "format",
        ),
        changed(
            "request_unknown_even_body_field",
            body(&|body| body.and(1000, int(1))),
            "unknown_critical",
        ),
        changed(
            "request_nonce_too_short",
            body(&|body| body.with(8, bstr(&[0x4e; 31]))),
            "out_of_range",
        ),
        changed(
            "request_store_key_off_the_curve",
            body(&|body| body.with(36, bstr(&[0x04; 65]))),
            "out_of_range",
        ),
        changed(
            "request_without_quote",
            content.clone().within(4, |proofs| proofs.without(12)),
            "missing",
        ),
        changed(
            "request_that_names_no_lease",
            body(&|body| body.and(49, array(&[]))),
            "out_of_range",
        ),
        changed("request_without_mac", content.clone().without(6), "missing"),
        evidence("evidence_without_quote", proof().without(4), "missing"),
        evidence(
            "evidence_nonce_too_long",
            proof().within(2, |subject| subject.with(6, array(&[bstr(&[0x4e; 33])]))),
            "out_of_range",
        ),
        vector(
            "evidence_is_a_request",
            Kind::Evidence,
            request,
            Some("wrong_kind"),
        ),
        vector(
            "receipt_is_a_release_order",
            Kind::Receipt,
            order,
            Some("wrong_kind"),
        ),
    ]
}

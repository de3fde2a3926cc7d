//! Properly signed files whose content is wrong.

use std::io::Write as _;

use counterfoil::token::cose::Kind;
use counterfoil::token::{Lease, License, StatusList};
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::fixture::{self, Key, at};
use super::raw::{Claims, array, bstr, head, int, map, text};
use super::{Vector, valid, vector};

pub(crate) fn vectors() -> Vec<Vector> {
    [encoding(), values(), keys_and_names(), leases(), lists()]
        .into_iter()
        .flatten()
        .collect()
}

fn license(name: &str, payload: &[u8], error: &'static str) -> Vector {
    let bytes = valid::signed(Kind::License, Key::Issuer, payload);
    vector(
        &format!("license_{name}"),
        Kind::License,
        bytes,
        Some(error),
    )
}

fn claims() -> Claims {
    Claims::of(Kind::License, &valid::license())
}

fn with(key: i64, value: Vec<u8>) -> Vec<u8> {
    claims().with(key, value).encode()
}

/// Content that is not deterministic CBOR, or no CBOR.
fn encoding() -> Vec<Vector> {
    let valid = claims().encode();
    let first = claims().0[0].clone();
    let duplicated = |value: Vec<u8>| {
        let fields = [
            vec![first.clone(), (first.0.clone(), value)],
            claims().0[1..].to_vec(),
        ];
        map(&fields.concat())
    };
    let mut swapped = claims();
    swapped.0.swap(0, 1);
    let indefinite = {
        let fields = claims().0.into_iter().flat_map(|(key, value)| [key, value]);
        [vec![0xbf], fields.collect::<Vec<_>>().concat(), vec![0xff]].concat()
    };
    let iat = at("2026-03-01T12:00:00Z").unix();
    let long_iat = [&[0x1b], &iat.to_be_bytes()[..]].concat();
    let float_iat = [&[0xfb], &(iat as f64).to_be_bytes()[..]].concat();
    let text_key = Claims([claims().0, vec![(text("x"), int(1))]].concat());
    let nested = (0..20).fold(int(1), |inner, _| array(&[inner]));
    vec![
        license(
            "payload_trailing_byte",
            &[&valid[..], &[0]].concat(),
            "trailing_bytes",
        ),
        license("payload_cut", &valid[..valid.len() - 1], "truncated"),
        license("payload_empty", &[], "truncated"),
        license("payload_is_an_array", &array(&[]), "not_a_map"),
        license(
            "payload_of_indefinite_length",
            &indefinite,
            "indefinite_length",
        ),
        license(
            "duplicate_claim",
            &duplicated(text("someone else")),
            "duplicate_key",
        ),
        license(
            "duplicate_claim_of_same_value",
            &duplicated(first.1.clone()),
            "duplicate_key",
        ),
        license("claims_not_sorted", &swapped.encode(), "not_deterministic"),
        license("time_not_shortest", &with(6, long_iat), "not_deterministic"),
        license("time_as_float", &with(6, float_iat), "unsupported"),
        license(
            "time_tagged",
            &with(6, [vec![0xc1], int(1)].concat()),
            "tag",
        ),
        license("claim_null", &with(4, vec![0xf6]), "unsupported"),
        license("claim_undefined", &with(4, vec![0xf7]), "unsupported"),
        license(
            "claim_nested_deep",
            &claims().and(-71_001, nested).encode(),
            "too_deep",
        ),
        license(
            "claim_of_false_length",
            &with(
                3,
                vec![0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            ),
            "truncated",
        ),
        license(
            "text_not_utf8",
            &with(3, [head(3, 2), vec![0xc3, 0x28]].concat()),
            "malformed",
        ),
        license("text_key", &text_key.encode(), "key_type"),
    ]
}

/// Claims that are absent, unknown, of a wrong type or out of range.
fn values() -> Vec<Vector> {
    let year_10000 = int(253_402_300_800);
    let expired_before = License {
        expires_at: Some(at("2026-03-01T00:00:00Z")),
        ..fixture::license()
    };
    let nbf = int(expired_before.not_before.unix() as i64);
    let versions = map(&[(int(2), int(3))]);
    vec![
        license("without_subject", &claims().without(2).encode(), "missing"),
        license("without_audience", &claims().without(3).encode(), "missing"),
        license(
            "without_issued_at",
            &claims().without(6).encode(),
            "missing",
        ),
        license(
            "without_confirmation_key",
            &claims().without(8).encode(),
            "missing",
        ),
        license(
            "without_binding",
            &claims().without(-70_002).encode(),
            "missing",
        ),
        license(
            "without_status",
            &claims().without(65_535).encode(),
            "missing",
        ),
        license(
            "unknown_even_claim",
            &claims().and(-71_002, int(1)).encode(),
            "unknown_critical",
        ),
        license(
            "unknown_even_registered_claim",
            &claims().and(38, int(1)).encode(),
            "unknown_critical",
        ),
        license(
            "unknown_even_binding_field",
            &claims().within(-70_002, |b| b.and(100, int(1))).encode(),
            "unknown_critical",
        ),
        license(
            "status_with_integer_member",
            &claims()
                .within(65_535, |status| status.and(1, int(1)))
                .encode(),
            "key_type",
        ),
        license("subject_as_bytes", &with(2, bstr(&[0x1c; 8])), "wrong_type"),
        license(
            "subject_upper_case",
            &with(2, text("1C1C1C1C1C1C1C1C")),
            "out_of_range",
        ),
        license("subject_too_short", &with(2, text("1c1c")), "out_of_range"),
        license("time_negative", &with(6, int(-1)), "out_of_range"),
        license("time_in_year_10000", &with(4, year_10000), "out_of_range"),
        license(
            "time_as_text",
            &with(6, text("2026-03-01T12:00:00Z")),
            "wrong_type",
        ),
        license("ends_when_it_starts", &with(4, nbf), "invalid_field"),
        license("product_empty", &with(3, text("")), "invalid_field"),
        license(
            "product_too_long",
            &with(3, text(&"p".repeat(65))),
            "invalid_field",
        ),
        license(
            "edition_with_line_break",
            &with(-70_001, text("pro\nfessional")),
            "invalid_field",
        ),
        license(
            "features_not_sorted",
            &with(-70_004, array(&[text("b"), text("a")])),
            "invalid_field",
        ),
        license(
            "feature_twice",
            &with(-70_004, array(&[text("a"), text("a")])),
            "invalid_field",
        ),
        license(
            "feature_as_number",
            &with(-70_004, array(&[int(1)])),
            "wrong_type",
        ),
        license(
            "versions_as_numbers",
            &with(-70_006, versions),
            "wrong_type",
        ),
        license(
            "device_class_unknown",
            &with(-70_010, int(5)),
            "out_of_range",
        ),
    ]
}

/// Keys and TPM Names that are none.
fn keys_and_names() -> Vec<Vector> {
    let cnf = |change: &dyn Fn(Claims) -> Claims| {
        claims().within(8, |cnf| cnf.within(1, change)).encode()
    };
    let sha384 = [&[0x00, 0x0c], &[0xaa; 32][..]].concat();
    let with_ak = |ak: &[u8]| claims().within(-70_002, |b| b.with(1, bstr(ak))).encode();
    vec![
        license(
            "confirmation_key_off_the_curve",
            &cnf(&|key| key.with(-3, bstr(&[0x77; 32]))),
            "out_of_range",
        ),
        license(
            "confirmation_key_compressed",
            &cnf(&|key| key.with(-3, vec![0xf5])),
            "wrong_type",
        ),
        license(
            "confirmation_key_of_another_curve",
            &cnf(&|key| key.with(-1, int(2))),
            "out_of_range",
        ),
        license(
            "confirmation_key_private",
            &cnf(&|key| key.and(-4, bstr(&[1; 32]))),
            "unknown_critical",
        ),
        license("ak_name_of_sha384", &with_ak(&sha384), "out_of_range"),
        license("ak_name_too_short", &with_ak(&sha384[..33]), "out_of_range"),
        license(
            "store_id_too_long",
            &claims()
                .within(-70_002, |b| b.with(7, bstr(&[0; 17])))
                .encode(),
            "out_of_range",
        ),
        license(
            "epoch_negative",
            &claims().within(-70_002, |b| b.with(6, int(-4))).encode(),
            "out_of_range",
        ),
    ]
}

fn leases() -> Vec<Vector> {
    let lease = |name: &str, claims: Claims, error| {
        let bytes = valid::signed(Kind::Lease, Key::Issuer, &claims.encode());
        vector(&format!("lease_{name}"), Kind::Lease, bytes, Some(error))
    };
    let claims = || Claims::of(Kind::Lease, &valid::lease());
    let limits = |key, value| claims().within(-70_022, |limits| limits.with(key, value));
    let anchor = |key, value| claims().within(-70_020, |anchor| anchor.with(key, value));
    let platform = |fields: &[(i64, Vec<u8>)]| {
        let fields: Vec<_> = fields
            .iter()
            .map(|(key, value)| (int(*key), value.clone()))
            .collect();
        claims().and(-70_030, map(&fields))
    };
    let approval = vec![0; Lease::APPROVAL_LIMIT + 1];
    vec![
        lease("without_anchor", claims().without(-70_020), "missing"),
        lease("without_expiry", claims().without(4), "missing"),
        lease(
            "without_budget",
            claims().within(-70_022, |limits| limits.without(4)),
            "missing",
        ),
        lease(
            "with_no_restart_allowed",
            limits(8, int(0)),
            "invalid_field",
        ),
        lease("budget_negative", limits(4, int(-1)), "out_of_range"),
        lease(
            "unknown_even_limit",
            claims().within(-70_022, |limits| limits.and(12, int(1))),
            "unknown_critical",
        ),
        lease(
            "anchor_reset_count_of_33_bits",
            anchor(3, vec![0x1b, 0, 0, 0, 1, 0, 0, 0, 0]),
            "out_of_range",
        ),
        lease(
            "ends_when_it_is_issued",
            claims().with(4, int(at("2026-03-01T12:00:00Z").unix() as i64)),
            "invalid_field",
        ),
        lease(
            "feature_approval_too_long",
            claims().and(-70_005, bstr(&approval)),
            "invalid_field",
        ),
        lease(
            "platform_without_pcrs",
            platform(&[(2, int(0))]),
            "invalid_field",
        ),
        lease(
            "platform_with_pcr_16",
            platform(&[(2, int(1 << 16))]),
            "out_of_range",
        ),
        lease("platform_without_selection", platform(&[]), "missing"),
        lease(
            "platform_digest_too_short",
            platform(&[(2, int(0x95)), (4, bstr(&[0; 31]))]),
            "out_of_range",
        ),
        lease(
            "platform_with_unknown_even_field",
            platform(&[(2, int(0x95)), (6, int(1))]),
            "unknown_critical",
        ),
        lease(
            "manifest_digest_too_short",
            claims().within(-70_024, |m| m.with(4, bstr(&[0; 31]))),
            "out_of_range",
        ),
    ]
}

fn lists() -> Vec<Vector> {
    let list = |name: &str, lst: Vec<u8>, bits: i64, error| {
        let value = map(&[(text("lst"), bstr(&lst)), (text("bits"), int(bits))]);
        let claims = Claims::of(Kind::StatusList, &valid::status_list()).with(65_533, value);
        let bytes = valid::signed(Kind::StatusList, Key::Issuer, &claims.encode());
        vector(
            &format!("status_list_{name}"),
            Kind::StatusList,
            bytes,
            Some(error),
        )
    };
    // zlib of b9 a3, from draft-ietf-oauth-status-list section 4.1.
    let zlib = vec![0x78, 0xda, 0xdb, 0xb9, 0x18, 0x00, 0x02, 0x17, 0x01, 0x5d];
    let trailing = [&zlib[..], &[0]].concat();
    let mut wrong_sum = zlib.clone();
    wrong_sum[9] ^= 1;
    let unzipped = Claims::of(Kind::StatusList, &valid::status_list())
        .with(65_533, map(&[(text("bits"), int(2))]));
    let unzipped = valid::signed(Kind::StatusList, Key::Issuer, &unzipped.encode());
    let integer_member = Claims::of(Kind::StatusList, &valid::status_list())
        .within(65_533, |members| members.and(1, int(1)));
    let integer_member = valid::signed(Kind::StatusList, Key::Issuer, &integer_member.encode());
    let manifest = |name: &str, claims: Claims, error| {
        let bytes = valid::signed(Kind::Manifest, Key::Issuer, &claims.encode());
        vector(name, Kind::Manifest, bytes, Some(error))
    };
    let rules = || Claims::of(Kind::Manifest, &valid::manifest());
    vec![
        list("of_three_bit_entries", zlib.clone(), 3, "out_of_range"),
        list("with_bytes_after_the_stream", trailing, 1, "invalid_field"),
        list("with_wrong_check_sum", wrong_sum, 1, "invalid_field"),
        list("not_compressed", vec![0xb9, 0xa3], 1, "invalid_field"),
        list("that_inflates_too_far", bomb(), 1, "invalid_field"),
        vector(
            "status_list_with_integer_member",
            Kind::StatusList,
            integer_member,
            Some("key_type"),
        ),
        vector(
            "status_list_without_list",
            Kind::StatusList,
            unzipped,
            Some("missing"),
        ),
        manifest(
            "manifest_without_rules",
            rules().without(-70_026),
            "missing",
        ),
        manifest(
            "manifest_version_negative",
            rules().with(-70_014, int(-8)),
            "out_of_range",
        ),
        manifest(
            "manifest_unknown_even_claim",
            rules().and(-71_002, int(1)),
            "unknown_critical",
        ),
    ]
}

/// A zlib stream of a byte more than a list may inflate to.
fn bomb() -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(&vec![0; StatusList::INFLATED_LIMIT + 1])
        .expect("is in memory");
    encoder.finish().expect("is in memory")
}

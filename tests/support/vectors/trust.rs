//! Genuine files that this vendor, this issuer or this root should not have signed.

use counterfoil::token::cose::Kind;
use counterfoil::token::*;

use super::fixture::{self, Key, at};
use super::raw::{Claims, array, int};
use super::{Trust, Vector, valid, vector};

pub(crate) fn vectors() -> Vec<Vector> {
    [issuers(), bundles()].into_iter().flatten().collect()
}

fn issuers() -> Vec<Vector> {
    let license = |name: &str, key: Key, license: License, error| {
        let bytes = license.sign(&key.signing()).expect("can be signed");
        vector(
            &format!("license_{name}"),
            Kind::License,
            bytes,
            Some(error),
        )
    };
    let dated = |text: &str| License {
        issued_at: at(text),
        ..fixture::license()
    };
    let foreign = VendorId::new([0xf0; 16]);
    let manifest = Manifest {
        issuer: foreign,
        ..fixture::manifest()
    };
    let manifest = manifest
        .sign(&Key::Issuer.signing())
        .expect("can be signed");
    let lease = fixture::lease()
        .sign(&Key::OtherProduct.signing())
        .expect("can be signed");
    let of_all = fixture::status_list()
        .sign(&Key::OwnProduct.signing())
        .expect("can be signed");
    vec![
        license(
            "of_another_vendor",
            Key::Issuer,
            License {
                issuer: foreign,
                ..fixture::license()
            },
            "wrong_vendor",
        ),
        license(
            "by_issuer_of_another_product",
            Key::OtherProduct,
            fixture::license(),
            "issuer_wrong_product",
        ),
        license(
            "dated_at_cut_off",
            Key::CutOff,
            dated("2026-03-01T00:00:00Z"),
            "issuer_cut_off",
        ),
        license(
            "dated_after_cut_off",
            Key::CutOff,
            dated("2027-03-01T00:00:00Z"),
            "issuer_cut_off",
        ),
        license(
            "dated_before_its_issuer_was_valid",
            Key::Issuer,
            dated("2024-12-31T23:59:59Z"),
            "issuer_not_valid_then",
        ),
        license(
            "dated_when_its_issuer_was_rotated_out",
            Key::RotatedOut,
            dated("2025-01-01T00:00:00Z"),
            "issuer_not_valid_then",
        ),
        vector(
            "manifest_of_another_vendor",
            Kind::Manifest,
            manifest,
            Some("wrong_vendor"),
        ),
        vector(
            "lease_by_issuer_of_another_product",
            Kind::Lease,
            lease,
            Some("issuer_wrong_product"),
        ),
        vector(
            "status_list_of_all_products_by_issuer_of_one",
            Kind::StatusList,
            of_all,
            Some("issuer_wrong_product"),
        ),
    ]
}

fn bundles() -> Vec<Vector> {
    let invalid = |name: &str, bytes: Vec<u8>, trust, error| Vector {
        trust,
        ..vector(
            &format!("bundle_{name}"),
            Kind::TrustBundle,
            bytes,
            Some(error),
        )
    };
    let sign = |bundle: TrustBundle, key: Key| bundle.sign(&key.signing()).expect("can be signed");
    let bundle = fixture::trust_bundle;
    let next = || TrustBundle {
        sequence: 4,
        ..bundle()
    };
    let first = Trust::Anchor(&[Key::Root]);
    let second = Trust::Anchor(&[Key::Root, Key::SecondRoot]);
    let held = Trust::After("bundle.bundle");
    let by_second = Trust::After("bundle_by_announced_root.bundle");
    let claims = Claims::of(Kind::TrustBundle, &valid::bundle());
    let signed = |claims: Claims| valid::signed(Kind::TrustBundle, Key::Root, &claims.encode());
    let key = |change: &dyn Fn(Claims) -> Claims| {
        let mut claims = claims.clone();
        let keys = bundle().keys;
        let entry = change(Claims::parse(&cbor::encode(&cbor::ToCbor::to_cbor(
            &keys[0],
        ))));
        *claims.at(-70_028) = array(&[entry.encode()]);
        signed(claims)
    };
    let entry = |key: &BundleKey| cbor::encode(&cbor::ToCbor::to_cbor(key));
    let keys = bundle().keys;
    let twice = claims
        .clone()
        .with(-70_028, array(&[entry(&keys[0]), entry(&keys[0])]));
    let foreign = TrustBundle {
        vendor: VendorId::new([0xf0; 16]),
        ..bundle()
    };
    let reused = TrustBundle {
        vendor_name: "Other name".into(),
        ..bundle()
    };
    let older = TrustBundle {
        sequence: 2,
        ..bundle()
    };
    vec![
        invalid(
            "by_unknown_root",
            sign(bundle(), Key::StrangeRoot),
            first,
            "wrong_root",
        ),
        invalid(
            "by_issuer",
            sign(bundle(), Key::Issuer),
            first,
            "wrong_root",
        ),
        invalid(
            "by_old_root",
            sign(bundle(), Key::Root),
            second,
            "wrong_root",
        ),
        invalid(
            "by_announced_root_without_the_announcement",
            sign(next(), Key::SecondRoot),
            first,
            "wrong_root",
        ),
        invalid(
            "following_by_unknown_root",
            sign(next(), Key::StrangeRoot),
            held,
            "wrong_root",
        ),
        invalid(
            "following_by_root_that_was_replaced",
            sign(
                TrustBundle {
                    sequence: 5,
                    ..bundle()
                },
                Key::Root,
            ),
            by_second,
            "wrong_root",
        ),
        invalid(
            "of_another_vendor",
            sign(foreign, Key::Root),
            first,
            "wrong_vendor",
        ),
        invalid(
            "with_lower_sequence",
            sign(older, Key::Root),
            held,
            "not_newer",
        ),
        invalid(
            "with_same_sequence_and_other_content",
            sign(reused, Key::Root),
            held,
            "not_newer",
        ),
        invalid(
            "naming_one_key_twice",
            signed(twice),
            first,
            "invalid_field",
        ),
        invalid(
            "with_unknown_purpose",
            key(&|k| k.with(4, int(3))),
            first,
            "out_of_range",
        ),
        invalid(
            "with_unknown_even_key_field",
            key(&|k| k.and(14, int(1))),
            first,
            "unknown_critical",
        ),
        invalid(
            "with_key_that_ends_before_it_starts",
            key(&|k| k.with(10, int(1))),
            first,
            "invalid_field",
        ),
        invalid(
            "without_keys_claim",
            signed(claims.clone().without(-70_028)),
            first,
            "missing",
        ),
        invalid(
            "with_number_above_limit",
            signed(claims.clone().with(-70_014, int(1 << 32))),
            first,
            "out_of_range",
        ),
        invalid(
            "without_sequence",
            signed(claims.clone().without(-70_014)),
            first,
            "missing",
        ),
    ]
}

//! Every check of public areas: of any, and of attestation keys, endorsement keys, storage root
//! keys and counters.

use crate::software_tpm::{ak_public, signing_key, some_name, vendor, with_point};
use counterfoil::evidence::public::{
    ak_template, counter_definition, counter_public, ek_p256_template, ek_p384_template,
    ek_rsa2048_template, feature_parent_template, sealed_template, srk_template,
    verification_key_public,
};
use counterfoil::evidence::{
    AkError, AttestationKey, EkPublicError, EndorsementKey, NvAttributes, NvPublic,
    ObjectAttributes, Parameters, PolicyDigest, Public, Scheme, StorageRootError, WireError,
    check_storage_root,
};
use counterfoil::token::VendorId;
use p256::ecdsa::SigningKey;
use proptest::prelude::*;
use tpm2_protocol::TpmUnmarshal as _;
use tpm2_protocol::data::TpmtPublic;

/// Where a TPMT_PUBLIC has its attributes.
const ATTRIBUTES: usize = 4;

/// With these attributes toggled.
fn toggled(public: &[u8], attributes: ObjectAttributes) -> Vec<u8> {
    let mut public = public.to_vec();
    for (byte, flip) in public[ATTRIBUTES..]
        .iter_mut()
        .zip(attributes.bits().to_be_bytes())
    {
        *byte ^= flip;
    }
    public
}

/// With these bytes in place of those at `offset`.
fn patched(public: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut public = public.to_vec();
    public[offset..offset + bytes.len()].copy_from_slice(bytes);
    public
}

fn an_ak() -> Vec<u8> {
    ak_public(&signing_key(1))
}

fn an_ek() -> Vec<u8> {
    with_point(&ek_p256_template(), 32, 32, &signing_key(1))
}

fn an_srk() -> Vec<u8> {
    with_point(&srk_template(), 0, 0, &signing_key(1))
}

fn ak_error(public: &[u8]) -> Option<AkError> {
    AttestationKey::from_public(public).err()
}

fn ek_error(public: &[u8]) -> Option<EkPublicError> {
    EndorsementKey::from_public(public).err()
}

fn all_templates() -> Vec<Vec<u8>> {
    vec![
        ak_template(vendor()),
        ek_rsa2048_template(),
        ek_p256_template(),
        ek_p384_template(),
        srk_template(),
        feature_parent_template(),
        sealed_template(&PolicyDigest::EMPTY),
        verification_key_public(signing_key(1).verifying_key()),
    ]
}

#[test]
fn attestation_endorsement_and_storage_keys_of_right_shape_are_accepted() {
    assert_eq!(ak_error(&an_ak()), None);
    assert_eq!(ek_error(&an_ek()), None);
    assert_eq!(
        check_storage_root(&Public::parse(&an_srk()).unwrap()),
        Ok(())
    );
}

#[test]
fn an_attestation_key_without_an_attribute_is_refused() {
    for (attribute, text) in [
        (ObjectAttributes::RESTRICTED, "restricted"),
        (ObjectAttributes::SIGN, "sign"),
        (ObjectAttributes::FIXED_TPM, "fixedTPM"),
        (ObjectAttributes::FIXED_PARENT, "fixedParent"),
        (
            ObjectAttributes::SENSITIVE_DATA_ORIGIN,
            "sensitiveDataOrigin",
        ),
    ] {
        assert_eq!(
            ak_error(&toggled(&an_ak(), attribute)),
            Some(AkError::Lacks(text))
        );
    }
}

#[test]
fn an_attestation_key_that_decrypts_is_refused() {
    let public = toggled(&an_ak(), ObjectAttributes::DECRYPT);
    assert_eq!(ak_error(&public), Some(AkError::Decrypts));
}

#[test]
fn an_attestation_key_of_another_kind_is_refused() {
    const NAME_ALGORITHM: usize = 2;
    let sha384 = patched(&an_ak(), NAME_ALGORITHM, &[0x00, 0x0c]);
    assert_eq!(ak_error(&sha384), Some(AkError::Kind));
    const CURVE: usize = 16;
    assert_eq!(
        ak_error(&patched(&an_ak(), CURVE, &[0x00, 0x04])),
        Some(AkError::Kind)
    );
    let with_cipher = [
        &an_ak()[..10],
        &[0x00, 0x06, 0x00, 0x80, 0x00, 0x43],
        &an_ak()[12..],
    ];
    assert_eq!(ak_error(&with_cipher.concat()), Some(AkError::Kind));
    assert_eq!(ak_error(&ek_rsa2048_template()), Some(AkError::Kind));
}

#[test]
fn an_attestation_key_of_another_scheme_is_refused() {
    const SCHEME: usize = 12;
    let sha384 = patched(&an_ak(), SCHEME + 2, &[0x00, 0x0c]);
    assert_eq!(ak_error(&sha384), Some(AkError::Scheme));
    let none = [&an_ak()[..SCHEME], &[0x00, 0x10], &an_ak()[SCHEME + 4..]].concat();
    assert_eq!(ak_error(&none), Some(AkError::Scheme));
}

#[test]
fn an_attestation_key_off_the_curve_is_refused() {
    let mut public = an_ak();
    *public.last_mut().unwrap() ^= 1;
    assert_eq!(ak_error(&public), Some(AkError::Point));
}

#[test]
fn coordinates_without_leading_zeros_are_accepted() {
    // About one key in 256 has a first coordinate that begins with zero.
    let short = (1..5000_u16).find_map(|seed| {
        let mut scalar = [0; 32];
        scalar[30..].copy_from_slice(&seed.to_be_bytes());
        let public = ak_public(&SigningKey::from_slice(&scalar).unwrap());
        (public[22] == 0).then(|| [&public[..20], &[0, 31], &public[23..]].concat())
    });
    let short = short.expect("one of these keys begins with zero");
    assert_eq!(ak_error(&short), None);
}

#[test]
fn an_endorsement_key_without_an_attribute_is_refused() {
    for (attribute, text) in [
        (ObjectAttributes::RESTRICTED, "restricted"),
        (ObjectAttributes::DECRYPT, "decrypt"),
        (ObjectAttributes::FIXED_TPM, "fixedTPM"),
        (ObjectAttributes::FIXED_PARENT, "fixedParent"),
        (
            ObjectAttributes::SENSITIVE_DATA_ORIGIN,
            "sensitiveDataOrigin",
        ),
    ] {
        assert_eq!(
            ek_error(&toggled(&an_ek(), attribute)),
            Some(EkPublicError::Lacks(text))
        );
    }
}

#[test]
fn an_endorsement_key_that_signs_is_refused() {
    let public = toggled(&an_ek(), ObjectAttributes::SIGN);
    assert_eq!(ek_error(&public), Some(EkPublicError::Signs));
}

#[test]
fn an_endorsement_key_of_another_kind_is_refused() {
    const KEY_BITS: usize = 50;
    let rsa = ek_rsa2048_template();
    assert_eq!(rsa[KEY_BITS..KEY_BITS + 2], [0x08, 0x00]);
    let rsa3072 = patched(&rsa, KEY_BITS, &[0x0c, 0x00]);
    assert_eq!(ek_error(&rsa3072), Some(EkPublicError::Kind));
    const SYMMETRIC: usize = 42;
    let ek = an_ek();
    let without_cipher = [&ek[..SYMMETRIC], &[0x00, 0x10], &ek[SYMMETRIC + 6..]].concat();
    assert_eq!(ek_error(&without_cipher), Some(EkPublicError::Kind));
}

#[test]
fn an_endorsement_key_that_is_none_is_refused() {
    let mut off_the_curve = an_ek();
    *off_the_curve.last_mut().unwrap() ^= 1;
    assert_eq!(ek_error(&off_the_curve), Some(EkPublicError::Key));

    let mut rsa = ek_rsa2048_template();
    let modulus = rsa.len() - 256;
    assert_eq!(
        ek_error(&rsa),
        Some(EkPublicError::Key),
        "a modulus of zero"
    );
    rsa[modulus] = 0x80;
    rsa[modulus + 255] = 0x01;
    assert_eq!(ek_error(&rsa), None);
    const EXPONENT: usize = 52;
    let exponent = patched(&rsa, EXPONENT, &[0, 0, 0, 3]);
    assert_eq!(
        ek_error(&exponent),
        Some(EkPublicError::Key),
        "an exponent of three"
    );
    let small = patched(&rsa, modulus, &[0x7f]);
    assert_eq!(
        ek_error(&small),
        Some(EkPublicError::Key),
        "a modulus of 2047 bits"
    );
    let even = patched(&rsa, modulus + 255, &[0x02]);
    assert_eq!(ek_error(&even), Some(EkPublicError::Key), "an even modulus");
}

#[test]
fn a_storage_root_key_against_the_rule_is_refused() {
    let check = |public: &[u8]| check_storage_root(&Public::parse(public).unwrap());
    for (attribute, text) in [
        (ObjectAttributes::RESTRICTED, "restricted"),
        (ObjectAttributes::DECRYPT, "decrypt"),
        (ObjectAttributes::FIXED_TPM, "fixedTPM"),
        (ObjectAttributes::FIXED_PARENT, "fixedParent"),
        (
            ObjectAttributes::SENSITIVE_DATA_ORIGIN,
            "sensitiveDataOrigin",
        ),
    ] {
        let public = toggled(&an_srk(), attribute);
        assert_eq!(check(&public), Err(StorageRootError::Lacks(text)));
    }
    let signs = toggled(&an_srk(), ObjectAttributes::SIGN);
    assert_eq!(check(&signs), Err(StorageRootError::Signs));
    assert_eq!(check(&an_ak()), Err(StorageRootError::Kind));
    let sealed = sealed_template(&PolicyDigest::EMPTY);
    assert_eq!(check(&sealed), Err(StorageRootError::Kind));
    let sha384 = patched(&an_srk(), 2, &[0x00, 0x0c]);
    assert_eq!(check(&sha384), Err(StorageRootError::Kind));
}

#[test]
fn an_object_with_one_other_byte_before_its_key_is_not_made_from_a_template() {
    let (key, template) = (an_srk(), srk_template());
    for seed in 1..3 {
        let key = with_point(&template, 0, 0, &signing_key(seed));
        assert!(Public::parse(&key).unwrap().is_made_from(&template));
    }
    let before_its_key = template.len() - 4;
    let others: Vec<Public> = (0..before_its_key * 8)
        .map(|bit| patched(&key, bit / 8, &[key[bit / 8] ^ 1 << (bit % 8)]))
        .filter_map(|other| Public::parse(&other).ok())
        .collect();
    assert!(!others.is_empty());
    assert!(others.iter().all(|other| !other.is_made_from(&template)));
}

#[test]
fn templates_fit_their_own_objects_alone() {
    for (place, template) in all_templates().iter().enumerate() {
        for (other_place, other) in all_templates().iter().enumerate() {
            let other = Public::parse(other).unwrap();
            assert_eq!(other.is_made_from(template), place == other_place);
        }
        assert!(
            !Public::parse(template)
                .unwrap()
                .is_made_from(&template[1..])
        );
    }
    let other_vendors = ak_template(VendorId::new([0xee; 16]));
    assert_ne!(other_vendors, ak_template(vendor()));
    let other_vendors = Public::parse(&other_vendors).unwrap();
    assert!(other_vendors.is_made_from(&ak_template(vendor())));
}

#[test]
fn the_templates_have_the_attributes_that_the_design_of_keys_needs() {
    let bits = |template: Vec<u8>| Public::parse(&template).unwrap().attributes().bits();
    // fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, sign
    assert_eq!(bits(ak_template(vendor())), 0x0005_0472);
    // fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy, restricted, decrypt
    assert_eq!(bits(ek_rsa2048_template()), 0x0003_00b2);
    assert_eq!(bits(ek_p256_template()), 0x0003_00b2);
    // and userWithAuth
    assert_eq!(bits(ek_p384_template()), 0x0003_00f2);
    // fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, restricted, decrypt
    assert_eq!(bits(srk_template()), 0x0003_0472);
    // without userWithAuth
    assert_eq!(bits(feature_parent_template()), 0x0003_0432);
    // fixedTPM, fixedParent, noDA
    assert_eq!(bits(sealed_template(&PolicyDigest::EMPTY)), 0x0000_0412);
    assert_eq!(
        Public::parse(&ak_template(vendor())).unwrap().auth_policy(),
        [0; 0],
        "the attestation key's auth value is empty"
    );
}

#[test]
fn parameters_are_read_as_written() {
    let ak = Public::parse(&an_ak()).unwrap();
    let Parameters::Ecc {
        aes_bits: None,
        scheme: Scheme::Ecdsa(_),
        x,
        y,
        ..
    } = ak.parameters()
    else {
        panic!("{:?}", ak.parameters());
    };
    let point = signing_key(1).verifying_key().to_sec1_point(false);
    assert_eq!([&x[..], y].concat(), point.as_bytes()[1..]);
    let ek = Public::parse(&ek_rsa2048_template()).unwrap();
    assert!(matches!(
        ek.parameters(),
        Parameters::Rsa {
            aes_bits: Some(128),
            scheme: Scheme::Null,
            bits: 2048,
            exponent: 65537,
            ..
        }
    ));
}

#[test]
fn reserved_attributes_and_unknown_algorithms_are_refused() {
    let error = |public: &[u8]| Public::parse(public).err();
    for bit in [0, 3, 12, 20, 31] {
        let public = patched(
            &an_ak(),
            ATTRIBUTES,
            &(0x0005_0472_u32 ^ 1 << bit).to_be_bytes(),
        );
        assert_eq!(
            error(&public),
            Some(WireError::Field("objectAttributes")),
            "bit {bit}"
        );
    }
    for (offset, value, field) in [
        (0, 0x0025, "type"),
        (2, 0x0004, "nameAlg"),
        (10, 0x0026, "symmetric"),
        (12, 0x001a, "scheme"),
        (14, 0x0004, "scheme.hashAlg"),
        (16, 0x0005, "curveID"),
        (18, 0x0020, "kdf"),
    ] {
        let public = patched(&an_ak(), offset, &u16::to_be_bytes(value));
        assert_eq!(error(&public), Some(WireError::Field(field)));
    }
    const SYMMETRIC: usize = 42;
    let no_cfb = patched(&an_ek(), SYMMETRIC + 4, &[0x00, 0x42]);
    assert_eq!(error(&no_cfb), Some(WireError::Field("symmetric")));
    let no_key_length = patched(&an_ek(), SYMMETRIC + 2, &[0x00, 0x81]);
    assert_eq!(error(&no_key_length), Some(WireError::Field("symmetric")));
}

#[test]
fn a_policy_of_another_length_than_the_name_s_hash_is_refused() {
    let public = [&an_ak()[..8], &[0, 1, 7], &an_ak()[10..]].concat();
    assert_eq!(
        Public::parse(&public).err(),
        Some(WireError::Field("authPolicy"))
    );
    let counter = counter_public(0x0180_0000, &some_name(3));
    let index = [&counter[..10], &[0, 1, 7], &counter[44..]].concat();
    assert_eq!(
        NvPublic::parse(&index).err(),
        Some(WireError::Field("authPolicy"))
    );
}

#[test]
fn public_areas_cut_short_or_with_trailing_bytes_are_refused() {
    for template in all_templates() {
        for len in 0..template.len() {
            assert_eq!(
                Public::parse(&template[..len]).err(),
                Some(WireError::Truncated)
            );
        }
        let longer = [&template[..], &[0]].concat();
        assert_eq!(Public::parse(&longer).err(), Some(WireError::TrailingBytes));
    }
    let counter = counter_public(0x0180_0000, &some_name(3));
    for len in 0..counter.len() {
        assert_eq!(
            NvPublic::parse(&counter[..len]).err(),
            Some(WireError::Truncated)
        );
    }
    let longer = [&counter[..], &[0]].concat();
    assert_eq!(
        NvPublic::parse(&longer).err(),
        Some(WireError::TrailingBytes)
    );
}

#[test]
fn a_counter_is_what_the_design_of_counters_needs() {
    let parse = |bytes: Vec<u8>| NvPublic::parse(&bytes).unwrap();
    let store_key = some_name(3);
    let defined = parse(counter_definition(0x0180_0002, &store_key));
    let counted = parse(counter_public(0x0180_0002, &store_key));
    // TPM_NT_COUNTER, POLICYWRITE, AUTHREAD, NO_DA
    assert_eq!(defined.attributes().bits(), 0x0204_0018);
    assert_eq!(
        counted.attributes(),
        defined.attributes().and(NvAttributes::WRITTEN)
    );
    assert!(!counted.attributes().contains(NvAttributes::ORDERLY));
    assert_eq!((counted.handle(), counted.data_size()), (0x0180_0002, 8));
    assert_eq!(
        counted.auth_policy(),
        PolicyDigest::EMPTY.signed(&store_key, &[]).as_bytes()
    );
}

#[test]
fn a_counter_s_name_depends_on_handle_store_key_and_attributes() {
    let name = |bytes: Vec<u8>| NvPublic::parse(&bytes).unwrap().name().unwrap();
    let counter = name(counter_public(0x0180_0002, &some_name(3)));
    assert_ne!(counter, name(counter_public(0x0180_0003, &some_name(3))));
    assert_ne!(counter, name(counter_public(0x0180_0002, &some_name(4))));
    assert_ne!(
        counter,
        name(counter_definition(0x0180_0002, &some_name(3)))
    );
}

#[test]
fn reserved_attributes_and_other_handles_of_an_index_are_refused() {
    let counter = counter_public(0x0180_0002, &some_name(3));
    let error = |public: &[u8]| NvPublic::parse(public).err();
    let reserved = patched(&counter, 6, &(0x2204_0018_u32 ^ 1 << 8).to_be_bytes());
    assert_eq!(error(&reserved), Some(WireError::Field("attributes")));
    let object = patched(&counter, 0, &[0x81]);
    assert_eq!(error(&object), Some(WireError::Field("nvIndex")));
    let sha1 = patched(&counter, 4, &[0x00, 0x04]);
    assert_eq!(error(&sha1), Some(WireError::Field("nameAlg")));
}

/// Whether the crate `tpm2-protocol` reads a TPMT_PUBLIC to its end.
fn another_parser_reads(public: &[u8]) -> bool {
    TpmtPublic::unmarshal(public).is_ok_and(|(_, rest)| rest.is_empty())
}

#[test]
fn another_parser_reads_every_template() {
    for template in all_templates() {
        assert!(another_parser_reads(&template));
    }
}

/// Bytes of a valid public area with one byte replaced, and with its end cut off.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let templates = all_templates();
    (
        0..templates.len(),
        any::<prop::sample::Index>(),
        any::<u8>(),
        any::<prop::sample::Index>(),
    )
        .prop_map(move |(template, at, byte, end)| {
            let mut bytes = templates[template].clone();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(end.index(bytes.len()).max(bytes.len() / 2) + 1);
            bytes
        })
}

proptest! {
    #[test]
    fn whatever_comes_parsing_returns(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        drop(Public::parse(&bytes));
        drop(NvPublic::parse(&bytes));
        drop(AttestationKey::from_public(&bytes));
        drop(EndorsementKey::from_public(&bytes));
    }

    #[test]
    fn damaged_public_areas_keep_their_bytes_or_are_refused(bytes in damaged()) {
        if let Ok(public) = Public::parse(&bytes) {
            prop_assert_eq!(public.as_bytes(), &bytes[..]);
            prop_assert!(another_parser_reads(&bytes));
        }
        drop(AttestationKey::from_public(&bytes));
        drop(EndorsementKey::from_public(&bytes));
    }
}

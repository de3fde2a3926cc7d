//! Files that must be accepted.

use std::collections::BTreeSet;

use counterfoil::evidence::{Attested, CounterProof, Credential, PlatformQuote};
use counterfoil::protocol::report::{Covered, TokenFiles};
use counterfoil::protocol::{
    ActivationBody, ActivationRequest, ActivationResponse, Evidence, EvidenceFile, NonceSource,
    Proofs, Subject, TpmModel,
};
use counterfoil::token::cose::{self, Kind, response_label};
use counterfoil::token::*;
use hkdf::Hkdf;
use serde_json::{Value as Json, json};
use sha2::Sha256;

use super::fixture::{self, EXTERNAL_AAD, Key, LICENSE_AAD, at};
use super::raw::{Claims, Sign1, array, bstr, int, map, text};
use super::{Trust, Vector, hex, vector};

/// The nonce of all sealed vectors; a real one is never used twice.
pub(crate) const NONCE: [u8; 12] = [0x0a; 12];

pub(crate) fn vectors() -> Vec<Vector> {
    [licenses(), leases(), lists(), bundles(), messages()]
        .into_iter()
        .flatten()
        .collect()
}

/// A license file.
pub(crate) fn license() -> Vec<u8> {
    fixture::license()
        .sign(&Key::Issuer.signing())
        .expect("can be signed")
}

pub(crate) fn lease() -> Vec<u8> {
    fixture::lease()
        .sign(&Key::Issuer.signing())
        .expect("can be signed")
}

pub(crate) fn manifest() -> Vec<u8> {
    fixture::manifest()
        .sign(&Key::Issuer.signing())
        .expect("can be signed")
}

pub(crate) fn status_list() -> Vec<u8> {
    fixture::status_list()
        .sign(&Key::Issuer.signing())
        .expect("can be signed")
}

pub(crate) fn bundle() -> Vec<u8> {
    fixture::trust_bundle()
        .sign(&Key::Root.signing())
        .expect("can be signed")
}

/// A file of this kind around these claims, signed by `key`.
pub(crate) fn signed(kind: Kind, key: Key, payload: &[u8]) -> Vec<u8> {
    cose::sign(kind, &key.signing(), payload).expect("can be signed")
}

fn licenses() -> Vec<Vector> {
    let valid = |name: &str, key: Key, license: License| {
        let bytes = license.sign(&key.signing()).expect("can be signed");
        vector(name, Kind::License, bytes, None)
    };
    let license = fixture::license;
    let with_claims = |name: &str, claims: Claims| {
        let bytes = signed(Kind::License, Key::Issuer, &claims.encode());
        vector(name, Kind::License, bytes, None)
    };
    let claims = Claims::of(Kind::License, &self::license());
    vec![
        valid("license", Key::Issuer, license()),
        valid(
            "license_perpetual",
            Key::Issuer,
            License {
                expires_at: None,
                ..license()
            },
        ),
        valid(
            "license_without_features",
            Key::Issuer,
            License {
                features: BTreeSet::new(),
                ..license()
            },
        ),
        valid(
            "license_for_all_versions",
            Key::Issuer,
            License {
                versions: VersionRange::default(),
                ..license()
            },
        ),
        valid(
            "license_for_virtual_device",
            Key::Issuer,
            License {
                class: DeviceClass::Virtual,
                ..license()
            },
        ),
        valid(
            "license_for_registered_device",
            Key::Issuer,
            License {
                class: DeviceClass::Registered,
                ..license()
            },
        ),
        valid(
            "license_for_test_device",
            Key::Issuer,
            License {
                class: DeviceClass::Test,
                ..license()
            },
        ),
        valid(
            "license_with_names_beyond_ascii",
            Key::Issuer,
            License {
                edition: "Édition für 株式会社".into(),
                ..license()
            },
        ),
        valid(
            "license_by_issuer_of_its_product",
            Key::OwnProduct,
            license(),
        ),
        valid(
            "license_of_its_time_by_rotated_out_issuer",
            Key::RotatedOut,
            License {
                issued_at: at("2024-12-31T23:59:59Z"),
                ..license()
            },
        ),
        valid(
            "license_dated_a_second_before_cut_off",
            Key::CutOff,
            License {
                issued_at: at("2026-02-28T23:59:59Z"),
                ..license()
            },
        ),
        with_claims(
            "license_with_unknown_odd_claim",
            claims.clone().and(-71_001, int(1)),
        ),
        with_claims(
            "license_with_unknown_odd_binding_field",
            claims.within(-70_002, |binding| binding.and(99, int(1))),
        ),
    ]
}

fn leases() -> Vec<Vector> {
    let approved = Lease {
        feature_approval: Some(vec![0xfa; 112]),
        ..fixture::lease()
    };
    let latest = Lease {
        expires_at: UtcTime::MAX,
        ..fixture::lease()
    };
    let pcrs = PcrSelection::new([0, 2, 4, 7]).expect("there are these PCRs");
    let watched = |reference| Lease {
        platform: Some(Platform { pcrs, reference }),
        ..fixture::lease()
    };
    let odd = Claims::of(Kind::Lease, &lease()).within(-70_020, |anchor| anchor.and(7, int(1)));
    let sign = |lease: Lease| lease.sign(&Key::Issuer.signing()).expect("can be signed");
    vec![
        vector("lease", Kind::Lease, lease(), None),
        vector(
            "lease_with_feature_approval",
            Kind::Lease,
            sign(approved),
            None,
        ),
        vector(
            "lease_until_end_of_year_9999",
            Kind::Lease,
            sign(latest),
            None,
        ),
        vector(
            "lease_with_unknown_odd_anchor_field",
            Kind::Lease,
            signed(Kind::Lease, Key::Issuer, &odd.encode()),
            None,
        ),
        vector(
            "lease_with_approved_platform",
            Kind::Lease,
            sign(watched(Some(Digest::of(&[b"measured"])))),
            None,
        ),
        vector(
            "lease_that_corrects_dates",
            Kind::Lease,
            sign(Lease {
                correction: Some(1),
                ..fixture::lease()
            }),
            None,
        ),
        vector(
            "lease_with_listed_platform",
            Kind::Lease,
            sign(watched(None)),
            None,
        ),
    ]
}

fn lists() -> Vec<Vector> {
    let list = Claims::of(Kind::StatusList, &status_list());
    // The list of draft-ietf-oauth-status-list, section 4.1: [1,0,0,1,1,1,0,1, 1,1,0,0,0,1,0,1].
    let lst = [0x78, 0xda, 0xdb, 0xb9, 0x18, 0x00, 0x02, 0x17, 0x01, 0x5d];
    let bits = map(&[(text("lst"), bstr(&lst)), (text("bits"), int(1))]);
    let one_bit = signed(
        Kind::StatusList,
        Key::Issuer,
        &list.clone().with(65_533, bits).encode(),
    );
    let member = list.clone().within(65_533, |members| {
        let aggregation = (
            text("aggregation_uri"),
            text("https://license.example.com/lists"),
        );
        Claims([members.0, vec![aggregation]].concat())
    });
    let member = signed(Kind::StatusList, Key::Issuer, &member.encode());
    let mut own = fixture::status_list();
    own.product = Some("cad-suite".into());
    own.ttl_s = Some(43_200);
    let own = own.sign(&Key::OwnProduct.signing()).expect("can be signed");
    let big = Manifest {
        rules: vec![0x55; 2_000],
        ..fixture::manifest()
    };
    let big = big.sign(&Key::Issuer.signing()).expect("can be signed");
    vec![
        vector("manifest", Kind::Manifest, manifest(), None),
        vector("manifest_of_two_kilobytes", Kind::Manifest, big, None),
        vector("status_list", Kind::StatusList, status_list(), None),
        vector(
            "status_list_of_one_bit_entries",
            Kind::StatusList,
            one_bit,
            None,
        ),
        vector(
            "status_list_with_unknown_text_member",
            Kind::StatusList,
            member,
            None,
        ),
        vector(
            "status_list_of_one_product_with_ttl",
            Kind::StatusList,
            own,
            None,
        ),
    ]
}

fn bundles() -> Vec<Vector> {
    let next = TrustBundle {
        sequence: 4,
        next_root: None,
        ..fixture::trust_bundle()
    };
    let sign =
        |bundle: &TrustBundle, root: Key| bundle.sign(&root.signing()).expect("can be signed");
    let empty = TrustBundle {
        keys: Vec::new(),
        ..next.clone()
    };
    let valid = |name: &str, bytes: Vec<u8>, trust| Vector {
        trust,
        ..vector(name, Kind::TrustBundle, bytes, None)
    };
    let first: &[Key] = &[Key::Root];
    vec![
        valid("bundle", bundle(), Trust::Anchor(&[Key::Root])),
        valid(
            "bundle_without_keys",
            sign(&empty, first[0]),
            Trust::Anchor(&[Key::Root]),
        ),
        valid(
            "bundle_by_announced_root",
            sign(&next, Key::SecondRoot),
            Trust::After("bundle.bundle"),
        ),
        valid(
            "bundle_following_by_same_root",
            sign(&next, Key::Root),
            Trust::After("bundle.bundle"),
        ),
        valid("bundle_again", bundle(), Trust::After("bundle.bundle")),
        valid(
            "bundle_by_second_root_in_program",
            sign(&next, Key::SecondRoot),
            Trust::Anchor(&[Key::Root, Key::SecondRoot]),
        ),
    ]
}

/// Messages with their real content; what a TPM makes is opaque to a reader of files and stands in for itself. The kinds
/// whose content later versions define have the envelope around a plausible payload.
fn messages() -> Vec<Vector> {
    let payload = map(&[(int(1), bstr(&[0xab; 200])), (int(3), array(&[int(5)]))]);
    let by_binding_key = [
        ("release_order", Kind::ReleaseOrder),
        ("receipt", Kind::Receipt),
        ("renewal_request", Kind::RenewalRequest),
    ];
    let mut vectors: Vec<_> = by_binding_key
        .map(|(name, kind)| vector(name, kind, signed(kind, Key::Binding, &payload), None))
        .into();
    vectors.push(vector("request", Kind::ActivationRequest, request(), None));
    vectors.push(vector(
        "request_with_platform",
        Kind::ActivationRequest,
        request_with(Some(platform_quote()), Vec::new()),
        None,
    ));
    vectors.push(vector(
        "request_that_names_a_lease",
        Kind::ActivationRequest,
        request_with(None, vec![fixture::lease().token_id]),
        None,
    ));
    vectors.push(vector("evidence", Kind::Evidence, evidence(), None));
    vectors.push(vector(
        "evidence_with_two_quotes",
        Kind::Evidence,
        evidence_with(vec![attested(6), attested(8)]),
        None,
    ));
    let binding = signed(Kind::StoreBinding, Key::Store, &store_binding());
    vectors.push(vector("store_binding", Kind::StoreBinding, binding, None));
    vectors.push(vector(
        "response",
        Kind::ActivationResponse,
        response(),
        None,
    ));
    vectors.push(vector("state", Kind::State, state(), None));
    let sealed = seal(Kind::SealedArtifact, Key::State, LICENSE_AAD, &license());
    vectors.push(vector(
        "license_at_rest",
        Kind::SealedArtifact,
        sealed,
        None,
    ));
    vectors
}

/// The content of a binding, with stand-ins for what a TPM makes.
fn store_binding() -> Vec<u8> {
    let key = |area: u8| map(&[(int(4), bstr(&[area; 90]))]);
    let blob = |area: u8| map(&[(int(2), bstr(&[area; 78])), (int(4), bstr(&[area; 126]))]);
    map(&[
        (int(0), int(1)),
        (int(2), bstr(Key::Store.signing().public().sec1())),
        (int(4), bstr(fixture::vendor().as_bytes())),
        (int(6), int(0)),
        (int(8), bstr(&[0x50; 16])),
        (int(10), int(4)),
        (int(12), key(0xa0)),
        (int(14), key(0x50)),
        (int(16), key(0xf0)),
        (int(18), bstr(&[0x01; 46])),
        (int(20), bstr(&[0x02; 46])),
        (int(22), blob(0x5e)),
        (int(24), blob(0x5f)),
        (int(26), int(0)),
    ])
}

/// A request for activation, by file.
pub(crate) fn request() -> Vec<u8> {
    request_with(None, Vec::new())
}

fn request_with(platform: Option<PlatformQuote>, leases: Vec<TokenId>) -> Vec<u8> {
    let license = fixture::license();
    let body = ActivationBody {
        license_id: license.license_id,
        product: license.product,
        nonce: [0x4e; 32],
        nonce_source: NonceSource::Device,
        vendor: fixture::vendor(),
        store: license.binding.store,
        slot: 0,
        epoch: license.binding.epoch,
        ek_public: vec![0xe0; 90],
        ek_certificates: vec![vec![0xec; 300], vec![0xed; 280]],
        ak_public: vec![0xa0; 88],
        srk_public: vec![0x50; 90],
        feature_parent_public: vec![0xf0; 122],
        seed_public: vec![0x5e; 78],
        epoch_index: vec![0x01; 46],
        activity_index: vec![0x02; 46],
        store_key: Key::Store.signing().public().clone(),
        binding_key: Key::Binding.signing().public().clone(),
        tpm: TpmModel {
            manufacturer: "IBM".to_owned(),
            model: "SW   TPM".to_owned(),
            firmware: 0x2019_1023_0016_3636,
        },
        trust_bundle: Some(Digest::of(&[&bundle()])),
        program: "0.1.0".to_owned(),
        further_endorsements: Vec::new(),
        leases,
    };
    let proofs = Proofs {
        srk: attested(1),
        feature_parent: attested(2),
        seed: attested(3),
        epoch: CounterProof::Certified(attested(4)),
        activity: CounterProof::Audited {
            session: attested(5),
            value: 7,
        },
        quote: attested(6),
        platform,
    };
    let key = LicenseKey::new(license.license_id, [0x5c; 16]);
    ActivationRequest::sign(
        &body.encode(),
        &proofs,
        &key.mac_key(),
        &Key::Binding.signing(),
    )
    .expect("can be signed")
}

/// Evidence about the fixture's license.
pub(crate) fn evidence() -> Vec<u8> {
    evidence_with(vec![attested(6)])
}

fn evidence_with(quotes: Vec<Attested>) -> Vec<u8> {
    let covered = Covered {
        license: Digest::of(&[&license()]),
        lease: Digest::of(&[&lease()]),
    };
    let file = EvidenceFile {
        evidence: Evidence {
            subject: Subject {
                licenses: vec![covered],
                state: Digest::new([0x57; 32]),
                nonces: vec![[0x4e; 32]],
            },
            quotes,
            activity: CounterProof::Certified(attested(7)),
        },
        ak_public: vec![0xa0; 88],
        tokens: vec![TokenFiles {
            license: license(),
            lease: lease(),
        }],
    };
    file.sign(&Key::Binding.signing()).expect("can be signed")
}

fn platform_quote() -> PlatformQuote {
    PlatformQuote {
        quote: attested(8),
        values: std::array::from_fn(|pcr| [pcr as u8; 32]),
    }
}

fn attested(n: u8) -> Attested {
    Attested {
        attest: vec![n; 145],
        signature: vec![n; 72],
    }
}

/// A state that has seen the bundle and remembers nothing else.
pub(crate) fn state() -> Vec<u8> {
    let none = || array(&[]);
    let content = map(&[
        (int(0), int(1)),
        (int(2), none()),
        (int(4), int(3)),
        (int(6), none()),
        (int(8), none()),
        (int(12), none()),
        (int(16), none()),
        (int(19), none()),
    ]);
    seal(Kind::State, Key::State, EXTERNAL_AAD, &content)
}

/// The vendor's answer to [`request`].
pub(crate) fn response() -> Vec<u8> {
    response_about(request_id(), request_id())
}

/// A response whose header and content name these requests.
pub(crate) fn response_about(outside: Digest, inside: Digest) -> Vec<u8> {
    let secret = Key::Credential.scalar();
    let sealed = ActivationResponse {
        request: inside,
        license: license(),
        lease: lease(),
        manifest: manifest(),
        trust_bundle: bundle(),
        status_lists: vec![status_list()],
    };
    let credential = Credential {
        id_object: vec![0xcb; 68],
        encrypted_secret: vec![0xe5; 256],
    };
    let sealed = sealed
        .seal(&credential, &secret, NONCE)
        .expect("can be sealed");
    if outside == inside {
        return sealed;
    }
    // The content of one under the header and the key of another.
    let mut key = [0; 32];
    let expand = |request: &Digest, key: &mut [u8]| {
        Hkdf::<Sha256>::new(None, &secret)
            .expand_multi_info(&[b"counterfoil/v1/response", request.as_bytes()], key)
            .expect("is short");
    };
    expand(&inside, &mut key);
    let content =
        cose::unseal(Kind::ActivationResponse, &key, &[], &sealed).expect("it was sealed so");
    expand(&outside, &mut key);
    let extras = [
        (response_label::REQUEST_ID, outside.as_bytes().to_vec()),
        (response_label::CREDENTIAL_BLOB, vec![0xcb; 68]),
        (response_label::ENCRYPTED_SECRET, vec![0xe5; 256]),
    ];
    cose::seal(
        Kind::ActivationResponse,
        &key,
        &[],
        &extras,
        &content,
        NONCE,
    )
    .expect("can be sealed")
}

pub(crate) fn request_id() -> Digest {
    ActivationRequest::open(&request())
        .expect("it is a request")
        .id()
}

pub(crate) fn seal(kind: Kind, key: Key, external_aad: &[u8], payload: &[u8]) -> Vec<u8> {
    cose::seal(kind, &key.scalar(), external_aad, &[], payload, NONCE).expect("can be sealed")
}

/// A few claims of the files that carry the fixture's tokens, for other implementations to compare.
pub(crate) fn known_claims(kind: Kind, name: &str) -> Option<Json> {
    let vendor = fixture::vendor().to_string();
    let license = fixture::license();
    match (kind, name.split('.').next()?) {
        (Kind::License, "license") => Some(json!({
            "1": vendor,
            "2": license.license_id.to_string(),
            "3": license.product,
            "4": license.expires_at.map(UtcTime::unix),
            "6": license.issued_at.unix(),
            "7": hex(license.token_id.as_ref()),
            "-70004": license.features,
        })),
        (Kind::Lease, "lease") => Some(json!({
            "1": vendor,
            "2": license.license_id.to_string(),
            "-70012": hex(license.token_id.as_ref()),
            "-70014": fixture::lease().sequence,
        })),
        (Kind::Manifest, "manifest") => {
            Some(json!({ "1": vendor, "-70008": "desktop", "-70014": 8 }))
        }
        (Kind::StatusList, "status_list") => Some(json!({ "2": license.status.list })),
        (Kind::TrustBundle, "bundle") => Some(json!({ "1": vendor, "-70014": 3 })),
        _ => None,
    }
}

/// A signed file in parts, to be spoiled.
pub(crate) fn parts(kind: Kind, file: &[u8], key: Key) -> Sign1 {
    Sign1::new(kind, key.signing(), &Claims::of(kind, file).encode())
}

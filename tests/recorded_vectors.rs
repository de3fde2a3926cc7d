//! One real activation, validation and evidence, recorded from a simulated TPM byte for byte with the keys that open it:
//! this program reads it for ever, and so does the other implementation in `tests/python`.
#![cfg(all(feature = "client", feature = "device", feature = "server"))]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]
#![allow(unreachable_pub, dead_code, reason = "a test program uses its part")]

#[path = "attack/stage.rs"]
mod stage;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use counterfoil::client::Counterfoil;
use counterfoil::device::{
    Attestation, AuthValue, Auths, CounterForm, Hardware as _, Secret, SecretKind, StoreBinding,
};
use counterfoil::evidence::{EkTrust, EndorsementKey};
use counterfoil::protocol::report::{Covered, EvidenceFile, TokenFiles, cmw};
use counterfoil::protocol::{
    ActivationRequest, ActivationResponse, Evidence, SealedResponse, Subject,
};
use counterfoil::server::enroll;
use counterfoil::store::{Folder, Place, Seed};
use counterfoil::token::cose::{self, Kind};
use counterfoil::token::{
    DeviceClass, Digest, Lease, License, LicenseKey, Manifest, Selections, SigningKey, Status,
    StatusList, TrustAnchor, TrustBundle, UtcTime,
};
use hkdf::Hkdf;
use serde_json::{Value as Json, json};
use sha2::Sha256;
use stage::{Machine, Vendor, files, now, state_file};

const NONCE: [u8; 32] = [0x4e; 32];
const AUDITED_NONCE: [u8; 32] = [0x4f; 32];

/// Files by name, and the index.
struct Recording {
    index: Json,
    files: BTreeMap<String, Vec<u8>>,
}

impl Recording {
    fn committed() -> Self {
        let folder = committed();
        let index = fs::read(folder.join("index.json")).unwrap();
        let files = fs::read_dir(&folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        });
        Self {
            index: serde_json::from_slice(&index).unwrap(),
            files: files.collect(),
        }
    }

    fn file(&self, name: &str) -> &[u8] {
        &self.files[name]
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        let text = self.index[key].as_str().unwrap();
        let digit = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(digit).collect()
    }

    fn array<const N: usize>(&self, key: &str) -> [u8; N] {
        self.bytes(key).try_into().unwrap()
    }

    fn at(&self) -> UtcTime {
        self.index["recorded_at"].as_str().unwrap().parse().unwrap()
    }

    fn anchor(&self) -> TrustAnchor {
        TrustAnchor::from_pem(str::from_utf8(self.file("vendor-root.pem")).unwrap()).unwrap()
    }

    fn response(&self) -> ActivationResponse {
        let sealed = SealedResponse::parse(self.file("activation.response")).unwrap();
        sealed.open(&self.bytes("credential_secret")).unwrap()
    }

    /// The role that binds a sealed file of the store, behind store id and epoch.
    fn external_aad(&self, name: &str) -> Vec<u8> {
        let sealed = self.index["sealed"].as_array().unwrap();
        let entry = sealed.iter().find(|entry| entry["file"] == name).unwrap();
        let role: Vec<u8> = match entry["path"].as_str() {
            Some(path) => path.into(),
            None => entry["activity"].as_u64().unwrap().to_be_bytes().into(),
        };
        let epoch = self.index["epoch"].as_u64().unwrap().to_be_bytes();
        [self.bytes("store"), epoch.into(), role].concat()
    }
}

#[test]
fn p6_the_recorded_machine_passes_every_check_of_enrollment_and_its_license_is_bound_to_it() {
    let recorded = Recording::committed();
    let vendor = recorded.anchor().vendor();
    let mut trust = EkTrust::default();
    let root = recorded.file("ek-root.pem");
    trust.roots.add(root, DeviceClass::Test).unwrap();
    let request = recorded.file("activation.request");
    let verified = enroll::verify(request, vendor, &trust, recorded.at()).unwrap();
    let key: LicenseKey = recorded.index["license_key"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    verified.request().verify_mac(&key.mac_key()).unwrap();

    let response = recorded.response();
    assert_eq!(response.request, verified.request().id());
    let bundle = TrustBundle::verify(&response.trust_bundle, &recorded.anchor()).unwrap();
    let license = License::verify(&response.license, &bundle).unwrap();
    let lease = Lease::verify(&response.lease, &bundle).unwrap();
    lease.belongs_to(&license).unwrap();
    let manifest = Manifest::verify(&response.manifest, &bundle).unwrap();
    assert_eq!(manifest.reference(), lease.manifest);
    let list = StatusList::verify(&response.status_lists[0], &bundle).unwrap();
    assert_eq!(list.uri, license.status.list);
    assert_eq!(list.capacity(), 65_536, "its length says nothing");
    assert_eq!(list.status(license.status.index), Some(Status::Valid));
    assert_eq!(license.binding, *verified.binding());
}

#[test]
fn p7_recorded_evidence_of_both_forms_is_verified_and_no_other_question_is_answered_by_it() {
    let recorded = Recording::committed();
    let response = recorded.response();
    let bundle = TrustBundle::verify(&response.trust_bundle, &recorded.anchor()).unwrap();
    for (name, nonce) in [
        ("certified.evidence", NONCE),
        ("audited.evidence", AUDITED_NONCE),
    ] {
        let report = EvidenceFile::verify(recorded.file(name), &bundle, &nonce).unwrap();
        let activity = recorded.index["activity"].as_u64().unwrap();
        assert_eq!(report.evidence.activity(), activity);
        assert!(EvidenceFile::verify(recorded.file(name), &bundle, &[0; 32]).is_err());
    }
    let wrapped = recorded.file("certified.cmw");
    let plain = recorded.file("certified.evidence");
    assert_eq!(cmw::wrap(plain), wrapped);
    assert_eq!(*cmw::contents(wrapped).unwrap(), *plain);
}

#[test]
fn the_recorded_store_opens_with_the_keys_that_follow_from_its_seed() {
    let recorded = Recording::committed();
    let keys = keys(&recorded.array("seed"), &recorded.bytes("store"));
    assert_eq!(keys.state.to_vec(), recorded.bytes("state_key"));
    assert_eq!(
        keys.binding.to_scalar().to_vec(),
        recorded.bytes("binding_key")
    );
    let store_key = SigningKey::from_scalar(&recorded.array("store_key")).unwrap();
    let binding = cose::open(Kind::StoreBinding, recorded.file("binding")).unwrap();
    binding.verify(store_key.public()).unwrap();
    let response = recorded.response();
    for entry in recorded.index["sealed"].as_array().unwrap() {
        let name = entry["file"].as_str().unwrap();
        let kind = match entry["path"].is_null() {
            true => Kind::State,
            false => Kind::SealedArtifact,
        };
        let aad = recorded.external_aad(name);
        let content = cose::unseal(kind, &keys.state, &aad, recorded.file(name)).unwrap();
        if name == "license.sealed-artifact" {
            assert_eq!(*content, response.license);
        }
    }
    let request = ActivationRequest::open(recorded.file("activation.request")).unwrap();
    assert_eq!(request.body().binding_key, *keys.binding.public());
}

/// Makes the recording anew and says how to take it over: for a change of what a request or a response must hold.
#[test]
#[ignore = "makes new vectors: cargo test --test recorded_vectors -- --ignored --nocapture"]
fn record() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recorded");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let recording = recorded_now();
    let index = serde_json::to_string_pretty(&recording.index).unwrap() + "\n";
    fs::write(folder.join("index.json"), index).unwrap();
    for (name, bytes) in recording.files {
        fs::write(folder.join(name), bytes).unwrap();
    }
    println!(
        "To take the new files over:\nrm -r {0}; cp -r {1} {0}",
        committed().display(),
        folder.display()
    );
}

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/recorded")
}

fn recorded_now() -> Recording {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let key = vendor.sell(1);
    let app = machine.app(&vendor);
    let recorded_at = now();
    let asked = app.request_activation(&key, &Auths::default()).unwrap();
    let response = vendor.answer(&asked.request).unwrap().response;
    // Before it is applied: it opens as often as one likes.
    let binding = binding(&machine);
    let credential = credential_secret(&machine, &binding, &asked.request, &response);
    app.apply_response(&response, &Auths::default()).unwrap();
    assert!(app.validate().verdict.reason.name() == "ok");
    let certified = app.evidence(NONCE).unwrap();
    let opened = SealedResponse::parse(&response).unwrap();
    let opened = opened.open(credential.as_bytes()).unwrap();
    let unseal = |which| {
        machine
            .hardware()
            .open()
            .unwrap()
            .unseal(&binding, which)
            .unwrap()
    };
    let (seed, store_key) = (unseal(SecretKind::Seed), unseal(SecretKind::StoreKey));
    let keys = keys(seed.as_bytes(), binding.store.as_bytes());
    let (audited, activity) = audited(&machine, &binding, &opened, &keys.binding);

    let mut files = BTreeMap::from([
        ("activation.request".to_owned(), asked.request),
        ("activation.response".to_owned(), response),
        ("certified.cmw".to_owned(), cmw::wrap(&certified)),
        ("certified.evidence".to_owned(), certified),
        ("audited.evidence".to_owned(), audited),
        ("vendor-root.pem".to_owned(), root_pem(&vendor)),
        (
            "ek-root.pem".to_owned(),
            machine.tpm.ek_root_pem().unwrap().into(),
        ),
    ]);
    let sealed = store_files(&machine, &app, &mut files);
    let index = json!({
        "recorded_at": recorded_at.to_string(),
        "license_key": &*key.to_text(),
        "vendor": binding.vendor.to_string(),
        "store": hex(binding.store.as_bytes()),
        "epoch": binding.epoch,
        "activity": activity,
        "credential_secret": hex(credential.as_bytes()),
        "seed": hex(seed.as_bytes()),
        "state_key": hex(&keys.state),
        "binding_key": hex(&*keys.binding.to_scalar()),
        "store_key": hex(store_key.as_bytes()),
        "evidence": [
            { "file": "certified.evidence", "nonce": hex(&NONCE) },
            { "file": "audited.evidence", "nonce": hex(&AUDITED_NONCE) },
        ],
        "sealed": sealed,
    });
    Recording { index, files }
}

/// The store's files under names of their own, and what binds each of the sealed ones.
fn store_files(
    machine: &Machine,
    app: &Counterfoil,
    into: &mut BTreeMap<String, Vec<u8>>,
) -> Vec<Json> {
    let dir = machine.dir();
    let read = |path: &Path| fs::read(path).unwrap();
    into.insert("binding".to_owned(), read(&files(&dir, "binding")[0]));
    let state = state_file(machine);
    let activity = state.file_name().unwrap().to_str().unwrap();
    let activity: u64 = activity.strip_prefix("state-").unwrap().parse().unwrap();
    into.insert("state.state".to_owned(), read(&state));
    let mut sealed = vec![json!({ "file": "state.state", "activity": activity })];

    let license = app.validate().licenses[0].id;
    let places = [
        ("license", Place::License(license)),
        ("lease", Place::Lease(license)),
        ("bundle", Place::Bundle),
    ];
    let generation = state.parent().unwrap();
    for (name, place) in places {
        let (file, path) = (format!("{name}.sealed-artifact"), place.to_string());
        into.insert(file.clone(), read(&generation.join(&path)));
        sealed.push(json!({ "file": file, "path": path }));
    }
    sealed
}

/// Evidence as of a TPM that lacks TPM2_NV_Certify, and the counter's value in it.
fn audited(
    machine: &Machine,
    binding: &StoreBinding,
    tokens: &ActivationResponse,
    key: &SigningKey,
) -> (Vec<u8>, u64) {
    let covered = Covered {
        license: Digest::of(&[&tokens.license]),
        lease: Digest::of(&[&tokens.lease]),
    };
    let subject = Subject {
        licenses: vec![covered],
        state: Digest::of(&[&fs::read(state_file(machine)).unwrap()]),
        nonces: vec![AUDITED_NONCE],
    };
    let binding = StoreBinding {
        counter_form: CounterForm::Audited,
        ..binding.clone()
    };
    let hardware = machine.hardware();
    let mut open = hardware.open().unwrap();
    let qualifying = subject.qualifying_data();
    let attested = open.attest(&binding, &qualifying, &Selections::none());
    let Attestation { quotes, activity } = attested.unwrap();
    let value = match &activity {
        counterfoil::evidence::CounterProof::Audited { value, .. } => *value,
        other => panic!("was asked to audit: {other:?}"),
    };
    let file = EvidenceFile {
        evidence: Evidence {
            subject,
            quotes,
            activity,
        },
        ak_public: binding.attestation_key.public,
        tokens: vec![TokenFiles {
            license: tokens.license.clone(),
            lease: tokens.lease.clone(),
        }],
    };
    (file.sign(key).unwrap(), value)
}

fn binding(machine: &Machine) -> StoreBinding {
    let folder = Folder::open(&machine.dir()).unwrap();
    let folder = folder.lock(Duration::from_secs(5)).unwrap();
    let epoch = folder.epochs().unwrap()[0];
    folder.generation(epoch).unwrap().binding().unwrap()
}

fn credential_secret(
    machine: &Machine,
    binding: &StoreBinding,
    request: &[u8],
    response: &[u8],
) -> Secret {
    let request = ActivationRequest::open(request).unwrap();
    let asked = EndorsementKey::from_public(&request.body().ek_public).unwrap();
    let hardware = machine.hardware();
    let mut open = hardware.open().unwrap();
    let all = open.endorsement(&AuthValue::empty()).unwrap();
    let of = |public: &[u8]| EndorsementKey::from_public(public).unwrap().hash();
    let used = all
        .iter()
        .find(|one| of(&one.public) == asked.hash())
        .unwrap();
    let response = SealedResponse::parse(response).unwrap();
    let (credential, auth) = (response.credential(), AuthValue::empty());
    open.activate_credential(binding, used.template, credential, &auth)
        .unwrap()
}

struct Keys {
    state: [u8; 32],
    binding: SigningKey,
}

fn keys(seed: &[u8; 32], store: &[u8]) -> Keys {
    let mut state = [0; 32];
    Hkdf::<Sha256>::new(Some(store), seed)
        .expand(b"counterfoil/v1/state-key", &mut state)
        .unwrap();
    let store = store.try_into().unwrap();
    let binding =
        Seed::new(Secret::new(*seed)).binding_key(counterfoil::token::StoreId::new(store));
    let binding = SigningKey::from_scalar(&binding.signing_key().to_scalar()).unwrap();
    Keys { state, binding }
}

fn root_pem(vendor: &Vendor) -> Vec<u8> {
    vendor.service().anchor().root().to_pem().into_bytes()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

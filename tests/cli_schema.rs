//! What the vendor's verbs print with `--json` is what `docs/schema` says, and nothing else; wrapped evidence; `inspect` of
//! anything.
#![cfg(all(
    feature = "client",
    feature = "device",
    feature = "server",
    feature = "cli"
))]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod cli_support;

use std::fs;

use cli_support::scene::Scene;
use cli_support::{Bench, Ran};
use serde_json::Value;

const NONCE: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

/// Runs a verb of the vendor's program that succeeds, and holds what it prints against its schema.
#[track_caller]
fn server(bench: &Bench, schema: &str, line: &str) -> Value {
    bench.server(&format!("--json {line}")).ends(0).json(schema)
}

#[test]
fn every_verb_of_the_vendor_prints_what_its_schema_says() {
    let scene = Scene::new();
    let bench = &scene.bench;
    // A product whose rules watch the platform, so that there is one on record.
    let rules = fs::read_to_string(bench.path("service/manifests/cad.toml")).unwrap();
    let watching = "[pcr]\npcrs = [0, 7]\nreference = \"activation\"\non_change = \"limited\"";
    bench.write("watching.toml", format!("{rules}\n{watching}\n"));
    let publish = "manifest publish cad watching.toml";
    server(bench, "manifest-publish", publish);
    for pcr in [0, 7] {
        scene.tpm.pcr_extend(pcr, &[1; 32]).unwrap();
    }
    scene.activate();
    let again = server(bench, "answer", "answer machine.request -o again.response");
    assert_eq!(again["repeated"], true);
    fs::create_dir(bench.path("requests")).unwrap();
    fs::copy(
        bench.path("machine.request"),
        bench.path("requests/good.request"),
    )
    .unwrap();
    fs::create_dir(bench.path("requests/folder.request")).unwrap();
    bench.write("requests/junk.request", "junk");
    let all = bench.server("--json answer requests -o answers").ends(2);
    let answers = &all.json("answer")["answers"];
    assert!(answers[0]["error"].is_string() && answers[2]["refusal"].is_string());
    assert_eq!(answers[1]["answered"], true);

    let listed = server(bench, "license-list", "license list");
    let id = listed["licenses"][0]["id"].as_str().unwrap();
    let shown = server(bench, "license-show", &format!("license show {id}"));
    let device = shown["license"]["devices"][0]["device"].as_str().unwrap();
    let approve = format!("device approve-platform {id} --device {device} --digest {NONCE}");
    server(bench, "device-approve-platform", &approve);
    let seats = server(bench, "seat-list", &format!("seat list {id}"));
    assert_eq!(seats["seats"][0]["status"], "pending");
    server(bench, "clock-show", "clock show");
    server(bench, "clock-accept", "clock accept");
    let free = format!("seat free {id} --device {device}");
    server(bench, "seat-free", &free);
    let again = bench.server(&format!("--json {free}")).ends(2);
    assert!(again.error.contains("has no seat"), "{}", again.error);
    server(bench, "license-create", "license create --product cad");
    server(bench, "product-add", "product add studio");
    server(bench, "ek-allow", &format!("ek allow {NONCE}"));

    let added = "ek-root add ek-root.pem --class test";
    server(bench, "ek-root-add", added);
    let roots = server(bench, "ek-root-list", "ek-root list");
    let root = roots["roots"][0]["fingerprint"].as_str().unwrap();
    bench
        .server("--json ek check ek-root.pem")
        .ends(1)
        .json("ek-check");
    bench.write(
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----",
    );
    let check = bench.server("--json ek check broken.pem");
    check.ends(1).json("ek-check");
    let add = bench.server("--json ek-root add broken.pem");
    add.ends(1).json("ek-root-add");
    server(bench, "ek-root-remove", &format!("ek-root remove {root}"));
}

#[test]
fn the_verbs_of_a_root_elsewhere_print_what_their_schemas_say() {
    let bench = Bench::new("none");
    let here = |line: &str| bench.server_in("root", &format!("--json {line}"));
    here("root init").ends(0).json("root-init");
    let made = server(
        &bench,
        "init",
        "init --name Acme --root-public root/root.pem",
    );
    assert!(made["bundle"].is_null());
    let proposal = made["bundle_proposal"].as_str().unwrap();
    let sign = format!("root sign-bundle --in {proposal} --out signed.bundle");
    let reviewed = here(&sign).ends(1).json("root-sign-bundle");
    assert_eq!(reviewed["signed"], false);
    let signed = here(&format!("{sign} --yes"))
        .ends(0)
        .json("root-sign-bundle");
    assert_eq!(signed["signed"], true);
}

#[test]
fn provision_prints_what_its_schema_says() {
    let scene = Scene::new();
    for outcome in ["made", "unchanged"] {
        let ran = scene.device("provision --json").ends(0);
        assert_eq!(ran.json("provision")["outcome"], outcome);
    }
}

#[test]
fn p7_evidence_is_verified_as_it_is_and_in_a_cmw_record_and_refused_in_json() {
    let scene = Scene::activated();
    let evidence = format!("evidence --nonce {NONCE} -o");
    for (file, cmw) in [("plain.evidence", false), ("wrapped.cmw --cmw", true)] {
        let ran = scene.device(&format!("{evidence} {file} --json")).ends(0);
        assert_eq!(ran.json("evidence")["cmw"], cmw);
    }
    for file in ["plain.evidence", "wrapped.cmw"] {
        let verify = format!("verify-evidence {file} --nonce {NONCE}");
        let proof = server(&scene.bench, "verify-evidence", &verify);
        assert_eq!(proof["valid"], true, "{file}");
        let shown = scene.device(&format!("inspect {file} --json")).ends(0);
        assert_eq!(shown.json("inspect")["kind"], "evidence", "{file}");
    }

    let mut wrapped = fs::read(scene.bench.path("wrapped.cmw")).unwrap();
    let refused = |name: &str, bytes: &[u8]| {
        scene.bench.write(name, bytes);
        let line = format!("--json verify-evidence {name} --nonce {NONCE}");
        let refused = scene.bench.server(&line).ends(1).json("verify-evidence");
        assert_eq!(refused["valid"], false);
        assert!(refused["failed"].is_string());
    };
    refused("cut.cmw", &wrapped[..wrapped.len() - 1]);
    *wrapped.last_mut().unwrap() ^= 1;
    refused("flipped.cmw", &wrapped);
    refused("empty.cmw", &[]);
}

#[test]
fn inspect_prints_a_document_whatever_the_file_is() {
    let bench = Bench::new("none");
    bench.write("empty", "");
    bench.write("text", "no file of ours");
    bench.write("key.pem", "-----BEGIN PRIVATE KEY-----\n");
    bench.write("certificate.pem", "-----BEGIN CERTIFICATE-----\n");
    bench.write("record.cmw", [0x82, 0x61, b'x', 0x40]);
    bench.write("large", vec![0; 2 << 20]);
    bench.write("new\nline", "x");
    for name in [
        "empty",
        "text",
        "key.pem",
        "certificate.pem",
        "record.cmw",
        "large",
        "missing",
        ".",
    ] {
        let Ran { code, out, error } = bench.device(&format!("inspect {name} --json"));
        assert_eq!(code, 2, "{name}: {error}");
        let shown = Ran { code, out, error }.json("inspect");
        assert!(shown["kind"].is_null(), "{name}");
        let told = shown["error"].as_str().unwrap();
        assert!(told.contains(name), "{told}");
    }
}

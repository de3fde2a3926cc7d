//! What a verb writes is never written over what a vendor or a machine can't do without.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::server_desk::Desk;

/// The content of every file below a folder.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => all.extend(contents(&path)),
            path => all.push((path.clone(), fs::read(path).unwrap())),
        }
    }
    all.sort();
    all
}

const OWN: [&str; 12] = [
    "acme/counterfoil.sqlite",
    "acme/counterfoil.sqlite-wal",
    "acme/bundle",
    "acme/bundle-proposal.toml",
    "acme/config.toml",
    "acme/root.pem",
    "acme/lock",
    "acme/keys/issuer.key",
    "acme/keys/new",
    "acme/manifests/cad.toml",
    "acme/root/root.key",
    "link/../acme/root/last.bundle",
];

#[test]
fn an_answer_never_goes_over_a_file_of_the_service_and_nothing_is_signed_for_it() {
    let desk = Desk::with_service();
    desk.run(&["product", "add", "cad"]).yes();
    symlink("acme", desk.path("link")).unwrap();
    fs::hard_link(desk.path("acme/keys/issuer.key"), desk.path("second-name")).unwrap();
    fs::write(desk.path("x.request"), "no request").unwrap();
    let before = contents(&desk.dir());
    for own in OWN.into_iter().chain(["link/bundle", "second-name"]) {
        desk.run(&["answer", "x.request", "-o", own])
            .error(&["it is a file of the ", "name another one"]);
    }
    fs::create_dir(desk.path("requests")).unwrap();
    fs::rename(desk.path("x.request"), desk.path("requests/x.request")).unwrap();
    for own in ["acme/keys", "link/manifests", "acme/keys/answers"] {
        desk.run(&["answer", "requests", "-o", own])
            .error(&["is a file of the license service"]);
    }
    assert_eq!(contents(&desk.dir()), before);
    // A folder of one's own may lie in the service's.
    let answered = desk.run(&["answer", "requests", "-o", "acme/answers"]);
    assert_eq!(
        answered.code(),
        1,
        "the request is refused: {}",
        answered.err()
    );
}

#[test]
fn a_signed_bundle_goes_to_the_bundle_of_its_own_vendor_and_over_nothing_else() {
    let desk = Desk::with_service();
    let vault = desk.path("vault");
    desk.run_at(&vault, &["root", "init"]).yes();
    let pem = vault.join("root.pem").display().to_string();
    let service = desk.path("service");
    desk.run_at(
        &service,
        &["init", "--name", "Other", "--root-public", &pem],
    )
    .yes();
    let proposal = service.join("bundle-proposal.toml").display().to_string();
    let sign = |out: &str| {
        let typed = [
            "root",
            "sign-bundle",
            "--in",
            &proposal,
            "--out",
            out,
            "--yes",
        ];
        desk.run_at(&vault, &typed)
    };
    let before = (contents(&desk.dir()), contents(&vault), contents(&service));
    sign("acme/bundle").error(&["another vendor"]);
    for out in OWN.iter().filter(|out| **out != "acme/bundle") {
        sign(out).error(&["no place for a bundle"]);
    }
    for out in ["vault/root.key", "vault/root.pem", "vault/last.bundle"] {
        sign(out).error(&["a file of the vendor root"]);
    }
    assert_eq!(
        (contents(&desk.dir()), contents(&vault), contents(&service)),
        before
    );
    sign("service/bundle").yes();
    sign("elsewhere").yes();
}

fn client(desk: &Desk, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_counterfoil"))
        .env_clear()
        .current_dir(desk.home.path())
        .args([
            "--dir",
            "state",
            "--trust",
            "acme/root.pem",
            "--tcti",
            "swtpm:path=/nowhere",
        ])
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn what_the_client_writes_never_goes_into_a_state_folder_or_over_a_vendors_keys() {
    let desk = Desk::with_service();
    desk.run(&["product", "add", "cad"]).yes();
    let made = desk.run(&["--json", "license", "create", "--product", "cad"]);
    let made = made.json();
    let key = made["key"].as_str().unwrap();
    fs::create_dir_all(desk.path("other/epoch-3")).unwrap();
    fs::write(desk.path("other/lock"), "").unwrap();
    symlink("other/epoch-3", desk.path("link")).unwrap();
    let nonce = "00".repeat(32);
    let before = contents(desk.home.path());
    for out in [
        "state/x",
        "state/deep/x",
        "other/x.request",
        "link/x",
        "acme/../other/binding",
    ] {
        for verb in [
            &["activate", "--key", key, "--request-out", out][..],
            &["evidence", "--nonce", &nonce, "-o", out],
            &["doctor", "--bundle", out],
        ] {
            let ran = client(&desk, verb);
            let error = String::from_utf8(ran.stderr).unwrap();
            assert_eq!(ran.status.code(), Some(2), "{verb:?}: {error}");
            assert!(error.contains("in the state folder"), "{verb:?}: {error}");
        }
    }
    for out in [
        "acme/keys/issuer.key",
        "acme/root.pem",
        "acme/root/root.key",
    ] {
        let ran = client(&desk, &["doctor", "--bundle", out]);
        assert_eq!(ran.status.code(), Some(2), "{out}");
    }
    assert_eq!(contents(desk.home.path()), before);
}

#[test]
fn what_comes_from_files_is_harmless_on_a_terminal_and_in_json() {
    let desk = Desk::with_service();
    let odd = "a\u{1b}[2J\u{9b}\nanswered\u{202e}.request";
    fs::create_dir(desk.path("requests")).unwrap();
    fs::write(desk.path("requests").join(odd), "no request").unwrap();
    let rules = "\"evil\\u001b[2J\\nwarning: fine\" = 1\n[[tier]]\nname = \"x\"\n\"\\u202e\" = 2\n";
    fs::write(desk.path("odd.toml"), rules).unwrap();
    fs::write(desk.path("odd.proposal"), rules).unwrap();
    let missing = format!("{odd}.missing");
    let verbs: [&[&str]; 5] = [
        &["answer", "requests", "-o", "answers"],
        &["manifest", "check", "odd.toml"],
        &[
            "root",
            "sign-bundle",
            "--dir",
            "acme/root",
            "--in",
            "odd.proposal",
            "--out",
            "x",
        ],
        &["manifest", "check", &missing],
        &["product", "add", "cad", "--rules", "odd.toml"],
    ];
    for verb in verbs {
        for json in [&[][..], &["--json"]] {
            let ran = desk.run(&[json, verb].concat());
            assert_ne!(ran.code(), 0);
            for text in [ran.out(), ran.err()] {
                let bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
                assert!(!text.contains(bad), "{text:?}");
                assert!(
                    text.lines()
                        .all(|line| !line.starts_with("answered")
                            && !line.starts_with("warning: fine")),
                    "{text:?}"
                );
            }
            if !json.is_empty() && !ran.out().is_empty() {
                ran.json();
            }
        }
    }
    let answers = desk
        .run(&["--json", "answer", "requests", "-o", "answers"])
        .json();
    let answer = &answers["answers"][0];
    assert_eq!(answer["file"], format!("requests/{odd}"));
    assert_eq!(answer["answered"], false);
    assert!(answer["refusal"].is_string(), "{answer}");
}

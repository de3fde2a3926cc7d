//! The vendor's keys, its root, and whom it trusts to vouch for TPMs, as the program handles them.
#![cfg(all(feature = "server", feature = "cli"))]

mod server_desk;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use serde_json::Value;
use server_desk::Desk;

#[test]
fn keys_are_encrypted_under_a_passphrase() {
    let desk = Desk::new();
    let right = desk.passphrase_file("right", "correct horse\n");
    let wrong = desk.passphrase_file("wrong", "battery staple\n");
    desk.run(&["init", "--name", "Acme", "--passphrase-file", &right])
        .yes();
    for key in ["keys/issuer.key", "root/root.key"] {
        let pem = fs::read_to_string(desk.dir().join(key)).expect("a key");
        assert!(
            pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"),
            "{pem}"
        );
    }
    desk.run(&["product", "add", "cad"])
        .error(&["issuer.key", "encrypted", "--passphrase-file"]);
    desk.run(&["product", "add", "cad", "--passphrase-file", &wrong])
        .error(&["issuer.key", "passphrase"]);
    desk.run(&["product", "add", "cad", "--passphrase-file", &right])
        .yes();
    desk.run(&["license", "list"]).yes();

    fs::set_permissions(desk.path("right"), fs::Permissions::from_mode(0o644)).expect("opened");
    desk.run(&["product", "add", "cam", "--passphrase-file", &right])
        .error(&["right is open to others", "owner alone may read"]);
    // What is advised for whatever else may be named there would not be undone easily.
    symlink(desk.path("right"), desk.path("link")).expect("linked");
    for other in [
        "/dev/null",
        "/dev/zero",
        "/etc/passwd",
        "/proc/self/status",
        "link",
    ] {
        let ran = desk.run(&["product", "add", "cam", "--passphrase-file", other]);
        assert!(!ran.err().contains("chmod"), "{}", ran.err());
        assert!(!ran.err().contains("chown"), "{}", ran.err());
    }
    let key = desk.dir().join("keys/issuer.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).expect("opened");
    fs::set_permissions(desk.path("right"), fs::Permissions::from_mode(0o600)).expect("closed");
    let add = ["product", "add", "cam", "--passphrase-file", &right];
    desk.run(&add).error(&["chmod 600", "keys/issuer.key`"]);
    fs::hard_link(&key, desk.path("copy")).expect("linked");
    assert!(!desk.run(&add).err().contains("chmod"));
    fs::remove_file(desk.path("copy")).expect("removed");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("closed");
    let empty = desk.passphrase_file("empty", "\n");
    desk.run(&["product", "add", "cam", "--passphrase-file", &empty])
        .error(&["empty"]);
}

#[test]
fn an_encrypted_key_is_one_of_the_usual_tools() {
    let desk = Desk::new();
    let passphrase = desk.passphrase_file("passphrase", "correct horse\n");
    desk.run(&["init", "--name", "Acme", "--passphrase-file", &passphrase])
        .yes();
    let output = Command::new("openssl")
        .args([
            "pkey",
            "-noout",
            "-text",
            "-passin",
            "pass:correct horse",
            "-in",
        ])
        .arg(desk.dir().join("keys/issuer.key"))
        .output()
        .expect("openssl is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("prime256v1"));
}

#[test]
fn a_root_on_another_machine_signs_what_it_has_reviewed() {
    let desk = Desk::new();
    let vault = desk.path("vault");
    let root = desk
        .run_at(&vault, &["--json", "root", "init"])
        .yes()
        .json();
    let pem = vault.join("root.pem").display().to_string();
    let made = desk
        .run(&["--json", "init", "--name", "Acme", "--root-public", &pem])
        .yes()
        .json();
    assert_eq!(made["vendor"], root["vendor"]);
    assert_eq!(made["bundle"], Value::Null);
    assert!(!desk.dir().join("root").exists());

    let added = desk.run(&["--json", "product", "add", "cad"]).yes().json();
    let proposal = added["bundle_proposal"]
        .as_str()
        .expect("a proposal")
        .to_owned();
    let bundle = desk.dir().join("bundle").display().to_string();
    let sign = [
        "--json",
        "root",
        "sign-bundle",
        "--in",
        &proposal,
        "--out",
        &bundle,
    ];
    let review = desk.run_at(&vault, &sign);
    assert_eq!(review.code(), 1);
    assert_eq!(
        review.json()["added"].as_array().map(Vec::len),
        Some(2),
        "issuer and policy key"
    );
    assert!(
        !desk.dir().join("bundle").exists(),
        "a review signs nothing"
    );

    let signed = desk
        .run_at(&vault, &[&sign[..], &["--yes"]].concat())
        .yes()
        .json();
    assert_eq!(
        (&signed["sequence"], &signed["signed"]),
        (&Value::from(1), &Value::from(true))
    );
    let first = fs::read(&bundle).expect("a bundle");
    desk.run(&["product", "add", "cam"]).yes();
    desk.run_at(&vault, &[&sign[..], &["--yes"]].concat()).yes();
    desk.run(&["license", "list"]).yes();

    let second = fs::read(&bundle).expect("a bundle");
    fs::write(&bundle, first).expect("put back");
    let told = desk.run(&["license", "list"]).yes().err();
    assert!(
        told.contains("number 1") && told.contains("number 2"),
        "{told}"
    );
    assert_eq!(fs::read(&bundle).expect("a bundle"), second);
}

#[test]
fn a_root_signs_for_its_own_vendor_and_never_backwards() {
    let desk = Desk::with_service();
    let vault = desk.path("vault");
    desk.run_at(&vault, &["root", "init"]).yes();
    let pem = vault.join("root.pem").display().to_string();
    let other = desk.path("other");
    desk.run_at(&other, &["init", "--name", "Other", "--root-public", &pem])
        .yes();
    let proposal = other.join("bundle-proposal.toml");
    let out = desk.path("out").display().to_string();
    let typed = proposal.display().to_string();
    let sign = [
        "root",
        "sign-bundle",
        "--in",
        &typed,
        "--out",
        &out,
        "--yes",
    ];
    desk.run_at(&desk.dir().join("root"), &sign)
        .error(&["the proposal is of vendor", "right root folder"]);

    desk.run_at(&vault, &sign).yes();
    let text = fs::read_to_string(&proposal)
        .expect("a proposal")
        .replace("Other", "Another");
    fs::write(&proposal, text).expect("changed");
    desk.run_at(&vault, &sign)
        .error(&["bundle 1 is signed already"]);
    fs::write(&proposal, "sequence = ").expect("damaged");
    desk.run_at(&vault, &sign).error(&["proposal"]);
}

#[test]
fn a_bundle_of_another_root_is_refused() {
    let desk = Desk::with_service();
    let other = desk.path("other");
    desk.run_at(&other, &["init", "--name", "Other"]).yes();
    fs::copy(other.join("bundle"), desk.dir().join("bundle")).expect("copied");
    desk.run(&["license", "list"]).error(&["trust bundle"]);
}

#[test]
fn certificates_are_pinned_listed_and_removed() {
    let desk = Desk::with_service();
    let authority = desk.path("ca.pem");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
        ])
        .args([
            "-subj",
            "/CN=Chip Maker Root",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
        ])
        .args([
            "-addext",
            "keyUsage=critical,keyCertSign",
            "-keyout",
            "/dev/null",
            "-out",
        ])
        .arg(&authority)
        .output()
        .expect("openssl is installed");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let added = desk
        .run(&["--json", "ek-root", "add", "ca.pem", "--class", "virtual"])
        .yes()
        .json();
    assert_eq!(added["roots"][0]["class"], "virtual");
    assert!(
        added["roots"][0]["subject"]
            .as_str()
            .expect("a subject")
            .contains("Chip Maker Root")
    );
    let listed = desk.run(&["--json", "ek-root", "list"]).yes().json();
    assert_eq!(listed["roots"].as_array().map(Vec::len), Some(1));
    let fingerprint = listed["roots"][0]["fingerprint"]
        .as_str()
        .expect("one")
        .to_owned();

    // One bad block, and nothing of the file is taken.
    let good = fs::read_to_string(&authority).expect("a certificate");
    let bad = format!("{good}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    desk.run(&["ek-root", "remove", &fingerprint]).yes();
    fs::write(desk.path("bad.pem"), bad).expect("written");
    desk.run(&["ek-root", "add", "bad.pem"])
        .error(&["certificate 2"]);
    desk.run(&["ek-root", "remove", &fingerprint])
        .error(&["ek-root list"]);
    fs::write(desk.path("note.txt"), "hello").expect("written");
    desk.run(&["ek-root", "add", "note.txt"])
        .error(&["no certificate"]);
    desk.run(&["ek-root", "add", "--crl", "note.txt"])
        .error(&["revocation list"]);
    desk.run(&["ek", "allow", &"ab".repeat(32), "--note", "lab"])
        .yes();
}

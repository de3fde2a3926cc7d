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

/// A self-signed authority with this subject, PEM.
fn authority(desk: &Desk, name: &str, subject: &str) -> String {
    openssl(
        desk,
        &[
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -addext",
            "basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
        ],
        &[
            "-subj",
            subject,
            "-keyout",
            &format!("{name}.key"),
            "-out",
            name,
        ],
    );
    fs::read_to_string(desk.path(name)).expect("a certificate")
}

/// An endorsement certificate by an authority that was made here, with these options of its validity.
fn endorsement(desk: &Desk, issuer: &str, name: &str) {
    fs::write(
        desk.path("ek.conf"),
        "keyUsage=critical,keyAgreement\nextendedKeyUsage=2.23.133.8.1\n\
         subjectAltName=critical,dirName:make\n[make]\n1.2.23.133.2.1=id:54455354\n\
         2.2.23.133.2.2=Model 1\n3.2.23.133.2.3=id:00010002\n",
    )
    .expect("written");
    openssl(
        desk,
        &["req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ek.key -out ek.csr"],
        &["-subj", "/CN=vm-17"],
    );
    openssl(
        desk,
        &["x509 -req -in ek.csr -days 30 -set_serial 2 -extfile ek.conf"],
        &[
            "-CA",
            issuer,
            "-CAkey",
            &format!("{issuer}.key"),
            "-out",
            name,
        ],
    );
}

fn openssl(desk: &Desk, words: &[&str], more: &[&str]) {
    let made = Command::new("openssl")
        .current_dir(desk.home.path())
        .args(words.iter().flat_map(|words| words.split(' ')))
        .args(more)
        .output()
        .expect("openssl is installed");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
}

/// What is pinned, by subject: class and rule.
fn pinned(desk: &Desk) -> Vec<(String, String, String)> {
    let listed = desk.run(&["--json", "ek-root", "list"]).yes().json();
    let text = |root: &Value, field: &str| root[field].as_str().expect("a text").to_owned();
    let roots = listed["roots"].as_array().expect("roots").iter();
    let mut roots: Vec<_> = roots
        .map(|root| {
            (
                text(root, "subject"),
                text(root, "class"),
                text(root, "expired"),
            )
        })
        .collect();
    roots.sort();
    roots
}

#[test]
fn certificates_are_pinned_listed_and_removed() {
    let desk = Desk::with_service();
    let good = authority(&desk, "ca.pem", "/CN=Chip Maker Root");
    let added = desk
        .run(&["--json", "ek-root", "add", "ca.pem", "--class", "virtual"])
        .yes()
        .json();
    assert_eq!(added["roots"][0]["class"], "virtual");
    assert_eq!(added["roots"][0]["change"], "added");
    let subject = added["roots"][0]["subject"].as_str().expect("a subject");
    assert!(subject.contains("Chip Maker Root"));
    let listed = desk.run(&["--json", "ek-root", "list"]).yes().json();
    assert_eq!(listed["roots"].as_array().map(Vec::len), Some(1));
    let fingerprint = listed["roots"][0]["fingerprint"]
        .as_str()
        .expect("one")
        .to_owned();
    desk.run(&["ek-root", "remove", &fingerprint]).yes();
    desk.run(&["ek-root", "remove", &fingerprint])
        .error(&["ek-root list"]);

    // One bad block is named, and the others are taken.
    let other = authority(&desk, "other.pem", "/CN=Other Chip Maker Root");
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(desk.path("bundle.pem"), format!("{good}{bad}{other}")).expect("written");
    let ran = desk.run(&["ek-root", "add", "bundle.pem"]);
    assert_eq!(ran.code(), 1);
    let line = format!(
        "added 2, refused 1: certificate 2 (line {}): ",
        good.lines().count() + 1
    );
    assert!(ran.out().contains(&line), "{}", ran.out());
    assert_eq!(pinned(&desk).len(), 2);
    let again = desk.run(&["ek-root", "add", "bundle.pem"]);
    assert!(
        again.out().contains("added 0, unchanged 2, refused 1: "),
        "{}",
        again.out()
    );

    fs::write(desk.path("note.txt"), "hello").expect("written");
    desk.run(&["ek-root", "add", "note.txt"])
        .error(&["no certificate"]);
    desk.run(&["ek-root", "add", "--crl", "note.txt"])
        .error(&["revocation list"]);
    desk.run(&["ek", "allow", &"ab".repeat(32), "--note", "lab"])
        .yes();
}

#[test]
fn adding_a_certificate_again_changes_what_is_said_and_nothing_else() {
    let desk = Desk::with_service();
    authority(&desk, "ca.pem", "/CN=Chip Maker Root");
    let root = |class: &str, expired: &str| {
        vec![("CN=Chip Maker Root".into(), class.into(), expired.into())]
    };
    let steps: [(&[&str], _); 6] = [
        (&[], root("hardware", "accept")),
        (&["--class", "virtual"], root("virtual", "accept")),
        (&[], root("virtual", "accept")),
        (&["--expired", "refuse"], root("virtual", "refuse")),
        (&["--class", "test"], root("test", "refuse")),
        (&[], root("test", "refuse")),
    ];
    for (options, expected) in steps {
        desk.run(&[&["ek-root", "add", "ca.pem"], options].concat())
            .yes();
        assert_eq!(pinned(&desk), expected, "{options:?}");
    }
}

#[test]
fn a_simulators_root_and_a_bundle_for_web_sites_are_asked_about_before_they_count_as_hardware() {
    let desk = Desk::with_service();
    let web: String = [
        "/CN=ISRG Root X1",
        "/CN=DigiCert Global Root G2",
        "/CN=A",
        "/CN=B",
    ]
    .iter()
    .chain(&["/CN=C", "/CN=D"])
    .map(|subject| authority(&desk, "one.pem", subject))
    .collect();
    let maker = authority(
        &desk,
        "maker.pem",
        "/O=Infineon Technologies AG/CN=OPTIGA Root",
    );
    fs::write(desk.path("web.pem"), format!("{web}{maker}")).expect("written");
    let ran = desk.run(&["ek-root", "add", "web.pem"]);
    assert_eq!(ran.code(), 1);
    let out = ran.out();
    assert!(out.contains("added 1, refused 6:"), "{out}");
    assert!(
        out.contains("web sites") && out.contains("--class hardware"),
        "{out}"
    );
    assert_eq!(pinned(&desk).len(), 1, "the maker's alone");

    authority(&desk, "swtpm.pem", "/CN=swtpm-localca-rootca");
    let ran = desk.run(&["ek-root", "add", "swtpm.pem"]);
    assert_eq!(ran.code(), 1);
    assert!(ran.out().contains("--class test"), "{}", ran.out());
    desk.run(&["ek-root", "add", "swtpm.pem", "--class", "test"])
        .yes();
    // Once it is known there is nothing to ask.
    desk.run(&["ek-root", "add", "swtpm.pem"]).yes();
    desk.run(&["ek-root", "add", "web.pem", "--class", "hardware"])
        .yes();
    assert_eq!(pinned(&desk).len(), 8);
}

#[test]
fn an_endorsement_certificate_is_examined_without_its_machine() {
    let desk = Desk::with_service();
    authority(&desk, "ca.pem", "/CN=Chip Maker Root");
    endorsement(&desk, "ca.pem", "ek.pem");
    let check = |code: i32| {
        let ran = desk.run(&["--json", "ek", "check", "ek.pem"]);
        assert_eq!(ran.code(), code, "{}{}", ran.out(), ran.err());
        ran.json()["certificates"][0].clone()
    };
    let before = check(1);
    let hash = before["hash"].as_str().expect("a hash").to_owned();
    let reason = before["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("CN=Chip Maker Root is not known"),
        "{reason}"
    );
    assert!(reason.contains(&format!("ek allow {hash}")), "{reason}");
    assert_eq!(before["subject"], "CN=vm-17");
    assert_eq!(before["model"], "Model 1");
    assert_eq!(before["key"], "P-256");

    desk.run(&["ek", "allow", &hash]).yes();
    let allowed = check(0);
    assert_eq!(allowed["class"], "registered");
    assert_eq!(allowed["root"], Value::Null);

    desk.run(&["ek-root", "add", "ca.pem"]).yes();
    let found = check(0);
    assert_eq!(found["class"], "hardware");
    assert_eq!(found["path"], serde_json::json!(["CN=Chip Maker Root"]));
    let text = desk.run(&["ek", "check", "ek.pem"]).yes().out();
    assert!(text.contains("recognized as hardware"), "{text}");
}

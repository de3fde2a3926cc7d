//! The program `counterfoil-server`: verbs, exit codes, JSON, and what it says when something is wrong.
#![cfg(all(feature = "server", feature = "cli"))]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

struct Desk {
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self {
            home: TempDir::new().expect("a folder"),
        }
    }

    /// A service with its root in the same folder.
    fn with_service() -> Self {
        let desk = Self::new();
        desk.run(&["init", "--name", "Acme Ltd"]).yes();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn dir(&self) -> PathBuf {
        self.path("acme")
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_at(&self.dir(), arguments)
    }

    fn run_at(&self, dir: &Path, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_counterfoil-server"))
            .env_clear()
            .current_dir(self.home.path())
            .arg("--dir")
            .arg(dir)
            .args(arguments)
            .output()
            .expect("the program runs");
        Ran(output)
    }

    fn passphrase_file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::write(&path, content).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("private");
        path.display().to_string()
    }
}

struct Ran(Output);

impl Ran {
    fn code(&self) -> i32 {
        self.0.status.code().expect("it was not killed")
    }

    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).expect("text")
    }

    fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).expect("text")
    }

    fn yes(self) -> Self {
        assert_eq!(self.code(), 0, "{}{}", self.out(), self.err());
        self
    }

    /// The JSON of a verb, whose schema number is checked.
    fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.out()).expect("JSON");
        assert_eq!(value["schema"], 1);
        value
    }

    /// An error of this side that names each of `words`.
    fn error(self, words: &[&str]) {
        assert_eq!(self.code(), 2, "{}{}", self.out(), self.err());
        for word in words {
            assert!(self.err().contains(word), "`{word}` in {}", self.err());
        }
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn a_new_service_keeps_everything_to_its_owner() {
    let desk = Desk::new();
    let made = desk.run(&["--json", "init", "--name", "Acme Ltd"]).yes();
    assert!(made.err().contains("without encryption"));
    let made = made.json();
    assert_eq!(made["vendor_name"], "Acme Ltd");
    assert_eq!(made["bundle_proposal"], Value::Null);
    for folder in ["", "keys", "manifests", "root"] {
        assert_eq!(mode(&desk.dir().join(folder)), 0o700, "{folder}");
    }
    for file in [
        "config.toml",
        "root.pem",
        "bundle",
        "counterfoil.sqlite",
        "keys/issuer.key",
        "root/root.key",
    ] {
        assert_eq!(mode(&desk.dir().join(file)), 0o600, "{file}");
    }
    assert_eq!(
        fs::read_dir(desk.home.path()).expect("a folder").count(),
        1,
        "nothing is left beside it"
    );
}

#[test]
fn wrong_usage_is_64_and_help_is_0() {
    let desk = Desk::new();
    for arguments in [
        &[][..],
        &["fly"],
        &["license", "create"],
        &["license", "create", "--product", "cad", "--seats", "0"],
        &["license", "create", "--product", "CAD"],
        &[
            "license",
            "create",
            "--product",
            "cad",
            "--days",
            "1",
            "--expires",
            "2030-01-01",
        ],
        &["license", "create", "--product", "cad", "--expires", "soon"],
        &["license", "show", "xyz"],
        &["ek", "allow", "1234"],
        &["verify-evidence", "x", "--nonce", "12"],
        &["product", "add", "../cad"],
    ] {
        assert_eq!(desk.run(arguments).code(), 64, "{arguments:?}");
    }
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help", "answer"],
        &["license", "create", "--help"],
    ] {
        assert_eq!(desk.run(arguments).code(), 0, "{arguments:?}");
    }
    assert_eq!(fs::read_dir(desk.home.path()).expect("a folder").count(), 0);
}

#[test]
fn a_license_is_made_listed_and_shown_and_its_key_is_kept_nowhere() {
    let desk = Desk::with_service();
    let product = desk
        .run(&["--json", "product", "add", "cad", "--allow-class", "test"])
        .yes()
        .json();
    assert_eq!(product["manifest"]["version"], 1);
    let rules = fs::read_to_string(desk.dir().join("manifests/cad.toml")).expect("the rules");
    assert!(rules.contains("\ntest = "), "{rules}");

    let create = [
        "--json",
        "license",
        "create",
        "--product",
        "cad",
        "--edition",
        "pro",
        "--features",
        "b,a",
        "--seats",
        "3",
        "--expires",
        "2999-01-31",
    ];
    let made = desk.run(&create).yes().json();
    let license = &made["license"];
    assert_eq!(license["features"], serde_json::json!(["a", "b"]));
    assert_eq!(license["expires"], "2999-01-31T00:00:00Z");
    assert_eq!(license["seats_taken"], 0);
    let key = made["key"].as_str().expect("a key");
    key.parse::<counterfoil::token::LicenseKey>()
        .expect("a license key");

    let listed = desk.run(&["license", "list", "--json"]).yes().json();
    assert_eq!(listed["licenses"], serde_json::json!([license]));
    let id = license["id"].as_str().expect("an id");
    let shown = desk.run(&["license", "show", id, "--json"]).yes();
    assert_eq!(shown.json()["license"]["devices"], serde_json::json!([]));
    assert!(!shown.out().contains(key));
    let parsed: counterfoil::token::LicenseKey = key.parse().expect("a license key");
    for entry in fs::read_dir(desk.dir()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let content = if path.is_file() {
            fs::read(&path).expect("a file")
        } else {
            Vec::new()
        };
        assert!(
            !content.windows(16).any(|window| window == parsed.secret()),
            "the secret is in {}",
            path.display()
        );
    }

    desk.run(&["license", "create", "--product", "cam"])
        .error(&["cam", "product add"]);
    desk.run(&["license", "show", "0000000000000000"])
        .error(&["license list"]);
    desk.run(&[
        "license",
        "create",
        "--product",
        "cad",
        "--expires",
        "2001-01-01",
    ])
    .error(&["past"]);
    desk.run(&["product", "add", "cad"]).error(&["already"]);
}

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
        .error(&["chmod 600"]);
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

    fs::write(&bundle, first).expect("put back");
    desk.run(&["license", "list"])
        .error(&["number 1", "number 2"]);
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
fn folders_that_are_not_ours_are_named_and_left_alone() {
    let desk = Desk::new();
    desk.run(&["license", "list"])
        .error(&["there is no folder", "init"]);
    fs::create_dir(desk.dir()).expect("made");
    fs::set_permissions(desk.dir(), fs::Permissions::from_mode(0o700)).expect("private");
    desk.run(&["license", "list"])
        .error(&["not a folder of a license service"]);
    fs::write(desk.dir().join("diary.txt"), "private").expect("written");
    desk.run(&["init", "--name", "Acme"]).error(&["not empty"]);
    assert_eq!(fs::read_dir(desk.dir()).expect("a folder").count(), 1);

    let desk = Desk::with_service();
    fs::set_permissions(desk.dir(), fs::Permissions::from_mode(0o755)).expect("opened");
    desk.run(&["license", "list"]).error(&["755", "chmod 700"]);
    fs::set_permissions(desk.dir(), fs::Permissions::from_mode(0o700)).expect("closed");
    fs::write(
        desk.dir().join("config.toml"),
        "format = 99\nshape = \"new\"\n",
    )
    .expect("written");
    desk.run(&["license", "list"])
        .error(&["format 99", "newer program"]);
    fs::write(desk.dir().join("config.toml"), "format = \n").expect("written");
    desk.run(&["license", "list"]).error(&["config.toml"]);
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
fn without_a_bundle_nothing_is_answered() {
    let desk = Desk::new();
    let vault = desk.path("vault");
    desk.run_at(&vault, &["root", "init"]).yes();
    let pem = vault.join("root.pem").display().to_string();
    desk.run(&["init", "--name", "Acme", "--root-public", &pem])
        .yes();
    fs::copy(&pem, desk.path("evidence")).expect("copied");
    let nonce = "00".repeat(32);
    desk.run(&["verify-evidence", "evidence", "--nonce", &nonce])
        .error(&["no trust bundle", "bundle-proposal.toml"]);
}

#[test]
fn files_that_are_no_requests_are_refused_one_by_one() {
    let desk = Desk::with_service();
    let inbox = desk.path("inbox");
    fs::create_dir(&inbox).expect("made");
    let bundle = fs::read(desk.dir().join("bundle")).expect("a bundle");
    fs::write(inbox.join("bundle.request"), &bundle).expect("written");
    fs::write(inbox.join("cut.request"), &bundle[..bundle.len() / 2]).expect("written");
    fs::write(inbox.join("empty.request"), b"").expect("written");
    fs::write(inbox.join("large.request"), vec![0; 100_000]).expect("written");
    fs::write(inbox.join("nested.request"), vec![0x81; 10_000]).expect("written");
    fs::write(inbox.join("readme.txt"), b"not one").expect("written");
    let ran = desk.run(&["--json", "answer", "inbox", "-o", "outbox"]);
    assert_eq!(ran.code(), 1, "{}", ran.err());
    let answers = ran.json()["answers"].as_array().expect("a list").clone();
    assert_eq!(answers.len(), 5);
    for answer in &answers {
        assert_eq!(answer["answered"], false, "{answer}");
        assert!(!answer["refusal"].as_str().expect("a cause").is_empty());
    }
    assert!(
        answers[0]["refusal"]
            .as_str()
            .expect("a cause")
            .contains("trust-bundle"),
        "{}",
        answers[0]
    );
    assert_eq!(
        fs::read_dir(desk.path("outbox")).expect("a folder").count(),
        0
    );

    let single = desk.run(&["enroll", "inbox/cut.request", "-o", "cut.response"]);
    assert_eq!(single.code(), 1);
    assert!(!desk.path("cut.response").exists());
    desk.run(&["answer", "absent.request", "-o", "x"])
        .error(&["absent.request"]);
    let nonce = "00".repeat(32);
    let evidence = desk.run(&[
        "--json",
        "verify-evidence",
        "inbox/cut.request",
        "--nonce",
        &nonce,
    ]);
    assert_eq!(
        (evidence.code(), &evidence.json()["valid"]),
        (1, &Value::from(false))
    );
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

#[test]
fn completions_and_manual_pages_are_made() {
    let desk = Desk::new();
    assert!(
        desk.run(&["completions", "bash"])
            .yes()
            .out()
            .contains("verify-evidence")
    );
    fs::create_dir(desk.path("man")).expect("made");
    desk.run(&["man", "man"]).yes();
    assert!(desk.path("man/counterfoil-server.1").exists());
    assert!(
        desk.path("man/counterfoil-server-license-create.1")
            .exists()
    );
}

//! The program `counterfoil-server`: verbs, exit codes, JSON, and what it says when something is wrong.
#![cfg(all(feature = "server", feature = "cli"))]

mod server_desk;

use std::fs;
use std::io::pipe;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use counterfoil::server::blocking;
use serde_json::Value;
use server_desk::Desk;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

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
fn a_folder_of_another_user_is_refused() {
    let desk = Desk::with_service();
    // Only root can give a folder away; for anybody else root's own folders are foreign.
    let (dir, owner) = match chown(desk.dir(), Some(12345), None) {
        Ok(()) => (desk.dir(), "user 12345"),
        Err(_) => ("/root".into(), "user 0"),
    };
    let ran = desk.run_at(&dir, &["license", "list"]);
    assert!(!ran.err().contains("chown"), "{}", ran.err());
    ran.error(&["belongs to", owner, "sudo"]);
    // Folders that are no service's keep their owner and mode.
    for other in ["/etc", "/tmp", "/dev", "/"] {
        let ran = desk.run_at(Path::new(other), &["license", "list"]);
        assert!(!ran.err().contains("chmod"), "{}", ran.err());
        ran.error(&["not a folder of a license service"]);
    }
}

#[test]
fn what_is_missing_is_named_for_what_it_is() {
    let desk = Desk::with_service();
    let ran = desk.run(&["--passphrase-file", "typo", "license", "list"]);
    assert!(!ran.err().contains("init"), "{}", ran.err());
    ran.error(&["no passphrase file typo", "--passphrase-file"]);
    desk.run(&["--passphrase-file", ".", "license", "list"])
        .error(&[". is not a file"]);
    let vault = desk.path("vault");
    let sign = ["root", "sign-bundle", "--in", "p.toml", "--out", "bundle"];
    desk.run_at(&vault, &sign)
        .error(&["no root folder", "vault root init"]);
    fs::write(&vault, "").expect("written");
    desk.run_at(&vault, &sign).error(&["vault is not a folder"]);
    desk.run_at(&vault, &["license", "list"])
        .error(&["vault is not a folder"]);
}

#[test]
fn a_reader_who_goes_away_is_no_error() {
    let desk = Desk::new();
    let runs: [&[&str]; 5] = [
        &["init", "--name", "Acme Ltd"],
        &["license", "list"],
        &["--json", "license", "list"],
        &["ek-root", "list"],
        &["completions", "bash"],
    ];
    for arguments in runs {
        let (reader, out) = pipe().expect("a pipe");
        drop(reader);
        let err = out.try_clone().expect("another end");
        let mut command = desk.command(&desk.dir(), arguments);
        let status = command.stdout(out).stderr(err).status().expect("it runs");
        assert_eq!(status.code(), Some(0), "{arguments:?}");
    }
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

/// Has the service remember a date `days` from now as the newest that it signed.
fn last_signed(desk: &Desk, days: i64) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    let newest = i64::try_from(now.as_secs()).expect("a number") + days * 86_400;
    let database = SqliteConnectOptions::new().filename(desk.dir().join("counterfoil.sqlite"));
    blocking(async {
        let mut database = database.connect().await.expect("it opens");
        let set = sqlx::query("UPDATE clock SET newest = $1").bind(newest);
        set.execute(&mut database).await.expect("a date");
    })
    .expect("a runtime");
}

#[test]
fn p3_nothing_is_signed_with_a_clock_that_the_records_contradict_until_a_person_says_so() {
    let desk = Desk::with_service();
    desk.run(&["product", "add", "cad"]).yes();
    let sell = ["license", "create", "--product", "cad"];
    let state = |code| {
        let shown = desk.run(&["--json", "clock", "show"]);
        assert_eq!(
            (shown.code(), shown.json()["problem"].is_null()),
            (code, code == 0)
        );
        shown.json()
    };
    // A day or less is nothing.
    last_signed(&desk, -1);
    desk.run(&sell).yes();
    let with_word = [&["--clock-is-right"], &sell[..]].concat();
    for word in [&with_word[..], &["clock", "accept"]] {
        last_signed(&desk, -21);
        desk.run(&sell).error(&["clock accept", "--clock-is-right"]);
        desk.run(&["license", "list"]).yes();
        state(1);
        desk.run(word).yes();
        desk.run(&sell).yes();
        state(0);
    }

    last_signed(&desk, 400);
    desk.run(&sell).error(&["clock correct"]);
    desk.run(&with_word).error(&["clock correct"]);
    desk.run(&["clock", "accept"]).error(&["clock correct"]);
    let review = desk.run(&["clock", "correct"]);
    assert_eq!(review.code(), 1, "{}", review.out());
    assert!(review.out().contains("--yes"), "{}", review.out());
    state(1);
    desk.run(&["clock", "correct", "--yes"]).yes();
    desk.run(&sell).yes();
    assert_eq!(state(0)["correction"]["number"], 1);
    desk.run(&["clock", "correct", "--yes"])
        .error(&["nothing to correct"]);
}

#[test]
fn a_change_of_no_known_machine_is_not_approved() {
    let desk = Desk::with_service();
    let digest = "5a".repeat(32);
    desk.run(&[
        "device",
        "approve-platform",
        "00112233445566ff",
        "--digest",
        &digest,
    ])
    .error(&["no license 00112233445566ff", "license list"]);
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

//! Wrong settings are said first: by name, with what named them, and before anything is touched or advised.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
#![cfg(all(
    feature = "client",
    feature = "device",
    feature = "server",
    feature = "cli"
))]

mod cli_support;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use cli_support::scene::{Scene, TRUST};
use counterfoil::token::Digest;
use tpm_sim::{Tpm, TpmSpec};

const NONCE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// All files of a folder and of those in it, with what tells their content. Left out are a store's log, which records failures
/// too, and the lock under which a folder is looked at.
fn files(folder: &Path) -> BTreeMap<String, Digest> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.ends_with("log") || path.ends_with("lock") => {}
            false => {
                let digest = Digest::of(&[&fs::read(&path).unwrap()]);
                found.insert(path.display().to_string(), digest);
            }
        }
    }
    found
}

#[test]
fn a_wrong_setting_is_named_first_and_nothing_is_touched_or_advised() {
    let scene = Scene::activated();
    let bench = &scene.bench;
    bench.server_in("other", "init --name Other").ends(0);
    bench.write("file", "");
    bench.write("empty.pem", "");
    bench.write("key", &scene.key);
    let tcti = scene.tpm.tcti();
    // In place of a right setting a wrong one, and what has to be said of it.
    let cases: [(&str, &str, &[&str]); 12] = [
        ("--dir", "file", &["file is not a folder", "--dir"]),
        ("--dir", "service", &["service holds other files", "--dir"]),
        (
            "--trust",
            "other/root.pem",
            &["another vendor", "state is named by --dir", "--trust"],
        ),
        (
            "--trust",
            "ek-root.pem",
            &["holds no root public key", "--trust"],
        ),
        (
            "--trust",
            "empty.pem",
            &["holds no root public key", "--trust"],
        ),
        ("--trust", "service", &["cannot be read", "--trust"]),
        ("--slot", "3", &["slot 0, not of slot 3", "--slot"]),
        ("--tcti", "swtpm:path=/nope", &["no TPM at", "--tcti"]),
        (
            "--tcti",
            "devcie:/dev/tpmrm0",
            &["names no TPM connection", "--tcti"],
        ),
        ("--tcti", "device:/dev/null", &["is no TPM", "--tcti"]),
        ("--app-version", "two", &["is no version", "--app-version"]),
        (
            "--config",
            "nowhere.toml",
            &["nowhere.toml", "cannot be read"],
        ),
    ];
    let before = files(bench.folder.path());
    for (option, value, says) in cases {
        for verb in [
            "status",
            "check render",
            "activate --key-file key --request-out machine.again",
            "activate --response machine.response",
            "provision",
            &format!("evidence --nonce {NONCE} -o machine.evidence"),
        ] {
            let mut settings = BTreeMap::from([
                ("--dir", "state"),
                ("--trust", "service/root/root.pem"),
                ("--tcti", &tcti),
            ]);
            settings.insert(option, value);
            let mut arguments: Vec<_> = settings.into_iter().flat_map(|(a, b)| [a, b]).collect();
            arguments.extend(verb.split_whitespace());
            let ran = bench.device_with(&arguments).ends(2);
            assert_eq!(ran.out, "", "{arguments:?}");
            // Provisioning has an error of its own, without what named the settings.
            if verb != "provision" {
                ran.complains(says);
            }
        }
    }
    assert_eq!(files(bench.folder.path()), before);
    scene.device("status").ends(0);
}

#[test]
fn the_config_file_is_named_where_it_says_what_is_wrong() {
    let scene = Scene::activated();
    let bench = &scene.bench;
    bench.write(
        "machine.toml",
        "dir = \"state\"\ntrust = \"service/root/root.pem\"\nslot = 7\ntcti = \"device:/dev/null\"\n",
    );
    bench
        .device_with(&["--config", "machine.toml", "status"])
        .ends(2)
        .complains(&["is no TPM", "named by the config file"]);
    let tcti = scene.tpm.tcti();
    bench
        .device_with(&["--config", "machine.toml", "--tcti", &tcti, "status"])
        .ends(2)
        .complains(&["the slot by the config file"]);
    bench.write("machine.toml", "dir = 'state'\n\u{1b}[2Jslot 7\n");
    let ran = bench
        .device_with(&["--config", "machine.toml", "status"])
        .ends(2)
        .complains(&["machine.toml", "line 2"]);
    assert!(!ran.error.contains('\u{1b}'), "{:?}", ran.error);
}

#[test]
fn a_check_that_failed_or_was_not_made_says_no_good_sentence_and_a_foreign_license_no_dates() {
    let scene = Scene::activated();
    let ran = scene.device("--product cam status").ends(1);
    let line = |name: &str| {
        let mut lines = ran.out.lines();
        lines.find(|line| line.contains(name)).unwrap().to_owned()
    };
    assert!(line("FAILED").ends_with("[wrong_product]"), "{}", ran.out);
    for good in [
        "they are for this product and belong together",
        "neither a date nor the offline time has passed",
        "this version of the application is covered",
        "Expires",
        "Works offline",
        "Offline time",
    ] {
        assert!(!ran.out.contains(good), "{good}: {}", ran.out);
    }
    assert!(line(" time ").ends_with("not judged"), "{}", ran.out);
}

#[test]
fn a_request_without_an_answer_is_shown_until_the_answer_is_applied() {
    let scene = Scene::new();
    scene.request().ends(0);
    let asked = scene.device("status").ends(1);
    assert!(asked.out.contains("(requested: license "), "{}", asked.out);
    let asked = scene.device("status --json").ends(1).json("status");
    assert_eq!(asked["pending"].as_array().unwrap().len(), 1, "{asked}");
    scene.activate();
    let answered = scene.device("status --json").ends(0).json("status");
    assert_eq!(answered["pending"], serde_json::json!([]));
    let id = &answered["licenses"][0]["id"];
    assert_eq!(&asked["pending"][0]["license"], id);
}

#[test]
fn an_answer_is_called_active_only_if_the_verdict_says_so() {
    let scene = Scene::new();
    scene.request().ends(0);
    scene
        .bench
        .server("answer machine.request -o machine.response")
        .ends(0);
    let stored = scene
        .device("--product cad --app-version 2 activate --response machine.response")
        .ends(0);
    assert!(
        stored.out.contains("is active on this machine"),
        "{}",
        stored.out
    );

    // The license is not in force any more when the answer arrives.
    let late = Scene::new();
    let key = late
        .bench
        .server("--json license create --product cad --days 10")
        .ends(0);
    let key: serde_json::Value = serde_json::from_str(&key.out).unwrap();
    late.request_before_the_last_boot(key["key"].as_str().unwrap());
    late.bench
        .server("answer machine.request -o machine.response")
        .ends(0);
    let stored = late
        .bench
        .device_after(11, &format!("{TRUST} activate --response machine.response"));
    let stored = stored.ends(1);
    assert!(
        stored
            .out
            .contains("was stored on this machine, and is expired [license_expired]"),
        "{}",
        stored.out
    );
    assert!(!stored.out.contains("is active"), "{}", stored.out);
    assert!(stored.out.contains("  -> "), "{}", stored.out);
}

#[test]
fn a_name_that_holds_what_a_terminal_obeys_is_shown_and_not_obeyed() {
    let scene = Scene::activated();
    let bench = &scene.bench;
    let tcti = scene.tpm.tcti();
    let evil = OsStr::from_bytes(b"a\x1b[2J\x1b]0;x\x07\r\nerror: b\xe2\x80\xae\xff");
    let with = |option: &str, verb: &str| {
        let mut settings = BTreeMap::from([
            ("--dir", OsString::from("state")),
            ("--trust", "service/root/root.pem".into()),
            ("--tcti", OsString::from(&tcti)),
        ]);
        settings.insert(option, evil.into());
        let mut arguments: Vec<OsString> = settings
            .into_iter()
            .flat_map(|(option, value)| [option.into(), value])
            .collect();
        arguments.extend(verb.split_whitespace().map(OsString::from));
        arguments
    };
    let mut lines = vec![
        vec!["inspect".into(), evil.into()],
        vec!["inspect".into(), "--json".into(), evil.into()],
    ];
    for option in ["--dir", "--trust", "--config"] {
        for verb in [
            "status",
            "doctor",
            "explain",
            "provision",
            "deprovision",
            "log show",
        ] {
            lines.push(with(option, verb));
        }
    }
    for (verb, option) in [
        ("activate", "--response"),
        ("activate", "--key-file"),
        ("provision", "--owner-auth-file"),
    ] {
        let mut line = with("--slot", verb);
        line.retain(|argument| argument != "--slot" && argument != evil);
        line.extend([option.into(), evil.into()]);
        if option == "--key-file" {
            line.extend(["--request-out".into(), "x".into()]);
        }
        lines.push(line);
    }
    for line in lines {
        let ran = bench.device_with(&line);
        for text in [&ran.out, &ran.error] {
            let hostile = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(hostile), "{line:?}: {text:?}");
            let forged = text.lines().any(|line| line.starts_with("error: b"));
            assert!(!forged, "{line:?}: {text:?}");
        }
    }
}

#[test]
fn another_machines_tpm_is_no_wrong_setting_and_a_no() {
    let scene = Scene::activated();
    let other = Tpm::start(TpmSpec::default()).unwrap();
    let ran = scene
        .bench
        .device_at(&other.tcti(), &format!("{TRUST} status --json"), "")
        .ends(1)
        .json("status");
    assert_eq!(ran["reason"]["name"], "device_other");
}

//! The requests of several machines answered at once, as the program does it with a folder.
#![cfg(all(feature = "server", feature = "device", feature = "cli"))]

mod server_desk;
mod server_support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use counterfoil::token::LicenseKey;
use serde_json::Value;
use server_desk::{Desk, Ran};
use server_support::{Machine, Vendor};

/// A vendor, a machine with a license of one seat, and a desk with an inbox.
struct Scene {
    vendor: Vendor,
    machine: Machine,
    key: LicenseKey,
    desk: Desk,
}

impl Scene {
    fn new() -> Self {
        let vendor = Vendor::new();
        let machine = Machine::new(vendor.service.vendor());
        let (key, desk) = (vendor.license(1), Desk::new());
        fs::create_dir(desk.path("inbox")).expect("made");
        Self {
            vendor,
            machine,
            key,
            desk,
        }
    }

    fn inbox(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.desk.path("inbox").join(name.as_ref())
    }

    fn answer(&self, options: &[&str]) -> Ran {
        let arguments = [options, &["answer", "inbox", "-o", "outbox"]].concat();
        self.desk.run_at(&self.vendor.path(), &arguments)
    }

    /// The answers in JSON, each as the end of its file's name and whether it was given.
    fn answers(ran: &Ran) -> Vec<(String, bool)> {
        let answers = ran.json()["answers"].as_array().expect("a list").clone();
        let given = |answer: &Value| {
            let file = answer["file"].as_str().expect("a name").to_owned();
            (
                file.replacen("inbox/", "", 1),
                answer["answered"].as_bool().expect("yes or no"),
            )
        };
        answers.iter().map(given).collect()
    }
}

#[test]
fn names_with_dots_have_an_answer_each() {
    let scene = Scene::new();
    let names = ["srv.a", "srv.b", "srv"];
    for name in names {
        let request = scene.machine.request(&scene.key);
        fs::write(scene.inbox(format!("{name}.request")), request).expect("written");
    }
    let ran = scene.answer(&["--json"]).yes();
    assert_eq!(Scene::answers(&ran).len(), 3);
    for name in names {
        let response = scene.desk.path(&format!("outbox/{name}.response"));
        let response = fs::read(response).expect("a response of its own");
        let opened = scene.machine.open(&response).expect("the TPM opens it");
        let request = fs::read(scene.inbox(format!("{name}.request"))).expect("the request");
        let request = counterfoil::protocol::ActivationRequest::open(&request).expect("a request");
        assert_eq!(opened.request, request.id(), "{name}");
    }
}

#[test]
fn what_can_not_be_done_for_one_request_is_said_and_the_others_are_answered() {
    let scene = Scene::new();
    fs::create_dir(scene.inbox("1.request")).expect("made");
    let request = scene.machine.request(&scene.key);
    fs::write(scene.inbox("2.request"), request).expect("written");
    fs::write(scene.inbox("3.request"), b"none").expect("written");

    let ran = scene.answer(&["--json"]);
    assert_eq!(ran.code(), 2, "{}{}", ran.out(), ran.err());
    let expected = [
        ("1.request", false),
        ("2.request", true),
        ("3.request", false),
    ];
    let expected = expected.map(|(name, given)| (name.to_owned(), given));
    assert_eq!(Scene::answers(&ran), expected);
    let answers = &ran.json()["answers"];
    assert!(answers[0]["error"].is_string(), "{answers}");
    assert!(answers[2]["refusal"].is_string(), "{answers}");
    assert!(scene.desk.path("outbox/2.response").exists());

    let ran = scene.answer(&[]);
    let lines: Vec<_> = ran.out().lines().map(str::to_owned).collect();
    assert!(
        lines[0].starts_with("inbox/1.request: error: "),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("inbox/2.request: answered again"),
        "{lines:?}"
    );
    assert!(
        lines[2].starts_with("inbox/3.request: refused: "),
        "{lines:?}"
    );
    assert_eq!((lines.len(), ran.code()), (3, 2));
}

#[test]
fn what_strangers_write_is_shown_and_not_obeyed_by_the_vendors_terminal() {
    let scene = Scene::new();
    let mut body = scene.machine.body(scene.key.id());
    body.product = "\u{202e}dac".to_owned();
    let disguised = scene.machine.request_for(&body, &scene.key);
    body.product = "cad\x1b[2J".to_owned();
    let escape = scene.machine.request_for(&body, &scene.key);
    fs::write(scene.inbox("1.request"), disguised).expect("written");
    fs::write(scene.inbox("2.request"), escape).expect("written");
    fs::write(scene.inbox("3\x1b[2J\nanswered.request"), b"none").expect("written");
    let name = OsStr::from_bytes(b"4\xff\x9b.request");
    fs::write(scene.inbox(name), b"none").expect("written");

    let ran = scene.answer(&[]);
    assert_eq!(ran.code(), 1, "{}", ran.err());
    let out = ran.out();
    let shown = |character: char| character == '\n' || !character.is_control();
    assert!(out.chars().all(shown), "{out:?}");
    assert!(out.contains("asks for \\u{202e}dac"), "{out:?}");
    assert!(
        out.contains("3\\u{1b}[2J\\u{a}answered.request: refused"),
        "{out:?}"
    );
    assert_eq!(out.lines().count(), 4, "{out:?}");
    let json = scene.answer(&["--json"]);
    assert_eq!((json.code(), Scene::answers(&json).len()), (1, 4));
}

#[test]
fn an_answer_takes_the_place_of_a_file_alone_and_leaves_nothing_beside_it() {
    let scene = Scene::new();
    let request = scene.machine.request(&scene.key);
    fs::write(scene.desk.path("a.request"), request).expect("written");
    let answer = |output: &str| {
        let arguments = ["answer", "a.request", "-o", output];
        scene.desk.run_at(&scene.vendor.path(), &arguments)
    };
    let own = scene.desk.path("a.response.new");
    fs::write(&own, "somebody's").expect("written");
    let link = scene.desk.path("link");
    std::os::unix::fs::symlink(&own, &link).expect("made");
    for (name, what) in [("link", "is not a file"), ("inbox", "is not a file")] {
        let refused = answer(name);
        assert!(refused.err().contains(what), "{}", refused.err());
    }
    assert_eq!(answer("a.response").code(), 0);
    assert_eq!(fs::read(&own).expect("there"), b"somebody's");
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    let beside = fs::read_dir(scene.desk.path("")).expect("listed");
    let new = beside.filter(|entry| {
        let name = entry.as_ref().expect("read").file_name();
        name.to_string_lossy().ends_with(".new")
    });
    assert_eq!(new.count(), 1, "the one that was there");
}

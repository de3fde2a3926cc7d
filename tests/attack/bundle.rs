//! P14: the support file explains a problem, and holds nothing that opens a license or names a person.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use counterfoil::device::Auths;
use counterfoil::store::Folder;
use serde_json::Value;

use crate::program::{Program, Ran, secrets};
use crate::stage::{Machine, Vendor, files};

/// A machine whose folder is named for its user, as one in a home is.
struct Scene {
    machine: Machine,
    program: Program,
    key: counterfoil::token::LicenseKey,
}

const USER: &str = "alice.meyer";

impl Scene {
    fn new() -> Self {
        let (vendor, machine) = (Vendor::new(), Machine::new());
        vendor.trust(&machine.tpm);
        let home = machine.dir().with_file_name(USER);
        fs::create_dir(&home).unwrap();
        let dir = home.join("state");
        let key = vendor.sell(1);
        let app = machine.app_in(&vendor, &dir);
        let requested = app.request_activation(&key, &Auths::default()).unwrap();
        let answer = vendor.answer(&requested.request).unwrap();
        app.apply_response(&answer.response, &Auths::default())
            .unwrap();
        // One request stays open: it lies in the state, with what proves the key.
        app.request_activation(&vendor.sell(1), &Auths::default())
            .unwrap();
        let program = Program::new(&vendor, &machine).in_dir(&dir);
        Self {
            machine,
            program,
            key,
        }
    }

    fn path(&self) -> std::path::PathBuf {
        self.machine.dir().with_file_name("support.json")
    }

    /// Writes the bundle; what was printed, and the file.
    fn bundle(&self, program: &Program) -> (Ran, String) {
        let mut command = program.command("doctor --bundle support.json");
        command.env("USER", USER).env("HOME", self.home());
        let ran = crate::program::ended(command.output().unwrap());
        (ran, fs::read_to_string(self.path()).unwrap())
    }

    fn home(&self) -> std::path::PathBuf {
        self.machine.dir().with_file_name(USER)
    }
}

/// The forms in which bytes may stand in a text.
fn forms(bytes: &[u8]) -> Vec<String> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
    vec![
        hex.to_uppercase(),
        hex,
        base64(bytes, b"+/"),
        base64(bytes, b"-_"),
        numbers.join(","),
        numbers.join(", "),
    ]
}

/// Without padding, so that it is found with and without.
fn base64(bytes: &[u8], last: &[u8; 2]) -> String {
    let letters: Vec<u8> = (b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(b'0'..=b'9')
        .chain(*last)
        .collect();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let number = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for at in 0..=chunk.len() {
            text.push(letters[(number >> (18 - 6 * at) & 63) as usize].into());
        }
    }
    text
}

#[track_caller]
fn holds_no(text: &str, what: &str, bytes: &[u8]) {
    for form in forms(bytes) {
        assert!(!text.contains(&form), "{what} is in the bundle");
    }
    let raw = text.as_bytes().windows(bytes.len()).any(|it| it == bytes);
    assert!(!raw, "{what} is in the bundle");
}

#[test]
fn base64_is_as_rfc_4648_has_it() {
    assert_eq!(base64(b"foobar", b"+/"), "Zm9vYmFy");
    assert_eq!(base64(b"foob", b"+/"), "Zm9vYg");
    assert_eq!(base64(&[0xfb, 0xff], b"-_"), "-_8");
}

#[test]
fn p14_the_support_file_holds_no_secret_and_names_nobody() {
    let scene = Scene::new();
    let (ran, text) = scene.bundle(&scene.program);
    assert!(ran.out.contains("The support file"), "{ran:?}");
    fs::rename(scene.home().join("state"), scene.machine.dir()).unwrap();
    let mut found = 0;
    for (what, secret) in secrets(&scene.machine).all {
        assert_eq!(secret.len(), 32);
        holds_no(&text, what, &secret);
        // Nor a part that would make guessing the rest easy.
        holds_no(&text, what, &secret[..12]);
        found += 1;
    }
    assert_eq!(found, 5);
    let key = scene.key.to_text();
    let digits = key.replace('-', "");
    assert!(!text.contains(&*key) && !text.contains(&digits));
    // The secret half of the key, and what a request proves it with.
    holds_no(&text, "the license key's secret", scene.key.secret());
    holds_no(
        &text,
        "the license key's MAC key",
        scene.key.mac_key().as_ref(),
    );

    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let machine = scene.machine.dir().parent().unwrap().display().to_string();
    let socket = scene.machine.tpm.socket().display().to_string();
    for name in [USER, "alice", "meyer", &machine, &socket] {
        assert!(!text.contains(name), "{name} is in the bundle");
    }
    let words =
        text.split(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '.');
    assert!(
        words.into_iter().all(|word| word != host),
        "the host is in the bundle"
    );
    let certificates = ["BEGIN CERTIFICATE", "serial\":", "EK certificate"];
    assert!(!certificates.iter().any(|name| text.contains(name)));
}

#[test]
fn the_support_file_lists_what_it_holds_and_tells_what_a_support_engineer_asks_first() {
    let scene = Scene::new();
    // As by another process that runs.
    let store = Folder::open(&scene.home().join("state")).unwrap();
    let locked = store.lock(std::time::Duration::from_secs(5)).unwrap();
    let rendezvous = locked.rendezvous().unwrap();
    rendezvous.leave_evidence(b"evidence").unwrap();
    drop(rendezvous);
    drop(locked);
    let (_, text) = scene.bundle(&scene.program);
    let bundle: Value = serde_json::from_str(&text).unwrap();
    let listed = bundle["contents"].as_array().unwrap();
    for part in listed {
        let name = part["part"].as_str().unwrap();
        assert!(!bundle[name].is_null(), "{name} is listed and missing");
    }
    let besides = ["schema", "kind", "contents", "left_out"];
    assert_eq!(
        bundle.as_object().unwrap().len(),
        listed.len() + besides.len()
    );

    assert_eq!(bundle["versions"]["counterfoil"], env!("CARGO_PKG_VERSION"));
    assert!(bundle["system"]["release"].is_string());
    assert_eq!(bundle["settings"]["tpm_connection"], "swtpm");
    assert_eq!(bundle["tpm"]["counter_form"], "certified");
    assert_eq!(bundle["status"]["report"]["reason"]["name"], "ok");
    assert_eq!(
        bundle["status"]["report"]["licenses"][0]["checks"]
            .as_array()
            .unwrap()
            .len(),
        9
    );
    assert!(bundle["status"]["tpm_counts"]["clock_ms"].is_u64());
    assert_eq!(bundle["store"]["nv_indexes"].as_array().unwrap().len(), 2);
    assert_eq!(
        bundle["store"]["nv_indexes"][1]["value"],
        bundle["status"]["tpm_counts"]["activity"]
    );
    assert_eq!(
        bundle["store"]["state"]["pending"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let kinds: Vec<_> = bundle["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["shown"]["kind"])
        .collect();
    for kind in [
        "license",
        "lease",
        "manifest",
        "trust-bundle",
        "status-list",
    ] {
        assert!(
            kinds.iter().any(|it| *it == kind),
            "{kind} is not in {kinds:?}"
        );
    }
    assert_eq!(bundle["log"]["check"]["intact"], true);
    assert_eq!(bundle["log"]["entries"][1]["event"], "activated");
    let folder = bundle["folder"].as_array().unwrap();
    let state = folder
        .iter()
        .find(|it| it["path"].as_str().unwrap().contains("state-"))
        .unwrap();
    assert_eq!(
        (&state["mode"], &state["own"]),
        (&"0600".into(), &true.into())
    );
    let names: Vec<_> = folder
        .iter()
        .map(|it| it["path"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"heartbeat/evidence") && names.contains(&"epoch-1/binding"),
        "{names:?}"
    );
    assert!(!names.iter().any(|name| name.starts_with('(')), "{names:?}");
}

#[test]
fn a_support_file_can_be_had_when_nothing_works() {
    let scene = Scene::new();
    let parts = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
    let names = |text: &str| assert!(!text.contains("alice"), "{text}");

    // No TPM.
    let without = scene.program.at_tpm("swtpm:path=/nowhere/alice.sock");
    let (ran, text) = scene.bundle(&without);
    assert_eq!(ran.code, 1, "{ran:?}");
    let bundle = parts(&text);
    assert_eq!(bundle["status"]["report"]["reason"]["name"], "tpm_missing");
    assert!(bundle["tpm"]["error"].is_string() && bundle["store"]["error"].is_string());
    assert_eq!(bundle["log"]["entries"][0]["event"], "requested");
    assert!(bundle["folder"].as_array().unwrap().len() > 8);
    names(&text);

    // A folder that is damaged, with things in it that are nobody's business.
    let dir = scene.home().join("state");
    let binding = files(&dir, "binding").remove(0);
    fs::write(&binding, b"damaged").unwrap();
    fs::write(dir.join("alice.txt"), b"x").unwrap();
    fs::set_permissions(
        dir.join("epoch-1/licenses"),
        fs::Permissions::from_mode(0o777),
    )
    .unwrap();
    std::os::unix::fs::symlink("/home/alice", dir.join("epoch-7")).unwrap();
    let (_, text) = scene.bundle(&scene.program);
    let bundle = parts(&text);
    assert_eq!(
        bundle["status"]["report"]["reason"]["name"],
        "state_exposed"
    );
    let folder = bundle["folder"].as_array().unwrap();
    assert!(folder.iter().any(|it| it["kind"] == "link"));
    assert!(folder.iter().any(|it| it["mode"] == "0777"));
    names(&text);

    // Nothing there at all, and no vendor named.
    fs::remove_dir_all(&dir).unwrap();
    let (_, text) = scene.bundle(&scene.program);
    let bundle = parts(&text);
    assert_eq!(bundle["status"]["report"]["reason"]["name"], "place_taken");
    assert!(bundle["folder"]["error"].is_string());
    assert!(!Path::new(&dir).exists(), "looking makes nothing");
    names(&text);
    let (_, text) = scene.bundle(&scene.program.without_trust());
    let bundle = parts(&text);
    assert!(bundle["status"].is_null());
    assert!(
        bundle["settings"]["why_the_store_was_not_opened"]
            .as_str()
            .unwrap()
            .contains("--trust")
    );
}

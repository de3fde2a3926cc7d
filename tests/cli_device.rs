//! The device's program against a simulated TPM, as a person or a script uses it.
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
#![cfg(all(
    feature = "client",
    feature = "device",
    feature = "server",
    feature = "cli"
))]

mod cli_support;

use std::fs;

use cli_support::scene::{Scene, TRUST};
use serde_json::Value;
use tpm_sim::{Fault, Tpm};
use tss_esapi::handles::AuthHandle;

const NONCE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

#[test]
fn a_license_is_activated_by_files_then_shown_checked_and_proven() {
    let scene = Scene::activated();

    let status = scene.device("status --json").ends(0).json("status");
    assert_eq!(status["standing"], "active");
    assert_eq!(status["licenses"][0]["product"], "cad");
    assert_eq!(
        status["licenses"][0]["features"],
        serde_json::json!(["edit", "export", "open", "render"])
    );
    let checks = status["licenses"][0]["checks"].as_array().unwrap();
    assert!(
        checks.len() == 9 && checks.iter().all(|check| check["result"] == "pass"),
        "{checks:?}"
    );

    let text = scene.device("status").ends(0);
    assert!(
        text.out.starts_with("cad (standard): active\n"),
        "{}",
        text.out
    );
    assert_eq!(text.error, "");

    assert_eq!(
        scene.device("check render --json").ends(0).json("check")["on"],
        true
    );
    let off = scene.device("check teleport --json").ends(1).json("check");
    assert!(
        off["message"]
            .as_str()
            .unwrap()
            .contains("no license on this machine has a feature of this name"),
        "{off}"
    );

    scene
        .device(&format!("evidence --nonce {NONCE} -o machine.evidence"))
        .ends(0);
    scene
        .bench
        .server(&format!("verify-evidence machine.evidence --nonce {NONCE}"))
        .ends(0);
}

#[test]
fn every_file_of_an_activation_can_be_inspected() {
    let scene = Scene::activated();
    scene
        .device(&format!("evidence --nonce {NONCE} -o machine.evidence"))
        .ends(0);
    let service_files = ["service/bundle", "service/root/root.pem"];
    for (file, kind, label) in [
        ("machine.request", "activation-request", "license"),
        ("machine.response", "activation-response", "answers request"),
        ("machine.evidence", "evidence", "license: product"),
        (service_files[0], "trust-bundle", "vendor name"),
        (service_files[1], "public-key", "vendor"),
    ] {
        let shown = scene
            .bench
            .device(&format!("inspect {file} --json"))
            .ends(0)
            .json("inspect");
        assert_eq!(
            (&shown["kind"], &shown["fault"]),
            (&kind.into(), &Value::Null)
        );
        let fields = shown["fields"].as_array().unwrap();
        assert!(
            fields.iter().any(|field| field["label"] == label),
            "{file}: {fields:?}"
        );
    }
}

#[test]
fn in_grace_a_license_is_active_for_a_script_whatever_its_rules_keep() {
    let scene = Scene::new();
    let rules = fs::read_to_string(scene.bench.path("service/manifests/cad.toml")).unwrap();
    let all = "offline_grace = \"all\"";
    assert!(rules.contains(all));
    let rules = rules.replace(all, "offline_grace = \"essential\"");
    scene.bench.write("cad.toml", rules);
    scene.bench.server("manifest publish cad cad.toml").ends(0);
    scene.request().ends(0);
    scene
        .bench
        .server("answer machine.request -o machine.response")
        .ends(0);
    scene.apply_before_the_last_boot();

    let later = |line| scene.bench.device_after(25, &format!("{TRUST} {line}"));
    let status = later("status --json").ends(0).json("status");
    assert_eq!(status["standing"], "offline_grace");
    later("check open").ends(0);
    // There is such a feature, so it is not called unknown.
    let off = later("check edit").ends(1).out;
    assert!(off.starts_with("edit is off. Your license"), "{off}");
}

#[test]
fn what_is_not_well_formed_is_an_error_to_inspect_with_the_true_cause() {
    let scene = Scene::activated();
    scene
        .device(&format!("evidence --nonce {NONCE} -o machine.evidence"))
        .ends(0);
    let refuses = |bytes: &[u8], cause: &str| {
        scene.bench.write("bad", bytes);
        let ran = scene.bench.device("inspect bad").ends(2);
        ran.complains(&[cause, "get the file anew"]).out
    };
    for (file, kind) in [
        ("machine.request", "activation-request"),
        ("machine.evidence", "evidence"),
        ("service/bundle", "trust-bundle"),
    ] {
        let good = fs::read(scene.bench.path(file)).unwrap();
        refuses(&[&good[..], &[0]].concat(), "bytes follow the end");
        refuses(&good[..good.len() - 1], "cut off");
        // Tag, array of four, byte string of a protected header of up to 255 bytes; then the unprotected header.
        assert_eq!(good[..3], [0xd2, 0x84, 0x58]);
        let at = 4 + usize::from(good[3]);
        let (protected, rest) = (&good[..at], &good[at + 1..]);
        assert_eq!(good[at], 0xa0);
        let with = |unprotected: &[u8]| [protected, unprotected, rest].concat();
        refuses(&with(&[0xa2, 4, 0x41, 1, 4, 0x41, 1]), "a key occurs twice");
        let shown = refuses(&with(&[0xa1, 5, 0x41, 1]), "not protected");
        assert!(shown.contains(kind), "{shown}");
        // The first key of the content.
        let content = rest.iter().position(|byte| byte & 0xe0 == 0xa0).unwrap();
        let mut changed = good.clone();
        changed[at + 1 + content + 1] = 0x17;
        let shown = refuses(&changed, "is not well-formed");
        assert!(shown.contains(kind), "{shown}");
    }
    refuses(b"", "it is empty");
    for (file, told) in [
        ("state/log", "log show"),
        ("ek-root.pem", "it is a certificate"),
    ] {
        let ran = scene.bench.device(&format!("inspect {file}"));
        ran.ends(2).complains(&[told]);
    }
}

#[test]
fn a_german_user_reads_german_and_what_to_do_by_file() {
    let scene = Scene::activated();
    let ran = |line| scene.bench.device_in_german(&format!("{TRUST} {line}"));
    assert_eq!(
        ran("check render").ends(0).out,
        "render ist eingeschaltet.\n"
    );
    assert_eq!(
        ran("check teleport").ends(1).out,
        "teleport ist ausgeschaltet: Keine Lizenz auf diesem Computer hat eine Funktion dieses Namens. Eingeschaltet sind: \
         edit, export, open, render.\n"
    );
    fs::remove_dir_all(scene.bench.path("state/epoch-1/manifests")).unwrap();
    let status = ran("status --json").ends(1).json("status");
    let steps = status["steps"].as_array().unwrap();
    assert!(
        steps
            .last()
            .unwrap()
            .as_str()
            .unwrap()
            .starts_with("Diese Version erreicht"),
        "{steps:?}"
    );
}

#[test]
fn what_decides_nothing_is_told_in_words_too() {
    let scene = Scene::activated();
    let state = fs::read_dir(scene.bench.path("state/epoch-1")).unwrap();
    let mut names = state.map(|entry| entry.unwrap().path());
    let is_state = |path: &std::path::PathBuf| path.to_str().unwrap().contains("/state-");
    fs::remove_file(names.find(is_state).unwrap()).unwrap();
    let text = scene.device("status").ends(0).out;
    let notice =
        "(also: A file that the license needs is missing on this computer. [state_missing])";
    assert!(text.contains(notice), "{text}");
}

#[test]
fn provisioning_again_changes_nothing_and_deprovisioning_needs_a_yes() {
    let scene = Scene::new();
    assert!(
        scene
            .device("provision")
            .ends(0)
            .out
            .contains("has keys and counters")
    );
    assert!(
        scene
            .device("provision")
            .ends(0)
            .out
            .contains("in place already")
    );
    scene.device("deprovision").ends(64).complains(&["--yes"]);
    scene.device("deprovision --yes").ends(0);
    scene.device("deprovision --yes").ends(0);
    scene.device("status").ends(1);
}

#[test]
fn a_password_of_the_owner_hierarchy_is_taken_from_standard_input() {
    let scene = Scene::new();
    set_password(&scene.tpm, AuthHandle::Owner, "secret");
    scene
        .device("provision")
        .ends(2)
        .complains(&["owner hierarchy has a password", "--owner-auth-file FILE"]);
    let given = |password| {
        scene
            .bench
            .device_reading(&format!("{TRUST} provision --owner-auth-file -"), password)
    };
    given("wrong\n")
        .ends(2)
        .complains(&["owner hierarchy does not fit"]);
    given("secret\n").ends(0);
    scene.device("status").ends(1);
}

#[test]
fn a_password_of_the_endorsement_hierarchy_is_wanted_again_for_the_response() {
    let scene = Scene::new();
    scene.request().ends(0);
    scene
        .bench
        .server("answer machine.request -o machine.response")
        .ends(0);
    set_password(&scene.tpm, AuthHandle::Endorsement, "secret");
    scene.bench.write("password", "secret");
    scene
        .device("provision --endorsement-auth-file password")
        .ends(0);
    scene
        .device("activate --response machine.response")
        .ends(2)
        .complains(&["has a password", "--endorsement-auth-file FILE"]);
    scene
        .device("activate --response machine.response --endorsement-auth-file password")
        .ends(0);
    scene.device("status").ends(0);
}

#[test]
fn a_file_that_is_no_response_is_named_for_what_it_is() {
    let scene = Scene::new();
    scene.request().ends(0);
    scene
        .device("activate --response machine.request")
        .ends(2)
        .complains(&["`activation-request`", "send it to the vendor"]);
    scene
        .device("activate --response service/bundle")
        .ends(2)
        .complains(&["`trust-bundle`", "not the vendor's response"]);
}

#[test]
fn without_a_license_the_answer_is_no_and_says_what_to_do() {
    let scene = Scene::new();
    let status = scene.device("status --json").ends(1).json("status");
    assert_eq!(
        (&status["standing"], &status["badge"]),
        (&"not_activated".into(), &"needs-you".into())
    );
    assert!(!status["steps"].as_array().unwrap().is_empty());
    assert_eq!(
        scene.device("check render --json").ends(1).json("check")["on"],
        false
    );
    scene
        .device(&format!("evidence --nonce {NONCE} -o machine.evidence"))
        .ends(2);
    assert!(!scene.bench.path("machine.evidence").exists());
}

#[test]
fn without_a_tpm_nothing_can_be_judged_which_is_an_error_and_not_a_no() {
    let scene = Scene::activated();
    let absent = |line| {
        scene.bench.device_at(
            "swtpm:path=/nonexistent/tpm.sock",
            &format!("{TRUST} {line}"),
            "",
        )
    };
    let status = absent("status --json")
        .ends(2)
        .complains(&["there is no TPM at", "start the simulator"])
        .json("status");
    assert_eq!(status["reason"]["name"], "tpm_missing");
    absent("check render")
        .ends(2)
        .complains(&["there is no TPM at"]);
    scene.device("status").ends(0);
}

#[test]
fn p11_a_tpm_that_does_not_answer_ends_every_verb_in_time() {
    let scene = Scene::activated();
    scene.tpm.suspend().unwrap();
    for verb in [
        "status",
        "check render",
        &format!("evidence --nonce {NONCE} -o silent.evidence"),
    ] {
        let ran = scene.device(&format!("--tpm-timeout 1 {verb}")).ends(2);
        assert!(
            ran.error.contains("did not answer within 1 s"),
            "{verb}: {}",
            ran.error
        );
    }
    let ran = scene.device("--tpm-timeout 1 doctor").ends(1);
    assert!(ran.out.contains("not answered"), "{}", ran.out);
    scene.tpm.resume().unwrap();
    scene.device("check render").ends(0);
}

#[test]
fn p11_a_code_of_the_kernels_resource_manager_is_shown() {
    let scene = Scene::activated();
    for (code, reason, shown) in [
        (0xb_0143, "tpm_refused", "TPM_RC_COMMAND_CODE"),
        (0xb_0149, "tpm_refused", "0xb0149 (TPM_RC_NV_AUTHORIZATION)"),
        (0xb_0902, "tpm_busy", "no room for another object"),
        (0xb_0922, "tpm_busy", "kept asking to try later"),
    ] {
        let faults = scene.tpm.faults();
        for n in 1..=100 {
            faults.at_command("TPM2_Load", n, Fault::ReturnCode(code));
        }
        let ran = scene.device("status --json").ends(2);
        faults.clear();
        assert!(ran.error.contains(shown), "{code:x}: {}", ran.error);
        assert_eq!(ran.json("status")["reason"]["name"], reason, "{code:x}");
    }
    scene.device("check render").ends(0);
}

#[test]
fn p12_a_response_that_is_damaged_foreign_or_used_changes_nothing() {
    let scene = Scene::new();
    scene.request().ends(0);
    scene
        .bench
        .server("answer machine.request -o machine.response")
        .ends(0);
    let response = scene.response();

    let request = fs::read(scene.bench.path("machine.request")).unwrap();
    let mut changed = request;
    *changed.last_mut().unwrap() ^= 1;
    scene.bench.write("changed.request", changed);
    let inspected = scene.bench.device("inspect changed.request --json");
    let inspected = inspected.ends(2).complains(&["damaged or was changed"]);
    assert_eq!(inspected.json("inspect")["kind"], "activation-request");

    let mut flipped = response.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for (bad, complaint) in [
        (Vec::new(), "damaged"),
        (b"no response at all".to_vec(), "damaged"),
        (response[..response.len() / 2].to_vec(), "damaged"),
        (vec![0; 300_000], "larger than"),
        (flipped, "damaged"),
    ] {
        scene.bench.write("bad.response", bad);
        scene
            .device("activate --response bad.response")
            .ends(2)
            .complains(&[complaint]);
        scene.device("status").ends(1);
    }
    scene.device("activate --response machine.response").ends(0);
    scene
        .device("activate --response machine.response")
        .ends(2)
        .complains(&["works once"]);
    scene.device("status").ends(0);
}

#[test]
fn a_license_key_with_a_typing_error_is_found_before_anything_is_asked() {
    let scene = Scene::new();
    let last = if scene.key.ends_with('0') { "1" } else { "0" };
    let typo = format!("{}{last}", &scene.key[..scene.key.len() - 1]);
    let line = format!("activate --key {typo} --request-out machine.request");
    scene.device(&line).ends(2).complains(&["typing error"]);
    assert!(!scene.bench.path("machine.request").exists());
    assert!(!scene.bench.path("state").exists());
}

#[test]
fn an_unanswered_request_is_written_again_unchanged() {
    let scene = Scene::new();
    scene.request().ends(0);
    let first = fs::read(scene.bench.path("machine.request")).unwrap();
    assert!(scene.request().ends(0).out.contains("once more"));
    assert_eq!(
        fs::read(scene.bench.path("machine.request")).unwrap(),
        first
    );
}

#[test]
fn libtss2_stays_silent_when_the_tpm_refuses_a_command() {
    let scene = Scene::new();
    set_password(&scene.tpm, AuthHandle::Owner, "secret");
    let refused = scene.device("provision").ends(2);
    assert_eq!(refused.error.lines().count(), 1, "{}", refused.error);
}

fn set_password(tpm: &Tpm, hierarchy: AuthHandle, password: &str) {
    use tss_esapi::interface_types::session_handles::AuthSession;
    let mut context = tss_esapi::Context::new(tpm.tcti().parse().unwrap()).unwrap();
    context.set_sessions((Some(AuthSession::Password), None, None));
    let password = tss_esapi::structures::Auth::try_from(password.as_bytes().to_vec()).unwrap();
    context.hierarchy_change_auth(hierarchy, password).unwrap();
}

#[test]
fn the_log_is_shown_and_verified_and_a_change_is_found() {
    let scene = Scene::activated();
    scene.device("status").ends(0);
    let shown = scene
        .bench
        .device("log show --json")
        .ends(0)
        .json("log-show");
    let events: Vec<_> = shown["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["requested", "activated"]);
    let text = scene.bench.device("log show").ends(0).out;
    assert_eq!(text.lines().count(), 2, "{text}");
    let intact = scene.device("log verify").ends(0).out;
    assert!(
        intact.contains("intact: 2 entries, number 1 to 2"),
        "{intact}"
    );
    let json = scene.device("log verify --json").ends(0).json("log-verify");
    assert_eq!(
        (&json["intact"], &json["sealed"]),
        (&true.into(), &2.into())
    );

    // Without the TPM the chain alone is seen, which is neither yes nor no.
    let nowhere = "swtpm:path=/nonexistent/tpm.sock";
    let line = format!("{TRUST} log verify --json");
    let json = scene
        .bench
        .device_at(nowhere, &line, "")
        .ends(2)
        .json("log-verify");
    assert!(json["intact"].is_null() && json["unchecked"].is_string());

    let log = scene.bench.path("state/log");
    let whole = fs::read_to_string(&log).unwrap();
    fs::write(&log, whole.replace("activated", "requested")).unwrap();
    let json = scene.device("log verify --json").ends(1).json("log-verify");
    assert_eq!(json["intact"], false);
    assert_eq!(json["faults"][0]["name"], "seal");
    let told = scene.device("log verify").ends(1).out;
    assert!(
        told.contains("not what this program wrote") && told.contains("Licenses are not affected")
    );
    let chain = scene.bench.device_at(nowhere, &line, "").ends(2);
    assert!(
        chain.json("log-verify")["intact"].is_null(),
        "the last entry has no successor yet"
    );

    fs::write(&log, whole.split_once('\n').unwrap().1).unwrap();
    let json = scene
        .bench
        .device_at(nowhere, &line, "")
        .ends(1)
        .json("log-verify");
    assert_eq!(json["faults"][0]["name"], "missing");
}

#[test]
fn explain_answers_each_question_before_and_after_an_activation() {
    let scene = Scene::new();
    let before = scene.device("explain --json").ends(0).json("explain");
    assert_eq!(before["licenses"].as_array().unwrap().len(), 0);
    assert_eq!(before["general"].as_array().unwrap().len(), 2);

    let scene = Scene::activated();
    let after = scene.device("explain --json").ends(0).json("explain");
    let license = &after["licenses"][0];
    assert_eq!(
        (&license["product"], &after["language"]),
        (&"cad".into(), &"en".into())
    );
    assert_eq!(license["sections"].as_array().unwrap().len(), 4);
    let text = scene.device("explain").ends(0).out;
    for heading in ["What ends it?", "What is sent to the vendor, and when?"] {
        assert!(text.contains(heading), "{text}");
    }
}

#[test]
fn the_support_file_is_written_beside_the_findings() {
    let scene = Scene::activated();
    let ran = scene.device("doctor --bundle support.json").ends(0);
    assert!(
        ran.out.contains("The support file support.json holds:"),
        "{}",
        ran.out
    );
    let bundle: Value =
        serde_json::from_slice(&fs::read(scene.bench.path("support.json")).unwrap()).unwrap();
    assert_eq!(bundle["schema"], 1);
    let json = scene.device("doctor --bundle again.json --json").ends(0);
    json.json("doctor");
    scene
        .device("doctor --bundle nowhere/support.json")
        .ends(2)
        .complains(&["the support file", "cannot be written"]);
}

#[test]
fn a_request_that_is_unanswered_is_listed_and_dropped() {
    let scene = Scene::new();
    let none = scene.device("requests list").ends(2).error;
    assert!(none.contains("no state folder"), "{none}");
    scene.request().ends(0);
    let listed = scene
        .device("requests list --json")
        .ends(0)
        .json("requests-list");
    let license = listed["requests"][0]["license"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = scene.device("requests list").ends(0).out;
    assert!(
        shown.contains(&license) && shown.contains("any product"),
        "{shown}"
    );
    let dropped = scene.device(&format!("requests drop {license}"));
    assert!(dropped.ends(0).out.contains("was dropped"));
    scene.device(&format!("requests drop {license}")).ends(1);
    assert_eq!(
        scene.device("requests list").ends(0).out,
        "No request is unanswered.\n"
    );
}

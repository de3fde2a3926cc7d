//! The verbs of `counterfoil-server manifest`: what they say, their JSON, and their exit codes.

use std::fs;
use std::path::Path;

use counterfoil::policy::Rules;
use serde_json::Value;

use crate::schema;
use crate::server_desk::{Desk, Ran};

/// A service with the product `cad`, and its rules in a file beside it.
fn with_product() -> Desk {
    let desk = Desk::with_service();
    desk.run(&["product", "add", "cad"]).yes();
    fs::write(desk.path("rules.toml"), Rules::default_toml("cad")).unwrap();
    desk
}

/// Replaces something in the file of rules.
fn edit(desk: &Desk, from: &str, to: &str) {
    let path = desk.path("rules.toml");
    let rules = fs::read_to_string(&path).unwrap();
    assert!(rules.contains(from), "{from}");
    fs::write(path, rules.replacen(from, to, 1)).unwrap();
}

/// The JSON of a verb, after a check against its schema.
fn json(ran: &Ran, name: &str) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/manifest-{name}.json"));
    let schema: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let value = ran.json();
    if let Err(fault) = schema::check(&schema, &value) {
        panic!("{name}: {fault}\n{value:#}");
    }
    value
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|change| change["text"].as_str().unwrap())
        .collect()
}

const SHORTER: &str =
    "Machines with a TPM chip work offline for 14 days instead of 30, from their next renewal on.";
const LONGER: &str =
    "Machines with a TPM chip work offline for 30 days instead of 14, from their next renewal on.";

#[test]
fn versions_are_published_listed_shown_compared_and_gone_back_to() {
    let desk = with_product();
    edit(&desk, "hardware = 30", "hardware = 14");
    let diff = desk
        .run(&["--json", "manifest", "diff", "cad", "rules.toml"])
        .yes();
    assert_eq!(texts(&json(&diff, "diff")["changes"]), [SHORTER]);

    let published = desk
        .run(&["--json", "manifest", "publish", "cad", "rules.toml"])
        .yes();
    let published = json(&published, "publish");
    assert_eq!(published["manifest"]["version"], 2);
    assert_eq!(texts(&published["changes"]), [SHORTER]);
    assert_eq!(published["file_current"], true);
    let rules = fs::read_to_string(desk.path("rules.toml")).unwrap();
    assert_eq!(
        fs::read_to_string(desk.dir().join("manifests/cad.toml")).unwrap(),
        rules
    );

    let again = desk.run(&["--json", "manifest", "publish", "cad", "rules.toml"]);
    assert_eq!(again.code(), 1);
    let again = json(&again, "publish");
    assert_eq!(again["published"], false);
    assert!(
        again["refusal"].as_str().unwrap().contains("version 2"),
        "{again}"
    );

    let back = desk
        .run(&["--json", "manifest", "rollback", "cad", "1"])
        .yes();
    let back = json(&back, "publish");
    assert_eq!(
        (
            &back["manifest"]["version"],
            &back["manifest"]["content_of"]
        ),
        (&Value::from(3), &Value::from(1))
    );
    assert_eq!(texts(&back["changes"]), [LONGER]);
    assert_eq!(desk.run(&["manifest", "rollback", "cad", "3"]).code(), 1);

    let list = desk.run(&["--json", "manifest", "list", "cad"]).yes();
    let list = json(&list, "list");
    let versions: Vec<_> = list["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, [1, 2, 3]);
    let shown = desk.run(&["--json", "manifest", "show", "cad", "2"]).yes();
    assert_eq!(
        json(&shown, "show")["manifest"]["source"],
        Value::from(rules)
    );
    let newest = desk.run(&["manifest", "show", "cad"]).yes().out();
    assert!(
        newest.starts_with("# cad, version") && newest.contains("hardware = 30"),
        "{newest}"
    );
    let same = desk.run(&["manifest", "diff", "cad@1", "cad@3"]).yes();
    assert_eq!(same.out(), "the rules are the same\n");

    desk.run(&["manifest", "show", "cad", "9"])
        .error(&["no manifest 9", "the newest is 3"]);
    desk.run(&["manifest", "list", "cam"])
        .error(&["no product cam"]);
    desk.run(&["manifest", "diff", "cad@x", "cad"])
        .error(&["cad@x", "PRODUCT@VERSION"]);
}

#[test]
fn work_that_is_not_published_is_left_alone() {
    let desk = with_product();
    let own = desk.dir().join("manifests/cad.toml");
    let draft = Rules::default_toml("cad").replace("virtual = 1", "virtual = 2");
    fs::write(&own, &draft).unwrap();
    edit(&desk, "hardware = 30", "hardware = 14");
    let published = desk
        .run(&["--json", "manifest", "publish", "cad", "rules.toml"])
        .yes();
    assert!(
        published.err().contains("left as it is"),
        "{}",
        published.err()
    );
    assert_eq!(json(&published, "publish")["file_current"], false);
    assert_eq!(fs::read_to_string(&own).unwrap(), draft);
    // Publishing the draft itself is how it becomes current.
    let own = own.display().to_string();
    let published = desk
        .run(&["--json", "manifest", "publish", "cad", &own])
        .yes();
    assert_eq!(json(&published, "publish")["file_current"], true);
}

#[test]
fn each_fault_is_explained_with_its_line_and_keeps_the_rules_from_being_published() {
    let desk = with_product();
    let fine = desk
        .run(&["--json", "manifest", "check", "rules.toml"])
        .yes();
    let fine = json(&fine, "check");
    assert_eq!(fine["faults"], Value::Array(vec![]));
    let warned = fine["warnings"].to_string();
    assert!(warned.contains("boots 20 times a day 41 %"), "{warned}");

    edit(&desk, "hardware = 30", "hardware = 0");
    edit(&desk, "limited = \"essential\"", "limted = \"essential\"");
    let checked = desk.run(&["--json", "manifest", "check", "rules.toml"]);
    assert_eq!(checked.code(), 1);
    let checked = json(&checked, "check");
    let rules = fs::read_to_string(desk.path("rules.toml")).unwrap();
    let line_of = |text: &str| {
        rules
            .lines()
            .position(|line| line.starts_with(text))
            .unwrap()
            + 1
    };
    let found: Vec<_> = checked["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            (
                fault["line"].as_u64().unwrap() as usize,
                fault["key"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (line_of("hardware = 0"), "window_days.hardware"),
            (line_of("limted"), "keep.limted")
        ]
    );
    let text = desk.run(&["manifest", "check", "rules.toml"]).out();
    assert!(
        text.contains("did you mean `limited`?")
            && text.ends_with("2 faults; the rules can't be published\n"),
        "{text}"
    );

    let refused = desk.run(&["--json", "manifest", "publish", "cad", "rules.toml"]);
    assert_eq!(refused.code(), 1);
    let refused = json(&refused, "publish");
    assert_eq!(refused["faults"], checked["faults"]);
    let list = desk.run(&["--json", "manifest", "list", "cad"]).yes();
    assert_eq!(
        json(&list, "list")["manifests"].as_array().unwrap().len(),
        1
    );
    desk.run(&["manifest", "check", "absent.toml"])
        .error(&["absent.toml"]);
    desk.run(&["product", "add", "cam", "--rules", "rules.toml"])
        .error(&["window_days.hardware"]);
}

#[test]
fn an_explanation_needs_no_service_and_fits_its_schema() {
    let desk = Desk::new();
    fs::write(desk.path("rules.toml"), Rules::default_toml("cad")).unwrap();
    let explained = desk
        .run(&["--json", "manifest", "explain", "rules.toml"])
        .yes();
    let explained = json(&explained, "explain");
    let classes = explained["classes"].as_array().unwrap();
    let windows: Vec<_> = classes
        .iter()
        .map(|class| {
            (
                class["class"].as_str().unwrap(),
                class["window_days"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        windows,
        [("hardware", 30), ("virtual", 1), ("registered", 30)]
    );
    let moments = classes[0]["editions"][1]["moments"].as_array().unwrap();
    for (day, standing) in [
        (1, "active"),
        (5, "active"),
        (10, "active"),
        (30, "offline_grace"),
    ] {
        let moment = moments
            .iter()
            .find(|moment| moment["after_hours"] == day * 24)
            .unwrap();
        assert_eq!(moment["standing"], standing, "day {day}");
    }
    let narrowed = [
        "manifest",
        "explain",
        "rules.toml",
        "--class",
        "virtual",
        "--edition",
        "essential",
    ];
    let text = desk.run(&narrowed).yes().out();
    assert!(
        text.contains("Virtual machines (virtual): 1 day offline")
            && !text.contains("chip (hardware)"),
        "{text}"
    );
    desk.run(&["manifest", "explain", "rules.toml", "--edition", "gold"])
        .error(&["gold", "`standard`"]);
}

#[test]
fn a_product_begins_with_rules_of_its_own() {
    let desk = Desk::with_service();
    let rules = Rules::default_toml("cad").replace("hardware = 30", "hardware = 90");
    fs::write(desk.path("rules.toml"), &rules).unwrap();
    desk.run(&["product", "add", "cad", "--rules", "rules.toml"])
        .yes();
    let shown = desk.run(&["--json", "manifest", "show", "cad"]).yes();
    assert_eq!(
        json(&shown, "show")["manifest"]["source"],
        Value::from(rules)
    );
}

#[test]
fn p14_what_is_noted_of_a_license_is_a_pseudonym_and_is_shown() {
    let desk = with_product();
    let create = [
        "license",
        "create",
        "--product",
        "cad",
        "--segment",
        "schools",
        "--user",
    ];
    let with_user = |user| desk.run(&[&["--json"], &create[..], &[user, "--standby"]].concat());
    let address = with_user("jane@example.com");
    assert_eq!(address.code(), 64);
    assert!(address.err().contains("customer-1042"), "{}", address.err());
    let made = with_user("customer-7").yes().json()["license"].clone();
    assert_eq!(
        (&made["segment"], &made["user"]),
        (&Value::from("schools"), &Value::from("customer-7"))
    );
    assert_eq!(made["standby"], true);
    let id = made["id"].as_str().unwrap();
    for shown in [&["license", "show", id][..], &["license", "list"]] {
        let shown = desk.run(shown).yes().out();
        for noted in ["schools", "customer-7", "standby"] {
            assert!(shown.contains(noted), "{noted} in {shown}");
        }
    }
}

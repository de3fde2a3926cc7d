//! Folders as killed and racing programs of earlier versions left them, repaired by opening them.

use std::fs;
use std::path::Path;

use crate::server_desk::Desk;
use crate::{assert_sound, copy};

/// A service, and a copy of it with the same root: each has added a product of its own, under the same bundle number.
fn two_of_one_number() -> Desk {
    let desk = Desk::with_service();
    copy(&desk.dir(), &desk.path("other"));
    desk.run(&["product", "add", "cad"]).yes();
    desk.run_at(&desk.path("other"), &["product", "add", "cam"])
        .yes();
    desk
}

fn take(desk: &Desk, file: &str) {
    fs::copy(desk.path("other").join(file), desk.dir().join(file)).unwrap();
}

#[test]
fn a_folder_with_two_bundles_of_one_number_is_repaired_by_opening_it() {
    let desk = two_of_one_number();
    let in_force = fs::read(desk.dir().join("bundle")).unwrap();
    let other = fs::read(desk.path("other/bundle")).unwrap();
    for file in ["bundle", "root/last.bundle", "keys/policy-cam.key"] {
        take(&desk, file);
    }
    let opened = desk.run(&["license", "list"]).yes();
    assert!(opened.err().contains("another one of number 2"));
    assert_eq!(fs::read(desk.dir().join("bundle")).unwrap(), in_force);
    assert_eq!(
        fs::read(desk.dir().join("bundle.set-aside")).unwrap(),
        other
    );
    let again = desk.run(&["license", "list"]).yes();
    assert_eq!(again.err(), "", "it is told once");
    desk.run(&["product", "add", "cam"]).yes();
    assert_sound(&desk.dir(), &["cad", "cam"]);
}

#[test]
fn a_bundle_file_that_lags_behind_or_is_missing_is_put_back() {
    let desk = Desk::with_service();
    let first = fs::read(desk.dir().join("bundle")).unwrap();
    desk.run(&["product", "add", "cad"]).yes();
    fs::write(desk.dir().join("bundle"), first).unwrap();
    let opened = desk.run(&["license", "create", "--product", "cad"]).yes();
    assert!(opened.err().contains("number 1") && opened.err().contains("number 2"));
    assert_sound(&desk.dir(), &["cad"]);
    fs::remove_file(desk.dir().join("bundle")).unwrap();
    let opened = desk.run(&["license", "list"]).yes();
    assert!(opened.err().contains("was missing"));
    assert_sound(&desk.dir(), &["cad"]);
}

#[test]
fn a_bundle_that_the_root_signed_for_a_killed_run_is_taken_up() {
    let desk = Desk::with_service();
    copy(&desk.dir(), &desk.path("other"));
    desk.run_at(&desk.path("other"), &["product", "add", "cad"])
        .yes();
    for file in ["root/last.bundle", "keys/policy-cad.key"] {
        take(&desk, file);
    }
    desk.run(&["license", "list"]).yes();
    desk.run(&["product", "add", "cad"]).yes();
    assert_sound(&desk.dir(), &["cad"]);
    let bundle = fs::read(desk.dir().join("bundle")).unwrap();
    assert_eq!(
        bundle,
        fs::read(desk.path("other/bundle")).unwrap(),
        "nothing was signed once more"
    );
    desk.run(&["product", "add", "cam"]).yes();
    assert_sound(&desk.dir(), &["cad", "cam"]);
}

#[test]
fn a_root_that_was_killed_before_its_public_half_was_written_is_completed() {
    let desk = Desk::new();
    let vault = desk.path("vault");
    desk.run_at(&vault, &["root", "init"]).yes();
    let public = fs::read(vault.join("root.pem")).unwrap();
    desk.run_at(&vault, &["root", "init"]).error(&["not empty"]);
    fs::remove_file(vault.join("root.pem")).unwrap();
    desk.run_at(&vault, &["root", "init"]).yes();
    assert_eq!(fs::read(vault.join("root.pem")).unwrap(), public);

    // Things of somebody else are left alone, and no lock is put among them.
    let home = desk.path("home");
    copy(&vault, &home);
    fs::remove_file(home.join("lock")).unwrap();
    fs::rename(home.join("root.pem"), home.join("letter.txt")).unwrap();
    desk.run_at(&home, &["root", "init"]).error(&["not empty"]);
    assert!(!home.join("lock").exists());
}

#[test]
fn a_file_that_a_killed_run_left_half_written_is_in_nobodys_way() {
    let desk = Desk::with_service();
    let left =
        |dir: &Path| ["bundle.1.0.new", "keys/policy-cad.key.1.0.new"].map(|name| dir.join(name));
    for path in left(&desk.dir()) {
        fs::write(path, "half").unwrap();
    }
    desk.run(&["product", "add", "cad"]).yes();
    assert!(left(&desk.dir()).iter().all(|path| !path.exists()));
}

#[test]
fn rules_that_somebody_wrote_before_the_product_was_added_are_not_lost() {
    let desk = Desk::with_service();
    desk.run(&["product", "add", "cad"]).yes();
    let rules = desk.dir().join("manifests/cam.toml");
    let text = fs::read_to_string(desk.dir().join("manifests/cad.toml")).unwrap();
    let own = format!("# mine\n{text}");
    fs::write(&rules, &own).unwrap();
    desk.run(&["product", "add", "cam"])
        .error(&["cam.toml", "--rules"]);
    assert!(!desk.dir().join("keys/policy-cam.key").exists());
    let path = rules.display().to_string();
    desk.run(&["product", "add", "cam", "--rules", &path]).yes();
    assert_eq!(fs::read_to_string(&rules).unwrap(), own);
    assert_sound(&desk.dir(), &["cad", "cam"]);
}

//! Two programs at once on one folder: each does its work or says what stands in its way, and the folder serves on.
//!
//! With `COUNTERFOIL_TEST_LONG` set, many rounds; else a few.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::server_desk::Desk;
use crate::{Signed, assert_sound};

fn rounds() -> usize {
    match std::env::var_os("COUNTERFOIL_TEST_LONG") {
        Some(_) => 40,
        None => 3,
    }
}

/// Runs all commands at once, and waits for them.
fn at_once(commands: Vec<Command>) -> Vec<Output> {
    let running: Vec<_> = commands
        .into_iter()
        .map(|mut command| {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    running
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect()
}

#[track_caller]
fn assert_all_done(outputs: &[Output]) {
    for output in outputs {
        assert!(output.status.success(), "{output:?}");
    }
}

/// That one was done and each other one was told `why` not.
#[track_caller]
fn assert_one_done(outputs: &[Output], why: &str) {
    let (done, other): (Vec<_>, Vec<_>) =
        outputs.iter().partition(|output| output.status.success());
    assert_eq!(done.len(), 1, "{outputs:?}");
    for output in other {
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn verbs_that_write_do_not_disturb_each_other() {
    let desk = Desk::with_service();
    desk.run(&["product", "add", "base"]).yes();
    let rules = fs::read_to_string(desk.dir().join("manifests/base.toml")).unwrap();
    let mut signed = Signed::by(&desk.dir().join("root"));
    let mut products = vec!["base".to_owned()];
    // Three keys a round, and a bundle holds 64.
    let rounds = rounds().min(20);
    for round in 0..rounds {
        let (cad, cam) = (format!("cad{round}"), format!("cam{round}"));
        let own = desk.path(&format!("rules{round}.toml"));
        fs::write(
            &own,
            format!("# {round}\n{rules}").replace("days = 730", "days = 700"),
        )
        .unwrap();
        let twice = own.display().to_string();
        let verbs: [&[&str]; 5] = [
            &["product", "add", &cad],
            &["product", "add", &cam],
            &["license", "create", "--product", "base"],
            &["ek", "allow", &format!("{round:064x}")],
            &["license", "create", "--product", "base"],
        ];
        let commands = verbs.iter().map(|verb| desk.command(&desk.dir(), verb));
        assert_all_done(&at_once(commands.collect()));
        products.extend([cad, cam]);

        // The same verb twice: one of them does it.
        let same = format!("same{round}");
        let add = ["product", "add", &same];
        let commands = [&add, &add].map(|verb| desk.command(&desk.dir(), verb));
        assert_one_done(&at_once(commands.into()), "already");
        products.push(same);
        let other = products[products.len() - 2].clone();
        let publish = ["manifest", "publish", &other, &twice];
        let commands = [&publish, &publish].map(|verb| desk.command(&desk.dir(), verb));
        let outputs = at_once(commands.into());
        assert!(
            outputs.iter().any(|output| output.status.success()),
            "{outputs:?}"
        );
        assert!(
            outputs.iter().all(|output| output.status.code() != Some(2)),
            "{outputs:?}"
        );

        signed.look_at(&[
            desk.dir().join("bundle"),
            desk.dir().join("root/last.bundle"),
        ]);
    }
    let products: Vec<&str> = products.iter().map(String::as_str).collect();
    assert_sound(&desk.dir(), &products);
    assert_eq!(
        Vec::from_iter(signed.seen.keys().copied()).last().copied(),
        Some(2 + 3 * rounds as u64),
        "a number each"
    );
}

/// Signs two proposals of one number at once with one root; the files that came out.
fn two_proposals(desk: &Desk, round: usize) -> [PathBuf; 2] {
    let vault = desk.path("vault");
    let pem = vault.join("root.pem").display().to_string();
    let services = ["one", "two"].map(|name| desk.path(&format!("{name}{round}")));
    let mut commands = Vec::new();
    for service in &services {
        desk.run_at(service, &["init", "--name", "Acme", "--root-public", &pem])
            .yes();
        let number = format!("sequence = {}", round + 1);
        let proposal = service.join("bundle-proposal.toml");
        let text = fs::read_to_string(&proposal).unwrap();
        fs::write(&proposal, text.replace("sequence = 1", &number)).unwrap();
        let (proposal, bundle) = (proposal.display().to_string(), service.join("bundle"));
        let bundle = bundle.display().to_string();
        let sign = [
            "root",
            "sign-bundle",
            "--in",
            &proposal,
            "--out",
            &bundle,
            "--yes",
        ];
        commands.push(desk.command(&vault, &sign));
    }
    assert_one_done(&at_once(commands), "is signed already");
    services.map(|service| service.join("bundle"))
}

#[test]
fn a_root_that_two_services_share_signs_no_number_twice() {
    let desk = Desk::new();
    let vault = desk.path("vault");
    desk.run_at(&vault, &["root", "init"]).yes();
    let mut signed = Signed::by(&vault);
    for round in 0..rounds() {
        let bundles = two_proposals(&desk, round);
        signed.look_at(&bundles);
        signed.look_at(&[vault.join("last.bundle")]);
    }
    assert_eq!(signed.seen.len(), rounds());
}

#[test]
fn of_two_that_make_one_folder_one_does_and_it_is_whole() {
    for round in 0..rounds() {
        let desk = Desk::new();
        let init = ["init", "--name", "Acme"];
        let commands = [&init, &init].map(|verb| desk.command(&desk.dir(), verb));
        assert_one_done(&at_once(commands.into()), "not empty");
        desk.run(&["product", "add", "cad"]).yes();
        assert_sound(&desk.dir(), &["cad"]);
        assert_eq!(
            fs::read_dir(desk.home.path()).unwrap().count(),
            1,
            "{round}"
        );

        let vault = desk.path("vault");
        let commands = [0, 1].map(|_| desk.command(&vault, &["root", "init"]));
        assert_one_done(&at_once(commands.into()), "not empty");
        assert_signs(&desk, &vault);
    }
}

/// That a root's two halves belong together.
#[track_caller]
pub(crate) fn assert_signs(desk: &Desk, vault: &Path) {
    let pem = vault.join("root.pem").display().to_string();
    let service = desk.path("signed");
    let run = |verb: &[&str]| desk.run_at(&service, verb).yes();
    run(&["init", "--name", "Acme", "--root-public", &pem]);
    let sign = [
        "root",
        "sign-bundle",
        "--in",
        "signed/bundle-proposal.toml",
        "--out",
        "signed/bundle",
        "--yes",
    ];
    desk.run_at(vault, &sign).yes();
    run(&["product", "add", "cad"]);
    fs::remove_dir_all(service).unwrap();
}

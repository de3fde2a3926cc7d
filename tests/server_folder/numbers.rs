//! The number of a trust bundle: signed once, bounded, and shown.

use std::fs;

use crate::server_desk::Desk;
use crate::{Signed, assert_sound};

/// A service whose root is elsewhere, with a proposal of its first bundle.
fn with_a_root_elsewhere() -> Desk {
    let desk = Desk::new();
    let vault = desk.path("vault");
    desk.run_at(&vault, &["root", "init"]).yes();
    let pem = vault.join("root.pem").display().to_string();
    desk.run(&["init", "--name", "Acme Ltd", "--root-public", &pem])
        .yes();
    desk
}

const SIGN: [&str; 6] = [
    "root",
    "sign-bundle",
    "--in",
    "acme/bundle-proposal.toml",
    "--out",
    "acme/bundle",
];
const YES: [&str; 7] = [
    SIGN[0], SIGN[1], SIGN[2], SIGN[3], SIGN[4], SIGN[5], "--yes",
];

#[test]
fn a_number_that_would_use_up_those_that_follow_is_not_signed() {
    let desk = with_a_root_elsewhere();
    let proposal = desk.dir().join("bundle-proposal.toml");
    let text = fs::read_to_string(&proposal).unwrap();
    let with_number = |number: u64| {
        let text = text.replace("sequence = 1", &format!("sequence = {number}"));
        fs::write(&proposal, text).unwrap();
    };
    for number in [1001, u64::from(u32::MAX), i64::MAX as u64] {
        with_number(number);
        for typed in [&SIGN[..], &YES] {
            desk.run_at(&desk.path("vault"), typed).error(&[
                &number.to_string(),
                "the next one after 0 is 1",
                "1000",
            ]);
        }
    }
    assert!(!desk.dir().join("bundle").exists());
    with_number(1000);
    desk.run_at(&desk.path("vault"), &YES).yes();
    with_number(2001);
    desk.run_at(&desk.path("vault"), &YES)
        .error(&["the next one after 1000 is 1001"]);
}

#[test]
fn the_review_shows_number_and_vendor_and_a_new_name() {
    let desk = with_a_root_elsewhere();
    let review = desk.run_at(&desk.path("vault"), &SIGN);
    let shown = review.out();
    assert!(
        shown.starts_with("bundle 1 of vendor Acme Ltd (") && shown.contains("signed last: none"),
        "{shown}"
    );
    desk.run_at(&desk.path("vault"), &YES).yes();
    desk.run(&["product", "add", "cad"]).yes();
    let proposal = desk.dir().join("bundle-proposal.toml");
    let text = fs::read_to_string(&proposal).unwrap();
    fs::write(&proposal, text.replace("Acme Ltd", "Evil\\u001b[2J")).unwrap();
    let shown = desk.run_at(&desk.path("vault"), &SIGN).out();
    assert!(
        shown.contains("Evil\\u{1b}[2J") && shown.contains("called Acme Ltd before"),
        "{shown}"
    );
    assert!(shown.contains("signed last: number 1"), "{shown}");
}

#[test]
fn another_content_under_a_signed_number_is_refused_and_the_same_one_is_the_same_bundle() {
    let desk = with_a_root_elsewhere();
    let vault = desk.path("vault");
    let mut signed = Signed::by(&vault);
    let files = [desk.dir().join("bundle"), vault.join("last.bundle")];
    desk.run_at(&vault, &YES).yes();
    signed.look_at(&files);
    desk.run_at(&vault, &YES).yes();
    signed.look_at(&files);
    // As by a service that has not seen the signed bundle yet.
    let proposal = desk.dir().join("bundle-proposal.toml");
    let text = fs::read_to_string(&proposal).unwrap();
    fs::write(&proposal, text.replace("Acme Ltd", "Acme")).unwrap();
    desk.run_at(&vault, &YES)
        .error(&["bundle 1 is signed already", "last.bundle"]);
    signed.look_at(&files);
    assert_eq!(signed.seen.len(), 1);
}

#[test]
fn a_key_that_was_proposed_while_the_root_signed_is_proposed_again() {
    let desk = with_a_root_elsewhere();
    let proposal = desk.dir().join("bundle-proposal.toml");
    desk.run(&["product", "add", "cad"]).yes();
    let taken_away = fs::read(&proposal).unwrap();
    desk.run(&["product", "add", "cam"]).yes();
    let meanwhile = fs::read(&proposal).unwrap();
    fs::write(&proposal, taken_away).unwrap();
    desk.run_at(&desk.path("vault"), &YES).yes();
    fs::write(&proposal, meanwhile).unwrap();
    desk.run(&["license", "list"]).yes();
    let next = fs::read_to_string(&proposal).unwrap();
    assert!(
        next.contains("sequence = 2") && next.contains("product = \"cam\""),
        "{next}"
    );
    desk.run_at(&desk.path("vault"), &YES).yes();
    assert_sound(&desk.dir(), &["cad", "cam"]);
}

//! P5, P6: a second folder of the same vendor and slot, by whatever mistake. Nothing ends without a person's word.

use std::fs;
use std::path::Path;

use counterfoil::client::{Counterfoil, Permission};
use counterfoil::device::{Auths, Outcome};
use counterfoil::policy::Reason;
use counterfoil::store::Folder;

use crate::device_support::handles;
use crate::program::Program;
use crate::stage::{Machine, Vendor, contents, licensed, licensed_by_key, put_back, reason};

/// Everything that `app` can be asked to do is refused for `reason`, and changes nothing in TPM and folder.
fn refuses_all(app: &Counterfoil, vendor: &Vendor, machine: &Machine, reason: Reason) {
    let none = Auths::default();
    let dir = app.config().dir.clone();
    let kept = || {
        let folder = dir.exists().then(|| contents(&dir));
        let tpm = [0x0100_0000, 0x8100_0000].map(|first| handles(&machine.tpm, first));
        (folder, tpm)
    };
    let before = kept();
    let refused = [
        app.provision(&none).map(drop).unwrap_err().reason(),
        app.request_activation(&vendor.sell(1), &none)
            .map(drop)
            .unwrap_err()
            .reason(),
        app.deprovision(&none).unwrap_err().reason(),
    ];
    assert_eq!(refused, [Some(reason); 3]);
    assert_eq!(app.validate().verdict.reason, reason);
    let after = kept();
    assert_eq!(after.1, before.1);
    // The lock of a folder that was there.
    let files = |folder: &Option<std::collections::BTreeMap<_, _>>| {
        let files = folder.iter().flatten();
        let names = files.map(|(path, _): (&std::path::PathBuf, &(u32, Vec<u8>))| path.clone());
        names
            .filter(|path| !path.ends_with("lock"))
            .collect::<Vec<_>>()
    };
    assert_eq!(files(&after.0), files(&before.0));
}

fn empty(path: &Path) {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(path).unwrap();
}

#[test]
fn p6_a_second_folder_ends_nothing_and_the_right_one_works_on() {
    let (vendor, machine, app) = licensed();
    let mistyped = machine.dir().with_file_name("stat");
    let unmounted = machine.dir().with_file_name("volume");
    empty(&unmounted);
    for dir in [&mistyped, &unmounted] {
        let second = machine.app_in(&vendor, dir);
        refuses_all(&second, &vendor, &machine, Reason::PlaceTaken);
    }
    assert!(!mistyped.exists());
    assert_eq!(reason(&app.validate()), "ok");

    // What a person can do instead: another slot, or another vendor's own place.
    let slot = machine.app_with(&vendor, |config| {
        config.dir = mistyped.clone();
        config.slot = 1;
    });
    slot.provision(&Auths::default()).unwrap();
    let stranger = Vendor::new();
    let theirs = machine.app_in(&stranger, &unmounted);
    theirs.provision(&Auths::default()).unwrap();
    assert_eq!(reason(&app.validate()), "ok");
    slot.deprovision(&Auths::default()).unwrap();
    theirs.deprovision(&Auths::default()).unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

#[test]
fn p6_a_stale_folder_ends_nothing_and_says_that_its_licenses_have_ended() {
    let (vendor, machine, app, key) = licensed_by_key();
    let none = Auths::default();
    let second = machine.app_in(&vendor, &machine.dir().with_file_name("second"));
    let outcome = second.provision(Permission::to_replace(&none)).unwrap();
    assert_eq!(outcome, Outcome::Replaced);
    refuses_all(&app, &vendor, &machine, Reason::StoreSuperseded);

    let requested = second.request_activation(&key, &none).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    second.apply_response(&answer.response, &none).unwrap();
    refuses_all(&app, &vendor, &machine, Reason::StoreSuperseded);
    assert_eq!(reason(&second.validate()), "ok");

    // A store that was taken down and made again leaves every copy of the folder stale.
    let copied = machine.dir().with_file_name("copied");
    crate::stage::copy(&second.config().dir, &copied);
    second.deprovision(&none).unwrap();
    second.provision(&none).unwrap();
    let stale = machine.app_in(&vendor, &copied);
    refuses_all(&stale, &vendor, &machine, Reason::StoreSuperseded);

    // By a person's word it may end nonetheless.
    stale.deprovision(Permission::to_replace(&none)).unwrap();
    assert_eq!(reason(&second.validate()), "tpm_counter_removed");
}

#[test]
fn p5_what_a_clear_ended_is_made_anew_from_any_folder_without_a_word() {
    let (vendor, machine, app, key) = licensed_by_key();
    machine.tpm.clear().unwrap();
    let other = machine.app_in(&vendor, &machine.dir().with_file_name("other"));
    assert_eq!(reason(&other.validate()), "not_activated");
    assert_eq!(
        other.provision(&Auths::default()).unwrap(),
        Outcome::Created
    );
    // Now there is one that can be lost.
    refuses_all(&app, &vendor, &machine, Reason::StoreSuperseded);
    other.deprovision(&Auths::default()).unwrap();
    let again = machine.activate(&vendor, &key);
    assert_eq!(reason(&again.validate()), "ok");
}

#[test]
fn a_folder_put_back_from_before_a_deprovision_and_a_new_start_is_stale() {
    let (vendor, machine, app) = licensed();
    let backup = machine.dir().with_file_name("backup");
    crate::stage::copy(&machine.dir(), &backup);
    app.deprovision(&Auths::default()).unwrap();
    let second = machine.app_in(&vendor, &machine.dir().with_file_name("second"));
    second.provision(&Auths::default()).unwrap();
    put_back(&backup, &machine.dir());
    refuses_all(&app, &vendor, &machine, Reason::StoreSuperseded);
}

#[test]
fn the_program_names_the_ways_on_and_lists_what_ends() {
    let (vendor, machine, app) = licensed();
    let program = Program::new(&vendor, &machine);
    let id = app.validate().licenses[0].id.to_string();
    let second = program.in_dir(&machine.dir().with_file_name("second"));
    let key = machine.dir().with_file_name("key.txt");
    fs::write(&key, vendor.sell(1).to_text().as_bytes()).unwrap();
    let request = format!("activate --key-file {} --request-out r", key.display());
    for line in ["provision", &request] {
        let refused = second.run(line).ends(2).error;
        for way in ["--dir", "--slot", "--replace", "place_taken"] {
            assert!(refused.contains(way), "{line}: {refused}");
        }
    }
    let refused = second.run("deprovision --yes").ends(2).error;
    assert!(refused.contains("--other-store"), "{refused}");
    let told = second.run("doctor").ends(1).out;
    assert!(told.contains("already has a store"), "{told}");
    assert!(!machine.dir().with_file_name("r").exists());
    assert_eq!(
        Folder::open(&machine.dir()).unwrap().vendors(),
        [vendor.service().vendor()]
    );

    let asked = program.run("deprovision").ends(64).error;
    assert!(asked.contains(&id) && asked.contains("studio"), "{asked}");
    assert_eq!(reason(&app.validate()), "ok");
    second.run("provision --replace").ends(0);
    let stale = program.run("deprovision --yes").ends(2);
    assert!(stale.error.contains("ended already"), "{stale:?}");
    assert!(stale.out.contains(&id), "{stale:?}");
    second.run(&request).ends(0);
    assert!(
        second
            .run("deprovision --yes")
            .ends(0)
            .out
            .contains("gone from the TPM")
    );
}

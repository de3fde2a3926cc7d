//! P11: the vendor's program and whatever lies in the folder of requests that it is to answer.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use counterfoil::client::Counterfoil;
use counterfoil::device::Auths;
use counterfoil::token::LicenseKey;

use crate::stage::{Machine, PRODUCT, Vendor, files, memory};

fn request(app: &Counterfoil, key: &LicenseKey) -> Vec<u8> {
    let requested = app.request_activation(key, &Auths::default());
    requested.unwrap().request
}

fn answer_folder(vendor: &Vendor, inbox: &Path, outbox: &Path) -> Output {
    let bundle = vendor.service().folder().bundle();
    Command::new(env!("CARGO_BIN_EXE_counterfoil-server"))
        .arg("--dir")
        .arg(bundle.parent().unwrap())
        .arg("answer")
        .arg(inbox)
        .arg("-o")
        .arg(outbox)
        .output()
        .unwrap()
}

#[test]
fn p11_each_request_of_a_folder_has_a_response_of_its_own_whatever_dots_are_in_its_name() {
    let vendor = Vendor::new();
    let folder = memory();
    let (inbox, outbox) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir(&inbox).unwrap();
    let machines = [Machine::new(), Machine::new()];
    for (machine, host) in machines.iter().zip(["pc7.example.com", "pc7.example.org"]) {
        vendor.trust(&machine.tpm);
        let asked = request(&machine.app(&vendor), &vendor.sell(1));
        fs::write(inbox.join(format!("{host}.request")), asked).unwrap();
    }
    let ran = answer_folder(&vendor, &inbox, &outbox);
    assert!(ran.status.success(), "{ran:?}");
    let written: Vec<_> = files(&outbox, "");
    assert_eq!(written.len(), 2, "{written:?}");
}

#[test]
fn p11_a_request_whose_name_is_no_text_does_not_end_the_program() {
    let vendor = Vendor::new();
    let folder = memory();
    fs::write(
        folder.path().join(OsStr::from_bytes(b"pc\xff.request")),
        b"",
    )
    .unwrap();
    let ran = answer_folder(&vendor, folder.path(), &folder.path().join("out"));
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
}

#[test]
fn p11_what_cannot_be_read_in_a_folder_keeps_no_answer_from_the_others() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let folder = memory();
    let (inbox, outbox) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir_all(inbox.join("a.request")).unwrap();
    let asked = request(&machine.app(&vendor), &vendor.sell(1));
    fs::write(inbox.join("b.request"), asked).unwrap();
    let ran = answer_folder(&vendor, &inbox, &outbox);
    assert!(outbox.join("b.response").exists(), "{ran:?}");
}

#[test]
fn p11_a_standard_output_that_is_full_or_closed_is_told_and_a_key_that_nobody_saw_named() {
    let vendor = Vendor::new();
    let bundle = vendor.service().folder().bundle();
    let run = |arguments: &[&str], full: bool| {
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil-server"));
        command
            .arg("--dir")
            .arg(bundle.parent().unwrap())
            .args(arguments);
        match full {
            true => command.stdout(fs::File::create("/dev/full").unwrap()),
            false => command.stdout(closed),
        };
        let ran = command.stderr(Stdio::piped()).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stderr).unwrap())
    };
    let (code, told) = run(&["license", "list"], true);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("standard output"), "{told}");
    assert_eq!(run(&["license", "list"], false), (Some(0), String::new()));
    for full in [true, false] {
        let (code, told) = run(&["license", "create", "--product", PRODUCT], full);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("nobody has seen its key"), "{told}");
    }
}

#[test]
fn p11_a_pipe_in_a_folder_of_requests_holds_nothing_up() {
    let vendor = Vendor::new();
    let folder = memory();
    let pipe = folder.path().join("a.request");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let (sender, receiver) = std::sync::mpsc::channel();
    let outbox = folder.path().join("out");
    let asking = std::thread::spawn({
        let inbox = folder.path().to_owned();
        move || {
            sender
                .send(answer_folder(&vendor, &inbox, &outbox))
                .unwrap()
        }
    });
    let ran = receiver.recv_timeout(Duration::from_secs(20));
    // Whoever waits for the pipe reads that it is empty.
    drop(
        fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&pipe)
            .unwrap(),
    );
    asking.join().unwrap();
    assert!(ran.is_ok(), "the program waits for the pipe");
}

#[test]
fn p11_what_a_customer_wrote_into_a_request_does_not_command_the_vendors_terminal() {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    let folder = memory();
    let name = "x\u{1b}[2J\u{1b}[Hanswered: license".to_owned();
    let app = machine.app_with(&vendor, |config| config.product = Some(name));
    let asked = request(&app, &vendor.sell(1));
    fs::write(folder.path().join("a.request"), asked).unwrap();
    let ran = answer_folder(&vendor, folder.path(), &folder.path().join("out"));
    assert!(
        !ran.stdout.contains(&0x1b),
        "{}",
        String::from_utf8_lossy(&ran.stdout).escape_debug()
    );
}

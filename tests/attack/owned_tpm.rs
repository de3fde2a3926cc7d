//! TPMs that are not fresh from the factory: hierarchies with passwords, and one that `swtpm_setup` equipped.

use std::process::{Command, Stdio};

use counterfoil::client::Counterfoil;
use counterfoil::device::{AuthValue, Auths};
use counterfoil::token::DeviceClass;
use tpm_sim::{Tpm, TpmSpec};
use tss_esapi::handles::AuthHandle;

use crate::device_support::set_auth;
use crate::stage::{Machine, Vendor, copy, now, reason, wait};

fn both() -> Auths {
    Auths {
        owner: AuthValue::new(b"owner".to_vec()),
        endorsement: AuthValue::new(b"endorsement".to_vec()),
    }
}

fn locked() -> (Vendor, Machine) {
    let (vendor, machine) = (Vendor::new(), Machine::new());
    vendor.trust(&machine.tpm);
    set_auth(&machine.tpm, AuthHandle::Owner, b"owner");
    set_auth(&machine.tpm, AuthHandle::Endorsement, b"endorsement");
    (vendor, machine)
}

fn activate(app: &Counterfoil, vendor: &Vendor, auths: &Auths) {
    let requested = app.request_activation(&vendor.sell(1), auths).unwrap();
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, auths).unwrap();
}

#[test]
fn with_both_passwords_an_admin_provisions_and_everyday_use_needs_none() {
    let (vendor, machine) = locked();
    let app = machine.app(&vendor);
    let refused = app.provision(&Auths::default()).unwrap_err().to_string();
    assert!(refused.contains("password"), "{refused}");
    app.provision(&both()).unwrap();
    activate(&app, &vendor, &both());
    assert_eq!(reason(&app.validate()), "ok");
    machine.tpm.reboot().unwrap();
    assert_eq!(reason(&app.validate()), "ok");
    assert!(app.evidence([1; 32]).is_ok());
}

#[test]
fn with_both_passwords_many_sleeps_still_move_the_activity_counter() {
    let (vendor, machine) = locked();
    let app = machine.app(&vendor);
    app.provision(&both()).unwrap();
    activate(&app, &vendor, &both());
    for _ in 0..12 {
        machine.tpm.suspend().unwrap();
        machine.tpm.resume().unwrap();
    }
    let report = app.validate();
    assert_eq!(reason(&report), "ok", "{:?}", report.failure);
}

#[test]
fn p6_a_copied_folder_is_refused_where_the_other_tpm_has_a_password() {
    let (vendor, machine, _app) = crate::stage::licensed();
    let other = Machine::new();
    set_auth(&other.tpm, AuthHandle::Endorsement, b"endorsement");
    copy(&machine.dir(), &other.dir());
    let report = other.app(&vendor).validate();
    assert_eq!(reason(&report), "device_other", "{:?}", report.failure);
}

/// Makes a TPM and its certificate authority with `swtpm_setup`, in a folder of the test's own.
fn set_up_by_swtpm(folder: &std::path::Path) -> Option<()> {
    let ca = folder.join("ca");
    std::fs::create_dir_all(&ca).unwrap();
    std::fs::create_dir_all(folder.join("state")).unwrap();
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    let (at, ca) = (folder.display(), ca.display());
    write(
        "localca.conf",
        format!(
            "statedir = {ca}\nsigningkey = {ca}/signkey.pem\nissuercert = {ca}/issuercert.pem\ncertserial = {ca}/certserial\n"
        ),
    );
    write(
        "localca.options",
        "--platform-manufacturer test\n--platform-version 1\n--platform-model test\n".into(),
    );
    let tool = ["/usr/bin/swtpm_localca", "/usr/share/swtpm/swtpm-localca"];
    let tool = tool
        .into_iter()
        .find(|path| std::path::Path::new(path).exists())?;
    write(
        "setup.conf",
        format!(
            "create_certs_tool = {tool}\ncreate_certs_tool_config = {at}/localca.conf\ncreate_certs_tool_options = {at}/localca.options\n"
        ),
    );
    let status = Command::new("swtpm_setup")
        .args([
            "--tpm2",
            "--create-ek-cert",
            "--ecc",
            "--overwrite",
            "--config",
        ])
        .arg(folder.join("setup.conf"))
        .arg("--tpmstate")
        .arg(folder.join("state"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    status.success().then_some(())
}

#[test]
fn a_tpm_that_swtpm_setup_equipped_is_licensed_under_its_own_authority() {
    let folder = tempfile::tempdir().unwrap();
    set_up_by_swtpm(folder.path()).expect("swtpm-tools are installed");
    let vendor = Vendor::new();
    let machine =
        Machine::of(Tpm::from_state_dir(TpmSpec::default(), folder.path().join("state")).unwrap());
    let app = machine.app(&vendor);
    let key = vendor.sell(1);
    let requested = app.request_activation(&key, &Auths::default()).unwrap();
    assert!(
        vendor.answer(&requested.request).is_err(),
        "its authority is not trusted yet"
    );

    for root in ["swtpm-localca-rootca-cert.pem", "issuercert.pem"] {
        let pem = std::fs::read(folder.path().join("ca").join(root)).unwrap();
        wait(
            vendor
                .service()
                .add_ek_roots(&pem, DeviceClass::Test, now()),
        )
        .unwrap();
    }
    let answer = vendor.answer(&requested.request).unwrap();
    app.apply_response(&answer.response, &Auths::default())
        .unwrap();
    assert_eq!(reason(&app.validate()), "ok");
}

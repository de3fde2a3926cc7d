//! Chips leave the factory as the TCG profile and `swtpm_setup` have it.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{create_primary, flush, handle, nv_read, read_public, run};
use tpm_sim::{AuthoritySpec, CHAIN_INDEX, CertificateSpec, EkKind, Error, NvForm, Tpm, TpmSpec};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

const RH_ENDORSEMENT: u32 = 0x4000_000B;

/// The key bytes that a certificate and a TPMT_PUBLIC must share: RSA modulus or x coordinate.
fn key_bytes(kind: EkKind, public: &[u8]) -> Vec<u8> {
    let policy_len = usize::from(u16::from_be_bytes([public[8], public[9]]));
    let unique = 10 + policy_len + if kind == EkKind::Rsa2048 { 14 } else { 12 };
    let len = usize::from(u16::from_be_bytes([public[unique], public[unique + 1]]));
    public[unique + 2..unique + 2 + len].to_vec()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// Asserts that every EK is the one its template gives, and that its certificate is over it.
fn assert_well_provisioned(tpm: &Tpm, kinds: &[EkKind]) {
    for kind in kinds {
        let public = read_public(tpm, kind.persistent_handle()).expect("the EK is persistent");
        let created = run(tpm, &create_primary(RH_ENDORSEMENT, &kind.template()));
        assert!(
            contains(&created, &public),
            "{kind:?} is what its template makes"
        );
        run(tpm, &flush(handle(&created)));
        let der = nv_read(tpm, kind.certificate_index()).expect("it has a certificate");
        let certificate = Certificate::from_der(&der).expect("it is bare DER");
        let key = certificate.tbs_certificate().subject_public_key_info();
        let key = key.subject_public_key.raw_bytes();
        assert!(
            contains(key, &key_bytes(*kind, &public)),
            "{kind:?} is what is certified"
        );
    }
}

#[test]
fn every_kind_of_ek_lies_at_its_handle_with_a_certificate_at_its_index() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    assert_well_provisioned(&tpm, &EkKind::ALL);
    tpm.finish()
}

#[test]
fn a_tpm_has_no_more_eks_than_its_profile() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default().eks([EkKind::P384]))?;
    assert_well_provisioned(&tpm, &[EkKind::P384]);
    for kind in [EkKind::Rsa2048, EkKind::P256] {
        assert_eq!(read_public(&tpm, kind.persistent_handle()), None);
        assert_eq!(nv_read(&tpm, kind.certificate_index()), None);
    }
    tpm.finish()
}

#[test]
fn a_tpm_without_certificate_has_its_ek_all_the_same() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default().without_certificate())?;
    for kind in EkKind::ALL {
        assert!(read_public(&tpm, kind.persistent_handle()).is_some());
        assert_eq!(nv_read(&tpm, kind.certificate_index()), None);
    }
    tpm.finish()
}

#[test]
fn the_same_serial_number_is_the_same_chip_and_another_is_another() -> Result<(), Error> {
    let spec = || TpmSpec::default().eks([EkKind::P256]);
    let ek = |tpm: &Tpm| read_public(tpm, EkKind::P256.persistent_handle());
    let (a, again, b) = (
        Tpm::provisioned(spec(), 1)?,
        Tpm::provisioned(spec(), 1)?,
        Tpm::provisioned(spec(), 2)?,
    );
    assert_eq!(ek(&a), ek(&again));
    assert_ne!(ek(&a), ek(&b));
    let unique = Tpm::manufactured(spec())?;
    assert!(![ek(&a), ek(&b)].contains(&ek(&unique)));
    [a, again, b, unique].into_iter().try_for_each(Tpm::finish)
}

#[test]
fn a_chip_in_a_folder_of_its_own_is_the_same_after_a_new_start() -> Result<(), Error> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let spec = || TpmSpec::default().eks([EkKind::P256]).dir(dir.path());
    let tpm = Tpm::manufactured(spec())?;
    let ek = read_public(&tpm, EkKind::P256.persistent_handle());
    tpm.finish()?;
    let tpm = Tpm::manufactured(spec())?;
    assert_eq!(read_public(&tpm, EkKind::P256.persistent_handle()), ek);
    tpm.finish()
}

#[test]
fn an_intermediate_lies_in_the_chain_index() -> Result<(), Error> {
    let authority = AuthoritySpec {
        intermediate: true,
        ..AuthoritySpec::named("with-chain")
    };
    let tpm = Tpm::start(TpmSpec::default().eks([EkKind::P256]).authority(authority))?;
    assert_eq!(
        nv_read(&tpm, CHAIN_INDEX),
        tpm.authority()?.intermediate_der()
    );
    assert!(nv_read(&tpm, CHAIN_INDEX).is_some());
    tpm.finish()
}

#[test]
fn padding_follows_the_certificate_in_nv() -> Result<(), Error> {
    let forms = [(NvForm::ZeroPadded(9), 0x00), (NvForm::OnesPadded(9), 0xFF)];
    for (nv_form, byte) in forms {
        let certificate = CertificateSpec {
            nv_form,
            ..CertificateSpec::default()
        };
        let tpm = Tpm::start(
            TpmSpec::default()
                .eks([EkKind::P256])
                .certificate(certificate),
        )?;
        let stored = nv_read(&tpm, EkKind::P256.certificate_index()).expect("it has one");
        let (der, padding) = stored.split_at(stored.len() - 9);
        assert_eq!(padding, [byte; 9]);
        assert!(Certificate::from_der(der).is_ok());
        tpm.finish()?;
    }
    Ok(())
}

#[test]
fn the_root_in_pem_is_the_authoritys() -> Result<(), Error> {
    use x509_cert::der::DecodePem as _;
    let tpm = Tpm::start(TpmSpec::default())?;
    let root = Certificate::from_pem(tpm.ek_root_pem()?).expect("it is PEM");
    assert_eq!(
        root.to_der().expect("it was parsed"),
        tpm.authority()?.root_der()
    );
    tpm.finish()
}

#[test]
fn a_snapshot_brings_back_what_was_deleted() -> Result<(), Error> {
    const UNDEFINE: u32 = 0x122;
    let index = EkKind::P256.certificate_index();
    let tpm = Tpm::start(TpmSpec::default())?;
    let before = tpm.snapshot()?;
    run(
        &tpm,
        &support::authorized(UNDEFINE, &[0x4000_000C, index], &[]),
    );
    assert_eq!(nv_read(&tpm, index), None);
    tpm.restore(&before)?;
    assert!(nv_read(&tpm, index).is_some());
    tpm.finish()
}

#[test]
fn a_snapshot_of_a_running_tpm_goes_on_with_its_sessions() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let session = handle(&run(&tpm, &support::start_session()));
    let running = tpm.snapshot_running()?;
    assert!(running.is_running());
    let resets = support::read_clock(&tpm).resets;
    run(&tpm, &flush(session));
    tpm.restore(&running)?;
    assert_eq!(support::read_clock(&tpm).resets, resets, "it did not boot");
    run(&tpm, &flush(session));
    tpm.reboot()?;
    assert_eq!(
        support::read_clock(&tpm).resets,
        resets + 1,
        "the next boot is a boot again"
    );
    tpm.finish()
}

#[test]
fn a_tpm_from_a_snapshot_is_the_same_chip() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let copy = Tpm::from_snapshot(TpmSpec::default(), &tpm.snapshot()?)?;
    let ek = |tpm: &Tpm| read_public(tpm, EkKind::Rsa2048.persistent_handle());
    assert_eq!(ek(&tpm), ek(&copy));
    copy.finish()?;
    tpm.finish()
}

#[test]
fn swtpm_setup_agrees_on_handles_indexes_and_templates() -> Result<(), Error> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let state = dir.path().join("state");
    swtpm_setup(dir.path(), &state);
    let tpm = Tpm::from_state_dir(TpmSpec::default(), &state)?;
    assert_well_provisioned(&tpm, &[EkKind::Rsa2048, EkKind::P384]);
    assert_eq!(read_public(&tpm, EkKind::P256.persistent_handle()), None);
    tpm.finish()
}

/// Provisions a TPM with swtpm's own tools and a certificate authority of theirs.
fn swtpm_setup(dir: &Path, state: &Path) {
    let ca = dir.join("ca");
    for folder in [state, &ca] {
        fs::create_dir(folder).expect("the folder is new");
    }
    let (config, ca_config, options) = (
        dir.join("setup.conf"),
        dir.join("ca.conf"),
        dir.join("ca.options"),
    );
    let write = |path: &Path, text: String| fs::write(path, text).expect("the folder is there");
    write(
        &config,
        format!(
            "create_certs_tool = {}\ncreate_certs_tool_config = {}\ncreate_certs_tool_options = {}\n",
            "/usr/bin/swtpm_localca",
            ca_config.display(),
            options.display()
        ),
    );
    let ca = ca.display();
    write(
        &ca_config,
        format!(
            "statedir = {ca}\nsigningkey = {ca}/key.pem\nissuercert = {ca}/cert.pem\ncertserial = {ca}/serial\n"
        ),
    );
    write(
        &options,
        "--platform-manufacturer tpm-sim\n--platform-version 1\n--platform-model test\n".to_owned(),
    );
    let output = Command::new("swtpm_setup")
        .args(["--tpm2", "--create-ek-cert", "--tpmstate"])
        .arg(state)
        .arg("--config")
        .arg(config)
        .output()
        .expect("the package swtpm-tools is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

//! A test that leaves something in a TPM fails; every swtpm ends.

mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use support::{create_primary, flush, get_random, handle, run, start_session};
use tpm_sim::{EkKind, Error, Leak, Tpm, TpmSpec};

const RH_ENDORSEMENT: u32 = 0x4000_000B;

/// Drops a TPM and returns what the drop panicked with.
fn panic_of_drop(tpm: Tpm) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| drop(tpm))).err()?;
    Some(panic.downcast_ref::<String>().cloned().unwrap_or_default())
}

#[test]
fn a_transient_object_left_behind_fails_the_test() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let object = handle(&run(
        &tpm,
        &create_primary(RH_ENDORSEMENT, &EkKind::P256.template()),
    ));
    assert_eq!(tpm.leak()?.objects, [object]);
    let message = panic_of_drop(tpm).expect("dropping it panics");
    assert!(
        message.contains(&format!("transient object {object:#010x}")),
        "{message}"
    );
    Ok(())
}

#[test]
fn a_loaded_session_left_behind_fails_the_test() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    run(&tpm, &start_session());
    let message = panic_of_drop(tpm).expect("dropping it panics");
    assert!(message.contains("loaded session 0x0"), "{message}");
    Ok(())
}

#[test]
fn a_saved_session_left_behind_fails_the_test() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let session = handle(&run(&tpm, &start_session()));
    run(&tpm, &support::plain(0x162, &session.to_be_bytes()));
    let message = panic_of_drop(tpm).expect("dropping it panics");
    assert!(message.contains("saved session 0x0"), "{message}");
    Ok(())
}

#[test]
fn what_a_killed_client_left_is_flushed_as_a_resource_manager_would() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    run(
        &tpm,
        &create_primary(RH_ENDORSEMENT, &EkKind::P256.template()),
    );
    run(&tpm, &start_session());
    let saved = handle(&run(&tpm, &start_session()));
    run(&tpm, &support::plain(0x162, &saved.to_be_bytes()));
    tpm.flush_clients()?;
    assert_eq!(tpm.leak()?, Leak::default());
    Ok(())
}

#[test]
fn finish_returns_the_leak_as_an_error() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    run(&tpm, &start_session());
    let Err(Error::Leak(leak)) = tpm.finish() else {
        panic!("a session was left")
    };
    assert_eq!((leak.objects.len(), leak.loaded_sessions.len()), (0, 1));
    Ok(())
}

#[test]
fn what_is_flushed_is_no_leak() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let session = handle(&run(&tpm, &start_session()));
    run(&tpm, &flush(session));
    assert_eq!(panic_of_drop(tpm), None);
    Ok(())
}

#[test]
fn a_tpm_told_not_to_check_does_not_check() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default().without_leak_check())?;
    run(&tpm, &start_session());
    assert_eq!(panic_of_drop(tpm), None);
    Ok(())
}

#[test]
fn a_test_that_fails_already_is_not_failed_again() {
    let panic = catch_unwind(|| {
        let tpm = Tpm::start(TpmSpec::default()).expect("swtpm is installed");
        run(&tpm, &start_session());
        panic!("the test's own reason");
    })
    .expect_err("it panicked");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the test's own reason"));
}

#[test]
fn no_process_and_no_folder_outlives_a_tpm() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    run(&tpm, &get_random());
    let process = format!("/proc/{}", tpm.pid().expect("it is on"));
    let dir = tpm.dir().to_owned();
    assert!(Path::new(&process).exists() && dir.exists());
    tpm.finish()?;
    assert!(!Path::new(&process).exists(), "{process}");
    assert!(!dir.exists(), "{}", dir.display());
    Ok(())
}

#[test]
fn a_tpm_ends_even_where_its_folder_is_gone() -> Result<(), Error> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tpm = Tpm::start(TpmSpec::default().dir(dir.path()))?;
    let process = format!("/proc/{}", tpm.pid().expect("it is on"));
    drop(dir);
    tpm.finish()?;
    assert!(!Path::new(&process).exists(), "{process}");
    Ok(())
}

#[test]
fn no_process_outlives_a_tpm_that_panics_when_dropped() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    run(&tpm, &start_session());
    let process = format!("/proc/{}", tpm.pid().expect("it is on"));
    assert!(panic_of_drop(tpm).is_some());
    assert!(!Path::new(&process).exists(), "{process}");
    Ok(())
}

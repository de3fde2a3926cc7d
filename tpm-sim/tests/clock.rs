//! How much Clock a power cut takes back.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use support::{authorized, code, handle, plain, read_clock, run, send};
use tpm_sim::{CLOCK_UPDATE, Error, Tpm, TpmSpec, Wake};

const INTERVAL_MS: u64 = CLOCK_UPDATE.as_millis() as u64;

/// Sets Clock to shortly before a boundary, then uses the TPM, without anything that writes NV,
/// until Clock is past it. Returns that boundary.
fn use_until_past_a_boundary(tpm: &Tpm) -> u64 {
    const BEFORE_MS: u64 = 200;
    const PAST_MS: u64 = 400;
    let boundary_ms = (read_clock(tpm).clock_ms / INTERVAL_MS + 2) * INTERVAL_MS;
    let clock_set = (boundary_ms - BEFORE_MS).to_be_bytes();
    run(tpm, &authorized(0x128, &[0x4000_0001], &clock_set));
    while read_clock(tpm).clock_ms < boundary_ms + PAST_MS {
        thread::sleep(Duration::from_millis(20));
    }
    boundary_ms
}

/// With which Clock the TPM booted: Clock less Time, which counts from the boot.
fn clock_at_boot_ms(tpm: &Tpm) -> u64 {
    let now = read_clock(tpm);
    now.clock_ms - now.time_ms
}

#[test]
fn a_power_cut_takes_back_no_more_than_the_time_since_the_last_boundary() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let boundary_ms = use_until_past_a_boundary(&tpm);
    tpm.power_cut()?;
    let after = read_clock(&tpm);
    assert!(
        after.clock_ms >= boundary_ms,
        "{after:?}, boundary {boundary_ms}"
    );
    assert!(!after.safe);
    tpm.finish()
}

#[test]
fn a_boundary_is_on_disk_soon_after_it_passed() -> Result<(), Error> {
    // What a test process that is killed leaves behind.
    let tpm = Tpm::start(TpmSpec::default())?;
    let boundary_ms = use_until_past_a_boundary(&tpm);
    let deadline = Instant::now() + Duration::from_secs(60);
    while clock_on_disk_ms(&tpm)? < boundary_ms {
        assert!(
            Instant::now() < deadline,
            "the boundary {boundary_ms} never reached the disk"
        );
        thread::sleep(Duration::from_millis(20));
    }
    tpm.finish()
}

/// Clock as a TPM has it that starts from a copy of the state on disk.
fn clock_on_disk_ms(tpm: &Tpm) -> Result<u64, Error> {
    const NV: &str = "tpm2-00.permall";
    let copy = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(tpm.state_dir().join(NV), copy.path().join(NV)).expect("the state is there");
    let copy = Tpm::from_state_dir(TpmSpec::default(), copy.path())?;
    Ok(clock_at_boot_ms(&copy))
}

#[test]
fn a_forgetful_clock_falls_back_to_the_last_nv_write() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default().forgetful_clock())?;
    let boundary_ms = use_until_past_a_boundary(&tpm);
    tpm.power_cut()?;
    assert!(clock_at_boot_ms(&tpm) < boundary_ms);
    tpm.finish()
}

#[test]
fn keeping_the_clock_does_not_show_in_the_record() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    use_until_past_a_boundary(&tpm);
    let names: std::collections::BTreeSet<_> =
        tpm.commands().iter().map(|record| record.name).collect();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["TPM2_ClockSet", "TPM2_ReadClock"]
    );
    tpm.finish()
}

#[test]
fn keeping_the_clock_leaves_a_shutdown_for_sleep_valid() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    use_until_past_a_boundary(&tpm);
    run(&tpm, &plain(0x145, &[0, 1]));
    thread::sleep(CLOCK_UPDATE);
    tpm.suspend_without_shutdown()?;
    assert_eq!(tpm.resume()?, Wake::Resumed);
    tpm.finish()
}

#[test]
fn keeping_the_clock_leaves_an_audit_session_exclusive() -> Result<(), Error> {
    const AUDIT_AND_CONTINUE: u8 = 0x81;
    let tpm = Tpm::start(TpmSpec::default())?;
    // An HMAC session, unsalted and unbound, without parameter encryption.
    let mut parameters = vec![0x40, 0, 0, 7, 0x40, 0, 0, 7, 0, 16];
    parameters.extend([7; 16]);
    parameters.extend([0, 0, 0, 0, 0x10, 0, 0x0B]);
    let session = handle(&run(&tpm, &plain(0x176, &parameters)));
    let mut audited = authorized(0x17B, &[], &[0, 8]);
    audited[14..18].copy_from_slice(&session.to_be_bytes());
    audited[20] = AUDIT_AND_CONTINUE;
    let response = run(&tpm, &audited);
    let exclusive = |response: &[u8]| response[response.len() - 3] & 0x02 != 0;
    assert!(exclusive(&response), "{response:02x?}");
    thread::sleep(CLOCK_UPDATE + Duration::from_millis(500));
    let response = run(&tpm, &audited);
    assert!(exclusive(&response), "{response:02x?}");
    assert_eq!(
        code(&send(&tpm, &support::flush(session)).expect("connected")),
        0
    );
    tpm.finish()
}

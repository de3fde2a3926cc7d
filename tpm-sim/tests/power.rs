//! What power cycles do to resetCount, restartCount, safe, sessions and clients.

mod support;

use std::io::{ErrorKind, Read as _};
use std::time::Duration;

use support::{
    TimeInfo, code, connect, flush, get_random, handle, plain, read_clock, run, send,
    start_session, transact,
};
use tpm_sim::{Error, Tpm, TpmSpec, Wake};

#[test]
fn a_reboot_counts_one_reset_and_stays_safe() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let before = read_clock(&tpm);
    tpm.reboot()?;
    let after = read_clock(&tpm);
    assert_eq!(
        after,
        TimeInfo {
            resets: before.resets + 1,
            restarts: 0,
            ..after
        }
    );
    assert_eq!(after.safe, before.safe);
    assert!(after.clock_ms >= before.clock_ms);
    tpm.finish()
}

#[test]
fn a_power_cut_counts_one_reset_and_is_not_safe() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let before = read_clock(&tpm);
    tpm.power_cut()?;
    let after = read_clock(&tpm);
    assert_eq!(
        after,
        TimeInfo {
            resets: before.resets + 1,
            restarts: 0,
            safe: false,
            ..after
        }
    );
    tpm.finish()
}

#[test]
fn suspend_and_resume_count_one_restart() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let before = read_clock(&tpm);
    tpm.suspend()?;
    assert_eq!(tpm.resume()?, Wake::Resumed);
    let after = read_clock(&tpm);
    let expected = TimeInfo {
        restarts: before.restarts + 1,
        time_ms: after.time_ms,
        clock_ms: after.clock_ms,
        ..before
    };
    assert_eq!(after, expected);
    tpm.finish()
}

#[test]
fn hibernation_counts_one_restart() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let before = read_clock(&tpm);
    tpm.hibernate()?;
    let after = read_clock(&tpm);
    let expected = TimeInfo {
        restarts: before.restarts + 1,
        time_ms: after.time_ms,
        clock_ms: after.clock_ms,
        ..before
    };
    assert_eq!(after, expected);
    tpm.finish()
}

#[test]
fn a_reset_hides_the_restarts_before_it() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.hibernate()?;
    tpm.hibernate()?;
    assert_eq!(read_clock(&tpm).restarts, 2);
    tpm.reboot()?;
    assert_eq!(read_clock(&tpm).restarts, 0);
    tpm.finish()
}

#[test]
fn an_orderly_shutdown_and_a_later_start_count_like_a_reboot() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let before = read_clock(&tpm);
    tpm.shut_down()?;
    assert!(connect(&tpm).is_err(), "a TPM that is off has no socket");
    assert!(tpm.pid().is_none());
    tpm.power_on()?;
    let after = read_clock(&tpm);
    assert_eq!((after.resets, after.safe), (before.resets + 1, before.safe));
    tpm.finish()
}

#[test]
fn a_resume_without_shutdown_becomes_a_reset() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let before = read_clock(&tpm);
    tpm.suspend_without_shutdown()?;
    assert_eq!(tpm.resume()?, Wake::Reset);
    let after = read_clock(&tpm);
    assert_eq!((after.resets, after.safe), (before.resets + 1, false));
    tpm.finish()
}

#[test]
fn a_resume_after_the_clients_own_shutdown_succeeds() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    run(&tpm, &plain(0x145, &[0, 1]));
    tpm.suspend_without_shutdown()?;
    assert_eq!(tpm.resume()?, Wake::Resumed);
    tpm.finish()
}

#[test]
fn clients_wait_while_the_tpm_sleeps() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let mut client = connect(&tpm).expect("the TPM is on");
    tpm.suspend()?;
    client
        .set_read_timeout(Some(Duration::from_millis(200)))
        .expect("it is not zero");
    let early = transact(&mut client, &get_random()).expect_err("no answer comes from sleep");
    assert_eq!(early.kind(), ErrorKind::WouldBlock);
    tpm.resume()?;
    client
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("it is not zero");
    let mut response = [0; 20];
    client
        .read_exact(&mut response)
        .expect("the connection outlives the sleep");
    assert_eq!(code(&response), 0);
    tpm.finish()
}

#[test]
fn a_reset_under_a_client_keeps_its_connection_and_takes_its_session() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let mut client = connect(&tpm).expect("the TPM is on");
    let session = handle(&transact(&mut client, &start_session()).expect("connected"));
    tpm.reset()?;
    let flushed = transact(&mut client, &flush(session)).expect("still connected");
    assert_ne!(code(&flushed), 0, "the session is gone");
    tpm.finish()
}

#[test]
fn a_power_cut_disconnects_clients_and_leaves_nothing_behind() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let mut client = connect(&tpm).expect("the TPM is on");
    transact(&mut client, &start_session()).expect("connected");
    tpm.power_cut()?;
    assert!(transact(&mut client, &get_random()).is_err());
    assert_eq!(
        code(&send(&tpm, &get_random()).expect("a new connection works")),
        0
    );
    tpm.finish()
}

#[test]
fn clear_sets_clock_and_counts_to_zero() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.reboot()?;
    assert_ne!(read_clock(&tpm).resets, 0);
    tpm.clear()?;
    let after = read_clock(&tpm);
    assert_eq!((after.resets, after.restarts), (0, 0));
    tpm.finish()
}

#[test]
fn operations_that_need_power_say_so() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.power_off();
    for result in [
        tpm.reboot(),
        tpm.reset(),
        tpm.suspend(),
        tpm.hibernate(),
        tpm.clear(),
    ] {
        assert!(matches!(result, Err(Error::NotRunning(_))), "{result:?}");
    }
    assert!(matches!(tpm.resume(), Err(Error::NotRunning(_))));
    tpm.finish()
}

#[test]
fn what_was_measured_outlives_sleep_and_not_a_reset() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let fresh = pcr_seven(&tpm);
    assert_eq!(fresh, [0; 32]);
    tpm.pcr_extend(7, &[1; 32])?;
    let measured = pcr_seven(&tpm);
    assert_ne!(measured, fresh);
    tpm.suspend()?;
    assert_eq!(tpm.resume()?, Wake::Resumed);
    assert_eq!(pcr_seven(&tpm), measured);
    tpm.reboot()?;
    assert_eq!(pcr_seven(&tpm), fresh);
    tpm.pcr_extend(7, &[1; 32])?;
    assert_eq!(pcr_seven(&tpm), measured);
    tpm.finish()
}

fn pcr_seven(tpm: &Tpm) -> [u8; 32] {
    // TPML_PCR_SELECTION: one bank, SHA-256, three bytes of bits.
    let selection = [0, 0, 0, 1, 0, 0x0b, 3, 0x80, 0, 0];
    let response = run(tpm, &plain(0x17e, &selection));
    response[response.len() - 32..]
        .try_into()
        .expect("32 bytes")
}

//! What power cycles do to resetCount, restartCount, safe, sessions and clients.

mod support;

use std::thread;
use std::time::Duration;

use support::{TimeInfo, code, connect, flush, handle, read_clock, run, start_session, transact};
use tpm_sim::{CLOCK_UPDATE, Error, Tpm, TpmSpec, Wake};

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
            safe: before.safe,
            ..after
        }
    );
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

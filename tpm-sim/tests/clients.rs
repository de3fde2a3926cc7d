//! What clients find: sockets, turns, the record, control messages, the pace of a family.

mod support;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use support::{code, connect, get_random, plain, run, transact};
use tpm_sim::{Error, Family, Outcome, Tpm, TpmSpec};

#[test]
fn the_tcti_names_the_socket() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    assert_eq!(tpm.tcti(), format!("swtpm:path={}", tpm.socket().display()));
    assert!(tpm.socket().exists());
    tpm.finish()
}

#[test]
fn commands_are_recorded_by_name_with_sizes_and_response_code() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    run(&tpm, &get_random());
    support::send(&tpm, &plain(0x173, &[0x81, 0, 0, 9])).expect("on");
    let records = tpm.commands();
    assert_eq!(
        (records[0].number, records[0].name, records[0].sent),
        (1, "TPM2_GetRandom", 12)
    );
    assert_eq!(
        records[0].outcome,
        Outcome::Answered {
            code: 0,
            received: 20
        }
    );
    assert_eq!((records[1].number, records[1].name), (2, "TPM2_ReadPublic"));
    assert!(matches!(records[1].outcome, Outcome::Answered { code, received: 10 } if code != 0));
    assert_eq!(tpm.commands_since(1), records[1..]);
    tpm.finish()
}

#[test]
fn counts_begin_anew_when_taken() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    run(&tpm, &get_random());
    run(&tpm, &get_random());
    run(&tpm, &plain(0x181, &[]));
    let expected = BTreeMap::from([("TPM2_GetRandom", 2), ("TPM2_ReadClock", 1)]);
    assert_eq!(tpm.take_counts(), expected);
    run(&tpm, &get_random());
    assert_eq!(tpm.take_counts(), BTreeMap::from([("TPM2_GetRandom", 1)]));
    tpm.finish()
}

#[test]
fn a_second_client_gets_its_turn_when_the_first_disconnects() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let mut first = connect(&tpm).expect("on");
    transact(&mut first, &get_random()).expect("its turn");
    let mut second = connect(&tpm).expect("a connection is accepted at once");
    second
        .set_read_timeout(Some(Duration::from_millis(200)))
        .expect("it is not zero");
    assert!(
        transact(&mut second, &get_random()).is_err(),
        "not its turn yet"
    );
    drop(first);
    second
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("it is not zero");
    let mut response = [0; 20];
    second.read_exact(&mut response).expect("its turn");
    assert_eq!(code(&response), 0);
    tpm.finish()
}

#[test]
fn a_client_that_waits_too_long_is_disconnected() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default().patience(Duration::from_millis(100)))?;
    let mut first = connect(&tpm).expect("on");
    transact(&mut first, &get_random()).expect("its turn");
    let mut second = connect(&tpm).expect("a connection is accepted at once");
    let mut end = Vec::new();
    assert_eq!(second.read_to_end(&mut end).expect("closed, not reset"), 0);
    transact(&mut first, &get_random()).expect("the first is not disturbed");
    tpm.finish()
}

#[test]
fn the_control_socket_takes_a_locality_but_no_order_to_stop() -> Result<(), Error> {
    const CMD_SET_LOCALITY: [u8; 5] = [0, 0, 0, 5, 0];
    const CMD_STOP: [u8; 4] = [0, 0, 0, 14];
    let tpm = Tpm::start(TpmSpec::default())?;
    let mut path = tpm.socket().into_os_string();
    path.push(".ctrl");
    let mut control = UnixStream::connect(path).expect("on");
    let mut result = |message: &[u8]| {
        control.write_all(message).expect("connected");
        let mut result = [0; 4];
        control.read_exact(&mut result).expect("an answer");
        u32::from_be_bytes(result)
    };
    assert_eq!(result(&CMD_SET_LOCALITY), 0);
    assert_ne!(result(&CMD_STOP), 0);
    run(&tpm, &get_random());
    tpm.finish()
}

#[test]
fn a_family_takes_at_least_its_time() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default().family(Family::Stm))?;
    let read_clock = plain(0x181, &[]);
    let expected = Family::Stm.duration(&read_clock);
    assert!(expected >= Duration::from_millis(9));
    let start = Instant::now();
    run(&tpm, &read_clock);
    assert!(start.elapsed() >= expected);
    assert!(tpm.commands()[0].took >= expected);
    tpm.set_family(None);
    tpm.finish()
}

#[test]
fn twenty_tpms_run_side_by_side_as_twenty_different_chips() -> Result<(), Error> {
    const COUNT: usize = 20;
    let spec = || TpmSpec::default().eks([tpm_sim::EkKind::P256]);
    let tpms = thread::scope(|scope| {
        let starting: Vec<_> = (0..COUNT)
            .map(|_| scope.spawn(move || Tpm::start(spec())))
            .collect();
        starting
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect::<Result<Vec<_>, Error>>()
    })?;
    let keys: std::collections::BTreeSet<_> = tpms
        .iter()
        .map(|tpm| support::read_public(tpm, tpm_sim::EkKind::P256.persistent_handle()))
        .collect();
    assert_eq!(keys.len(), COUNT);
    assert!(!keys.contains(&None));
    tpms.into_iter().try_for_each(Tpm::finish)
}

#[test]
fn a_folder_holds_one_tpm_at_a_time() -> Result<(), Error> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let tpm = Tpm::start(TpmSpec::default().dir(dir.path()))?;
    let second = Tpm::start(TpmSpec::default().dir(dir.path()));
    assert!(matches!(second, Err(Error::InUse(_))), "{second:?}");
    run(&tpm, &get_random());
    tpm.finish()
}

#[test]
fn a_path_too_long_for_a_socket_is_an_error_that_says_so() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let long = dir.path().join("d".repeat(100));
    let tpm = Tpm::start(TpmSpec::default().dir(long));
    assert!(matches!(tpm, Err(Error::PathTooLong(_))), "{tpm:?}");
}

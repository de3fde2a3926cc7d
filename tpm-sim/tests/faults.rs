//! Every fault strikes when and how it says, once, and shows in the record.

mod support;

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use support::{
    code, connect, flush, get_random, handle, plain, run, send, start_session, transact,
};
use tpm_sim::{Error, Fault, Gate, Outcome, Tpm, TpmSpec, When};

const RC_RETRY: u32 = 0x922;

#[test]
fn a_return_code_replaces_the_nth_command_only() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.faults().at(3, Fault::ReturnCode(RC_RETRY));
    let codes: Vec<_> = (0..4)
        .map(|_| code(&send(&tpm, &get_random()).expect("on")))
        .collect();
    assert_eq!(codes, [0, 0, RC_RETRY, 0]);
    assert_eq!(
        tpm.commands()[2].outcome,
        Outcome::Injected { code: RC_RETRY }
    );
    assert_eq!(tpm.faults().armed(), 0);
    tpm.finish()
}

#[test]
fn a_named_fault_counts_commands_of_that_name_only() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.faults()
        .at_command("TPM2_ReadClock", 2, Fault::ReturnCode(RC_RETRY));
    let read_clock = plain(0x181, &[]);
    let commands = [
        get_random(),
        read_clock.clone(),
        get_random(),
        read_clock.clone(),
        read_clock,
    ];
    let codes: Vec<_> = commands
        .iter()
        .map(|command| code(&send(&tpm, command).expect("on")))
        .collect();
    assert_eq!(codes, [0, 0, 0, RC_RETRY, 0]);
    tpm.finish()
}

#[test]
#[should_panic(expected = "no TPM 2.0 command is called TPM2_Qoute")]
fn a_fault_for_a_command_that_does_not_exist_is_refused() {
    let tpm = Tpm::start(TpmSpec::default()).expect("swtpm is installed");
    tpm.faults()
        .at_command("TPM2_Qoute", 1, Fault::ReturnCode(RC_RETRY));
}

#[test]
fn a_cleared_fault_does_not_strike() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.faults().at(1, Fault::ReturnCode(RC_RETRY));
    tpm.faults().clear();
    run(&tpm, &get_random());
    tpm.finish()
}

#[test]
fn a_connection_dropped_before_the_command_leaves_it_undone() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.faults().at(1, Fault::Drop(When::Before));
    assert!(send(&tpm, &start_session()).is_err());
    assert_eq!(tpm.commands()[0].outcome, Outcome::Lost { executed: false });
    assert!(tpm.leak()?.loaded_sessions.is_empty());
    run(&tpm, &get_random());
    tpm.finish()
}

#[test]
fn a_connection_dropped_after_the_command_leaves_it_done() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.faults().at(1, Fault::Drop(When::After));
    assert!(send(&tpm, &start_session()).is_err());
    assert_eq!(tpm.commands()[0].outcome, Outcome::Lost { executed: true });
    let session = tpm.leak()?.loaded_sessions[0];
    run(&tpm, &flush(session));
    tpm.finish()
}

#[test]
fn a_delayed_answer_comes_no_earlier() -> Result<(), Error> {
    const DELAY: Duration = Duration::from_millis(100);
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.faults().at(1, Fault::Delay(DELAY));
    let start = Instant::now();
    run(&tpm, &get_random());
    assert!(start.elapsed() >= DELAY);
    tpm.finish()
}

#[test]
fn a_held_answer_comes_when_the_gate_opens() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let gate = Gate::new();
    tpm.faults().at(1, Fault::Hold(gate.clone()));
    thread::scope(|scope| {
        let client = scope.spawn(|| send(&tpm, &get_random()));
        assert!(gate.await_reached(Duration::from_secs(60)));
        assert!(!client.is_finished());
        assert!(tpm.commands().is_empty(), "the client has no answer yet");
        gate.open();
        let response = client.join().expect("no panic").expect("an answer");
        assert_eq!(code(&response), 0);
    });
    tpm.finish()
}

#[test]
fn a_power_cut_lets_no_held_answer_through() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let gate = Gate::new();
    tpm.faults().at(1, Fault::Hold(gate.clone()));
    thread::scope(|scope| {
        let client = scope.spawn(|| send(&tpm, &get_random()));
        assert!(gate.await_reached(Duration::from_secs(60)));
        tpm.power_cut().expect("swtpm starts again");
        assert!(client.join().expect("no panic").is_err());
    });
    tpm.finish()
}

#[test]
fn power_that_fails_before_a_command_leaves_it_undone() -> Result<(), Error> {
    assert!(!index_exists_after(Fault::PowerOff(When::Before))?);
    Ok(())
}

#[test]
fn power_that_fails_after_a_command_leaves_it_done() -> Result<(), Error> {
    assert!(index_exists_after(Fault::PowerOff(When::After))?);
    Ok(())
}

/// Defines an NV index, during which `fault` takes the power, and looks for it after a new start.
fn index_exists_after(fault: Fault) -> Result<bool, Error> {
    const INDEX: u32 = 0x0150_0001;
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.faults().at_command("NV_DefineSpace", 1, fault);
    // SHA-256, OWNERWRITE, OWNERREAD, 8 bytes.
    let mut parameters = vec![0, 0, 0, 14];
    parameters.extend(INDEX.to_be_bytes());
    parameters.extend([0, 0x0B, 0, 2, 0, 2, 0, 0, 0, 8]);
    let define = support::authorized(0x12A, &[0x4000_0001], &parameters);
    assert!(send(&tpm, &define).is_err());
    assert!(connect(&tpm).is_err(), "a TPM without power has no socket");
    assert!(tpm.pid().is_none());
    tpm.power_on()?;
    let exists = code(&send(&tpm, &plain(0x169, &INDEX.to_be_bytes())).expect("on")) == 0;
    tpm.finish()?;
    Ok(exists)
}

#[test]
fn a_vanished_tpm_keeps_its_power_and_its_sessions() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let session = handle(&run(&tpm, &start_session()));
    tpm.faults().at(1, Fault::Vanish(When::Before));
    assert!(send(&tpm, &get_random()).is_err());
    assert!(connect(&tpm).is_err());
    assert!(tpm.pid().is_some());
    tpm.reappear()?;
    run(&tpm, &flush(session));
    tpm.finish()
}

#[test]
fn lost_power_disconnects_the_clients_that_wait_too() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let mut first = connect(&tpm).expect("on");
    run_on(&mut first);
    let mut second = connect(&tpm).expect("a connection is accepted at once");
    tpm.faults().at(1, Fault::PowerOff(When::Before));
    assert!(transact(&mut first, &get_random()).is_err());
    let mut end = Vec::new();
    assert_eq!(second.read_to_end(&mut end).expect("closed, not reset"), 0);
    tpm.finish()
}

fn run_on(client: &mut UnixStream) {
    assert_eq!(
        code(&transact(client, &get_random()).expect("connected")),
        0
    );
}

#[test]
fn a_reset_before_a_command_takes_the_session_it_needs() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    let mut client = connect(&tpm).expect("on");
    let session = handle(&transact(&mut client, &start_session()).expect("connected"));
    tpm.faults().at(1, Fault::Reset(When::Before));
    let response = transact(&mut client, &flush(session)).expect("still connected");
    assert_ne!(code(&response), 0);
    tpm.finish()
}

#[test]
fn a_reset_after_a_command_takes_what_it_made() -> Result<(), Error> {
    let tpm = Tpm::start(TpmSpec::default())?;
    tpm.faults().at(1, Fault::Reset(When::After));
    run(&tpm, &start_session());
    assert!(tpm.leak()?.loaded_sessions.is_empty());
    tpm.finish()
}

#[test]
fn crash_points_can_be_counted_through() -> Result<(), Error> {
    let commands = [get_random(), plain(0x181, &[]), get_random()];
    let tpm = Tpm::start(TpmSpec::default())?;
    let flow = || -> std::io::Result<usize> {
        commands
            .iter()
            .try_fold(0, |done, command| send(&tpm, command).map(|_| done + 1))
    };
    let total = flow().expect("no fault is armed");
    for point in 1..=total {
        tpm.faults().at(point, Fault::PowerOff(When::After));
        assert!(flow().is_err());
        tpm.power_on()?;
        assert_eq!(tpm.commands().len(), total + (1..=point).sum::<usize>());
    }
    tpm.finish()
}

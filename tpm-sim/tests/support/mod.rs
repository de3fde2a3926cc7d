//! A client without a TPM software stack: sends bytes to a TPM's socket.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a test fails where one is wrong")]

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use tpm_sim::Tpm;

/// Connects to a TPM. A lost answer fails a test instead of holding it up.
pub(crate) fn connect(tpm: &Tpm) -> io::Result<UnixStream> {
    let stream = UnixStream::connect(tpm.socket())?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    Ok(stream)
}

/// One command on an open connection.
pub(crate) fn transact(stream: &mut UnixStream, command: &[u8]) -> io::Result<Vec<u8>> {
    stream.write_all(command)?;
    let mut response = vec![0; 10];
    stream.read_exact(&mut response)?;
    let len = u32::from_be_bytes(response[2..6].try_into().unwrap()) as usize;
    response.resize(len, 0);
    stream.read_exact(&mut response[10..])?;
    Ok(response)
}

/// One command on a connection of its own.
pub(crate) fn send(tpm: &Tpm, command: &[u8]) -> io::Result<Vec<u8>> {
    transact(&mut connect(tpm)?, command)
}

/// One command that must succeed.
pub(crate) fn run(tpm: &Tpm, command: &[u8]) -> Vec<u8> {
    let response = send(tpm, command).unwrap();
    assert_eq!(code(&response), 0, "{response:02x?}");
    response
}

/// The response code.
pub(crate) fn code(response: &[u8]) -> u32 {
    u32::from_be_bytes(response[6..10].try_into().unwrap())
}

/// A command without sessions.
pub(crate) fn plain(command: u32, parameters: &[u8]) -> Vec<u8> {
    message(0x8001, command, parameters)
}

/// A command with handles, the first of which is authorized by an empty password.
pub(crate) fn authorized(command: u32, handles: &[u32], parameters: &[u8]) -> Vec<u8> {
    let mut body: Vec<u8> = handles
        .iter()
        .flat_map(|handle| handle.to_be_bytes())
        .collect();
    body.extend([0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 1, 0, 0]);
    body.extend(parameters);
    message(0x8002, command, &body)
}

fn message(tag: u16, command: u32, body: &[u8]) -> Vec<u8> {
    let mut message = tag.to_be_bytes().to_vec();
    message.extend((10 + body.len() as u32).to_be_bytes());
    message.extend(command.to_be_bytes());
    message.extend(body);
    message
}

/// `TPM2_GetRandom` of 8 bytes.
pub(crate) fn get_random() -> Vec<u8> {
    plain(0x17B, &[0, 8])
}

/// `TPM2_StartAuthSession` of an unsalted, unbound policy session.
pub(crate) fn start_session() -> Vec<u8> {
    let mut parameters = vec![0x40, 0, 0, 7, 0x40, 0, 0, 7, 0, 16];
    parameters.extend([7; 16]);
    parameters.extend([0, 0, 1, 0, 0x10, 0, 0x0B]);
    plain(0x176, &parameters)
}

/// `TPM2_FlushContext`.
pub(crate) fn flush(handle: u32) -> Vec<u8> {
    plain(0x165, &handle.to_be_bytes())
}

/// The handle in a response that has one.
pub(crate) fn handle(response: &[u8]) -> u32 {
    u32::from_be_bytes(response[10..14].try_into().unwrap())
}

/// `TPM2_CreatePrimary` under a hierarchy.
pub(crate) fn create_primary(hierarchy: u32, template: &[u8]) -> Vec<u8> {
    let mut parameters = vec![0, 4, 0, 0, 0, 0];
    parameters.extend((template.len() as u16).to_be_bytes());
    parameters.extend(template);
    parameters.extend([0; 6]);
    authorized(0x131, &[hierarchy], &parameters)
}

/// TPMS_TIME_INFO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeInfo {
    pub(crate) time_ms: u64,
    pub(crate) clock_ms: u64,
    pub(crate) resets: u32,
    pub(crate) restarts: u32,
    pub(crate) safe: bool,
}

/// `TPM2_ReadClock`.
pub(crate) fn read_clock(tpm: &Tpm) -> TimeInfo {
    let response = run(tpm, &plain(0x181, &[]));
    TimeInfo {
        time_ms: u64::from_be_bytes(response[10..18].try_into().unwrap()),
        clock_ms: u64::from_be_bytes(response[18..26].try_into().unwrap()),
        resets: u32::from_be_bytes(response[26..30].try_into().unwrap()),
        restarts: u32::from_be_bytes(response[30..34].try_into().unwrap()),
        safe: response[34] == 1,
    }
}

/// Reads all of an NV index of at most 1024 bytes, or `None` where there is no such index.
pub(crate) fn nv_read(tpm: &Tpm, index: u32) -> Option<Vec<u8>> {
    let public = send(tpm, &plain(0x169, &index.to_be_bytes())).unwrap();
    if code(&public) != 0 {
        return None;
    }
    // header, size of nvPublic, index, nameAlg, attributes, authPolicy (empty), dataSize
    let size = u16::from_be_bytes(public[24..26].try_into().unwrap());
    let mut parameters = size.to_be_bytes().to_vec();
    parameters.extend([0, 0]);
    let response = run(tpm, &authorized(0x14E, &[index, index], &parameters));
    Some(response[16..16 + usize::from(size)].to_vec())
}

/// The TPMT_PUBLIC of a persistent object, or `None` where there is none.
pub(crate) fn read_public(tpm: &Tpm, object: u32) -> Option<Vec<u8>> {
    let response = send(tpm, &plain(0x173, &object.to_be_bytes())).unwrap();
    if code(&response) != 0 {
        return None;
    }
    let len = u16::from_be_bytes(response[10..12].try_into().unwrap());
    Some(response[12..12 + usize::from(len)].to_vec())
}

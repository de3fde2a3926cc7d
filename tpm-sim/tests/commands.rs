//! What is known of commands is what a TPM says of them.

mod support;

use support::{plain, run};
use tpm_sim::commands::{UNKNOWN, name, writes_nv};
use tpm_sim::{Error, Tpm, TpmSpec};

/// TPMA_CC of every command that a TPM has.
fn attributes(tpm: &Tpm) -> Vec<u32> {
    const CAP_COMMANDS: u32 = 2;
    const CC_FIRST: u32 = 0x11F;
    const ALL: u32 = 254;
    let parameters: Vec<u8> = [CAP_COMMANDS, CC_FIRST, ALL]
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect();
    let response = run(tpm, &plain(0x17A, &parameters));
    // header, moreData, capability, count
    let list = response[19..].chunks_exact(4);
    list.map(|word| u32::from_be_bytes(word.try_into().expect("four bytes")))
        .collect()
}

#[test]
fn commands_write_nv_of_which_the_tpm_says_so() -> Result<(), Error> {
    const NV: u32 = 1 << 22;
    const VENDOR: u32 = 1 << 29;
    let tpm = Tpm::start(TpmSpec::default())?;
    let known: Vec<(&str, bool)> = attributes(&tpm)
        .into_iter()
        .filter(|attributes| attributes & VENDOR == 0)
        .map(|attributes| (name(attributes & 0xFFFF), attributes & NV != 0))
        .filter(|(command, _)| *command != UNKNOWN)
        .collect();
    assert!(known.len() > 90, "{known:?}");
    for (command, says_so) in known {
        assert_eq!(writes_nv(command), says_so, "{command}");
    }
    tpm.finish()
}

//! PCRs: what the TPM was told about the start of the machine.

use super::attest::{QUOTE, attested, quote};
use super::code::Refusal;
use super::connection::Connection;
use crate::evidence::PlatformQuote;
use crate::token::PcrSelection;
use tss_esapi::handles::KeyHandle;
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::structures::{Attest, AttestInfo, PcrSelectionList, PcrSlot};

/// How often values and quote are taken anew because a PCR was extended in between: a running system may extend some all
/// the time.
const TRIES: u32 = 3;

/// A TPML_DIGEST has room for so many.
const READ_AT_ONCE: u8 = 8;

/// A quote over PCRs 0 to 15 with their values; `None` where they are not all of the SHA-256 bank, or values and quote never
/// fit.
pub(super) fn platform(
    connection: &mut Connection,
    key: KeyHandle,
    qualifying: &[u8; 32],
) -> Result<Option<PlatformQuote>, Refusal> {
    for _ in 0..TRIES {
        let Some(values) = read_all(connection)? else {
            return Ok(None);
        };
        let (attest, signature) = quote(connection, key, qualifying, PcrSelection::ALL)?;
        let platform = PlatformQuote {
            quote: attested(QUOTE, &attest, &signature)?,
            values,
        };
        if shows(&attest, &platform.values().digest()) {
            return Ok(Some(platform));
        }
    }
    Ok(None)
}

/// These PCRs of the SHA-256 bank.
pub(super) fn selection_list(pcrs: PcrSelection) -> tss_esapi::Result<PcrSelectionList> {
    let slots = pcrs
        .iter()
        .map(|pcr| PcrSlot::try_from(1u32 << pcr))
        .collect::<Result<Vec<_>, _>>()?;
    let list = PcrSelectionList::builder();
    match slots.is_empty() {
        true => list.build(),
        false => list
            .with_selection(HashingAlgorithm::Sha256, &slots)
            .build(),
    }
}

fn read_all(
    connection: &mut Connection,
) -> Result<Option<[[u8; 32]; PcrSelection::PCRS as usize]>, Refusal> {
    let mut values = Vec::new();
    for first in (0..PcrSelection::PCRS).step_by(READ_AT_ONCE.into()) {
        let pcrs = PcrSelection::new(first..first + READ_AT_ONCE)
            .expect("the PCRs divide into whole reads");
        let (_, _, read) = connection.call("TPM2_PCR_Read", &[], |context| {
            context.pcr_read(selection_list(pcrs)?)
        })?;
        for value in read.value() {
            let Ok(value) = <[u8; 32]>::try_from(value.as_bytes()) else {
                return Ok(None);
            };
            values.push(value);
        }
    }
    Ok(values.try_into().ok())
}

fn shows(attest: &Attest, digest: &[u8; 32]) -> bool {
    matches!(
        attest.attested(),
        AttestInfo::Quote { info } if info.pcr_digest().as_bytes() == digest
    )
}

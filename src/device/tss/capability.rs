//! What the TPM says of itself (TPM 2.0 Part 2, 6.13; Part 3, TPM2_GetCapability).

use super::code::Refusal;
use super::connection::Connection;
use crate::device::{CounterForm, Description, DeviceError, LockoutState};
use crate::evidence::Hierarchy;
use std::collections::BTreeMap;
use std::time::Duration;
use tss_esapi::constants::CapabilityType;
use tss_esapi::structures::CapabilityData;

const COMMAND: &str = "TPM2_GetCapability";

const FIXED: u32 = 0x100;
const MANUFACTURER: u32 = FIXED + 5;
const VENDOR_STRINGS: u32 = FIXED + 6;
const FIRMWARE_VERSION_1: u32 = FIXED + 11;
const FIRMWARE_VERSION_2: u32 = FIXED + 12;
const CLOCK_UPDATE: u32 = FIXED + 25;
const NV_BUFFER_MAX: u32 = FIXED + 44;

const VARIABLE: u32 = 0x200;
const PERMANENT: u32 = VARIABLE;
const STARTUP_CLEAR: u32 = VARIABLE + 1;
const PERSISTENT_AVAILABLE: u32 = VARIABLE + 9;
const NV_COUNTERS_AVAILABLE: u32 = VARIABLE + 11;
const LOCKOUT_COUNTER: u32 = VARIABLE + 14;
const MAX_AUTH_FAIL: u32 = VARIABLE + 15;
const LOCKOUT_INTERVAL: u32 = VARIABLE + 16;

const NV_CERTIFY: u32 = 0x184;
const GET_SESSION_AUDIT_DIGEST: u32 = 0x14d;

/// Commands that nothing here works without.
const NEEDED: [(u32, &str); 13] = [
    (0x120, "TPM2_EvictControl"),
    (0x122, "TPM2_NV_UndefineSpace"),
    (0x12a, "TPM2_NV_DefineSpace"),
    (0x131, "TPM2_CreatePrimary"),
    (0x134, "TPM2_NV_Increment"),
    (0x147, "TPM2_ActivateCredential"),
    (0x148, "TPM2_Certify"),
    (0x149, "TPM2_PolicyNV"),
    (0x14e, "TPM2_NV_Read"),
    (0x153, "TPM2_Create"),
    (0x158, "TPM2_Quote"),
    (0x15e, "TPM2_Unseal"),
    (0x160, "TPM2_PolicySigned"),
];

/// See [`Tpm::describe`](crate::device::Tpm::describe). About four commands.
pub(super) fn describe(connection: &mut Connection) -> Result<Description, DeviceError> {
    let mut properties = properties(connection, FIXED)?;
    properties.extend(self::properties(connection, VARIABLE)?);
    let commands = commands(connection)?;
    let value = |tag: u32| properties.get(&tag).copied();
    let permanent = value(PERMANENT).unwrap_or(0);
    let manufacturer = text(&[value(MANUFACTURER).unwrap_or(0)]);
    let model: Vec<u32> = (VENDOR_STRINGS..VENDOR_STRINGS + 4)
        .filter_map(value)
        .collect();
    Ok(Description {
        looks_virtual: matches!(
            manufacturer.as_str(),
            "IBM" | "MSFT" | "GOOG" | "AMZN" | "VMW"
        ),
        manufacturer,
        model: text(&model),
        firmware: u64::from(value(FIRMWARE_VERSION_1).unwrap_or(0)) << 32
            | u64::from(value(FIRMWARE_VERSION_2).unwrap_or(0)),
        clock_update: Duration::from_millis(value(CLOCK_UPDATE).unwrap_or(0).into()),
        counter_form: form_of(&commands),
        missing_commands: NEEDED
            .iter()
            .filter(|(code, _)| !commands.contains(code))
            .map(|&(_, name)| name)
            .collect(),
        owner_auth_set: permanent & 1 != 0,
        endorsement_auth_set: permanent & 2 != 0,
        lockout: LockoutState {
            locked: permanent & 1 << 9 != 0,
            tries: value(LOCKOUT_COUNTER).unwrap_or(0),
            max_tries: value(MAX_AUTH_FAIL).unwrap_or(0),
            interval: Duration::from_secs(value(LOCKOUT_INTERVAL).unwrap_or(0).into()),
        },
        nv_counters_free: value(NV_COUNTERS_AVAILABLE),
        persistent_free: value(PERSISTENT_AVAILABLE),
    })
}

/// The form in which this TPM certifies counters.
pub(super) fn counter_form(connection: &mut Connection) -> Result<CounterForm, DeviceError> {
    form_of(&commands(connection)?).ok_or(DeviceError::Unsupported("TPM2_NV_Certify"))
}

fn form_of(commands: &[u32]) -> Option<CounterForm> {
    if commands.contains(&NV_CERTIFY) {
        Some(CounterForm::Certified)
    } else if commands.contains(&GET_SESSION_AUDIT_DIGEST) {
        Some(CounterForm::Audited)
    } else {
        None
    }
}

/// What of the TPM is switched off, if anything is (TPMA_STARTUP_CLEAR, Part 2, 8.7). The owner's hierarchy hides all its
/// indexes and persistent objects, so it is looked at first; the platform's indexes, such as certificates, can be hidden alone.
pub(super) fn switched_off(
    connection: &mut Connection,
) -> Result<Option<DeviceError>, DeviceError> {
    const ALL_ON: u32 = u32::MAX;
    let properties = properties(connection, STARTUP_CLEAR)?;
    let enabled = *properties.get(&STARTUP_CLEAR).unwrap_or(&ALL_ON);
    let all = [
        (DeviceError::HierarchyOff(Hierarchy::Owner), 1 << 1),
        (DeviceError::HierarchyOff(Hierarchy::Endorsement), 1 << 2),
        (DeviceError::NvOff, 1 << 3),
    ];
    let off = all.into_iter().find(|(_, bit)| enabled & bit == 0);
    Ok(off.map(|(off, _)| off))
}

/// How many bytes one TPM2_NV_Read returns at most.
pub(super) fn nv_buffer_max(connection: &mut Connection) -> Result<u16, DeviceError> {
    let told = properties(connection, NV_BUFFER_MAX)?;
    Ok(bytes_at_once(told.get(&NV_BUFFER_MAX).copied()))
}

/// How much to read at once from a TPM that told `max`, or nothing.
fn bytes_at_once(max: Option<u32>) -> u16 {
    const LEAST: u16 = 512;
    match max.and_then(|max| u16::try_from(max).ok()) {
        // Nothing at once would never come to an end.
        None | Some(0) => LEAST,
        Some(max) => max.min(1024),
    }
}

/// The handles in use from `first` to `last`, in order.
pub(super) fn handles(
    connection: &mut Connection,
    first: u32,
    last: u32,
) -> Result<Vec<u32>, DeviceError> {
    let mut all = Vec::new();
    let mut next = first;
    loop {
        let (data, more) = capability(connection, CapabilityType::Handles, next)?;
        let CapabilityData::Handles(list) = data else {
            return Err(DeviceError::Malformed(COMMAND));
        };
        let page: Vec<u32> = list.into_inner().into_iter().map(u32::from).collect();
        all.extend(page.iter().filter(|&&handle| handle <= last));
        match page.last() {
            Some(&end) if more && end >= next && end < last => next = end + 1,
            _ => return Ok(all),
        }
    }
}

fn properties(connection: &mut Connection, first: u32) -> Result<BTreeMap<u32, u32>, DeviceError> {
    match capability(connection, CapabilityType::TpmProperties, first)?.0 {
        CapabilityData::TpmProperties(list) => Ok(list
            .iter()
            .map(|property| (property.property().into(), property.value()))
            .collect()),
        _ => Err(DeviceError::Malformed(COMMAND)),
    }
}

fn commands(connection: &mut Connection) -> Result<Vec<u32>, DeviceError> {
    const FIRST: u32 = 0x11f;
    let mut all = Vec::new();
    let mut next = FIRST;
    loop {
        let (data, more) = capability(connection, CapabilityType::Command, next)?;
        let CapabilityData::Commands(list) = data else {
            return Err(DeviceError::Malformed(COMMAND));
        };
        all.extend(
            list.iter()
                .map(|command| u32::from(command.command_index())),
        );
        match all.last() {
            Some(&last) if more && last >= next => next = last + 1,
            _ => return Ok(all),
        }
    }
}

fn capability(
    connection: &mut Connection,
    kind: CapabilityType,
    first: u32,
) -> Result<(CapabilityData, bool), Refusal> {
    const MANY: u32 = 254;
    connection.call(COMMAND, &[], |context| {
        context.get_capability(kind, first, MANY)
    })
}

/// Strings come as four letters per property, filled with zeros or spaces.
fn text(words: &[u32]) -> String {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let letters = bytes
        .iter()
        .filter(|byte| byte.is_ascii_graphic() || **byte == b' ');
    letters
        .map(|&byte| char::from(byte))
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tpm_without_nv_certify_certifies_in_an_audit_session() {
        assert_eq!(
            form_of(&[NV_CERTIFY, GET_SESSION_AUDIT_DIGEST]),
            Some(CounterForm::Certified)
        );
        assert_eq!(
            form_of(&[GET_SESSION_AUDIT_DIGEST]),
            Some(CounterForm::Audited)
        );
        assert_eq!(form_of(&[0x120]), None);
    }

    #[test]
    fn reading_comes_to_an_end_whatever_a_tpm_says_it_gives_at_once() {
        assert_eq!(bytes_at_once(Some(768)), 768);
        assert_eq!(bytes_at_once(Some(2048)), 1024);
        for odd in [None, Some(0), Some(u32::MAX)] {
            assert_eq!(bytes_at_once(odd), 512);
        }
    }

    #[test]
    fn vendor_strings_lose_their_padding() {
        assert_eq!(text(&[0x4942_4d00]), "IBM");
        assert_eq!(text(&[0x5357_2020, 0x2054_504d, 0, 0]), "SW   TPM");
    }
}

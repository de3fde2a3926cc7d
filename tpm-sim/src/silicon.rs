//! How long real TPMs take.
//!
//! swtpm is 50 to 1000 times faster than silicon. A benchmark that is to say something about a
//! device lets each command take as long as the median of a family of TPMs. Times of signing,
//! key creation and HMAC are the medians of the TPMScan data set (139 TPMs; Svenda et al., "TPMScan:
//! A wide-scale study of security-relevant properties of TPM 2.0 chips", CHES 2024). No figures are
//! published for NV access, Load and Unseal: theirs here are **planning values** between 20 and
//! 100 ms, the same for all families.

use std::time::Duration;

use crate::commands;
use crate::wire;

/// A family of TPMs with similar speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// AMD firmware TPM.
    Amd,
    /// Infineon, discrete.
    Infineon,
    /// Intel Platform Trust Technology.
    IntelPtt,
    /// Microsoft Pluton.
    Pluton,
    /// Nuvoton, discrete.
    Nuvoton,
    /// STMicroelectronics, discrete.
    Stm,
}

/// Medians of one family in milliseconds.
struct Medians {
    sign_p256: u64,
    create_p256: u64,
    hmac: u64,
    create_rsa_2048: u64,
}

/// Planning value for reading NV.
const NV_READ_MS: u64 = 20;
/// Planning value for writing NV.
const NV_WRITE_MS: u64 = 50;
/// Planning value for loading an object, whose sensitive part is decrypted and checked.
const LOAD_MS: u64 = 50;
/// Planning value for TPM2_Unseal.
const UNSEAL_MS: u64 = 20;
/// Planning value for an RSA-2048 private key operation, in signatures with P-256.
const RSA_PER_P256: u64 = 2;

impl Family {
    /// All families.
    pub const ALL: [Family; 6] = [
        Family::Amd,
        Family::Infineon,
        Family::IntelPtt,
        Family::Pluton,
        Family::Nuvoton,
        Family::Stm,
    ];

    /// Short name, as the program `tpm-sim` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Family::Amd => "amd",
            Family::Infineon => "infineon",
            Family::IntelPtt => "intel-ptt",
            Family::Pluton => "pluton",
            Family::Nuvoton => "nuvoton",
            Family::Stm => "stm",
        }
    }

    const fn medians(self) -> Medians {
        let (sign_p256, create_p256, hmac, create_rsa_2048) = match self {
            Family::Amd => (6, 12, 3, 1503),
            Family::Infineon => (71, 159, 15, 9338),
            Family::IntelPtt => (105, 55, 3, 4321),
            Family::Pluton => (53, 66, 28, 3851),
            Family::Nuvoton => (194, 76, 5, 18636),
            Family::Stm => (50, 176, 9, 8343),
        };
        Medians {
            sign_p256,
            create_p256,
            hmac,
            create_rsa_2048,
        }
    }

    /// How long a TPM of this family takes for this command (its bytes).
    pub fn duration(self, command: &[u8]) -> Duration {
        let medians = self.medians();
        Duration::from_millis(match work(command) {
            Work::Sign => medians.sign_p256,
            Work::RsaPrivate => RSA_PER_P256 * medians.sign_p256,
            Work::CreateEcc => medians.create_p256,
            Work::CreateRsa => medians.create_rsa_2048,
            Work::Symmetric => medians.hmac,
            Work::NvRead => NV_READ_MS,
            Work::NvWrite => NV_WRITE_MS,
            Work::Load => LOAD_MS,
            Work::Unseal => UNSEAL_MS,
        })
    }
}

/// What a command spends its time with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// One operation with an elliptic curve key.
    Sign,
    /// One operation with an RSA private key.
    RsaPrivate,
    CreateEcc,
    CreateRsa,
    /// A hash, an HMAC, or next to nothing.
    Symmetric,
    NvRead,
    NvWrite,
    Load,
    Unseal,
}

fn work(command: &[u8]) -> Work {
    let name = commands::name(wire::command_code(command));
    match name.strip_prefix("TPM2_").unwrap_or(name) {
        "Quote"
        | "Certify"
        | "CertifyCreation"
        | "CertifyX509"
        | "NV_Certify"
        | "GetTime"
        | "GetSessionAuditDigest"
        | "GetCommandAuditDigest"
        | "Sign"
        | "VerifySignature"
        | "PolicySigned"
        | "ActivateCredential"
        | "MakeCredential"
        | "ECDH_ZGen"
        | "ECDH_KeyGen"
        | "ZGen_2Phase"
        | "Commit"
        | "EC_Ephemeral"
        | "Import"
        | "Duplicate" => Work::Sign,
        "RSA_Decrypt" => Work::RsaPrivate,
        "StartAuthSession" if is_salted(command) => Work::Sign,
        "CreatePrimary" | "Create" | "CreateLoaded" => created(command),
        "NV_Read" | "NV_ReadPublic" | "PolicyNV" => Work::NvRead,
        "Load" | "LoadExternal" | "ContextLoad" => Work::Load,
        "Unseal" => Work::Unseal,
        // These may write NV and as a rule do not.
        "PCR_Event"
        | "PCR_Extend"
        | "PCR_Reset"
        | "EventSequenceComplete"
        | "StirRandom"
        | "SelfTest"
        | "IncrementalSelfTest" => Work::Symmetric,
        _ if commands::writes_nv(name) => Work::NvWrite,
        _ => Work::Symmetric,
    }
}

/// A salted session costs one operation with the salt key. `tpmKey` is the first handle.
fn is_salted(command: &[u8]) -> bool {
    const RH_NULL: u32 = 0x4000_0007;
    wire::be_u32(command, 10).is_some_and(|key| key != RH_NULL)
}

/// The type in `inPublic` says what is created. `TPM2_CreateLoaded` has the type at the same place,
/// since its template is sized the same way.
fn created(command: &[u8]) -> Work {
    const ALG_RSA: u16 = 0x0001;
    const ALG_ECC: u16 = 0x0023;
    let kind = (|| {
        let authorization_len = wire::be_u32(command, 14)?;
        let sensitive = usize::try_from(authorization_len).ok()?.checked_add(18)?;
        let public = sensitive
            .checked_add(2)?
            .checked_add(wire::sized_at(command, sensitive)?.len())?;
        wire::be_u16(command, public + 2)
    })();
    match kind {
        Some(ALG_RSA) => Work::CreateRsa,
        Some(ALG_ECC) => Work::CreateEcc,
        _ => Work::Symmetric,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ek::EkKind;

    const STM: Family = Family::Stm;

    fn command(name: &str, rest: &[u8]) -> Vec<u8> {
        let code = commands::code(name).expect("the test names a command");
        let mut bytes = vec![0x80, 0x01];
        bytes.extend((10 + rest.len() as u32).to_be_bytes());
        bytes.extend(code.to_be_bytes());
        bytes.extend(rest);
        bytes
    }

    fn ms(command: &[u8]) -> u128 {
        STM.duration(command).as_millis()
    }

    #[test]
    fn attesting_costs_a_signature() {
        for name in [
            "Quote",
            "NV_Certify",
            "GetSessionAuditDigest",
            "Certify",
            "Sign",
        ] {
            assert_eq!(ms(&command(name, &[])), 50, "{name}");
        }
    }

    #[test]
    fn creating_costs_what_the_kind_of_key_costs() {
        for (kind, expected) in [
            (EkKind::Rsa2048, 8343),
            (EkKind::P256, 176),
            (EkKind::P384, 176),
        ] {
            let create = wire::create_primary(wire::RH_ENDORSEMENT, &kind.template()).into_bytes();
            assert_eq!(ms(&create), expected, "{kind:?}");
        }
    }

    #[test]
    fn only_a_salted_session_costs_a_key_operation() {
        assert_eq!(
            ms(&command("StartAuthSession", &0x4000_0007_u32.to_be_bytes())),
            9
        );
        assert_eq!(
            ms(&command("StartAuthSession", &0x8100_0001_u32.to_be_bytes())),
            50
        );
    }

    #[test]
    fn nv_load_and_unseal_take_planning_values_for_every_family() {
        for family in Family::ALL {
            for name in ["NV_Read", "NV_Increment", "Load", "Unseal", "ContextLoad"] {
                let ms = family.duration(&command(name, &[])).as_millis();
                assert!((20..=100).contains(&ms), "{family:?} {name} {ms}");
            }
        }
    }

    #[test]
    fn a_truncated_or_unknown_command_takes_the_least() {
        assert_eq!(ms(&[]), 9);
        assert_eq!(ms(&command("CreatePrimary", &[0xFF; 12])), 9);
        assert_eq!(ms(&command("StartAuthSession", &[])), 9);
    }
}

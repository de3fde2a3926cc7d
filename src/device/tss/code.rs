//! What the codes of libtss2 and of the TPM mean (TPM 2.0 Part 2, 6.6; TSS 2.0 Overview, 6).

use super::connection::FLUSH;
use super::kept;
use crate::device::{AuthValue, DeviceError, Memory, ProvisionError};
use crate::evidence::Hierarchy;
use tss_esapi::WrapperErrorKind;
use tss_esapi::tss2_esys::TSS2_RC;

/// Codes of format 0, and warnings, which stand for themselves.
pub(super) const INITIALIZE: u16 = 0x100;
pub(super) const FAILURE: u16 = 0x101;
const NO_RESULT: u16 = 0x154;
pub(super) const POLICY: u16 = 0x126;
pub(super) const COMMAND_CODE: u16 = 0x143;
pub(super) const NV_SPACE: u16 = 0x14b;
pub(super) const NV_RATE: u16 = 0x920;
pub(super) const LOCKOUT: u16 = 0x921;

/// Codes of format 1, without the number of the handle, parameter or session that they are about.
const VALUE: u16 = 0x084;
const SIZE: u16 = 0x095;
const INSUFFICIENT: u16 = 0x09a;
const INTEGRITY: u16 = 0x09f;
const BINDING: u16 = 0x0a5;
const ECC_POINT: u16 = 0x0a7;
pub(super) const AUTH_FAIL: u16 = 0x08e;
pub(super) const HIERARCHY: u16 = 0x085;
pub(super) const HANDLE: u16 = 0x08b;
pub(super) const BAD_AUTH: u16 = 0x0a2;

pub(super) const LOAD: &str = "TPM2_Load";
pub(super) const ACTIVATE_CREDENTIAL: &str = "TPM2_ActivateCredential";

/// A command that was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) command: &'static str,
    code: Code,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Told(TSS2_RC),
    /// tss-esapi knows no such code.
    Untold,
    /// The answer could not be understood.
    Malformed,
}

impl Refusal {
    pub(super) fn new(command: &'static str, error: tss_esapi::Error) -> Self {
        let code = match error {
            tss_esapi::Error::TssError(code) => Code::Told(code.into()),
            // What it says of a code that it cannot convert.
            tss_esapi::Error::WrapperError(
                WrapperErrorKind::InvalidParam | WrapperErrorKind::UnsupportedParam,
            ) => match kept::take() {
                Some(code) => Code::Told(code),
                None if kept::keeps() => Code::Malformed,
                None => Code::Untold,
            },
            tss_esapi::Error::WrapperError(_) => Code::Malformed,
        };
        Self { command, code }
    }

    pub(super) fn malformed(command: &'static str) -> Self {
        Self {
            command,
            code: Code::Malformed,
        }
    }

    /// There is no connection any more: it could not be opened again.
    pub(super) fn closed(command: &'static str) -> Self {
        const TCTI_NO_CONNECTION: TSS2_RC = 0xa_0008;
        Self {
            command,
            code: Code::Told(TCTI_NO_CONNECTION),
        }
    }

    /// The TPM's own code, if it was the TPM that refused.
    pub(super) fn tpm_code(&self) -> Option<u16> {
        let Code::Told(code) = self.code else {
            return None;
        };
        // Layer 0 is the TPM; 11 and 12 a resource manager that speaks for it, and in base codes for itself.
        match (code >> 16, code as u16) {
            (11 | 12, ..0x80) => None,
            (0 | 11 | 12, code) if code & 0x80 == 0 => Some(code),
            (0 | 11 | 12, code) => Some(code & 0xbf),
            _ => None,
        }
    }

    pub(super) fn is(&self, code: u16) -> bool {
        self.tpm_code() == Some(code)
    }

    /// Whether libtss2 found no module for a kind of connection.
    pub(super) fn lacks_module(&self) -> bool {
        const TCTI_NOT_SUPPORTED: TSS2_RC = 0xa_0015;
        self.code == Code::Told(TCTI_NOT_SUPPORTED)
    }

    /// Whether the same command may succeed if it is sent again a little later.
    pub(super) fn may_pass(&self) -> bool {
        // A code that is not told may be a resource manager's TPM_RC_RETRY.
        self.code == Code::Untold
            || matches!(
                self.tpm_code(),
                Some(0x908 | 0x90a | 0x922 | 0x923 | NV_RATE)
            )
    }

    /// Whether this is about the TPM as a whole and not about the command's arguments.
    pub(super) fn is_general(&self) -> bool {
        !matches!(DeviceError::from(*self), DeviceError::Refused { .. })
    }

    /// Whether this shows that a sealed object is not one that its parent made, or was changed: its integrity value or the
    /// tie between its two parts does not fit (TPM 2.0 Part 3, TPM2_Load). No other code of any command shows that.
    pub(super) fn shows_foreign_object(&self) -> bool {
        self.command == LOAD && (self.is(INTEGRITY) || self.is(BINDING))
    }

    /// Whether this shows that a credential was made for another key, or changed (TPM 2.0 Part 3,
    /// TPM2_ActivateCredential).
    pub(super) fn shows_foreign_credential(&self) -> bool {
        let about_it = [INTEGRITY, ECC_POINT, SIZE, INSUFFICIENT, VALUE, NO_RESULT];
        self.command == ACTIVATE_CREDENTIAL && about_it.iter().any(|code| self.is(*code))
    }

    /// The error, where the command was authorized with `auth` as a hierarchy's auth value.
    pub(super) fn by(self, hierarchy: Hierarchy, auth: &AuthValue) -> DeviceError {
        match self.tpm_code() {
            Some(AUTH_FAIL | BAD_AUTH) if auth.is_empty() => DeviceError::AuthNeeded(hierarchy),
            Some(AUTH_FAIL | BAD_AUTH) => DeviceError::WrongAuth(hierarchy),
            Some(HIERARCHY) => DeviceError::HierarchyOff(hierarchy),
            _ => self.into(),
        }
    }
}

impl From<Refusal> for DeviceError {
    fn from(refusal: Refusal) -> Self {
        let Refusal { command, code } = refusal;
        let code = match code {
            Code::Told(code) => code,
            Code::Untold => return Self::RefusedUntold { command },
            Code::Malformed => return Self::Malformed(command),
        };
        match refusal.tpm_code() {
            Some(INITIALIZE) => Self::NotStarted,
            Some(FAILURE) => Self::Failed,
            Some(COMMAND_CODE) => Self::Unsupported(command),
            Some(NV_RATE) => Self::NvRate,
            Some(LOCKOUT) => Self::LockedOut,
            Some(0x908 | 0x90a | 0x922 | 0x923) => Self::KeepsRetrying,
            Some(0x902 | 0x904 | 0x906) => Self::OutOfMemory(Memory::Object),
            Some(0x903 | 0x905) => Self::OutOfMemory(Memory::Session),
            // A transient object or a session that is not loaded any more.
            Some(0x910..=0x916 | 0x918..=0x91e) => Self::Interrupted,
            // What was to be flushed is not loaded any more either.
            Some(HANDLE) if command == FLUSH => Self::Interrupted,
            Some(_) => Self::Refused { command, code },
            None => outside_the_tpm(command, code),
        }
    }
}

/// The error of an operation that takes no auth value, since what it needs was made to do without.
pub(super) fn at_each_use(error: DeviceError) -> DeviceError {
    match error {
        DeviceError::AuthNeeded(hierarchy) => DeviceError::AuthAtEachUse(hierarchy),
        other => other,
    }
}

/// Whether libtss2 found another object at a handle than the one that it knows there.
pub(super) fn is_name_mismatch(error: &DeviceError) -> bool {
    const ESYS_GENERAL_FAILURE: TSS2_RC = 0x7_0001;
    matches!(
        error,
        DeviceError::Refused {
            command: "TPM2_ReadPublic" | "TPM2_NV_ReadPublic",
            code: ESYS_GENERAL_FAILURE,
        }
    )
}

fn outside_the_tpm(command: &'static str, code: TSS2_RC) -> DeviceError {
    const TCTI: u32 = 10;
    match (code >> 16 & 0xff, code & 0xffff) {
        // Besides input/output errors: a connection that the last command left half used.
        (TCTI, _) | (_, 7 | 8 | 10) => DeviceError::Vanished,
        (_, 16 | 17 | 19) => DeviceError::Malformed(command),
        _ => DeviceError::Refused { command, code },
    }
}

/// What ends an operation early: a refusal whose cause is still to be found, or an error that says all.
#[derive(Debug)]
pub(super) enum Failure {
    Refusal(Refusal),
    Device(DeviceError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Refusal> for ProvisionError {
    fn from(refusal: Refusal) -> Self {
        Self::Device(refusal.into())
    }
}

impl From<Failure> for DeviceError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refusal(refusal) => refusal.into(),
            Failure::Device(error) => error,
        }
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        Self::Device(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tss_esapi::ReturnCode;

    fn refusal(code: u32) -> Refusal {
        let code = ReturnCode::try_from(code).unwrap_or_else(|_| panic!("{code:x} is unknown"));
        Refusal::new("TPM2_Load", tss_esapi::Error::TssError(code))
    }

    #[test]
    fn codes_mean_what_they_say() {
        for (code, error) in [
            (0x100, DeviceError::NotStarted),
            (0x101, DeviceError::Failed),
            (0x143, DeviceError::Unsupported("TPM2_Load")),
            (0x902, DeviceError::OutOfMemory(Memory::Object)),
            (0x903, DeviceError::OutOfMemory(Memory::Session)),
            (0x910, DeviceError::Interrupted),
            (0x918, DeviceError::Interrupted),
            (0x920, DeviceError::NvRate),
            (0x921, DeviceError::LockedOut),
            (0x922, DeviceError::KeepsRetrying),
            (0xc_0902, DeviceError::OutOfMemory(Memory::Object)),
            (0xa_000a, DeviceError::Vanished),
            (0x7_0007, DeviceError::Vanished),
            (0x8_0011, DeviceError::Malformed("TPM2_Load")),
            (
                0x1df,
                DeviceError::Refused {
                    command: "TPM2_Load",
                    code: 0x1df,
                },
            ),
        ] {
            assert_eq!(DeviceError::from(refusal(code)), error, "{code:x}");
        }
    }

    #[test]
    fn a_kind_of_connection_without_a_module_is_told_from_one_without_a_tpm() {
        assert!(refusal(0xa_0015).lacks_module());
        for code in [0xa_000a, 0xa_0008, 0x7_0015] {
            assert!(!refusal(code).lacks_module(), "{code:x}");
        }
    }

    /// Every command that an operation on a store's secrets sends.
    const COMMANDS: [&str; 12] = [
        "TPM2_GetCapability",
        "TPM2_ReadPublic",
        "TPM2_NV_ReadPublic",
        "TPM2_CreatePrimary",
        "TPM2_StartAuthSession",
        "TPM2_PolicyNV",
        LOAD,
        "TPM2_Unseal",
        FLUSH,
        "TPM2_Quote",
        "TPM2_NV_Increment",
        ACTIVATE_CREDENTIAL,
    ];

    /// All codes of both formats with all bits, vendors' own and reserved ones included, in every layer.
    fn every_code() -> impl Iterator<Item = u32> {
        let layers = [0, 1, 6, 7, 8, 9, 10, 11, 12, 13, 0xff, 0x100, 0xffff];
        layers
            .into_iter()
            .flat_map(|layer| (1..=0xffff).map(move |code| layer << 16 | code))
    }

    #[test]
    fn p11_no_code_but_the_proving_ones_is_a_replaced_object() {
        for command in COMMANDS {
            for code in every_code() {
                let told = Refusal {
                    command,
                    code: Code::Told(code),
                };
                let proves = command == LOAD
                    && matches!(code >> 16, 0 | 11 | 12)
                    && matches!(code & 0xffff, code if code & 0x80 != 0
                        && matches!(code & 0xbf, 0x9f | 0xa5));
                assert_eq!(told.shows_foreign_object(), proves, "{command} {code:x}");
                assert!(
                    !told.shows_foreign_credential() || command == ACTIVATE_CREDENTIAL,
                    "{command} {code:x}"
                );
                let error = DeviceError::from(told);
                assert!(
                    matches!(
                        error,
                        DeviceError::NotStarted
                            | DeviceError::Failed
                            | DeviceError::Unsupported(_)
                            | DeviceError::NvRate
                            | DeviceError::LockedOut
                            | DeviceError::KeepsRetrying
                            | DeviceError::OutOfMemory(_)
                            | DeviceError::Interrupted
                            | DeviceError::Vanished
                            | DeviceError::Malformed(_)
                            | DeviceError::Refused { .. }
                    ),
                    "{command} {code:x}: {error:?}"
                );
                if let DeviceError::Refused { code: shown, .. } = error {
                    assert_eq!(shown, code);
                }
            }
        }
    }

    #[test]
    fn p11_a_code_that_tss_esapi_cannot_hand_on_is_a_refusal_and_no_nonsense() {
        let mut untold = 0;
        for code in every_code() {
            let Err(error) = ReturnCode::try_from(code) else {
                continue;
            };
            untold += 1;
            assert_eq!(
                DeviceError::from(Refusal::new(LOAD, error)),
                DeviceError::RefusedUntold { command: LOAD },
                "{code:x}"
            );
        }
        assert!(untold > 0x1_0000, "layer 11 alone has more");
        let nonsense = tss_esapi::Error::WrapperError(WrapperErrorKind::WrongValueFromTpm);
        assert_eq!(
            DeviceError::from(Refusal::new(LOAD, nonsense)),
            DeviceError::Malformed(LOAD)
        );
    }

    #[test]
    fn numbers_of_handles_parameters_and_sessions_do_not_matter() {
        for code in [0x08e, 0x98e, 0x18e, 0xa8e] {
            assert!(refusal(code).is(AUTH_FAIL), "{code:x}");
        }
    }

    #[test]
    fn a_missing_or_wrong_hierarchy_password_names_the_hierarchy() {
        let (none, some) = (AuthValue::empty(), AuthValue::new(b"guess".into()));
        assert_eq!(
            refusal(0x9a2).by(Hierarchy::Owner, &none),
            DeviceError::AuthNeeded(Hierarchy::Owner)
        );
        assert_eq!(
            refusal(0x98e).by(Hierarchy::Owner, &some),
            DeviceError::WrongAuth(Hierarchy::Owner)
        );
        assert_eq!(
            refusal(0x185).by(Hierarchy::Endorsement, &none),
            DeviceError::HierarchyOff(Hierarchy::Endorsement)
        );
    }
}

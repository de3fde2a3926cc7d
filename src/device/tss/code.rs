//! What the codes of libtss2 and of the TPM mean (TPM 2.0 Part 2, 6.6; TSS 2.0 Overview, 6).

use super::connection::FLUSH;
use crate::device::{AuthValue, DeviceError, Memory, ProvisionError};
use crate::evidence::Hierarchy;
use tss_esapi::tss2_esys::TSS2_RC;

/// Codes of format 0, and warnings, which stand for themselves.
pub(super) const INITIALIZE: u16 = 0x100;
pub(super) const FAILURE: u16 = 0x101;
pub(super) const POLICY: u16 = 0x126;
pub(super) const AUTH_UNAVAILABLE: u16 = 0x12f;
pub(super) const COMMAND_CODE: u16 = 0x143;
pub(super) const NV_SPACE: u16 = 0x14b;
pub(super) const NV_RATE: u16 = 0x920;
pub(super) const LOCKOUT: u16 = 0x921;

/// Codes of format 1, without the number of the handle, parameter or session that they are about.
pub(super) const AUTH_FAIL: u16 = 0x08e;
pub(super) const HIERARCHY: u16 = 0x085;
pub(super) const HANDLE: u16 = 0x08b;
pub(super) const BAD_AUTH: u16 = 0x0a2;
pub(super) const SIGNATURE: u16 = 0x09b;
pub(super) const POLICY_FAIL: u16 = 0x09d;

/// A command that was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) command: &'static str,
    /// None if the answer could not be understood.
    code: Option<TSS2_RC>,
}

impl Refusal {
    pub(super) fn new(command: &'static str, error: tss_esapi::Error) -> Self {
        let code = match error {
            tss_esapi::Error::TssError(code) => Some(code.into()),
            tss_esapi::Error::WrapperError(_) => None,
        };
        Self { command, code }
    }

    pub(super) fn malformed(command: &'static str) -> Self {
        Self {
            command,
            code: None,
        }
    }

    /// There is no connection any more: it could not be opened again.
    pub(super) fn closed(command: &'static str) -> Self {
        const TCTI_NO_CONNECTION: TSS2_RC = 0xa_0008;
        Self {
            command,
            code: Some(TCTI_NO_CONNECTION),
        }
    }

    /// The TPM's own code, if it was the TPM that refused.
    pub(super) fn tpm_code(&self) -> Option<u16> {
        let code = self.code?;
        // Layer 0 is the TPM; 11 and 12 a resource manager that speaks for it.
        if !matches!(code >> 16 & 0xff, 0 | 11 | 12) {
            return None;
        }
        let code = code as u16;
        Some(if code & 0x80 == 0 { code } else { code & 0xbf })
    }

    pub(super) fn is(&self, code: u16) -> bool {
        self.tpm_code() == Some(code)
    }

    /// Whether libtss2 found no module for a kind of connection.
    pub(super) fn lacks_module(&self) -> bool {
        const TCTI_NOT_SUPPORTED: TSS2_RC = 0xa_0015;
        self.code == Some(TCTI_NOT_SUPPORTED)
    }

    /// Whether the same command may succeed if it is sent again a little later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self.tpm_code(),
            Some(0x908 | 0x90a | 0x922 | 0x923 | NV_RATE)
        )
    }

    /// Whether this is about the TPM as a whole and not about the command's arguments.
    pub(super) fn is_general(&self) -> bool {
        !matches!(DeviceError::from(*self), DeviceError::Refused { .. })
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
        let Some(code) = code else {
            return Self::Malformed(command);
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

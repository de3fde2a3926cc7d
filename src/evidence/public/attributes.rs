//! Attribute bits of objects (TPM 2.0 Part 2, 8.3) and NV indexes (13.4).

use crate::evidence::wire::WireError;

/// TPMA_OBJECT: the attributes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct ObjectAttributes(u32);

impl ObjectAttributes {
    /// The object cannot leave its TPM by duplication of a parent.
    pub const FIXED_TPM: Self = Self(1 << 1);
    /// The object cannot be loaded after a TPM2_Startup(CLEAR).
    pub const ST_CLEAR: Self = Self(1 << 2);
    /// The object's parent cannot change.
    pub const FIXED_PARENT: Self = Self(1 << 4);
    /// The TPM made the secret part itself.
    pub const SENSITIVE_DATA_ORIGIN: Self = Self(1 << 5);
    /// The auth value authorizes actions of role USER.
    pub const USER_WITH_AUTH: Self = Self(1 << 6);
    /// Only the policy authorizes actions of role ADMIN.
    pub const ADMIN_WITH_POLICY: Self = Self(1 << 7);
    /// Failed authorizations do not count against the lockout.
    pub const NO_DA: Self = Self(1 << 10);
    /// Duplication needs an inner wrapper.
    pub const ENCRYPTED_DUPLICATION: Self = Self(1 << 11);
    /// The key works on structures of the TPM only.
    pub const RESTRICTED: Self = Self(1 << 16);
    /// The key decrypts.
    pub const DECRYPT: Self = Self(1 << 17);
    /// The key signs.
    pub const SIGN: Self = Self(1 << 18);

    const KNOWN: u32 = 0x000f_0ff6 & !(1 << 3);

    /// The attributes with these bits; reserved ones are refused.
    pub const fn from_bits(bits: u32) -> Result<Self, WireError> {
        if bits & !Self::KNOWN == 0 {
            Ok(Self(bits))
        } else {
            Err(WireError::Field("objectAttributes"))
        }
    }

    /// The 32 bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// These attributes and `other`'s.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other`'s attributes are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The first attribute that is missing of a key which works inside its TPM alone, on structures of the TPM alone, in
    /// one `role`: [`SIGN`](Self::SIGN) or [`DECRYPT`](Self::DECRYPT).
    pub(in crate::evidence) fn lacking(self, role: (Self, &'static str)) -> Option<&'static str> {
        [
            (Self::RESTRICTED, "restricted"),
            role,
            (Self::FIXED_TPM, "fixedTPM"),
            (Self::FIXED_PARENT, "fixedParent"),
            (Self::SENSITIVE_DATA_ORIGIN, "sensitiveDataOrigin"),
        ]
        .into_iter()
        .find_map(|(attribute, text)| (!self.contains(attribute)).then_some(text))
    }
}

/// TPMA_NV: the attributes of an NV index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct NvAttributes(u32);

impl NvAttributes {
    /// The policy authorizes writes.
    pub const POLICY_WRITE: Self = Self(1 << 3);
    /// The index is a counter (TPM_NT_COUNTER).
    pub const COUNTER: Self = Self(1 << 4);
    /// The index' auth value authorizes reads.
    pub const AUTH_READ: Self = Self(1 << 18);
    /// Failed authorizations do not count against the lockout.
    pub const NO_DA: Self = Self(1 << 25);
    /// The value is kept in RAM and written at an orderly shutdown only.
    pub const ORDERLY: Self = Self(1 << 26);
    /// The index has been written.
    pub const WRITTEN: Self = Self(1 << 29);

    const RESERVED: u32 = 0b11 << 8 | 0b1_1111 << 20;

    /// The attributes with these bits; reserved ones are refused.
    pub const fn from_bits(bits: u32) -> Result<Self, WireError> {
        if bits & Self::RESERVED == 0 {
            Ok(Self(bits))
        } else {
            Err(WireError::Field("attributes"))
        }
    }

    /// The 32 bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// These attributes and `other`'s.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other`'s attributes are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

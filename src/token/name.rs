use std::fmt;

/// The Name of a TPM object or NV index with SHA-256 as its Name algorithm: `000b` and the digest of the public area
/// (TPM 2.0 Part 1, section 16).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name([u8; 34]);

impl Name {
    /// The 34 bytes as the TPM writes them.
    pub fn as_bytes(&self) -> &[u8; 34] {
        &self.0
    }
}

impl From<[u8; 34]> for Name {
    fn from(bytes: [u8; 34]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Who licenses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VendorId([u8; 16]);

impl VendorId {
    /// Wraps the bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Whole seconds since 1970-01-01, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UtcTime(u64);

impl UtcTime {
    /// The time `seconds` after the start of 1970.
    pub fn from_unix(seconds: u64) -> Result<Self, ()> {
        Ok(Self(seconds))
    }

    /// Whole seconds since 1970.
    pub fn unix(self) -> u64 {
        self.0
    }
}

/// What kind of TPM a device has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceClass {
    /// A TPM in silicon.
    Hardware,
    /// A hypervisor's TPM.
    Virtual,
    /// A TPM without certificate that an admin vouched for.
    Registered,
    /// A simulator.
    Test,
}

/// A store's id, drawn at random when the store was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId([u8; 16]);

impl StoreId {
    /// The id with these bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

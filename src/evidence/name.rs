//! Names and qualified names, calculated by whoever verifies (TPM 2.0 Part 1, section 16).

use crate::token::Digest;
pub use crate::token::Name;

/// A hierarchy of the TPM, by its permanent handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hierarchy {
    /// TPM_RH_OWNER, the storage hierarchy.
    Owner,
    /// TPM_RH_ENDORSEMENT.
    Endorsement,
}

impl Hierarchy {
    /// The handle, which is also the hierarchy's Name.
    pub const fn handle(self) -> u32 {
        match self {
            Self::Owner => 0x4000_0001,
            Self::Endorsement => 0x4000_000b,
        }
    }
}

/// The Name of the object or NV index whose public area is `public`, with SHA-256 as Name
/// algorithm.
///
/// The caller has seen that `public` says so: [`Public::name`](super::Public::name) and
/// [`NvPublic::name`](super::NvPublic::name) do.
pub(crate) fn name_of(public: &[u8]) -> Name {
    Name::of_digest(&Digest::of(&[public]))
}

/// The qualified name of a primary object: it tells in which hierarchy the object was created.
///
/// A `qualifiedSigner` or a certified `qualifiedName` equal to this one was written by a TPM in
/// whose `hierarchy` the object is a primary.
pub fn primary_qualified_name(hierarchy: Hierarchy, name: &Name) -> Name {
    Name::of_digest(&Digest::of(&[
        &hierarchy.handle().to_be_bytes(),
        name.as_bytes(),
    ]))
}

/// The qualified name of a primary object of the endorsement hierarchy, as every attestation key
/// here is: H(`4000000b` ‖ Name).
pub fn endorsement_primary_qualified_name(name: &Name) -> Name {
    primary_qualified_name(Hierarchy::Endorsement, name)
}

/// The qualified name of an object under a parent with the qualified name `parent`.
pub fn child_qualified_name(parent: &Name, name: &Name) -> Name {
    Name::of_digest(&Digest::of(&[parent.as_bytes(), name.as_bytes()]))
}

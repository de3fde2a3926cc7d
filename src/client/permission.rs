//! What a person allowed an operation to do to the TPM.

use crate::device::Auths;

/// The passwords of the TPM's hierarchies, and whether a store may end.
///
/// Made from the passwords alone (`&Auths`) it gives nothing up that could be had again.
#[derive(Debug, Clone, Copy)]
pub struct Permission<'a> {
    pub(super) auths: &'a Auths,
    pub(super) replace: bool,
}

impl<'a> Permission<'a> {
    /// Also a store of the vendor and slot may end that is not, or no longer, openable from the folder. **Every license in
    /// it ends for good**: ask a person first.
    pub fn to_replace(auths: &'a Auths) -> Self {
        Self {
            auths,
            replace: true,
        }
    }
}

impl<'a> From<&'a Auths> for Permission<'a> {
    fn from(auths: &'a Auths) -> Self {
        Self {
            auths,
            replace: false,
        }
    }
}

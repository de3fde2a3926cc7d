//! Endorsement certificates that were fetched from the TPM's maker. They lie beside the generations: they are the chip's, not
//! a store's, and nothing in them is secret.

use super::error::{AccessError, DiskError};
use super::folder::LockedFolder;
use crate::device::EndorsementTemplate;

/// One file for each kind of key.
const FILES: [(EndorsementTemplate, &str); 3] = [
    (EndorsementTemplate::L1, "endorsement-rsa2048.crt"),
    (EndorsementTemplate::L2, "endorsement-p256.crt"),
    (EndorsementTemplate::H3, "endorsement-p384.crt"),
];

/// No certificate is larger.
const LIMIT: usize = 16 << 10;

/// Whether it is the name of one of these files.
pub(super) fn is_own_name(name: &str) -> bool {
    FILES.iter().any(|(_, file)| *file == name)
}

impl LockedFolder<'_> {
    /// The certificates that are kept, each in DER. Whether they are this TPM's is for the caller to see.
    ///
    /// # Errors
    /// [`AccessError`] where one cannot be read.
    pub fn endorsement_certificates(&self) -> Result<Vec<Vec<u8>>, AccessError> {
        let mut kept = Vec::new();
        for (_, file) in FILES {
            kept.extend(self.dir().read(file, LIMIT)?);
        }
        Ok(kept)
    }

    /// Keeps the certificate of a template's key, in the place of an earlier one.
    ///
    /// # Errors
    /// [`DiskError`]; the earlier one stays.
    pub fn keep_endorsement_certificate(
        &self,
        template: EndorsementTemplate,
        certificate: &[u8],
    ) -> Result<(), DiskError> {
        for (kept, file) in FILES {
            if kept == template {
                self.dir().replace(file, certificate)?;
            }
        }
        Ok(())
    }
}

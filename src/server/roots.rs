//! Whom the vendor trusts to vouch for TPMs: makers' certificates, their revocation lists, single keys.

use x509_cert::der::Document;

use super::audit;
use super::service::Service;
use super::storage::{RootRecord, StorageError, Transaction};
use crate::evidence::{EkHash, EkRoots, EkTrust, RevocationError, Revocations, RootError};
use crate::token::{DeviceClass, Digest, UtcTime};

/// Why a certificate or a list can't be taken, or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustChangeError {
    /// The file holds no certificate.
    #[error("the file holds no certificate; give one in DER, or one or several in PEM")]
    NoCertificate,
    /// A certificate of the file can't be pinned. None of the file was.
    #[error("certificate {number} of the file: {source}")]
    Root {
        /// Which one, from 1.
        number: usize,
        /// Why.
        source: RootError,
    },
    /// The file is no revocation list that can be used.
    #[error(transparent)]
    Revocation(#[from] RevocationError),
    /// Nothing of this fingerprint is pinned.
    #[error("no certificate with fingerprint {0} is trusted; `ek-root list` shows all")]
    Unknown(Digest),
    /// What is stored can't be read again.
    #[error(
        "a trusted certificate or list in the database is damaged; remove it and add it again, or restore a backup"
    )]
    Damaged,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Service {
    /// Pins every certificate of a file: machines whose endorsement certificate leads to one are of `class`. All or none.
    pub async fn add_ek_roots(
        &self,
        file: &[u8],
        class: DeviceClass,
        now: UtcTime,
    ) -> Result<Vec<RootRecord>, TrustChangeError> {
        let certificates = certificates_of(file)?;
        let mut records = Vec::new();
        for (position, certificate) in certificates.into_iter().enumerate() {
            let mut parsed = EkRoots::default();
            let root =
                parsed
                    .add(&certificate, class)
                    .map_err(|source| TrustChangeError::Root {
                        number: position + 1,
                        source,
                    })?;
            let (fingerprint, subject) = (Digest::new(*root.fingerprint()), root.subject());
            records.push(RootRecord {
                fingerprint,
                class,
                subject,
                added_at: now,
                certificate,
            });
        }
        let mut transaction = self.storage().write().await?;
        for record in &records {
            transaction.add_root(record).await?;
            let subject = record.fingerprint.to_string();
            audit::append(
                &mut transaction,
                now,
                "ek_root_added",
                &subject,
                class.name(),
            )
            .await?;
        }
        transaction.commit().await?;
        Ok(records)
    }

    /// The pinned certificates.
    pub async fn ek_roots(&self) -> Result<Vec<RootRecord>, StorageError> {
        self.storage().read().await?.roots().await
    }

    /// Trusts a pinned certificate no longer. Machines that are licensed already keep their licenses.
    pub async fn remove_ek_root(
        &self,
        fingerprint: Digest,
        now: UtcTime,
    ) -> Result<(), TrustChangeError> {
        let mut transaction = self.storage().write().await?;
        if !transaction.remove_root(fingerprint).await? {
            return Err(TrustChangeError::Unknown(fingerprint));
        }
        audit::append(
            &mut transaction,
            now,
            "ek_root_removed",
            &fingerprint.to_string(),
            "",
        )
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Adds a revocation list of a TPM maker. Answers `false` if it was there already.
    pub async fn add_revocation_list(
        &self,
        file: &[u8],
        now: UtcTime,
    ) -> Result<bool, TrustChangeError> {
        Revocations::default().add_list(file)?;
        let digest = Digest::of(&[file]);
        let mut transaction = self.storage().write().await?;
        let new = transaction.add_revocation_list(digest, file, now).await?;
        if new {
            audit::append(
                &mut transaction,
                now,
                "revocation_list_added",
                &digest.to_string(),
                "",
            )
            .await?;
        }
        transaction.commit().await?;
        Ok(new)
    }

    /// Vouches for an endorsement key without a certificate: its machine is of class `registered`.
    pub async fn allow_ek(&self, ek: EkHash, note: &str, now: UtcTime) -> Result<(), StorageError> {
        let mut transaction = self.storage().write().await?;
        transaction.allow_ek(ek, note, now).await?;
        audit::append(&mut transaction, now, "ek_allowed", &ek.to_string(), "").await?;
        transaction.commit().await
    }
}

/// All that the database says about trust in TPMs, in the form that verification takes.
pub(super) async fn ek_trust(transaction: &mut Transaction) -> Result<EkTrust, TrustChangeError> {
    let mut trust = EkTrust::default();
    for root in transaction.roots().await? {
        trust
            .roots
            .add(&root.certificate, root.class)
            .map_err(|_| TrustChangeError::Damaged)?;
    }
    for list in transaction.revocation_lists().await? {
        trust
            .revocations
            .add_list(&list)
            .map_err(|_| TrustChangeError::Damaged)?;
    }
    trust.registered.extend(transaction.allowed_eks().await?);
    Ok(trust)
}

/// The certificates of a file, DER: one in DER, or all blocks in PEM.
fn certificates_of(file: &[u8]) -> Result<Vec<Vec<u8>>, TrustChangeError> {
    const END: &str = "-----END CERTIFICATE-----";
    if file.first() == Some(&0x30) {
        return Ok(vec![file.to_vec()]);
    }
    let text = std::str::from_utf8(file).map_err(|_| TrustChangeError::NoCertificate)?;
    let mut certificates = Vec::new();
    for (position, block) in text
        .split_inclusive(END)
        .filter(|part| part.ends_with(END))
        .enumerate()
    {
        // What stands before the block (makers write names there) is no part of it.
        let start = block.rfind("-----BEGIN CERTIFICATE-----");
        let pem = start.map(|start| Document::from_pem(&block[start..]));
        let Some(Ok((_, certificate))) = pem else {
            return Err(TrustChangeError::Root {
                number: position + 1,
                source: RootError::NoCertificate,
            });
        };
        certificates.push(certificate.into_vec());
    }
    match certificates.is_empty() {
        true => Err(TrustChangeError::NoCertificate),
        false => Ok(certificates),
    }
}

//! The audit log: what the vendor's side did, append-only, each entry chained to the one before by its hash.
//!
//! An entry holds no secret and no personal data: ids of licenses, products, and pseudonymous digests of devices. Whoever
//! keeps the latest hash elsewhere notices any change to what came before it.

use serde_cbor::Value;
use sha2::{Digest as _, Sha256};

use super::storage::{AuditRecord, StorageError, Transaction};
use crate::token::{UtcTime, cbor};

/// Separates these hashes from all others.
const DOMAIN: &[u8] = b"counterfoil/v1/audit";

/// Why the audit log is not what it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// An entry is missing, was changed, or stands in another place.
    #[error("the audit log was changed at entry {sequence}; compare with a backup")]
    Broken {
        /// The first entry that does not fit.
        sequence: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Appends an entry in the transaction of what it records.
pub(super) async fn append(
    transaction: &mut Transaction,
    now: UtcTime,
    event: &str,
    subject: &str,
    detail: &str,
) -> Result<(), StorageError> {
    let last = transaction.last_audit().await?;
    let mut record = AuditRecord {
        sequence: last.as_ref().map_or(1, |last| last.sequence + 1),
        at: now,
        event: event.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_owned(),
        hash: [0; 32],
    };
    record.hash = chained(last.map_or([0; 32], |last| last.hash), &record);
    transaction.append_audit(&record).await
}

/// Follows the chain from its beginning and answers with its head: the number of entries and the last hash.
///
/// # Errors
/// [`AuditError::Broken`] names the first entry that does not follow from the ones before it.
pub async fn verify(transaction: &mut Transaction) -> Result<(u64, [u8; 32]), AuditError> {
    let (mut count, mut hash) = (0, [0; 32]);
    for record in transaction.audit_log().await? {
        count += 1;
        hash = chained(hash, &record);
        if record.sequence != count || record.hash != hash {
            return Err(AuditError::Broken { sequence: count });
        }
    }
    Ok((count, hash))
}

/// The hash of an entry that follows `previous`.
fn chained(previous: [u8; 32], record: &AuditRecord) -> [u8; 32] {
    let entry = Value::Array(vec![
        Value::Integer(record.sequence.into()),
        Value::Integer(record.at.unix().into()),
        Value::Text(record.event.clone()),
        Value::Text(record.subject.clone()),
        Value::Text(record.detail.clone()),
    ]);
    Sha256::new()
        .chain_update(DOMAIN)
        .chain_update(previous)
        .chain_update(cbor::encode(&entry))
        .finalize()
        .into()
}

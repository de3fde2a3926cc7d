//! The rows of the audit log. The chain itself is the business of `server::audit`.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StorageError, Transaction, fixed, signed, time, unsigned};
use crate::token::UtcTime;

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Position, from 1, without gaps.
    pub sequence: u64,
    /// When it happened.
    pub at: UtcTime,
    /// What happened, a short stable name.
    pub event: String,
    /// What it happened to: an id of a license, a product, a device.
    pub subject: String,
    /// More for a person; never a secret.
    pub detail: String,
    /// Hash over this entry and the hash before it.
    pub hash: [u8; 32],
}

impl Transaction {
    /// Appends an entry; the database refuses to change or remove one.
    pub(crate) async fn append_audit(&mut self, record: &AuditRecord) -> Result<(), StorageError> {
        sqlx::query("INSERT INTO audit (sequence, at, event, subject, detail, hash) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(signed("audit.sequence", record.sequence)?)
            .bind(signed("audit.at", record.at.unix())?)
            .bind(&record.event)
            .bind(&record.subject)
            .bind(&record.detail)
            .bind(&record.hash[..])
            .execute(&mut *self.sql)
            .await?;
        Ok(())
    }

    /// The last entry.
    pub async fn last_audit(&mut self) -> Result<Option<AuditRecord>, StorageError> {
        let row = sqlx::query("SELECT * FROM audit ORDER BY sequence DESC LIMIT 1")
            .fetch_optional(&mut *self.sql)
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// The whole log, oldest first.
    pub async fn audit_log(&mut self) -> Result<Vec<AuditRecord>, StorageError> {
        let rows = sqlx::query("SELECT * FROM audit ORDER BY sequence")
            .fetch_all(&mut *self.sql)
            .await?;
        rows.iter().map(record).collect()
    }
}

fn record(row: &SqliteRow) -> Result<AuditRecord, StorageError> {
    Ok(AuditRecord {
        sequence: unsigned("audit.sequence", row.try_get("sequence")?)?,
        at: time("audit.at", row.try_get("at")?)?,
        event: row.try_get("event")?,
        subject: row.try_get("subject")?,
        detail: row.try_get("detail")?,
        hash: fixed("audit.hash", row.try_get("hash")?)?,
    })
}

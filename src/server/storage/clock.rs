//! The latest date that was ever signed, and what an admin declared to be wrong.

use super::{StorageError, Transaction, signed, time, unsigned};
use crate::token::UtcTime;

/// An admin declared dates on record to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CorrectionRecord {
    /// Its number, from 1 on.
    pub number: u64,
    /// When it was declared: what was dated later then is wrong.
    pub declared_at: UtcTime,
    /// The latest wrong date.
    pub wrong_until: UtcTime,
}

impl Transaction {
    /// The latest date that was ever signed; the beginning of 1970 where nothing was.
    pub async fn newest_date(&mut self) -> Result<UtcTime, StorageError> {
        let newest = sqlx::query_scalar("SELECT max(newest) FROM clock")
            .fetch_one(&mut *self.sql)
            .await?;
        time("clock.newest", newest)
    }

    /// Notes that something with this date is signed.
    pub(crate) async fn note_date(&mut self, date: UtcTime) -> Result<(), StorageError> {
        sqlx::query("UPDATE clock SET newest = max(newest, $1)")
            .bind(signed("clock.newest", date.unix())?)
            .execute(&mut *self.sql)
            .await?;
        Ok(())
    }

    /// The last correction. Machines are told of it for ever: one that was held back would else take back later dates.
    pub async fn correction(&mut self) -> Result<Option<CorrectionRecord>, StorageError> {
        let row: Option<(i64, i64, i64)> = sqlx::query_as(
            "SELECT number, declared_at, wrong_until FROM clock_corrections ORDER BY number DESC LIMIT 1",
        )
        .fetch_optional(&mut *self.sql)
        .await?;
        row.map(|(number, declared_at, wrong_until)| {
            Ok(CorrectionRecord {
                number: unsigned("clock_corrections.number", number)?,
                declared_at: time("clock_corrections.declared_at", declared_at)?,
                wrong_until: time("clock_corrections.wrong_until", wrong_until)?,
            })
        })
        .transpose()
    }

    /// Declares every date after `now` on record to be wrong: none of them counts for anything later. The licenses that were
    /// made after `now` were made now.
    pub(crate) async fn correct_dates(
        &mut self,
        now: UtcTime,
    ) -> Result<CorrectionRecord, StorageError> {
        let wrong_until = self.newest_date().await?;
        let at = signed("clock_corrections.declared_at", now.unix())?;
        let number: i64 = sqlx::query_scalar(
            "INSERT INTO clock_corrections (number, declared_at, wrong_until)
             SELECT coalesce(max(number), 0) + 1, $1, $2 FROM clock_corrections RETURNING number",
        )
        .bind(at)
        .bind(signed("clock_corrections.wrong_until", wrong_until.unix())?)
        .fetch_one(&mut *self.sql)
        .await?;
        for statement in [
            "UPDATE clock SET newest = $1",
            "UPDATE leases SET anchor_utc = NULL WHERE anchor_utc > $1",
            "UPDATE licenses SET created_at = $1 WHERE created_at > $1",
            "UPDATE licenses SET not_before = $1 WHERE not_before > $1",
            "UPDATE bundles SET issued_at = 0 WHERE issued_at > $1",
        ] {
            sqlx::query(statement)
                .bind(at)
                .execute(&mut *self.sql)
                .await?;
        }
        Ok(CorrectionRecord {
            number: unsigned("clock_corrections.number", number)?,
            declared_at: now,
            wrong_until,
        })
    }
}

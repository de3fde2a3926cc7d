//! What machines measured of their start when they were approved, where a product's rules watch it.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StorageError, Transaction, fixed, signed, time, unsigned};
use crate::token::{Digest, PcrSelection, UtcTime};

/// The platform that a machine was approved with for the license of one seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformRecord {
    /// The seat's index in the status list.
    pub status_index: u64,
    /// The PCRs that the rules watched then.
    pub pcrs: PcrSelection,
    /// The digest of what they held.
    pub digest: Digest,
    /// When it was approved.
    pub approved_at: UtcTime,
    /// Whether a person has approved the next change, whatever it is.
    pub change_allowed: bool,
}

impl Transaction {
    /// The platform that a seat's machine was approved with last.
    pub async fn platform(
        &mut self,
        status_index: u64,
    ) -> Result<Option<PlatformRecord>, StorageError> {
        let row = sqlx::query("SELECT * FROM platforms WHERE seat = $1")
            .bind(signed("platforms.seat", status_index)?)
            .fetch_optional(&mut *self.sql)
            .await?;
        row.as_ref().map(record).transpose()
    }

    /// Remembers a platform in place of the seat's last one.
    pub(crate) async fn put_platform(
        &mut self,
        platform: &PlatformRecord,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO platforms (seat, pcrs, digest, approved_at, change_allowed) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (seat) DO UPDATE SET pcrs = excluded.pcrs, digest = excluded.digest,
             approved_at = excluded.approved_at, change_allowed = excluded.change_allowed",
        )
        .bind(signed("platforms.seat", platform.status_index)?)
        .bind(i64::from(platform.pcrs.bits()))
        .bind(&platform.digest.as_bytes()[..])
        .bind(signed("platforms.approved_at", platform.approved_at.unix())?)
        .bind(i64::from(platform.change_allowed))
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }
}

fn record(row: &SqliteRow) -> Result<PlatformRecord, StorageError> {
    let pcrs = u16::try_from(row.try_get::<i64, _>("pcrs")?);
    Ok(PlatformRecord {
        status_index: unsigned("platforms.seat", row.try_get("seat")?)?,
        pcrs: pcrs
            .map(PcrSelection::from_bits)
            .map_err(|_| StorageError::Damaged {
                column: "platforms.pcrs",
            })?,
        digest: Digest::new(fixed("platforms.digest", row.try_get("digest")?)?),
        approved_at: time("platforms.approved_at", row.try_get("approved_at")?)?,
        change_allowed: row.try_get::<i64, _>("change_allowed")? != 0,
    })
}

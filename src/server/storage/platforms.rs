//! What machines measured of their start when they were approved, where a product's rules watch it.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StorageError, Transaction, fixed, signed, time, unsigned};
use crate::token::{Digest, Name, PcrSelection, UtcTime};

/// The platform that a machine was approved with for the license of one seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformRecord {
    /// The seat's index in the status list.
    pub status_index: u64,
    /// The PCRs that the rules watched then.
    pub pcrs: PcrSelection,
    /// The digest of what they held.
    pub digest: Digest,
    /// When it was approved; of a pending activation, when it was shown.
    pub approved_at: UtcTime,
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
            "INSERT INTO platforms (seat, pcrs, digest, approved_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (seat) DO UPDATE SET pcrs = excluded.pcrs, digest = excluded.digest,
             approved_at = excluded.approved_at",
        )
        .bind(signed("platforms.seat", platform.status_index)?)
        .bind(i64::from(platform.pcrs.bits()))
        .bind(&platform.digest.as_bytes()[..])
        .bind(signed(
            "platforms.approved_at",
            platform.approved_at.unix(),
        )?)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// The platform that an activation of this seat and attestation key showed, which has not proven itself yet.
    pub async fn pending_platform(
        &mut self,
        status_index: u64,
        ak: &Name,
    ) -> Result<Option<PlatformRecord>, StorageError> {
        let row = sqlx::query(
            "SELECT seat, pcrs, digest, shown_at AS approved_at FROM pending_platforms WHERE seat = $1 AND ak = $2",
        )
        .bind(signed("pending_platforms.seat", status_index)?)
        .bind(&ak.as_bytes()[..])
        .fetch_optional(&mut *self.sql)
        .await?;
        row.as_ref().map(record).transpose()
    }

    /// Remembers the platform of an activation that has not proven itself: for requests of the same attestation key alone.
    pub(crate) async fn put_pending_platform(
        &mut self,
        ak: &Name,
        shown: &PlatformRecord,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO pending_platforms (seat, ak, pcrs, digest, shown_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (seat, ak) DO UPDATE SET pcrs = excluded.pcrs, digest = excluded.digest, shown_at = excluded.shown_at",
        )
        .bind(signed("pending_platforms.seat", shown.status_index)?)
        .bind(&ak.as_bytes()[..])
        .bind(i64::from(shown.pcrs.bits()))
        .bind(&shown.digest.as_bytes()[..])
        .bind(signed("pending_platforms.shown_at", shown.approved_at.unix())?)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// Forgets the platform of an activation that has proven itself.
    pub(crate) async fn remove_pending_platform(
        &mut self,
        status_index: u64,
        ak: &Name,
    ) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM pending_platforms WHERE seat = $1 AND ak = $2")
            .bind(signed("pending_platforms.seat", status_index)?)
            .bind(&ak.as_bytes()[..])
            .execute(&mut *self.sql)
            .await?;
        Ok(())
    }

    /// Whether any activation of the seat has shown a platform.
    pub async fn has_shown_platform(&mut self, status_index: u64) -> Result<bool, StorageError> {
        let shown: i64 = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM platforms WHERE seat = $1) + (SELECT count(*) FROM pending_platforms WHERE seat = $1)",
        )
        .bind(signed("platforms.seat", status_index)?)
        .fetch_one(&mut *self.sql)
        .await?;
        Ok(shown != 0)
    }

    /// Whether a person has approved that the seat's machine changes to this digest.
    pub async fn is_approved(
        &mut self,
        status_index: u64,
        digest: Digest,
    ) -> Result<bool, StorageError> {
        let approvals: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM platform_approvals WHERE seat = $1 AND digest = $2",
        )
        .bind(signed("platform_approvals.seat", status_index)?)
        .bind(&digest.as_bytes()[..])
        .fetch_one(&mut *self.sql)
        .await?;
        Ok(approvals != 0)
    }

    /// Records that a person approves one change, to this digest.
    pub(crate) async fn approve_digest(
        &mut self,
        status_index: u64,
        digest: Digest,
        now: UtcTime,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO platform_approvals (seat, digest, approved_at) VALUES ($1, $2, $3)
             ON CONFLICT (seat, digest) DO NOTHING",
        )
        .bind(signed("platform_approvals.seat", status_index)?)
        .bind(&digest.as_bytes()[..])
        .bind(signed("platform_approvals.approved_at", now.unix())?)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// Uses an approval up.
    pub(crate) async fn use_approval(
        &mut self,
        status_index: u64,
        digest: Digest,
    ) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM platform_approvals WHERE seat = $1 AND digest = $2")
            .bind(signed("platform_approvals.seat", status_index)?)
            .bind(&digest.as_bytes()[..])
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
    })
}

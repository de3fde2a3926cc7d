//! Seats: one license on one chip each.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{ChipRecord, StorageError, Transaction, fixed, signed, time, unsigned};
use crate::evidence::EkHash;
use crate::token::{LicenseId, Name, UtcTime};

/// One license on one chip. Several stores of the chip share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRecord {
    /// Its number, counted through the entries of all status lists ([`StatusEntry`](super::StatusEntry)); never used again
    /// for another seat.
    pub status_index: u64,
    /// The license.
    pub license: LicenseId,
    /// The chip.
    pub ek: EkHash,
    /// When it was taken.
    pub taken_at: UtcTime,
    /// When its machine showed that it had opened an answer. One that never did has the seat only while a lease of it runs.
    pub confirmed_at: Option<UtcTime>,
    /// When its last lease ends.
    pub lease_ends: Option<UtcTime>,
}

impl SeatRecord {
    /// Whether it counts as taken: it is confirmed, or a lease of it runs.
    pub fn is_taken(&self, now: UtcTime) -> bool {
        self.confirmed_at.is_some() || self.lease_ends.is_some_and(|end| end > now)
    }

    /// What it is, as shown.
    pub fn status(&self, now: UtcTime) -> SeatStatus {
        match (self.confirmed_at, self.is_taken(now)) {
            (Some(_), _) => SeatStatus::Confirmed,
            (None, true) => SeatStatus::Pending,
            (None, false) => SeatStatus::Lapsed,
        }
    }
}

/// How sure it is that a machine has a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatStatus {
    /// The machine has shown that it opened an answer.
    Confirmed,
    /// An answer was given, and the machine has not been heard of since.
    Pending,
    /// The same, and the lease has ended: the seat counts no longer. The machine gets it back if one is free.
    Lapsed,
}

impl SeatStatus {
    /// The name, as shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Pending => "pending",
            Self::Lapsed => "lapsed",
        }
    }
}

/// Seats with the end of their last lease.
macro_rules! seats {
    ($rest:literal) => {
        concat!(
            "SELECT seats.*, (SELECT max(leases.expires_at) FROM leases JOIN bindings ON bindings.id = leases.binding
             WHERE bindings.seat = seats.status_index) AS lease_ends FROM seats ",
            $rest
        )
    };
}

impl Transaction {
    /// The seat of a license that a chip has, under whichever of its endorsement keys it was taken.
    pub async fn seat(
        &mut self,
        license: LicenseId,
        chip: &ChipRecord,
    ) -> Result<Option<SeatRecord>, StorageError> {
        let row = sqlx::query(seats!(
            "WHERE license = $1 AND freed_at IS NULL
             AND (ek = $2 OR ek = $3 OR ek IN (SELECT name FROM chip_keys WHERE kind = 'ek' AND chip = $2))
             ORDER BY confirmed_at IS NULL, ek <> $2, status_index LIMIT 1"
        ))
        .bind(&license.as_bytes()[..])
        .bind(&chip.id.as_bytes()[..])
        .bind(&chip.shown.as_bytes()[..])
        .fetch_optional(&mut *self.sql)
        .await?;
        row.as_ref().map(seat_record).transpose()
    }

    /// The seat of this number.
    pub(super) async fn seat_at(&mut self, status_index: i64) -> Result<SeatRecord, StorageError> {
        let row = sqlx::query(seats!("WHERE status_index = $1"))
            .bind(status_index)
            .fetch_one(&mut *self.sql)
            .await?;
        seat_record(&row)
    }

    /// The seat of a license that this attestation key alone has asked for, and nobody has shown to have.
    ///
    /// It is its holder's whichever endorsement key comes with the request; as soon as another attestation key has asked for
    /// the seat it is not, for both could then have it.
    pub(crate) async fn own_pending_seat(
        &mut self,
        license: LicenseId,
        ak: &Name,
    ) -> Result<Option<SeatRecord>, StorageError> {
        let row = sqlx::query(seats!(
            "WHERE license = $1 AND freed_at IS NULL AND confirmed_at IS NULL
             AND status_index IN (SELECT seat FROM bindings WHERE ak = $2)
             AND NOT EXISTS (SELECT 1 FROM bindings WHERE seat = status_index AND ak <> $2)
             ORDER BY status_index LIMIT 1"
        ))
        .bind(&license.as_bytes()[..])
        .bind(&ak.as_bytes()[..])
        .fetch_optional(&mut *self.sql)
        .await?;
        row.as_ref().map(seat_record).transpose()
    }

    /// Has a pending seat stand under another endorsement key, and under that alone.
    pub(crate) async fn move_seat(
        &mut self,
        seat: SeatRecord,
        ek: EkHash,
    ) -> Result<SeatRecord, StorageError> {
        sqlx::query("UPDATE seats SET ek = $1 WHERE status_index = $2")
            .bind(&ek.as_bytes()[..])
            .bind(signed("seats.status_index", seat.status_index)?)
            .execute(&mut *self.sql)
            .await?;
        Ok(SeatRecord { ek, ..seat })
    }

    /// All seats of a license that nobody freed, in the order in which they were taken; those that lapsed too.
    pub async fn seats(&mut self, license: LicenseId) -> Result<Vec<SeatRecord>, StorageError> {
        let rows = sqlx::query(seats!(
            "WHERE license = $1 AND freed_at IS NULL
             ORDER BY taken_at, (SELECT min(id) FROM bindings WHERE bindings.seat = seats.status_index), status_index"
        ))
        .bind(&license.as_bytes()[..])
        .fetch_all(&mut *self.sql)
        .await?;
        rows.iter().map(seat_record).collect()
    }

    /// Frees a seat: it counts no longer, and is nobody's.
    pub(crate) async fn free_seat(
        &mut self,
        seat: &SeatRecord,
        now: UtcTime,
    ) -> Result<(), StorageError> {
        sqlx::query("UPDATE seats SET freed_at = $1 WHERE status_index = $2")
            .bind(signed("seats.freed_at", now.unix())?)
            .bind(signed("seats.status_index", seat.status_index)?)
            .execute(&mut *self.sql)
            .await?;
        Ok(())
    }

    /// Takes a seat for a chip. That one is free, and that the chip holds none yet, is for the caller to have asked in
    /// the same transaction.
    pub(crate) async fn take_seat(
        &mut self,
        license: LicenseId,
        ek: EkHash,
        now: UtcTime,
    ) -> Result<SeatRecord, StorageError> {
        let status_index = self.free_status_index().await?;
        sqlx::query(
            "INSERT INTO seats (status_index, license, ek, taken_at) VALUES ($1, $2, $3, $4)",
        )
        .bind(signed("seats.status_index", status_index)?)
        .bind(&license.as_bytes()[..])
        .bind(&ek.as_bytes()[..])
        .bind(signed("seats.taken_at", now.unix())?)
        .execute(&mut *self.sql)
        .await?;
        Ok(SeatRecord {
            status_index,
            license,
            ek,
            taken_at: now,
            confirmed_at: None,
            lease_ends: None,
        })
    }

    /// Notes that a machine has shown to have a seat.
    pub(crate) async fn confirm_seat(
        &mut self,
        seat: &SeatRecord,
        now: UtcTime,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE seats SET confirmed_at = $1 WHERE status_index = $2 AND confirmed_at IS NULL",
        )
        .bind(signed("seats.confirmed_at", now.unix())?)
        .bind(signed("seats.status_index", seat.status_index)?)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }
}

fn seat_record(row: &SqliteRow) -> Result<SeatRecord, StorageError> {
    Ok(SeatRecord {
        status_index: unsigned("seats.status_index", row.try_get("status_index")?)?,
        license: LicenseId::new(fixed("seats.license", row.try_get("license")?)?),
        ek: EkHash::from(fixed("seats.ek", row.try_get("ek")?)?),
        taken_at: time("seats.taken_at", row.try_get("taken_at")?)?,
        confirmed_at: row
            .try_get::<Option<i64>, _>("confirmed_at")?
            .map(|at| time("seats.confirmed_at", at))
            .transpose()?,
        lease_ends: row
            .try_get::<Option<i64>, _>("lease_ends")?
            .map(|at| time("leases.expires_at", at))
            .transpose()?,
    })
}

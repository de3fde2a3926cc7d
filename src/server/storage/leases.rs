//! Leases, the readings of TPMs that they answered, and the requests.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::bindings::{BindingStatus, name};
use super::endorsement::class;
use super::seats::SeatRecord;
use super::{ChipRecord, StorageError, Transaction, fixed, signed, time, u32_column, unsigned};
use crate::evidence::EkHash;
use crate::token::{DeviceClass, Digest, LicenseId, Name, TokenId, UtcTime};

/// A lease that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRecord {
    /// Id of the lease.
    pub token_id: TokenId,
    /// Id of the license token that it belongs to.
    pub license: TokenId,
    /// Its number; a newer lease of the same seat has a higher one.
    pub sequence: u64,
    /// Version of the manifest that it names.
    pub manifest: u64,
    /// When it was issued.
    pub issued_at: UtcTime,
    /// When it ends.
    pub expires_at: UtcTime,
    /// The lease token.
    pub token: Vec<u8>,
}

/// Whom a lease was encrypted for, and what of the request it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeaseGrounds {
    /// The endorsement key that the answer was encrypted to.
    pub(crate) ek: EkHash,
    /// The class that it has.
    pub(crate) class: DeviceClass,
    /// The request's reading of the TPM, at a time that precedes it as far as leases under the same storage root key prove.
    pub(crate) reading: ReadingRecord,
}

/// What a TPM's clock and counts stood at, and a time that precedes that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingRecord {
    /// The time.
    pub utc: UtcTime,
    /// The TPM's clock, in milliseconds.
    pub clock_ms: u64,
    /// Resets since the last Clear.
    pub reset_count: u32,
    /// Restarts since the last Reset.
    pub restart_count: u32,
}

/// A reading on record, with the lease that answered it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnsweredReading {
    /// The lease.
    pub lease: TokenId,
    /// The reading.
    pub reading: ReadingRecord,
    /// The storage root key at that time.
    pub srk: Name,
    /// When the lease was signed.
    pub issued_at: UtcTime,
}

/// A lease that a machine says to have, with all that its having it proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldLease {
    /// Row of the binding.
    pub(super) binding: i64,
    /// Its seat.
    pub(crate) seat: SeatRecord,
    /// How far the activation got.
    pub(crate) status: BindingStatus,
    /// The attestation key of the binding.
    pub(crate) ak: Name,
    /// The endorsement key that the lease was encrypted to; unknown where another program made it.
    pub(crate) ek: EkHash,
    /// The class that it had.
    pub(crate) class: DeviceClass,
    /// Number of the lease.
    pub(crate) sequence: u64,
    /// When the lease was signed.
    pub(crate) issued_at: UtcTime,
}

impl Transaction {
    /// Records a lease.
    pub(crate) async fn add_lease(
        &mut self,
        lease: &LeaseRecord,
        grounds: &LeaseGrounds,
    ) -> Result<(), StorageError> {
        let reading = &grounds.reading;
        sqlx::query(
            "INSERT INTO leases (token_id, binding, sequence, manifest, issued_at, expires_at, token, ek, class, anchor_utc,
             clock_ms, reset_count, restart_count)
             SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM bindings WHERE token_id = $2",
        )
        .bind(&lease.token_id.as_bytes()[..])
        .bind(&lease.license.as_bytes()[..])
        .bind(signed("leases.sequence", lease.sequence)?)
        .bind(signed("leases.manifest", lease.manifest)?)
        .bind(signed("leases.issued_at", lease.issued_at.unix())?)
        .bind(signed("leases.expires_at", lease.expires_at.unix())?)
        .bind(&lease.token)
        .bind(&grounds.ek.as_bytes()[..])
        .bind(grounds.class.name())
        .bind(signed("leases.anchor_utc", reading.utc.unix())?)
        // The TPM's owner can set its clock to almost 2^64, and SQL has only signed numbers: nothing compares them there.
        .bind(reading.clock_ms.cast_signed())
        .bind(i64::from(reading.reset_count))
        .bind(i64::from(reading.restart_count))
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// The highest number among all leases of a license, whichever machine has them; none where there is no lease.
    pub async fn last_sequence(&mut self, license: LicenseId) -> Result<Option<u64>, StorageError> {
        let last: Option<i64> = sqlx::query_scalar(
            "SELECT max(leases.sequence) FROM leases JOIN bindings ON bindings.id = leases.binding
             JOIN seats ON seats.status_index = bindings.seat WHERE seats.license = $1",
        )
        .bind(&license.as_bytes()[..])
        .fetch_one(&mut *self.sql)
        .await?;
        last.map(|last| unsigned("leases.sequence", last))
            .transpose()
    }

    /// The readings of all leases that were issued for a TPM: under this attestation key, and under those that are proven to
    /// be the chip's, of any license, seat and store.
    pub async fn readings(
        &mut self,
        chip: &ChipRecord,
        ak: &Name,
    ) -> Result<Vec<AnsweredReading>, StorageError> {
        let rows = sqlx::query(
            "SELECT leases.token_id, leases.anchor_utc, leases.clock_ms, leases.reset_count, leases.restart_count, leases.issued_at,
             bindings.srk FROM leases JOIN bindings ON bindings.id = leases.binding
             WHERE leases.anchor_utc IS NOT NULL
             AND (bindings.ak = $1 OR bindings.ak IN (SELECT name FROM chip_keys WHERE kind = 'ak' AND chip = $2))",
        )
        .bind(&ak.as_bytes()[..])
        .bind(&chip.id.as_bytes()[..])
        .fetch_all(&mut *self.sql)
        .await?;
        rows.iter().map(answered_reading).collect()
    }

    /// A lease that was issued to whoever has this attestation key, by its id.
    pub(crate) async fn held_lease(
        &mut self,
        lease: TokenId,
        ak: &Name,
    ) -> Result<Option<HeldLease>, StorageError> {
        let row = sqlx::query(
            "SELECT leases.binding, leases.ek, leases.class, leases.sequence, leases.issued_at, bindings.seat, bindings.status
             FROM leases JOIN bindings ON bindings.id = leases.binding
             WHERE leases.token_id = $1 AND bindings.ak = $2 AND leases.ek IS NOT NULL",
        )
        .bind(&lease.as_bytes()[..])
        .bind(&ak.as_bytes()[..])
        .fetch_optional(&mut *self.sql)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let seat = self.seat_at(row.try_get("seat")?).await?;
        let status: String = row.try_get("status")?;
        Ok(Some(HeldLease {
            binding: row.try_get("binding")?,
            seat,
            status: BindingStatus::from_name(&status).ok_or(StorageError::Damaged {
                column: "bindings.status",
            })?,
            ak: *ak,
            ek: EkHash::from(fixed("leases.ek", row.try_get("ek")?)?),
            class: class("leases.class", row.try_get("class")?)?,
            sequence: unsigned("leases.sequence", row.try_get("sequence")?)?,
            issued_at: time("leases.issued_at", row.try_get("issued_at")?)?,
        }))
    }

    /// The lease with which a request was answered, if it was.
    pub async fn answered(&mut self, request: Digest) -> Result<Option<LeaseRecord>, StorageError> {
        let row = sqlx::query(
            "SELECT leases.*, bindings.token_id AS license FROM requests
             JOIN leases ON leases.token_id = requests.lease JOIN bindings ON bindings.id = leases.binding
             WHERE requests.id = $1",
        )
        .bind(&request.as_bytes()[..])
        .fetch_optional(&mut *self.sql)
        .await?;
        row.as_ref().map(lease_record).transpose()
    }

    /// Records that a request was answered, and with which lease.
    pub(crate) async fn add_answer(
        &mut self,
        request: Digest,
        lease: TokenId,
        now: UtcTime,
    ) -> Result<(), StorageError> {
        sqlx::query("INSERT INTO requests (id, lease, answered_at) VALUES ($1, $2, $3)
             ON CONFLICT (id) DO UPDATE SET lease = excluded.lease, answered_at = excluded.answered_at")
            .bind(&request.as_bytes()[..])
            .bind(&lease.as_bytes()[..])
            .bind(signed("requests.answered_at", now.unix())?)
            .execute(&mut *self.sql)
            .await?;
        Ok(())
    }
}

fn answered_reading(row: &SqliteRow) -> Result<AnsweredReading, StorageError> {
    Ok(AnsweredReading {
        lease: TokenId::new(fixed("leases.token_id", row.try_get("token_id")?)?),
        reading: ReadingRecord {
            utc: time("leases.anchor_utc", row.try_get("anchor_utc")?)?,
            clock_ms: row.try_get::<i64, _>("clock_ms")?.cast_unsigned(),
            reset_count: u32_column("leases.reset_count", row.try_get("reset_count")?)?,
            restart_count: u32_column("leases.restart_count", row.try_get("restart_count")?)?,
        },
        srk: name("bindings.srk", row.try_get("srk")?)?,
        issued_at: time("leases.issued_at", row.try_get("issued_at")?)?,
    })
}

fn lease_record(row: &SqliteRow) -> Result<LeaseRecord, StorageError> {
    Ok(LeaseRecord {
        token_id: TokenId::new(fixed("leases.token_id", row.try_get("token_id")?)?),
        license: TokenId::new(fixed("bindings.token_id", row.try_get("license")?)?),
        sequence: unsigned("leases.sequence", row.try_get("sequence")?)?,
        manifest: unsigned("leases.manifest", row.try_get("manifest")?)?,
        issued_at: time("leases.issued_at", row.try_get("issued_at")?)?,
        expires_at: time("leases.expires_at", row.try_get("expires_at")?)?,
        token: row.try_get("token")?,
    })
}

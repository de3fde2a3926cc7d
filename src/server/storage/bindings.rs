//! Seats, the bindings that hold them, and what was issued to each.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::endorsement::class;
use super::{ChipRecord, StorageError, Transaction, fixed, signed, time, u32_column, unsigned};
use crate::evidence::EkHash;
use crate::token::{
    Binding, DeviceClass, Digest, LicenseId, Name, PublicKey, StoreId, TokenId, UtcTime,
};

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

/// One store of a chip at one epoch, with the license that was issued to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingRecord {
    /// The seat that it holds.
    pub status_index: u64,
    /// What the license is bound to.
    pub binding: Binding,
    /// The store's slot on the chip.
    pub slot: u32,
    /// How far the activation got.
    pub status: BindingStatus,
    /// Id of the license token.
    pub token_id: TokenId,
    /// The license token.
    pub license_token: Vec<u8>,
    /// When it was bound.
    pub bound_at: UtcTime,
}

/// How far an activation got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingStatus {
    /// Answered; the device has not been heard of since.
    Pending,
    /// A later message under the binding key has shown that the answer arrived.
    Confirmed,
    /// A later confirmed binding of the same seat took its place, or one of the same store whose license was signed anew.
    Superseded,
    /// Given up with proof.
    Released,
}

impl BindingStatus {
    /// The name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Superseded => "superseded",
            Self::Released => "released",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Confirmed,
            Self::Superseded,
            Self::Released,
        ]
        .into_iter()
        .find(|status| status.name() == name)
    }
}

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
    binding: i64,
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
            "WHERE license = $1 AND freed_at IS NULL ORDER BY taken_at, status_index"
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

    /// All bindings of a seat, oldest first.
    pub async fn bindings(
        &mut self,
        seat: &SeatRecord,
    ) -> Result<Vec<BindingRecord>, StorageError> {
        let rows = sqlx::query("SELECT * FROM bindings WHERE seat = $1 ORDER BY id")
            .bind(signed("bindings.seat", seat.status_index)?)
            .fetch_all(&mut *self.sql)
            .await?;
        rows.iter().map(binding_record).collect()
    }

    /// Adds a binding.
    pub(crate) async fn add_binding(&mut self, record: &BindingRecord) -> Result<(), StorageError> {
        let binding = &record.binding;
        sqlx::query(
            "INSERT INTO bindings (seat, store, slot, epoch, ak, srk, seed, epoch_index, activity_index, binding_key,
             status, token_id, license_token, bound_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(signed("bindings.seat", record.status_index)?)
        .bind(&binding.store.as_bytes()[..])
        .bind(i64::from(record.slot))
        .bind(signed("bindings.epoch", binding.epoch)?)
        .bind(&binding.ak.as_bytes()[..])
        .bind(&binding.srk.as_bytes()[..])
        .bind(&binding.seed.as_bytes()[..])
        .bind(&binding.epoch_index.as_bytes()[..])
        .bind(&binding.activity_index.as_bytes()[..])
        .bind(&binding.confirmation_key.sec1()[..])
        .bind(record.status.name())
        .bind(&record.token_id.as_bytes()[..])
        .bind(&record.license_token)
        .bind(signed("bindings.bound_at", record.bound_at.unix())?)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// Notes that another license took the place of this one.
    pub(crate) async fn supersede(&mut self, license: TokenId) -> Result<(), StorageError> {
        sqlx::query("UPDATE bindings SET status = $1 WHERE token_id = $2")
            .bind(BindingStatus::Superseded.name())
            .bind(&license.as_bytes()[..])
            .execute(&mut *self.sql)
            .await?;
        Ok(())
    }

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
        let seat = sqlx::query(seats!("WHERE status_index = $1"))
            .bind(row.try_get::<i64, _>("seat")?)
            .fetch_one(&mut *self.sql)
            .await?;
        let status: String = row.try_get("status")?;
        Ok(Some(HeldLease {
            binding: row.try_get("binding")?,
            seat: seat_record(&seat)?,
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

    /// Notes that the answer with a lease was opened. An earlier license of the same store and seat has had its time.
    pub(crate) async fn confirm_binding(&mut self, held: &HeldLease) -> Result<(), StorageError> {
        sqlx::query("UPDATE bindings SET status = $1 WHERE id = $2")
            .bind(BindingStatus::Confirmed.name())
            .bind(held.binding)
            .execute(&mut *self.sql)
            .await?;
        sqlx::query(
            "UPDATE bindings SET status = $1 WHERE id < $2 AND status IN ('pending', 'confirmed')
             AND (seat, store, slot, ak, seed) = (SELECT seat, store, slot, ak, seed FROM bindings WHERE id = $2)",
        )
        .bind(BindingStatus::Superseded.name())
        .bind(held.binding)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
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

fn binding_record(row: &SqliteRow) -> Result<BindingRecord, StorageError> {
    let status: String = row.try_get("status")?;
    let key: Vec<u8> = row.try_get("binding_key")?;
    let binding = Binding {
        confirmation_key: PublicKey::from_sec1(&key).map_err(|_| StorageError::Damaged {
            column: "bindings.binding_key",
        })?,
        ak: name("bindings.ak", row.try_get("ak")?)?,
        srk: name("bindings.srk", row.try_get("srk")?)?,
        seed: name("bindings.seed", row.try_get("seed")?)?,
        epoch_index: name("bindings.epoch_index", row.try_get("epoch_index")?)?,
        activity_index: name("bindings.activity_index", row.try_get("activity_index")?)?,
        epoch: unsigned("bindings.epoch", row.try_get("epoch")?)?,
        store: StoreId::new(fixed("bindings.store", row.try_get("store")?)?),
    };
    Ok(BindingRecord {
        status_index: unsigned("bindings.seat", row.try_get("seat")?)?,
        binding,
        slot: u32_column("bindings.slot", row.try_get("slot")?)?,
        status: BindingStatus::from_name(&status).ok_or(StorageError::Damaged {
            column: "bindings.status",
        })?,
        token_id: TokenId::new(fixed("bindings.token_id", row.try_get("token_id")?)?),
        license_token: row.try_get("license_token")?,
        bound_at: time("bindings.bound_at", row.try_get("bound_at")?)?,
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

fn name(column: &'static str, bytes: Vec<u8>) -> Result<Name, StorageError> {
    Name::try_from(bytes.as_slice()).map_err(|_| StorageError::Damaged { column })
}

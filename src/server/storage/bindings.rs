//! Seats, the bindings that hold them, and what was issued to each.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StorageError, Transaction, fixed, signed, time, u32_column, unsigned};
use crate::evidence::EkHash;
use crate::token::{Binding, Digest, LicenseId, Name, PublicKey, StoreId, TokenId, UtcTime};

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

impl Transaction {
    /// The seat of a license that a chip holds.
    pub async fn seat(
        &mut self,
        license: LicenseId,
        ek: EkHash,
    ) -> Result<Option<SeatRecord>, StorageError> {
        let row =
            sqlx::query("SELECT * FROM seats WHERE license = $1 AND ek = $2 AND freed_at IS NULL")
                .bind(&license.as_bytes()[..])
                .bind(&ek.as_bytes()[..])
                .fetch_optional(&mut *self.sql)
                .await?;
        row.as_ref().map(seat_record).transpose()
    }

    /// All seats of a license that are taken, in the order in which they were.
    pub async fn seats(&mut self, license: LicenseId) -> Result<Vec<SeatRecord>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM seats WHERE license = $1 AND freed_at IS NULL ORDER BY taken_at, status_index",
        )
        .bind(&license.as_bytes()[..])
        .fetch_all(&mut *self.sql)
        .await?;
        rows.iter().map(seat_record).collect()
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
    pub(crate) async fn add_lease(&mut self, lease: &LeaseRecord) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO leases (token_id, binding, sequence, manifest, issued_at, expires_at, token)
             SELECT $1, id, $3, $4, $5, $6, $7 FROM bindings WHERE token_id = $2",
        )
        .bind(&lease.token_id.as_bytes()[..])
        .bind(&lease.license.as_bytes()[..])
        .bind(signed("leases.sequence", lease.sequence)?)
        .bind(signed("leases.manifest", lease.manifest)?)
        .bind(signed("leases.issued_at", lease.issued_at.unix())?)
        .bind(signed("leases.expires_at", lease.expires_at.unix())?)
        .bind(&lease.token)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// The lease of a seat with the highest number.
    pub async fn last_lease(
        &mut self,
        seat: &SeatRecord,
    ) -> Result<Option<LeaseRecord>, StorageError> {
        let row = sqlx::query(
            "SELECT leases.*, bindings.token_id AS license FROM leases JOIN bindings ON bindings.id = leases.binding
             WHERE bindings.seat = $1 ORDER BY sequence DESC LIMIT 1",
        )
        .bind(signed("bindings.seat", seat.status_index)?)
        .fetch_optional(&mut *self.sql)
        .await?;
        row.as_ref().map(lease_record).transpose()
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

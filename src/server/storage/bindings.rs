//! Bindings: the stores of chips that have a seat, with the license that was issued to each.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::leases::HeldLease;
use super::seats::SeatRecord;
use super::{StorageError, Transaction, fixed, signed, time, u32_column, unsigned};
use crate::token::{Binding, Name, PublicKey, StoreId, TokenId, UtcTime};

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

    pub(super) fn from_name(name: &str) -> Option<Self> {
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

impl Transaction {
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

pub(super) fn name(column: &'static str, bytes: Vec<u8>) -> Result<Name, StorageError> {
    Name::try_from(bytes.as_slice()).map_err(|_| StorageError::Damaged { column })
}

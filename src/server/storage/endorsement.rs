//! What the vendor trusts about TPMs, and the TPMs seen so far.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StorageError, Transaction, fixed, signed, time};
use crate::evidence::{EkHash, Expired};
use crate::token::{DeviceClass, Digest, UtcTime};

/// A certificate that TPM makers' endorsement certificates are traced to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootRecord {
    /// SHA-256 of the certificate.
    pub fingerprint: Digest,
    /// Class of the devices below it.
    pub class: DeviceClass,
    /// What becomes of certificates below it that have ended.
    pub expired: Expired,
    /// Subject, for people.
    pub subject: String,
    /// When it was added.
    pub added_at: UtcTime,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
}

/// A TPM that has taken a seat of some license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// SHA-256 of the endorsement key's public area.
    pub ek: EkHash,
    /// Class, as decided at its last activation.
    pub class: DeviceClass,
    /// When it first took a seat.
    pub first_seen: UtcTime,
    /// Its TPM came back with lower counts than it had shown before, as a virtual one does that is put back.
    pub went_back: Option<WentBack>,
}

/// A TPM showed lower counts than it had before, under the same keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WentBack {
    /// When that was last noticed.
    pub at: UtcTime,
    /// The request was made after the higher counts were shown. If not, it may have been made before and come late.
    pub for_sure: bool,
}

impl Transaction {
    /// Pins an EK root; a second time changes its terms.
    pub(crate) async fn add_root(&mut self, root: &RootRecord) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO ek_roots (fingerprint, class, subject, added_at, certificate, expired) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (fingerprint) DO UPDATE SET class = excluded.class, expired = excluded.expired",
        )
        .bind(&root.fingerprint.as_bytes()[..])
        .bind(root.class.name())
        .bind(&root.subject)
        .bind(signed("ek_roots.added_at", root.added_at.unix())?)
        .bind(&root.certificate)
        .bind(root.expired.name())
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// Removes an EK root. Answers whether there was one.
    pub(crate) async fn remove_root(&mut self, fingerprint: Digest) -> Result<bool, StorageError> {
        let done = sqlx::query("DELETE FROM ek_roots WHERE fingerprint = $1")
            .bind(&fingerprint.as_bytes()[..])
            .execute(&mut *self.sql)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// All EK roots, in the order in which they were added.
    pub async fn roots(&mut self) -> Result<Vec<RootRecord>, StorageError> {
        let rows = sqlx::query("SELECT * FROM ek_roots ORDER BY added_at, fingerprint")
            .fetch_all(&mut *self.sql)
            .await?;
        rows.iter().map(root_record).collect()
    }

    /// Adds a revocation list of a TPM maker. Answers `false` if it is there already.
    pub(crate) async fn add_revocation_list(
        &mut self,
        digest: Digest,
        list: &[u8],
        now: UtcTime,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "INSERT INTO ek_revocations (digest, added_at, list) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING",
        )
        .bind(&digest.as_bytes()[..])
        .bind(signed("ek_revocations.added_at", now.unix())?)
        .bind(list)
        .execute(&mut *self.sql)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// All revocation lists, DER.
    pub async fn revocation_lists(&mut self) -> Result<Vec<Vec<u8>>, StorageError> {
        Ok(
            sqlx::query_scalar("SELECT list FROM ek_revocations ORDER BY added_at, digest")
                .fetch_all(&mut *self.sql)
                .await?,
        )
    }

    /// Vouches for an endorsement key that has no certificate.
    pub(crate) async fn allow_ek(
        &mut self,
        ek: EkHash,
        note: &str,
        now: UtcTime,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO ek_allowed (ek, note, allowed_at) VALUES ($1, $2, $3)
             ON CONFLICT (ek) DO UPDATE SET note = excluded.note",
        )
        .bind(&ek.as_bytes()[..])
        .bind(note)
        .bind(signed("ek_allowed.allowed_at", now.unix())?)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// The endorsement keys that an admin has vouched for.
    pub async fn allowed_eks(&mut self) -> Result<Vec<EkHash>, StorageError> {
        let keys: Vec<Vec<u8>> = sqlx::query_scalar("SELECT ek FROM ek_allowed ORDER BY ek")
            .fetch_all(&mut *self.sql)
            .await?;
        keys.into_iter()
            .map(|key| Ok(EkHash::from(fixed("ek_allowed.ek", key)?)))
            .collect()
    }

    /// Remembers a TPM with its class. What is known of it stays as it is.
    pub(crate) async fn see_device(
        &mut self,
        ek: EkHash,
        class: DeviceClass,
        now: UtcTime,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO devices (ek, class, first_seen) VALUES ($1, $2, $3) ON CONFLICT (ek) DO NOTHING",
        )
        .bind(&ek.as_bytes()[..])
        .bind(class.name())
        .bind(signed("devices.first_seen", now.unix())?)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// Corrects the class of a TPM that has proven itself.
    pub(crate) async fn set_class(
        &mut self,
        ek: EkHash,
        class: DeviceClass,
    ) -> Result<(), StorageError> {
        sqlx::query("UPDATE devices SET class = $1 WHERE ek = $2")
            .bind(class.name())
            .bind(&ek.as_bytes()[..])
            .execute(&mut *self.sql)
            .await?;
        Ok(())
    }

    /// Notes that a TPM came back with lower counts. What is sure stays sure.
    pub(crate) async fn note_went_back(
        &mut self,
        ek: EkHash,
        found: WentBack,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE devices SET went_back_at = $1, went_back_for_sure = max(went_back_for_sure, $2) WHERE ek = $3",
        )
        .bind(signed("devices.went_back_at", found.at.unix())?)
        .bind(i64::from(found.for_sure))
        .bind(&ek.as_bytes()[..])
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// A TPM by the digest of its endorsement key.
    pub async fn device(&mut self, ek: EkHash) -> Result<Option<DeviceRecord>, StorageError> {
        let row = sqlx::query("SELECT * FROM devices WHERE ek = $1")
            .bind(&ek.as_bytes()[..])
            .fetch_optional(&mut *self.sql)
            .await?;
        row.as_ref()
            .map(|row| {
                Ok(DeviceRecord {
                    ek,
                    class: class("devices.class", row.try_get("class")?)?,
                    first_seen: time("devices.first_seen", row.try_get("first_seen")?)?,
                    went_back: row
                        .try_get::<Option<i64>, _>("went_back_at")?
                        .map(|at| -> Result<WentBack, StorageError> {
                            Ok(WentBack {
                                at: time("devices.went_back_at", at)?,
                                for_sure: row.try_get::<i64, _>("went_back_for_sure")? != 0,
                            })
                        })
                        .transpose()?,
                })
            })
            .transpose()
    }
}

fn root_record(row: &SqliteRow) -> Result<RootRecord, StorageError> {
    Ok(RootRecord {
        fingerprint: Digest::new(fixed("ek_roots.fingerprint", row.try_get("fingerprint")?)?),
        class: class("ek_roots.class", row.try_get("class")?)?,
        expired: expired("ek_roots.expired", row.try_get("expired")?)?,
        subject: row.try_get("subject")?,
        added_at: time("ek_roots.added_at", row.try_get("added_at")?)?,
        certificate: row.try_get("certificate")?,
    })
}

fn expired(column: &'static str, name: String) -> Result<Expired, StorageError> {
    Expired::ALL
        .into_iter()
        .find(|rule| rule.name() == name)
        .ok_or(StorageError::Damaged { column })
}

pub(super) fn class(column: &'static str, name: String) -> Result<DeviceClass, StorageError> {
    DeviceClass::ALL
        .into_iter()
        .find(|class| class.name() == name)
        .ok_or(StorageError::Damaged { column })
}

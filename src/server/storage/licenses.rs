//! The licenses a vendor has sold.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use zeroize::Zeroizing;

use super::{StorageError, Transaction, fixed, signed, time, u32_column};
use crate::token::{LicenseId, UtcTime};

/// One license as sold: what the customer may use, on how many chips, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseRecord {
    /// The public half of the license key.
    pub id: LicenseId,
    /// Name of the product.
    pub product: String,
    /// Which line of manifests the license follows.
    pub line: String,
    /// Edition, as named by the vendor.
    pub edition: String,
    /// Features, sorted.
    pub features: Vec<String>,
    /// On how many chips it may be active.
    pub seats: u32,
    /// When it was made; no request that proves to know its key is older.
    pub created_at: UtcTime,
    /// First moment of validity.
    pub not_before: UtcTime,
    /// End of validity; none for a perpetual license.
    pub expires_at: Option<UtcTime>,
    /// What the vendor says about it.
    pub state: LicenseState,
    /// The vendor's own group of customers that it belongs to.
    pub segment: Option<String>,
    /// The vendor's own pseudonym for the person or machine that it is for.
    pub user: Option<String>,
    /// It is for machines that are kept switched off until they are needed.
    pub standby: bool,
}

/// What the vendor says about a license as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LicenseState {
    /// In force.
    Valid,
    /// Suspended until reinstated.
    Suspended,
    /// Ended for good.
    Revoked,
}

impl LicenseState {
    /// The name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Valid, Self::Suspended, Self::Revoked]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

impl Transaction {
    /// Adds a license with the key of the MAC in its activation requests. The secret that this key is derived from is shown
    /// once and not kept.
    pub(crate) async fn add_license(
        &mut self,
        license: &LicenseRecord,
        mac_key: &[u8; 32],
    ) -> Result<(), StorageError> {
        let expires_at = license
            .expires_at
            .map(|at| signed("licenses.expires_at", at.unix()))
            .transpose()?;
        sqlx::query(
            r#"INSERT INTO licenses
             (id, mac_key, product, line, edition, features, seats, created_at, not_before, expires_at, state, segment,
             "user", standby)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"#,
        )
        .bind(&license.id.as_bytes()[..])
        .bind(&mac_key[..])
        .bind(&license.product)
        .bind(&license.line)
        .bind(&license.edition)
        .bind(license.features.join(","))
        .bind(i64::from(license.seats))
        .bind(signed("licenses.created_at", license.created_at.unix())?)
        .bind(signed("licenses.not_before", license.not_before.unix())?)
        .bind(expires_at)
        .bind(license.state.name())
        .bind(&license.segment)
        .bind(&license.user)
        .bind(i64::from(license.standby))
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// A license by its id.
    pub async fn license(&mut self, id: LicenseId) -> Result<Option<LicenseRecord>, StorageError> {
        let row = sqlx::query(
            r#"SELECT id, product, line, edition, features, seats, created_at, not_before, expires_at, state, segment, "user",
             standby FROM licenses WHERE id = $1"#,
        )
        .bind(&id.as_bytes()[..])
        .fetch_optional(&mut *self.sql)
        .await?;
        row.as_ref().map(record).transpose()
    }

    /// The key of the MAC in the activation requests of a license. Whoever has it can prove to have the license key.
    pub(crate) async fn mac_key(
        &mut self,
        id: LicenseId,
    ) -> Result<Option<Zeroizing<[u8; 32]>>, StorageError> {
        let row = sqlx::query("SELECT mac_key FROM licenses WHERE id = $1")
            .bind(&id.as_bytes()[..])
            .fetch_optional(&mut *self.sql)
            .await?;
        row.map(|row| {
            let key = row.try_get::<&[u8], _>("mac_key")?.try_into();
            key.map(Zeroizing::new).map_err(|_| StorageError::Damaged {
                column: "licenses.mac_key",
            })
        })
        .transpose()
    }

    /// All licenses, oldest first.
    pub async fn licenses(&mut self) -> Result<Vec<LicenseRecord>, StorageError> {
        let rows = sqlx::query(
            r#"SELECT id, product, line, edition, features, seats, created_at, not_before, expires_at, state, segment, "user",
             standby FROM licenses ORDER BY created_at, id"#,
        )
        .fetch_all(&mut *self.sql)
        .await?;
        rows.iter().map(record).collect()
    }
}

fn record(row: &SqliteRow) -> Result<LicenseRecord, StorageError> {
    let features: String = row.try_get("features")?;
    let state: String = row.try_get("state")?;
    let expires_at: Option<i64> = row.try_get("expires_at")?;
    Ok(LicenseRecord {
        id: LicenseId::new(fixed("licenses.id", row.try_get("id")?)?),
        product: row.try_get("product")?,
        line: row.try_get("line")?,
        edition: row.try_get("edition")?,
        features: features
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        seats: u32_column("licenses.seats", row.try_get("seats")?)?,
        created_at: time("licenses.created_at", row.try_get("created_at")?)?,
        not_before: time("licenses.not_before", row.try_get("not_before")?)?,
        expires_at: expires_at
            .map(|at| time("licenses.expires_at", at))
            .transpose()?,
        state: LicenseState::from_name(&state).ok_or(StorageError::Damaged {
            column: "licenses.state",
        })?,
        segment: row.try_get("segment")?,
        user: row.try_get("user")?,
        standby: row.try_get::<i64, _>("standby")? != 0,
    })
}

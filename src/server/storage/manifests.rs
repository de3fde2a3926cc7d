//! The manifests that were published, each with the text that it was made from.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StorageError, Transaction, fixed, signed, time, unsigned};
use crate::token::{Digest, UtcTime};

/// One published manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestRecord {
    /// Number of this manifest in its line.
    pub version: u64,
    /// When it was published.
    pub issued_at: UtcTime,
    /// SHA-256 of the token.
    pub digest: Digest,
    /// The signed token.
    pub token: Vec<u8>,
    /// The text (TOML) that it was made from. The first programs kept none.
    pub source: Option<String>,
    /// The earlier version whose content this one has, where it was published to go back to that, or to sign that anew.
    pub copy_of: Option<u64>,
}

impl Transaction {
    /// Publishes a manifest as the newest one of its line.
    pub(crate) async fn add_manifest(
        &mut self,
        product: &str,
        line: &str,
        manifest: &ManifestRecord,
    ) -> Result<(), StorageError> {
        let copy_of = manifest
            .copy_of
            .map(|version| signed("manifests.copy_of", version))
            .transpose()?;
        sqlx::query(
            "INSERT INTO manifests (product, line, version, issued_at, digest, token, source, copy_of)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(product)
        .bind(line)
        .bind(signed("manifests.version", manifest.version)?)
        .bind(signed("manifests.issued_at", manifest.issued_at.unix())?)
        .bind(&manifest.digest.as_bytes()[..])
        .bind(&manifest.token)
        .bind(&manifest.source)
        .bind(copy_of)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// The newest manifest of a line.
    pub async fn newest_manifest(
        &mut self,
        product: &str,
        line: &str,
    ) -> Result<Option<ManifestRecord>, StorageError> {
        let row = sqlx::query(
            "SELECT * FROM manifests WHERE product = $1 AND line = $2 ORDER BY version DESC LIMIT 1",
        )
        .bind(product)
        .bind(line)
        .fetch_optional(&mut *self.sql)
        .await?;
        row.as_ref().map(record).transpose()
    }

    /// A manifest by its number.
    pub async fn manifest(
        &mut self,
        product: &str,
        line: &str,
        version: u64,
    ) -> Result<Option<ManifestRecord>, StorageError> {
        // A number that no column can hold is no version of any manifest.
        let Ok(version) = i64::try_from(version) else {
            return Ok(None);
        };
        let row = sqlx::query(
            "SELECT * FROM manifests WHERE product = $1 AND line = $2 AND version = $3",
        )
        .bind(product)
        .bind(line)
        .bind(version)
        .fetch_optional(&mut *self.sql)
        .await?;
        row.as_ref().map(record).transpose()
    }

    /// All manifests of a line, oldest first.
    pub async fn manifests(
        &mut self,
        product: &str,
        line: &str,
    ) -> Result<Vec<ManifestRecord>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM manifests WHERE product = $1 AND line = $2 ORDER BY version",
        )
        .bind(product)
        .bind(line)
        .fetch_all(&mut *self.sql)
        .await?;
        rows.iter().map(record).collect()
    }
}

fn record(row: &SqliteRow) -> Result<ManifestRecord, StorageError> {
    let copy_of: Option<i64> = row.try_get("copy_of")?;
    Ok(ManifestRecord {
        version: unsigned("manifests.version", row.try_get("version")?)?,
        issued_at: time("manifests.issued_at", row.try_get("issued_at")?)?,
        digest: Digest::new(fixed("manifests.digest", row.try_get("digest")?)?),
        token: row.try_get("token")?,
        source: row.try_get("source")?,
        copy_of: copy_of
            .map(|version| unsigned("manifests.copy_of", version))
            .transpose()?,
    })
}

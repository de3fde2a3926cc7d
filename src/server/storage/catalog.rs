//! Products, and the trust bundles that were in force.

use super::{StorageError, Transaction, signed, time};
use crate::token::{Digest, UtcTime};

impl Transaction {
    /// Adds a product. Answers `false`, and changes nothing, if there is one of this name.
    pub(crate) async fn add_product(
        &mut self,
        name: &str,
        now: UtcTime,
    ) -> Result<bool, StorageError> {
        let done = sqlx::query(
            "INSERT INTO products (name, created_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name)
        .bind(signed("products.created_at", now.unix())?)
        .execute(&mut *self.sql)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether there is a product of this name.
    pub async fn has_product(&mut self, name: &str) -> Result<bool, StorageError> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM products WHERE name = $1")
            .bind(name)
            .fetch_one(&mut *self.sql)
            .await?;
        Ok(count == 1)
    }

    /// Remembers a trust bundle by its digest, so that a device that names it later proves to be later than its date.
    pub(crate) async fn remember_bundle(
        &mut self,
        digest: Digest,
        sequence: u64,
        issued_at: UtcTime,
        token: &[u8],
    ) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO bundles (digest, sequence, issued_at, token) VALUES ($1, $2, $3, $4) ON CONFLICT (digest) DO NOTHING",
        )
        .bind(&digest.as_bytes()[..])
        .bind(signed("bundles.sequence", sequence)?)
        .bind(signed("bundles.issued_at", issued_at.unix())?)
        .bind(token)
        .execute(&mut *self.sql)
        .await?;
        Ok(())
    }

    /// When a trust bundle of this vendor was issued, if it is known.
    pub async fn bundle_date(&mut self, digest: Digest) -> Result<Option<UtcTime>, StorageError> {
        let at: Option<i64> = sqlx::query_scalar("SELECT issued_at FROM bundles WHERE digest = $1")
            .bind(&digest.as_bytes()[..])
            .fetch_optional(&mut *self.sql)
            .await?;
        at.map(|at| time("bundles.issued_at", at)).transpose()
    }

    /// The newest trust bundle that was ever in force here.
    pub async fn newest_bundle(&mut self) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(
            sqlx::query_scalar("SELECT token FROM bundles ORDER BY sequence DESC LIMIT 1")
                .fetch_optional(&mut *self.sql)
                .await?,
        )
    }
}

//! What the license service remembers, in SQL.
//!
//! One [`Storage`] is one database; every question is asked inside a [`Transaction`], so that an answer to a device is
//! written as a whole or not at all. Only the service writes, since what it writes has to stand in the audit log too;
//! anybody who holds a [`Service`](super::Service) may read. The statements are portable (numbered parameters, reserved names
//! quoted, no upserts that differ), so that PostgreSQL can follow beside SQLite; the tables, in `schema`, and how a database
//! is opened are SQLite's own. Nothing outside this folder uses the driver.
//!
//! May import `token`, the hashes that name chips from `evidence`, and the driver. Must not know private keys, how
//! evidence is verified, or what a rule means.

mod audit;
mod bindings;
mod catalog;
mod chips;
mod clock;
mod endorsement;
mod leases;
mod licenses;
mod manifests;
mod platforms;
mod schema;
mod seats;
mod status;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::token::UtcTime;

pub use audit::AuditRecord;
pub use bindings::{BindingRecord, BindingStatus};
pub use chips::ChipRecord;
pub use clock::CorrectionRecord;
pub use endorsement::{DeviceRecord, RootRecord, WentBack};
pub use leases::{AnsweredReading, LeaseRecord, ReadingRecord};
pub(crate) use leases::{HeldLease, LeaseGrounds};
pub use licenses::{LicenseRecord, LicenseState};
pub use manifests::ManifestRecord;
pub use platforms::PlatformRecord;
pub use seats::{SeatRecord, SeatStatus};
pub use status::{LIST_LENGTH, StatusEntry};

/// One database of a license service.
#[derive(Debug, Clone)]
pub struct Storage {
    pool: SqlitePool,
}

/// A unit of work: everything in it happens, or nothing (a dropped transaction is rolled back).
#[derive(Debug)]
pub struct Transaction {
    sql: sqlx::Transaction<'static, sqlx::Sqlite>,
}

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The driver or the disk failed.
    #[error("the database failed ({0}); check free space and permissions of the service folder")]
    Driver(#[source] Box<dyn Error + Send + Sync>),
    /// A newer program has written this database. It was left untouched.
    #[error(
        "the database has format {found}, this program knows up to {known}; use the newer program"
    )]
    Newer {
        /// The format of the file.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// There is a file, but it is not a database of this service.
    #[error(
        "the database is not one of a license service (application id {found:#x}); restore it from a backup"
    )]
    Foreign {
        /// The application id found in the file.
        found: i64,
    },
    /// A row holds a value that no version of this program writes.
    #[error(
        "the database is damaged: column {column} holds an impossible value; restore it from a backup"
    )]
    Damaged {
        /// Table and column.
        column: &'static str,
    },
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    Random(#[source] getrandom::Error),
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(Box::new(error))
    }
}

impl Storage {
    /// Opens the database in a file, makes it if `create` is set, and brings an older format up to date.
    pub(crate) async fn open(file: &Path, create: bool) -> Result<Self, StorageError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(create)
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await?;
        let storage = Self { pool };
        schema::migrate(&storage.pool).await?;
        Ok(storage)
    }

    /// Begins a transaction that may write; writers wait for each other here, not at the first statement.
    pub(crate) async fn write(&self) -> Result<Transaction, StorageError> {
        Ok(Transaction {
            sql: self.pool.begin_with("BEGIN IMMEDIATE").await?,
        })
    }

    /// Begins a transaction that only reads: one moment of the whole database.
    pub async fn read(&self) -> Result<Transaction, StorageError> {
        Ok(Transaction {
            sql: self.pool.begin().await?,
        })
    }

    /// Closes every connection and waits for it.
    pub(crate) async fn close(self) {
        self.pool.close().await;
    }
}

impl Transaction {
    /// Makes everything since the start durable.
    pub(crate) async fn commit(self) -> Result<(), StorageError> {
        Ok(self.sql.commit().await?)
    }
}

/// A fixed-length column.
fn fixed<const N: usize>(column: &'static str, bytes: Vec<u8>) -> Result<[u8; N], StorageError> {
    bytes
        .try_into()
        .map_err(|_| StorageError::Damaged { column })
}

/// A column that holds an unsigned number; SQL has only signed ones.
fn unsigned(column: &'static str, number: i64) -> Result<u64, StorageError> {
    u64::try_from(number).map_err(|_| StorageError::Damaged { column })
}

/// A number for a column. Times, counters and sequence numbers here stay below 2^63 by construction.
fn signed(column: &'static str, number: u64) -> Result<i64, StorageError> {
    i64::try_from(number).map_err(|_| StorageError::Damaged { column })
}

/// A column that holds a number of 32 bits.
fn u32_column(column: &'static str, number: i64) -> Result<u32, StorageError> {
    u32::try_from(number).map_err(|_| StorageError::Damaged { column })
}

/// A time column.
fn time(column: &'static str, seconds: i64) -> Result<UtcTime, StorageError> {
    UtcTime::from_unix(unsigned(column, seconds)?).map_err(|_| StorageError::Damaged { column })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{audit, blocking};
    use std::fs;
    use tempfile::TempDir;

    async fn run(file: &Path, sql: &'static str) -> Result<(), sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options)
            .await?;
        let done = sqlx::raw_sql(sql).execute(&pool).await.map(drop);
        pool.close().await;
        done
    }

    fn with_file<T>(test: impl AsyncFnOnce(&Path) -> T) -> T {
        let dir = TempDir::new().expect("a folder");
        blocking(test(&dir.path().join("db"))).expect("a runtime")
    }

    #[test]
    fn a_database_of_a_newer_program_is_named_and_left_untouched() {
        with_file(async |file| {
            Storage::open(file, true)
                .await
                .expect("it is made")
                .close()
                .await;
            run(file, "PRAGMA user_version = 99")
                .await
                .expect("stamped");
            let before = fs::read(file).expect("a file");
            let refused = Storage::open(file, false).await;
            assert!(
                matches!(refused, Err(StorageError::Newer { found: 99, .. })),
                "{refused:?}"
            );
            assert_eq!(fs::read(file).expect("a file"), before);
        });
    }

    #[test]
    fn a_database_of_another_program_is_named_and_left_untouched() {
        with_file(async |file| {
            run(
                file,
                "CREATE TABLE diary (day TEXT); PRAGMA application_id = 7",
            )
            .await
            .expect("made");
            let before = fs::read(file).expect("a file");
            let refused = Storage::open(file, true).await;
            assert!(
                matches!(refused, Err(StorageError::Foreign { found: 7 })),
                "{refused:?}"
            );
            assert_eq!(fs::read(file).expect("a file"), before);
        });
    }

    #[test]
    fn opening_again_keeps_what_is_there() {
        with_file(async |file| {
            let storage = Storage::open(file, true).await.expect("it is made");
            let mut transaction = storage.write().await.expect("writes");
            assert!(
                transaction
                    .add_product("cad", UtcTime::EPOCH)
                    .await
                    .expect("added")
            );
            assert!(
                !transaction
                    .add_product("cad", UtcTime::EPOCH)
                    .await
                    .expect("not twice")
            );
            transaction.commit().await.expect("committed");
            storage.close().await;
            let storage = Storage::open(file, false).await.expect("it opens");
            let mut read = storage.read().await.expect("reads");
            assert!(read.has_product("cad").await.expect("an answer"));
        });
    }

    #[test]
    fn what_is_not_committed_did_not_happen() {
        with_file(async |file| {
            let storage = Storage::open(file, true).await.expect("it is made");
            let mut transaction = storage.write().await.expect("writes");
            transaction
                .add_product("cad", UtcTime::EPOCH)
                .await
                .expect("added");
            drop(transaction);
            let mut read = storage.read().await.expect("reads");
            assert!(!read.has_product("cad").await.expect("an answer"));
        });
    }

    #[test]
    fn a_changed_audit_log_is_noticed_and_the_database_itself_refuses_to_change_it() {
        with_file(async |file| {
            let storage = Storage::open(file, true).await.expect("it is made");
            let mut transaction = storage.write().await.expect("writes");
            for event in ["first", "second", "third"] {
                audit::append(&mut transaction, UtcTime::EPOCH, event, "x", "")
                    .await
                    .expect("appended");
            }
            assert_eq!(
                audit::verify(&mut transaction).await.expect("unbroken").0,
                3
            );
            transaction.commit().await.expect("committed");
            storage.close().await;
            for change in [
                "UPDATE audit SET event = 'other' WHERE sequence = 2",
                "DELETE FROM audit WHERE sequence = 2",
            ] {
                let refused = run(file, change).await.expect_err("a trigger").to_string();
                assert!(refused.contains("append-only"), "{refused}");
            }
            let forced = "DROP TRIGGER audit_is_not_rewritten; UPDATE audit SET event = 'other' WHERE sequence = 2";
            run(file, forced).await.expect("forced");
            let storage = Storage::open(file, false).await.expect("it opens");
            let broken = audit::verify(&mut storage.read().await.expect("reads")).await;
            assert!(
                matches!(broken, Err(audit::AuditError::Broken { sequence: 2 })),
                "{broken:?}"
            );
        });
    }
}

//! The format of the database and how an older one becomes the present one.

use sqlx::sqlite::SqlitePool;

use super::StorageError;

/// Marks the file as ours ("CFsv"), in SQLite's application id.
const APPLICATION_ID: i64 = 0x4346_7376;

/// Each entry brings a database from the version of its position to the next; none is ever changed once released.
const MIGRATIONS: &[&str] = &[VERSION_1, VERSION_2, VERSION_3];

/// Brings the database to the newest format. A newer or a foreign one is named and left untouched.
pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), StorageError> {
    let mut sql = pool.begin_with("BEGIN IMMEDIATE").await?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut *sql)
        .await?;
    let application: i64 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *sql)
        .await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *sql)
        .await?;
    if application != APPLICATION_ID && (version != 0 || tables != 0) {
        return Err(StorageError::Foreign { found: application });
    }
    let known = MIGRATIONS.len() as i64;
    let done = usize::try_from(version).map_err(|_| StorageError::Damaged {
        column: "user_version",
    })?;
    if version > known {
        return Err(StorageError::Newer {
            found: version,
            known,
        });
    }
    for migration in &MIGRATIONS[done..] {
        sqlx::raw_sql(*migration).execute(&mut *sql).await?;
    }
    if version < known {
        // PRAGMA takes no parameters; both numbers are constants of this file.
        let stamp =
            format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {known}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(stamp))
            .execute(&mut *sql)
            .await?;
    }
    sql.commit().await?;
    if version == 0 {
        // Lasts in the file, and can't be set inside a transaction. A file that is refused above is not touched by it.
        sqlx::raw_sql("PRAGMA journal_mode = WAL")
            .execute(pool)
            .await?;
    }
    Ok(())
}

/// Times are seconds since 1970. A *seat* is one license on one chip, and owns one index of the status list; a *binding* is
/// one store of that chip at one epoch, and holds the license token issued to it.
const VERSION_1: &str = "
CREATE TABLE products (
    name       TEXT    PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE manifests (
    product   TEXT    NOT NULL REFERENCES products (name),
    line      TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    digest    BLOB    NOT NULL,
    token     BLOB    NOT NULL,
    PRIMARY KEY (product, line, version)
) STRICT;

CREATE TABLE bundles (
    digest    BLOB    PRIMARY KEY,
    sequence  INTEGER NOT NULL UNIQUE,
    issued_at INTEGER NOT NULL,
    token     BLOB    NOT NULL
) STRICT;

CREATE TABLE licenses (
    id         BLOB    PRIMARY KEY,
    mac_key    BLOB    NOT NULL,
    product    TEXT    NOT NULL REFERENCES products (name),
    line       TEXT    NOT NULL,
    edition    TEXT    NOT NULL,
    features   TEXT    NOT NULL,
    seats      INTEGER NOT NULL CHECK (seats > 0),
    created_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    expires_at INTEGER,
    state      TEXT    NOT NULL CHECK (state IN ('valid', 'suspended', 'revoked'))
) STRICT;

CREATE TABLE ek_roots (
    fingerprint BLOB    PRIMARY KEY,
    class       TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    added_at    INTEGER NOT NULL,
    certificate BLOB    NOT NULL
) STRICT;

CREATE TABLE ek_revocations (
    digest   BLOB    PRIMARY KEY,
    added_at INTEGER NOT NULL,
    list     BLOB    NOT NULL
) STRICT;

CREATE TABLE ek_allowed (
    ek         BLOB    PRIMARY KEY,
    note       TEXT    NOT NULL,
    allowed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE devices (
    ek         BLOB    PRIMARY KEY,
    class      TEXT    NOT NULL,
    first_seen INTEGER NOT NULL
) STRICT;

CREATE TABLE seats (
    status_index INTEGER PRIMARY KEY AUTOINCREMENT,
    license      BLOB    NOT NULL REFERENCES licenses (id),
    ek           BLOB    NOT NULL REFERENCES devices (ek),
    taken_at     INTEGER NOT NULL,
    freed_at     INTEGER
) STRICT;
CREATE UNIQUE INDEX seats_taken ON seats (license, ek) WHERE freed_at IS NULL;

CREATE TABLE bindings (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    seat           INTEGER NOT NULL REFERENCES seats (status_index),
    store          BLOB    NOT NULL,
    slot           INTEGER NOT NULL,
    epoch          INTEGER NOT NULL,
    ak             BLOB    NOT NULL,
    srk            BLOB    NOT NULL,
    seed           BLOB    NOT NULL,
    epoch_index    BLOB    NOT NULL,
    activity_index BLOB    NOT NULL,
    binding_key    BLOB    NOT NULL,
    status         TEXT    NOT NULL CHECK (status IN ('pending', 'confirmed', 'superseded', 'released')),
    token_id       BLOB    NOT NULL UNIQUE,
    license_token  BLOB    NOT NULL,
    bound_at       INTEGER NOT NULL
) STRICT;

CREATE TABLE leases (
    token_id   BLOB    PRIMARY KEY,
    binding    INTEGER NOT NULL REFERENCES bindings (id),
    sequence   INTEGER NOT NULL,
    manifest   INTEGER NOT NULL,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    token      BLOB    NOT NULL,
    UNIQUE (binding, sequence)
) STRICT;

CREATE TABLE requests (
    id          BLOB    PRIMARY KEY,
    lease       BLOB    NOT NULL REFERENCES leases (token_id),
    answered_at INTEGER NOT NULL
) STRICT;

CREATE TABLE releases (
    ek          BLOB    NOT NULL REFERENCES devices (ek),
    slot        INTEGER NOT NULL,
    epoch       INTEGER NOT NULL,
    released_at INTEGER NOT NULL,
    PRIMARY KEY (ek, slot, epoch)
) STRICT;

CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    event    TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    hash     BLOB    NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_rewritten BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
";

/// The text that a manifest was published from, and what a vendor notes about a license for itself.
const VERSION_2: &str = "
ALTER TABLE manifests ADD COLUMN source TEXT;
ALTER TABLE manifests ADD COLUMN copy_of INTEGER;
ALTER TABLE licenses ADD COLUMN segment TEXT;
ALTER TABLE licenses ADD COLUMN user TEXT;
ALTER TABLE licenses ADD COLUMN standby INTEGER NOT NULL DEFAULT 0 CHECK (standby IN (0, 1));
";

/// What machines measured of their start when they were approved, for products whose rules watch it.
const VERSION_3: &str = "
CREATE TABLE platforms (
    seat           INTEGER PRIMARY KEY REFERENCES seats (status_index),
    pcrs           INTEGER NOT NULL,
    digest         BLOB    NOT NULL,
    approved_at    INTEGER NOT NULL,
    change_allowed INTEGER NOT NULL CHECK (change_allowed IN (0, 1))
) STRICT;
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::blocking;
    use crate::server::storage::{LicenseState, Storage};
    use crate::token::LicenseId;
    use sqlx::sqlite::SqliteConnectOptions;
    use std::path::Path;
    use tempfile::TempDir;

    /// What the first program left behind: a product with one manifest, and a license.
    const ROWS_1: &str = "
    INSERT INTO products VALUES ('cad', 1);
    INSERT INTO manifests VALUES ('cad', 'main', 1, 2, zeroblob(32), x'aa');
    INSERT INTO licenses VALUES (zeroblob(8), zeroblob(32), 'cad', 'main', 'standard', 'a,b', 3, 4, 4, NULL, 'valid');
    ";

    async fn database_of_version_1(file: &Path) {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.expect("it is made");
        sqlx::raw_sql(VERSION_1)
            .execute(&pool)
            .await
            .expect("tables");
        sqlx::raw_sql(ROWS_1).execute(&pool).await.expect("rows");
        let stamp = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1");
        let stamp = sqlx::raw_sql(sqlx::AssertSqlSafe(stamp));
        stamp.execute(&pool).await.expect("stamped");
        pool.close().await;
    }

    #[test]
    fn a_database_of_version_1_keeps_its_manifests_and_licenses() {
        let dir = TempDir::new().expect("a folder");
        let file = dir.path().join("db");
        let test = async {
            database_of_version_1(&file).await;
            // A second time nothing is left to do.
            for _ in 0..2 {
                let storage = Storage::open(&file, false).await.expect("it opens");
                let mut read = storage.read().await.expect("reads");
                let manifest = read.newest_manifest("cad", "main").await.expect("reads");
                let manifest = manifest.expect("the manifest");
                assert_eq!((manifest.version, manifest.issued_at.unix()), (1, 2));
                assert_eq!((manifest.source, manifest.copy_of), (None, None));
                let id = LicenseId::new([0; LicenseId::LEN]);
                let license = read.license(id).await.expect("reads").expect("the license");
                assert_eq!((license.seats, license.state), (3, LicenseState::Valid));
                assert_eq!(license.features, ["a", "b"]);
                assert_eq!(
                    (license.segment, license.user, license.standby),
                    (None, None, false)
                );
                drop(read);
                storage.close().await;
            }
        };
        blocking(test).expect("a runtime");
    }

    #[test]
    fn every_version_is_brought_up_to_the_newest() {
        for version in 0..MIGRATIONS.len() {
            let dir = TempDir::new().expect("a folder");
            let file = dir.path().join("db");
            let test = async {
                let options = SqliteConnectOptions::new()
                    .filename(&file)
                    .create_if_missing(true);
                let pool = SqlitePool::connect_with(options).await.expect("it is made");
                for migration in &MIGRATIONS[..version] {
                    sqlx::raw_sql(*migration)
                        .execute(&pool)
                        .await
                        .expect("tables");
                }
                let application = if version == 0 { 0 } else { APPLICATION_ID };
                let stamp = format!(
                    "PRAGMA application_id = {application}; PRAGMA user_version = {version}"
                );
                let stamp = sqlx::raw_sql(sqlx::AssertSqlSafe(stamp));
                stamp.execute(&pool).await.expect("stamped");
                migrate(&pool).await.expect("it is migrated");
                let found: i64 = sqlx::query_scalar("PRAGMA user_version")
                    .fetch_one(&pool)
                    .await
                    .expect("a number");
                assert_eq!(found, MIGRATIONS.len() as i64);
                pool.close().await;
            };
            blocking(test).expect("a runtime");
        }
    }
}

//! The format of the database and how an older one becomes the present one.

use sqlx::sqlite::SqlitePool;

use super::StorageError;

/// Marks the file as ours ("CFsv"), in SQLite's application id.
const APPLICATION_ID: i64 = 0x4346_7376;

/// Each entry brings a database from the version of its position to the next; none is ever changed once released.
const MIGRATIONS: &[&str] = &[VERSION_1];

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

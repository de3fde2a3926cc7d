//! The format of the database and how an older one becomes the present one.

use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::{StorageError, signed};
use crate::token::Lease;

/// Marks the file as ours ("CFsv"), in SQLite's application id.
const APPLICATION_ID: i64 = 0x4346_7376;

/// Each entry brings a database from the version of its position to the next; none is ever changed once released.
const MIGRATIONS: &[&str] = &[VERSION_1, VERSION_2, VERSION_3, VERSION_4, VERSION_5];

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
    if done < READINGS_KEPT_SINCE {
        fill_readings(&mut sql).await?;
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

/// What a chip is, which answers were shown to have been opened, and what the service's clock stood at.
///
/// - `chip_keys`: keys that were proven to be of one chip. `chip` is the endorsement key that it was first proven with, and
///   names the chip everywhere.
/// - `seats.confirmed_at`: when the machine showed that it had opened an answer; a seat without lapses with its lease. Every
///   seat of an older database counts as confirmed: nobody loses his by an update.
/// - `leases`: for whom the answer was encrypted, and the reading that it answered, at a time that precedes it and that no
///   reading under another storage root key was needed for.
/// - An approval is of one digest. Those of older databases were of whatever came next, and are not kept.
/// - `clock`: the latest date that was ever signed or recorded; one row.
const VERSION_4: &str = "
CREATE TABLE chip_keys (
    kind      TEXT    NOT NULL CHECK (kind IN ('ek', 'ak')),
    name      BLOB    NOT NULL,
    chip      BLOB    NOT NULL REFERENCES devices (ek),
    proven_at INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;
CREATE INDEX chip_keys_of_chip ON chip_keys (chip);

ALTER TABLE devices ADD COLUMN went_back_at INTEGER;
ALTER TABLE devices ADD COLUMN went_back_for_sure INTEGER NOT NULL DEFAULT 0 CHECK (went_back_for_sure IN (0, 1));

ALTER TABLE seats ADD COLUMN confirmed_at INTEGER;
UPDATE seats SET confirmed_at = taken_at;

ALTER TABLE leases ADD COLUMN ek BLOB;
ALTER TABLE leases ADD COLUMN class TEXT;
ALTER TABLE leases ADD COLUMN anchor_utc INTEGER;
ALTER TABLE leases ADD COLUMN clock_ms INTEGER;
ALTER TABLE leases ADD COLUMN reset_count INTEGER;
ALTER TABLE leases ADD COLUMN restart_count INTEGER;
UPDATE leases SET ek = (SELECT seats.ek FROM bindings JOIN seats ON seats.status_index = bindings.seat
    WHERE bindings.id = leases.binding);
UPDATE leases SET class = (SELECT class FROM devices WHERE devices.ek = leases.ek);
CREATE INDEX bindings_of_seat ON bindings (seat);
CREATE INDEX bindings_of_ak ON bindings (ak);

ALTER TABLE platforms DROP COLUMN change_allowed;
CREATE TABLE platform_approvals (
    seat        INTEGER NOT NULL REFERENCES seats (status_index),
    digest      BLOB    NOT NULL,
    approved_at INTEGER NOT NULL,
    PRIMARY KEY (seat, digest)
) STRICT;
CREATE TABLE pending_platforms (
    seat     INTEGER NOT NULL REFERENCES seats (status_index),
    ak       BLOB    NOT NULL,
    pcrs     INTEGER NOT NULL,
    digest   BLOB    NOT NULL,
    shown_at INTEGER NOT NULL,
    PRIMARY KEY (seat, ak)
) STRICT;

CREATE TABLE clock (
    newest INTEGER NOT NULL
) STRICT;
INSERT INTO clock SELECT coalesce(max(at), 0) FROM (
    SELECT max(at) AS at FROM audit UNION ALL SELECT max(issued_at) FROM leases UNION ALL SELECT max(issued_at) FROM manifests
    UNION ALL SELECT max(issued_at) FROM bundles UNION ALL SELECT max(answered_at) FROM requests
);
CREATE TABLE clock_corrections (
    number      INTEGER PRIMARY KEY,
    declared_at INTEGER NOT NULL,
    wrong_until INTEGER NOT NULL
) STRICT;
";

/// What a pinned certificate says about certificates below it that have ended.
const VERSION_5: &str = "
ALTER TABLE ek_roots ADD COLUMN expired TEXT NOT NULL DEFAULT 'accept' CHECK (expired IN ('accept', 'refuse'));
";

/// The version from which on leases are stored with the reading that they answered.
const READINGS_KEPT_SINCE: usize = 4;

/// Reads the anchors of older leases from their tokens.
async fn fill_readings(sql: &mut SqliteConnection) -> Result<(), StorageError> {
    let leases: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("SELECT token_id, token FROM leases WHERE anchor_utc IS NULL")
            .fetch_all(&mut *sql)
            .await?;
    for (id, token) in leases {
        // One that can't be read proves nothing, and is not needed for anything else.
        let Ok(lease) = Lease::read_unverified(&token) else {
            continue;
        };
        let anchor = lease.anchor;
        sqlx::query(
            "UPDATE leases SET anchor_utc = $1, clock_ms = $2, reset_count = $3, restart_count = $4 WHERE token_id = $5",
        )
        .bind(signed("leases.anchor_utc", anchor.utc.unix())?)
        .bind(anchor.clock_ms.cast_signed())
        .bind(i64::from(anchor.reset_count))
        .bind(i64::from(anchor.restart_count))
        .bind(id)
        .execute(&mut *sql)
        .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::blocking;
    use crate::server::storage::{LicenseState, Storage};
    use crate::token::{LicenseId, UtcTime};
    use sqlx::sqlite::SqliteConnectOptions;
    use std::path::Path;
    use tempfile::TempDir;

    /// What the first program left behind: a product with one manifest, and a license.
    const ROWS_1: &str = "
    INSERT INTO products VALUES ('cad', 1);
    INSERT INTO manifests VALUES ('cad', 'main', 1, 2, zeroblob(32), x'aa');
    INSERT INTO licenses VALUES (zeroblob(8), zeroblob(32), 'cad', 'main', 'standard', 'a,b', 3, 4, 4, NULL, 'valid');
    ";

    /// What the program before the fourth version left behind besides: a machine with a pending seat, and an approval of
    /// whatever comes next.
    const ROWS_3: &str = "
    INSERT INTO devices VALUES (zeroblob(32), 'hardware', 5);
    INSERT INTO seats VALUES (7, zeroblob(8), zeroblob(32), 6, NULL);
    INSERT INTO bindings VALUES (1, 7, zeroblob(16), 0, 1, x'000b', x'000b', x'000b', x'000b', x'000b', x'04', 'pending',
        zeroblob(16), x'aa', 6);
    INSERT INTO leases VALUES (x'01', 1, 9, 1, 8, 9, x'aa');
    INSERT INTO platforms VALUES (7, 1, zeroblob(32), 8, 1);
    ";

    /// Nobody loses his seat by an update, though nobody has shown to have it; what was never shown is not approved.
    #[test]
    fn a_database_of_version_3_keeps_its_seats_for_good_and_no_approval_of_the_unknown() {
        let dir = TempDir::new().expect("a folder");
        let file = dir.path().join("db");
        let test = async {
            let options = SqliteConnectOptions::new()
                .filename(&file)
                .create_if_missing(true);
            let pool = SqlitePool::connect_with(options).await.expect("it is made");
            for sql in [VERSION_1, ROWS_1, VERSION_2, VERSION_3, ROWS_3] {
                sqlx::raw_sql(sql).execute(&pool).await.expect("rows");
            }
            let stamp =
                format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 3");
            let stamp = sqlx::raw_sql(sqlx::AssertSqlSafe(stamp));
            stamp.execute(&pool).await.expect("stamped");
            pool.close().await;

            let storage = Storage::open(&file, false).await.expect("it opens");
            let mut read = storage.read().await.expect("reads");
            let seats = read.seats(LicenseId::new([0; LicenseId::LEN])).await;
            let [seat] = &seats.expect("reads")[..] else {
                panic!("one seat")
            };
            assert_eq!(seat.lease_ends.map(UtcTime::unix), Some(9));
            assert_eq!(seat.confirmed_at.map(UtcTime::unix), Some(6));
            assert!(seat.is_taken(UtcTime::MAX));
            let platform = read.platform(7).await.expect("reads").expect("it is kept");
            assert!(!read.is_approved(7, platform.digest).await.expect("reads"));
            let newest: i64 = sqlx::query_scalar("SELECT newest FROM clock")
                .fetch_one(&mut *read.sql)
                .await
                .expect("a date");
            assert_eq!(newest, 8);
        };
        blocking(test).expect("a runtime");
    }

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

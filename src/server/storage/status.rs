//! Which entry of which status list a seat has.
//!
//! A seat's *status index* counts through all lists, [`LIST_LENGTH`] to each. Within a list the indexes are drawn at
//! random, and every list is published at its full length: who holds a license, or a whole list, learns nothing of how many
//! were sold (draft-ietf-oauth-status-list, section "Unlinkability").

use sqlx::Row;

use super::{ChipRecord, LicenseState, StorageError, Transaction, signed, unsigned};

/// Entries of one list.
pub const LIST_LENGTH: u64 = 1 << 16;

/// Entries of a list that are given away before the next list begins: three quarters, so that one of four draws hits a free one.
const LIST_FILL: i64 = 3 << 14;

/// An entry of a status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusEntry {
    /// Number of the list, from 1 on.
    pub list: u64,
    /// Index in the list.
    pub index: u64,
}

impl StatusEntry {
    /// The entry of a seat with this status index.
    pub const fn of(status_index: u64) -> Self {
        Self {
            list: status_index / LIST_LENGTH + 1,
            index: status_index % LIST_LENGTH,
        }
    }
}

impl Transaction {
    /// A status index that no seat ever had, drawn at random from the newest list.
    pub(super) async fn free_status_index(&mut self) -> Result<u64, StorageError> {
        let newest: Option<i64> = sqlx::query_scalar("SELECT max(status_index) FROM seats")
            .fetch_one(&mut *self.sql)
            .await?;
        let newest = newest.map_or(Ok(0), |index| unsigned("seats.status_index", index))?;
        let mut start = newest - newest % LIST_LENGTH;
        let used: i64 = sqlx::query_scalar("SELECT count(*) FROM seats WHERE status_index >= $1")
            .bind(signed("seats.status_index", start)?)
            .fetch_one(&mut *self.sql)
            .await?;
        if used >= LIST_FILL {
            start += LIST_LENGTH;
        }
        loop {
            let mut drawn = [0; 2];
            getrandom::fill(&mut drawn).map_err(StorageError::Random)?;
            let index = start + u64::from(u16::from_be_bytes(drawn));
            let taken: i64 =
                sqlx::query_scalar("SELECT count(*) FROM seats WHERE status_index = $1")
                    .bind(signed("seats.status_index", index)?)
                    .fetch_one(&mut *self.sql)
                    .await?;
            if taken == 0 {
                return Ok(index);
            }
        }
    }

    /// For every seat ever taken that is in this list: its index there, and whether its license is suspended or revoked.
    pub async fn statuses(&mut self, list: u64) -> Result<Vec<(u64, LicenseState)>, StorageError> {
        let end = list.saturating_mul(LIST_LENGTH);
        let rows = sqlx::query(
            "SELECT status_index, state FROM seats JOIN licenses ON licenses.id = seats.license
             WHERE status_index >= $1 AND status_index < $2 ORDER BY status_index",
        )
        .bind(signed(
            "seats.status_index",
            end.saturating_sub(LIST_LENGTH),
        )?)
        .bind(signed("seats.status_index", end)?)
        .fetch_all(&mut *self.sql)
        .await?;
        rows.iter()
            .map(|row| {
                let state: String = row.try_get("state")?;
                let state = LicenseState::from_name(&state).ok_or(StorageError::Damaged {
                    column: "licenses.state",
                })?;
                let status_index = unsigned("seats.status_index", row.try_get("status_index")?)?;
                Ok((StatusEntry::of(status_index).index, state))
            })
            .collect()
    }

    /// The lists that hold an entry of a chip, newest first.
    pub async fn status_lists_of(&mut self, chip: &ChipRecord) -> Result<Vec<u64>, StorageError> {
        let indexes: Vec<i64> = sqlx::query_scalar(
            "SELECT status_index FROM seats WHERE freed_at IS NULL
             AND (ek = $1 OR ek = $2 OR ek IN (SELECT name FROM chip_keys WHERE kind = 'ek' AND chip = $1))",
        )
        .bind(&chip.id.as_bytes()[..])
        .bind(&chip.shown.as_bytes()[..])
        .fetch_all(&mut *self.sql)
        .await?;
        let mut lists = indexes
            .into_iter()
            .map(|index| Ok(StatusEntry::of(unsigned("seats.status_index", index)?).list))
            .collect::<Result<Vec<_>, StorageError>>()?;
        lists.sort_unstable_by(|one, other| other.cmp(one));
        lists.dedup();
        Ok(lists)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::EkHash;
    use crate::server::blocking;
    use crate::server::storage::Storage;
    use crate::token::{LicenseId, UtcTime};
    use tempfile::TempDir;

    const LICENSE: LicenseId = LicenseId::new([0; LicenseId::LEN]);
    const ROWS: &str = "
    INSERT INTO products VALUES ('cad', 1);
    INSERT INTO licenses (id, mac_key, product, line, edition, features, seats, created_at, not_before, state)
        VALUES (zeroblob(8), zeroblob(32), 'cad', 'main', 'standard', '', 99, 4, 4, 'suspended');
    INSERT INTO devices (ek, class, first_seen) VALUES (zeroblob(32), 'hardware', 1);
    ";

    /// Seats of a made-up license that hold these status indexes.
    async fn taken(transaction: &mut Transaction, from: u64, count: u64) {
        let rows = format!(
            "INSERT INTO devices (ek, class, first_seen) SELECT cast(printf('%032d', {from} + value) AS BLOB), 'hardware', 1 FROM numbers LIMIT {count};
             INSERT INTO seats (status_index, license, ek, taken_at, freed_at) SELECT {from} + value, zeroblob(8), cast(printf('%032d', {from} + value) AS BLOB), 1, NULL
             FROM numbers LIMIT {count};"
        );
        let numbers = format!(
            "CREATE TEMP TABLE numbers AS WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n LIMIT {count})
             SELECT value FROM n; {rows} DROP TABLE numbers;"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(numbers))
            .execute(&mut *transaction.sql)
            .await
            .expect("rows");
    }

    #[test]
    fn p14_indexes_are_drawn_over_the_whole_list_and_a_new_list_begins_before_one_is_full() {
        let dir = TempDir::new().expect("a folder");
        let test = async {
            let storage = Storage::open(&dir.path().join("db"), true)
                .await
                .expect("it opens");
            let mut transaction = storage.write().await.expect("begins");
            sqlx::raw_sql(ROWS)
                .execute(&mut *transaction.sql)
                .await
                .expect("rows");

            let mut drawn = Vec::new();
            for n in 1..=32u8 {
                let ek = EkHash::from([n; 32]);
                let class = crate::token::DeviceClass::Hardware;
                let seen = transaction.see_device(ek, class, UtcTime::EPOCH).await;
                seen.expect("is written");
                let seat = transaction
                    .take_seat(LICENSE, ek, UtcTime::EPOCH)
                    .await
                    .expect("a seat");
                drawn.push(seat.status_index);
            }
            assert!(drawn.iter().all(|index| *index < LIST_LENGTH));
            // Each of these has a chance of 2^-32.
            assert!(drawn.iter().any(|index| *index >= LIST_LENGTH / 2));
            assert!(drawn.iter().any(|index| *index < LIST_LENGTH / 2));
            assert!(!drawn.is_sorted());
            let statuses = transaction.statuses(1).await.expect("statuses");
            assert_eq!(statuses.len(), 32);
            let suspended = |(_, state): &(u64, _)| *state == LicenseState::Suspended;
            assert!(statuses.iter().all(suspended));

            let fill = LIST_FILL.unsigned_abs();
            taken(&mut transaction, 3 * LIST_LENGTH, fill - 1).await;
            let last = transaction.free_status_index().await.expect("is free");
            assert_eq!(StatusEntry::of(last).list, 4);
            assert!(
                last - 3 * LIST_LENGTH >= fill - 1,
                "is not one that is taken"
            );
            taken(&mut transaction, last, 1).await;
            let next = transaction.free_status_index().await.expect("is free");
            assert_eq!(StatusEntry::of(next).list, 5);
            assert!(transaction.statuses(5).await.expect("statuses").is_empty());
            let ek = EkHash::from([1; 32]);
            let chip = ChipRecord {
                id: ek,
                shown: ek,
                ak_proven: false,
                ek_proven: false,
            };
            let lists = transaction.status_lists_of(&chip).await;
            assert_eq!(lists.expect("lists"), [1]);
        };
        blocking(test).expect("a runtime");
    }

    #[test]
    fn a_status_index_counts_through_all_lists() {
        let entry = |list, index| StatusEntry { list, index };
        assert_eq!(StatusEntry::of(0), entry(1, 0));
        assert_eq!(StatusEntry::of(LIST_LENGTH - 1), entry(1, 65_535));
        assert_eq!(StatusEntry::of(LIST_LENGTH), entry(2, 0));
    }
}

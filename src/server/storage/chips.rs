//! Which keys are one chip's.
//!
//! A chip may have several endorsement keys, and firmware updates hide or add their certificates; an application's
//! attestation key is the same as long as the endorsement hierarchy is. So a chip is whatever was *proven* to hold one of its
//! keys. A key is proven by an answer that was encrypted to an endorsement and an attestation key and was opened; a request
//! that merely shows two keys together proves nothing, for anybody can copy a certificate.

use super::{StorageError, Transaction, fixed, signed};
use crate::evidence::EkHash;
use crate::token::{Name, UtcTime};

/// The chip that a request comes from, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChipRecord {
    /// What the chip is known by: the endorsement key that it was proven with first, or the one shown where nothing is proven.
    pub id: EkHash,
    /// The endorsement key shown; [`Self::id`] where it is known to be another chip's.
    pub shown: EkHash,
    /// The attestation key is proven to be this chip's, so that what it signs is this chip's word.
    pub ak_proven: bool,
    /// The endorsement key shown is proven to be this chip's.
    pub ek_proven: bool,
}

impl Transaction {
    /// The chip that shows these keys. The attestation key decides, for it signed the request: whatever endorsement key it
    /// shows, it is the chip that the attestation key was proven to be of.
    pub async fn chip(&mut self, ek: EkHash, ak: &Name) -> Result<ChipRecord, StorageError> {
        let by_ak = self.chip_of("ak", ak.as_bytes()).await?;
        let by_ek = self.chip_of("ek", ek.as_bytes()).await?;
        let id = by_ak.or(by_ek).unwrap_or(ek);
        let others = by_ek.is_some_and(|chip| chip != id);
        Ok(ChipRecord {
            id,
            shown: if others { id } else { ek },
            ak_proven: by_ak.is_some(),
            ek_proven: by_ek == Some(id),
        })
    }

    /// Records that both keys are proven to be of one chip; two that were thought to be different are one from then on.
    /// Answers which, and whether that was news.
    pub(crate) async fn prove_chip(
        &mut self,
        ek: EkHash,
        ak: &Name,
        now: UtcTime,
    ) -> Result<(EkHash, bool), StorageError> {
        let by_ak = self.chip_of("ak", ak.as_bytes()).await?;
        let by_ek = self.chip_of("ek", ek.as_bytes()).await?;
        let chip = by_ak.or(by_ek).unwrap_or(ek);
        if let Some(other) = by_ek.filter(|other| *other != chip) {
            sqlx::query("UPDATE chip_keys SET chip = $1 WHERE chip = $2")
                .bind(&chip.as_bytes()[..])
                .bind(&other.as_bytes()[..])
                .execute(&mut *self.sql)
                .await?;
        }
        for (kind, name, known) in [
            ("ek", &ek.as_bytes()[..], by_ek.is_some()),
            ("ak", &ak.as_bytes()[..], by_ak.is_some()),
        ] {
            if known {
                continue;
            }
            sqlx::query(
                "INSERT INTO chip_keys (kind, name, chip, proven_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(kind)
            .bind(name)
            .bind(&chip.as_bytes()[..])
            .bind(signed("chip_keys.proven_at", now.unix())?)
            .execute(&mut *self.sql)
            .await?;
        }
        let known = by_ak.is_some() && by_ek == Some(chip);
        Ok((chip, !known))
    }

    async fn chip_of(
        &mut self,
        kind: &'static str,
        name: &[u8],
    ) -> Result<Option<EkHash>, StorageError> {
        let chip: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT chip FROM chip_keys WHERE kind = $1 AND name = $2")
                .bind(kind)
                .bind(name)
                .fetch_optional(&mut *self.sql)
                .await?;
        chip.map(|chip| Ok(EkHash::from(fixed("chip_keys.chip", chip)?)))
            .transpose()
    }

    /// The highest epoch of this chip and slot that is known to be released.
    pub async fn highest_release(
        &mut self,
        chip: &ChipRecord,
        slot: u32,
    ) -> Result<Option<u64>, StorageError> {
        let epoch: Option<i64> = sqlx::query_scalar(
            "SELECT max(epoch) FROM releases WHERE slot = $3
             AND (ek = $1 OR ek = $2 OR ek IN (SELECT name FROM chip_keys WHERE kind = 'ek' AND chip = $1))",
        )
        .bind(&chip.id.as_bytes()[..])
        .bind(&chip.shown.as_bytes()[..])
        .bind(i64::from(slot))
        .fetch_one(&mut *self.sql)
        .await?;
        epoch
            .map(|epoch| super::unsigned("releases.epoch", epoch))
            .transpose()
    }
}

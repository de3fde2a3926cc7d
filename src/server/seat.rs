//! Seats that are taken, and how the vendor frees one.

use super::audit;
use super::service::Service;
use super::storage::{SeatRecord, SeatStatus, StorageError};
use crate::evidence::EkHash;
use crate::token::{LicenseId, UtcTime};

/// Why a seat can't be shown or freed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeatError {
    /// There is no such license.
    #[error("there is no license {0}; `license list` shows all")]
    UnknownLicense(LicenseId),
    /// The machine has no seat of the license.
    #[error("device {0} has no seat of this license; `seat list` shows those that have")]
    UnknownDevice(EkHash),
    /// The machine has shown that it has the license.
    #[error(
        "device {device} has shown that it has the license, and can go on using it until its lease ends{}, freed or not: until \
         then the license may be in use on one machine more than was sold. Nothing was changed; if that is what you want, \
         repeat with --yes",
        .lease_ends.map_or_else(String::new, |end| format!(" ({end})"))
    )]
    Confirmed {
        /// The machine.
        device: EkHash,
        /// When its last lease ends.
        lease_ends: Option<UtcTime>,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl SeatError {
    /// Whether what was asked for was refused, rather than something on this side being wrong.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Confirmed { .. })
    }
}

impl Service {
    /// The seats of a license that nobody freed, in the order in which they were taken; those that lapsed too.
    ///
    /// # Errors
    /// [`SeatError::UnknownLicense`], or the database.
    pub async fn seats(&self, license: LicenseId) -> Result<Vec<SeatRecord>, SeatError> {
        let mut transaction = self.storage().read().await?;
        if transaction.license(license).await?.is_none() {
            return Err(SeatError::UnknownLicense(license));
        }
        Ok(transaction.seats(license).await?)
    }

    /// Frees the seat that a machine has of a license, so that another machine can take it; answers what it was.
    ///
    /// A machine that has shown to have the license can use it on until its lease ends. Its seat is freed only if
    /// `even_if_confirmed` is set. If it asks again, it needs a free seat like any other.
    ///
    /// # Errors
    /// [`SeatError`]; nothing was changed.
    pub async fn free_seat(
        &self,
        license: LicenseId,
        device: EkHash,
        even_if_confirmed: bool,
        now: UtcTime,
    ) -> Result<SeatRecord, SeatError> {
        let mut transaction = self.storage().write().await?;
        if transaction.license(license).await?.is_none() {
            return Err(SeatError::UnknownLicense(license));
        }
        let seats = transaction.seats(license).await?;
        let seat = seats.into_iter().find(|seat| seat.ek == device);
        let seat = seat.ok_or(SeatError::UnknownDevice(device))?;
        let status = seat.status(now);
        if status == SeatStatus::Confirmed && !even_if_confirmed {
            let lease_ends = seat.lease_ends;
            return Err(SeatError::Confirmed { device, lease_ends });
        }
        transaction.free_seat(&seat, now).await?;
        let detail = format!("device {device}, {}", status.name());
        let subject = license.to_string();
        audit::append(&mut transaction, now, "seat_freed", &subject, &detail).await?;
        transaction.commit().await?;
        Ok(seat)
    }
}

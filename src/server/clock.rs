//! The service's clock, whose dates move the floor of every machine for ever.
//!
//! What is signed with a date of the future locks machines out until then: they believe no earlier time any more. So the
//! service signs nothing that its own records show to be wrong, and an admin has the last word.

use std::time::Duration;

use super::audit;
use super::service::Service;
use super::storage::{CorrectionRecord, StorageError};
use crate::token::UtcTime;

/// A clock that was put back by no more than this is not worth a word: what is signed has the newest date again.
const UNREMARKABLE: Duration = Duration::from_secs(5 * 60);
/// A clock further ahead of the newest date when a program starts needs a person's word.
const FURTHEST_AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// Why the clock is not believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// It is behind a date that was signed.
    #[error(
        "this machine's clock says {now}, and the service has signed the date {newest} already, so nothing is signed. If the \
         clock is wrong, set it. If it is right, and the later date was wrong, `clock correct` voids that date"
    )]
    Behind {
        /// The clock.
        now: UtcTime,
        /// The newest date that was signed.
        newest: UtcTime,
    },
    /// It is far ahead of all that was signed.
    #[error(
        "this machine's clock says {now}, and the newest date that the service has signed is {newest}, so nothing is signed \
         yet: a date that was signed can't be taken back. If the clock is wrong, set it. If it is right, say so: with \
         --clock-is-right, or once with `clock accept`"
    )]
    Ahead {
        /// The clock.
        now: UtcTime,
        /// The newest date that was signed.
        newest: UtcTime,
    },
    /// There is no later date to be voided.
    #[error("no date after {now} was signed, so there is nothing to correct")]
    NothingToCorrect {
        /// The clock.
        now: UtcTime,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// How the clock stands to what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockState {
    /// The newest date that was signed; the beginning of 1970 where nothing was.
    pub newest: UtcTime,
    /// The last correction of dates that were wrong.
    pub correction: Option<CorrectionRecord>,
}

impl Service {
    /// How the clock stands to what was signed.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn clock(&self) -> Result<ClockState, StorageError> {
        let mut transaction = self.storage().read().await?;
        Ok(ClockState {
            newest: transaction.newest_date().await?,
            correction: transaction.correction().await?,
        })
    }

    /// Judges the clock when a program starts, before it signs anything: it must not be behind the newest date that was
    /// signed, nor more than a day ahead of it. A service that has signed nothing yet has nothing to compare with.
    ///
    /// While a program runs only the former is asked, with every signature: a clock that is watched goes on by itself.
    ///
    /// # Errors
    /// [`ClockError::Behind`] and [`ClockError::Ahead`].
    pub async fn check_clock_at_start(&self, now: UtcTime) -> Result<(), ClockError> {
        self.signing_time(now).await?;
        let newest = self.clock().await?.newest;
        match newest != UtcTime::EPOCH && now > newest.plus(FURTHEST_AHEAD) {
            true => Err(ClockError::Ahead { now, newest }),
            false => Ok(()),
        }
    }

    /// An admin says that the clock is right, although it is more than a day ahead of all that was signed.
    ///
    /// # Errors
    /// [`ClockError::Behind`]: then something that was signed is wrong, which takes [`Self::correct_clock`].
    pub async fn accept_clock(&self, now: UtcTime) -> Result<(), ClockError> {
        let now = self.signing_time(now).await?;
        let mut transaction = self.storage().write().await?;
        let newest = transaction.newest_date().await?;
        transaction.note_date(now).await?;
        let detail = format!("the newest date before was {newest}");
        audit::append(&mut transaction, now, "clock_accepted", "clock", &detail).await?;
        Ok(transaction.commit().await?)
    }

    /// An admin says that the clock is right, and that every date after it that was signed is wrong.
    ///
    /// None of those dates counts any more for what is signed from now on. The next answer to each machine says so too, and the
    /// machine, which may have believed it to be later than it is, goes by that answer's date from then on.
    ///
    /// # Errors
    /// [`ClockError::NothingToCorrect`].
    pub async fn correct_clock(&self, now: UtcTime) -> Result<CorrectionRecord, ClockError> {
        let mut transaction = self.storage().write().await?;
        if transaction.newest_date().await? <= now {
            return Err(ClockError::NothingToCorrect { now });
        }
        let correction = transaction.correct_dates(now).await?;
        let detail = format!(
            "number {}: dates after {now} are void, the latest was {}",
            correction.number, correction.wrong_until
        );
        audit::append(&mut transaction, now, "clock_corrected", "clock", &detail).await?;
        transaction.commit().await?;
        Ok(correction)
    }

    /// The date to sign with at `now`: never earlier than any that was signed.
    ///
    /// # Errors
    /// [`ClockError::Behind`] where the clock is behind by more than a little.
    pub(super) async fn signing_time(&self, now: UtcTime) -> Result<UtcTime, ClockError> {
        let newest = self.storage().read().await?.newest_date().await?;
        match now.plus(UNREMARKABLE) < newest {
            true => Err(ClockError::Behind { now, newest }),
            false => Ok(now.max(newest)),
        }
    }
}

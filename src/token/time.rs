//! Calendar time in tokens.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde_cbor::Value;

use super::cbor::{CborError, FromCbor, ToCbor};

/// A moment, in whole seconds since 1970-01-01T00:00:00Z, up to the end of the year 9999.
///
/// Shown and read as RFC 3339 UTC: `2026-01-31T12:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcTime(u64);

/// Why a value is not a [`UtcTime`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Beyond the year 9999 or before 1970.
    #[error("the time lies outside the years 1970 to 9999")]
    OutOfRange,
    /// Not a date and time.
    #[error("not a date and time like 2026-01-31T12:00:00Z")]
    NotRfc3339,
}

impl UtcTime {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// 9999-12-31T23:59:59Z, the latest moment that can be written.
    pub const MAX: Self = Self(253_402_300_799);

    /// The moment `seconds` after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// When it lies after the year 9999.
    pub const fn from_unix(seconds: u64) -> Result<Self, TimeError> {
        if seconds > Self::MAX.0 {
            return Err(TimeError::OutOfRange);
        }
        Ok(Self(seconds))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// The moment `span` later, whole seconds counted, at most [`UtcTime::MAX`].
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_secs())).min(Self::MAX)
    }

    /// The moment `span` earlier, whole seconds counted, at least [`UtcTime::EPOCH`].
    #[must_use]
    pub fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_secs()))
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A civil date, as jiff's `Timestamp` ends a day earlier than the year 9999.
        let since_epoch = SignedDuration::from_secs(i64::try_from(self.0).map_err(|_| fmt::Error)?);
        let utc = DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
            .checked_add(since_epoch)
            .map_err(|_| fmt::Error)?;
        write!(f, "{utc}Z")
    }
}

impl FromStr for UtcTime {
    type Err = TimeError;

    /// Reads RFC 3339 with any offset; fractions of a second are cut off.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let timestamp: Timestamp = text.parse().map_err(|_| TimeError::NotRfc3339)?;
        u64::try_from(timestamp.as_second()).map_or(Err(TimeError::OutOfRange), Self::from_unix)
    }
}

impl ToCbor for UtcTime {
    fn to_cbor(&self) -> Value {
        self.0.into()
    }
}

impl FromCbor for UtcTime {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        Self::from_unix(FromCbor::from_cbor(value, key)?).map_err(|_| CborError::OutOfRange { key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
        ] {
            assert_eq!(UtcTime(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(UtcTime(seconds)));
        }
        assert_eq!(UtcTime::MAX.to_string(), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn an_offset_is_converted_and_a_fraction_is_cut() {
        assert_eq!("1970-01-01T02:00:00.9+01:00".parse(), Ok(UtcTime(3600)));
    }

    #[test]
    fn other_text_is_no_time() {
        for text in [
            "",
            "2026-01-31",
            "2026-02-30T00:00:00Z",
            "2026-01-31T12:00:00",
            "tomorrow",
        ] {
            assert_eq!(
                text.parse::<UtcTime>(),
                Err(TimeError::NotRfc3339),
                "{text}"
            );
        }
        assert_eq!(
            "1969-12-31T23:59:59Z".parse::<UtcTime>(),
            Err(TimeError::OutOfRange)
        );
    }

    #[test]
    fn arithmetic_stays_within_the_years() {
        let day = Duration::from_secs(86_400);
        assert_eq!(UtcTime::MAX.plus(day), UtcTime::MAX);
        assert_eq!(UtcTime(5).plus(Duration::MAX), UtcTime::MAX);
        assert_eq!(UtcTime(5).saturating_sub(day), UtcTime::EPOCH);
        assert_eq!(UtcTime(90_000).since(UtcTime(3_600)), day);
        assert_eq!(UtcTime(5).since(UtcTime(6)), Duration::ZERO);
        assert_eq!(
            UtcTime::from_unix(UtcTime::MAX.0 + 1),
            Err(TimeError::OutOfRange)
        );
    }
}

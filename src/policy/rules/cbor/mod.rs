//! Rules as the CBOR of a manifest.
//!
//! Odd keys may be ignored by a reader that does not know them, even ones must be understood: what is added later and may
//! only be said (messages, wind-down times) takes odd keys, what restricts (PCR rules, step-up) even ones. A rule that a
//! product goes without is absent. What is the vendor's own (allowances, how long a manifest is fresh) is not there at all.

mod optional;
mod words;

use super::{
    Enforcement, Keep, KeepRules, LostState, RuleFault, Rules, StateRules, Tier, TimeRules,
    TpmLoss, WIND_DOWN_MINUTES, Windows, faults,
};
use crate::token::DeviceClass;
use crate::token::cbor::{self, CborError, FromCbor, Limits, MapReader, MapWriter, ToCbor, Value};
use std::num::NonZeroU32;

/// Largest rules, in bytes.
pub(super) const SIZE_LIMIT: usize = 60 * 1024;

/// Why bytes are no rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// They are not the CBOR of rules.
    #[error(
        "the manifest's rules can't be read ({0}): they need a newer version of this program, or were damaged"
    )]
    Malformed(#[from] CborError),
    /// They are, and contradict themselves.
    #[error("the manifest's rules contradict themselves: {}", .0[0])]
    Unsound(Vec<RuleFault>),
}

impl Rules {
    /// The rules as deterministic CBOR.
    pub fn to_cbor(&self) -> Vec<u8> {
        let windows = DeviceClass::ALL.into_iter().filter_map(|class| {
            let days = self.windows.days(class)?;
            Some(MapWriter::new().put(2, class).put(4, days).into_value())
        });
        MapWriter::new()
            .put_some(1, self.support.as_ref())
            .put(2, Value::Array(windows.collect()))
            .put_list(4, &self.tiers)
            .put(6, &self.keep)
            .put(8, &self.time)
            .put(10, &self.versions)
            .put(12, self.state)
            .put(14, self.enforcement)
            .put_some(15, self.wind_down_of_its_own())
            .put_some(16, self.pcr.as_ref())
            .put_some(17, self.cold_standby)
            .put_some(18, self.step_up.as_ref())
            .put_some(21, words::to_cbor(&self.messages))
            .encode()
    }

    fn wind_down_of_its_own(&self) -> Option<u16> {
        (self.wind_down_minutes != WIND_DOWN_MINUTES).then_some(self.wind_down_minutes)
    }

    /// Reads rules from a manifest.
    ///
    /// The caller must have verified the manifest. What is the vendor's own has its default.
    ///
    /// # Errors
    ///
    /// The bytes are not the deterministic CBOR of rules, need a newer program, or contradict themselves.
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, RulesError> {
        let mut map = MapReader::new(cbor::decode(bytes, Limits::size(SIZE_LIMIT))?)?;
        let rules = Rules {
            support: map.optional(1)?,
            windows: read_windows(map.list(2)?)?,
            tiers: map.list(4)?,
            keep: map.required(6)?,
            time: map.required(8)?,
            versions: map.required(10)?,
            state: map.required(12)?,
            enforcement: map.required(14)?,
            wind_down_minutes: map.optional(15)?.unwrap_or(WIND_DOWN_MINUTES),
            pcr: map.optional(16)?,
            cold_standby: map.optional(17)?,
            step_up: map.optional(18)?,
            messages: words::from_cbor(map.optional(21)?)?,
            ..Rules::default()
        };
        map.finish()?;
        let faults = faults::of_manifest(&rules);
        if faults.is_empty() {
            Ok(rules)
        } else {
            Err(RulesError::Unsound(faults))
        }
    }
}

fn read_windows(entries: Vec<MapReader>) -> Result<Windows, CborError> {
    let mut windows = Windows::default();
    for mut entry in entries {
        let class: u8 = entry.required(2)?;
        let days = entry.required(4)?;
        entry.finish()?;
        // A class that this program does not know is no class of this machine.
        if let Ok(class) = DeviceClass::from_cbor(class.to_cbor(), 2) {
            windows = windows.with(class, days);
        }
    }
    Ok(windows)
}

impl ToCbor for Tier {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, &self.name)
            .put_list(4, &self.features)
            .into_value()
    }
}

impl FromCbor for Tier {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let tier = Tier {
            name: map.required(2)?,
            features: map.list(4)?,
        };
        map.finish()?;
        Ok(tier)
    }
}

impl ToCbor for KeepRules {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, &self.offline_grace)
            .put(4, &self.limited)
            .put(6, &self.expired)
            .put(8, &self.suspended)
            .put(10, &self.revoked)
            .into_value()
    }
}

impl FromCbor for KeepRules {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let keep = KeepRules {
            offline_grace: map.required(2)?,
            limited: map.required(4)?,
            expired: map.required(6)?,
            suspended: map.required(8)?,
            revoked: map.required(10)?,
        };
        map.finish()?;
        Ok(keep)
    }
}

impl ToCbor for Keep {
    fn to_cbor(&self) -> Value {
        self.name().to_cbor()
    }
}

impl FromCbor for Keep {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        String::from_cbor(value, key).map(Keep::from_name)
    }
}

impl ToCbor for TimeRules {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.grace_percent)
            .put(4, self.renew_after_percent)
            .put(6, self.recheck_s)
            .put(8, self.restarts_allowed.get())
            .put(10, self.unclean_loss_ms)
            // Odd: it is the vendor's own, the lease tells the device what came of it.
            .put_list(11, &self.tpms)
            .put_some(12, self.boot_budget)
            .into_value()
    }
}

impl FromCbor for TimeRules {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let time = TimeRules {
            grace_percent: map.required(2)?,
            renew_after_percent: map.required(4)?,
            recheck_s: map.required(6)?,
            restarts_allowed: NonZeroU32::new(map.required(8)?)
                .ok_or(CborError::OutOfRange { key: 8 })?,
            unclean_loss_ms: map.required(10)?,
            tpms: map.list(11)?,
            boot_budget: map.optional(12)?,
        };
        map.finish()?;
        Ok(time)
    }
}

impl ToCbor for TpmLoss {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, &self.manufacturer)
            .put_some(4, self.model.as_ref())
            .put(6, self.unclean_loss_ms)
            .into_value()
    }
}

impl FromCbor for TpmLoss {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let loss = TpmLoss {
            manufacturer: map.required(2)?,
            model: map.optional(4)?,
            unclean_loss_ms: map.required(6)?,
        };
        map.finish()?;
        Ok(loss)
    }
}

impl ToCbor for StateRules {
    fn to_cbor(&self) -> Value {
        MapWriter::new()
            .put(2, self.missing)
            .put(4, self.rolled_back)
            .into_value()
    }
}

impl FromCbor for StateRules {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        let mut map = MapReader::from_cbor(value, key)?;
        let state = StateRules {
            missing: map.required(2)?,
            rolled_back: map.required(4)?,
        };
        map.finish()?;
        Ok(state)
    }
}

impl ToCbor for LostState {
    fn to_cbor(&self) -> Value {
        self.name().to_cbor()
    }
}

impl FromCbor for LostState {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        LostState::from_name(&String::from_cbor(value, key)?).ok_or(CborError::OutOfRange { key })
    }
}

impl ToCbor for Enforcement {
    fn to_cbor(&self) -> Value {
        self.name().to_cbor()
    }
}

impl FromCbor for Enforcement {
    fn from_cbor(value: Value, key: i64) -> Result<Self, CborError> {
        Enforcement::from_name(&String::from_cbor(value, key)?).ok_or(CborError::OutOfRange { key })
    }
}

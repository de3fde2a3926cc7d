//! The words for choices, the same in TOML and CBOR.

use super::{Anomaly, Enforcement, Keep, LostState, PcrApproval, PcrChange};

impl Keep {
    pub(super) const ALL_WORD: &str = "all";
    pub(super) const NOTHING_WORD: &str = "none";

    pub(super) fn name(&self) -> &str {
        match self {
            Keep::All => Keep::ALL_WORD,
            Keep::Tier(name) => name,
            Keep::Nothing => Keep::NOTHING_WORD,
        }
    }

    pub(super) fn from_name(name: String) -> Self {
        match name.as_str() {
            Keep::ALL_WORD => Keep::All,
            Keep::NOTHING_WORD => Keep::Nothing,
            _ => Keep::Tier(name),
        }
    }
}

impl LostState {
    pub(super) const ALL: [LostState; 4] = [
        LostState::Tolerate,
        LostState::OfflineGrace,
        LostState::Limited,
        LostState::Suspended,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            LostState::Tolerate => "tolerate",
            LostState::OfflineGrace => "offline_grace",
            LostState::Limited => "limited",
            LostState::Suspended => "suspended",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        LostState::ALL
            .into_iter()
            .find(|choice| choice.name() == name)
    }
}

impl Enforcement {
    pub(super) const ALL: [Enforcement; 2] = [Enforcement::On, Enforcement::Advisory];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Enforcement::On => "on",
            Enforcement::Advisory => "advisory",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Enforcement::ALL
            .into_iter()
            .find(|choice| choice.name() == name)
    }
}

impl PcrChange {
    pub(super) const ALL: [PcrChange; 2] = [PcrChange::Notice, PcrChange::Limited];

    pub(super) const fn name(self) -> &'static str {
        match self {
            PcrChange::Notice => "notice",
            PcrChange::Limited => "limited",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        PcrChange::ALL
            .into_iter()
            .find(|choice| choice.name() == name)
    }
}

impl PcrApproval {
    pub(super) const ALL: [PcrApproval; 2] = [PcrApproval::Automatic, PcrApproval::Manual];

    pub(super) const fn name(self) -> &'static str {
        match self {
            PcrApproval::Automatic => "automatic",
            PcrApproval::Manual => "manual",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        PcrApproval::ALL
            .into_iter()
            .find(|choice| choice.name() == name)
    }
}

impl Anomaly {
    /// All anomalies.
    pub const ALL: [Anomaly; 4] = [
        Anomaly::StateMissing,
        Anomaly::StateRolledBack,
        Anomaly::PlatformChanged,
        Anomaly::OsClock,
    ];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Anomaly::StateMissing => "state_missing",
            Anomaly::StateRolledBack => "state_rolled_back",
            Anomaly::PlatformChanged => "platform_changed",
            Anomaly::OsClock => "os_clock",
        }
    }

    /// The anomaly of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Anomaly::ALL
            .into_iter()
            .find(|choice| choice.name() == name)
    }
}

//! The rules of a product line: what the vendor promises and allows.
//!
//! A vendor writes them as TOML (`Rules::from_toml`, feature `server`); the manifest that a device holds carries them as
//! CBOR ([`Rules::to_cbor`]). Both readers refuse rules that contradict themselves, with every fault explained.

mod allowance;
mod cbor;
mod faults;
#[cfg(feature = "server")]
mod from_toml;
mod names;
mod optional;
mod template;
mod terms;
mod warnings;

pub use allowance::{Allowance, Allowed, Licensee, Subject};
pub use cbor::RulesError;
pub use faults::RuleFault;
pub use optional::{
    Anomaly, ColdStandby, PcrApproval, PcrChange, PcrReference, PcrRule, StepUp, Words,
};
pub use terms::{ClassNotLicensed, Terms, TpmModel};

use super::{Language, Reason};
use crate::token::{DeviceClass, VersionRange};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// The rules of a product line.
///
/// Made by `Rules::from_toml` and [`Rules::from_cbor`], which check them; the defaults are sound too. What is set in the
/// fields afterwards is not checked, until a device reads it with [`Rules::from_cbor`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// Whether verdicts turn features off.
    pub enforcement: Enforcement,
    /// Which device classes are licensed, and for how long each works offline.
    pub windows: Windows,
    /// What features belong together, the essential tier first; a tier includes those before it.
    pub tiers: Vec<Tier>,
    /// What stays on in each standing.
    pub keep: KeepRules,
    /// How time is counted.
    pub time: TimeRules,
    /// Which versions of the application may be used.
    pub versions: VersionRange,
    /// What a lost state file leads to.
    pub state: StateRules,
    /// Whom a person is told to contact.
    pub support: Option<String>,
    /// The tie to the machine's firmware; `None` for none.
    pub pcr: Option<PcrRule>,
    /// When a recent contact is demanded; `None` for never.
    pub step_up: Option<StepUp>,
    /// How long work that was begun may go on after its feature went off, in minutes.
    pub wind_down_minutes: u16,
    /// Leases of licenses in cold standby; `None` for the same as of others.
    pub cold_standby: Option<ColdStandby>,
    /// The vendor's own words. What is not there is said in the built-in ones.
    pub messages: BTreeMap<Language, BTreeMap<Reason, Words>>,
    /// What some customers get that others do not. The vendor's own: not in the CBOR that devices get.
    pub allowances: Vec<Allowance>,
    /// How long a published manifest is fresh, in days. The vendor's own: a manifest names its end itself.
    pub valid_days: u16,
}

/// Whether verdicts turn features off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// They do.
    On,
    /// Verdicts are made and reported, and every feature of a genuine license stays on.
    Advisory,
}

/// The licensed device classes, each with its window W in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Windows {
    days: [Option<u16>; DeviceClass::ALL.len()],
}

impl Windows {
    /// The window of `class` in days; `None` if the class is not licensed.
    pub fn days(&self, class: DeviceClass) -> Option<u16> {
        self.days[place(class)]
    }

    /// The window W of `class`; `None` if the class is not licensed.
    pub fn window(&self, class: DeviceClass) -> Option<Duration> {
        self.days(class)
            .map(|days| Duration::from_secs(u64::from(days) * 24 * 60 * 60))
    }

    /// The same with `class` licensed for `days`.
    #[must_use]
    pub fn with(mut self, class: DeviceClass, days: u16) -> Self {
        self.days[place(class)] = Some(days);
        self
    }
}

fn place(class: DeviceClass) -> usize {
    match class {
        DeviceClass::Hardware => 0,
        DeviceClass::Virtual => 1,
        DeviceClass::Registered => 2,
        DeviceClass::Test => 3,
    }
}

/// Features that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Its name; an edition of this name grants it.
    pub name: String,
    /// Its features, besides those of the tiers before it.
    pub features: Vec<String>,
}

/// What stays on of what a license grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// Everything.
    All,
    /// The tier of this name and those before it.
    Tier(String),
    /// Nothing.
    Nothing,
}

/// What stays on in each standing. Active and RenewalDue keep everything, Released and NotActivated nothing.
///
/// A worse standing never keeps more than a better one, in the order of the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepRules {
    /// In OfflineGrace.
    pub offline_grace: Keep,
    /// In Limited.
    pub limited: Keep,
    /// In Expired.
    pub expired: Keep,
    /// In Suspended.
    pub suspended: Keep,
    /// In Revoked.
    pub revoked: Keep,
}

impl KeepRules {
    /// Everything in grace, nothing once revoked, and the tier `essential` between.
    fn keeping(essential: &str) -> Self {
        let essential = Keep::Tier(essential.to_owned());
        KeepRules {
            offline_grace: Keep::All,
            limited: essential.clone(),
            expired: essential.clone(),
            suspended: essential,
            revoked: Keep::Nothing,
        }
    }
}

/// How time is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeRules {
    /// G, the grace at the end of a lease, in hundredths of W.
    pub grace_percent: u8,
    /// After which part of W, in hundredths, a lease is renewed.
    pub renew_after_percent: u8,
    /// J, how long one validation's verdict lasts, in seconds.
    pub recheck_s: u32,
    /// S, restarts (sleeps) of one boot before a value is stored in the TPM.
    pub restarts_allowed: NonZeroU32,
    /// I where the TPM's model is not listed: clock lost at an unclean stop, in milliseconds.
    pub unclean_loss_ms: u64,
    /// I by TPM model.
    pub tpms: Vec<TpmLoss>,
    /// TPM Resets (boots) allowed from one contact to the next; `None` for any number.
    pub boot_budget: Option<u32>,
}

/// The clock loss of a TPM model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TpmLoss {
    /// The manufacturer as the TPM names it (TPM_PT_MANUFACTURER), such as `IFX`.
    pub manufacturer: String,
    /// The model (TPM_PT_VENDOR_STRING), such as `SLB9670`; `None` for all models that are not listed themselves.
    pub model: Option<String>,
    /// I: clock lost at an unclean stop, in milliseconds.
    pub unclean_loss_ms: u64,
}

/// What a lost state file leads to, until the next contact with the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateRules {
    /// The file is missing or damaged.
    pub missing: LostState,
    /// The file is older than the newest committed one; never [`LostState::Tolerate`].
    pub rolled_back: LostState,
}

/// What a lost state file leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostState {
    /// Nothing, while the activity counter was incremented at most once since the lease's anchor; else Limited.
    Tolerate,
    /// OfflineGrace at best.
    OfflineGrace,
    /// Limited at best.
    Limited,
    /// Suspended at best.
    Suspended,
}

impl Rules {
    /// What holds on a device that has a license and can't read its manifest: the `essential` features that the
    /// application names itself stay on, nothing else does.
    pub fn without_manifest(essential: Vec<String>) -> Self {
        let tiers = vec![Tier {
            name: ESSENTIAL.to_owned(),
            features: essential,
        }];
        Rules {
            tiers,
            ..Rules::default()
        }
    }

    /// The vendor's own words for `reason`.
    pub(super) fn words(&self, language: Language, reason: Reason) -> Option<&Words> {
        self.messages.get(&language)?.get(&reason)
    }

    /// The place of the tier `name`.
    pub(super) fn tier(&self, name: &str) -> Option<usize> {
        self.tiers.iter().position(|tier| tier.name == name)
    }
}

/// How long work may go on where the rules do not say.
const WIND_DOWN_MINUTES: u16 = 30;

/// The name of the first tier, where nobody chose another.
const ESSENTIAL: &str = "essential";

impl Default for Rules {
    /// What [`Rules::default_toml`] says.
    fn default() -> Self {
        let tier = |name: &str, features: &[&str]| Tier {
            name: name.to_owned(),
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
        };
        Rules {
            enforcement: Enforcement::On,
            windows: Windows::default()
                .with(DeviceClass::Hardware, 30)
                .with(DeviceClass::Virtual, 1)
                .with(DeviceClass::Registered, 30),
            tiers: vec![
                tier(ESSENTIAL, &["open", "export"]),
                tier("standard", &["edit"]),
            ],
            keep: KeepRules::keeping(ESSENTIAL),
            time: TimeRules {
                grace_percent: 25,
                renew_after_percent: 50,
                recheck_s: 300,
                restarts_allowed: const { NonZeroU32::new(10).expect("ten is not zero") },
                unclean_loss_ms: 1 << 22,
                tpms: Vec::new(),
                boot_budget: None,
            },
            versions: VersionRange::default(),
            state: StateRules {
                missing: LostState::Tolerate,
                rolled_back: LostState::Limited,
            },
            support: None,
            pcr: None,
            step_up: None,
            wind_down_minutes: WIND_DOWN_MINUTES,
            cold_standby: None,
            messages: BTreeMap::new(),
            allowances: Vec::new(),
            valid_days: 730,
        }
    }
}

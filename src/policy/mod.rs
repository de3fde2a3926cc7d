//! What a license allows right now, and how to say it.
//!
//! [`decide`] turns the facts that a validation gathered ([`Inputs`]) and the vendor's [`Rules`] into a [`Verdict`]: a
//! [`Standing`], the features that are on, the one decisive [`Reason`], every check in a fixed order, dates, and words
//! for a person. It is total and deterministic: the same inputs give the same verdict, and where facts contradict each
//! other the more conservative standing holds.
//!
//! May import `token` and `time` (and, where readings are simulated, an attested clock of `evidence`). Must not know how a
//! fact was gathered (no TPM, no files, no clock, no network) nor what an application does with the verdict. Reading rules
//! from TOML needs the feature `server`; a device reads them as the CBOR of a manifest.
//!
//! [`diff`] says what a change of rules comes to for people, and [`explain`] what a user experiences under rules; both work
//! out verdicts rather than reading keys.
//!
//! `docs/verdict.md` shows the standings, the reasons and every key of the rules, `docs/edge-cases.md` what each condition
//! comes to.

mod check;
mod contact;
mod dates;
mod decide;
mod diff;
mod explain;
mod features;
mod future;
mod inputs;
mod language;
mod platform;
mod reason;
mod rules;
mod standing;
mod text;
mod verdict;
mod version;

pub use check::{Check, CheckResult, Outcome};
pub use contact::to_remember;
pub use decide::decide;
pub use diff::{Change, Effect, Starts, diff};
pub use explain::{
    ClassTimeline, EditionTimeline, Event, Explanation, Moment, NotExplained, explain,
    pace_warnings,
};
pub use inputs::{
    Inputs, LeaseFacts, LicenseFacts, ListedStatus, ManifestHealth, PlatformFact, StateHealth,
    StatusFact,
};
pub use language::Language;
pub use reason::Reason;
pub use rules::{
    Allowance, Allowed, Anomaly, ClassNotLicensed, ColdStandby, Enforcement, Keep, KeepRules,
    Licensee, LostState, PcrApproval, PcrChange, PcrReference, PcrRule, RuleFault, Rules,
    RulesError, StateRules, StepUp, Subject, Terms, Tier, TimeRules, TpmLoss, TpmModel, Windows,
    Words,
};
pub use standing::{Badge, Standing};
pub use verdict::{GoingOff, Verdict};
pub use version::{Version, VersionError};

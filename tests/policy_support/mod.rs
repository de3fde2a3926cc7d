//! A machine on which everything is in order, for tests and models of the verdict, which write down only what they change:
//! `Inputs { device, ..in_order(license(start), lease, now, charge) }`.
#![allow(dead_code, reason = "each program uses its part")]

use counterfoil::policy::{
    Inputs, Language, LeaseFacts, LicenseFacts, Licensee, ListedStatus, ManifestHealth,
    PlatformFact, Reason, StateHealth, StatusFact,
};
use counterfoil::time::{Charge, Now};
use counterfoil::token::{DeviceClass, LicenseId, UtcTime, VersionRange};
use std::collections::BTreeSet;

static NO_FEATURES: BTreeSet<String> = BTreeSet::new();
static ANY_VERSION: VersionRange = VersionRange {
    min: None,
    max: None,
};

/// A license that no allowance is for.
pub(crate) fn anyone() -> Licensee<'static> {
    Licensee {
        segment: None,
        license: LicenseId::new([1; LicenseId::LEN]),
        user: None,
        standby: false,
    }
}

/// A `standard` license for hardware without features of its own, for every version and without end.
pub(crate) fn license(not_before: UtcTime) -> LicenseFacts<'static> {
    LicenseFacts {
        edition: "standard",
        features: &NO_FEATURES,
        versions: &ANY_VERSION,
        class: DeviceClass::Hardware,
        not_before,
        expires_at: None,
    }
}

/// Every check passes at `now`, but for what the charge says.
pub(crate) fn in_order<'a>(
    license: LicenseFacts<'a>,
    lease: LeaseFacts,
    now: Now,
    charge: Result<Charge, Reason>,
) -> Inputs<'a> {
    Inputs {
        now,
        license: Ok(license),
        lease: Ok(lease),
        device: Ok(()),
        evidence: Ok(()),
        counter: Ok(()),
        charge,
        state: StateHealth::Current,
        status: StatusFact {
            status: ListedStatus::Valid,
            stale: false,
        },
        manifest: ManifestHealth::Current,
        platform: PlatformFact::NotAsked,
        remembered: BTreeSet::new(),
        app_version: None,
        language: Language::En,
    }
}

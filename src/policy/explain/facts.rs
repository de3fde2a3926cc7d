//! The facts of a simulated validation.

use super::usage::{DAY, Machine};
use crate::policy::rules::{Licensee, Rules};
use crate::policy::{
    Inputs, Language, LicenseFacts, ListedStatus, ManifestHealth, PlatformFact, Reason,
    StateHealth, StatusFact, Terms,
};
use crate::time::{self, BootClock, Charge, Limits, Now};
use crate::token::{DeviceClass, LicenseId, UtcTime, VersionRange};
use std::collections::BTreeSet;
use std::time::Duration;

/// A license on a machine of one class, at its last contact with the vendor.
pub(super) struct Situation<'r> {
    rules: &'r Rules,
    class: DeviceClass,
    contact: UtcTime,
    language: Language,
    terms: Terms,
    nothing: BTreeSet<String>,
    all_versions: VersionRange,
}

impl<'r> Situation<'r> {
    /// `None` where the rules do not license the class.
    pub(super) fn new(
        rules: &'r Rules,
        class: DeviceClass,
        contact: UtcTime,
        language: Language,
    ) -> Option<Self> {
        let anyone = Licensee {
            segment: None,
            license: LicenseId::new([0; LicenseId::LEN]),
            user: None,
            standby: false,
        };
        Some(Self {
            rules,
            class,
            contact,
            language,
            terms: rules.lease_terms(class, None, &anyone).ok()?,
            nothing: BTreeSet::new(),
            all_versions: VersionRange::default(),
        })
    }

    pub(super) fn rules(&self) -> &'r Rules {
        self.rules
    }

    pub(super) fn class(&self) -> DeviceClass {
        self.class
    }

    pub(super) fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(super) fn contact(&self) -> UtcTime {
        self.contact
    }

    /// What a validation finds `after` the contact, when nothing but time has passed.
    pub(super) fn offline<'s>(
        &'s self,
        edition: &'s str,
        machine: &mut Machine,
        after: Duration,
    ) -> Inputs<'s> {
        let terms = &self.terms;
        let reading = machine.reading(after);
        let limits = Limits {
            budget_ms: terms.budget_ms,
            unclean_loss_ms: terms.unclean_loss_ms,
            restarts_allowed: terms.restarts_allowed,
            heartbeat_ms: terms.heartbeat_ms,
        };
        let charge = time::charge(machine.anchor(), &reading, &limits).map_err(Reason::from);
        let issued = [self.contact];
        let now = time::now(
            self.contact.plus(after),
            time::floor(machine.anchor(), &reading, issued),
            machine.anchor(),
            self.contact,
            BootClock {
                boot_id: [0; 16],
                elapsed_ms: 0,
            },
            None,
        );
        self.facts(edition, now, charge)
    }

    fn facts<'s>(
        &'s self,
        edition: &'s str,
        now: Now,
        charge: Result<Charge, Reason>,
    ) -> Inputs<'s> {
        let (rules, terms) = (self.rules, &self.terms);
        let lease_ends = self.contact.plus(terms.valid_for);
        let manifest_ends = self.contact.plus(DAY * u32::from(rules.valid_days));
        Inputs {
            now,
            license: Ok(LicenseFacts {
                edition,
                features: &self.nothing,
                versions: &self.all_versions,
                class: self.class,
                not_before: self.contact,
                expires_at: None,
            }),
            lease: Ok(terms.lease_facts(self.contact)),
            device: Ok(()),
            evidence: Ok(()),
            counter: Ok(()),
            charge,
            state: StateHealth::Current,
            status: StatusFact {
                status: ListedStatus::Valid,
                stale: now.utc > lease_ends,
            },
            manifest: match now.utc > manifest_ends {
                true => ManifestHealth::Stale,
                false => ManifestHealth::Current,
            },
            platform: match rules.pcr {
                Some(_) => PlatformFact::Matches,
                None => PlatformFact::NotAsked,
            },
            remembered: BTreeSet::new(),
            app_version: covered_version(&rules.versions),
            language: self.language,
        }
    }
}

/// A version of the application that the rules cover, where they do not cover all.
fn covered_version(range: &VersionRange) -> Option<&str> {
    range.max.as_deref().or(range.min.as_deref())
}

//! More, or less, for some customers than a product's rules say.

use crate::token::{DeviceClass, LicenseId};

use super::Rules;

/// What some customers get that others do not. It names customers, so a manifest does not carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Who.
    pub subject: Subject,
    /// W in days, for every class of device that is licensed. Virtual machines get no more than the rules give them, for
    /// whoever runs the hypervisor can rewind them.
    pub window_days: Option<u16>,
    /// Seats beyond those of the license.
    pub seats_extra: Option<u32>,
    /// How often a year a seat may be moved from a machine that can't give it back.
    pub moves_per_year: Option<u32>,
}

/// Whom an allowance is for. Of several the greatest is the most specific.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// All licenses of a segment.
    Segment(String),
    /// One license.
    License(LicenseId),
    /// All licenses of a user.
    User(String),
}

/// To whom a lease is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Licensee<'a> {
    /// The segment that the license belongs to.
    pub segment: Option<&'a str>,
    /// The license.
    pub license: LicenseId,
    /// The user that it belongs to.
    pub user: Option<&'a str>,
    /// Whether the license is for a machine in cold standby.
    pub standby: bool,
}

/// What the allowances come to for one licensee; `None` where the product's own rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// W in days.
    pub window_days: Option<u16>,
    /// Seats beyond those of the license.
    pub seats_extra: Option<u32>,
    /// How often a year a seat may be moved from a machine that can't give it back.
    pub moves_per_year: Option<u32>,
}

impl Allowed {
    /// W in days of a device of `class`, for which the rules give `days`.
    pub(super) fn window_of(&self, class: DeviceClass, days: u16) -> u16 {
        match (self.window_days, class) {
            (None, _) => days,
            (Some(allowed), DeviceClass::Virtual) => allowed.min(days),
            (Some(allowed), _) => allowed,
        }
    }
}

impl Subject {
    fn is(&self, licensee: &Licensee<'_>) -> bool {
        match self {
            Subject::Segment(segment) => licensee.segment == Some(segment),
            Subject::License(license) => licensee.license == *license,
            Subject::User(user) => licensee.user == Some(user),
        }
    }
}

impl Rules {
    /// What the allowances come to for `licensee`: each value from the most specific allowance that has it, user before
    /// license before segment.
    pub fn allowed(&self, licensee: &Licensee<'_>) -> Allowed {
        let mut fitting: Vec<_> = self
            .allowances
            .iter()
            .filter(|allowance| allowance.subject.is(licensee))
            .collect();
        fitting.sort_by(|a, b| b.subject.cmp(&a.subject));
        Allowed {
            window_days: fitting.iter().find_map(|allowance| allowance.window_days),
            seats_extra: fitting.iter().find_map(|allowance| allowance.seats_extra),
            moves_per_year: fitting
                .iter()
                .find_map(|allowance| allowance.moves_per_year),
        }
    }
}

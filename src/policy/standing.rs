//! How well a license stands.

use std::fmt;

/// How well a license stands, best first: a greater one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Everything that was bought is on.
    Active,
    /// The same; the lease should be renewed.
    RenewalDue,
    /// The lease is about to end.
    OfflineGrace,
    /// The right to the essential tier is left.
    Limited,
    /// The license has ended by its own date.
    Expired,
    /// The vendor suspended the license.
    Suspended,
    /// The vendor revoked the license.
    Revoked,
    /// The license was given back from this machine.
    Released,
    /// There is no license that is this machine's.
    NotActivated,
}

impl Standing {
    /// All standings, best first.
    pub const ALL: [Standing; 9] = [
        Standing::Active,
        Standing::RenewalDue,
        Standing::OfflineGrace,
        Standing::Limited,
        Standing::Expired,
        Standing::Suspended,
        Standing::Revoked,
        Standing::Released,
        Standing::NotActivated,
    ];

    /// The stable snake_case name.
    pub const fn name(self) -> &'static str {
        match self {
            Standing::Active => "active",
            Standing::RenewalDue => "renewal_due",
            Standing::OfflineGrace => "offline_grace",
            Standing::Limited => "limited",
            Standing::Expired => "expired",
            Standing::Suspended => "suspended",
            Standing::Revoked => "revoked",
            Standing::Released => "released",
            Standing::NotActivated => "not_activated",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What an application shows in a corner of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Badge {
    /// Nothing to see.
    Ok,
    /// A renewal is due and will happen by itself.
    Renewing,
    /// Something failed that will be tried again.
    WillRetry,
    /// A person has to do something.
    NeedsYou,
}

impl Badge {
    /// The stable kebab-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Badge::Ok => "ok",
            Badge::Renewing => "renewing",
            Badge::WillRetry => "will-retry",
            Badge::NeedsYou => "needs-you",
        }
    }
}

impl fmt::Display for Badge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

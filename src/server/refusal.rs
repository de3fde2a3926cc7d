//! Why a machine gets no answer, for the vendor's people, and what of it the machine is told.

use super::storage::SeatRecord;
use crate::evidence::{
    CertifyError, CounterError, EkHash, EnrollError, QuoteError, StorageRootError, WireError,
};
use crate::policy::ClassNotLicensed;
use crate::protocol::RequestError;
use crate::token::{Digest, LicenseId, UtcTime, VendorId};

/// The one check that a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The file or its signature.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// It is for somebody else.
    #[error(
        "the request is for vendor {found}, this is vendor {expected}; the application trusts another root"
    )]
    OtherVendor {
        /// This vendor.
        expected: VendorId,
        /// The one in the request.
        found: VendorId,
    },
    /// It claims a nonce of this service, which issued none.
    #[error("the request carries a nonce that this service did not issue; make a new request")]
    UnknownNonce,
    /// The endorsement or the attestation key.
    #[error("the TPM is not trusted: {0}")]
    Enroll(#[from] EnrollError),
    /// A public area can't be read.
    #[error("the {object}'s public area is malformed: {source}")]
    Malformed {
        /// Of what.
        object: &'static str,
        /// Why.
        source: WireError,
    },
    /// The storage root key is not one.
    #[error("the storage root key can't hold the seed: {0}")]
    StorageRoot(#[from] StorageRootError),
    /// An object is not what it has to be.
    #[error("the {object} {problem}")]
    Object {
        /// Which one.
        object: &'static str,
        /// What is wrong, as the end of a sentence.
        problem: &'static str,
    },
    /// The attestation key does not certify an object.
    #[error("the {object} is not certified: {source}")]
    Certification {
        /// Which one.
        object: &'static str,
        /// Why.
        source: CertifyError,
    },
    /// A counter's index is not defined as it has to be.
    #[error("the {counter} counter's index is not the one of this vendor, slot and store key")]
    CounterArea {
        /// Which one.
        counter: &'static str,
    },
    /// A counter's value is not attested.
    #[error("the {counter} counter's value is not attested: {source}")]
    Counter {
        /// Which one.
        counter: &'static str,
        /// Why.
        source: CounterError,
    },
    /// A counter was attested in another boot than the quote, or before it.
    #[error(
        "the {counter} counter was not attested after the quote in the same boot; make a new request"
    )]
    OtherMoment {
        /// Which one.
        counter: &'static str,
    },
    /// The quote.
    #[error("the quote: {0}")]
    Quote(#[from] QuoteError),
    /// The quote over PCRs 0 to 15, or their values.
    #[error("what the TPM measured of the machine's start: {0}")]
    Platform(#[source] QuoteError),
    /// The seed is sealed for another epoch than the counter's.
    #[error(
        "the seed is sealed for epoch {sealed}, the counter stands at {counter}; make a new request"
    )]
    EpochMoved {
        /// In the seed's policy.
        sealed: u64,
        /// Of the counter.
        counter: u64,
    },
    /// The machine is genuine, and may not have what it asks for.
    #[error(transparent)]
    Entitlement(#[from] Entitlement),
}

/// Why a genuine machine may not have a license.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Entitlement {
    /// There is no such license.
    #[error("there is no license of this id; compare the license key")]
    UnknownLicense,
    /// The sender does not know the license key.
    #[error(
        "the license id is right and its secret is not; somebody tries keys, or the key was mistyped"
    )]
    WrongSecret,
    /// The license is for something else.
    #[error("the license is for {licensed}, the application asks for {asked}")]
    OtherProduct {
        /// What was sold.
        licensed: String,
        /// What is asked for.
        asked: String,
    },
    /// All seats are taken.
    #[error("all {seats} seats of the license are taken; `license show` lists the machines{}", advice(.pending))]
    NoSeat {
        /// How many there are.
        seats: u32,
        /// Those of them that no machine has shown to have, if there are any.
        pending: Option<PendingSeats>,
    },
    /// The license is not in force.
    #[error("the license is {0}")]
    NotInForce(&'static str),
    /// The license has ended.
    #[error("the license ended on {0}")]
    Ended(UtcTime),
    /// The product is not licensed to machines like this.
    #[error(transparent)]
    Class(#[from] ClassNotLicensed),
    /// The chip has given up this epoch, or a later one.
    #[error(
        "epoch {epoch} of this store was released (the last one was {released}); the machine has to provision anew"
    )]
    EpochReleased {
        /// In the request.
        epoch: u64,
        /// The highest one known to be released.
        released: u64,
    },
    /// The machine measured another start than the one that was approved.
    #[error(
        "the machine's firmware or boot software changed since it was approved (PCR digest {approved}, now {shown}): if that is \
         right, approve this change with `device approve-platform LICENSE --device {device} --digest {shown}`, and answer the \
         request again"
    )]
    PlatformChanged {
        /// The machine.
        device: EkHash,
        /// What was approved.
        approved: Digest,
        /// What the request shows.
        shown: Digest,
    },
    /// The machine does not say what it measured, and did so before.
    #[error(
        "the request of device {device} does not show its firmware and boot software, as earlier ones did, so that there is \
         nothing to approve: it takes a new request, made with a current version of the program and with the TPM's SHA-256 bank \
         switched on"
    )]
    PlatformNotShown {
        /// The machine.
        device: EkHash,
    },
}

/// Seats of activations that no machine has shown to have opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingSeats {
    /// The license.
    pub license: LicenseId,
    /// How many.
    pub count: usize,
    /// Since when the oldest is taken.
    pub since: UtcTime,
    /// When the first of them lapses.
    pub first_lapses: Option<UtcTime>,
}

impl PendingSeats {
    pub(super) fn of(license: LicenseId, pending: &[SeatRecord]) -> Option<Self> {
        Some(Self {
            license,
            count: pending.len(),
            since: pending.iter().map(|seat| seat.taken_at).min()?,
            first_lapses: pending.iter().filter_map(|seat| seat.lease_ends).min(),
        })
    }
}

fn advice(pending: &Option<PendingSeats>) -> String {
    let Some(PendingSeats {
        license,
        count,
        since,
        first_lapses,
    }) = pending
    else {
        return String::new();
    };
    let lapse = first_lapses.map_or_else(String::new, |end| {
        format!(", and the first becomes free by itself on {end}")
    });
    format!(
        "; {count} of them pending, the oldest since {since}: no machine has shown that it received the answer{lapse}. `seat list \
         {license}` shows them, `seat free {license} --device HASH` frees one"
    )
}

impl Refusal {
    /// What the machine is told. It learns all about itself, and about licenses only what nobody can use to try keys:
    /// that an id is unknown, a secret wrong, a product another or all seats taken is one answer.
    pub fn to_device(&self) -> String {
        match self {
            Self::Entitlement(
                Entitlement::UnknownLicense
                | Entitlement::WrongSecret
                | Entitlement::OtherProduct { .. }
                | Entitlement::NoSeat { .. },
            ) => {
                "the license key is not valid for this product, or no seat is free; ask the vendor"
                    .to_owned()
            }
            Self::Entitlement(Entitlement::PlatformNotShown { .. }) => {
                "the request does not show this machine's firmware and boot software, as earlier ones did: update the program, \
                 switch the TPM's SHA-256 bank on if the firmware's settings have it off, and make a new request; until then the \
                 machine keeps the license that it has"
                    .to_owned()
            }
            Self::Entitlement(Entitlement::PlatformChanged { .. }) => "the firmware or boot software of this machine changed since the vendor approved it: ask the vendor to approve the \
                 change, then send the same request again; until then the machine keeps the license that it has"
                .to_owned(),
            other => other.to_string(),
        }
    }
}

//! Whether a genuine machine may have the license that it asks for, and on which terms.

use super::enroll::VerifiedRequest;
use super::keys::{Issuer, Key};
use super::manifest::{ManifestError, rules_for_leases};
use super::refusal::{Entitlement, PendingSeats, Refusal};
use super::service::Service;
use super::storage::{
    ChipRecord, LicenseRecord, LicenseState, ManifestRecord, SeatRecord, StorageError, Transaction,
};
use crate::policy::{Licensee, PcrRule, Terms, TpmModel};
use crate::token::UtcTime;

/// What a machine is entitled to: a license, a seat of it that is now this machine's, and the terms of a lease. Only
/// [`entitle`] makes one.
#[derive(Debug)]
pub(super) struct Entitled {
    license: LicenseRecord,
    chip: ChipRecord,
    seat: SeatRecord,
    manifest: ManifestRecord,
    terms: Terms,
    pcr_rule: Option<PcrRule>,
}

impl Entitled {
    pub(super) fn license(&self) -> &LicenseRecord {
        &self.license
    }

    /// The chip that asks, as far as it is known.
    pub(super) fn chip(&self) -> &ChipRecord {
        &self.chip
    }

    pub(super) fn seat(&self) -> &SeatRecord {
        &self.seat
    }

    pub(super) fn manifest(&self) -> &ManifestRecord {
        &self.manifest
    }

    pub(super) fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(super) fn pcr_rule(&self) -> Option<&PcrRule> {
        self.pcr_rule.as_ref()
    }
}

/// Why entitlement was not found.
#[derive(Debug, thiserror::Error)]
pub(super) enum EntitleError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Decides, in this order: the license is known; the sender knows its secret; it is for this product; it is in force and
/// has not ended; the rules license machines of this class; the epoch is above every released one; the chip holds a seat,
/// or one is free, which it then takes.
///
/// The caller holds a transaction that writes, so that two machines never take the last seat together.
pub(super) async fn entitle(
    service: &Service,
    transaction: &mut Transaction,
    verified: &VerifiedRequest,
    issuer: &Key<Issuer>,
    now: UtcTime,
) -> Result<Entitled, EntitleError> {
    let (request, ek) = (verified.request(), verified.enrolled().ek());
    let body = request.body();
    let license = transaction
        .license(body.license_id)
        .await?
        .ok_or_else(|| refused(Entitlement::UnknownLicense))?;
    let mac_key = transaction
        .mac_key(license.id)
        .await?
        .ok_or_else(|| refused(Entitlement::UnknownLicense))?;
    request
        .verify_mac(&mac_key)
        .map_err(|_| refused(Entitlement::WrongSecret))?;
    // An application that names no product takes a license for any.
    if !body.product.is_empty() && license.product != body.product {
        let (licensed, asked) = (license.product, body.product.clone());
        return Err(refused(Entitlement::OtherProduct { licensed, asked }));
    }
    match (license.state, license.expires_at) {
        (LicenseState::Valid, Some(end)) if end <= now => {
            return Err(refused(Entitlement::Ended(end)));
        }
        (LicenseState::Valid, _) => {}
        (state, _) => return Err(refused(Entitlement::NotInForce(state.name()))),
    }
    let manifest = service
        .manifest_in_force(transaction, &license.product, &license.line, issuer, now)
        .await?;
    let rules = rules_for_leases(&manifest)?;
    // The model that the certificate names. What the request says of itself could name one whose clock loses less.
    let manufacturer = ek.model().map(|model| vendor_letters(&model.manufacturer));
    let model = ek.model().zip(manufacturer.as_deref());
    let model = model.map(|(model, manufacturer)| TpmModel {
        manufacturer,
        model: &model.model,
    });
    let licensee = Licensee {
        segment: license.segment.as_deref(),
        license: license.id,
        user: license.user.as_deref(),
        standby: license.standby,
    };
    let terms = rules
        .lease_terms(ek.class(), model, &licensee)
        .map_err(|error| refused(error.into()))?;
    let ak = verified.enrolled().ak().name();
    let chip = transaction.chip(ek.hash(), ak).await?;
    if let Some(released) = transaction.highest_release(&chip, body.slot).await?
        && body.epoch <= released
    {
        return Err(refused(Entitlement::EpochReleased {
            epoch: body.epoch,
            released,
        }));
    }
    let extra = rules.allowed(&licensee).seats_extra.unwrap_or_default();
    let seats = license.seats.saturating_add(extra);
    let seat = seat(transaction, verified, &chip, &license, seats, now).await?;
    Ok(Entitled {
        license,
        chip,
        seat,
        manifest,
        terms,
        pcr_rule: rules.pcr,
    })
}

/// The chip's seat, one of `seats` in all. Stores of one chip share it, under whichever endorsement key.
///
/// A seat that lapsed counts for nobody; its chip has it again as long as one is free.
async fn seat(
    transaction: &mut Transaction,
    verified: &VerifiedRequest,
    chip: &ChipRecord,
    license: &LicenseRecord,
    seats: u32,
    now: UtcTime,
) -> Result<SeatRecord, EntitleError> {
    let class = verified.enrolled().ek().class();
    transaction.see_device(chip.id, class, now).await?;
    if chip.ak_proven && chip.ek_proven {
        transaction.set_class(chip.id, class).await?;
    }
    let own = match transaction.seat(license.id, chip).await? {
        Some(seat) => Some(seat),
        None => match transaction
            .own_pending_seat(license.id, verified.enrolled().ak().name())
            .await?
        {
            Some(seat) => Some(transaction.move_seat(seat, chip.id).await?),
            None => None,
        },
    };
    if let Some(seat) = own.as_ref().filter(|seat| seat.is_taken(now)) {
        return Ok(seat.clone());
    }
    let mut taken = transaction.seats(license.id).await?;
    taken.retain(|seat| seat.is_taken(now));
    if taken.len() >= seats as usize {
        taken.retain(|seat| seat.confirmed_at.is_none());
        return Err(refused(Entitlement::NoSeat {
            seats,
            pending: PendingSeats::of(license.id, &taken),
        }));
    }
    match own {
        Some(lapsed) => Ok(lapsed),
        None => Ok(transaction.take_seat(license.id, chip.id, now).await?),
    }
}

/// The letters of a TCG vendor identifier, which certificates write as `id:` and eight hexadecimal digits; other text as
/// it is.
fn vendor_letters(manufacturer: &str) -> String {
    let letters = manufacturer
        .strip_prefix("id:")
        .filter(|digits| digits.len() == 8)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .and_then(|number| String::from_utf8(number.to_be_bytes().to_vec()).ok());
    letters.unwrap_or_else(|| manufacturer.to_owned())
}

fn refused(entitlement: Entitlement) -> EntitleError {
    EntitleError::Refused(entitlement.into())
}

#[cfg(test)]
mod tests {
    use super::vendor_letters;

    #[test]
    fn a_certificates_manufacturer_is_read_as_the_letters_that_rules_use() {
        for (certificate, letters) in [
            ("id:49465800", "IFX\0"),
            ("id:414D4400", "AMD\0"),
            ("IFX", "IFX"),
            ("id:4946", "id:4946"),
            ("id:FFFFFFFF", "id:FFFFFFFF"),
        ] {
            assert_eq!(vendor_letters(certificate), letters);
        }
    }
}

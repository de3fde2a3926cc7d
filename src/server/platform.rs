//! Whether a machine may go on with what it measured of its start, where the rules of its product watch that.

use super::audit;
use super::enroll::VerifiedRequest;
use super::entitle::{EntitleError, Entitled};
use super::refusal::{Entitlement, Refusal};
use super::service::Service;
use super::storage::{PlatformRecord, SeatRecord, StorageError, Transaction};
use crate::evidence::EkHash;
use crate::policy::{PcrApproval, PcrReference};
use crate::token::{Digest, LicenseId, Platform, UtcTime};

/// Decides about the platform that a request shows, remembers it where it is approved, and says what the lease is to name.
///
/// Without a rule nothing is looked at, remembered or named. With one:
///
/// - The first platform that a seat's machine shows is approved, and so is the first that it shows over other PCRs.
/// - A machine that shows none (its program is older, or its TPM has no such PCRs) gets a lease that names none, unless it
///   has shown one before, over whatever PCRs: leaving the proof out never helps, and nobody can approve what is not shown.
/// - Where the rules list what is approved the device compares by itself, and any platform is remembered.
/// - Another platform than the last one is approved where the rules say so, or a person did ([`Service::approve_platform`]),
///   once and for this very digest; else it is refused, and the machine keeps what it has.
/// - What a machine shows whose attestation key is not proven yet is remembered for that key alone, and uses no approval up:
///   nobody can approve a platform in another machine's name. It becomes the seat's when the activation is confirmed.
pub(super) async fn approve(
    transaction: &mut Transaction,
    verified: &VerifiedRequest,
    entitled: &Entitled,
    now: UtcTime,
) -> Result<Option<Platform>, EntitleError> {
    let Some((rule, pcrs)) = entitled
        .pcr_rule()
        .and_then(|rule| Some((rule, rule.selection()?)))
    else {
        return Ok(None);
    };
    let status_index = entitled.seat().status_index;
    let (ak, device) = (verified.enrolled().ak().name(), entitled.seat().ek);
    let before = match transaction.platform(status_index).await? {
        Some(approved) => Some(approved),
        None => transaction.pending_platform(status_index, ak).await?,
    };
    let shown = verified
        .platform()
        .and_then(|values| values.digest_of(pcrs));
    let Some(digest) = shown else {
        return match before {
            None => Ok(None),
            Some(_) => Err(refused(Entitlement::PlatformNotShown { device })),
        };
    };

    let known = before.filter(|known| known.pcrs == pcrs);
    let listed = matches!(rule.reference, PcrReference::List(_));
    let changes_freely = !listed && rule.approval == PcrApproval::Automatic;
    let proven = entitled.chip().ak_proven;

    if let Some(known) = known
        && known.digest != digest
        && !(listed || changes_freely)
    {
        if !transaction.is_approved(status_index, digest).await? {
            return Err(refused(Entitlement::PlatformChanged {
                device,
                approved: known.digest,
                shown: digest,
            }));
        }
        if proven {
            transaction.use_approval(status_index, digest).await?;
        }
    }
    let accepted = PlatformRecord {
        status_index,
        pcrs,
        digest,
        approved_at: now,
    };
    if !proven {
        transaction.put_pending_platform(ak, &accepted).await?;
    } else if known.is_none_or(|known| known.digest != digest) {
        transaction.put_platform(&accepted).await?;
        let license = entitled.license().id.to_string();
        let detail = format!("device {device}, PCRs {pcrs}, digest {digest}");
        audit::append(transaction, now, "platform_accepted", &license, &detail).await?;
    }
    let reference = (!listed).then_some(digest);
    Ok(Some(Platform { pcrs, reference }))
}

fn refused(entitlement: Entitlement) -> EntitleError {
    EntitleError::Refused(Refusal::from(entitlement))
}

/// Why no change of a platform can be approved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApproveError {
    /// There is no such license.
    #[error("there is no license {0}; `license list` shows all")]
    UnknownLicense(LicenseId),
    /// The license is on several machines, or on none, and none was named.
    #[error(
        "license {license} is on {machines} machines; name one with --device (`license show {license}` lists them)"
    )]
    WhichDevice {
        /// The license.
        license: LicenseId,
        /// On how many.
        machines: usize,
    },
    /// The machine has no seat of the license.
    #[error("device {0} has no seat of this license; `license show` lists those that have")]
    UnknownDevice(EkHash),
    /// No platform of the machine is on record.
    #[error(
        "no platform of device {0} is on record, so there is no change to approve: its next request is accepted as it is"
    )]
    NothingKnown(EkHash),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Service {
    /// Approves that what one machine measures of its start changes to what `digest` stands for, as a refused request showed
    /// it: that request, made again or answered again, is accepted, once. Any other change is still refused. Answers which
    /// machine it is.
    ///
    /// `device` need not be named where the license is on one machine only.
    ///
    /// # Errors
    /// [`ApproveError`]; nothing was changed.
    pub async fn approve_platform(
        &self,
        license: LicenseId,
        device: Option<EkHash>,
        digest: Digest,
        now: UtcTime,
    ) -> Result<EkHash, ApproveError> {
        let mut transaction = self.storage().write().await?;
        if transaction.license(license).await?.is_none() {
            return Err(ApproveError::UnknownLicense(license));
        }
        let seats = transaction.seats(license).await?;
        let SeatRecord {
            status_index, ek, ..
        } = one_of(seats, license, device)?;
        if !transaction.has_shown_platform(status_index).await? {
            return Err(ApproveError::NothingKnown(ek));
        }
        transaction
            .approve_digest(status_index, digest, now)
            .await?;
        let detail = format!("device {ek}, digest {digest}");
        let subject = license.to_string();
        audit::append(
            &mut transaction,
            now,
            "platform_change_approved",
            &subject,
            &detail,
        )
        .await?;
        transaction.commit().await?;
        Ok(ek)
    }
}

fn one_of(
    mut seats: Vec<SeatRecord>,
    license: LicenseId,
    device: Option<EkHash>,
) -> Result<SeatRecord, ApproveError> {
    if let Some(device) = device {
        let seat = seats.into_iter().find(|seat| seat.ek == device);
        return seat.ok_or(ApproveError::UnknownDevice(device));
    }
    match (seats.len(), seats.pop()) {
        (1, Some(seat)) => Ok(seat),
        (machines, _) => Err(ApproveError::WhichDevice { license, machines }),
    }
}

//! What a machine's request shows of the past: that earlier answers were opened, and whether its TPM went back.

use super::audit;
use super::enroll::VerifiedRequest;
use super::storage::{
    BindingStatus, HeldLease, ReadingRecord, Storage, StorageError, Transaction, WentBack,
};
use crate::token::{DeviceClass, UtcTime};

/// Takes note of what a verified request shows about earlier answers, whatever becomes of the request itself.
///
/// The request names the leases that its store holds. Their ids are random and were sent in nothing but answers that only
/// one TPM could open: the one that has both the endorsement key to which the answer was encrypted and the attestation key
/// that signs this request. Naming one therefore proves that both are one chip's, and that the activation arrived.
///
/// Nothing else is proof. A request that names none, as an older program's, changes nothing here.
pub(super) async fn take_note(
    storage: &Storage,
    verified: &VerifiedRequest,
    now: UtcTime,
) -> Result<(), StorageError> {
    let mut transaction = storage.write().await?;
    let ak = verified.enrolled().ak().name();
    let mut held = Vec::new();
    for lease in &verified.request().body().leases {
        held.extend(transaction.held_lease(*lease, ak).await?);
    }
    for lease in &held {
        confirm(&mut transaction, lease, now).await?;
    }
    notice_going_back(&mut transaction, verified, &held, now).await?;
    transaction.commit().await
}

/// The activation that a lease came from is no longer pending.
async fn confirm(
    transaction: &mut Transaction,
    lease: &HeldLease,
    now: UtcTime,
) -> Result<(), StorageError> {
    let (seat, subject) = (&lease.seat, lease.seat.license.to_string());
    let (chip, new_key) = transaction.prove_chip(lease.ek, &lease.ak, now).await?;
    // A seat that lapsed may be another machine's by now: it is had again only if one is free.
    if seat.is_taken(now) {
        transaction.confirm_seat(seat, now).await?;
    }
    if lease.status == BindingStatus::Pending {
        transaction.confirm_binding(lease).await?;
        transaction.set_class(seat.ek, lease.class).await?;
        let detail = format!("device {}, lease {}", seat.ek, lease.sequence);
        audit::append(transaction, now, "activation_confirmed", &subject, &detail).await?;
    }
    if new_key && lease.ek != chip {
        let detail = format!("device {chip}, endorsement key {}", lease.ek);
        audit::append(transaction, now, "device_key_proven", &subject, &detail).await?;
    }
    accept_platform(transaction, lease, now).await
}

/// The platform that an activation showed while it was pending is the seat's, where that has none yet.
async fn accept_platform(
    transaction: &mut Transaction,
    lease: &HeldLease,
    now: UtcTime,
) -> Result<(), StorageError> {
    let seat = &lease.seat;
    let Some(shown) = transaction
        .pending_platform(seat.status_index, &lease.ak)
        .await?
    else {
        return Ok(());
    };
    let approved = transaction.platform(seat.status_index).await?;
    if approved.is_none_or(|approved| approved.pcrs != shown.pcrs) {
        transaction.put_platform(&shown).await?;
        let detail = format!(
            "device {}, PCRs {}, digest {}",
            seat.ek, shown.pcrs, shown.digest
        );
        let subject = seat.license.to_string();
        audit::append(transaction, now, "platform_accepted", &subject, &detail).await?;
    }
    transaction
        .remove_pending_platform(seat.status_index, &lease.ak)
        .await
}

/// Flags a chip whose TPM shows lower counts than it did, as a virtual one does that was put back. It is not refused.
///
/// Between two readings of one TPM, counts and clock only rise as long as the storage hierarchy is the same (TPM2_Clear
/// resets both, and replaces that). So a request that is *behind* a reading on record was made before it and came late, or
/// the TPM went back. The latter is sure where the request was made later than that reading: it names the lease that
/// answered the reading, or a lease, a license or a trust bundle that is younger than the answer. Where it is not sure,
/// only a request of an earlier boot of a virtual TPM is remarked. The same request again is never looked at.
async fn notice_going_back(
    transaction: &mut Transaction,
    verified: &VerifiedRequest,
    held: &[HeldLease],
    now: UtcTime,
) -> Result<(), StorageError> {
    let (request, enrolled) = (verified.request(), verified.enrolled());
    let chip = transaction
        .chip(enrolled.ek().hash(), enrolled.ak().name())
        .await?;
    if !chip.ak_proven || transaction.answered(request.id()).await?.is_some() {
        return Ok(());
    }
    let body = request.body();
    let mut made_after = held.iter().map(|lease| lease.issued_at).max();
    if let Some(license) = transaction.license(body.license_id).await? {
        made_after = made_after.max(Some(license.created_at));
    }
    if let Some(bundle) = body.trust_bundle {
        made_after = made_after.max(transaction.bundle_date(bundle).await?);
    }
    let virtual_tpm = matches!(
        enrolled.ek().class(),
        DeviceClass::Virtual | DeviceClass::Test
    );
    let mut found: Vec<(bool, ReadingRecord)> = Vec::new();
    for known in transaction.readings(&chip, enrolled.ak().name()).await? {
        if known.srk != verified.binding().srk || !is_behind(verified, &known.reading) {
            continue;
        }
        let for_sure = body.leases.contains(&known.lease) || made_after > Some(known.issued_at);
        let remarkable =
            virtual_tpm && verified.reading().clock.reset_count < known.reading.reset_count;
        if for_sure || remarkable {
            found.push((for_sure, known.reading));
        }
    }
    let Some((for_sure, before)) = found.into_iter().max_by_key(|(for_sure, _)| *for_sure) else {
        return Ok(());
    };
    let noted = WentBack { at: now, for_sure };
    transaction.note_went_back(chip.id, noted).await?;
    let shown = verified.reading().clock;
    let event = match for_sure {
        true => "tpm_went_back",
        false => "tpm_maybe_went_back",
    };
    let detail = format!(
        "{} resets, {} restarts, clock {} ms; before it showed {}, {}, {} ms",
        shown.reset_count,
        shown.restart_count,
        shown.clock_ms,
        before.reset_count,
        before.restart_count,
        before.clock_ms
    );
    audit::append(transaction, now, event, &chip.id.to_string(), &detail).await
}

/// Whether a request's reading is one that a TPM can't show any more after `known`.
fn is_behind(verified: &VerifiedRequest, known: &ReadingRecord) -> bool {
    let shown = verified.reading().clock;
    let counts = (shown.reset_count, shown.restart_count);
    let before = (known.reset_count, known.restart_count);
    counts < before || counts == before && shown.clock_ms < known.clock_ms
}

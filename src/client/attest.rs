//! What the TPM attests about the store's licenses, verified as a remote verifier would.

use crate::device::{StoreBinding, Tpm};
use crate::evidence::{AttestationKey, CounterError};
use crate::policy::Reason;
use crate::protocol::report::{Covered, TokenFiles};
use crate::protocol::{Evidence, EvidenceError, Subject, VerifiedEvidence};
use crate::token::{Lease, License, Selections, Verified};

use super::accept::difference;
use super::failure::Failure;
use super::question::Question;
use super::settle::Settled;
use super::tokens::Held;
use super::unlock::Unlocked;

/// Quote and counter proof over the licenses that are bound to this store, verified: another process's where that covers
/// a random of this one's, else made for this question.
pub(super) fn attest(
    tpm: &mut dyn Tpm,
    unlocked: &Unlocked<'_>,
    settled: &Settled<'_>,
    held: &[Held<'_>],
    question: &mut Question<'_>,
) -> Result<Result<VerifiedEvidence, Reason>, Failure> {
    let bound = bound_tokens(unlocked, held);
    if bound.is_empty() {
        return Ok(Err(Reason::NotActivated));
    }
    let binding = &unlocked.binding;
    let shared = question.answered(heartbeat_ms(&bound), |evidence, nonce| {
        let same = evidence.subject.licenses == covered(&bound)
            && evidence.subject.state == settled.digest;
        let verified = same.then(|| verify(binding, &bound, evidence, nonce).ok())??;
        (verified.activity() == settled.base.activity()).then_some(verified)
    });
    if let Some(verified) = shared {
        return Ok(Ok(verified));
    }
    let drawn = question.draw()?;
    let nonces = question.nonces(drawn, heartbeat_ms(&bound));
    let evidence = take_evidence(tpm, binding, &bound, settled, nonces)?;
    let verified = verify(binding, &bound, &evidence, &drawn);
    if verified.is_ok() {
        question.leave(&evidence);
    }
    Ok(verified)
}

/// The shortest time for which a verdict on any of the leases may be used.
pub(super) fn heartbeat_ms(tokens: &[(&Verified<License>, &Verified<Lease>)]) -> u64 {
    let all = tokens.iter().map(|(_, lease)| lease.heartbeat_ms);
    all.min().unwrap_or_default()
}

fn covered(tokens: &[(&Verified<License>, &Verified<Lease>)]) -> Vec<Covered> {
    let covered = |(license, lease): &(&Verified<License>, &Verified<Lease>)| Covered {
        license: license.digest(),
        lease: lease.digest(),
    };
    tokens.iter().map(covered).collect()
}

/// The licenses and leases that are genuine and bound to this store: what an attestation is about.
pub(super) fn bound_tokens<'h>(
    unlocked: &Unlocked<'_>,
    held: &[Held<'h>],
) -> Vec<(&'h Verified<License>, &'h Verified<Lease>)> {
    held.iter()
        .filter_map(|held| held.license.ok().zip(held.lease.ok()))
        .filter(|(license, _)| difference(&license.binding, unlocked).is_none())
        .collect()
}

/// Has the TPM attest the tokens, the state and the nonces.
pub(super) fn take_evidence(
    tpm: &mut dyn Tpm,
    binding: &StoreBinding,
    tokens: &[(&Verified<License>, &Verified<Lease>)],
    settled: &Settled<'_>,
    nonces: Vec<[u8; 32]>,
) -> Result<Evidence, Failure> {
    let subject = Subject {
        licenses: covered(tokens),
        state: settled.digest,
        nonces,
    };
    let attestation = tpm.attest(binding, &subject.qualifying_data(), &selections(tokens))?;
    Ok(Evidence {
        subject,
        quotes: attestation.quotes,
        activity: attestation.activity,
    })
}

fn selections(tokens: &[(&Verified<License>, &Verified<Lease>)]) -> Selections {
    Selections::of(tokens.iter().map(|(_, lease)| &***lease))
}

fn verify(
    binding: &StoreBinding,
    tokens: &[(&Verified<License>, &Verified<Lease>)],
    evidence: &Evidence,
    nonce: &[u8; 32],
) -> Result<VerifiedEvidence, Reason> {
    let (license, _) = tokens.first().ok_or(Reason::NotActivated)?;
    let ak = AttestationKey::from_public(&binding.attestation_key.public)
        .map_err(|_| Reason::DeviceOther)?;
    if *ak.name() != license.binding.ak {
        return Err(Reason::DeviceOther);
    }
    evidence
        .verify(
            &ak,
            &license.binding.activity_index,
            nonce,
            &selections(tokens),
        )
        .map_err(|error| match error {
            EvidenceError::Nonce => Reason::EvidenceNotFresh,
            // Both are genuine and about this very question: the TPM was reset between them.
            EvidenceError::Order => Reason::TpmReset,
            // Its owner removed the counter and made another in its place.
            EvidenceError::Counter(CounterError::IndexName) => Reason::CounterForeign,
            _ => Reason::EvidenceInvalid,
        })
}

/// The files of tokens, for a relying party.
pub(super) fn files(tokens: &[(&Verified<License>, &Verified<Lease>)]) -> Vec<TokenFiles> {
    tokens
        .iter()
        .map(|(license, lease)| TokenFiles {
            license: license.bytes().to_vec(),
            lease: lease.bytes().to_vec(),
        })
        .collect()
}

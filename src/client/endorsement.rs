//! What a request says of the TPM's endorsement keys, and with which of them a response is opened.

use crate::device::{AuthValue, Endorsement, EndorsementTemplate, Tpm};
use crate::evidence::{
    Credential, Curve, EkHash, EkKind, EndorsementKey, Parameters, Public, certificates_in,
};
use crate::protocol::{ActivationRequest, PresentedEndorsement};

use super::activate::ActivateError;

/// The endorsement keys that a request presents.
pub(super) struct Presented {
    pub(super) first: PresentedEndorsement,
    pub(super) further: Vec<PresentedEndorsement>,
}

/// Bytes of certificates in a request, all together, that leave room for the rest.
const ROOM: usize = 40 << 10;

/// Asks the TPM for its endorsement keys, and puts those with a certificate together: from its NV memory, or one that was fetched
/// from its maker and kept. One without is shown only where none has any: a vendor can vouch for it by its hash.
///
/// What lies in NV memory beside the keys' own certificates goes along once, as far as there is room: it may be of use to a chain.
pub(super) fn present(
    tpm: &mut dyn Tpm,
    kept: &[Vec<u8>],
    auth: &AuthValue,
) -> Result<Presented, ActivateError> {
    let mut found = tpm.endorsement(auth)?;
    for certificate in kept {
        supply(&mut found, tpm, certificate, auth)?;
    }
    // Those with a certificate first, in the order that the TPM gave.
    found.sort_by_key(|key| key.certificates.is_empty());
    let mut keys = found.into_iter();
    let first = keys.next().ok_or(ActivateError::NoEndorsementKey)?;
    let mut room = ROOM;
    let first = fitted(first, &mut room);
    let further = keys.filter(|key| !key.certificates.is_empty());
    let mut chains = first.certificates.clone();
    let further = further
        .map(|mut key| {
            key.certificates = once(key.certificates, &mut chains);
            fitted(key, &mut room)
        })
        .collect();
    Ok(Presented { first, further })
}

/// Adds a kept certificate to the key that it is for. One for a key that this TPM does not show is left out: the folder may have come
/// from another machine.
fn supply(
    found: &mut Vec<Endorsement>,
    tpm: &mut dyn Tpm,
    certificate: &[u8],
    auth: &AuthValue,
) -> Result<(), ActivateError> {
    let Some((template, hash)) = kept_for(certificate) else {
        return Ok(());
    };
    let is_shown = found.iter().any(|key| hash_of(&key.public) == Some(hash));
    if !is_shown {
        let key = tpm.endorsement_key(template, auth)?;
        found.extend(key.filter(|key| hash_of(&key.public) == Some(hash)));
    }
    for key in found {
        if hash_of(&key.public) == Some(hash) && key.certificates.is_empty() {
            key.certificates.push(certificate.to_vec());
        }
    }
    Ok(())
}

/// The template and the hash of the key for which a certificate is that was kept.
pub(super) fn kept_for(certificate: &[u8]) -> Option<(EndorsementTemplate, EkHash)> {
    let candidate = certificates_in(certificate).into_iter().next()?;
    let template = match candidate.key_kind? {
        EkKind::Rsa2048 => EndorsementTemplate::L1,
        EkKind::P256 => EndorsementTemplate::L2,
        EkKind::P384 => EndorsementTemplate::H3,
    };
    Some((template, candidate.key?))
}

pub(super) fn hash_of(public: &[u8]) -> Option<EkHash> {
    Some(EndorsementKey::from_public(public).ok()?.hash())
}

/// The key's own certificate, and of the others those that did not go along before.
fn once(certificates: Vec<Vec<u8>>, before: &mut Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut kept = Vec::new();
    for (at, certificate) in certificates.into_iter().enumerate() {
        if at == 0 || !before.contains(&certificate) {
            before.push(certificate.clone());
            kept.push(certificate);
        }
    }
    kept
}

/// The key with as much of what came with it as there is room for.
fn fitted(key: Endorsement, room: &mut usize) -> PresentedEndorsement {
    let mut certificates = key.certificates;
    certificates.retain(|certificate| match room.checked_sub(certificate.len()) {
        Some(left) => {
            *room = left;
            true
        }
        None => false,
    });
    PresentedEndorsement {
        public: key.public,
        certificates,
    }
}

/// Whether the request presents these certificates, or was made without them.
pub(super) fn presents(request: &ActivationRequest, kept: &[Vec<u8>]) -> bool {
    kept.iter().all(|certificate| {
        request
            .body()
            .endorsements()
            .any(|(_, certificates)| certificates.first() == Some(certificate))
    })
}

/// The template of the endorsement key, of those that the request presented, for which a credential was made: each kind of key has an
/// encrypted secret of a form of its own. Where none fits it is the first one's, and the TPM refuses.
pub(super) fn template_for(
    request: &ActivationRequest,
    credential: &Credential,
) -> Option<EndorsementTemplate> {
    let keys = || {
        let publics = request.body().endorsements();
        publics.filter_map(|(public, _)| Public::parse(public).ok())
    };
    let fitting = keys().find(|public| credential.suits(public.parameters()));
    template_of(fitting.or_else(|| keys().next())?.parameters())
}

/// The template of an endorsement key: each has a kind of key of its own.
fn template_of(parameters: &Parameters) -> Option<EndorsementTemplate> {
    match parameters {
        Parameters::Rsa { .. } => Some(EndorsementTemplate::L1),
        Parameters::Ecc {
            curve: Curve::P256, ..
        } => Some(EndorsementTemplate::L2),
        Parameters::Ecc {
            curve: Curve::P384, ..
        } => Some(EndorsementTemplate::H3),
        _ => None,
    }
}

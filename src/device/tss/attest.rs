//! Quotes, certified counters and certified keys, signed by the attestation key.

use super::check::{cause, index_public};
use super::code::{COMMAND_CODE, Failure, Refusal, at_each_use};
use super::connection::Connection;
use super::counters;
use super::object::Role;
use super::pcr::{platform, selection_list};
use super::seal::with_sealed;
use super::session::EMPTY_AUTH;
use crate::device::{
    Attestation, AuthValue, Counter, CounterForm, DeviceError, Enrollment, StoreBinding,
};
use crate::evidence::{Attested, CounterProof, Hierarchy};
use crate::token::{PcrSelection, Selections};
use tss_esapi::handles::{KeyHandle, NvIndexHandle, ObjectHandle, SessionHandle};
use tss_esapi::interface_types::reserved_handles::NvAuth;
use tss_esapi::structures::{Attest, AttestInfo, Data, Signature, SignatureScheme};
use tss_esapi::traits::Marshall as _;

const KEYS: [Role; 3] = [
    Role::AttestationKey,
    Role::StorageRootKey,
    Role::FeatureParent,
];
const COUNTERS: [Counter; 2] = [Counter::Epoch, Counter::Activity];

pub(super) const QUOTE: &str = "TPM2_Quote";

/// How often an audited read is tried: any command of another program in between spoils it.
const AUDIT_TRIES: u32 = 5;

/// See [`Tpm::attest`](crate::device::Tpm::attest). With a persistent key one command for each selection, and one more with
/// NV_Certify or four with an audit session.
pub(super) fn attest(
    connection: &mut Connection,
    binding: &StoreBinding,
    qualifying: &[u8; 32],
    selections: &Selections,
) -> Result<Attestation, DeviceError> {
    let result = connection.with_key(binding, Role::AttestationKey, |connection, key| {
        let quotes = selections.as_slice().iter();
        let quotes = quotes
            .map(|pcrs| quoted(connection, key, qualifying, *pcrs))
            .collect::<Result<_, _>>()?;
        let activity = counter(connection, key, binding, Counter::Activity, qualifying)?;
        Ok(Attestation { quotes, activity })
    });
    explain(connection, binding, &KEYS[..1], &COUNTERS[1..], result)
}

/// See [`Tpm::enroll`](crate::device::Tpm::enroll).
pub(super) fn enroll(
    connection: &mut Connection,
    binding: &StoreBinding,
    qualifying: &[u8; 32],
) -> Result<Enrollment, DeviceError> {
    let result = connection.with_key(binding, Role::AttestationKey, |connection, key| {
        let (storage_root_key, seed) =
            connection.with_key(binding, Role::StorageRootKey, |connection, parent| {
                let parent_proof = certify(connection, key, parent.into(), qualifying)?;
                let seed = with_sealed(connection, parent, &binding.seed, |connection, seed| {
                    certify(connection, key, seed.into(), qualifying).map_err(Failure::from)
                })?;
                Ok::<_, Failure>((parent_proof, seed))
            })?;
        let feature_parent =
            connection.with_key(binding, Role::FeatureParent, |connection, parent| {
                certify(connection, key, parent.into(), qualifying).map_err(Failure::from)
            })?;
        let quote = quoted(connection, key, qualifying, PcrSelection::NONE)?;
        let platform = platform(connection, key, qualifying)?;
        let epoch = counter(connection, key, binding, Counter::Epoch, qualifying)?;
        let activity = counter(connection, key, binding, Counter::Activity, qualifying)?;
        Ok(Enrollment {
            storage_root_key,
            feature_parent,
            seed,
            epoch,
            activity,
            quote,
            platform,
        })
    });
    explain(connection, binding, &KEYS, &COUNTERS, result)
}

fn explain<T>(
    connection: &mut Connection,
    binding: &StoreBinding,
    keys: &[Role],
    counters: &[Counter],
    result: Result<T, Failure>,
) -> Result<T, DeviceError> {
    result.map_err(|failure| match failure {
        Failure::Device(error) => error,
        Failure::Refusal(refusal) => cause(connection, binding, keys, counters, refusal),
    })
}

/// TPM2_Certify, with the empty auth values of both keys.
pub(super) fn certify(
    connection: &mut Connection,
    key: KeyHandle,
    object: ObjectHandle,
    qualifying: &[u8; 32],
) -> Result<Attested, Refusal> {
    const COMMAND: &str = "TPM2_Certify";
    let (attest, signature) = connection.call(COMMAND, &[EMPTY_AUTH, EMPTY_AUTH], |context| {
        context.certify(object, key, data(qualifying)?, SignatureScheme::Null)
    })?;
    attested(COMMAND, &attest, &signature)
}

fn quoted(
    connection: &mut Connection,
    key: KeyHandle,
    qualifying: &[u8; 32],
    pcrs: PcrSelection,
) -> Result<Attested, Refusal> {
    let (attest, signature) = quote(connection, key, qualifying, pcrs)?;
    attested(QUOTE, &attest, &signature)
}

/// TPM2_Quote, with the key's empty auth value.
pub(super) fn quote(
    connection: &mut Connection,
    key: KeyHandle,
    qualifying: &[u8; 32],
    pcrs: PcrSelection,
) -> Result<(Attest, Signature), Refusal> {
    connection.call(QUOTE, &[EMPTY_AUTH], |context| {
        let pcrs = selection_list(pcrs)?;
        context.quote(key, data(qualifying)?, SignatureScheme::Null, pcrs)
    })
}

fn counter(
    connection: &mut Connection,
    key: KeyHandle,
    binding: &StoreBinding,
    counter: Counter,
    qualifying: &[u8; 32],
) -> Result<CounterProof, Failure> {
    let index = connection.hold_index(&index_public(binding, counter)?)?;
    match binding.counter_form {
        CounterForm::Certified => match certify_index(connection, key, index, qualifying) {
            Ok(attested) => Ok(CounterProof::Certified(attested)),
            // A TPM that lists the command and does not have it.
            Err(refusal) if refusal.is(COMMAND_CODE) => {
                audited_read(connection, key, index, qualifying)
            }
            Err(refusal) => Err(refusal.into()),
        },
        CounterForm::Audited => audited_read(connection, key, index, qualifying),
    }
}

fn certify_index(
    connection: &mut Connection,
    key: KeyHandle,
    index: NvIndexHandle,
    qualifying: &[u8; 32],
) -> Result<Attested, Refusal> {
    const COMMAND: &str = "TPM2_NV_Certify";
    let (attest, signature) = connection.call(COMMAND, &[EMPTY_AUTH, EMPTY_AUTH], |context| {
        let auth = NvAuth::NvIndex(index);
        context.nv_certify(
            key,
            auth,
            index,
            data(qualifying)?,
            SignatureScheme::Null,
            8,
            0,
        )
    })?;
    attested(COMMAND, &attest, &signature)
}

/// Reads a counter in an audit session and has the session's digest signed; again where another program's command came
/// between, since the signature then proves nothing.
fn audited_read(
    connection: &mut Connection,
    key: KeyHandle,
    index: NvIndexHandle,
    qualifying: &[u8; 32],
) -> Result<CounterProof, Failure> {
    for _ in 0..AUDIT_TRIES {
        let proof = connection.with_audit(|connection, audit| {
            let value = counters::read_index(connection, index, Some(audit))?;
            const COMMAND: &str = "TPM2_GetSessionAuditDigest";
            let session = SessionHandle::from(audit);
            let (attest, signature) = connection
                .call(COMMAND, &[EMPTY_AUTH, EMPTY_AUTH], |context| {
                    context.get_session_audit_digest(
                        ObjectHandle::Endorsement,
                        key,
                        session,
                        data(qualifying)?,
                        SignatureScheme::Null,
                    )
                })
                .map_err(|refusal| {
                    let none = AuthValue::empty();
                    Failure::Device(at_each_use(refusal.by(Hierarchy::Endorsement, &none)))
                })?;
            let exclusive = is_exclusive(&attest);
            let session = attested(COMMAND, &attest, &signature)?;
            Ok::<_, Failure>(exclusive.then_some(CounterProof::Audited { session, value }))
        })?;
        if let Some(proof) = proof {
            return Ok(proof);
        }
    }
    Err(DeviceError::KeepsRetrying.into())
}

fn is_exclusive(attest: &Attest) -> bool {
    matches!(
        attest.attested(),
        AttestInfo::SessionAudit { info } if info.exlusive_session()
    )
}

fn data(qualifying: &[u8; 32]) -> tss_esapi::Result<Data> {
    Data::try_from(qualifying.to_vec())
}

pub(super) fn attested(
    command: &'static str,
    attest: &Attest,
    signature: &Signature,
) -> Result<Attested, Refusal> {
    let refusal = |_| Refusal::malformed(command);
    Ok(Attested {
        attest: attest.marshall().map_err(refusal)?,
        signature: signature.marshall().map_err(refusal)?,
    })
}

//! Provisioning one store, completing it, and taking it back.
//!
//! Keys come first, for they are the same whenever they are made; then the counters under a fresh store key; last the
//! sealed secrets, which exist outside the TPM only. A run that ends anywhere leaves keys and counters that the next one
//! recognizes by their places and shapes.

use super::capability;
use super::check::check;
use super::code::{Failure, NV_SPACE};
use super::connection::Connection;
use super::counters::{read_index, step};
use super::object::{Found, Role};
use super::persist::{ensure, own_places, remove, storage_root_key};
use super::random;
use super::seal::{seal, unseal};
use crate::device::{
    Auths, Counter, CounterForm, DeviceError, Outcome, Place, Plan, ProvisionError, Provisioned,
    Secret, SecretKind, StoreBinding, UnsealError,
};
use crate::evidence::handles::{Handles, SHARED_SRK};
use crate::evidence::public::{
    NvAttributes, counter_definition, counter_public, verification_key_public,
};
use crate::evidence::{Hierarchy, Name, NvPublic, Public, epoch_policy};
use p256::ecdsa::SigningKey;
use tss_esapi::attributes::NvIndexAttributes;
use tss_esapi::handles::{NvIndexHandle, NvIndexTpmHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::reserved_handles::Provision;
use tss_esapi::structures::{Digest, NvPublic as TssNvPublic};

const BOTH: [Counter; 2] = [Counter::Epoch, Counter::Activity];

/// See [`Tpm::provision`](crate::device::Tpm::provision).
pub(super) fn provision(
    connection: &mut Connection,
    plan: &Plan<'_>,
) -> Result<Provisioned, ProvisionError> {
    if let Some(existing) = plan.existing.filter(|existing| is_of(existing, plan)) {
        if let Some(provisioned) = complete(connection, plan, existing)? {
            return Ok(provisioned);
        }
        connection.renew()?;
    }
    create(connection, plan)
}

/// See [`Tpm::deprovision`](crate::device::Tpm::deprovision).
pub(super) fn deprovision(
    connection: &mut Connection,
    place: &Place,
    auths: &Auths,
) -> Result<(), ProvisionError> {
    let handles = Handles::new(place.vendor, place.slot);
    for handle in [handles.activity_index, handles.epoch_index] {
        if let Some(found) = connection.look(handle)?
            && is_counter(&found.public)
        {
            undefine(connection, found, auths)?;
        }
    }
    for (role, handle) in own_places(&handles) {
        if let Some(found) = connection.look(handle)?
            && found.is_made_from(&role.template(place.vendor))
        {
            remove(connection, handle, found, auths)?;
        }
    }
    Ok(())
}

fn is_of(binding: &StoreBinding, plan: &Plan<'_>) -> bool {
    binding.vendor == plan.place.vendor
        && binding.slot == plan.place.slot
        && binding.store == plan.store
}

/// The existing binding, with lost keys put back at their places; none if it is dead.
fn complete(
    connection: &mut Connection,
    plan: &Plan<'_>,
    existing: &StoreBinding,
) -> Result<Option<Provisioned>, ProvisionError> {
    if !stands(check(connection, existing, &[], &BOTH))? {
        return Ok(None);
    }
    let mut outcome = Outcome::Unchanged;
    for role in [
        Role::AttestationKey,
        Role::StorageRootKey,
        Role::FeatureParent,
    ] {
        if stands(check(connection, existing, &[role], &[]))? {
            continue;
        }
        let Some(handle) = role.key(existing).handle else {
            continue;
        };
        if handle == SHARED_SRK {
            // Not made from a template of this project's: nobody here can make it again.
            return Ok(None);
        }
        let restored = ensure(connection, role, handle, &plan.place, &plan.auths)?;
        if restored != *role.key(existing) {
            return Ok(None);
        }
        outcome = Outcome::Repaired;
    }
    match unseal(connection, existing, SecretKind::StoreKey) {
        Ok(_) => Ok(Some(Provisioned {
            binding: existing.clone(),
            outcome,
            store_key: None,
        })),
        Err(UnsealError::Device(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}

/// Whether objects are there and the store's.
fn stands(checked: Result<(), DeviceError>) -> Result<bool, DeviceError> {
    match checked {
        Ok(()) => Ok(true),
        Err(DeviceError::Missing(_) | DeviceError::Foreign(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A new binding. Where the TPM has no room for it, nothing stays.
fn create(connection: &mut Connection, plan: &Plan<'_>) -> Result<Provisioned, ProvisionError> {
    let Plan { place, auths, .. } = plan;
    let handles = Handles::new(place.vendor, place.slot);
    let found_before = survey(connection, place, &handles)?;
    let outcome = if found_before || plan.existing.is_some() {
        Outcome::Replaced
    } else {
        Outcome::Created
    };
    let made = make(connection, plan, &handles);
    if let Err(ProvisionError::NoNvSpace | ProvisionError::NoPersistentSpace(_)) = made {
        deprovision(connection, place, auths)?;
    }
    let (binding, store_key) = made?;
    Ok(Provisioned {
        binding,
        outcome,
        store_key: Some(store_key),
    })
}

fn make(
    connection: &mut Connection,
    plan: &Plan<'_>,
    handles: &Handles,
) -> Result<(StoreBinding, Secret), ProvisionError> {
    let Plan { place, auths, .. } = plan;
    let counter_form = match plan.counter_form {
        Some(form) => form,
        None => capability::counter_form(connection)?,
    };
    if counter_form == CounterForm::Audited && !auths.endorsement.is_empty() {
        return Err(ProvisionError::AuditNeedsAuth);
    }
    let attestation_key = ensure(connection, Role::AttestationKey, handles.ak, place, auths)?;
    let feature_parent = ensure(
        connection,
        Role::FeatureParent,
        handles.feature_parent,
        place,
        auths,
    )?;
    let storage_root_key = storage_root_key(connection, &attestation_key, handles, place, auths)?;

    let (signing_key, store_key) = random::signing_key(connection)?;
    let seed = random::secret(connection)?;
    let counters = Counters::define(connection, handles, &signing_key, auths)?;
    let policy = epoch_policy(&counters.epoch_name, counters.epoch);
    let (sealed_seed, sealed_store_key) = connection.with_role(
        Role::StorageRootKey,
        &storage_root_key,
        place.vendor,
        |connection, parent| {
            let sealed_seed = seal(connection, parent, &seed, &policy)?;
            Ok::<_, DeviceError>((sealed_seed, seal(connection, parent, &store_key, &policy)?))
        },
    )?;
    let point = signing_key.verifying_key().to_sec1_point(false);
    let store_key_public = point
        .as_bytes()
        .try_into()
        .expect("an uncompressed P-256 point");
    let binding = StoreBinding {
        vendor: place.vendor,
        slot: place.slot,
        store: plan.store,
        attestation_key,
        storage_root_key,
        feature_parent,
        epoch_index: counters.epoch_public,
        activity_index: counters.activity_public,
        epoch: counters.epoch,
        seed: sealed_seed,
        store_key: sealed_store_key,
        store_key_public,
        counter_form,
    };
    Ok((binding, store_key))
}

/// Makes sure that nobody else uses the store's places, before anything is changed. True if the store had counters.
fn survey(
    connection: &mut Connection,
    place: &Place,
    handles: &Handles,
) -> Result<bool, ProvisionError> {
    let mut counters = false;
    for handle in [handles.epoch_index, handles.activity_index] {
        if let Some(found) = connection.look(handle)? {
            if !is_counter(&found.public) {
                return Err(ProvisionError::IndexInUse { handle });
            }
            counters = true;
        }
    }
    for (role, handle) in own_places(handles) {
        if let Some(found) = connection.look(handle)?
            && !found.is_made_from(&role.template(place.vendor))
        {
            return Err(ProvisionError::HandleInUse { handle });
        }
    }
    Ok(counters)
}

/// Whether an index is a counter of this project's, whatever its store key is.
fn is_counter(public: &[u8]) -> bool {
    let Ok(found) = NvPublic::parse(public) else {
        return false;
    };
    // Only the store key, in the policy, may differ; any Name stands for it.
    let Some(any) = found.name() else {
        return false;
    };
    NvPublic::parse(&counter_definition(found.handle(), &any)).is_ok_and(|ours| {
        let written = NvAttributes::WRITTEN;
        found.attributes().and(written) == ours.attributes().and(written)
            && found.auth_policy().len() == ours.auth_policy().len()
            && found.data_size() == ours.data_size()
    })
}

/// The two counters, written once.
struct Counters {
    epoch_public: Vec<u8>,
    epoch_name: Name,
    epoch: u64,
    activity_public: Vec<u8>,
}

impl Counters {
    /// Defines both under a new store key, in place of older ones, and increments each once: before that they have no
    /// value, and another Name.
    fn define(
        connection: &mut Connection,
        handles: &Handles,
        store_key: &SigningKey,
        auths: &Auths,
    ) -> Result<Self, ProvisionError> {
        let store_key_public = verification_key_public(store_key.verifying_key());
        let store_key_name = Public::parse(&store_key_public)
            .ok()
            .and_then(|public| public.name())
            .ok_or(DeviceError::Malformed("the store key"))?;
        for handle in [handles.epoch_index, handles.activity_index] {
            if let Some(found) = connection.look(handle)? {
                undefine(connection, found, auths)?;
            }
            let index = define(connection, handle, &store_key_name, auths)?;
            step(connection, index, store_key)?;
        }
        let epoch_public = counter_public(handles.epoch_index, &store_key_name);
        let activity_public = counter_public(handles.activity_index, &store_key_name);
        let parsed = NvPublic::parse(&epoch_public).map_err(|_| DeviceError::Malformed("index"))?;
        let index = connection.hold_index(&parsed)?;
        let epoch = read_index(connection, index, None)?;
        Ok(Self {
            epoch_name: parsed.name().ok_or(DeviceError::Malformed("index"))?,
            epoch,
            epoch_public,
            activity_public,
        })
    }
}

fn define(
    connection: &mut Connection,
    handle: u32,
    store_key: &Name,
    auths: &Auths,
) -> Result<NvIndexHandle, ProvisionError> {
    const COMMAND: &str = "TPM2_NV_DefineSpace";
    let definition = counter_definition(handle, store_key);
    let public = NvPublic::parse(&definition).map_err(|_| DeviceError::Malformed(COMMAND))?;
    let result = connection.with_hierarchy(Hierarchy::Owner, &auths.owner, |connection, owner| {
        connection
            .call(COMMAND, &[owner], |context| {
                let public = TssNvPublic::builder()
                    .with_nv_index(NvIndexTpmHandle::new(handle)?)
                    .with_index_name_algorithm(HashingAlgorithm::Sha256)
                    .with_index_attributes(NvIndexAttributes::try_from(public.attributes().bits())?)
                    .with_index_auth_policy(Digest::try_from(public.auth_policy().to_vec())?)
                    .with_data_area_size(public.data_size().into())
                    .build()?;
                context.nv_define_space(Provision::Owner, None, public)
            })
            .map_err(Failure::Refusal)
    });
    result.map_err(|failure| match failure {
        Failure::Refusal(refusal) if refusal.is(NV_SPACE) => ProvisionError::NoNvSpace,
        Failure::Refusal(refusal) => refusal.by(Hierarchy::Owner, &auths.owner).into(),
        Failure::Device(error) => error.into(),
    })
}

fn undefine(connection: &mut Connection, found: Found, auths: &Auths) -> Result<(), DeviceError> {
    connection.with_hierarchy(Hierarchy::Owner, &auths.owner, |connection, owner| {
        connection
            .call("TPM2_NV_UndefineSpace", &[owner], |context| {
                context.nv_undefine_space(Provision::Owner, NvIndexHandle::from(found.handle))
            })
            .map_err(|refusal| refusal.by(Hierarchy::Owner, &auths.owner))
    })
}

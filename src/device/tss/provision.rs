//! Provisioning one store, completing it, and taking it back.
//!
//! Keys come first, for they are the same whenever they are made; then the counters under a fresh store key; then the
//! sealed secrets, which exist outside the TPM only. Once their binding is kept the activity counter's first step finishes
//! the store: a run that ends before it leaves nothing that could be taken for a store in use, and one that ends after it
//! leaves nothing to do.

use super::capability;
use super::check::{check, index_public};
use super::code::{Failure, NV_SPACE};
use super::connection::Connection;
use super::counters::{read_index, step};
use super::heal::{PutBack, ROLES, put_back};
use super::object::{Found, Role};
use super::persist::{auth, ensure, own_places, remove, storage_root_key};
use super::place::{is_counter, is_unwritten, occupant, survey};
use super::random;
use super::seal::{seal, unseal};
use crate::device::{
    Auths, Closed, Counter, CounterForm, DeviceError, Occupant, Outcome, Place, Plan,
    ProvisionError, Provisioned, Secret, SecretKind, StoreBinding, UnsealError,
};
use crate::evidence::handles::Handles;
use crate::evidence::public::{counter_definition, counter_public, verification_key_public};
use crate::evidence::{Hierarchy, Name, NvPublic, Public, epoch_policy};
use p256::ecdsa::SigningKey;
use tss_esapi::attributes::NvIndexAttributes;
use tss_esapi::handles::{NvIndexHandle, NvIndexTpmHandle};
use tss_esapi::interface_types::algorithm::HashingAlgorithm;
use tss_esapi::interface_types::reserved_handles::Provision;
use tss_esapi::structures::{Digest, NvPublic as TssNvPublic};

/// See [`Tpm::provision`](crate::device::Tpm::provision).
pub(super) fn provision(
    connection: &mut Connection,
    plan: &Plan<'_>,
) -> Result<Provisioned, ProvisionError> {
    let existing = plan.existing.filter(|existing| is_of(existing, plan));
    let occupant = occupant(connection, &plan.place, existing)?;
    match (occupant, existing) {
        (Occupant::TheBindings, Some(existing)) => match complete(connection, plan, existing) {
            Err(ProvisionError::Closed(_) | ProvisionError::Device(DeviceError::BadBinding))
                if plan.replace => {}
            completed => return completed,
        },
        (Occupant::Another, None) if !plan.replace => return Err(ProvisionError::PlaceTaken),
        (Occupant::Another, Some(_)) if !plan.replace => return Err(ProvisionError::Superseded),
        _ => {}
    }
    connection.renew()?;
    let mut made = create(connection, plan);
    match &mut made {
        Ok(made) if existing.is_some() || occupant != Occupant::Nobody => {
            made.outcome = Outcome::Replaced;
        }
        // Nothing stays where there is no room. A store that was to be replaced may still be whole.
        Err(ProvisionError::NoNvSpace | ProvisionError::NoPersistentSpace(_))
            if occupant == Occupant::Nobody =>
        {
            deprovision(connection, &plan.place, &plan.auths)?;
        }
        _ => {}
    }
    made
}

/// See [`Tpm::deprovision`](crate::device::Tpm::deprovision).
pub(super) fn deprovision(
    connection: &mut Connection,
    place: &Place,
    auths: &Auths,
) -> Result<(), ProvisionError> {
    let handles = Handles::new(place.vendor, place.slot);
    // With its epoch counter a store ends, so that goes first: what is left of it then is nobody's.
    connection.renew()?;
    for handle in [handles.epoch_index, handles.activity_index] {
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

/// The existing binding, with what was lost put back and what was cut short finished.
fn complete(
    connection: &mut Connection,
    plan: &Plan<'_>,
    existing: &StoreBinding,
) -> Result<Provisioned, ProvisionError> {
    let mut outcome = Outcome::Unchanged;
    for role in ROLES {
        if stands(check(connection, existing, &[role], &[]))? {
            continue;
        }
        match put_back(connection, role, existing, &plan.auths)? {
            PutBack::InPlace => outcome = Outcome::Repaired,
            // Everyday use has no password: it can create no key.
            PutBack::AtEachUse(Some(error)) => return Err(error.into()),
            PutBack::AtEachUse(None) if !auth(&plan.auths, role.hierarchy()).is_empty() => {
                let handle = role.key(existing).handle.unwrap_or_default();
                return Err(ProvisionError::HandleInUse { handle });
            }
            PutBack::AtEachUse(None) => {}
            PutBack::Lost => return Err(ProvisionError::Closed(Closed::Key(role.object()))),
        }
    }
    let store_key = match unseal(connection, existing, SecretKind::StoreKey) {
        Ok(secret) => secret,
        Err(UnsealError::Device(error)) => return Err(error.into()),
        Err(_) => return Err(ProvisionError::Closed(Closed::Secret)),
    };
    let outcome = match restore_activity(connection, existing, &store_key, &plan.auths)? {
        Outcome::Unchanged => outcome,
        done => done,
    };
    Ok(Provisioned {
        binding: existing.clone(),
        outcome,
        store_key: None,
    })
}

/// The activity counter, counted up for the first time where that was cut short, and defined again where it was removed or
/// replaced: its value goes on above, so every state from before counts as put back.
fn restore_activity(
    connection: &mut Connection,
    binding: &StoreBinding,
    store_key: &Secret,
    auths: &Auths,
) -> Result<Outcome, ProvisionError> {
    let public = index_public(binding, Counter::Activity)?;
    let handle = public.handle();
    let key = SigningKey::from_slice(store_key.as_bytes())
        .map_err(|_| DeviceError::Malformed("TPM2_Unseal"))?;
    let name = store_key_name(&key)?;
    if counter_public(handle, &name) != public.as_bytes() {
        return Err(DeviceError::BadBinding.into());
    }
    connection.renew()?;
    let (index, outcome) = match connection.look(handle)? {
        Some(found) if found.public == public.as_bytes() => return Ok(Outcome::Unchanged),
        Some(found) if is_unwritten(&found.public, public.as_bytes()) => {
            (NvIndexHandle::from(found.handle), Outcome::Created)
        }
        Some(found) if !is_counter(&found.public) => {
            return Err(ProvisionError::IndexInUse { handle });
        }
        found => {
            // A counter beside this store's own epoch counter is no other store's.
            if let Some(found) = found {
                undefine(connection, found, auths)?;
            }
            (define(connection, handle, &name, auths)?, Outcome::Repaired)
        }
    };
    step(connection, index, &key)?;
    Ok(outcome)
}

/// Whether objects are there and the store's.
fn stands(checked: Result<(), DeviceError>) -> Result<bool, DeviceError> {
    match checked {
        Ok(()) => Ok(true),
        Err(DeviceError::Missing(_) | DeviceError::Foreign(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// A new binding.
fn create(connection: &mut Connection, plan: &Plan<'_>) -> Result<Provisioned, ProvisionError> {
    let Plan { place, auths, .. } = plan;
    let handles = &Handles::new(place.vendor, place.slot);
    survey(connection, place, handles)?;
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
    if !plan.keep_first {
        step(connection, counters.activity, &signing_key)?;
    }
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
    Ok(Provisioned {
        binding,
        outcome: Outcome::Created,
        store_key: Some(store_key),
    })
}

/// The two counters: that of epochs counted up once, that of activity not yet.
struct Counters {
    epoch_public: Vec<u8>,
    epoch_name: Name,
    epoch: u64,
    activity_public: Vec<u8>,
    activity: NvIndexHandle,
}

impl Counters {
    /// Defines both under a new store key, in place of older ones. An older store ends with its epoch counter, so that
    /// goes first; [`occupant`] tells why the new one's comes last.
    fn define(
        connection: &mut Connection,
        handles: &Handles,
        store_key: &SigningKey,
        auths: &Auths,
    ) -> Result<Self, ProvisionError> {
        let store_key_name = store_key_name(store_key)?;
        for handle in [handles.epoch_index, handles.activity_index] {
            if let Some(found) = connection.look(handle)? {
                undefine(connection, found, auths)?;
            }
        }
        let activity = define(connection, handles.activity_index, &store_key_name, auths)?;
        let index = define(connection, handles.epoch_index, &store_key_name, auths)?;
        step(connection, index, store_key)?;
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
            activity,
        })
    }
}

fn store_key_name(store_key: &SigningKey) -> Result<Name, DeviceError> {
    Public::parse(&verification_key_public(store_key.verifying_key()))
        .ok()
        .and_then(|public| public.name())
        .ok_or(DeviceError::Malformed("the store key"))
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

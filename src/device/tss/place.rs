//! Whose store is at a place.

use super::connection::Connection;
use super::counters;
use super::persist::own_places;
use crate::device::{Counter, DeviceError, Occupant, Place, ProvisionError, StoreBinding};
use crate::evidence::NvPublic;
use crate::evidence::handles::Handles;
use crate::evidence::public::{NvAttributes, counter_definition};

/// See [`Tpm::occupant`](crate::device::Tpm::occupant). Opens the TPM anew: libtss2 refuses to look at what it remembers
/// otherwise.
///
/// A new store's activity counter is defined before its epoch counter, and counted up as the last step: before that step
/// nothing depends on the store. An activity counter that is not there at all was removed by somebody.
pub(super) fn occupant(
    connection: &mut Connection,
    place: &Place,
    binding: Option<&StoreBinding>,
) -> Result<Occupant, DeviceError> {
    connection.renew()?;
    let handles = Handles::new(place.vendor, place.slot);
    let Some(epoch) = connection.look(handles.epoch_index)? else {
        return Ok(Occupant::Nobody);
    };
    if !is_counter(&epoch.public) || !is_written(&epoch.public) {
        return Ok(Occupant::Nobody);
    }
    let asking = binding.filter(|binding| binding.place() == *place);
    if let Some(binding) = asking.filter(|binding| binding.epoch_index == epoch.public) {
        return match counters::read(connection, binding, Counter::Epoch)? == binding.epoch {
            true => Ok(Occupant::TheBindings),
            false => Ok(Occupant::Another),
        };
    }
    match connection.look(handles.activity_index)? {
        Some(activity) if !is_written(&activity.public) => Ok(Occupant::Nobody),
        // Somebody took its epoch counter away, with which the store ended, and put another in that place.
        Some(activity)
            if asking.is_some_and(|binding| binding.activity_index == activity.public) =>
        {
            Ok(Occupant::Nobody)
        }
        _ => Ok(Occupant::Another),
    }
}

/// Makes sure that nobody else uses the store's places, before anything is changed.
pub(super) fn survey(
    connection: &mut Connection,
    place: &Place,
    handles: &Handles,
) -> Result<(), ProvisionError> {
    for handle in [handles.epoch_index, handles.activity_index] {
        if let Some(found) = connection.look(handle)?
            && !is_counter(&found.public)
        {
            return Err(ProvisionError::IndexInUse { handle });
        }
    }
    for (role, handle) in own_places(handles) {
        if let Some(found) = connection.look(handle)?
            && !found.is_made_from(&role.template(place.vendor))
        {
            return Err(ProvisionError::HandleInUse { handle });
        }
    }
    Ok(())
}

/// Whether an index is a counter of this project's, whatever its store key is.
pub(super) fn is_counter(public: &[u8]) -> bool {
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

fn is_written(public: &[u8]) -> bool {
    NvPublic::parse(public).is_ok_and(|index| index.attributes().contains(NvAttributes::WRITTEN))
}

/// Whether `found` is the counter `expected` before it was counted up.
pub(super) fn is_unwritten(found: &[u8], expected: &[u8]) -> bool {
    let (Ok(found), Ok(expected)) = (NvPublic::parse(found), NvPublic::parse(expected)) else {
        return false;
    };
    let written = NvAttributes::WRITTEN;
    found.handle() == expected.handle()
        && found.attributes() != expected.attributes()
        && found.attributes().and(written) == expected.attributes()
        && found.auth_policy() == expected.auth_policy()
        && found.data_size() == expected.data_size()
}

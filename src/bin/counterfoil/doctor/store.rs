//! The vendor's key, the state folder, and whether the TPM still opens what lies in it.

use std::time::Duration;

use counterfoil::device::{Counter, SecretKind, StoreBinding, Tpm, UnsealError};
use counterfoil::store::{AccessError, BindingError, Folder};
use counterfoil::token::{TrustAnchor, VendorId};

use super::finding::Finding;
use crate::config::Settings;
use crate::exit::Failure;
use crate::machine;

/// How long another process may hold the folder.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks at the vendor's key and the store; `tpm` is none where it does not answer.
pub(super) fn examine(settings: &Settings, tpm: Option<&mut dyn Tpm>, findings: &mut Vec<Finding>) {
    let vendor = trust(settings, findings);
    match bindings(settings) {
        Ok(bindings) if bindings.is_empty() => findings.push(not_set_up(settings)),
        Ok(bindings) => {
            let folder = settings.dir.display();
            findings.push(Finding::ok(
                "folder",
                format!("the state folder {folder} is this user's alone"),
            ));
            findings.extend(vendor.and_then(|vendor| foreign(&bindings, vendor, settings)));
            findings.push(opens(tpm, &bindings));
        }
        Err(finding) => findings.push(finding),
    }
}

fn trust(settings: &Settings, findings: &mut Vec<Finding>) -> Option<VendorId> {
    let (finding, vendor) = match settings.trust.as_deref().map(machine::trust) {
        None => (
            Finding::warning(
                "trust",
                "no vendor's root public key is named, so nothing of a vendor can be checked here",
                "name it with --trust FILE, COUNTERFOIL_TRUST or `trust` in the config file",
            ),
            None,
        ),
        Some(Ok(anchor)) => {
            let vendor = TrustAnchor::vendor(&anchor);
            (
                Finding::ok("trust", format!("the vendor is {vendor}")),
                Some(vendor),
            )
        }
        Some(Err(Failure::Error(text) | Failure::Usage(text))) => {
            (Finding::error("trust", &text), None)
        }
    };
    findings.push(finding);
    vendor
}

/// The bindings in the folder, newest first.
fn bindings(settings: &Settings) -> Result<Vec<StoreBinding>, Finding> {
    let folder = match Folder::open(&settings.dir) {
        Err(AccessError::Missing { .. }) => return Ok(Vec::new()),
        other => other.map_err(|error| Finding::error("folder", &error))?,
    };
    let folder = folder
        .lock(PATIENCE)
        .map_err(|error| Finding::error("folder", &error))?;
    let mut bindings = Vec::new();
    for epoch in folder
        .epochs()
        .map_err(|error| Finding::error("folder", &error))?
    {
        let generation = folder
            .generation(epoch)
            .map_err(|error| Finding::error("folder", &error))?;
        match generation.binding() {
            Ok(binding) => bindings.push(binding),
            // Left by a set-up that was cut short.
            Err(BindingError::Missing { .. }) if generation.is_empty().unwrap_or(true) => {}
            Err(error) => return Err(Finding::error("store", &error)),
        }
    }
    Ok(bindings)
}

fn not_set_up(settings: &Settings) -> Finding {
    Finding::warning(
        "store",
        format!(
            "{} holds no store: this machine is not set up for licenses yet",
            settings.dir.display()
        ),
        "activate a license, or run `counterfoil provision` where the TPM has passwords",
    )
}

/// The folder is not the one of the vendor and slot that the settings name.
fn foreign(bindings: &[StoreBinding], vendor: VendorId, settings: &Settings) -> Option<Finding> {
    let found = bindings
        .iter()
        .find(|binding| (binding.vendor, binding.slot) != (vendor, settings.slot))?;
    Some(Finding::problem(
        "store",
        format!(
            "the state folder is vendor {}'s in slot {}, not vendor {vendor}'s in slot {}",
            found.vendor, found.slot, settings.slot
        ),
        "name the folder, the root public key and the slot that belong together",
    ))
}

/// Whether the TPM opens the newest store that it can.
fn opens(tpm: Option<&mut dyn Tpm>, bindings: &[StoreBinding]) -> Finding {
    let Some(tpm) = tpm else {
        return Finding::warning(
            "binding",
            "whether the TPM opens the store cannot be tried while it does not answer",
            "solve the TPM's problem first",
        );
    };
    let mut moved = None;
    for binding in bindings {
        match tpm.unseal(binding, SecretKind::Seed) {
            Ok(_) => return works(tpm, binding),
            Err(error @ UnsealError::EpochMoved { .. }) => moved = moved.or(Some(error)),
            Err(error) => return Finding::error("binding", &error),
        }
    }
    match moved {
        Some(error) => Finding::error("binding", &error),
        None => unreachable!("there is a binding, and each was tried"),
    }
}

fn works(tpm: &mut dyn Tpm, binding: &StoreBinding) -> Finding {
    match tpm.read_counter(binding, Counter::Activity) {
        Ok(activity) => Finding::ok(
            "binding",
            format!(
                "the TPM opens store {} (slot {}, epoch {}, activity {activity})",
                binding.store, binding.slot, binding.epoch
            ),
        ),
        Err(error) => Finding::error("binding", &error),
    }
}

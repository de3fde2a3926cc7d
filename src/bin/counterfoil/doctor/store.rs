//! The vendor's key, the state folder, and whether the TPM still opens what lies in it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use counterfoil::client::{Failure as Trouble, Report};
use counterfoil::device::{
    AuthValue, Counter, DeviceError, Object, Occupant, Place, SecretKind, StoreBinding, Tpm,
    UnsealError,
};
use counterfoil::store::{AccessError, BindingError, Folder};
use counterfoil::token::{TrustAnchor, VendorId};
use rustix::fs::OFlags;

use super::finding::Finding;
use crate::config::Settings;
use crate::exit::Failure;
use crate::machine;
use crate::output::shown_path;

/// How long another process may hold the folder.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks at the vendor's key and the store; `tpm` is none where it does not answer, `judged` what the library found, where it
/// could be asked.
pub(super) fn examine(
    settings: &Settings,
    tpm: Option<&mut dyn Tpm>,
    judged: Option<&Report>,
    findings: &mut Vec<Finding>,
) {
    let vendor = trust(settings, findings);
    match bindings(settings) {
        Ok(bindings) if bindings.is_empty() => {
            let place = vendor.map(|vendor| place(vendor, settings));
            findings.push(
                match (place, tpm) {
                    (Some(place), Some(tpm)) => elsewhere(tpm, &place, settings),
                    _ => None,
                }
                .unwrap_or_else(|| not_set_up(settings)),
            );
        }
        Ok(bindings) => {
            findings.push(usable(&settings.dir));
            let foreign = vendor.and_then(|vendor| foreign(&bindings, vendor, settings));
            let trouble = judged.and_then(|judged| judged.failure.as_ref());
            findings.push(match (foreign, tpm, trouble) {
                (Some(foreign), ..) => foreign,
                (None, None, _) => untried(),
                (None, Some(_), Some(trouble)) => Finding::error("binding", trouble),
                (None, Some(tpm), None) => opens(tpm, &bindings),
            });
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

fn place(vendor: VendorId, settings: &Settings) -> Place {
    Place {
        vendor,
        slot: settings.slot,
    }
}

/// The TPM has a store, and the folder holds nothing of it.
fn elsewhere(tpm: &mut dyn Tpm, place: &Place, settings: &Settings) -> Option<Finding> {
    let occupant = tpm.occupant(place, None).ok()?;
    (occupant == Occupant::Another).then(|| {
        Finding::problem(
            "store",
            format!(
                "{} holds no store, and the TPM already has a store of this vendor in slot {}, which is in another folder",
                shown_path(&settings.dir),
                settings.slot
            ),
            "name that folder with --dir, or choose another slot with --slot; if the folder is lost, `provision --replace` makes \
             the store anew, which ends every license in it for good",
        )
    })
}

fn not_set_up(settings: &Settings) -> Finding {
    Finding::warning(
        "store",
        format!(
            "{} holds no store: this machine is not set up for licenses yet",
            shown_path(&settings.dir)
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

/// The folder, which is as the store made it: whether it can be written, found out with an unnamed file, of which nothing
/// stays.
fn usable(folder: &Path) -> Finding {
    /// About what an activation writes.
    const SIZE: usize = 64 * 1024;
    let written = OpenOptions::new()
        .write(true)
        .mode(0o600)
        .custom_flags(OFlags::TMPFILE.bits().cast_signed())
        .open(folder)
        .and_then(|mut file| file.write_all(&[0; SIZE]));
    let folder = shown_path(folder);
    match written {
        // Not every file system has such files.
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::Unsupported | io::ErrorKind::IsADirectory
            ) =>
        {
            Finding::problem(
                "folder",
                format!("nothing can be written to the state folder {folder} ({error})"),
                "free some space on its disk, or make it writable for this user: a license is activated and renewed by \
                 what is written there, and ends without",
            )
        }
        _ => Finding::ok(
            "folder",
            format!("the state folder {folder} is this user's alone"),
        ),
    }
}

fn untried() -> Finding {
    Finding::warning(
        "binding",
        "whether the TPM opens the store cannot be tried while it does not answer",
        "solve the TPM's problem first",
    )
}

/// Whether the TPM opens the newest store that it can.
fn opens(tpm: &mut dyn Tpm, bindings: &[StoreBinding]) -> Finding {
    let mut moved = None;
    for binding in bindings {
        match tpm.unseal(binding, SecretKind::Seed) {
            Ok(_) => return works(tpm, binding),
            Err(error @ UnsealError::EpochMoved { .. }) => moved = moved.or(Some(error)),
            Err(error) => return closed(tpm, binding, &error),
        }
    }
    match moved {
        Some(error) => Finding::error("binding", &error),
        None => unreachable!("there is a binding, and each was tried"),
    }
}

/// The TPM does not open it: another one does, or it lost what it had of it.
fn closed(tpm: &mut dyn Tpm, binding: &StoreBinding, error: &UnsealError) -> Finding {
    let unknown = matches!(
        error,
        UnsealError::ForeignBlob
            | UnsealError::Device(DeviceError::Missing(_) | DeviceError::Foreign(_))
    );
    let recognized = unknown.then(|| tpm.recognizes(binding, &AuthValue::empty()));
    let superseded = matches!(
        error,
        UnsealError::Device(DeviceError::Foreign(Object::EpochIndex))
    );
    match recognized {
        Some(Ok(false)) => Finding::error("binding", &Trouble::OtherDevice),
        _ if superseded
            && tpm.occupant(&binding.place(), Some(binding)) == Ok(Occupant::Another) =>
        {
            Finding::error("binding", &Trouble::Superseded)
        }
        _ => Finding::error("binding", error),
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

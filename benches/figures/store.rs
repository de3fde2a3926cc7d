//! The state folder of a machine, read as a validation reads it.

use std::time::Duration;

use counterfoil::device::{Counter, Hardware as _, Secret, SecretKind, StoreBinding, TssHardware};
use counterfoil::store::{Folder, Loaded, Seed};

use crate::measure::{median, samples, time};
use crate::stage::Machine;

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn binding(machine: &Machine) -> StoreBinding {
    let folder = Folder::open(&machine.dir()).unwrap();
    let folder = folder.lock(PATIENCE).unwrap();
    let epoch = folder.epochs().unwrap()[0];
    folder.generation(epoch).unwrap().binding().unwrap()
}

/// Locking the folder and reading, decrypting and parsing all that is in it, with one verification: that of the binding
/// file.
pub(crate) fn reading(machine: &Machine) -> Duration {
    let binding = binding(machine);
    let hardware = TssHardware::new(machine.tpm.tcti());
    let mut tpm = hardware.open().unwrap();
    let secret = tpm.unseal(&binding, SecretKind::Seed).unwrap();
    let activity = tpm.read_counter(&binding, Counter::Activity).unwrap();
    drop(tpm);

    let read = || {
        let folder = Folder::open(&machine.dir()).unwrap();
        let folder = folder.lock(PATIENCE).unwrap();
        let generation = folder.generation(folder.epochs().unwrap()[0]).unwrap();
        let binding = generation.binding().unwrap();
        let seed = Seed::new(Secret::new(*secret.as_bytes()));
        let vault = generation.unlock(seed.state_key(binding.store), binding.store);
        let Loaded::Current(current) = vault.load(activity).unwrap() else {
            panic!("the state of a machine that was just licensed is current");
        };
        vault.artifacts(Some(&current.state))
    };
    median(samples(|| time(read)))
}

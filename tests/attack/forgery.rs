//! What root can do with the secrets of a store that is still valid: read them, and write a binding of his own.

use std::time::Duration;

use counterfoil::device::{Hardware as _, SealedBlob, SecretKind, StoreBinding};
use counterfoil::evidence::{PolicyDigest, Public, epoch_policy, public::sealed_template};
use counterfoil::store::{BindingKey, Folder, Seed};
use counterfoil::token::SigningKey;
use tss_esapi::handles::{KeyHandle, TpmHandle};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::SensitiveData;
use tss_esapi::traits::{Marshall as _, UnMarshall as _};

use crate::device_support::{context, index_name};
use crate::stage::Machine;

/// The binding in a machine's state folder, newest generation.
pub fn binding(machine: &Machine) -> StoreBinding {
    let folder = Folder::open(&machine.dir()).unwrap();
    let folder = folder.lock(Duration::from_secs(5)).unwrap();
    let epoch = folder.epochs().unwrap()[0];
    folder.generation(epoch).unwrap().binding().unwrap()
}

/// The binding key, which root derives from the seed.
pub fn binding_key(machine: &Machine) -> BindingKey {
    let store = binding(machine);
    let seed = machine
        .hardware()
        .open()
        .unwrap()
        .unseal(&store, SecretKind::Seed)
        .unwrap();
    Seed::new(seed).binding_key(store.store)
}

/// Changes the binding in a machine's state folder and signs it again: the store key is no secret to root.
pub fn rewrite_binding(machine: &Machine, change: impl FnOnce(&mut StoreBinding)) {
    let mut binding = binding(machine);
    let secret = machine
        .hardware()
        .open()
        .unwrap()
        .unseal(&binding, SecretKind::StoreKey)
        .unwrap();
    let store_key = SigningKey::from_scalar(secret.as_bytes()).unwrap();
    let epoch = binding.epoch;
    change(&mut binding);
    let folder = Folder::open(&machine.dir()).unwrap();
    let folder = folder.lock(Duration::from_secs(5)).unwrap();
    folder
        .generation(epoch)
        .unwrap()
        .write_binding(&binding, &store_key)
        .unwrap();
}

/// The policy that the store seals its secrets with.
pub fn own_policy(binding: &StoreBinding) -> PolicyDigest {
    epoch_policy(&index_name(&binding.epoch_index), binding.epoch)
}

/// Reads the seed and seals it again under the same storage root key.
pub fn seal_again(machine: &Machine, template: &[u8]) -> SealedBlob {
    let parent = binding(machine).storage_root_key.handle.unwrap();
    seal_under(machine, SecretKind::Seed, template, parent)
}

/// Reads a secret and seals it again under the storage key at `parent`.
pub fn seal_under(
    machine: &Machine,
    which: SecretKind,
    template: &[u8],
    parent: u32,
) -> SealedBlob {
    let binding = binding(machine);
    let secret = machine
        .hardware()
        .open()
        .unwrap()
        .unseal(&binding, which)
        .unwrap();
    let mut context = context(&machine.tpm);
    let parent: KeyHandle = context
        .tr_from_tpm_public(TpmHandle::try_from(parent).unwrap())
        .unwrap()
        .into();
    context.set_sessions((Some(AuthSession::Password), None, None));
    let template = tss_esapi::structures::Public::unmarshall(template).unwrap();
    let data = SensitiveData::try_from(secret.as_bytes().to_vec()).unwrap();
    let made = context
        .create(parent, template, None, Some(data), None, None)
        .unwrap();
    let public = made.out_public.marshall().unwrap();
    let name = Public::parse(&public).unwrap().name().unwrap();
    SealedBlob {
        public,
        private: made.out_private.as_bytes().to_vec(),
        name,
    }
}

/// A sealed object that opens with its auth value, which is empty, whatever the epoch.
pub fn without_policy() -> Vec<u8> {
    const TYPE_KEYEDHASH: [u8; 2] = [0x00, 0x08];
    const SHA256: [u8; 2] = [0x00, 0x0b];
    // fixedTPM, fixedParent, userWithAuth, noDA
    const ATTRIBUTES: [u8; 4] = [0x00, 0x00, 0x04, 0x52];
    const NO_POLICY: [u8; 2] = [0, 0];
    const SCHEME_NULL: [u8; 2] = [0x00, 0x10];
    const NO_UNIQUE: [u8; 2] = [0, 0];
    [
        &TYPE_KEYEDHASH[..],
        &SHA256,
        &ATTRIBUTES,
        &NO_POLICY,
        &SCHEME_NULL,
        &NO_UNIQUE,
    ]
    .concat()
}

/// The template with which the store itself seals.
pub fn with_own_policy(machine: &Machine) -> Vec<u8> {
    sealed_template(&own_policy(&binding(machine)))
}

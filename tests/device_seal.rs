//! What is sealed for one TPM, one store and one epoch opens nowhere else.
#![cfg(feature = "device")]
#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod device_support;

use counterfoil::device::{
    Counter, DeviceError, Hardware as _, Object, Plan, SealedBlob, SecretKind, StoreBinding,
    UnsealError,
};
use counterfoil::evidence::Public;
use counterfoil::evidence::public::sealed_template;
use counterfoil::evidence::{PolicyDigest, epoch_policy};
use device_support::{context, hardware, index_name, plan, provisioned};
use tss_esapi::handles::{KeyHandle, TpmHandle};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{Public as TssPublic, SensitiveData};
use tss_esapi::traits::{Marshall as _, UnMarshall as _};

#[test]
fn p8_a_seed_is_closed_once_the_epoch_moved() {
    let (tpm, binding) = provisioned();
    let hardware = hardware(&tpm);
    let mut tpm = hardware.open().unwrap();
    let epoch = binding.epoch;
    tpm.increment(&binding, Counter::Epoch, epoch).unwrap();
    let moved = Err(UnsealError::EpochMoved {
        sealed: epoch,
        found: epoch + 1,
    });
    assert_eq!(tpm.unseal(&binding, SecretKind::Seed), moved);
    assert_eq!(tpm.unseal(&binding, SecretKind::StoreKey), moved);
}

#[test]
fn p6_a_copied_folder_opens_nothing_at_another_tpm() {
    let (_tpm, binding) = provisioned();
    let (other, _) = provisioned();
    let result = hardware(&other)
        .open()
        .unwrap()
        .unseal(&binding, SecretKind::Seed);
    let foreign = DeviceError::Foreign(Object::EpochIndex);
    let srk = DeviceError::Foreign(Object::StorageRootKey);
    assert!(
        result == Err(foreign.clone().into()) || result == Err(srk.clone().into()),
        "{result:?}"
    );
}

#[test]
fn p6_a_copied_folder_opens_nothing_at_a_bare_tpm() {
    let (_tpm, binding) = provisioned();
    let bare = device_support::tpm();
    let result = hardware(&bare)
        .open()
        .unwrap()
        .unseal(&binding, SecretKind::Seed);
    let missing = DeviceError::Missing(Object::StorageRootKey);
    assert_eq!(result, Err(missing.into()));
}

#[test]
fn p6_nothing_opens_after_the_tpm_was_cleared() {
    let (tpm, binding) = provisioned();
    tpm.clear().unwrap();
    let result = hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&binding, SecretKind::Seed);
    let missing = DeviceError::Missing(Object::StorageRootKey);
    assert_eq!(result, Err(missing.into()));
}

#[test]
fn a_changed_blob_is_refused() {
    let (tpm, binding) = provisioned();
    let mut changed = binding.clone();
    let last = changed.seed.private.len() - 1;
    changed.seed.private[last] ^= 1;
    let hardware = hardware(&tpm);
    let mut open = hardware.open().unwrap();
    let result = open.unseal(&changed, SecretKind::Seed);
    assert_eq!(result, Err(UnsealError::ForeignBlob));
    changed.seed.private = vec![1; 5000];
    let result = open.unseal(&changed, SecretKind::Seed);
    assert_eq!(result, Err(UnsealError::ForeignBlob));
}

#[test]
fn p6_a_seed_sealed_again_has_another_name() {
    let (tpm, binding) = provisioned();
    let seed = hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&binding, SecretKind::Seed)
        .unwrap();

    let same_policy = epoch_policy(&index_name(&binding.epoch_index), binding.epoch);
    let again = seal_as_root(&tpm, &binding, seed.as_bytes(), &same_policy);
    assert_ne!(again.name, binding.seed.name);
    // The unmodified program opens it; only the Name tells.
    let forged = StoreBinding {
        seed: again,
        ..binding.clone()
    };
    let opened = hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&forged, SecretKind::Seed);
    assert_eq!(opened, Ok(seed.clone()));

    let other_policy = epoch_policy(&index_name(&binding.epoch_index), binding.epoch + 1);
    let again = seal_as_root(&tpm, &binding, seed.as_bytes(), &other_policy);
    assert_ne!(again.name, binding.seed.name);
    let forged = StoreBinding {
        seed: again,
        ..binding
    };
    let refused = hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&forged, SecretKind::Seed);
    assert_eq!(refused, Err(UnsealError::ForeignBlob));
}

#[test]
fn p8_recreated_counters_do_not_revive_an_old_seed() {
    let (tpm, binding) = provisioned();
    let replacing = Plan {
        replace: true,
        ..plan()
    };
    let made = hardware(&tpm).open().unwrap().provision(&replacing);
    let again = made.unwrap().binding;
    assert!(again.epoch > binding.epoch);
    let result = hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&binding, SecretKind::Seed);
    assert_eq!(result, Err(DeviceError::Foreign(Object::EpochIndex).into()));
    hardware(&tpm)
        .open()
        .unwrap()
        .unseal(&again, SecretKind::Seed)
        .unwrap();
}

/// What root can do who read the seed: seal it under the same parent.
fn seal_as_root(
    tpm: &tpm_sim::Tpm,
    binding: &StoreBinding,
    seed: &[u8; 32],
    policy: &PolicyDigest,
) -> SealedBlob {
    let mut context = context(tpm);
    let handle = binding.storage_root_key.handle.expect("a persistent key");
    let parent = context
        .tr_from_tpm_public(TpmHandle::try_from(handle).unwrap())
        .unwrap();
    let created = context
        .execute_with_session(Some(AuthSession::Password), |context| {
            context.create(
                KeyHandle::from(parent),
                TssPublic::unmarshall(&sealed_template(policy)).unwrap(),
                None,
                Some(SensitiveData::try_from(seed.to_vec()).unwrap()),
                None,
                None,
            )
        })
        .unwrap();
    let public = created.out_public.marshall().unwrap();
    let name = Public::parse(&public).unwrap().name().unwrap();
    SealedBlob {
        public,
        private: created.out_private.to_vec(),
        name,
    }
}
